"""DuckDB connections: bounded memory, no extensions, quoted names, SQL from files of named blocks."""

from __future__ import annotations

import errno
import re
from functools import cache
from pathlib import Path

import duckdb

from contact_pipelines import outcomes
from contact_pipelines.files import sql_log

MEMORY_LIMIT = "512MB"
"""DuckDB's share of the 1 GB that an import may take; what does not fit is spilled to the temporary folder."""

ROW = "_row"
"""Name of the column that carries a row's number as a spreadsheet shows it: the header is row 1."""

WIDE = 1_000
"""Columns from which on DuckDB needs more than its 512 MB: every column has its own buffers."""
WIDE_MEMORY = 1_536  # MB, of which 5,000 columns take about 1,000

_FULL = frozenset(getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name))
_WORDS = re.compile(
    r"no space left on device|disk quota exceeded|file too large|not enough space on the disk|max_temp_directory_size",
    re.IGNORECASE,
)


def connect(temp_folder: Path | None = None, *, memory_limit: str = MEMORY_LIMIT) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that spills to `temp_folder` and never loads or downloads an extension."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if temp_folder is not None:
        config["temp_directory"] = str(temp_folder)
    con = sql_log.connected_duckdb(duckdb.connect(":memory:", config=config))
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")  # it would write into the output
    define_sentences(con)
    return con


def define_sentences(con: duckdb.DuckDBPyConnection) -> None:
    """Make the macro `sentence` (see `outcomes`); every cursor of the connection has it."""
    texts = ", ".join(f"{literal(code)}: {literal(text)}" for code, text in outcomes.sentences().items())
    con.execute(sql_blocks("sentences")["sentences"].format(sentences=texts))


def identifier(name: str) -> str:
    """Quote a name (a file's header, for instance) as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text as an SQL literal, for places that do not accept bound values (table functions, views)."""
    return "'" + text.replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """Quote a path for a table function, which would take brackets, stars and question marks for patterns."""
    return literal(re.sub(r"([\[*?])", r"[\1]", str(path)))


def make_room(con: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB hold a very wide file: one thread, a higher limit.

    It is not taken back: the steps that read all columns again (map, report) run out of memory without it.
    """
    limit = con.execute("SELECT parse_formatted_bytes(current_setting('memory_limit'))").fetchall()[0][0]
    if int(limit) < WIDE_MEMORY * 1_000_000:
        con.execute(f"SET memory_limit = '{WIDE_MEMORY}MB'").fetchall()
    con.execute("SET threads = 1").fetchall()


@cache
def _sql_files() -> dict[str, Path]:
    """Return the SQL files of the package by name; each is next to the module that runs it."""
    return {path.stem: path for path in Path(__file__).parents[1].rglob("*.sql")}


@cache
def sql_blocks(name: str) -> dict[str, str]:
    """Read the package's `<name>.sql`, wherever it lies, into its blocks. A block begins with `-- name: <block>`."""
    text = _sql_files()[name].read_text(encoding="utf-8")
    parts = re.split(r"^-- name: *(\w+) *$", text, flags=re.MULTILINE)
    return {block: body.strip() for block, body in zip(parts[1::2], parts[2::2], strict=True)}


def disk_is_full(error: BaseException) -> bool:
    """Return whether a write failed because the disk, a quota or a limit of file sizes is reached.

    Python and DuckDB report that in different ways.
    """
    if isinstance(error, OSError):
        return error.errno in _FULL
    return isinstance(error, duckdb.Error) and _WORDS.search(str(error)) is not None
