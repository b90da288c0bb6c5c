"""The synonyms as a dictionary to look headers up in, and its spelling help for longer words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from contact_pipelines.importing.columns.header_words import PARTICLES, PERSON
from contact_pipelines.importing.columns.headers import compact, words
from contact_pipelines.importing.columns.synonyms import SYNONYMS
from contact_pipelines.models import CONTACT_FIELDS, WELL_KNOWN_PROPERTIES

_USUAL, _SECOND_CHOICE, _DOUBTFUL = 0.95, 0.8, 0.6
_STEP = 0.002
"""How much a later word of a list is worth less than the one before it."""

_SHORTEST_FOR_TYPOS = 6
_SHORTEST_FOR_SWAPS = 5
_ALIKE = 80

_NO_TYPOS = frozenset(
    [
        "county",
        "counties",
        "states",
        "statue",
        "stats",
        "station",
        "stages",
        "portal",
        "religion",
        "contract",
        "contracts",
        "customs",
        "listname",
        "filename",
        "updates",
        "contents",
        "phrases",
        "prenotes",
        "ratings",
        "senders",
        "domain",
        "position2",
        "countryside",
        "telefax",
        "mobility",
        "languages",
        "personal",
        "creator",
        "joiner",
        "regions",
        "numbers",
        "member",
        "remail",
        "marks",
        "order",
        "forums",
    ]
)
"""Words that look like a misspelt field and are none."""


@dataclass(frozen=True)
class Entry:
    """What a phrase means: a field or a reading such as `name`, how sure that is, and in which language.

    `language` is the first that has the phrase, `also` the further ones. `needs_language`: the phrase
    counts only if another header of the file is in one of them. `alone`: it counts only as a whole header.
    """

    field: str
    language: str
    confidence: float
    phrase: str
    needs_language: bool = False
    alone: bool = False
    also: tuple[str, ...] = ()

    @property
    def languages(self) -> frozenset[str]:
        """All languages that have the phrase."""
        return frozenset((self.language, *self.also))


@cache
def _table() -> dict[str, tuple[Entry, ...]]:
    """All phrases, keyed without spaces. Earlier languages come first; one field is listed once a phrase."""
    table: dict[str, list[Entry]] = {}
    for field in (*CONTACT_FIELDS, "full_name", *WELL_KNOWN_PROPERTIES):
        table[compact(words(field))] = [Entry(field, "en", 1.0, field)]
    for language, fields in SYNONYMS.items():
        for field, listed in fields.items():
            for place, text in enumerate(listed.split(",")):
                entry = _entry(field, language, text.strip(), place)
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
    """Phrases that two languages use for different fields: key -> fields. For the tests of the data."""
    return {
        key: [entry.field for entry in entries]
        for key, entries in _table().items()
        if len({entry.field for entry in entries}) > 1
    }


def look_up(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return what a phrase means, the likeliest first; empty if nothing is known of it."""
    return _table().get(compact(parts), ())


@cache
def _spellings() -> dict[str, list[str]]:
    """Longer Latin words of the synonyms by first letter, without those around a field's name."""
    found = {word for word in _known_words() if word.isascii() and len(word) >= _SHORTEST_FOR_SWAPS}
    by_letter: dict[str, list[str]] = {}
    for word in sorted(found - PERSON - PARTICLES):
        by_letter.setdefault(word[0], []).append(word)
    return by_letter


@cache
def _known_words() -> frozenset[str]:
    phrases = (entry.phrase for entries in _table().values() for entry in entries)
    return frozenset(word for phrase in phrases for word in words(phrase)) | frozenset(_table())


@lru_cache(maxsize=4096)
def corrected(word: str) -> str:
    """Return the one word of the synonyms that `word` is a likely misspelling of, else `word` itself.

    Only words of six letters or more, one slip away and with the same first letter; of five letters, only two
    swapped ones ("frist").
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
