"""Events, and the notifications of them, one per recipient."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """What happened. `import.held`: the circuit breaker holds an import for review."""

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
    """How a notification is sent."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class NotificationStatus(StrEnum):
    """Status of a notification. `given_up`: retried for as long as the settings say."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True)
class Event:
    """Something that happened, recorded by the transaction in which it happened.

    `facts`: the import's columns at that moment (counts, error, times), or what the event's creator passed. `held`:
    why the feed's circuit breaker holds the import.
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
    """One message to one recipient: an address, or the name of a webhook in the settings file.

    `payload`: its content (see `notify.payloads`). Never contact data.
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
