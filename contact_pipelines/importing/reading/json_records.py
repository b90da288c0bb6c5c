"""Stage JSON and JSON Lines: every record of the file as a row of texts, none of them lost.

1. `json_source` cuts the file into records without parsing it, `json_layout` says where they stand;
2. records that are no JSON objects become broken rows, the others are written in one spelling (sql/json_records.sql);
3. `json_columns` looks at all keys of all records, `json_cells` takes their texts out.

Values arrive as they are written: no type is guessed.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from contact_pipelines.errors import FileNotImportable, FileUnreadable, NoDataRows
from contact_pipelines.house import Limits
from contact_pipelines.importing.duck import WIDE, file_literal, identifier, literal, make_room, sql_blocks
from contact_pipelines.importing.reading.dialect import SHOWN_TEXT, Dialect, labels
from contact_pipelines.importing.reading.json_cells import CellReader, cell_text
from contact_pipelines.importing.reading.json_columns import find_columns
from contact_pipelines.importing.reading.json_layout import JsonLayout, find_layout
from contact_pipelines.importing.reading.json_source import broken_document, document_records, line_records
from contact_pipelines.importing.reading.staging_job import StagedFile
from contact_pipelines.models import FileReading

_SOURCE = "_json_source"
_TEXTS = r'"(?:[^"\\]|\\.)*"'
_LAX = r"[:,\[]\s*-?(?i:nan|inf)|,\s*[\]}]"
"""What DuckDB's parser takes and JSON has not: NaN, Infinity, a comma before a closing bracket."""
_LONG_NUMBER = (
    r"[:,\[]\s*-?(?:[0-9]+\.(?:[0-9]+0|0000[0-9]*|[0-9]{9,})|[0-9]{9,}\.[0-9]{6,}|[0-9]{16,}\.[0-9]+)\s*[,\]}]"
)
"""A number that may not come back from a double (15 digits) as it is written."""


def stage_json(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    target: Path,
    *,
    scratch: Path,
    file_name: str,
    lines: bool,
    limits: Limits,
) -> StagedFile:
    """Write the records of the UTF-8 file at `path` to the Parquet `target`, in file order.

    The columns are those of `staging.stage`: `_row` INTEGER (the line's number if `lines`, else the record's
    position from 1), one VARCHAR a label, `_error_code`, `_error`, `_text`, `_warning` VARCHAR. A document is an
    array of objects, an object that holds such an array, or one object.

    In JSON Lines a line that is no JSON object is a broken row. A document that cannot be parsed is refused; an
    element of its array that is no object is a broken row.

    Raises FileUnreadable (blank) and FileNotImportable (not JSON, no list of objects, beyond the limits), and
    NoDataRows for an empty list.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    layout = None if lines else find_layout(path, file_name)
    with tempfile.TemporaryDirectory(prefix="json-", dir=scratch) as folder:
        records = Path(folder) / "records.parquet"
        try:
            _write_records(con, path, records, layout, file_name, limits)
            tally = _count(con, records)
            _judge(tally, path, layout, file_name, limits)
            columns = find_columns(con, records, file_name, limits)
            if not columns:
                raise NoDataRows(f"{file_name} has no columns: its {tally.rows:,} records are empty objects.")
            header = labels([column.label for column in columns], file_name, limits)
            reader = CellReader(columns)
            broken = write_rows(con, records, target, header, reader.cells, reader, tally, limits)
        except duckdb.OutOfMemoryException:
            raise FileNotImportable(f"{file_name} has records that are too long for the memory limit.") from None
    return StagedFile(
        header, Dialect("", quote="", escape="", header_row=None), tally.rows, broken, _reading(layout, lines=lines)
    )


@dataclass(frozen=True)
class Tally:
    """Counts of a file's records: broken ones among them, the longest one and all in bytes."""

    rows: int
    broken: int
    longest: int
    total: int
    first_invalid: int | None = None
    any_object: bool = True
    first_other: str | None = None  # how the text of the first valid record that is no object begins


def _write_records(
    con: duckdb.DuckDBPyConnection, path: Path, records: Path, layout: JsonLayout | None, name: str, limits: Limits
) -> None:
    """Write the records, each judged by itself, to a Parquet file of the scratch folder."""
    blocks = sql_blocks("json_records")
    values = {"texts": literal(_TEXTS)}
    sql = blocks["records"].format(
        source=_SOURCE,
        foreign=blocks["foreign"].format(),
        replaced=blocks["replaced"].format(),
        spelt=blocks["spelt"].format(**values),
        last_keys=blocks["last_keys"].format(),
        doubtful=literal(f"{_LAX}|{_LONG_NUMBER}"),  # one search for both: it costs more than to parse the record
        lax=literal(_LAX),
        long_number=literal(_LONG_NUMBER),
        unit="'Line ' || n" if layout is None else "'Record ' || n",
        row_too_long=row_too_long(limits),
        replaced_warning=literal("A character that is no text (\\u0000 or half of a pair) was replaced."),
        repeated_warning=literal("A key is there more than once; its last value was taken."),
        shown=SHOWN_TEXT,
        **values,
    )
    source = line_records(path) if layout is None else document_records(path, layout, name)
    con.register(_SOURCE, source.reader())
    try:
        write_records(con, sql, records, source.batch_rows)
    finally:
        con.unregister(_SOURCE)
    if source.fault is not None:
        raise source.fault


def write_records(con: duckdb.DuckDBPyConnection, sql: str, records: Path, batch_rows: int) -> None:
    """Write the rows of a query to a Parquet file in row groups of `batch_rows`, a few megabytes each.

    DuckDB's own writer puts 2,048 rows into one at least, and its reader takes as many at once: with long records
    that is more than its memory.
    """
    batches = con.sql(sql).to_arrow_reader(batch_rows)
    with pq.ParquetWriter(records, batches.schema, compression="snappy") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _count(con: duckdb.DuckDBPyConnection, records: Path) -> Tally:
    sql = sql_blocks("json_records")["tally"].format(records=file_literal(records))
    rows, broken, longest, total, first_invalid, any_object, first_other = con.execute(sql).fetchall()[0]
    return Tally(rows, broken, longest, total, first_invalid, any_object, first_other)


def _judge(tally: Tally, path: Path, layout: JsonLayout | None, name: str, limits: Limits) -> None:
    """Refuse a file that is no list of objects, or that has too many."""
    if layout is None and not tally.rows:
        raise FileUnreadable(f"{name} is empty: it holds nothing but blank lines.")
    if layout is not None and tally.rows == 1 and tally.total == 0:  # [] has one blank element
        raise NoDataRows(f"{name} has no records: its list is empty.")
    if layout is not None and tally.first_invalid is not None:
        raise broken_document(path, layout, name, tally.first_invalid)
    if not tally.any_object:
        raise _no_objects(tally, layout, name)
    require_rows(tally.rows, name, limits)


def _no_objects(tally: Tally, layout: JsonLayout | None, name: str) -> FileNotImportable:
    if layout is None:
        return FileNotImportable(
            f"None of the {tally.rows:,} lines of {name} is a JSON object. One object a line is expected,"
            " with keys and texts in double quotes."
        )
    what = "lists" if tally.first_other == "[" else "plain values"
    return FileNotImportable(f"{name} is a list of {what}; a list of JSON objects is expected, one a contact.")


def require_rows(rows: int, name: str, limits: Limits) -> None:
    """Raise FileNotImportable for more rows than the limit."""
    if limits.rows is not None and rows > limits.rows:
        raise FileNotImportable(f"{name} has {rows:,} records; at most {limits.rows:,} can be imported. Split the file.")


def row_too_long(limits: Limits) -> str:
    """Return SQL of the sentence for a row beyond the limit."""
    return literal(f"The row is longer than {limits.row_characters:,} characters.")


def write_rows(
    con: duckdb.DuckDBPyConnection,
    records: Path,
    target: Path,
    header: list[str],
    cells: list[str],
    reader: CellReader,
    tally: Tally,
    limits: Limits,
) -> int:
    """Write the staged rows from the Parquet `records`; return how many of them are broken.

    `cells`: SQL of each label's text, over the columns of `records` and those of `reader`.
    """
    if len(header) > WIDE:
        make_room(con)
    sql = sql_blocks("json_records")["rows"].format(
        records=file_literal(records),
        target=literal(str(target)),
        layers=reader.layers,
        careful=reader.careful,
        cell=cell_text("value"),
        cells=", ".join(cells),
        labelled=", ".join(f"cells[{i}] AS {identifier(label)}" for i, label in enumerate(header, 1)),
        cell_limit=limits.cell_characters,
        row_limit=limits.row_characters,
        cell_too_long=literal(f"A cell is longer than {limits.cell_characters:,} characters."),
        row_too_long=row_too_long(limits),
        shown=SHOWN_TEXT,
        row_group_size=max(2_048, min(122_880, 16 * 1024 * 1024 * tally.rows // max(tally.total, 1))),
    )
    con.execute(sql).fetchall()
    if tally.longest <= min(limits.cell_characters, limits.row_characters):
        return tally.broken
    count = f"SELECT count(_error_code) FROM read_parquet({file_literal(target)})"
    return int(con.execute(count).fetchall()[0][0])


def _reading(layout: JsonLayout | None, *, lines: bool) -> FileReading:
    notes = []
    if layout is not None and layout.wrapper:
        notes.append(f"the records are the list {layout.wrapper}; what stands beside it was left out")
    if layout is not None and layout.others:
        notes.append(f"further lists were left out: {', '.join(layout.others)}")
    return FileReading(
        format="jsonl" if lines else "json", delimiter="", quote="", escape="", header_row=None, notes=tuple(notes)
    )
