"""Parquet: typed columns, written by DuckDB from CSV that PostgreSQL wrote."""

from __future__ import annotations

from pathlib import Path

import duckdb

from contact_pipelines.exports.column_cells import Style
from contact_pipelines.exports.export_columns import ExportColumn, Kind
from contact_pipelines.exports.export_plan import ExportPlan
from contact_pipelines.exports.snapshot import Progress, Snapshot
from contact_pipelines.exports.text_writers import Written, digest_of
from contact_pipelines.files import duck
from contact_pipelines.files.duck import file_literal, identifier, literal

_MEMORY = "384MB"
_LONGEST_LINE = 16 * 1024 * 1024
_LIST = "VARCHAR[]"
_TYPES = {
    Kind.INTEGER: "INTEGER",
    Kind.MOMENT: "TIMESTAMPTZ",
    Kind.TAGS: _LIST,
    Kind.GROUPS: _LIST,
    Kind.TOPICS: "STRUCT(name VARCHAR, subscription VARCHAR)[]",
}
# The store does not force a property's values to be of its type: it gets the first of these types that all its values
# survive, else text.
_TRIED = {
    Kind.NUMBER: ("BIGINT", "DOUBLE", "DECIMAL(38, 12)"),
    Kind.DATE: ("DATE",),
    Kind.BOOLEAN: ("BOOLEAN",),
    Kind.OPTIONS: (_LIST,),
}


def write_parquet(plan: ExportPlan, snapshot: Snapshot, path: Path, progress: Progress | None = None) -> Written:
    """Write Parquet (zstd)."""
    scratch = path.with_name(f"{path.name}.d")
    scratch.mkdir(exist_ok=True)
    rows = scratch / "rows.csv"
    with rows.open("wb") as file:
        for query in plan.queries(Style.TYPED):
            for block in snapshot.copy(query, "FORMAT csv", progress):
                file.write(block)
    con = duck.connect(scratch, memory_limit=_MEMORY)
    try:
        con.execute("SET threads = 2")  # each keeps a row group in memory
        _convert(con, plan, rows, path)
    finally:
        con.close()
    return Written(snapshot.rows_read, digest_of(path))


def _convert(con: duckdb.DuckDBPyConnection, plan: ExportPlan, rows: Path, path: Path) -> None:
    named = {f"c{at}": column for at, column in enumerate(plan.columns)}
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in named)
    source = (
        f"read_csv({file_literal(rows)}, auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"',"
        f" new_line = '\\n', nullstr = '', allow_quoted_nulls = false, max_line_size = {_LONGEST_LINE},"
        f" parallel = false, columns = {{{columns}}})"
    )
    types = _found_types(con, named, source)
    selected = ", ".join(
        f"{_read_as(name, types[name])} AS {identifier(column.name)}" for name, column in named.items()
    )
    con.execute(
        f"COPY (SELECT {selected} FROM {source}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchall()


def _found_types(con: duckdb.DuckDBPyConnection, named: dict[str, ExportColumn], source: str) -> dict[str, str]:
    types = {name: _TYPES.get(column.kind, "VARCHAR") for name, column in named.items()}
    tests = {
        (name, kind): f"coalesce(bool_and({_fits(name, kind)}), true)"
        for name, column in named.items()
        for kind in _TRIED.get(column.kind, ())
    }
    if not tests:
        return types
    fits = con.execute(f"SELECT {', '.join(tests.values())} FROM {source}").fetchall()[0]
    fitting = [found for found, fit in zip(tests, fits, strict=True) if fit]
    return types | dict(reversed(fitting))  # the first one that fits counts


def _fits(name: str, kind: str) -> str:
    """Return SQL that says whether a value, unless null, survives the type."""
    if kind == _LIST:
        return f"{name} IS NULL OR json_array_length(TRY_CAST({name} AS JSON)) IS NOT NULL"
    spelled = f"CAST(TRY_CAST({name} AS {kind}) AS VARCHAR)"
    if kind == "DOUBLE":
        spelled = rf"regexp_replace({spelled}, '\.0$', '')"
    if kind.startswith("DECIMAL"):
        spelled = rf"regexp_replace({spelled}, '\.?0+$', '')"
    return f"{name} IS NULL OR coalesce({spelled} = {name}, false)"


def _read_as(name: str, kind: str) -> str:
    if kind == "VARCHAR":
        return name
    if kind.endswith("[]"):
        return f"CAST(CAST({name} AS JSON) AS {kind})"
    return f"CAST({name} AS {kind})"
