"""Files without a header: what a column is, by its values alone.

Labels are then `column_1`, `column_2`, …. Values tell addresses, phone numbers, web addresses and words of consent
for certain; names, companies, places and birthdays by words that are typical of them. What stays in doubt is not
recognised: an identifier or a number, for instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from contact_pipelines.imports.columns import typical_values as typical
from contact_pipelines.imports.columns import value_kinds as kinds
from contact_pipelines.models import Consent

Found = tuple[int, str, float, str, Consent | None]
"""A column's position from 0, a field, how sure that is (0 to 1), why, and how consent is to be read."""

_KINDS: tuple[tuple[str, float, str, Callable[[Sequence[str]], bool]], ...] = (
    ("email", 0.9, "its values are email addresses", kinds.are_addresses),
    ("website", 0.7, "its values are web addresses", kinds.are_urls),
    ("status", 0.8, "its values are words of consent", kinds.are_consent),
    ("phone", 0.8, "its values are written as phone numbers", typical.are_written_as_phones),
    ("birthday", 0.5, "its values are dates of birth by their years", typical.are_birthdays),
    ("country", 0.7, "its values are countries", typical.are_countries),
    ("company", 0.6, "its values are names of companies", typical.are_companies),
    ("full_name", 0.6, "its values are people's names", typical.are_full_names),
    ("first_name", 0.6, "its values are given names", typical.are_given_names),
    ("city", 0.5, "its values are cities", typical.are_cities),
    ("gender", 0.5, "its values are words for a gender", typical.are_genders),
)
"""The surest kinds first; a column is the first that fits."""


def has_no_header(header: Sequence[str]) -> bool:
    """Whether all labels are those that staging gives to columns without header."""
    return bool(header) and all(is_blank_label(label, at) for at, label in enumerate(header))


def is_blank_label(label: str, at: int) -> bool:
    """Whether a label is the one that staging gives to a column without header, at a position from 0."""
    return label == f"column_{at + 1}"


def recognise(columns: Sequence[Sequence[str]]) -> list[Found]:
    """Return what the columns are by their values, for those that can be told; in the columns' order."""
    named = {at: kind for at, samples in enumerate(columns) if (kind := _kind(samples))}
    found = [
        (at, field, confidence, reason, Consent.WORD if field == "status" else None)
        for at, (field, confidence, reason) in named.items()
    ]
    return sorted([*found, *_family_names(columns, named)], key=lambda one: one[0])


def _kind(samples: Sequence[str]) -> tuple[str, float, str] | None:
    if not samples:
        return None
    return next(((field, sure, why) for field, sure, why, holds in _KINDS if holds(samples)), None)


def _family_names(columns: Sequence[Sequence[str]], named: dict[int, tuple[str, float, str]]) -> Iterator[Found]:
    """Find the family names: the name-like column beside that of the given names, on its right if both are."""
    first = next((at for at, (field, *_) in named.items() if field == "first_name"), None)
    if first is None:
        return
    for at in (first + 1, first - 1):
        if 0 <= at < len(columns) and at not in named and typical.are_name_like(columns[at]):
            yield (at, "last_name", 0.55, "its values are names, beside given names", None)
            return
