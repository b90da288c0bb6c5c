"""Sending notifications: events become notifications, which are sent, and sent again after a failure.

Nothing here can fail an import: it starts after the import's commit, and failures are recorded on the notification.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from contact_pipelines.errors import NotificationError, StoreError
from contact_pipelines.models import DEFAULT_TENANT, Channel, Event, EventKind, Notification, NotificationStatus
from contact_pipelines.notify import email_messages, outbox, payloads, webhooks
from contact_pipelines.notify.email_messages import Attachment
from contact_pipelines.settings import Settings
from contact_pipelines.settings.notification_settings import Notifications
from contact_pipelines.store import notification_events as events
from contact_pipelines.store.engine import Store

SHORTEST_SENDING, LONGEST_SENDING = 1.0, 60.0
"""Seconds for one message; with less time left none is started. Well below the lease."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sending:
    """The result of one round. `waiting`: notifications still to be sent."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Tested:
    """A recipient, and why the test message could not be sent to it, if so."""

    channel: Channel
    recipient: str
    error: str | None


def send_notifications(
    store: Store, settings: Settings, *, within: float, import_id: str | None = None, now: bool = False
) -> Sending:
    """Turn new events into notifications and send those that are due, for so many seconds at most.

    Any number of processes may do this at once. A notification is sent once, unless a process dies between the
    receiver's answer and the commit that records it; the second copy then has the same id.

    `import_id`: only what concerns this import. `now`: also what is to be tried later. Without a mail server or
    webhook in the settings nothing is done: another process may have them. Raises StoreError.
    """
    told = settings.notifications
    if not told.configured:
        return Sending()
    deadline = time.monotonic() + within
    _dispatch_all(store, settings, deadline, import_id)
    with store.begin() as connection:
        given_up = outbox.give_up_overdue(connection, told.retry_for)
    blocked = set() if told.smtp else {"email"}
    attempted: set[str] = set()
    sent = failed = 0
    while (left := deadline - time.monotonic()) >= SHORTEST_SENDING:
        with store.begin() as connection:
            taken = outbox.claim(connection, blocked=blocked, import_id=import_id, now=now, attempted=attempted)
        if taken is None:
            break
        attempted.add(taken.id)
        error = _send(store, settings, taken, min(left, LONGEST_SENDING))
        if error is None:
            sent += 1
            continue
        failed += 1
        given_up += error.permanent
        if error.unreachable:  # one attempt per route and round is enough
            blocked.add(route_of(taken))
    with store.connect() as connection:
        return Sending(sent, failed, given_up, outbox.count_waiting(connection, import_id))


def list_notifications(store: Store, *, tenant_id: str = DEFAULT_TENANT, limit: int = 50) -> list[Notification]:
    """Return the tenant's latest notifications, newest first."""
    with store.connect() as connection:
        return outbox.recent(connection, tenant_id, limit)


def retry_given_up(store: Store, *, tenant_id: str = DEFAULT_TENANT) -> int:
    """Put the tenant's given-up notifications back into the queue; return how many."""
    with store.begin() as connection:
        return outbox.try_again(connection, tenant_id)


def send_test_messages(settings: Settings) -> list[Tested]:
    """Send a test message to every recipient of the settings, bypassing the outbox."""
    told = settings.notifications
    everything = told.model_copy(update={"events": (EventKind.TEST,)})
    addresses = recipients(everything, EventKind.TEST, payloads.all_feed_addresses(settings))
    ways = dict.fromkeys([*addresses, *((Channel.WEBHOOK, webhook.name) for webhook in told.webhooks)])
    return [Tested(channel, recipient, _test(told, channel, recipient)) for channel, recipient in ways]


def _dispatch_all(store: Store, settings: Settings, deadline: float, import_id: str | None) -> None:
    """Turn new events into notifications, each in a transaction of its own."""
    with store.begin() as connection:
        events.forget_earlier(connection)
    passed: set[str] = set()
    while time.monotonic() < deadline:
        event: Event | None = None
        try:
            with store.begin() as connection:
                event = events.take(connection, except_ids=passed, import_id=import_id)
                if event is None:
                    return
                passed.add(event.id)
                _dispatch(connection, settings, event)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one event must not keep the others back
            _log.warning("An event could not be dispatched (%s); it will be tried again.", type(error).__name__)
            if event is None:
                return


def _dispatch(connection: sa.Connection, settings: Settings, event: Event) -> None:
    """Make the notifications of an event, unless its import's report is not written yet."""
    to = recipients(settings.notifications, event.kind, payloads.feed_addresses(settings, event))
    if not to:
        events.dispatch(connection, event, None, ())
        return
    payload = payloads.payload_of(connection, settings, event)
    if payload is not None:
        events.dispatch(connection, event, payload, to)


def _send(store: Store, settings: Settings, taken: Notification, within: float) -> NotificationError | None:
    """Send a claimed notification, and record the result."""

    def attach(notification: Notification) -> Attachment | None:
        with store.connect() as connection:
            return payloads.error_file(connection, settings, notification)

    error: NotificationError | None = None
    try:
        deliver(settings.notifications, taken, within=within, clock=time.time, attach=attach)
    except NotificationError as failure:
        error = failure
    except Exception as failure:  # noqa: BLE001 - one message must not keep the others back
        error = NotificationError(f"an unexpected {type(failure).__name__}")
    with store.begin() as connection:
        if error is None:
            outbox.mark_sent(connection, taken)
        else:
            pause = None if error.permanent else pause_after(taken.attempts)
            outbox.mark_failed(connection, taken, str(error), again_in=pause)
    return error


def _test(told: Notifications, channel: Channel, recipient: str) -> str | None:
    now = datetime.now(UTC)
    data = {
        "message": "This is a test: notifications from Contact Pipelines reach you.",
        "recipient": recipient,
    }
    notification = Notification(
        id=str(uuid.uuid4()),
        tenant_id=DEFAULT_TENANT,
        kind=EventKind.TEST,
        import_id=None,
        channel=channel,
        recipient=recipient,
        status=NotificationStatus.WAITING,
        attempts=1,
        created_at=now,
        next_attempt_at=now,
        sent_at=None,
        last_error=None,
        payload={"type": EventKind.TEST.value, "timestamp": now.isoformat(), "data": data},
    )
    try:
        deliver(told, notification, within=LONGEST_SENDING, clock=time.time)
    except NotificationError as error:
        return str(error)
    return None


FIRST_PAUSE = 30.0
LONGEST_PAUSE = 3600.0


def pause_after(attempts: int) -> float:
    """Return the seconds to wait after so many attempts: 30, doubled each time, up to an hour."""
    return min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 16), LONGEST_PAUSE)


Clock = Callable[[], float]
Attach = Callable[[Notification], Attachment | None]


def deliver(
    told: Notifications, notification: Notification, *, within: float, clock: Clock, attach: Attach = lambda _: None
) -> None:
    """Deliver a notification within so many seconds. Raises NotificationError.

    `clock` returns seconds since 1970; `attach` the file to attach to an email.
    """
    if notification.channel == Channel.WEBHOOK:
        webhook = told.webhook(notification.recipient)
        if webhook is None:
            raise NotificationError(f"the settings have no webhook {notification.recipient}", unreachable=True)
        message_id = f"msg_{notification.id.replace('-', '')}"
        webhooks.post(webhook, message_id, notification.payload, timestamp=int(clock()), within=within)
        return
    if told.smtp is None:
        raise NotificationError("the settings have no mail server", unreachable=True)
    try:
        message = email_messages.compose(told.smtp, notification, attach(notification))
    except ValueError:
        raise NotificationError(f"no email can be written to {notification.recipient!r}", permanent=True) from None
    email_messages.send(told.smtp, message, notification.recipient, within=within)


def route_of(notification: Notification) -> str:
    """Return a notification's route: `email`, or `webhook:NAME`."""
    return "email" if notification.channel == Channel.EMAIL else f"webhook:{notification.recipient}"


def recipients(told: Notifications, kind: str, feed_addresses: Collection[str]) -> list[tuple[Channel, str]]:
    """Return the recipients of an event, each once.

    A feed's addresses always get `export.completed`: that is mostly what they are for.
    """
    found: list[tuple[Channel, str]] = []
    if told.smtp is not None:
        everybody = told.to if kind in told.events else ()
        feeds = feed_addresses if kind in (*told.events, EventKind.EXPORT_COMPLETED) else ()
        addresses = {address.lower(): address for address in (*everybody, *feeds)}
        found += [(Channel.EMAIL, address) for address in addresses.values()]
    for webhook in told.webhooks:
        if kind in (told.events if webhook.events is None else webhook.events):
            found.append((Channel.WEBHOOK, webhook.name))
    return found
