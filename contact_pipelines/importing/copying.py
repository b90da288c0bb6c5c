"""Between DuckDB and PostgreSQL by `COPY`, in CSV, streamed: no row passes through a Python object.

DuckDB spells each row as one line of text; an Arrow batch of such lines is one contiguous buffer of bytes, which
is handed to PostgreSQL as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import psycopg

from contact_pipelines.importing.duck import identifier

LINES_PER_BATCH = 20_000
"""About 2 MB a buffer: large enough to stream, small enough to show progress."""


def copy_in(
    cursor: psycopg.Cursor[tuple[object, ...]],
    statement: str,
    rows: duckdb.DuckDBPyRelation,
    columns: Sequence[str],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Send `columns` of `rows` to a `COPY ... FROM STDIN (FORMAT csv)`; return how many rows were sent.

    `progress` is called after each batch with the number of rows sent so far.
    """
    kinds = dict(zip(rows.columns, (str(kind) for kind in rows.types), strict=True))
    cells = [_cell(identifier(column), kinds[column]) for column in columns]
    line = " || ',' || ".join(cells)
    lines = rows.project(f"{line} || chr(10) AS line")
    sent = 0
    with cursor.copy(statement.encode()) as copy:
        for batch in lines.to_arrow_reader(LINES_PER_BATCH):
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
    """Return SQL (DuckDB) of a value as a CSV cell of PostgreSQL: NULL is nothing, text is always quoted."""
    if kind == "VARCHAR[]":
        # An array literal such as {"a","b \"c\""}, quoted once more as a CSV cell.
        item = """'"' || replace(replace(item, '\\', '\\\\'), '"', '\\"') || '"'"""
        items = f"array_to_string(list_transform({column}, lambda item: {item}), ',')"
        return f"""coalesce('"{{' || replace({items}, '"', '""') || '}}"', '"{{}}"')"""
    if kind in ("VARCHAR", "JSON"):
        return f"coalesce('\"' || replace({column}, '\"', '\"\"') || '\"', '')"
    return f"coalesce(CAST({column} AS VARCHAR), '')"
