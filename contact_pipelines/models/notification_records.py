"""Events, and the notifications of them, one per recipient."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """What happened. `import.held` is an import that the circuit breaker lets wait for a person."""

    IMPORT_COMPLETED = "import.completed"
    IMPORT_FAILED = "import.failed"
    IMPORT_AWAITING_REVIEW = "import.awaiting_review"
    IMPORT_HELD = "import.held"
    IMPORT_CANCELLED = "import.cancelled"
    IMPORT_EXPIRED = "import.expired"
    IMPORT_ROLLED_BACK = "import.rolled_back"
    EXPORT_COMPLETED = "export.completed"
    EXPORT_FAILED = "export.failed"
    FEED_FAILED = "feed.failed"
    TEST = "test"


class Channel(StrEnum):
    """How a notification travels."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class NotificationStatus(StrEnum):
    """Where a notification stands. One that is `given_up` was tried for as long as the settings say."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True)
class Event:
    """Something that happened, as the transaction in which it did has recorded it.

    `facts` are the import's own columns at that moment (counts, error, times), or what the event's maker gave. `held`:
    why the feed's circuit breaker lets the import wait.
    """

    id: str
    tenant_id: str
    kind: EventKind
    import_id: str | None
    occurred_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)
    feed: str | None = None
    held: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notification:
    """One message to one recipient: an address, or the name of a webhook of the settings file.

    `payload` is what is told (see `notify.payloads`). Never a contact's data.
    """

    id: str
    tenant_id: str
    kind: EventKind
    import_id: str | None
    channel: Channel
    recipient: str
    status: NotificationStatus
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    last_error: str | None
    payload: dict[str, Any] = field(default_factory=dict)
