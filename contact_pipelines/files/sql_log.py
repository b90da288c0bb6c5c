"""CONTACT_PIPELINES_DEBUG=sql: logs every SQL statement with its step and duration to stderr.

Values are left out: bound parameters are never shown, and string literals in the text become '…'. The paths that
DuckDB reads stay, and so do names, numbers and the headers of the file, which are column names in DuckDB.

When it is off, connections are the libraries' own and nothing is measured.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

import duckdb

if TYPE_CHECKING:
    import psycopg

LONGEST_STATEMENT = 10_000
"""Characters. The expressions that type a wide file can have hundreds of thousands."""

_PACKAGE = Path(__file__).parents[1]
_PLUMBING = ("files/", "store/", "imports/way.py", "imports/session.py")
"""Code that runs statements for others: it is not what a reader of the log looks for."""

_TOKENS = re.compile(
    r"""
    (?P<path> \bread_\w+\(\s*' (?:[^']|'')* ')
    | (?P<name> "(?:[^"]|"")*")
    | (?P<value> \b[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | \$(\w*)\$.*?\$\4\$)
    | (?P<blank> (?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)+)
    """,
    re.VERBOSE | re.DOTALL,
)
_RUNS = ("arrow", "create", "df", "execute", "fetch", "insert", "materialize", "pl", "shape", "show", "to_", "write_")
"""How the names of what runs a DuckDB relation's query begin; the others only build it."""


def wanted() -> bool:
    """Whether the environment asks for the log."""
    return os.environ.get("CONTACT_PIPELINES_DEBUG") == "sql"


def without_values(statement: str) -> str:
    """Return a statement on one line, without comments and with '…' for each string."""

    def shown(found: re.Match[str]) -> str:
        return {"value": "'…'", "blank": " "}.get(found.lastgroup or "", found[0])

    line = _TOKENS.sub(shown, statement).strip()
    if len(line) > LONGEST_STATEMENT:
        return f"{line[:LONGEST_STATEMENT]}… ({len(line):,} characters)"
    return line


def connected_duckdb(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return the connection, or one that logs what it runs."""
    return cast("duckdb.DuckDBPyConnection", _LoggedDuckDB(con)) if wanted() else con


def postgres_class() -> type[psycopg.Connection[Any]]:
    """Return psycopg's class of connections, or one that logs what it runs: COPY, and SQLAlchemy's statements, too."""
    import psycopg

    return _logged_postgres() if wanted() else psycopg.Connection


@contextmanager
def _timed(database: str, statement: str) -> Iterator[None]:
    begun = time.perf_counter()
    try:
        yield
    finally:
        _log(database, statement, time.perf_counter() - begun)


def _log(database: str, statement: str, seconds: float) -> None:
    step, place = _step()
    sys.stderr.write(f"[sql] {seconds:.4f} s  {database}  {step} ({place})  {without_values(statement)}\n")


def _step() -> tuple[str, str]:
    """Return the step of an import (else the part of the package) that runs now, and its line of code."""
    step, place = "", ""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - threads have no other mark of their step
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_PACKAGE):
            inside = path.relative_to(_PACKAGE).as_posix()
            if not inside.startswith(_PLUMBING):
                place = place or f"{inside}:{frame.f_lineno}"
                if inside.startswith("imports/"):
                    step = inside.split("/")[1].removesuffix(".py")  # the outermost one
        frame = frame.f_back
    return step or place.split("/")[0] or "store", place or "store"


@cache
def _logged_postgres() -> type[psycopg.Connection[Any]]:
    import psycopg

    class LoggedCursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> LoggedCursor:  # noqa: ANN401
            with _timed("postgresql", self._text(query)):
                return super().execute(query, *args, **kwargs)

        def executemany(self, query: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
            with _timed("postgresql", self._text(query)):
                super().executemany(query, *args, **kwargs)

        @contextmanager
        def copy(self, statement: Any, *args: Any, **kwargs: Any) -> Iterator[psycopg.Copy]:  # noqa: ANN401
            with _timed("postgresql", self._text(statement)), super().copy(statement, *args, **kwargs) as copy:
                yield copy

        def _text(self, query: Any) -> str:  # noqa: ANN401
            if isinstance(query, psycopg.sql.Composable):
                return query.as_string(self)
            return query.decode() if isinstance(query, bytes) else query

    class LoggedConnection(psycopg.Connection[Any]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.cursor_factory = LoggedCursor

        def commit(self) -> None:
            if self.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
                super().commit()
            else:
                with _timed("postgresql", "COMMIT"):
                    super().commit()

    return LoggedConnection


class _LoggedDuckDB:
    """A DuckDB connection that logs what it runs; all else is the connection's own."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        found = getattr(self._con, name)
        return _unwrapping(found) if callable(found) else found

    def execute(self, query: str, *args: Any, **kwargs: Any) -> _LoggedDuckDB:
        with _timed("duckdb", query):
            self._con.execute(query, *args, **kwargs)
        return self

    def sql(self, query: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Build a relation, which is logged when it runs. What returns no rows runs here."""
        begun = time.perf_counter()
        relation = self._con.sql(query, *args, **kwargs)
        if relation is None:
            _log("duckdb", query, time.perf_counter() - begun)
        return _wrapped(relation)

    def __enter__(self) -> _LoggedDuckDB:
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()


class _LoggedRelation:
    """A query of DuckDB that is logged when it runs."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self._relation = relation

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if not name.startswith(_RUNS):
            found = getattr(self._relation, name)
            return _unwrapping(found) if callable(found) else found
        statement = f"{name}: {self._relation.sql_query()}"
        if name == "shape":
            with _timed("duckdb", statement):
                return self._relation.shape

        def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            with _timed("duckdb", statement):
                return _unwrapping(getattr(self._relation, name))(*args, **kwargs)

        return run


def _wrapped(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, duckdb.DuckDBPyRelation):
        return _LoggedRelation(value)
    return _LoggedDuckDB(value) if isinstance(value, duckdb.DuckDBPyConnection) else value


def _unwrapping(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let a method of DuckDB's take what is logged, and return such."""

    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        plain = [arg._relation if isinstance(arg, _LoggedRelation) else arg for arg in args]  # noqa: SLF001
        return _wrapped(method(*plain, **kwargs))

    return call
