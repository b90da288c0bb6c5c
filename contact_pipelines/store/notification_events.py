"""Events that people can be notified of.

An event is recorded by the transaction in which it happens (an import's by a trigger, see migration 0011), so whatever
dies afterwards, it is there. Whoever knows the settings turns it into notifications, once.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from contact_pipelines.models import Channel, Event, EventKind
from contact_pipelines.store.tables import imports, notification_events, notifications

_UNTOLD_OLDER_THAN = timedelta(days=1)
"""When notifications are set up, older events are not sent."""

_EVENTS = uuid.UUID("6f6c9a52-7c3e-4b38-9e0e-52f3ad1f4a5b")

_is_new = notification_events.c.dispatched_at.is_(None)


def record(
    connection: sa.Connection,
    tenant_id: str,
    kind: EventKind,
    facts: Mapping[str, Any],
    *,
    feed: str | None = None,
    once: str | None = None,
) -> None:
    """Record an event that is not an import's, in the transaction in which it happens.

    `facts`: the `name` of an export or a feed, a `message` of one sentence, and more; never a contact's data. `feed`:
    one of the settings file, whose recipients are notified too. `once`: a key; of the tenant's events of this kind
    with the same key, only the first is recorded.
    """
    event_id = uuid.uuid4() if once is None else uuid.uuid5(_EVENTS, f"{tenant_id}/{kind}/{once}")
    values = {"tenant_id": tenant_id, "id": event_id, "event": kind, "facts": {**facts, "feed_name": feed}}
    connection.execute(insert(notification_events).values(values).on_conflict_do_nothing())


def forget_texts(
    connection: sa.Connection, tenant_id: str, kinds: Collection[EventKind], texts: Collection[str]
) -> None:
    """Delete the events of these kinds that contain one of these texts, with their notifications."""
    said = sa.func.lower(
        sa.func.concat_ws(" ", notification_events.c.facts.cast(sa.Text), notification_events.c.payload.cast(sa.Text))
    )
    for text in texts:
        mine = sa.and_(notification_events.c.tenant_id == tenant_id, notification_events.c.event.in_(kinds))
        connection.execute(sa.delete(notification_events).where(mine, sa.func.strpos(said, text.lower()) > 0))


def forget_earlier(connection: sa.Connection) -> None:
    """If no event was ever dispatched, mark those older than a day as dispatched."""
    any_event = notification_events.alias()  # an alias, or it would be the updated row
    told = sa.select(any_event.c.id).where(any_event.c.dispatched_at.is_not(None))
    old = notification_events.c.occurred_at < sa.func.now() - _UNTOLD_OLDER_THAN
    statement = sa.update(notification_events).where(_is_new, old, ~sa.exists(told))
    connection.execute(statement.values(dispatched_at=sa.func.now()))


def take(connection: sa.Connection, *, except_ids: Collection[str] = (), import_id: str | None = None) -> Event | None:
    """Lock and return the oldest event that is neither dispatched nor locked."""
    # As JSON, because events that are not an import's have these columns among their facts.
    its = sa.func.coalesce(sa.func.to_jsonb(imports.table_valued()), notification_events.c.facts)
    same_import = sa.and_(
        imports.c.tenant_id == notification_events.c.tenant_id, imports.c.id == notification_events.c.import_id
    )
    statement = (
        sa.select(
            notification_events,
            its.op("->>")("feed_name").label("feed"),
            its.op("->")("held").cast(JSONB).label("held"),
        )
        .outerjoin_from(notification_events, imports, same_import)
        .where(_is_new, notification_events.c.id.not_in([uuid.UUID(it) for it in except_ids]))
        .order_by(notification_events.c.occurred_at)
        .limit(1)
        .with_for_update(of=notification_events, skip_locked=True)
    )
    if import_id is not None:
        statement = statement.where(notification_events.c.import_id == uuid.UUID(import_id))
    row = connection.execute(statement).one_or_none()
    return None if row is None else _event(row)


def dispatch(
    connection: sa.Connection,
    event: Event,
    payload: Mapping[str, Any] | None,
    recipients: Sequence[tuple[Channel, str]],
) -> None:
    """Make the notifications of an event that `take` returned, in the same transaction."""
    if recipients:
        rows = [
            {
                "tenant_id": event.tenant_id,
                "id": uuid.uuid4(),
                "event_id": uuid.UUID(event.id),
                "channel": channel,
                "recipient": recipient,
            }
            for channel, recipient in recipients
        ]
        connection.execute(insert(notifications).values(rows).on_conflict_do_nothing())
    it = sa.and_(notification_events.c.tenant_id == event.tenant_id, notification_events.c.id == uuid.UUID(event.id))
    done = sa.update(notification_events).where(it)
    connection.execute(
        done.values(dispatched_at=sa.func.now(), payload=sa.null() if payload is None else dict(payload))
    )


def _event(row: sa.Row[Any]) -> Event:
    kind = EventKind(row.event)
    if kind == EventKind.IMPORT_AWAITING_REVIEW and row.held:
        kind = EventKind.IMPORT_HELD
    return Event(
        id=str(row.id),
        tenant_id=row.tenant_id,
        kind=kind,
        import_id=row.import_id and str(row.import_id),
        occurred_at=row.occurred_at,
        facts=row.facts,
        feed=row.feed,
        held=tuple(row.held or ()),
    )
