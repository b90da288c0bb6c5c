"""What a person asks of the search for probable duplicates, and what the words of `on` mean."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator

from contact_pipelines.models.words import PROPERTY_KEY, PROPERTY_PREFIX, WELL_KNOWN_PROPERTIES

NAME = "name"
"""In `on`: first and last name together, in either order."""

NAME_FIELDS = ("first_name", "last_name")

COMPARABLE = ("external_id", "email", "phone", *NAME_FIELDS, "company")
"""Contact fields that say who somebody is. The others (status, tags, score, times) do not."""

MAX_COMPARISONS, MAX_FIELDS = 10, 20

_WHO_SOMEBODY_IS = (
    *(NAME, "email", "phone", "company", "properties.birthday", "properties.address"),
    *("properties.city", "properties.postal_code", "properties.state", "properties.country"),
)
DEFAULT_ON = ("+".join(_WHO_SOMEBODY_IS),)
"""All that usually says who somebody is, weighed together. What a file does not have says nothing."""


ALL, NONE = "all", "none"
"""Words that may stand for `on`: DEFAULT_ON, and no search at all (where the settings file asks for one)."""


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


class FuzzyOptions(BaseModel):
    """Which fields are compared, how alike they must be, and what becomes of a row that is alike."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: tuple[str, ...] = Field(
        DEFAULT_ON,
        description="Comparisons, any of which finds a duplicate; a+b weighs fields together; name is first and last",
        min_length=1,
        max_length=MAX_COMPARISONS,
    )
    threshold: int = Field(85, ge=50, le=100, description="Score from which on two people are taken for one")
    resolve: Resolve = Field(Resolve.REVIEW, description="What becomes of the row")

    @field_validator("on", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return DEFAULT_ON if value.strip() == ALL else [part.strip() for part in value.split(",")]

    @field_validator("on")
    @classmethod
    def _comparisons(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        spelled = tuple("+".join(units_of(comparison)) for comparison in value)
        if len(set(spelled)) < len(spelled):
            raise ValueError("names a comparison twice")
        return spelled

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


def units_of(comparison: str) -> list[str]:
    """Split a comparison such as `name+company+birthday` into the things that it compares.

    Well-known properties may be named without `properties.`, as in a mapping. Raises ValueError with a sentence if
    one is unknown, is named twice, or says nothing of who somebody is.
    """
    units = [_unit(part.strip()) for part in comparison.split("+")]
    twice = NAME in units and any(field in units for field in NAME_FIELDS)
    if twice or len(set(units)) < len(units):
        raise ValueError(f"{comparison} compares a field twice")
    if len(units) > MAX_FIELDS:
        raise ValueError(f"a comparison has at most {MAX_FIELDS} fields")
    return units


def _unit(word: str) -> str:
    if word == NAME or word in COMPARABLE:
        return word
    key = word.removeprefix(PROPERTY_PREFIX)
    if PROPERTY_KEY.fullmatch(key) and (word != key or word in WELL_KNOWN_PROPERTIES):
        return PROPERTY_PREFIX + key
    known = ", ".join((NAME, *COMPARABLE))
    raise ValueError(f"cannot compare {word or 'nothing'!r}; use {known}, or properties.<key>, joined by +")
