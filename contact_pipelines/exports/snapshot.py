"""The snapshot of an export: one read-only transaction for everything it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import make_url

from contact_pipelines.store import exports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.imports_table import life_lock

MESSAGES = 256
"""Rows of a COPY that are joined into one block."""

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()

Progress = Callable[[int], None]
"""Is called now and then with the number of rows read."""


@dataclass
class Snapshot:
    """A transaction that sees everything committed before `safe_time`. `rows_read`: rows its COPYs have returned."""

    connection: sa.Connection
    safe_time: datetime
    rows_read: int = 0

    def copy(self, query: sa.Select[Any], options: str, progress: Progress | None = None) -> Iterator[bytes]:
        """Yield the output of `COPY (query) TO STDOUT (options)` in blocks of some ten kilobytes."""
        before = self.rows_read
        with self._cursor() as cursor:
            with cursor.copy(*_statement(query, options)) as copy:
                messages = iter(copy)
                while some := list(islice(messages, MESSAGES)):
                    self.rows_read += len(some)
                    yield b"".join(some)
                    if progress is not None:
                        progress(self.rows_read)
            self.rows_read = before + cursor.rowcount  # a message usually is a row; this is exact

    def rows(self, query: sa.Select[Any]) -> Iterator[tuple[str | None, ...]]:
        """Yield the query's rows, every value as PostgreSQL spells it."""
        with self._cursor() as cursor, cursor.copy(*_statement(query, "FORMAT text")) as copy:
            for row in copy.rows():
                self.rows_read += 1
                yield row

    def _cursor(self) -> psycopg.Cursor[Any]:
        driver = self.connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 - the engine's dialect
        return driver.cursor()


@contextmanager
def snapshot(store: Store, export_id: str) -> Iterator[Snapshot]:
    """Take a snapshot, and hold the export's life lock while the block runs.

    Raises StoreUnavailable, also from inside.
    """
    with store.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(sa.select(sa.func.pg_advisory_lock(life_lock(export_id))))
        safe_time = exports_table.safe_time(connection)
        connection.commit()
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        try:
            for setting in ("jit = off", "work_mem = '64MB'"):
                connection.execute(sa.text(f"SET LOCAL {setting}"))
            yield Snapshot(connection, safe_time)
        finally:
            _unlock(connection, export_id)


def _unlock(connection: sa.Connection, export_id: str) -> None:
    if connection.closed or connection.invalidated:
        return  # the lock went with it
    with suppress(sa.exc.DBAPIError):
        connection.rollback()
        connection.execute(sa.select(sa.func.pg_advisory_unlock(life_lock(export_id))))
        connection.rollback()


def _statement(query: sa.Select[Any], options: str) -> tuple[bytes, dict[str, Any]]:
    """Return the COPY of a query and its values, which psycopg puts in: COPY takes no parameters."""
    compiled = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    values = dict(compiled.params)
    for name, processor in compiled._bind_processors.items():  # noqa: SLF001 - what execute() does to the values
        if name in values and callable(processor):
            values[name] = processor(values[name])
    return f"COPY ({compiled}) TO STDOUT ({options})".encode(), values
