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
    """Where an import stands."""

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
    """What recognises a contact that exists. An email compares in lower case, a phone in E.164."""

    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    PHONE = "phone"
    ID = "id"


class Blank(StrEnum):
    """What an empty cell does to the field of a contact that exists."""

    IGNORE = "ignore"
    ERASE = "erase"


class Duplicates(StrEnum):
    """Which of several rows with the same match key counts."""

    FIRST = "first"
    LAST = "last"
    ERROR = "error"


class FieldRule(StrEnum):
    """What an update does to a field that has a value.

    APPEND and REMOVE are for lists: tags and multi_select properties. NEWER takes the file's value only of a row whose
    `updated_at` is later than the contact's. `replace` is another word for `overwrite`.
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
    """What a named group of contacts is. Names are unique among groups of one kind."""

    LIST = "list"
    SEGMENT = "segment"
    TOPIC = "topic"


class Subscription(StrEnum):
    """What a contact said to a topic; as a topic's default: whether new contacts are opted in."""

    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"


class CreateProperties(StrEnum):
    """Which unmapped columns become new properties: `custom_*` and `cf_*` and given ones, every one, or none."""

    MATCHING = "matching"
    YES = "yes"
    NO = "no"


class Consent(StrEnum):
    """How a column that is mapped to `status` is to be read.

    WORD: its words name a status. OPT_OUT: yes, or a date, means the person left (`unsubscribed`). OPT_IN: yes
    means that the person wants to hear from us, no that not (`accepts_marketing`).
    """

    WORD = "word"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"


class Preset(StrEnum):
    """What a whole file says of its people: an export of those who left. Read from the file's name unless given."""

    NONE = "none"
    UNSUBSCRIBED = "unsubscribed"
    CLEANED = "cleaned"
    COMPLAINED = "complained"


class Suppress(StrEnum):
    """What an import that only opts people out does with the addresses of its file; it creates nobody.

    OPT_OUT: contacts are unsubscribed, and an address that no contact has goes on the suppression list. BLOCK: every
    address goes on the list, those of the contacts too.
    """

    OPT_OUT = "opt_out"
    BLOCK = "block"


class Resolve(StrEnum):
    """What an import does with a row that is likely someone whom the store, or an earlier row, has.

    REVIEW: warn of it, and treat the row as new. SKIP_NEW: skip the row. UPDATE_EXISTING: treat the contact as
    matched; the import's field rules apply. MERGE_FIELDS: treat it as matched, and fill its blank fields only.
    CREATE_NEW: treat the row as new without a warning. `imports.compare.probable_duplicates` has the doubtful cases.
    """

    REVIEW = "review"
    SKIP_NEW = "skip_new"
    UPDATE_EXISTING = "update_existing"
    MERGE_FIELDS = "merge_fields"
    CREATE_NEW = "create_new"


class ExportFormat(StrEnum):
    """How a file of contacts is written; each is the ending of its name."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Case(StrEnum):
    """Letters of a text."""

    LOWER = "lower"
    UPPER = "upper"
    TITLE = "title"


class Severity(StrEnum):
    """An error rejects the row; a warning drops the value and keeps the row."""

    ERROR = "error"
    WARNING = "warning"


def plain_name(text: str, what: str = "a name") -> str:
    """Return a tag or the name of a group without white space around it. Raises ValueError."""
    cleaned = text.strip()
    if not cleaned or len(cleaned) > LONGEST_NAME or "\x00" in cleaned:
        raise ValueError(f"{what} has 1 to {LONGEST_NAME} characters")
    return cleaned
