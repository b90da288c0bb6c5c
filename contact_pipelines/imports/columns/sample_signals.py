"""Whether a column's values can be what its header claims. They refuse; they never find a field."""

from __future__ import annotations

import re
from collections.abc import Sequence

from contact_pipelines.imports.columns.headers import word_set, words
from contact_pipelines.imports.columns.value_kinds import (
    NEARLY_ALL,
    are_addresses,
    are_answers,
    are_consent,
    share,
    tell_consent,
)

__all__ = ["are_addresses", "are_consent", "refusal"]

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

_HONORIFICS = word_set(
    """mr mrs ms miss mx dr prof sir madam mme mlle herr frau sr sra srta dott sig dhr mevr pan pani m monsieur
    madame signor signora senhor senhora don dona"""
)


def refusal(field: str, samples: Sequence[str]) -> str:
    """Say why these values cannot be `field`; empty if they can, or if there are none to judge by."""
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
    if field == "status" and not (are_consent(samples) or (tell_consent(samples) and not are_answers(samples))):
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
    return bool(parts) and set(parts) <= _HONORIFICS
