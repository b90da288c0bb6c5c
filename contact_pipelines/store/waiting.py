"""Waiting for the imports of a tenant that run at this moment. One that awaits review is not waited for."""

from __future__ import annotations

import time

from contact_pipelines.store import imports, reviews
from contact_pipelines.store.engine import Store

LOOK_EVERY_SECONDS = 0.5


def wait_for_running_imports(store: Store, tenant_id: str) -> None:
    """Return when no import of the tenant is running. One whose process died does not count: it becomes failed."""
    while True:
        with store.begin() as connection:
            reviews.expire_overdue(connection, tenant_id)
            if not imports.running(connection, tenant_id):
                return
        time.sleep(LOOK_EVERY_SECONDS)
