"""DuckDB as the pipelines use it: bounded memory, no extensions, quoted names."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

MEMORY_LIMIT = "512MB"
"""DuckDB's share of the 1 GB that an import may take; what does not fit is spilled to the temporary folder."""


def connect(temp_folder: Path | None = None, *, memory_limit: str = MEMORY_LIMIT) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that spills to `temp_folder` and never loads or downloads an extension."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if temp_folder is not None:
        config["temp_directory"] = str(temp_folder)
    con = duckdb.connect(":memory:", config=config)
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")  # it would write into the output of whoever calls
    return con


def identifier(name: str) -> str:
    """Quote a name (a file's header, for instance) as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text as an SQL literal, for the places that take no bound value (table functions, views)."""
    return "'" + text.replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """Quote a path for a table function, which would take brackets, stars and question marks for patterns."""
    return literal(re.sub(r"([\[*?])", r"[\1]", str(path)))
