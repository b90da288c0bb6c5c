"""The numbering plans of all countries as a few regular expressions that DuckDB can run.

All of it is libphonenumber's metadata (the package `phonenumbers`), read when first used and only rearranged:
one pattern a world zone (the first digit of the calling code) instead of one for each of 245 regions and ten
types. One pattern for the whole world is too large for RE2's cache and twenty times slower.

A *key* is what a pattern is tested with: the number's region mark (see `region_marks`), a letter for its
length, calling code, national number. The letter is there because a plan allows lengths besides the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc

_TYPES = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)
"""The types that make a number valid: those that `phonenumbers.number_type` asks, no others."""

_FIRST_LENGTH_LETTER = ord("A")
_REGION_MARK = 0xE000  # the first of Unicode's private characters: no number holds one

LONGEST = 25
"""Longest number that has a length letter of its own, in digits. A real one has 15 (ITU-T E.164)."""


def length_letter_sql(number_sql: str) -> str:
    """Return an SQL expression: the letter for the length of `number_sql` (calling code included)."""
    return f"chr({_FIRST_LENGTH_LETTER} + least(length({number_sql}), {LONGEST})::INTEGER)"


def plan(calling_code: int, region: str | None = None) -> PhoneMetadata:
    """Return the metadata of a region of a calling code; of its main region if none is named."""
    region = region or COUNTRY_CODE_TO_REGION_CODE[calling_code][0]
    found = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region)
    if found is None:  # cannot be: both come from the library's own table
        raise LookupError(f"phonenumbers has no metadata of {region}")
    return found


def general_description(metadata: PhoneMetadata) -> PhoneNumberDesc:
    """Return what all numbers of a region have in common: pattern and lengths."""
    desc = metadata.general_desc
    if desc is None:  # cannot be: the library's own functions do without this check
        raise LookupError(f"phonenumbers has no general description of {metadata.id}")
    return desc


@cache
def region_marks() -> dict[str, str]:
    """Return leading digits (a pattern beginning with the calling code) -> region mark; the first match wins.

    Where regions share a calling code, a region with leading digits owns all numbers that begin with these,
    whether they are valid or not (`phonenumbers.region_code_for_number`); the first in the list wins.
    """
    owned = [
        (code, region, plan(code, region).leading_digits)
        for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()
        if len(regions) > 1
        for region in regions
    ]
    return {
        f"{code}(?:{digits})": chr(_REGION_MARK + number) for number, (code, _, digits) in enumerate(owned) if digits
    }


@cache
def zone_patterns() -> dict[str, str]:
    """Return first digit of the calling code -> pattern of the keys of all valid numbers there."""
    zones: dict[str, list[str]] = {}
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            metadata = plan(code, region)
            owns = f"{code}(?:{metadata.leading_digits})" if len(regions) > 1 else ""
            mark = region_marks().get(owns, "")
            zones.setdefault(str(code)[0], []).extend(
                mark + _key_pattern(code, _lengths(metadata, desc), desc) for desc in _valid_types(metadata)
            )
    return {zone: "|".join(dict.fromkeys(patterns)) for zone, patterns in zones.items()}


@cache
def possible_pattern() -> str:
    """Return the pattern of the keys that fit the general description of the calling code's main region.

    That region's rules decide how `phonenumbers.parse` reads a number, of whichever region it turns out.
    """
    marks = "".join(region_marks().values())
    descs = ((code, general_description(plan(code))) for code in COUNTRY_CODE_TO_REGION_CODE)
    patterns = "|".join(_key_pattern(code, desc.possible_length, desc) for code, desc in descs)
    return f"[{marks}]?(?:{patterns})"


@cache
def prefixed_pattern() -> str:
    """Return the pattern of numbers in which a national prefix may follow the calling code: +49 (0)30."""
    prefixes = ((code, plan(code).national_prefix_for_parsing) for code in COUNTRY_CODE_TO_REGION_CODE)
    return "|".join(f"{code}(?:{prefix})" for code, prefix in prefixes if prefix)


@cache
def calling_codes_by_plain_prefix() -> dict[str, list[str]]:
    """Return national prefix -> the calling codes after which it is just taken off."""
    codes_of: dict[str, list[str]] = {}
    for code in COUNTRY_CODE_TO_REGION_CODE:
        prefix = plain_national_prefix(plan(code))
        if prefix:
            codes_of.setdefault(prefix, []).append(str(code))
    return codes_of


def plain_national_prefix(metadata: PhoneMetadata) -> str | None:
    """Return the national prefix if a number that begins with it just loses it, whatever follows; else None.

    So it is when the prefix is spelt out in the parsing pattern, no other alternative of the pattern begins
    with the same digit, and no rule transforms the number.
    """
    alternatives = (metadata.national_prefix_for_parsing or "").split("|")
    spelt_out = [text for text in alternatives if re.fullmatch(r"\d+", text)]
    prefix = min(spelt_out, key=len, default=None)
    if prefix is None or metadata.national_prefix_transform_rule:
        return None
    others = [text.lstrip("(") for text in alternatives if text != prefix]
    unlike = all(text[:1].isdigit() and text[0] != prefix[0] for text in others)
    return prefix if unlike else None


def _valid_types(metadata: PhoneMetadata) -> Iterator[PhoneNumberDesc]:
    for name in _TYPES:
        desc = getattr(metadata, name)
        if desc is not None and desc.national_number_pattern and _lengths(metadata, desc):
            yield desc


def _lengths(metadata: PhoneMetadata, desc: PhoneNumberDesc) -> tuple[int, ...]:
    """Return the lengths of national numbers that both the type and the general description allow."""
    general = general_description(metadata).possible_length
    return tuple(length for length in desc.possible_length or general if length in general)


def _key_pattern(code: int, lengths: tuple[int, ...], desc: PhoneNumberDesc) -> str:
    letters = "".join(chr(_FIRST_LENGTH_LETTER + len(str(code)) + length) for length in lengths)
    return f"[{letters}]{code}(?:{desc.national_number_pattern})"
