"""Streams between DuckDB and PostgreSQL by `COPY`; no row becomes a Python object.

DuckDB spells each row as one line of text; an Arrow batch of such lines is one contiguous buffer of bytes, which
is handed to PostgreSQL as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import psycopg

from contact_pipelines.files.duck import identifier

LINES_PER_BATCH = 20_000
"""About 2 MB a buffer: large enough to stream, small enough to show progress."""


def copy_in(
    cursor: psycopg.Cursor[tuple[object, ...]],
    statement: str,
    rows: duckdb.DuckDBPyRelation,
    columns: Sequence[str],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Send `columns` of `rows` to a `COPY ... FROM STDIN` (text format); return how many rows were sent.

    `progress` is called after each batch with the number of rows sent so far.
    """
    kinds = dict(zip(rows.columns, (str(kind) for kind in rows.types), strict=True))
    cells = [_cell(identifier(column), kinds[column]) for column in columns]
    line = " || chr(9) || ".join(cells)
    lines = rows.project(f"{line} || chr(10) AS line")
    sent = 0
    with cursor.copy(statement.encode()) as copy, ThreadPoolExecutor(1) as ahead:
        reader = iter(lines.to_arrow_reader(LINES_PER_BATCH))
        # DuckDB spells the next batch while PostgreSQL takes this one: a fifth of the time of a large COPY.
        coming = ahead.submit(next, reader, None)
        while (batch := coming.result()) is not None:
            coming = ahead.submit(next, reader, None)
            copy.write(_bytes(batch.column(0)))
            sent += batch.num_rows
            if progress is not None:
                progress(sent)
    return sent


def copy_out(cursor: psycopg.Cursor[tuple[object, ...]], statement: str, target: Path) -> None:
    """Write what a `COPY ... TO STDOUT` gives to a file."""
    with target.open("wb") as out, cursor.copy(statement.encode()) as copy:
        for block in copy:
            out.write(block)


def _bytes(lines: object) -> memoryview:
    """Return the text of an Arrow string array as one buffer, without copying it."""
    import pyarrow as pa

    assert isinstance(lines, pa.Array)  # noqa: S101
    width = 8 if pa.types.is_large_string(lines.type) else 4
    _, offsets, data = lines.buffers()
    starts = memoryview(offsets).cast("q" if width == 8 else "i")  # noqa: PLR2004
    return memoryview(data)[starts[lines.offset] : starts[lines.offset + len(lines)]]


def _cell(column: str, kind: str) -> str:
    """Return SQL (DuckDB) of a value as a cell of PostgreSQL's text format."""
    value = f"CAST({column} AS VARCHAR)"
    if kind == "VARCHAR[]":
        # An array literal such as {"a","b \"c\""}; an absent list is an empty one.
        item = r"""'"' || replace(replace(item, '\', '\\'), '"', '\"') || '"'"""
        value = f"'{{' || array_to_string(list_transform({column}, lambda item: {item}), ',') || '}}'"
        return f"coalesce({_escaped(value)}, '{{}}')"
    if kind in ("VARCHAR", "JSON"):
        value = _escaped(column)
    return rf"coalesce({value}, '\N')"


def _escaped(text: str) -> str:
    """Return SQL of a text as `COPY` wants it; hardly any has a character to escape, and looking is cheap."""
    escaped = rf"replace({text}, '\', '\\')"
    for character, letter in ((10, "n"), (13, "r"), (9, "t")):
        escaped = rf"replace({escaped}, chr({character}), '\{letter}')"
    return rf"CASE WHEN regexp_matches({text}, '[\\\n\r\t]') THEN {escaped} ELSE {text} END"
