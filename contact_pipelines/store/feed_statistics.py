"""What a feed's imports were like: kept with each import, for the circuit breaker of the next ones."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from contact_pipelines.models import Import, ImportStatus
from contact_pipelines.store.tables import imports


def record(connection: sa.Connection, which: Import, statistics: Mapping[str, Any]) -> None:
    """Keep the statistics of an import that was compared."""
    statement = sa.update(imports).where(imports.c.tenant_id == which.tenant_id, imports.c.id == uuid.UUID(which.id))
    connection.execute(statement.values(statistics=dict(statistics)))


def last_completed(connection: sa.Connection, tenant_id: str, feed: str, limit: int) -> list[dict[str, Any]]:
    """Return the statistics of the feed's last imports that were applied and not undone, latest first.

    None before one that was held and then confirmed: a person said of that one that it is as it should be.
    """
    statement = sa.select(imports.c.statistics, imports.c.held).where(
        imports.c.tenant_id == tenant_id,
        imports.c.feed_name == feed,
        imports.c.status == ImportStatus.COMPLETED,
        imports.c.statistics.is_not(None),
    )
    found = []
    for row in connection.execute(statement.order_by(imports.c.id.desc()).limit(limit)):
        found.append(dict(row.statistics or {}))
        if row.held:
            break
    return found
