"""Every import and export option, declared once: name, type, default, panel, flag, help, example.

The command line's parameters, Dagster's forms, the JSON Schema and docs/options.md are made from these models; an
options file, the settings file and feeds are read by them. They are immutable and stored as JSON, so the names stay.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from contact_pipelines.models.fuzzy_fields import (
    ALL_FIELDS,
    DEFAULT_ON,
    MAX_COMPARISONS,
    NAME,
    NAME_FIELDS,
    NO_SEARCH,
    spelled,
    units_of,
)
from contact_pipelines.models.option_declarations import Panel, option
from contact_pipelines.models.option_values import (
    known_country,
    known_encoding,
    known_zone,
    one_character,
    row_number,
    some_text,
)
from contact_pipelines.models.words import (
    LONGEST_REASON,
    Blank,
    Case,
    ContactStatus,
    CreateProperties,
    Duplicates,
    ExportFormat,
    FieldRule,
    MatchKey,
    Mode,
    Preset,
    Resolve,
    Suppress,
    plain_name,
)

MAX_REVIEW_SECONDS = 30 * 24 * 3600
"""Confirming compares the plan with the store again; after a month hardly any of it would still apply."""

LAST = "last"
"""Value of `changed_since`: since the last completed export of the same name."""

BY_FILE_NAME = "auto"
"""Value of `preset`: the built-in default, spelled out. For consent, an empty value is an error, not a default."""

_NOT_FOR_FILES = re.compile(r"[^A-Za-z0-9_-]+")


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Transformation(_Options):
    """How a column's text is read. None: the field's own default."""

    trim: bool | None = option(None, Panel.VALUES, "Strip surrounding whitespace (default true)")
    case: Case | None = option(None, Panel.VALUES, "lower, upper or title")
    date_format: str | None = option(
        None, Panel.VALUES, "Date format, in strptime notation", "--date-format", "FORMAT", "%d/%m/%Y",
        limits={"min_length": 2},
    )  # fmt: skip
    time_zone: str | None = option(
        None, Panel.VALUES, "Time zone of times without one (default UTC)", "--time-zone", "ZONE", "Europe/Berlin"
    )
    decimal_comma: bool | None = option(
        None, Panel.VALUES, "Numbers use a decimal comma: 1.234,56", "--decimal-comma/--no-decimal-comma"
    )
    list_delimiter: str | None = option(
        None, Panel.VALUES, "Separator of tags and options within a cell; any of | , ; by default",
        "--tag-delimiter", "TEXT", "/", limits={"min_length": 1, "max_length": 5},
    )  # fmt: skip
    country: str | None = option(
        None, Panel.VALUES, "Country of phone numbers without a country code", limits={"max_length": 2}
    )

    _zone = field_validator("time_zone")(known_zone)


class FuzzyOptions(_Options):
    """Which fields are compared, how similar they must be, and what happens to a similar row."""

    on: tuple[str, ...] = option(
        DEFAULT_ON, Panel.SIMILAR, "Find probable duplicates of rows without an exact match. Each entry is compared"
        " separately; + combines fields, name is first and last name. all: every identifying field; none: off",
        "--fuzzy", "FIELDS", ["name+company", "phone"], comma=True,
        limits={"min_length": 1, "max_length": MAX_COMPARISONS},
    )  # fmt: skip
    threshold: int = option(
        85, Panel.SIMILAR, "Minimum score, 50 to 100, for a probable duplicate", "--fuzzy-threshold",
        "SCORE", limits={"ge": 50, "le": 100},
    )  # fmt: skip
    resolve: Resolve = option(
        Resolve.REVIEW, Panel.SIMILAR, "What to do with such a row: review (import as new, with a warning), skip_new,"
        " update_existing, merge_fields (fill empty fields only) or create_new", "--fuzzy-resolve", "WHAT",
    )  # fmt: skip

    @field_validator("on", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return DEFAULT_ON if value.strip() == ALL_FIELDS else [part.strip() for part in value.split(",")]

    @field_validator("on")
    @classmethod
    def _comparisons(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return spelled(value)

    @property
    def updates(self) -> bool:
        """Whether a row can update the contact that it probably duplicates."""
        return self.resolve in (Resolve.UPDATE_EXISTING, Resolve.MERGE_FIELDS)

    @property
    def fields(self) -> list[str]:
        """Every contact field and property that is compared, once."""
        units = [unit for comparison in self.on for unit in units_of(comparison)]
        fields = [field for unit in units for field in (NAME_FIELDS if unit == NAME else (unit,))]
        return list(dict.fromkeys(fields))


class ReadingOptions(_Options):
    """How to read the file, where detection should not decide."""

    encoding: str | None = option(None, Panel.READING, "Text encoding", "--encoding", "NAME", "cp1252")
    delimiter: str | None = option(
        None, Panel.READING, "Cell separator: one character, or tab", "--delimiter", "CHAR", ";",
        limits={"max_length": 3},
    )  # fmt: skip
    header: int | Literal["none"] | None = option(
        None, Panel.READING, "Row number of the header, from 1; none: the file has no header", "--header", "ROW|none", 2
    )
    sheet: str | None = option(None, Panel.READING, "Sheet of the workbook", "--sheet", "NAME", "Leads")

    _delimiter = field_validator("delimiter")(one_character)
    _header = field_validator("header")(row_number)
    _encoding = field_validator("encoding")(known_encoding)


class ImportOptions(ReadingOptions):
    """How to import a file. Immutable, stored with the import as JSON."""

    columns: dict[str, str] = option(
        {}, Panel.MAPPING, "Column -> field, to override the suggested mapping. A field is email, phone,"
        " first_name, ..., full_name, properties.KEY or ignore", "--map", "HEADER=FIELD",
        {"E-Mail privat": "email", "Notes": "ignore"},
    )  # fmt: skip
    only_given_columns: bool = option(
        False,  # noqa: FBT003
        Panel.MAPPING, "Ignore columns that are not mapped explicitly, instead of suggesting a field",
        "--only-given-columns/--no-only-given-columns",
    )  # fmt: skip
    saved_mapping: str | None = option(
        None, Panel.MAPPING, "Use this saved mapping; none: use none. By default, the one saved for the same headers",
        "--mapping", "NAME", "shop",
    )  # fmt: skip
    save_mapping: str | None = option(
        None, Panel.MAPPING, "Save the mapping under this name, for later files with the same headers",
        "--save-mapping", "NAME", "shop", limits={"pattern": r"^[\w .-]{1,100}$"},
    )  # fmt: skip
    create_properties: CreateProperties = option(
        CreateProperties.MATCHING, Panel.MAPPING, "Which other columns become custom properties: matching"
        " (custom_*, cf_* and mapped ones), yes (all) or no", "--create-properties", "WHICH",
    )  # fmt: skip
    preset: Preset | None = option(
        None, Panel.MAPPING, "The whole file lists opt-outs: unsubscribed, cleaned (bounced) or complained;"
        " none: it does not; auto (default): decide by the file name", "--preset", "WHO",
        words=[BY_FILE_NAME], strict=True,
    )  # fmt: skip
    transform: dict[str, Transformation] = option(
        {}, Panel.VALUES, "Column -> how to read its text; * for all columns. Keys: trim, case (lower, upper,"
        " title), date_format, time_zone, decimal_comma, list_delimiter, country", "--transform",
        "COLUMN:KEY=VALUE", {"Name": {"case": "title"}},
    )  # fmt: skip
    country: str | None = option(
        None, Panel.VALUES, "Country of phone numbers without a country code, in two letters; without it they are"
        " dropped, with a warning", "--country", "CC", "US", limits={"max_length": 2},
    )  # fmt: skip
    mode: Mode = option(
        Mode.UPSERT, Panel.MATCHING, "upsert (create and update), create_only, update_only, or create_all: a new"
        " contact per row, marked as a duplicate if the email is taken", "--mode", "MODE",
    )  # fmt: skip
    match_on: tuple[MatchKey, ...] = option(
        (MatchKey.EMAIL,), Panel.MATCHING, "Keys that identify a contact, in order: external_id, email, phone, id. A"
        " row whose keys match different contacts fails", "--match-on", "KEYS", ["external_id", "email"], comma=True,
        limits={"min_length": 1},
    )  # fmt: skip
    duplicates: Duplicates = option(
        Duplicates.FIRST, Panel.MATCHING, "Which row counts when several are about the same contact: first, last, or"
        " error (all of them fail)", "--duplicates", "WHICH",
    )  # fmt: skip
    blank: Blank = option(
        Blank.IGNORE, Panel.MATCHING, "What an empty cell does to an existing contact: ignore (keep the value) or"
        " erase", "--blank", "WHAT",
    )  # fmt: skip
    rules: dict[str, FieldRule] = option(
        {}, Panel.MATCHING, "Field -> how an update changes it: overwrite (default), fill_blank, keep,"
        " keep_higher, keep_lower, newer (needs a column updated_at); for tags and multi_select properties also append"
        " and remove; * for all other fields", "--rule", "FIELD=RULE", {"*": "fill_blank", "tags": "append"},
    )  # fmt: skip
    fuzzy: FuzzyOptions | None = option(
        None, Panel.SIMILAR, "Find probable duplicates of rows without an exact match. on: fields to compare (all;"
        " none: off), threshold: minimum score, 50 to 100, resolve: what to do with such a row",
        example={"on": ["name+company", "phone"], "threshold": 85, "resolve": "review"},
    )  # fmt: skip
    tags: tuple[str, ...] = option(
        (), Panel.GROUPS, "Tags for all created and matched contacts", "--tag", "TAG", ["fair-2026"]
    )
    lists: tuple[str, ...] = option(
        (), Panel.GROUPS, "Lists that all created and matched contacts join; created if missing", "--list", "NAME",
        ["customers"], limits={"max_length": 20},
    )  # fmt: skip
    segments: tuple[str, ...] = option(
        (), Panel.GROUPS, "Static segments that all created and matched contacts join; created if missing", "--segment",
        "NAME", ["Trade fair"], limits={"max_length": 20},
    )  # fmt: skip
    topics: tuple[str, ...] = option(
        (), Panel.GROUPS, "Topics that all created and matched contacts are opted in to, unless they opted out;"
        " created if missing", "--topic", "NAME", ["Newsletter"], limits={"max_length": 20},
    )  # fmt: skip
    import_tag: str | None = option(
        None, Panel.GROUPS, "Tag for the contacts that this import creates or updates; none: no tag. By default"
        " generated, such as imported_2026_11_20_3f2a91", "--import-tag", "NAME", "november",
    )  # fmt: skip
    status: ContactStatus = option(
        ContactStatus.SUBSCRIBED, Panel.GROUPS, "Status of new contacts whose row has none: subscribed, unsubscribed,"
        " bounced or complained", "--status", "STATUS",
    )  # fmt: skip
    force_status: str | None = option(
        None, Panel.CONSENT, "Let rows that say subscribed resubscribe contacts who have opted out, for this reason; it"
        " is kept forever, so name nobody. Suppressed addresses stay suppressed", "--force-status", "REASON",
        "They signed up again at the fair", limits={"max_length": LONGEST_REASON}, strict=True, can_be_default=False,
    )  # fmt: skip
    suppress: Suppress | None = option(
        None, Panel.CONSENT, "Only opt people out; create nobody. opt_out: unsubscribe contacts and suppress addresses"
        " that no contact has; block: suppress every address", "--suppress-mode", "MODE",
        strict=True, can_be_default=False, excludes=[
            "mode", "duplicates", "blank", "rules", "tags", "lists", "segments", "topics", "import_tag", "status",
            "create_properties", "force_status",
        ],
    )  # fmt: skip
    suppress_reason: str = option(
        "", Panel.CONSENT, "Reason for the suppression, stored with the addresses, so name nobody",
        "--suppress-reason", "TEXT", "Bounced at the fair's mailing", limits={"max_length": LONGEST_REASON},
        strict=True, can_be_default=False,
    )  # fmt: skip
    review: bool = option(
        False,  # noqa: FBT003
        Panel.ADVANCED, "Stop before writing anything and show what would change; then `confirm`"
        " or `cancel`", "--review/--no-review",
    )  # fmt: skip
    review_expires: int | None = option(
        None, Panel.ADVANCED, "Seconds until a review expires; by default as in the settings file, or one"
        " hour", "--review-expires", "SECONDS", 86400, limits={"ge": 1, "le": MAX_REVIEW_SECONDS},
    )  # fmt: skip
    events: bool = option(
        True,  # noqa: FBT003
        Panel.ADVANCED,
        "Write contact_events.parquet: which contacts changed, and which fields",
        "--events/--no-events",
    )

    @field_validator("fuzzy", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        if isinstance(value, dict) and True in value:  # YAML 1.1 reads the key `on` as true
            value = {"on": value[True]} | {key: other for key, other in value.items() if key is not True}
        return None if value == NO_SEARCH or (isinstance(value, dict) and value.get("on") == NO_SEARCH) else value

    @field_validator("preset", mode="before")
    @classmethod
    def _by_file_name(cls, value: object) -> object:
        return None if value == BY_FILE_NAME else value

    _country = field_validator("country")(known_country)

    @field_validator("match_on", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return [key.strip() for key in value.split(",")] if isinstance(value, str) else value

    @field_validator("match_on")
    @classmethod
    def _each_key_once(cls, value: tuple[MatchKey, ...]) -> tuple[MatchKey, ...]:
        if len(set(value)) < len(value):
            raise ValueError("names a key twice")
        return value

    @field_validator("lists", "segments", "topics")
    @classmethod
    def _plain_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(plain_name(name) for name in value))

    @field_validator("tags")
    @classmethod
    def _plain_tags(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(plain_name(tag, "a tag") for tag in value))

    @field_validator("import_tag")
    @classmethod
    def _plain_import_tag(cls, value: str | None) -> str | None:
        return None if value is None else plain_name(value, "a tag")

    @field_validator("force_status")
    @classmethod
    def _not_blank(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("needs a reason: who asked for it, and how")
        return None if value is None else value.strip()

    def over(self, defaults: ImportOptions) -> ImportOptions:
        """Return these options on top of `defaults`; dicts are merged by key, unless empty."""
        merged: dict[str, Any] = {}
        for name in self.model_fields_set:
            mine, base = getattr(self, name), getattr(defaults, name)
            merged[name] = {**base, **mine} if isinstance(mine, dict) and mine else mine
            if isinstance(mine, FuzzyOptions) and base is not None:
                merged[name] = base.model_copy(update={key: getattr(mine, key) for key in mine.model_fields_set})
        return defaults.model_copy(update=merged)


class ExportRequest(_Options):
    """Which contacts and fields to export, and how. Immutable, stored with the export as JSON."""

    name: str = option(
        "contacts", Panel.OUTPUT, "Name of the export; changed_since: last refers to it", "--name", "NAME",
        "sync", limits={"min_length": 1, "max_length": 100},
    )  # fmt: skip
    format: ExportFormat = option(
        ExportFormat.CSV,
        Panel.OUTPUT,
        "csv, xlsx, json, jsonl or parquet; by default from the file name",
        "--format",
        "FORMAT",
    )
    fields: tuple[str, ...] = option(
        (), Panel.OUTPUT, "Fields, in this order; all by default", "--fields", "A,B",
        ["email", "first_name", "properties.plan", "lists"], comma=True,
    )  # fmt: skip
    filter: str | None = option(
        None,
        Panel.CONTACTS,
        "Only contacts that match this filter",
        "--filter",
        "EXPR",
        "status = 'subscribed'",
        strict=True,
    )
    segment: str | None = option(
        None, Panel.CONTACTS, "Only contacts in this segment", "--segment", "NAME", "Trade fair", strict=True
    )
    list: str | None = option(
        None, Panel.CONTACTS, "Only contacts on this list", "--list", "NAME", "customers", strict=True
    )
    topic: str | None = option(
        None, Panel.CONTACTS, "Only contacts opted in to this topic", "--topic", "NAME", "Newsletter", strict=True
    )
    search: str | None = option(
        None, Panel.CONTACTS, "Only contacts with this text in name, email, company, phone or external id",
        "--search", "TEXT", "example.com", strict=True,
    )  # fmt: skip
    changed_since: datetime | Literal["last"] | None = option(
        None, Panel.CONTACTS, "Only contacts changed or deleted since this time; last: since the last export of"
        " this name", "--changed-since", "WHEN", "2026-11-20T08:00:00Z", strict=True,
    )  # fmt: skip

    @field_validator("fields", mode="before")
    @classmethod
    def _split_fields(cls, value: object) -> object:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    _text = field_validator("name", "filter", "segment", "list", "topic", "search")(some_text)

    @field_validator("changed_since")
    @classmethod
    def _with_zone(cls, value: datetime | str | None) -> datetime | str | None:
        """Treat a time without a zone as UTC."""
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value

    @property
    def file_name(self) -> str:
        """The default name of the export's file."""
        return f"{_NOT_FOR_FILES.sub('_', self.name).strip('_') or 'contacts'}.{self.format}"
