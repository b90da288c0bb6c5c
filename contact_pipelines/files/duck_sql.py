"""DuckDB as imports use it: what `files.duck` has, SQL kept in files of named blocks, and room for wide files."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import duckdb

from contact_pipelines.files.duck import MEMORY_LIMIT, connect, file_literal, identifier, literal

__all__ = [
    "MEMORY_LIMIT",
    "ROW",
    "WIDE",
    "WIDE_MEMORY",
    "connect",
    "file_literal",
    "identifier",
    "literal",
    "make_room",
    "sql_blocks",
]

ROW = "_row"
"""Name of the column that carries a row's number as a spreadsheet shows it: the header is row 1."""

WIDE = 1_000
"""Columns from which on DuckDB needs more than its 512 MB: every column has its own buffers."""
WIDE_MEMORY = 1_536  # MB, of which 5,000 columns take about 1,000


def make_room(con: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB hold a very wide file: one thread, a higher limit.

    It is not taken back: the steps that read all columns again (map, report) run out of memory without it.
    """
    limit = con.execute("SELECT parse_formatted_bytes(current_setting('memory_limit'))").fetchall()[0][0]
    if int(limit) < WIDE_MEMORY * 1_000_000:
        con.execute(f"SET memory_limit = '{WIDE_MEMORY}MB'").fetchall()
    con.execute("SET threads = 1").fetchall()


@cache
def sql_blocks(name: str) -> dict[str, str]:
    """Read `sql/<name>.sql` into its blocks. A block begins with a line `-- name: <block>`."""
    text = (files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- name: *(\w+) *$", text, flags=re.MULTILINE)
    return {block: body.strip() for block, body in zip(parts[1::2], parts[2::2], strict=True)}
