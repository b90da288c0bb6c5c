"""Columns that become custom properties: `custom_industry`, `cf_size`, `customFields.plan` and others.

A property's key is made of the header: a-z, 0-9 and _, at most 50 characters.
"""

# ruff: noqa: RUF001 - letters of many alphabets look like those of others
from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from contact_pipelines.imports.columns.headers import LONGEST, words

LONGEST_KEY = 50

_CUSTOM = re.compile(
    r"\s*(?:custom[\s_\-]*(?:fields?|properties|property|attributes?|data)?|cf|(?:custom)?properties|attributes|"
    r"metadata|merge[\s_]?fields|traits|user[\s_]?data|extra)(?P<joint>[\s_\-:.]+)(?P<name>\S.*)",
    re.IGNORECASE,
)
_EXACT = re.compile(r"(?:properties|customFields)\.(?P<key>[a-z0-9_]{1,50})")
"""Headers of our exports: the key is used unchanged, even if no header would produce it (`line2`)."""
_DOTTED_ONLY = re.compile(
    r"\s*(?:properties|attributes|metadata|merge[\s_]?fields|traits|user[\s_]?data|extra)\b", re.IGNORECASE
)
"""Containers of JSON files: only `properties.plan` is a key in one, "properties plan" is an ordinary header."""
_NUMBERED_PART = re.compile(r"\d+[\s_\-]*(?:type|label|value|name)?", re.IGNORECASE)

_CYRILLIC = """
    а a б b в v г g д d е e ё e ж zh з z и i й i к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch
    ш sh щ shch ъ _ ы y ь _ э e ю yu я ya і i ї i є ye ґ g ў u ј j љ lj њ nj ћ c ђ dj џ dz ѓ g ќ k ѕ dz қ q
    ғ g ң n ө o ү u ұ u һ h ә a"""
_GREEK = """α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o"""
_PAIRS = f"{_CYRILLIC} {_GREEK}".split()
_LETTERS = {char: latin.replace("_", "") for char, latin in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)}
_SYLLABLE = re.compile(r"(?:HANGUL SYLLABLE|HIRAGANA LETTER(?: SMALL)?|KATAKANA LETTER(?: SMALL)?) ([A-Z]+)")


def custom_key(label: str) -> str | None:
    """Return the property key of a column named as a custom field; None if it is not.

    Empty if no key can be made from its name (no letter can be transliterated to a-z).
    """
    exact = _EXACT.fullmatch(label.strip())
    if exact:
        return exact["key"]
    found = _CUSTOM.fullmatch(label)
    if not found or (_DOTTED_ONLY.match(label) and "." not in found["joint"]):
        return None
    if is_numbered_part(label):
        return None
    name = found["name"].strip()
    key = slug(name)
    if not any(char.isalpha() for char in key) and not any(char.isdigit() for char in name):
        return ""
    return key if key[:1].isalpha() else slug(label)


def is_custom(label: str) -> bool:
    """Whether a column is named as a custom field, and so becomes a property unless the options forbid it."""
    return len(label) <= LONGEST and bool(custom_key(label))


def is_numbered_part(label: str) -> bool:
    """Whether a label is a part of a list ("Custom Field 1 - Type"), which does not become a property."""
    found = _CUSTOM.fullmatch(label)
    numbered = found is not None and _NUMBERED_PART.fullmatch(found["name"].strip()) is not None
    return numbered and not label.casefold().startswith(("custom_", "cf_"))


def slug(text: str) -> str:
    """Make a property key from a text; empty if nothing in it can be transliterated to a-z or 0-9."""
    parts = "_".join(words(text[:LONGEST]))
    return re.sub(r"[^a-z0-9]+", "_", _latin(parts)).strip("_")[:LONGEST_KEY].strip("_")


def unique_key(label: str, position: int, taken: Collection[str]) -> str:
    """Return a property key for a column that differs from those taken. `position` counts from 0.

    A header without a usable key becomes `column_3`, by its position from 1.
    """
    key = slug(label)
    base = key if any(char.isalpha() for char in key) else f"column_{position + 1}"
    if base not in taken:
        return base
    for number in range(2, len(taken) + 3):
        suffix = f"_{number}"
        candidate = base[: LONGEST_KEY - len(suffix)] + suffix
        if candidate not in taken:
            return candidate
    raise AssertionError  # more numbers were tried than keys are taken


def _latin(text: str) -> str:
    """Transliterate Cyrillic, Greek, kana and hangul letters to a-z; drop those of other scripts."""
    return text if text.isascii() else "".join(map(_latin_letter, text))


def _latin_letter(char: str) -> str:
    if char.isascii() or char in _LETTERS:
        return _LETTERS.get(char, char)
    found = _SYLLABLE.match(unicodedata.name(char, ""))
    return found[1].lower() if found else " "
