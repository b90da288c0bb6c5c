"""The `feed_checks` table: the results of scheduled feeds, and the outages of watched ones.

A scheduled feed has a row for each of its times, a watched feed one for each outage: from `unreachable` to
`recovered`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contact_pipelines.models import EventKind, Import, ImportStatus
from contact_pipelines.store import notification_events
from contact_pipelines.store.tables import feed_checks, imports

CheckStatus = Literal["waiting", "taken", "nothing_new", "missing", "unreachable", "recovered"]

TROUBLE: tuple[CheckStatus, ...] = ("missing", "unreachable")


@dataclass(frozen=True)
class FeedCheck:
    """The result for one time. `attempts`: the number of checks."""

    tenant_id: str
    feed: str
    due_at: datetime
    status: CheckStatus
    message: str
    attempts: int
    checked_at: datetime


def record(
    connection: sa.Connection, tenant_id: str, feed: str, due_at: datetime, status: CheckStatus, *, message: str
) -> None:
    """Record the result for a scheduled time, again at every check. Trouble is an event, once."""
    _note(connection, tenant_id, feed, due_at, status, message=message)
    if status in TROUBLE:
        _tell(connection, tenant_id, feed, due_at, status, message=message)


def _note(
    connection: sa.Connection, tenant_id: str, feed: str, due_at: datetime, status: CheckStatus, *, message: str
) -> int:
    """Record a result; return the number of checks for that time."""
    statement = insert(feed_checks).values(
        tenant_id=tenant_id, feed_name=feed, due_at=due_at, status=status, message=message
    )
    again = {
        "status": status,
        "message": message,
        "attempts": feed_checks.c.attempts + 1,
        "checked_at": sa.func.now(),
    }
    upsert = statement.on_conflict_do_update(index_elements=["tenant_id", "feed_name", "due_at"], set_=again)
    attempts: int = connection.execute(upsert.returning(feed_checks.c.attempts)).scalar_one()
    return attempts


def record_trouble(connection: sa.Connection, tenant_id: str, feed: str, message: str) -> None:
    """Record that a watched feed's source cannot be reached, in one row until it recovers.

    The second failure in a row is an event: a single one often is gone at the next check.
    """
    one_at_a_time = sa.func.hashtextextended(f"feed_trouble:{tenant_id}/{feed}", 0)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(one_at_a_time)))
    outage = _select(tenant_id, feed, feed_checks.c.status == "unreachable").limit(1)
    since = connection.scalar(outage.with_only_columns(feed_checks.c.due_at))
    now = connection.scalar(sa.select(sa.func.clock_timestamp()))
    assert now is not None  # noqa: S101 - a clock always answers
    begin = since or now
    if _note(connection, tenant_id, feed, begin, "unreachable", message=message) > 1:
        _tell(connection, tenant_id, feed, begin, "unreachable", message=message)


def record_recovery(connection: sa.Connection, tenant_id: str, feed: str) -> None:
    """End a watched feed's outage, if there is one."""
    mine = sa.and_(feed_checks.c.tenant_id == tenant_id, feed_checks.c.feed_name == feed)
    statement = sa.update(feed_checks).where(mine, feed_checks.c.status == "unreachable")
    connection.execute(statement.values(status="recovered", checked_at=sa.func.now()))


def get(connection: sa.Connection, tenant_id: str, feed: str, due_at: datetime) -> FeedCheck | None:
    """Return the result for a scheduled time, if there is one yet."""
    row = connection.execute(_select(tenant_id, feed, feed_checks.c.due_at == due_at)).one_or_none()
    return None if row is None else _check(row)


def latest(connection: sa.Connection, tenant_id: str, feed: str, limit: int = 1) -> list[FeedCheck]:
    """Return a feed's latest checks or outages."""
    return [_check(row) for row in connection.execute(_select(tenant_id, feed).limit(limit))]


def _tell(
    connection: sa.Connection, tenant_id: str, feed: str, due_at: datetime, status: CheckStatus, *, message: str
) -> None:
    facts = {"name": feed, "message": message, "reason": status, "due_at": due_at.astimezone(UTC).isoformat()}
    same = f"{feed}/{facts['due_at']}/{status}"
    notification_events.record(connection, tenant_id, EventKind.FEED_FAILED, facts, feed=feed, once=same)


def _select(tenant_id: str, feed: str, *conditions: sa.ColumnElement[bool]) -> sa.Select[tuple[object, ...]]:
    mine: Sequence[sa.ColumnElement[bool]] = (feed_checks.c.tenant_id == tenant_id, feed_checks.c.feed_name == feed)
    return sa.select(feed_checks).where(*mine, *conditions).order_by(feed_checks.c.due_at.desc())


def _check(row: sa.Row[tuple[object, ...]]) -> FeedCheck:
    names = ("tenant_id", "feed_name", "due_at", "status", "message", "attempts", "checked_at")
    return FeedCheck(*(row._mapping[name] for name in names))  # noqa: SLF001 - SQLAlchemy's public name for it


def record_statistics(connection: sa.Connection, which: Import, statistics: Mapping[str, Any]) -> None:
    """Store the statistics of an import that was compared."""
    statement = sa.update(imports).where(imports.c.tenant_id == which.tenant_id, imports.c.id == uuid.UUID(which.id))
    connection.execute(statement.values(statistics=dict(statistics)))


def last_completed(connection: sa.Connection, tenant_id: str, feed: str, limit: int) -> list[dict[str, Any]]:
    """Return the statistics of the feed's last imports that were applied and not undone, latest first.

    It ends at one that was held and then confirmed: a person decided that it is normal.
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
