"""Waiting for imports of a tenant that run at this moment. One that awaits review is not waited for."""

from __future__ import annotations

import time

from contact_pipelines.models import Import
from contact_pipelines.store import imports_table, reviews
from contact_pipelines.store.engine import Store

LOOK_EVERY_SECONDS = 0.5
TURN_EVERY_SECONDS = 0.2


def wait_for_running_imports(store: Store, tenant_id: str) -> None:
    """Return when no import of the tenant is running. One whose process died does not count: it becomes failed."""
    while True:
        with store.begin() as connection:
            reviews.expire_overdue(connection, tenant_id)
            if not imports_table.running(connection, tenant_id):
                return
        time.sleep(LOOK_EVERY_SECONDS)


def wait_for_turn(store: Store, record: Import, heartbeat: imports_table.Heartbeat) -> None:
    """Return when no older import of the tenant is running, so that imports are applied as they were registered.

    One whose process died does not count, nor one that ends in a review or that nobody has started. Raises
    ImportCancelled. To be called with the import's own life lock held, and no transaction.
    """
    while True:
        with store.begin() as connection:
            if not imports_table.older_running(connection, record):
                return
        heartbeat.advance(0, 0)
        time.sleep(TURN_EVERY_SECONDS)
