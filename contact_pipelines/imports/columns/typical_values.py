"""Values that are typical of a field: given names, company forms, countries, cities. For files without a header."""

# ruff: noqa: RUF001 - letters of many alphabets look like those of others
from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from contact_pipelines.imports.columns.headers import compact, word_set, words
from contact_pipelines.imports.columns.value_kinds import (
    NEARLY_ALL,
    are_dates,
    are_phones,
    are_time_stamps,
    share,
    years,
)

_SOME = 0.3
"""Share of values that must be on a list of common ones; the rest are rare ones."""
_A_FEW = 0.15
"""The same for marks of companies, which most of them leave out."""
_LAST_BIRTH_YEAR = 2015
_FEWEST_YEARS_APART = 15
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
"""Longest word in capitals that is not taken for a name: USA, VIP."""
_GENDERS = word_set(
    """m f male female man woman w d divers diverse mann frau maennlich weiblich männlich homme femme h hombre mujer
    masculino femenino feminino uomo donna maschio femmina man vrouw k mężczyzna kobieta мужской женский муж жен м ж
    男 女 男性 女性 남 여 남성 여성 nonbinary other"""
)


def are_written_as_phones(samples: Sequence[str]) -> bool:
    """Whether values are phone numbers by their marks too: bare digits may be anything."""
    return are_phones(samples) and share(samples, lambda value: bool(_PHONE_MARKS.search(value.strip()))) >= NEARLY_ALL


def are_birthdays(samples: Sequence[str]) -> bool:
    """Whether values are dates without time whose years lie where those of adults' births do."""
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
    """Whether some values bear the mark of a company, such as Ltd or GmbH."""
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
    return share(samples, lambda value: compact(words(value)) in _listed("cities")) >= _SOME


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
    return " " not in value.strip() and compact(words(value)) in _listed("given_names")


def _has_given_name(value: str) -> bool:
    parts = value.replace(",", " ").split()
    return any(compact(words(part)) in _listed("given_names") for part in (parts[0], parts[-1]))


@cache
def _listed(name: str) -> frozenset[str]:
    text = (files(__package__) / "typical" / f"{name}.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(compact(words(name)) for line in lines for name in line.split(",")) - {""}


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
