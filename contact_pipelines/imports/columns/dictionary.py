"""The dictionary of field names in some seventy languages (`vocabulary/`), for lookups and typos."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from contact_pipelines.imports.columns.header_words import PARTICLES, PERSON, QUALIFIERS
from contact_pipelines.imports.columns.headers import compact, word_lists, word_set, words
from contact_pipelines.models import CONTACT_FIELDS, WELL_KNOWN_PROPERTIES

LANGUAGES: dict[str, str] = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "ca": "Catalan", "nl": "Dutch", "pl": "Polish", "cs": "Czech", "sv": "Swedish", "da": "Danish",
    "fi": "Finnish", "hu": "Hungarian", "ro": "Romanian", "hr": "Croatian", "bg": "Bulgarian", "tr": "Turkish",
    "ru": "Russian", "uk": "Ukrainian", "el": "Greek", "ja": "Japanese", "zh": "Chinese", "ko": "Korean",
    "ar": "Arabic", "fa": "Persian", "he": "Hebrew", "hi": "Hindi", "id": "Indonesian", "vi": "Vietnamese",
    "th": "Thai", "sr": "Serbian", "sl": "Slovenian", "et": "Estonian", "lv": "Latvian", "lt": "Lithuanian",
    "is": "Icelandic", "sq": "Albanian", "gl": "Galician", "eu": "Basque", "cy": "Welsh", "ga": "Irish",
    "mt": "Maltese", "lb": "Luxembourgish", "af": "Afrikaans", "sw": "Swahili", "tl": "Filipino", "ms": "Malay",
    "be": "Belarusian", "kk": "Kazakh", "uz": "Uzbek", "az": "Azerbaijani", "hy": "Armenian", "ka": "Georgian",
    "mn": "Mongolian", "ur": "Urdu", "bn": "Bengali", "ta": "Tamil", "te": "Telugu", "mr": "Marathi",
    "gu": "Gujarati", "kn": "Kannada", "ml": "Malayalam", "pa": "Punjabi", "or": "Odia", "ne": "Nepali",
    "si": "Sinhala", "km": "Khmer", "lo": "Lao", "my": "Burmese", "am": "Amharic",
    "ldap": "LDAP", "vcard": "vCard",
}  # fmt: skip
"""ISO 639-1 code -> English name. Where two languages share a word, the earlier one is named in the reason.

Standards whose short names ("sn") are words of no language come last.
"""

STANDARDS = frozenset({"ldap", "vcard"})

_USUAL, _SECOND_CHOICE, _DOUBTFUL = 0.95, 0.8, 0.6
_STEP = 0.002
"""How much less each word of a list counts than the one before it."""

_SHORTEST_FOR_TYPOS = 6
_SHORTEST_FOR_SWAPS = 5
_ALIKE = 80

_SPELLING = word_lists("word_lists/spelling")
_SLIPS, _ABBREVIATIONS = (dict(pair.split() for pair in _SPELLING[name]) for name in ("slips", "abbreviations"))
_NO_TYPOS = word_set(_SPELLING["no_typos"])
_NUMBERS = frozenset(_SPELLING["number_words"])


@dataclass(frozen=True)
class Entry:
    """The meaning of a phrase: a field or a reading such as `name`, the confidence, and the language.

    `language` is the first that has the phrase, `also` has the others. `needs_language`: the phrase counts only if
    another header of the file is in one of them. `alone`: it counts only as a whole header. `role`: it belongs to a
    buyer, a guest or the like, who may not be the contact.
    """

    field: str
    language: str
    confidence: float
    phrase: str
    needs_language: bool = False
    alone: bool = False
    also: tuple[str, ...] = ()
    role: bool = False

    @property
    def languages(self) -> frozenset[str]:
        """All languages that have the phrase."""
        return frozenset((self.language, *self.also))


@cache
def _table() -> dict[str, tuple[Entry, ...]]:
    """All phrases, keyed without spaces. Earlier languages come first, and a phrase lists a field once."""
    table: dict[str, list[Entry]] = {}
    for field in (*CONTACT_FIELDS, "full_name", *WELL_KNOWN_PROPERTIES):
        table[compact(words(field))] = [Entry(field, "en", 1.0, field)]
    for language in LANGUAGES:
        for field, listed in word_lists(f"vocabulary/{language}").items():
            for place, text in enumerate(listed):
                entry = _entry(field, language, text, place)
                same_key = table.setdefault(compact(words(entry.phrase)), [])
                _add(same_key, entry)
    return {key: tuple(entries) for key, entries in table.items() if key}


def _add(entries: list[Entry], entry: Entry) -> None:
    for at, other in enumerate(entries):
        if other.field == entry.field:
            entries[at] = replace(other, also=(*other.also, entry.language))
            return
    entries.append(entry)


def _entry(field: str, language: str, text: str, place: int) -> Entry:
    phrase = text.rstrip("*?=")
    marks = text[len(phrase) :]
    base = {0: _USUAL, 1: _SECOND_CHOICE}.get(marks.count("*"), _DOUBTFUL)
    confidence = base - _STEP * min(place, 25)
    return Entry(field, language, confidence, phrase, needs_language="?" in marks, alone="=" in marks)


def conflicts() -> dict[str, list[str]]:
    """Phrases that two languages use for different fields: key -> fields. For the tests of the vocabulary."""
    return {
        key: [entry.field for entry in entries]
        for key, entries in _table().items()
        if len({entry.field for entry in entries}) > 1
    }


def look_up(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return what a phrase means, the most likely first; empty if it is unknown."""
    return _table().get(compact(parts)) or _loose_table().get(_loose(parts), ())


UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""Scripts that do not separate words by spaces, or not always: Thai to Korean."""

_CLEARLY_ADDRESS = 0.7
"""Confidence that a word for an address needs: beside other words "subscriber" is not one."""


@cache
def address_terms() -> tuple[dict[tuple[str, ...], Entry], frozenset[str], tuple[str, ...]]:
    """Return the phrases for an email address, their characteristic words, and the unspaced ones, longest first."""
    firsts = (entries[0] for entries in _table().values())
    clear = (e for e in firsts if e.field == "email" and e.confidence >= _CLEARLY_ADDRESS and not e.alone)
    phrases = {words(entry.phrase): entry for entry in clear}
    unspaced = {compact(parts) for parts in phrases if all(map(UNSPACED.search, parts))}
    longest_first = sorted(unspaced, key=lambda text: (-len(text), text))
    around = PARTICLES.union(PERSON, *(kind.words for kind in QUALIFIERS)) - {"mail"}
    telling = {word for parts in phrases for word in parts if not word.isdigit()} - around
    return phrases, frozenset(telling), tuple(longest_first)


def speaks_of_addresses(parts: tuple[str, ...]) -> bool:
    """Whether a header may be about an email address. Fast; no false negatives."""
    _, known, unspaced = address_terms()
    if not known.isdisjoint((*parts, *spelt_out(parts))):
        return True
    return any(term in part for part in parts if UNSPACED.search(part) for term in unspaced)


@cache
def _loose_table() -> dict[str, tuple[Entry, ...]]:
    """All phrases of several words, without particles and with one word for "number"; the first one wins."""
    table: dict[str, tuple[Entry, ...]] = {}
    for entries in _table().values():
        parts = words(entries[0].phrase)
        table.setdefault(_loose(parts), entries)
    return {key: entries for key, entries in table.items() if key}


def _loose(parts: tuple[str, ...]) -> str:
    """Write "N° de téléphone" and "número telephone" the same way; empty if fewer than two words are left."""
    left = ["number" if part in _NUMBERS else part for part in parts if part not in PARTICLES]
    return compact(left) if len(left) > 1 else ""


@cache
def _spellings() -> dict[str, list[str]]:
    """All longer Latin words of the vocabulary by first letter, without those around a field's name."""
    found = {word for word in _known_words() if word.isascii() and len(word) >= _SHORTEST_FOR_SWAPS}
    by_letter: dict[str, list[str]] = {}
    for word in sorted(found - PERSON - PARTICLES):
        by_letter.setdefault(word[0], []).append(word)
    return by_letter


@cache
def _known_words() -> frozenset[str]:
    phrases = (entry.phrase for entries in _table().values() for entry in entries)
    return frozenset(word for phrase in phrases for word in words(phrase)) | frozenset(_table())


def spelt_out(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Write out abbreviations in a header of several words: CUST_FRST_NM, PHONE_NBR."""
    return tuple(_ABBREVIATIONS.get(part, part) for part in parts) if len(parts) > 1 else parts


def corrected(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return a header's words with likely misspellings corrected, each on its own."""
    return tuple(_SLIPS.get(part) or _corrected(part) for part in parts)


@lru_cache(maxsize=4096)
def _corrected(word: str) -> str:
    """Return the word of the vocabulary that `word` is a likely misspelling of, else `word` itself.

    Only words of six letters or more, one slip away and with the same first letter; of five letters, only two that
    are swapped.
    """
    if len(word) < _SHORTEST_FOR_SWAPS or not word.isascii() or word in _NO_TYPOS or word in _known_words():
        return word
    choices = _spellings().get(word[0], [])
    for choice, _, _ in process.extract(word, choices, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=5):
        if OSA.distance(word, choice, score_cutoff=1) > 1:
            continue
        if len(word) >= _SHORTEST_FOR_TYPOS and len(choice) >= _SHORTEST_FOR_SWAPS:
            return choice
        if sorted(word) == sorted(choice):
            return choice
    return word
