"""The `feed_checks` table: what a feed found at its times, and when its source could not be reached.

A scheduled feed has a row for each of its times. A watched feed has one for each time of trouble: it begins as
`unreachable` and ends as `recovered`.
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
    """What came of one time. `attempts`: how often it was looked at."""

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
    """Note what came of a scheduled time, as often as it is looked at. Trouble is an event, once."""
    _note(connection, tenant_id, feed, due_at, status, message=message)
    if status in TROUBLE:
        _tell(connection, tenant_id, feed, due_at, status, message=message)


def _note(
    connection: sa.Connection, tenant_id: str, feed: str, due_at: datetime, status: CheckStatus, *, message: str
) -> int:
    """Note it, and return how often that time was looked at."""
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
    """Note that a watched feed's source cannot be reached: one row from the first time until it recovers.

    It is an event when the second look in a row fails: once is often over at the next.
    """
    one_at_a_time = sa.func.hashtextextended(f"feed_trouble:{tenant_id}/{feed}", 0)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(one_at_a_time)))
    since = connection.scalar(_trouble(tenant_id, feed).with_only_columns(feed_checks.c.due_at))
    now = connection.scalar(sa.select(sa.func.clock_timestamp()))
    assert now is not None  # noqa: S101 - a clock always answers
    begin = since or now
    if _note(connection, tenant_id, feed, begin, "unreachable", message=message) > 1:
        _tell(connection, tenant_id, feed, begin, "unreachable", message=message)


def record_recovery(connection: sa.Connection, tenant_id: str, feed: str) -> None:
    """End a watched feed's trouble, if it is in any."""
    mine = sa.and_(feed_checks.c.tenant_id == tenant_id, feed_checks.c.feed_name == feed)
    statement = sa.update(feed_checks).where(mine, feed_checks.c.status == "unreachable")
    connection.execute(statement.values(status="recovered", checked_at=sa.func.now()))


def get(connection: sa.Connection, tenant_id: str, feed: str, due_at: datetime) -> FeedCheck | None:
    """Return what came of a scheduled time; None if nobody has looked yet."""
    row = connection.execute(_select(tenant_id, feed, feed_checks.c.due_at == due_at)).one_or_none()
    return None if row is None else _check(row)


def latest(connection: sa.Connection, tenant_id: str, feed: str, limit: int = 1) -> list[FeedCheck]:
    """Return the latest checks, or troubles, of a feed."""
    return [_check(row) for row in connection.execute(_select(tenant_id, feed).limit(limit))]


def _tell(
    connection: sa.Connection, tenant_id: str, feed: str, due_at: datetime, status: CheckStatus, *, message: str
) -> None:
    facts = {"name": feed, "message": message, "reason": status, "due_at": due_at.astimezone(UTC).isoformat()}
    same = f"{feed}/{facts['due_at']}/{status}"
    notification_events.record(connection, tenant_id, EventKind.FEED_FAILED, facts, feed=feed, once=same)


def _trouble(tenant_id: str, feed: str) -> sa.Select[tuple[object, ...]]:
    return _select(tenant_id, feed, feed_checks.c.status == "unreachable").limit(1)


def _select(tenant_id: str, feed: str, *conditions: sa.ColumnElement[bool]) -> sa.Select[tuple[object, ...]]:
    mine: Sequence[sa.ColumnElement[bool]] = (feed_checks.c.tenant_id == tenant_id, feed_checks.c.feed_name == feed)
    return sa.select(feed_checks).where(*mine, *conditions).order_by(feed_checks.c.due_at.desc())


def _check(row: sa.Row[tuple[object, ...]]) -> FeedCheck:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return FeedCheck(
        values["tenant_id"],
        values["feed_name"],
        values["due_at"],
        values["status"],
        values["message"],
        values["attempts"],
        values["checked_at"],
    )


def record_statistics(connection: sa.Connection, which: Import, statistics: Mapping[str, Any]) -> None:
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
