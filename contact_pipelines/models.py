"""The words of the domain as types. No behaviour beyond checking and counting.

A *contact field* is a column of the store's `contacts` table that a file's column can be mapped to. A
*property* is a tenant's custom field, written `properties.<key>` wherever a field is named.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

DEFAULT_TENANT = "default"

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
}
"""Predefined text properties: key -> label. A mapping may name them without `properties.`"""


class PropertyType(StrEnum):
    """Type of a property's values."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    SELECT = "select"
    MULTI_SELECT = "multi_select"


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
    """What an update does to a field that has a value."""

    OVERWRITE = "overwrite"
    FILL_BLANK = "fill_blank"
    KEEP = "keep"
    APPEND = "append"
    KEEP_HIGHER = "keep_higher"
    KEEP_LOWER = "keep_lower"


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


class Case(StrEnum):
    """Letters of a text."""

    LOWER = "lower"
    UPPER = "upper"
    TITLE = "title"


class Severity(StrEnum):
    """An error rejects the row; a warning drops the value and keeps the row."""

    ERROR = "error"
    WARNING = "warning"


class Transformation(BaseModel):
    """How a column's text is read. What is None is as the column's field has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trim: bool | None = Field(None, description="Leave out white space around the text; it is, unless this is false")
    case: Case | None = Field(None, description="lower, upper or title")
    date_format: str | None = Field(
        None, description="How dates are written, as strptime has it: %d/%m/%Y", min_length=2
    )
    time_zone: str | None = Field(None, description="Where times without a zone were written: Europe/Berlin")
    decimal_comma: bool | None = Field(None, description="Numbers are written 1.234,56")
    list_delimiter: str | None = Field(None, description="What separates tags or options", min_length=1, max_length=5)
    country: str | None = Field(None, description="Region of phone numbers without country code", max_length=2)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            return value and str(ZoneInfo(value))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is not a time zone such as Europe/Berlin or UTC") from None


class ReadingOptions(BaseModel):
    """How a file is to be read, where that is not to be found out from its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: str | None = Field(None, description="The text's encoding, for example cp1252")
    delimiter: str | None = Field(None, description="What separates cells: one character, or tab", max_length=3)
    header: int | Literal["none"] | None = Field(None, description="The header's row number (from 1), or none")
    sheet: str | None = Field(None, description="The workbook's sheet, by name")

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str | None) -> str | None:
        named = {"tab": "\t", "\\t": "\t"}.get(value or "", value)
        if named is not None and (len(named) != 1 or named in '"\r\n\0'):
            raise ValueError("is not one character (or the word tab) that can separate cells")
        return named

    @field_validator("header")
    @classmethod
    def _from_one(cls, value: int | str | None) -> int | str | None:
        if isinstance(value, int) and value < 1:
            raise ValueError("is a row number from 1, or none")
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        try:
            return value and codecs.lookup(value).name
        except LookupError:
            raise ValueError("is not an encoding such as utf-8, cp1252 or shift_jis") from None


class ImportOptions(ReadingOptions):
    """How a file is to be imported. Immutable, and stored with the import as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Field(Mode.UPSERT, description="upsert, create_only or update_only")
    columns: dict[str, str] = Field(
        default_factory=dict, description="Header -> field; overrides what is suggested for that column"
    )
    only_given_columns: bool = Field(
        default=False,
        description="Ignore the columns that `columns` does not name, instead of suggesting a field",
    )
    duplicates: Duplicates = Field(Duplicates.FIRST, description="Which row counts of several with the same email")
    blank: Blank = Field(Blank.IGNORE, description="What an empty cell does on update: ignore or erase")
    rules: dict[str, FieldRule] = Field(
        default_factory=dict,
        description="Field -> what an update does to it; `*` is the default of all fields",
    )
    tags: tuple[str, ...] = Field((), description="Tags put on every created or matched contact")
    status: ContactStatus = Field(ContactStatus.SUBSCRIBED, description="Status of new contacts without one")
    create_properties: CreateProperties = Field(
        CreateProperties.MATCHING,
        description="Which unmapped columns become properties: matching (custom_*, cf_*), yes (all) or no",
    )
    transform: dict[str, Transformation] = Field(
        default_factory=dict,
        description="Column -> how its text is read; `*` is the default of all columns",
    )
    preset: Preset | None = Field(
        None,
        description="The whole file lists people who left: unsubscribed, cleaned or complained; none: it does not",
    )
    saved_mapping: str | None = Field(
        None,
        description="Name of the saved mapping to use; none: not even one whose headers are the file's",
    )
    save_mapping: str | None = Field(
        None,
        description="Name to save this file's mapping under, for files with the same headers",
        pattern=r"^[\w .-]{1,100}$",
    )
    country: str | None = Field(
        None,
        description="Two-letter region for phone numbers that are written without country code",
        max_length=2,
    )

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str | None) -> str | None:
        if value is None:
            return None
        import phonenumbers

        if value.upper() not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("is not a two-letter country code that phone numbers know, such as US or DE")
        return value.upper()

    def over(self, defaults: ImportOptions) -> ImportOptions:
        """Return these options, with `defaults` where nothing was set; of dictionaries, key by key."""
        merged: dict[str, Any] = {}
        for name in self.model_fields_set:
            mine, base = getattr(self, name), getattr(defaults, name)
            merged[name] = {**base, **mine} if isinstance(mine, dict) else mine
        return defaults.model_copy(update=merged)

    @field_validator("tags")
    @classmethod
    def _plain_tags(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        cleaned = tuple(dict.fromkeys(tag.strip() for tag in value))
        if any(not tag or len(tag) > 100 or "\x00" in tag for tag in cleaned):  # noqa: PLR2004
            raise ValueError("a tag has 1 to 100 characters")
        return cleaned


class PropertyDefinition(BaseModel):
    """A tenant's custom field and the rules its values keep."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    type: PropertyType = PropertyType.TEXT
    label: str = ""
    min: float | None = None
    max: float | None = None
    pattern: str | None = None
    options: tuple[str, ...] = ()
    required: bool = Field(default=False, description="New contacts need a value, and an import cannot erase it")

    @field_validator("key")
    @classmethod
    def _key(cls, value: str) -> str:
        if not PROPERTY_KEY.fullmatch(value):
            raise ValueError("a property key is 1 to 50 of a-z, 0-9 and _")
        return value


@dataclass(frozen=True)
class ColumnMapping:
    """What one column of a file is taken for, how sure that is (0 to 1), and why."""

    column: str
    field: str
    confidence: float = 1.0
    reason: str = ""
    creates: PropertyType | None = None  # the type of the property that the import has to create for it
    consent: Consent | None = None  # of a column that is mapped to status: how it is read


@dataclass(frozen=True)
class FileReading:
    """How a file was read: what it is, how it is written, where its table stands, and what is worth telling.

    `format`: csv, xlsx, xls, xlsb, ods, json, jsonl or parquet. `container`: gz, zip or empty. `header_row`: the
    header's row number as a spreadsheet shows it; None if the file has no header. `confidence`: of the encoding,
    0 to 1. `notes`: sentences such as "rows 1 to 3 stand above the header and were left out".
    """

    format: str = "csv"
    container: str = ""
    sheet: str = ""
    encoding: str = "utf-8"
    confidence: float = 1.0
    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    header_row: int | None = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LandedFile:
    """The immutable copy of a source: its name at the source, size in bytes, SHA-256 (hex)."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Counts:
    """Rows of a file by outcome; `total` is always the sum of the others."""

    total: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def add_up(self) -> bool:
        """Whether every row has exactly one outcome."""
        return self.total == self.created + self.updated + self.unchanged + self.skipped + self.failed

    def as_dict(self) -> dict[str, int]:
        """Return the counts in the order of the JSON contract."""
        return {
            "total": self.total,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "failed": self.failed,
        }


@dataclass(frozen=True)
class RollbackCounts:
    """Contacts by what a rollback did: fields restored, deleted, or kept because somebody changed them since."""

    restored: int = 0
    deleted: int = 0
    kept: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the counts in the order of the JSON contract."""
        return {"restored": self.restored, "deleted": self.deleted, "kept": self.kept}


@dataclass(frozen=True)
class ImportProgress:
    """How far a running import is, as other connections see it. Times in seconds."""

    step: str = ""
    rows_done: int = 0
    rows_total: int = 0
    elapsed: float = 0.0
    remaining: float | None = None


@dataclass(frozen=True)
class Import:
    """One file version brought in with one set of options, as the store knows it."""

    id: str
    tenant_id: str
    name: str
    status: ImportStatus
    file_name: str
    source: str
    options: ImportOptions
    file: LandedFile | None = None
    rows: int | None = None
    reading: FileReading | None = None
    mapping: tuple[ColumnMapping, ...] = ()
    counts: Counts = field(default_factory=Counts)
    warnings: int = 0
    progress: ImportProgress = field(default_factory=ImportProgress)
    error: str | None = None
    error_code: str | None = None
    rollback: RollbackCounts | None = None
    times: dict[str, Any] = field(default_factory=dict)
