"""Where values refute a column's header, and mapping by values in files without a header.

Columns without a header are labelled `column_1`, `column_2`, ... Email and web addresses, phone numbers and words of
consent are recognised with certainty; names, companies, places and birthdays by typical words. Ambiguous columns, such
as identifiers and numbers, are not mapped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from contact_pipelines.imports.columns import value_kinds as kinds
from contact_pipelines.imports.columns.headers import words
from contact_pipelines.imports.columns.value_kinds import HONORIFICS, NEARLY_ALL, are_addresses, are_answers, share
from contact_pipelines.models import Consent

_AT = re.compile("[@\uff20]")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_NAMES = frozenset({"first_name", "last_name", "full_name"})
_MOSTLY = 0.5
_FEW = 5

_MUST_HOLD = {
    "email": (_AT, "its values hold no '@'"),
    "phone": (_DIGIT, "its values hold no digits"),
    "created_at": (_DIGIT, "its values hold no digits"),
    "updated_at": (_DIGIT, "its values hold no digits"),
    "lead_score": (_DIGIT, "its values hold no digits"),
    **dict.fromkeys(_NAMES, (_LETTER, "its values hold no letters")),
}
_NEVER_ADDRESSES = _NAMES | {"external_id", "phone", "company", "job_title", "city", "state", "country"}
_NEVER_ANSWERS = _NAMES | {"external_id", "phone", "company", "job_title", "city", "country", "postal_code", "website"}


def refusal(field: str, samples: Sequence[str]) -> str:
    """Return why these values cannot be `field`; empty if they can, or if there are no values."""
    if not samples:
        return ""
    if field in _MUST_HOLD:
        pattern, why = _MUST_HOLD[field]
        if not any(pattern.search(value) for value in samples):
            return why
    if field in _NEVER_ADDRESSES and are_addresses(samples):
        return "its values are email addresses"
    if field in _NEVER_ANSWERS and _are_only_answers(samples):
        return "its values are yes and no"
    return _refusal_of_words(field, samples)


def _refusal_of_words(field: str, samples: Sequence[str]) -> str:
    if field in _NAMES and share(samples, lambda value: bool(_DIGIT.search(value))) > _MOSTLY:
        return "its values hold digits, as numbers of orders or products do"
    in_words = kinds.are_consent_answers(samples) and not are_answers(samples)
    if field == "status" and not (in_words or kinds.are_consent(samples)):
        return "its values are not words of consent such as subscribed"
    if field == "external_id" and len(samples) >= _FEW and len(set(samples)) <= _MOSTLY * len(samples):
        return "its values repeat, so they do not tell people apart"
    if field == "job_title" and share(samples, _is_honorific) >= NEARLY_ALL:
        return "its values are forms of address such as Mr"
    return ""


def _are_only_answers(samples: Sequence[str]) -> bool:
    """Whether the values are yes and no in words. Ones and zeros may be anything, and a single "Si" is a name."""
    in_words = any(_LETTER.search(value) for value in samples)
    several = len(set(samples)) > 1 or len(samples) >= _FEW
    return in_words and several and are_answers(samples)


def _is_honorific(value: str) -> bool:
    parts = words(value)
    return bool(parts) and set(parts) <= HONORIFICS


Found = tuple[int, str, float, str, Consent | None]
"""A column's position from 0, a field, how sure that is (0 to 1), why, and how consent is to be read."""

_KINDS: tuple[tuple[str, float, str, Callable[[Sequence[str]], bool]], ...] = (
    ("email", 0.9, "its values are email addresses", kinds.are_addresses),
    ("website", 0.7, "its values are web addresses", kinds.are_urls),
    ("status", 0.8, "its values are words of consent", kinds.are_consent),
    ("phone", 0.8, "its values are written as phone numbers", kinds.are_written_as_phones),
    ("birthday", 0.5, "its values are dates of birth by their years", kinds.are_birthdays),
    ("country", 0.7, "its values are countries", kinds.are_countries),
    ("company", 0.6, "its values are names of companies", kinds.are_companies),
    ("full_name", 0.6, "its values are people's names", kinds.are_full_names),
    ("first_name", 0.6, "its values are given names", kinds.are_given_names),
    ("city", 0.5, "its values are cities", kinds.are_cities),
    ("gender", 0.5, "its values are words for a gender", kinds.are_genders),
)
"""The surest kinds come first; the first that fits counts."""


def has_no_header(header: Sequence[str]) -> bool:
    """Whether all labels are the ones that staging gives to columns without a header."""
    return bool(header) and all(is_blank_label(label, at) for at, label in enumerate(header))


def is_blank_label(label: str, at: int) -> bool:
    """Whether a label is the one that staging gives to a column without a header. `at` counts from 0."""
    return label == f"column_{at + 1}"


def recognise(columns: Sequence[Sequence[str]]) -> list[Found]:
    """Map columns by their values, in order; unclear ones are left out."""
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
    """Find the family names: the name-like column next to the given names, preferably on the right."""
    first = next((at for at, (field, *_) in named.items() if field == "first_name"), None)
    if first is None:
        return
    for at in (first + 1, first - 1):
        if 0 <= at < len(columns) and at not in named and kinds.are_name_like(columns[at]):
            yield (at, "last_name", 0.55, "its values are names, beside given names", None)
            return
