"""The outbox: one row for each message and recipient, made from events (see `notification_events`).

A notification is claimed with a lease that outlasts any attempt to send it: if the process dies, another one claims
it when the lease has ended.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from contact_pipelines.models import Channel, EventKind, Notification, NotificationStatus
from contact_pipelines.store.tables import notification_events, notifications

LEASE = timedelta(minutes=5)

_is_waiting = notifications.c.status == NotificationStatus.WAITING
_is_free = sa.or_(notifications.c.leased_until.is_(None), notifications.c.leased_until < sa.func.now())


def claim(
    connection: sa.Connection,
    *,
    blocked: Collection[str],
    import_id: str | None = None,
    now: bool = False,
    attempted: Collection[str] = (),
) -> Notification | None:
    """Claim the most overdue notification. Commit before sending it.

    `blocked`: routes (`email`, `webhook:NAME`) that are not to be tried. `now`: also one that is not due yet, unless
    it is in `attempted`.
    """
    way = sa.case((notifications.c.channel == Channel.EMAIL, "email"), else_="webhook:" + notifications.c.recipient)
    due = (
        sa.select(notifications.c.tenant_id, notifications.c.id)
        .where(_is_waiting, _is_free, way.not_in(list(blocked)))
        .where(notifications.c.id.not_in([uuid.UUID(it) for it in attempted]))
        .order_by(notifications.c.next_attempt_at, notifications.c.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if not now:
        due = due.where(notifications.c.next_attempt_at <= sa.func.now())
    if import_id is not None:
        due = due.where(_event_of_import(import_id))
    found = due.subquery()
    statement = (
        sa.update(notifications)
        .where(notifications.c.tenant_id == found.c.tenant_id, notifications.c.id == found.c.id)
        .values(leased_until=sa.func.now() + LEASE, attempts=notifications.c.attempts + 1)
        .returning(notifications.c.tenant_id, notifications.c.id)
    )
    taken = connection.execute(statement).one_or_none()
    if taken is None:
        return None
    its = sa.and_(notifications.c.tenant_id == taken.tenant_id, notifications.c.id == taken.id)
    return _notification(connection.execute(_selected().where(its)).one())


def mark_sent(connection: sa.Connection, notification: Notification) -> None:
    """Record that the receiver accepted it."""
    sent = {"status": NotificationStatus.SENT, "sent_at": sa.func.now()}
    _update(connection, notification, **sent, leased_until=None, last_error=None)


def mark_failed(connection: sa.Connection, notification: Notification, error: str, *, again_in: float | None) -> None:
    """Record why it was not sent, and when to try again, in seconds; None gives up."""
    values: dict[str, Any] = {"leased_until": None, "last_error": error}
    if again_in is None:
        values["status"] = NotificationStatus.GIVEN_UP
    else:
        values["next_attempt_at"] = sa.func.now() + timedelta(seconds=again_in)
    _update(connection, notification, **values)


def give_up_overdue(connection: sa.Connection, after: float) -> int:
    """Give up what has been waiting for so many seconds, tried or not; return how many."""
    late = notifications.c.created_at < sa.func.now() - timedelta(seconds=after)
    why = sa.func.coalesce(notifications.c.last_error, "the settings have no way to send it")
    statement = sa.update(notifications).where(_is_waiting, late, _is_free)
    return connection.execute(statement.values(status=NotificationStatus.GIVEN_UP, last_error=why)).rowcount


def try_again(connection: sa.Connection, tenant_id: str) -> int:
    """Put the tenant's given-up notifications back into the queue as new; return how many."""
    given_up = notifications.c.status == NotificationStatus.GIVEN_UP
    statement = sa.update(notifications).where(notifications.c.tenant_id == tenant_id, given_up)
    anew = {"status": NotificationStatus.WAITING, "created_at": sa.func.now(), "next_attempt_at": sa.func.now()}
    return connection.execute(statement.values(**anew, attempts=0)).rowcount


def count_waiting(connection: sa.Connection, import_id: str | None = None) -> int:
    """Return how many notifications are waiting to be sent."""
    statement = sa.select(sa.func.count()).select_from(notifications).where(_is_waiting)
    if import_id is not None:
        statement = statement.where(_event_of_import(import_id))
    return connection.scalar(statement) or 0


def recent(connection: sa.Connection, tenant_id: str, limit: int = 50) -> list[Notification]:
    """Return the tenant's latest notifications, newest first."""
    mine = notifications.c.tenant_id == tenant_id
    statement = _selected().where(mine).order_by(notifications.c.created_at.desc(), notifications.c.id).limit(limit)
    return [_notification(row) for row in connection.execute(statement)]


def count_old(connection: sa.Connection, days: int) -> int:
    """Return how many notifications `remove_old` would remove."""
    old = sa.select(notification_events.c.id).where(_is_old(days), *_same_event())
    return connection.scalar(sa.select(sa.func.count()).select_from(notifications).where(sa.exists(old))) or 0


def remove_old(connection: sa.Connection, days: int) -> int:
    """Remove events older than so many days with their notifications, unless one still waits; return how many."""
    count = count_old(connection, days)
    connection.execute(sa.delete(notification_events).where(_is_old(days)))
    return count


def _is_old(days: int) -> sa.ColumnElement[bool]:
    waits = sa.select(notifications.c.id).where(_is_waiting, *_same_event()).correlate(notification_events)
    return sa.and_(notification_events.c.occurred_at < sa.func.now() - timedelta(days=days), ~sa.exists(waits))


def _same_event() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        notifications.c.tenant_id == notification_events.c.tenant_id,
        notifications.c.event_id == notification_events.c.id,
    )


def _event_of_import(import_id: str) -> sa.ColumnElement[bool]:
    its = sa.select(notification_events.c.id).where(notification_events.c.import_id == uuid.UUID(import_id))
    return notifications.c.event_id.in_(its)


def _update(connection: sa.Connection, notification: Notification, **values: Any) -> None:
    """Change a claimed notification, unless another process has claimed it since."""
    same = sa.and_(
        notifications.c.tenant_id == notification.tenant_id,
        notifications.c.id == uuid.UUID(notification.id),
        notifications.c.attempts == notification.attempts,
        _is_waiting,
    )
    connection.execute(sa.update(notifications).where(same).values(**values))


def _selected() -> sa.Select[Any]:
    its = (notification_events.c.event, notification_events.c.import_id, notification_events.c.payload)
    return sa.select(notifications, *its).join(notification_events, sa.and_(*_same_event()))


def _notification(row: sa.Row[Any]) -> Notification:
    payload = row.payload or {}
    return Notification(
        id=str(row.id),
        tenant_id=row.tenant_id,
        kind=EventKind(payload.get("type", row.event)),
        import_id=row.import_id and str(row.import_id),
        channel=Channel(row.channel),
        recipient=row.recipient,
        status=NotificationStatus(row.status),
        attempts=row.attempts,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        sent_at=row.sent_at,
        last_error=row.last_error,
        payload=payload,
    )
