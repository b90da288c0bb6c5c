"""Writes a staged file as it was read: all text, header first, malformed rows with their own cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import duckdb

from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports.stage.dialect import Dialect, RecordGrammar
from contact_pipelines.imports.stage.fast_staging import COMPRESSION, fetch_all, write_joined
from contact_pipelines.imports.stage.staged_file import StagedFile

Format = Literal["csv", "parquet"]
BATCH_ROWS = 2_048  # of 400,000 characters each at most
_QUOTED = "regexp_matches(c, '[\",\\r\\n]')"
_SPELLED = f"CASE WHEN {_QUOTED} THEN '\"' || replace(c, '\"', '\"\"') || '\"' ELSE c END"


def write_rows(
    con: duckdb.DuckDBPyConnection,
    rows: Path,
    staged: StagedFile,
    target: Path,
    format: Format = "csv",  # noqa: A002
) -> None:
    """Write the staged `rows` (Parquet, as `stage` wrote it) to `target`, in file order.

    CSV is RFC 4180: UTF-8, commas, LF; a broken row has the cells of its raw text, be they more or fewer than the
    header's. Parquet has one VARCHAR a label, and a broken row's text in `_text`.
    """
    if format == "parquet":
        columns = ", ".join(identifier(name) for name in (*staged.header, "_text"))
        _copy(con, f"SELECT {columns} FROM read_parquet({file_literal(rows)})", target)
        return
    sql = sql_blocks("staging")["as_read"].format(
        cells=_good(staged.header), broken=_broken(staged.dialect), source=file_literal(rows)
    )
    with target.open("wb") as out:
        out.write(_header_line(staged.header))
        for batch in con.sql(sql).to_arrow_reader(BATCH_ROWS):
            write_joined(batch.column("line"), out)


def write_header(
    con: duckdb.DuckDBPyConnection,
    header: Sequence[str],
    target: Path,
    format: Format = "csv",  # noqa: A002
) -> None:
    """Write a file with these labels and no rows."""
    if format == "parquet":
        columns = ", ".join(f"CAST(NULL AS VARCHAR) AS {identifier(name)}" for name in (*header, "_text"))
        _copy(con, f"SELECT {columns} WHERE false", target)
        return
    target.write_bytes(_header_line(header))


def _copy(con: duckdb.DuckDBPyConnection, select: str, target: Path) -> None:
    fetch_all(con, f"COPY ({select}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION {COMPRESSION})")


def _good(header: Sequence[str]) -> str:
    """Return SQL for a good row's line; an empty row of one cell is quoted, or it would look like no row."""
    cells = ", ".join(f"coalesce({identifier(label)}, '')" for label in header)
    line = f"array_to_string(list_transform([{cells}], lambda c: {_SPELLED}), ',')"
    return line if len(header) > 1 else f"coalesce(nullif({line}, ''), '\"\"')"


def _broken(dialect: Dialect) -> str:
    """Return SQL for the line of a broken row; if its quotes are wrong, every delimiter separates cells.

    A record of JSON or Parquet has no delimiter: its text is one cell.
    """
    if not dialect.delimiter:
        return f"list_transform([body], lambda c: {_SPELLED})[1]"
    cells = f"str_split(body, {literal(dialect.delimiter)})"
    by_quotes = RecordGrammar(dialect).cells
    parted = f"CASE WHEN code IN ('unclosed_quote', 'misplaced_quote') THEN {cells} ELSE {by_quotes} END"
    return f"array_to_string(list_transform({parted}, lambda c: {_SPELLED}), ',')"


def _header_line(header: Sequence[str]) -> bytes:
    special = set('",\r\n')
    cells = (label if special.isdisjoint(label) else '"' + label.replace('"', '""') + '"' for label in header)
    return (",".join(cells) + "\n").encode()
