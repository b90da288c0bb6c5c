"""Every option of an import and of an export, declared once: name, type, default, panel, flag, help, example.

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
"""The plan is compared with the store again when it is confirmed; after a month hardly any of it holds."""

LAST = "last"
"""Of `changed_since`: since the last completed export of the same name."""

BY_FILE_NAME = "auto"
"""Of `preset`: the built-in default as a word. An empty text is no answer to a question of consent."""

_NOT_FOR_FILES = re.compile(r"[^A-Za-z0-9_-]+")


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Transformation(_Options):
    """How a column's text is read. What is None is as the column's field has it."""

    trim: bool | None = option(None, Panel.VALUES, "Leave out white space around the text (true unless given)")
    case: Case | None = option(None, Panel.VALUES, "lower, upper or title")
    date_format: str | None = option(
        None, Panel.VALUES, "How dates are written, as strptime has it", "--date-format", "FORMAT", "%d/%m/%Y",
        limits={"min_length": 2},
    )  # fmt: skip
    time_zone: str | None = option(
        None, Panel.VALUES, "Where times without a zone were written; else UTC", "--time-zone", "ZONE", "Europe/Berlin"
    )
    decimal_comma: bool | None = option(
        None, Panel.VALUES, "Numbers are written 1.234,56", "--decimal-comma/--no-decimal-comma"
    )
    list_delimiter: str | None = option(
        None, Panel.VALUES, "What separates tags and options in a cell; any of | , ; unless given",
        "--tag-delimiter", "TEXT", "/", limits={"min_length": 1, "max_length": 5},
    )  # fmt: skip
    country: str | None = option(
        None, Panel.VALUES, "Where phone numbers without country code are from", limits={"max_length": 2}
    )

    _zone = field_validator("time_zone")(known_zone)


class FuzzyOptions(_Options):
    """Which fields are compared, how alike they must be, and what becomes of a row that is alike."""

    on: tuple[str, ...] = option(
        DEFAULT_ON, Panel.SIMILAR, "Look for probable duplicates of rows that no key recognises: what is compared, any"
        " of which finds one. + weighs fields together, name is first and last name. all: all that says who somebody"
        " is; none: do not look", "--fuzzy", "FIELDS", ["name+company", "phone"], comma=True,
        limits={"min_length": 1, "max_length": MAX_COMPARISONS},
    )  # fmt: skip
    threshold: int = option(
        85, Panel.SIMILAR, "The score from 50 to 100 from which on two are taken for one", "--fuzzy-threshold",
        "SCORE", limits={"ge": 50, "le": 100},
    )  # fmt: skip
    resolve: Resolve = option(
        Resolve.REVIEW, Panel.SIMILAR, "What becomes of such a row: review (a warning, treated as new), skip_new,"
        " update_existing, merge_fields (fills what is blank) or create_new", "--fuzzy-resolve", "WHAT",
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
        """Whether a row can update the contact that it probably is."""
        return self.resolve in (Resolve.UPDATE_EXISTING, Resolve.MERGE_FIELDS)

    @property
    def fields(self) -> list[str]:
        """Every contact field and property that is compared, once."""
        units = [unit for comparison in self.on for unit in units_of(comparison)]
        fields = [field for unit in units for field in (NAME_FIELDS if unit == NAME else (unit,))]
        return list(dict.fromkeys(fields))


class ReadingOptions(_Options):
    """How a file is to be read, where that is not to be found out from its content."""

    encoding: str | None = option(None, Panel.READING, "The text's encoding", "--encoding", "NAME", "cp1252")
    delimiter: str | None = option(
        None, Panel.READING, "What separates cells: one character, or tab", "--delimiter", "CHAR", ";",
        limits={"max_length": 3},
    )  # fmt: skip
    header: int | Literal["none"] | None = option(
        None, Panel.READING, "The row number of the header, from 1; none: there is no header", "--header", "ROW|none", 2
    )
    sheet: str | None = option(None, Panel.READING, "The workbook's sheet", "--sheet", "NAME", "Leads")

    _delimiter = field_validator("delimiter")(one_character)
    _header = field_validator("header")(row_number)
    _encoding = field_validator("encoding")(known_encoding)


class ImportOptions(ReadingOptions):
    """How a file is to be imported. Immutable, and stored with the import as JSON."""

    columns: dict[str, str] = option(
        {}, Panel.MAPPING, "Column -> field, where the suggestion is not what you want. A field is email, phone,"
        " first_name, ..., full_name, properties.KEY or ignore", "--map", "HEADER=FIELD",
        {"E-Mail privat": "email", "Notes": "ignore"},
    )  # fmt: skip
    only_given_columns: bool = option(
        False,  # noqa: FBT003
        Panel.MAPPING, "Ignore the columns that are not mapped here, instead of suggesting a field",
        "--only-given-columns/--no-only-given-columns",
    )  # fmt: skip
    saved_mapping: str | None = option(
        None, Panel.MAPPING, "A saved mapping; none: none. Unless given, the one whose headers are the file's",
        "--mapping", "NAME", "shop",
    )  # fmt: skip
    save_mapping: str | None = option(
        None, Panel.MAPPING, "Save this file's mapping under a name, for later files with the same headers",
        "--save-mapping", "NAME", "shop", limits={"pattern": r"^[\w .-]{1,100}$"},
    )  # fmt: skip
    create_properties: CreateProperties = option(
        CreateProperties.MATCHING, Panel.MAPPING, "Which columns that are no contact field become properties: matching"
        " (custom_*, cf_* and those that are mapped), yes (all) or no", "--create-properties", "WHICH",
    )  # fmt: skip
    preset: Preset | None = option(
        None, Panel.MAPPING, "The whole file lists people who left: unsubscribed, cleaned (bounced) or complained;"
        " none: it does not; auto (the default): what the file's name says", "--preset", "WHO",
        words=[BY_FILE_NAME], strict=True,
    )  # fmt: skip
    transform: dict[str, Transformation] = option(
        {}, Panel.VALUES, "Column -> how its text is read; * stands for all columns. Keys: trim, case (lower, upper,"
        " title), date_format, time_zone, decimal_comma, list_delimiter, country", "--transform",
        "COLUMN:KEY=VALUE", {"Name": {"case": "title"}},
    )  # fmt: skip
    country: str | None = option(
        None, Panel.VALUES, "Where phone numbers without a country code are from, in two letters; else they are left"
        " out, with a warning", "--country", "CC", "US", limits={"max_length": 2},
    )  # fmt: skip
    mode: Mode = option(
        Mode.UPSERT, Panel.MATCHING, "upsert (create and update), create_only, update_only, or create_all: create"
        " every row, and mark those whose email is taken as duplicates", "--mode", "MODE",
    )  # fmt: skip
    match_on: tuple[MatchKey, ...] = option(
        (MatchKey.EMAIL,), Panel.MATCHING, "What recognises a contact, in order: external_id, email, phone, id. A row"
        " whose keys find different contacts fails", "--match-on", "KEYS", ["external_id", "email"], comma=True,
        limits={"min_length": 1},
    )  # fmt: skip
    duplicates: Duplicates = option(
        Duplicates.FIRST, Panel.MATCHING, "Which of the file's rows of the same contact counts: the first, the last,"
        " or none: error fails them all", "--duplicates", "WHICH",
    )  # fmt: skip
    blank: Blank = option(
        Blank.IGNORE, Panel.MATCHING, "What an empty cell does to a contact that exists: ignore (keep the value) or"
        " erase", "--blank", "WHAT",
    )  # fmt: skip
    rules: dict[str, FieldRule] = option(
        {}, Panel.MATCHING, "Field -> what an update does to it: overwrite (unless given), fill_blank, keep,"
        " keep_higher, keep_lower, newer (needs a column updated_at), and of tags and multi_select properties append or"
        " remove; * stands for all other fields", "--rule", "FIELD=RULE", {"*": "fill_blank", "tags": "append"},
    )  # fmt: skip
    fuzzy: FuzzyOptions | None = option(
        None, Panel.SIMILAR, "Look for probable duplicates of rows that no key recognises. on: what is compared (all;"
        " none: do not look), threshold: the score from 50 to 100, resolve: what becomes of such a row",
        example={"on": ["name+company", "phone"], "threshold": 85, "resolve": "review"},
    )  # fmt: skip
    tags: tuple[str, ...] = option(
        (), Panel.GROUPS, "Tags for all created and matched contacts", "--tag", "TAG", ["fair-2026"]
    )
    lists: tuple[str, ...] = option(
        (), Panel.GROUPS, "Lists that all created and matched contacts join; made if missing", "--list", "NAME",
        ["customers"], limits={"max_length": 20},
    )  # fmt: skip
    segments: tuple[str, ...] = option(
        (), Panel.GROUPS, "Static segments that all created and matched contacts join; made if missing", "--segment",
        "NAME", ["Trade fair"], limits={"max_length": 20},
    )  # fmt: skip
    topics: tuple[str, ...] = option(
        (), Panel.GROUPS, "Topics that all created and matched contacts are opted in to, but for those who opted out;"
        " made if missing", "--topic", "NAME", ["Newsletter"], limits={"max_length": 20},
    )  # fmt: skip
    import_tag: str | None = option(
        None, Panel.GROUPS, "The tag of the contacts that this import creates or updates; none: no tag. Unless given,"
        " one such as imported_2026_11_20_3f2a91", "--import-tag", "NAME", "november",
    )  # fmt: skip
    status: ContactStatus = option(
        ContactStatus.SUBSCRIBED, Panel.GROUPS, "Status of new contacts whose row has none: subscribed, unsubscribed,"
        " bounced or complained", "--status", "STATUS",
    )  # fmt: skip
    force_status: str | None = option(
        None, Panel.CONSENT, "The reason why rows that say subscribed subscribe contacts who have opted out; kept for"
        " good, so name nobody. Never those on the suppression list", "--force-status", "REASON",
        "They signed up again at the fair", limits={"max_length": LONGEST_REASON}, strict=True, can_be_default=False,
    )  # fmt: skip
    suppress: Suppress | None = option(
        None, Panel.CONSENT, "Only opt people out, creating nobody. opt_out: contacts are unsubscribed, addresses that"
        " no contact has go on the suppression list; block: every address goes on it", "--suppress-mode", "MODE",
        strict=True, can_be_default=False, excludes=[
            "mode", "duplicates", "blank", "rules", "tags", "lists", "segments", "topics", "import_tag", "status",
            "create_properties", "force_status",
        ],
    )  # fmt: skip
    suppress_reason: str = option(
        "", Panel.CONSENT, "Of an import that suppresses: why, kept beside the addresses on the list, so name nobody",
        "--suppress-reason", "TEXT", "Bounced at the fair's mailing", limits={"max_length": LONGEST_REASON},
        strict=True, can_be_default=False,
    )  # fmt: skip
    review: bool = option(
        False,  # noqa: FBT003
        Panel.ADVANCED, "Stop before anything is written and show what would be done; `confirm` does it,"
        " `cancel` does not", "--review/--no-review",
    )  # fmt: skip
    review_expires: int | None = option(
        None, Panel.ADVANCED, "Seconds in which a review can be confirmed; else what the settings file says, or one"
        " hour", "--review-expires", "SECONDS", 86400, limits={"ge": 1, "le": MAX_REVIEW_SECONDS},
    )  # fmt: skip
    events: bool = option(
        True,  # noqa: FBT003
        Panel.ADVANCED,
        "Keep contact_events.parquet: which contacts changed, and in what",
        "--events/--no-events",
    )

    @field_validator("fuzzy", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        if isinstance(value, dict) and True in value:  # YAML 1.1 takes the word `on` for a truth value
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
        """Return these options, with `defaults` where nothing was set; of mappings, key by key unless empty."""
        merged: dict[str, Any] = {}
        for name in self.model_fields_set:
            mine, base = getattr(self, name), getattr(defaults, name)
            merged[name] = {**base, **mine} if isinstance(mine, dict) and mine else mine
            if isinstance(mine, FuzzyOptions) and base is not None:
                merged[name] = base.model_copy(update={key: getattr(mine, key) for key in mine.model_fields_set})
        return defaults.model_copy(update=merged)


class ExportRequest(_Options):
    """Which contacts are exported, what of them, and how. Immutable, and stored with the export as JSON."""

    name: str = option(
        "contacts", Panel.OUTPUT, "What the export is called; `last` of changed_since goes by it", "--name", "NAME",
        "sync", limits={"min_length": 1, "max_length": 100},
    )  # fmt: skip
    format: ExportFormat = option(
        ExportFormat.CSV,
        Panel.OUTPUT,
        "csv, xlsx, json, jsonl or parquet; unless given, as the file's name ends",
        "--format",
        "FORMAT",
    )
    fields: tuple[str, ...] = option(
        (), Panel.OUTPUT, "These fields in this order; all unless given", "--fields", "A,B",
        ["email", "first_name", "properties.plan", "lists"], comma=True,
    )  # fmt: skip
    filter: str | None = option(
        None, Panel.CONTACTS, "Only contacts that fit", "--filter", "EXPR", "status = 'subscribed'", strict=True
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
        None, Panel.CONTACTS, "Only contacts with this text in a name, an address or a number", "--search", "TEXT",
        "example.com", strict=True,
    )  # fmt: skip
    changed_since: datetime | Literal["last"] | None = option(
        None, Panel.CONTACTS, "Only what changed since a moment, deleted contacts too; last: since the last export of"
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
        """Take a moment without a zone to be in UTC."""
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value

    @property
    def file_name(self) -> str:
        """The name of the export's file, where nobody gave one."""
        return f"{_NOT_FOR_FILES.sub('_', self.name).strip('_') or 'contacts'}.{self.format}"
