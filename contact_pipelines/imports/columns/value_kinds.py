"""Recognises the kind of a column's values: addresses, phones, dates, consent, names, places.

All functions take a column's sample values: text, not blank, some thirty of them.
"""

# ruff: noqa: RUF001 - letters of many alphabets look like those of others
from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from contact_pipelines.imports.columns.headers import compact, phrase_set, word_lists, word_set, words
from contact_pipelines.imports.validate.consent_value_words import (
    NO_WORDS,
    NOTHING_WORDS,
    STATUS_WORDS,
    SWITCH_WORDS,
    YES_WORDS,
)

NEARLY_ALL = 0.9
"""Share of values that makes a column one of a kind: files have their "n/a" and their slips."""
_SOME = 0.3
"""Share of values that must be on a list of common ones; the rest are rare ones."""
_A_FEW = 0.15
"""The same for the legal forms of companies, which most names leave out."""
_LAST_BIRTH_YEAR = 2015
_FEWEST_YEARS_APART = 15

_ADDRESS = re.compile(r"\s*<?[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\"]+>?\s*")
_URL = re.compile(r"\s*(?:https?://|www\.)\S+\.\S+\s*", re.IGNORECASE)
_PHONE = re.compile(r"\s*(?:\+|00)?[\d(][\d\s().\-/]{5,20}(?:\s*(?:x|ext\.?|#)\s*\d{1,6})?\s*", re.IGNORECASE)
_DATE = re.compile(
    r"\s*(?:(\d{4})[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
    r"(?P<time>[T ]+\d{1,2}:\d{2}.{0,20})?\s*"
)
_LONGEST_WORD = 60

_PHONE_MARKS = re.compile(r"[+()]|\d[\s\-./]\d|^0\d")
_NAME_WORD = r"[^\W\d_](?:[^\W\d_]|['’\-])*\.?"
_NAME = re.compile(rf"{_NAME_WORD}(?: {_NAME_WORD}){{0,4}}")
_COMPANY = re.compile(
    r"[\s,.&](?:inc|llc|llp|ltd|limited|corp|corporation|company|co|plc|pty|pvt|group|holdings?|gmbh|mbh|ag|kg|"
    r"ohg|ug|e\.?v|sa|sas|sarl|eurl|sl|slu|srl|spa|s\.p\.a|s\.r\.l|s\.l|s\.a|bv|nv|oy|oyj|ab|as|asa|aps|a/s|kft|zrt|"
    r"s\.?r\.?o|a\.?s|sp\.? ?z ?o\.?o|sro|d\.?o\.?o|ltda|eireli|a\.ş|ltd\.? ?şti|ооо|зао|ао|пао|тов|еоод|оод)\.?$|"
    r"株式会社|有限会社|合同会社|有限公司|公司|주식회사|\(주\)|شركة|^(?:ооо|зао|ао|пао|pt|cv|тов) ",
    re.IGNORECASE,
)
_ABBREVIATION = 3
"""Letters of the longest upper-case word that does not count as a name: USA, VIP."""

_TYPICAL = word_lists("word_lists/typical_values")
_ORDER_WORDS = phrase_set(_TYPICAL["order_words"])
_GENDERS, HONORIFICS = word_set(_TYPICAL["genders"]), word_set(_TYPICAL["honorifics"])


def share(samples: Sequence[str], holds: Callable[[str], bool]) -> float:
    """Return the share of values for which something holds: from 0 to 1, and 0 without values."""
    return sum(map(holds, samples)) / len(samples) if samples else 0.0


def are_addresses(samples: Sequence[str]) -> bool:
    """Whether there are values and nearly all of them are single email addresses."""
    return share(samples, lambda value: bool(_ADDRESS.fullmatch(value))) >= NEARLY_ALL


def are_urls(samples: Sequence[str]) -> bool:
    """Whether nearly all values are web addresses."""
    return share(samples, lambda value: bool(_URL.fullmatch(value))) >= NEARLY_ALL


def are_dates(samples: Sequence[str]) -> bool:
    """Whether nearly all values are dates or time stamps in digits."""
    return share(samples, lambda value: bool(_DATE.fullmatch(value))) >= NEARLY_ALL


def are_time_stamps(samples: Sequence[str]) -> bool:
    """Whether nearly all values are dates with a time of day."""
    return share(samples, lambda value: bool((found := _DATE.fullmatch(value)) and found["time"])) >= NEARLY_ALL


def years(samples: Sequence[str]) -> list[int]:
    """Return the four-digit years of values that are dates."""
    found = (_DATE.fullmatch(value) for value in samples)
    return [int(year) for match in found if match for year in match.groups()[:2] if year and len(year) == 4]  # noqa: PLR2004


def are_phones(samples: Sequence[str]) -> bool:
    """Whether nearly all values are written as phone numbers: digits and the usual marks between them."""
    return share(samples, _is_phone) >= NEARLY_ALL


def _is_phone(value: str) -> bool:
    digits = sum(char.isdigit() for char in value)
    return 7 <= digits <= 20 and bool(_PHONE.fullmatch(value)) and not _DATE.fullmatch(value)  # noqa: PLR2004


def are_answers(samples: Sequence[str]) -> bool:
    """Whether nearly all values are yes, no or the like, in one of the large languages."""
    return share(samples, lambda value: _folded(value) in _answers()) >= NEARLY_ALL


def are_consent_answers(samples: Sequence[str]) -> bool:
    """Whether nearly all values are answers or words of consent, as in a column that asks about it."""
    known = _answers() | _consent_words()
    return share(samples, lambda value: _folded(value) in known) >= NEARLY_ALL


def are_consent(samples: Sequence[str]) -> bool:
    """Whether nearly all values are words of consent, and not only words that orders use as well."""
    folded = [_folded(value) for value in samples]
    known = share(folded, lambda word: word in _consent_words())
    return known >= NEARLY_ALL and any(word in _consent_words() - _ORDER_WORDS for word in folded)


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


def are_written_as_phones(samples: Sequence[str]) -> bool:
    """Whether values are phone numbers with marks such as + or -: bare digits may be anything."""
    return are_phones(samples) and share(samples, lambda value: bool(_PHONE_MARKS.search(value.strip()))) >= NEARLY_ALL


def are_birthdays(samples: Sequence[str]) -> bool:
    """Whether values are dates without a time, in years in which adults were born."""
    found = years(samples)
    if not found or not are_dates(samples) or are_time_stamps(samples):
        return False
    return max(found) <= _LAST_BIRTH_YEAR and max(found) - min(found) >= _FEWEST_YEARS_APART


def are_countries(samples: Sequence[str]) -> bool:
    """Whether values are names of countries in a large language, or two-letter codes of several."""
    if share(samples, lambda value: value.strip().casefold() in _country_names()) >= NEARLY_ALL:
        return True
    codes = {value.strip() for value in samples}
    return len(codes) > 1 and codes <= _country_codes()


def are_companies(samples: Sequence[str]) -> bool:
    """Whether some values have the legal form of a company, such as Ltd or GmbH."""
    return share(samples, lambda value: bool(_COMPANY.search(value.strip()))) >= _A_FEW


def are_name_like(samples: Sequence[str]) -> bool:
    """Whether values are one to five words of letters that begin with a capital (where the script has them)."""
    return share(samples, _is_name_like) >= NEARLY_ALL


def are_given_names(samples: Sequence[str]) -> bool:
    """Whether values are single names, and enough of them common given names."""
    return are_name_like(samples) and share(samples, _is_given_name) >= _SOME


def are_full_names(samples: Sequence[str]) -> bool:
    """Whether most values are two names or more, and enough have a common given name first or last."""
    several = share(samples, lambda value: len(value.replace(",", " ").split()) > 1) >= NEARLY_ALL
    return (
        several
        and are_name_like([value.replace(",", " ") for value in samples])
        and (share(samples, _has_given_name) >= _SOME)
    )


def are_cities(samples: Sequence[str]) -> bool:
    """Whether enough values are large cities."""
    return share(samples, lambda value: compact(words(value)) in _common("cities")) >= _SOME


def are_genders(samples: Sequence[str]) -> bool:
    """Whether all values are words for a gender, and there are two of them."""
    found = {compact(words(value)) for value in samples}
    return len(found) > 1 and found <= _GENDERS


def _is_name_like(value: str) -> bool:
    text = " ".join(value.split())
    if not _NAME.fullmatch(text) or text.islower():
        return False
    return not text.isupper() or len(text) > _ABBREVIATION


def _is_given_name(value: str) -> bool:
    return " " not in value.strip() and compact(words(value)) in _common("given_names")


def _has_given_name(value: str) -> bool:
    parts = value.replace(",", " ").split()
    return any(compact(words(part)) in _common("given_names") for part in (parts[0], parts[-1]))


@cache
def _common(name: str) -> frozenset[str]:
    return phrase_set(_TYPICAL[name]) - {""}


@cache
def _country_codes() -> frozenset[str]:
    from phonenumbers import SUPPORTED_REGIONS

    return frozenset(SUPPORTED_REGIONS)


@cache
def _country_names() -> frozenset[str]:
    """Country names in all languages that libphonenumber's data has, and the usual short ones."""
    from phonenumbers.geodata.locale import LOCALE_DATA

    names = {name.lstrip("*").casefold() for by_language in LOCALE_DATA.values() for name in by_language.values()}
    return frozenset(names | {"usa", "uk", "u.s.a.", "england", "scotland", "wales", "south korea"}) - {""}
