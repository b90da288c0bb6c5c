"""The fields that the fuzzy search can compare, and how comparisons are written."""

from __future__ import annotations

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


ALL_FIELDS, NO_SEARCH = "all", "none"
"""Words accepted for `on`: DEFAULT_ON, and no search (to override the settings file)."""


def spelled(on: tuple[str, ...]) -> tuple[str, ...]:
    """Return comparisons in their full spelling. Raises ValueError if one is wrong or repeated."""
    full = tuple("+".join(units_of(comparison)) for comparison in on)
    if len(set(full)) < len(full):
        raise ValueError("names a comparison twice")
    return full


def units_of(comparison: str) -> list[str]:
    """Split a comparison such as `name+company+birthday` into its fields.

    Well-known properties need no `properties.` prefix, as in a mapping. Raises ValueError if a field is unknown, named
    twice, or does not identify a person.
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
