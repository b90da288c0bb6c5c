"""Handing one notification over, whichever way it travels."""

from __future__ import annotations

from collections.abc import Callable, Collection

from contact_pipelines.errors import NotificationError
from contact_pipelines.models import Channel, EventKind, Notification
from contact_pipelines.notify import email_messages, webhooks
from contact_pipelines.notify.email_messages import Attachment
from contact_pipelines.settings.notification_settings import Notifications

Clock = Callable[[], float]
Attach = Callable[[Notification], Attachment | None]


def deliver(
    told: Notifications, notification: Notification, *, within: float, clock: Clock, attach: Attach = lambda _: None
) -> None:
    """Hand a notification over, within so many seconds. Raises NotificationError.

    `clock`: seconds since 1970. `attach` is asked for the file that goes with an email.
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


def way_of(notification: Notification) -> str:
    """Return the way by which it travels: `email`, or `webhook:NAME`. If one is down, so it is for all that take it."""
    return "email" if notification.channel == Channel.EMAIL else f"webhook:{notification.recipient}"


def recipients(told: Notifications, kind: str, feed_addresses: Collection[str]) -> list[tuple[Channel, str]]:
    """Return who is told of an event, each once.

    A feed's addresses are also told that its export is there: it is mostly for that that they are named.
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
