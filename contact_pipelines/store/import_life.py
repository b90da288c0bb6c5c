"""The life of a running import: its heartbeat and its lock, which imports are alive, and waiting for them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from contact_pipelines.models import Import, ImportStatus
from contact_pipelines.outcomes import sentence
from contact_pipelines.store import imports_table, reviews
from contact_pipelines.store.engine import Store
from contact_pipelines.store.imports_table import is_import, life_lock
from contact_pipelines.store.tables import imports

ABANDONED_AFTER_SECONDS = 15
"""An import without a lock and without a heartbeat for so long has died with its process."""

LOOK_EVERY_SECONDS = 0.5
TURN_EVERY_SECONDS = 0.2


class Heartbeat:
    """Shows that an import is alive and how far it is. Each method raises ImportCancelled if it was cancelled.

    The heartbeat has its own connection, outside the transaction that applies the import. Its session lock is freed
    by PostgreSQL the moment the process dies, however it dies.
    """

    WRITE_EVERY_SECONDS = 0.5

    def __init__(self, connection: sa.Connection, record: Import) -> None:
        self._connection = connection
        self._record = record
        self._written = 0.0

    def step(self, name: str, total: int = 0) -> None:
        """Record that a step begins, and how many rows it has to process."""
        values = {"step": name, "progress_done": 0, "progress_total": total, "step_started_at": sa.func.now()}
        self._write(values)

    def advance(self, done: int, total: int) -> None:
        """Record how many rows are done, at most twice a second."""
        if time.monotonic() - self._written >= self.WRITE_EVERY_SECONDS:
            self._write({"progress_done": done, "progress_total": total})

    def _write(self, values: Mapping[str, Any]) -> None:
        statement = sa.update(imports).where(is_import(self._record)).values(heartbeat_at=sa.func.now(), **values)
        status = self._connection.scalar(statement.returning(imports.c.status))
        self._written = time.monotonic()
        if status == ImportStatus.CANCELLED:
            raise imports_table.cancelled(self._record)


@contextmanager
def heartbeat(store: Store, record: Import) -> Iterator[Heartbeat]:
    """Hold the import's life lock while the block runs."""
    with store.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(sa.select(sa.func.pg_advisory_lock(life_lock(record.id))))
        try:
            yield Heartbeat(connection, record)
        finally:
            if not connection.closed and not connection.invalidated:
                with suppress(sa.exc.DBAPIError):  # the connection was lost, and the lock with it
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(life_lock(record.id))))


def running(connection: sa.Connection, tenant_id: str) -> list[Import]:
    """Return the tenant's imports that are alive, and make those whose process died `failed`. Commit afterwards."""
    statement = sa.select(imports, _heartbeat_age()).where(
        imports.c.tenant_id == tenant_id, imports.c.status == ImportStatus.RUNNING
    )
    alive = []
    for row in connection.execute(statement).all():
        record = imports_table.from_row(row)
        free = connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(life_lock(record.id))))
        if free and row.heartbeat_age > ABANDONED_AFTER_SECONDS:
            imports_table.record_failure(connection, record, "process_died", sentence("process_died"))
        else:
            alive.append(record)
    return alive


def older_running(connection: sa.Connection, record: Import) -> list[Import]:
    """Return what `running` does, but only imports registered before this one that will be applied without a review.

    Of two imports one is always the older, so they cannot wait for each other.
    """
    place = _place(record)
    return [it for it in running(connection, record.tenant_id) if _place(it) < place and not it.options.review]


def wait_for_running_imports(store: Store, tenant_id: str) -> None:
    """Return when no import of the tenant is running. Those whose process died become failed."""
    while True:
        with store.begin() as connection:
            reviews.expire_overdue(connection, tenant_id)
            if not running(connection, tenant_id):
                return
        time.sleep(LOOK_EVERY_SECONDS)


def wait_for_turn(store: Store, record: Import, heartbeat: Heartbeat) -> None:
    """Return when no older import of the tenant is running, so that imports are applied in their order.

    Imports that died, end in a review or were not started do not count. Raises ImportCancelled. Call it with the
    import's life lock held, and outside a transaction.
    """
    while True:
        with store.begin() as connection:
            if not older_running(connection, record):
                return
        heartbeat.advance(0, 0)
        time.sleep(TURN_EVERY_SECONDS)


def _place(record: Import) -> tuple[datetime | None, str]:
    """Return the order of imports, which is by the database's clock."""
    return record.times["created_at"], record.id


def _heartbeat_age() -> sa.Label[float]:
    seen = sa.func.coalesce(imports.c.heartbeat_at, imports.c.created_at)
    return sa.func.extract("epoch", sa.func.now() - seen).cast(sa.Double).label("heartbeat_age")
