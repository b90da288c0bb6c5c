"""The domain's vocabulary: field names, and the choices of options and records."""

from __future__ import annotations

import re
from enum import StrEnum

DEFAULT_TENANT = "default"

LONGEST_NAME = 100
"""Characters of a tag, and of the name of a list, segment or topic."""
LONGEST_REASON = 500
"""Characters of a reason that is kept for good."""

CONTACT_FIELDS: tuple[str, ...] = (
    "external_id",
    "email",
    "phone",
    "first_name",
    "last_name",
    "company",
    "status",
    "lead_score",
    "tags",
    "created_at",
    "updated_at",
)
"""What a column can be mapped to, besides `full_name`, `properties.<key>` and `ignore`."""

CONTACT_ID = "id"
"""The contact's own id in the store. A column can be mapped to it to recognise contacts; an import never writes it."""

FULL_NAME = "full_name"
IGNORE = "ignore"
PROPERTY_PREFIX = "properties."

PROPERTY_KEY = re.compile(r"[a-z0-9_]{1,50}")

WELL_KNOWN_PROPERTIES: dict[str, str] = {
    "job_title": "Job title",
    "address": "Address",
    "city": "City",
    "state": "State",
    "country": "Country",
    "postal_code": "Postal code",
    "language": "Language",
    "birthday": "Birthday",
    "website": "Website",
    "gender": "Gender",
    "emails_sent": "Emails sent",
    "opens": "Opens",
    "clicks": "Clicks",
    "last_opened_at": "Last opened at",
    "last_activity_at": "Last activity at",
}
"""Predefined properties: key -> label. A mapping may name them without `properties.`"""


class ContactStatus(StrEnum):
    """Consent. All but `subscribed` are opt-outs."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class ImportStatus(StrEnum):
    """Status of an import."""

    PENDING = "pending"
    RUNNING = "running"
    AWAITING_REVIEW = "awaiting_review"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ROLLED_BACK = "rolled_back"


class Mode(StrEnum):
    """What an import may do to the store."""

    UPSERT = "upsert"
    CREATE_ONLY = "create_only"
    UPDATE_ONLY = "update_only"
    CREATE_ALL = "create_all"


class MatchKey(StrEnum):
    """A key that identifies a contact. Emails compare in lower case, phones in E.164."""

    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    PHONE = "phone"
    ID = "id"


class Blank(StrEnum):
    """What an empty cell does to an existing contact's field."""

    IGNORE = "ignore"
    ERASE = "erase"


class Duplicates(StrEnum):
    """Which of several rows with the same match key counts."""

    FIRST = "first"
    LAST = "last"
    ERROR = "error"


class FieldRule(StrEnum):
    """How an update treats a field that has a value.

    APPEND and REMOVE are for lists: tags and multi_select properties. NEWER takes the file's value only if the row's
    `updated_at` is later than the contact's. `replace` is a synonym of `overwrite`.
    """

    OVERWRITE = "overwrite"
    FILL_BLANK = "fill_blank"
    KEEP = "keep"
    APPEND = "append"
    REMOVE = "remove"
    KEEP_HIGHER = "keep_higher"
    KEEP_LOWER = "keep_lower"
    NEWER = "newer"

    @classmethod
    def _missing_(cls, value: object) -> FieldRule | None:
        return cls.OVERWRITE if value == "replace" else None


class GroupKind(StrEnum):
    """The kinds of named groups. Names are unique within a kind."""

    LIST = "list"
    SEGMENT = "segment"
    TOPIC = "topic"


class Subscription(StrEnum):
    """A contact's choice for a topic; as a topic's default, whether new contacts are opted in."""

    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"


class CreateProperties(StrEnum):
    """Which unmapped columns become new properties: `custom_*`, `cf_*` and mapped ones, all, or none."""

    MATCHING = "matching"
    YES = "yes"
    NO = "no"


class Consent(StrEnum):
    """How to read a column mapped to `status`.

    WORD: its words name a status. OPT_OUT: yes, or a date, means opted out (`unsubscribed`). OPT_IN: yes means opted
    in, no opted out (`accepts_marketing`).
    """

    WORD = "word"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"


class Preset(StrEnum):
    """What a whole file says about its people, who opted out in one way. Taken from the file name unless given."""

    NONE = "none"
    UNSUBSCRIBED = "unsubscribed"
    CLEANED = "cleaned"
    COMPLAINED = "complained"


class Suppress(StrEnum):
    """What a suppression import does with its addresses; it creates nobody.

    OPT_OUT: unsubscribe contacts, and suppress addresses that no contact has. BLOCK: suppress every address, including
    those of contacts.
    """

    OPT_OUT = "opt_out"
    BLOCK = "block"


class Resolve(StrEnum):
    """What an import does with a probable duplicate of a contact or an earlier row.

    REVIEW: warn, and treat the row as new. SKIP_NEW: skip the row. UPDATE_EXISTING: treat the contact as matched; the
    import's field rules apply. MERGE_FIELDS: treat it as matched, but only fill its empty fields. CREATE_NEW: treat
    the row as new without a warning. `imports.compare.probable_duplicates` has the special cases.
    """

    REVIEW = "review"
    SKIP_NEW = "skip_new"
    UPDATE_EXISTING = "update_existing"
    MERGE_FIELDS = "merge_fields"
    CREATE_NEW = "create_new"


class ExportFormat(StrEnum):
    """The format of an exported file; also its file extension."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Case(StrEnum):
    """Upper or lower case of a text."""

    LOWER = "lower"
    UPPER = "upper"
    TITLE = "title"


class Severity(StrEnum):
    """An error rejects the row; a warning drops the value and keeps the row."""

    ERROR = "error"
    WARNING = "warning"


def plain_name(text: str, what: str = "a name") -> str:
    """Return a tag or group name stripped of surrounding whitespace. Raises ValueError if invalid."""
    cleaned = text.strip()
    if not cleaned or len(cleaned) > LONGEST_NAME or "\x00" in cleaned:
        raise ValueError(f"{what} has 1 to {LONGEST_NAME} characters")
    return cleaned
