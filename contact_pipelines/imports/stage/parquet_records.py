"""Stages Parquet: every row as text, with values written as a person would write them.

Columns of plain types are converted by SQL. Lists, structs and maps become JSON and are read like JSON records: members
of structs are columns (`address.city`), lists are joined.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb
from duckdb.sqltypes import DuckDBPyType

from contact_pipelines.errors import FileNotImportable, FileUnreadable, NoDataRows
from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports.stage.json_columns import CellReader, JsonColumn, find_columns
from contact_pipelines.imports.stage.record_rows import RecordsJob, Tally
from contact_pipelines.imports.stage.staged_file import NO_DIALECT, StagedFile, labels
from contact_pipelines.models import FileReading, ReadingOptions
from contact_pipelines.settings.policy import Limits

_NESTED = frozenset(("list", "array", "struct", "map"))
_FLOATS = frozenset(("float", "double"))
_EXACT_IN_JSON = frozenset(
    ("boolean", "tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint", "double")
)
"""Types that DuckDB writes to JSON without loss; others are written as texts."""
_BATCH_BYTES = 4 * 1024 * 1024
_BATCH_ROWS = 50_000
_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"

_DAMAGED = (
    duckdb.InvalidInputException,
    duckdb.IOException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    duckdb.SerializationException,
    duckdb.NotImplementedException,
    duckdb.InternalException,
)
"""Raised by DuckDB for damaged files, besides its bare Error."""


@dataclass(frozen=True)
class _Column:
    name: str
    type: DuckDBPyType

    @property
    def nested(self) -> bool:
        return self.type.id in _NESTED


def stage_parquet(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    target: Path,
    *,
    scratch: Path,
    file_name: str,
    limits: Limits,
    options: ReadingOptions | None = None,  # noqa: ARG001 - none of them concerns Parquet
) -> StagedFile:
    """Write the rows of the Parquet file at `path` to the Parquet `target`, all values as texts, in file order.

    The columns are those of `staging.stage`, with a `_warning` VARCHAR; `_row` is the row's position from 1. Dates
    are ISO, times `2026-11-20 14:30:00` (with `+00:00` if they have a zone: they are in UTC), decimals exact,
    floats without exponent and without `.0`. NaN and empty texts are NULL. Bytes that are no UTF-8 text are left
    out with a warning.

    Raises FileUnreadable (damaged or encrypted), FileNotImportable (beyond the limits) and NoDataRows.
    """
    _require_magic(path, file_name)
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        rows, size = _size(con, path)
        columns = _columns(con, path)
        with tempfile.TemporaryDirectory(prefix="parquet-", dir=scratch) as folder:
            job = RecordsJob(con, file_name, Path(folder) / "records.parquet", target, limits)
            _require_within(job, rows, size, columns)
            job.write_records(_records(path, columns), max(1, min(_BATCH_ROWS, _BATCH_BYTES * rows // max(size, 1))))
            header, broken = _write(job, columns)
    except duckdb.OutOfMemoryException:
        raise FileNotImportable(f"{file_name} has rows that are too long for the memory limit.") from None
    except duckdb.Error as error:
        if type(error) is not duckdb.Error and not isinstance(error, _DAMAGED):
            raise
        raise FileUnreadable(f"{file_name} is damaged or incomplete, or encrypted. Export it again.") from None
    reading = FileReading(format="parquet", delimiter="", quote="", escape="", header_row=None)
    return StagedFile(header, NO_DIALECT, rows, broken, reading)


def _require_magic(path: Path, name: str) -> None:
    """Raise FileUnreadable unless the file begins and ends as Parquet files do."""
    with path.open("rb") as file:
        first = file.read(len(_MAGIC))
        file.seek(max(0, path.stat().st_size - len(_MAGIC)))
        last = file.read(len(_MAGIC))
    if _ENCRYPTED in (first, last):
        raise FileUnreadable(f"{name} is encrypted. Export it without encryption.")
    if (first, last) != (_MAGIC, _MAGIC):
        raise FileUnreadable(f"{name} is not a complete Parquet file. Export it again.")


def _from(path: Path) -> str:
    """Return SQL of the file's rows, without columns from parent folders named like `a=b`."""
    return f"read_parquet({file_literal(path)}, hive_partitioning = false)"


def _size(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, int]:
    """Return the rows and uncompressed bytes that the file states."""
    file = file_literal(path)
    sql = (
        f"SELECT (SELECT num_rows FROM parquet_file_metadata({file})),"
        f" (SELECT coalesce(sum(total_uncompressed_size), 0) FROM parquet_metadata({file}))"
    )
    rows, size = con.execute(sql).fetchall()[0]
    return int(rows), int(size)


def _columns(con: duckdb.DuckDBPyConnection, path: Path) -> list[_Column]:
    relation = con.sql(f"SELECT * FROM {_from(path)}")
    return [_Column(name, kind) for name, kind in zip(relation.columns, relation.types, strict=True)]


def _require_within(job: RecordsJob, rows: int, size: int, columns: list[_Column]) -> None:
    """Raise NoDataRows if there are no rows, FileNotImportable beyond the limits."""
    name, limits = job.name, job.limits
    if not rows:
        raise NoDataRows(f"{name} has columns but no rows.", [column.name for column in columns])
    job.require_rows(rows)
    if size > limits.decompressed_bytes:
        raise FileNotImportable(
            f"{name} unpacks to {size:,} bytes; at most {int(limits.decompressed_bytes):,} are read. Split the file."
        )
    if len(columns) > limits.columns:
        raise FileNotImportable(f"{name} has {len(columns):,} columns; at most {limits.columns:,} can be imported.")


def _records(path: Path, columns: list[_Column]) -> str:
    """Return SQL of the rows in the shape of JSON records: texts f1, f2, ... of plain columns, the rest an object."""
    plain = [(i, column) for i, column in enumerate(columns, 1) if not column.nested]
    nested = [column for column in columns if column.nested]
    members = ", ".join(
        f"{literal(c.name)}, to_json(CAST({identifier(c.name)} AS {_json_type(c.type)}))" for c in nested
    )
    texts = "".join(f", {_text(column)} AS f{i}" for i, column in plain)
    warnings = ", ".join(_blob_warning(column) for _, column in plain if column.type.id == "blob")
    return sql_blocks("json_records")["parquet"].format(
        texts=texts,
        object=f"CAST(json_object({members}) AS VARCHAR)" if nested else "CAST(NULL AS VARCHAR)",
        warning=f"nullif(concat_ws(' ', {warnings}), '')" if warnings else "CAST(NULL AS VARCHAR)",
        all_texts=", ".join(["object", *(f"f{i}" for i, _ in plain)]),
        source=_from(path),
    )


def _text(column: _Column) -> str:
    """Return SQL of a plain column's text."""
    name, kind = identifier(column.name), column.type.id
    if kind in _FLOATS:
        # Not isnan(): DuckDB 2.0 folds it to false, because Parquet statistics never contain NaN.
        return f"nullif(json_number(CAST({name} AS VARCHAR)), 'nan')"
    if kind == "timestamp with time zone":
        return f"CAST({name} AT TIME ZONE 'UTC' AS VARCHAR) || '+00:00'"
    if kind == "blob":
        return f"TRY(decode({name}))"
    return f"CAST({name} AS VARCHAR)"


def _blob_warning(column: _Column) -> str:
    name = identifier(column.name)
    sentence = f"sentence('undecodable_value', 'column', {literal(column.name)})"
    return f"CASE WHEN {name} IS NOT NULL AND TRY(decode({name})) IS NULL THEN {sentence} END"


def _json_type(kind: DuckDBPyType) -> str:
    """Return the type to cast to before to_json, so that decimals, dates and times stay as they are written."""
    if kind.id not in _NESTED:
        return str(kind) if kind.id in _EXACT_IN_JSON else "VARCHAR"
    members = {name: _json_type(member) for name, member in kind.children if isinstance(member, DuckDBPyType)}
    if kind.id == "struct":
        return f"STRUCT({', '.join(f'{identifier(name)} {member}' for name, member in members.items())})"
    if kind.id == "map":
        return f"MAP(VARCHAR, {members['value']})"
    return f"{members['child']}[]"


def _write(job: RecordsJob, columns: list[_Column]) -> tuple[list[str], int]:
    """Write the staged rows; return the header and how many are broken."""
    nested: list[JsonColumn] = []
    if any(column.nested for column in columns):
        nested = find_columns(job.con, job.records, job.name, job.limits)
    below = {key: list(group) for key, group in groupby(nested, key=lambda column: column.path[0])}
    reader = CellReader(nested)
    cells_of = dict(zip(nested, reader.cells, strict=True))
    header: list[str] = []
    cells: list[str] = []
    for i, column in enumerate(columns, 1):
        members = below.get(column.name, [])
        header += [member.label for member in members] if column.nested else [column.name]
        cells += [cells_of[member] for member in members] if column.nested else [f"f{i}"]
    sql = f"SELECT count(*), 0, max(size), sum(size) FROM read_parquet({file_literal(job.records)})"
    tally = Tally(*job.con.execute(sql).fetchall()[0])
    header = labels(header, job.name, job.limits)
    return header, job.write_rows(header, cells, reader, tally, raw="array_to_string(cells, ', ')")
