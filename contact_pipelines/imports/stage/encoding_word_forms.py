"""How likely the form of a word is, whatever its language: capitals, vowels, one script, signs in their places.

All figures are logarithms of chances. They were set by hand from what names look like, then checked on a bench of
names in 30 languages. Only that of an unlisted letter is critical, which must stay small: each of the others, halved or
doubled, moves the bench by two points at most.
"""
# ruff: noqa: RUF001 (letters that look alike are what this is about)

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log

IDEOGRAMS = "CJK"
"""The script of ideograms and kana, which stand side by side in one word."""
SYLLABLES = "HANGUL"
LATIN = "LATIN"

_LETTER_IN_ASCII = log(1 / 20)
_SIGN_IN_ASCII = log(1 / 30)
_UNLISTED_LETTER = log(1e-4)
_SIGNS = {
    **dict.fromkeys("’´", log(0.004)),
    **dict.fromkeys("“”‘„«»‹›–—…·ªº°№€\u00a0、。・（）－\u3000「」", log(0.002)),
    **dict.fromkeys("\u200c\u200d\u200e\u200f", log(0.002)),  # directions and joins of Hebrew and Arabic
    **dict.fromkeys("£©®™§²³½¼¡¿•†‚\u00ad", log(1e-4)),
}
_NO_TEXT = log(1e-7)
"""Controls, box drawings, unassigned and private characters, all other symbols."""
_INSIDE = log(0.001)
"""A sign between two letters that does not join them."""
_JOINING = frozenset("’´·־׳״\u200c\u200d\u200e\u200f")

_VOWELS = frozenset("aeiouyæøœıаеёиоуыэюяіїєўαεηιουω")
_TURNS = {(False, False): -0.55, (False, True): 0.55, (True, False): 0.5, (True, True): -1.1}
"""A vowel (True) or consonant behind another, against its chance anywhere: in Europe's names they take turns."""
_OTHER_SCRIPT = log(0.002)
_LATIN_BESIDE_IDEOGRAM = log(0.02)
_SAME_SCRIPT = {
    "HIRAGANA": IDEOGRAMS,
    "KATAKANA": IDEOGRAMS,
    "KATAKANA-HIRAGANA": IDEOGRAMS,
    "IDEOGRAPHIC": IDEOGRAMS,
    "FULLWIDTH": IDEOGRAMS,
    "FEMININE": "",  # ª
    "MASCULINE": "",  # º
    "MICRO": "",
    "MODIFIER": "",
}
"""By the first word of a character's Unicode name, where that is not its script; empty for what is no letter."""

_TITLE, _UPPER, _LOWER, _MIXED = log(0.7), log(0.13), log(0.12), log(0.02)
_CAPITAL_INSIDE = -3.0
"""For each capital behind a small letter, as in McDonald or, wrongly decoded, JosŽ."""


@dataclass(frozen=True)
class Sign:
    """What a character is. `script` is empty for what is no letter; `chance`: where no language lists it."""

    script: str
    upper: bool
    lower: bool
    vowel: bool
    chance: float


@lru_cache(maxsize=70_000)
def sign_of(character: str) -> Sign:
    """Tell what a character is."""
    category = unicodedata.category(character)
    script = ""
    if category[0] in "LM":
        script = unicodedata.name(character, "").split(" ")[0]
        script = _SAME_SCRIPT.get(script, script)
    base = unicodedata.normalize("NFD", character.lower())[:1]
    return Sign(script, category == "Lu", category == "Ll", base in _VOWELS, _chance(character, category, script))


def _chance(character: str, category: str, script: str) -> float:
    if category == "Cc":
        return _NO_TEXT
    if character.isascii():
        return _LETTER_IN_ASCII if script else _SIGN_IN_ASCII
    return _SIGNS.get(character, _UNLISTED_LETTER if script else _NO_TEXT)


@lru_cache(maxsize=20_000)
def form_score(word: str) -> float:
    """Return the log chance of a word's form."""
    signs = [sign_of(character) for character in word]
    score = sum(_capitals_score(run) for run in _cased_runs(signs))
    for index, (before, after) in enumerate(pairwise(signs)):
        if before.script and after.script:
            score += _step_score(before, after, in_ascii=word[index : index + 2].isascii())
    for character, before, sign, after in zip(word[1:], signs, signs[1:], signs[2:], strict=False):
        if before.script and after.script and not (sign.script or character.isascii() or character in _JOINING):
            score += _INSIDE
    return score


def _step_score(before: Sign, after: Sign, *, in_ascii: bool) -> float:
    """Return the log chance of two letters side by side, apart from which letters they are."""
    if before.script != after.script:
        latin_beside = {before.script, after.script} == {IDEOGRAMS, LATIN}
        return _LATIN_BESIDE_IDEOGRAM if latin_beside else _OTHER_SCRIPT
    if in_ascii or not (before.upper or before.lower):
        return 0.0
    return _TURNS[before.vowel, after.vowel]


def _cased_runs(signs: list[Sign]) -> list[list[Sign]]:
    """Cut a word into its runs of letters that know capitals."""
    runs: list[list[Sign]] = [[]]
    for sign in signs:
        if sign.upper or sign.lower:
            runs[-1].append(sign)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _capitals_score(run: list[Sign]) -> float:
    """Return the log chance of a run's capitals: Title, UPPER, lower or a mixture such as McDonald."""
    if all(sign.lower for sign in run):
        return _LOWER
    if all(sign.lower for sign in run[1:]):
        return _TITLE
    if all(sign.upper for sign in run):
        return _UPPER
    return _MIXED + _CAPITAL_INSIDE * sum(before.lower and after.upper for before, after in pairwise(run))
