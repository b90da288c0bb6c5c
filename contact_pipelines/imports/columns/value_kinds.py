"""What kind of text a few values of a column are: addresses, numbers, dates, answers, words of consent.

All functions take a column's sample values: text, not blank, some thirty of them. A share is from 0 to 1, and 0
where there are no values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from contact_pipelines.imports.columns.headers import compact, phrase_set, words
from contact_pipelines.imports.validate.consent_value_words import (
    NO_WORDS,
    NOTHING_WORDS,
    STATUS_WORDS,
    SWITCH_WORDS,
    YES_WORDS,
)

NEARLY_ALL = 0.9
"""Share of values from which on a column is of a kind: files have their "n/a" and their slips."""

_ADDRESS = re.compile(r"\s*<?[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\"]+>?\s*")
_URL = re.compile(r"\s*(?:https?://|www\.)\S+\.\S+\s*", re.IGNORECASE)
_PHONE = re.compile(r"\s*(?:\+|00)?[\d(][\d\s().\-/]{5,20}(?:\s*(?:x|ext\.?|#)\s*\d{1,6})?\s*", re.IGNORECASE)
_DATE = re.compile(
    r"\s*(?:(\d{4})[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
    r"(?P<time>[T ]+\d{1,2}:\d{2}.{0,20})?\s*"
)
_LONGEST_WORD = 60

_ORDERS_WORDS = phrase_set(
    """pending, confirmed, cancelled, canceled, expired, rejected, failed, waiting, accepted, granted,
    declined, deleted, removed, archived, unknown, invalid, no, on hold, blocked, denied, withdrawn, dead, waiting,
    awaiting confirmation, pending confirmation, not set, cancelado, cancelada, pendiente, en attente, supprimé,
    ausstehend, gelöscht, in attesa, cancellato, cancellata, pendente, removido, ожидает, 待确认"""
)
"""Words of consent that orders, bookings and applications use as well: alone they are no proof."""


def share(samples: Sequence[str], holds: Callable[[str], bool]) -> float:
    """Return the share of values for which something holds."""
    return sum(map(holds, samples)) / len(samples) if samples else 0.0


def are_addresses(samples: Sequence[str]) -> bool:
    """Whether there are values and nearly all of them are single email addresses."""
    return share(samples, lambda value: bool(_ADDRESS.fullmatch(value))) >= NEARLY_ALL


def are_urls(samples: Sequence[str]) -> bool:
    """Whether nearly all values are web addresses."""
    return share(samples, lambda value: bool(_URL.fullmatch(value))) >= NEARLY_ALL


def are_dates(samples: Sequence[str]) -> bool:
    """Whether nearly all values are dates or time stamps in figures."""
    return share(samples, lambda value: bool(_DATE.fullmatch(value))) >= NEARLY_ALL


def are_time_stamps(samples: Sequence[str]) -> bool:
    """Whether nearly all values are dates with a time of day."""
    return share(samples, lambda value: bool((found := _DATE.fullmatch(value)) and found["time"])) >= NEARLY_ALL


def years(samples: Sequence[str]) -> list[int]:
    """Return the four-digit years of values that are dates."""
    found = (_DATE.fullmatch(value) for value in samples)
    return [int(year) for match in found if match for year in match.groups()[:2] if year and len(year) == 4]  # noqa: PLR2004


def are_phones(samples: Sequence[str]) -> bool:
    """Whether nearly all values are written as phone numbers: 7 to 15 digits and what stands between them."""
    return share(samples, _is_phone) >= NEARLY_ALL


def _is_phone(value: str) -> bool:
    digits = sum(char.isdigit() for char in value)
    return 7 <= digits <= 20 and bool(_PHONE.fullmatch(value)) and not _DATE.fullmatch(value)  # noqa: PLR2004


def are_answers(samples: Sequence[str]) -> bool:
    """Whether nearly all values are yes, no or the like, in one of the large languages."""
    return share(samples, lambda value: _folded(value) in _answers()) >= NEARLY_ALL


def tell_consent(samples: Sequence[str]) -> bool:
    """Whether nearly all values can stand in a column that asks about consent: answers or words of consent."""
    known = _answers() | _consent_words()
    return share(samples, lambda value: _folded(value) in known) >= NEARLY_ALL


def are_consent(samples: Sequence[str]) -> bool:
    """Whether nearly all values are words for consent or the lack of it, and not only such as orders have too."""
    folded = [_folded(value) for value in samples]
    known = share(folded, lambda word: word in _consent_words())
    return known >= NEARLY_ALL and any(word in _consent_words() - _ORDERS_WORDS for word in folded)


def _folded(value: str) -> str:
    text = value.strip()
    return compact(words(text)) or text.casefold() if len(text) <= _LONGEST_WORD else ""


@cache
def _answers() -> frozenset[str]:
    return frozenset(map(_folded, (*YES_WORDS, *NO_WORDS, *NOTHING_WORDS)))


@cache
def _consent_words() -> frozenset[str]:
    listed = (*STATUS_WORDS.values(), *SWITCH_WORDS.values())
    return frozenset(_folded(word) for group in listed for word in group) - {""}
