"""How a file is to be read and imported, and a tenant's properties. Checked when made, immutable, kept as JSON."""

from __future__ import annotations

import codecs
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from contact_pipelines.models.fuzzy_options import NONE, FuzzyOptions
from contact_pipelines.models.words import (
    PROPERTY_KEY,
    Blank,
    Case,
    ContactStatus,
    CreateProperties,
    Duplicates,
    FieldRule,
    GroupKind,
    MatchKey,
    Mode,
    Preset,
    Subscription,
    Suppress,
)
from contact_pipelines.property_types import PropertyType

MAX_REVIEW_SECONDS = 30 * 24 * 3600
"""The plan is compared with the store again when it is confirmed; after a month hardly any of it holds."""
LONGEST_NAME = 100
"""Characters of a tag, and of the name of a list, segment or topic."""
LONGEST_REASON = 500
"""Characters of a reason that is kept for good."""


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

    mode: Mode = Field(
        Mode.UPSERT,
        description="upsert, create_only, update_only or create_all (even where a contact has the email already)",
    )
    match_on: tuple[MatchKey, ...] = Field(
        (MatchKey.EMAIL,),
        description="What recognises a contact, in order: external_id, email, phone, id",
        min_length=1,
    )
    columns: dict[str, str] = Field(
        default_factory=dict, description="Header -> field; overrides what is suggested for that column"
    )
    only_given_columns: bool = Field(
        default=False,
        description="Ignore the columns that `columns` does not name, instead of suggesting a field",
    )
    duplicates: Duplicates = Field(Duplicates.FIRST, description="Which row counts of several of the same contact")
    blank: Blank = Field(Blank.IGNORE, description="What an empty cell does on update: ignore or erase")
    rules: dict[str, FieldRule] = Field(
        default_factory=dict,
        description="Field -> what an update does to it; `*` is the default of all fields",
    )
    tags: tuple[str, ...] = Field((), description="Tags put on every created or matched contact")
    lists: tuple[str, ...] = Field((), description="Lists that every created or matched contact joins", max_length=20)
    segments: tuple[str, ...] = Field(
        (), description="Static segments that every created or matched contact joins", max_length=20
    )
    topics: tuple[str, ...] = Field(
        (), description="Topics that created and matched contacts opt in to; who opted out stays out", max_length=20
    )
    import_tag: str | None = Field(
        None,
        description="Tag put on created and updated contacts; none: no tag; not set: imported_<date>_<end of its id>",
    )
    events: bool = Field(default=True, description="Keep contact_events.parquet: which contacts changed, in what")
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
    force_status: str | None = Field(
        None,
        description="Reason why a row that says subscribed subscribes a contact who had opted out; kept for good. Never"
        " for an address on the suppression list",
        max_length=LONGEST_REASON,
    )
    suppress: Suppress | None = Field(
        None,
        description="Only opt people out, creating nobody. opt_out: unsubscribe contacts, and put addresses that no"
        " contact has on the suppression list; block: put every address on it",
    )
    suppress_reason: str = Field(
        "", description="Why, beside the addresses on the suppression list; kept for good", max_length=LONGEST_REASON
    )
    review: bool = Field(
        default=False, description="Stop before anything is written, and wait until a person confirms the plan"
    )
    review_expires: int | None = Field(
        None,
        ge=1,
        le=MAX_REVIEW_SECONDS,
        description="Seconds in which a review can be confirmed; else what the settings file says, or one hour",
    )
    country: str | None = Field(
        None,
        description="Two-letter region for phone numbers that are written without country code",
        max_length=2,
    )
    fuzzy: FuzzyOptions | None = Field(
        None, description="Look for rows that are probably a contact though no key says so; on: none for not"
    )

    @field_validator("fuzzy", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        if isinstance(value, dict) and True in value:  # YAML 1.1 takes the word `on` for a truth value
            value = {"on": value[True]} | {key: other for key, other in value.items() if key is not True}
        return None if value == NONE or (isinstance(value, dict) and value.get("on") == NONE) else value

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str | None) -> str | None:
        if value is None:
            return None
        import phonenumbers

        if value.upper() not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError("is not a two-letter country code that phone numbers know, such as US or DE")
        return value.upper()

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

    def over(self, defaults: ImportOptions) -> ImportOptions:
        """Return these options, with `defaults` where nothing was set; of dictionaries, key by key."""
        merged: dict[str, Any] = {}
        for name in self.model_fields_set:
            mine, base = getattr(self, name), getattr(defaults, name)
            merged[name] = {**base, **mine} if isinstance(mine, dict) else mine
            if isinstance(mine, FuzzyOptions) and base is not None:
                merged[name] = base.model_copy(update={key: getattr(mine, key) for key in mine.model_fields_set})
        return defaults.model_copy(update=merged)

    @field_validator("tags")
    @classmethod
    def _plain_tags(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_plain(tag, "a tag") for tag in value))

    @field_validator("import_tag")
    @classmethod
    def _plain_import_tag(cls, value: str | None) -> str | None:
        return None if value is None else _plain(value, "a tag")

    @field_validator("force_status")
    @classmethod
    def _not_blank(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("needs a reason: who asked for it, and how")
        return None if value is None else value.strip()

    @field_validator("lists", "segments", "topics")
    @classmethod
    def _plain_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_plain(name, "a name") for name in value))


def _plain(text: str, what: str) -> str:
    """Return a tag or a name without white space around it."""
    cleaned = text.strip()
    if not cleaned or len(cleaned) > LONGEST_NAME or "\x00" in cleaned:
        raise ValueError(f"{what} has 1 to {LONGEST_NAME} characters")
    return cleaned


class GroupDefinition(BaseModel):
    """A list, a segment (static, or dynamic with a filter) or a topic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: GroupKind
    name: str
    description: str = Field("", max_length=1000)
    default_subscription: Subscription | None = Field(
        None, description="A topic's: opt_in attaches it to every new contact"
    )
    filter: str | None = Field(None, description="A dynamic segment's: the filter expression that says who is in it")

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return _plain(value, "a name")

    @model_validator(mode="after")
    def _topics_have_a_default(self) -> GroupDefinition:
        if (self.kind is GroupKind.TOPIC) is (self.default_subscription is None):
            raise ValueError("a topic has a default subscription, lists and segments have none")
        return self

    @model_validator(mode="after")
    def _segments_have_filters(self) -> GroupDefinition:
        if self.filter is not None and self.kind is not GroupKind.SEGMENT:
            raise ValueError("only a segment can have a filter")
        return self


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
