"""The synonyms as a dictionary to look headers up in, and its spelling help for longer words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from contact_pipelines.imports.columns.header_words import PARTICLES, QUALIFIERS
from contact_pipelines.imports.columns.headers import compact, word_set, words
from contact_pipelines.imports.columns.languages import LANGUAGES, synonyms
from contact_pipelines.imports.columns.people_words import PERSON
from contact_pipelines.models import CONTACT_FIELDS, WELL_KNOWN_PROPERTIES

_USUAL, _SECOND_CHOICE, _DOUBTFUL = 0.95, 0.8, 0.6
_STEP = 0.002
"""How much a later word of a list is worth less than the one before it."""

_SHORTEST_FOR_TYPOS = 6
_SHORTEST_FOR_SWAPS = 5
_ALIKE = 80

_NO_TYPOS = word_set(
    """county counties states statue stats station stages portal religion contract contracts customs listname
    filename updates contents phrases prenotes ratings senders domain position2 countryside telefax mobility
    languages personal creator joiner regions numbers member remail marks order forums abmeldedatum
    abgemeldet angemeldet tomail gmail"""
)
"""Words that look like a misspelt field and are none."""


@dataclass(frozen=True)
class Entry:
    """What a phrase means: a field or a reading such as `name`, how sure that is, and in which language.

    `language` is the first that has the phrase, `also` the further ones. `needs_language`: the phrase
    counts only if another header of the file is in one of them. `alone`: it counts only as a whole header.
    `role`: it is of a buyer, a guest or the like, who may not be the contact.
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
    """All phrases, keyed without spaces. Earlier languages come first; one field is listed once a phrase."""
    table: dict[str, list[Entry]] = {}
    for field in (*CONTACT_FIELDS, "full_name", *WELL_KNOWN_PROPERTIES):
        table[compact(words(field))] = [Entry(field, "en", 1.0, field)]
    for language in LANGUAGES:
        for field, listed in synonyms(language).items():
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
    """Phrases that two languages use for different fields: key -> fields. For the tests of the data."""
    return {
        key: [entry.field for entry in entries]
        for key, entries in _table().items()
        if len({entry.field for entry in entries}) > 1
    }


def look_up(parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return what a phrase means, the likeliest first; empty if nothing is known of it."""
    return _table().get(compact(parts)) or _loose_table().get(_loose(parts), ())


UNPARTED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""Scripts that do not part words by spaces, or not always: Thai to Korean."""

_CLEARLY_ADDRESS = 0.7
"""Confidence that a word for an address needs: "subscriber" is none beside other words."""


@cache
def address_terms() -> tuple[dict[tuple[str, ...], Entry], frozenset[str], tuple[str, ...]]:
    """Return the phrases for an email address, the telling words in them, and the unparted ones, longest first."""
    firsts = (entries[0] for entries in _table().values())
    clear = (e for e in firsts if e.field == "email" and e.confidence >= _CLEARLY_ADDRESS and not e.alone)
    phrases = {words(entry.phrase): entry for entry in clear}
    unparted = {compact(parts) for parts in phrases if all(map(UNPARTED.search, parts))}
    longest_first = sorted(unparted, key=lambda text: (-len(text), text))
    around = PARTICLES.union(PERSON, *(kind.words for kind in QUALIFIERS)) - {"mail"}
    telling = {word for parts in phrases for word in parts if not word.isdigit()} - around
    return phrases, frozenset(telling), tuple(longest_first)


def speaks_of_addresses(parts: tuple[str, ...]) -> bool:
    """Whether some word of a header may be of an email address. Quick, and sure where it says no."""
    _, known, unparted = address_terms()
    if not known.isdisjoint((*parts, *spelt_out(parts))):
        return True
    return any(term in part for part in parts if UNPARTED.search(part) for term in unparted)


_NUMBERS = {"numero", "num", "nr", "nro", "no", "nummer", "numer", "numar", "n", "номер", "number"}
"""How "number" is written in phrases such as "telephone number"."""


@cache
def _loose_table() -> dict[str, tuple[Entry, ...]]:
    """All phrases of several words again, without particles and with one word for "number"; the first one wins."""
    table: dict[str, tuple[Entry, ...]] = {}
    for entries in _table().values():
        parts = words(entries[0].phrase)
        table.setdefault(_loose(parts), entries)
    return {key: entries for key, entries in table.items() if key}


def _loose(parts: tuple[str, ...]) -> str:
    """Write "N° de téléphone" and "número telephone" alike. Two words must be left to be compared."""
    left = ["number" if part in _NUMBERS else part for part in parts if part not in PARTICLES]
    return compact(left) if len(left) > 1 else ""


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


_ABBREVIATIONS = {
    "nbr": "number", "num": "number", "numb": "number", "cd": "code", "addr": "address", "adr": "address", "nm": "name",
    "dt": "date", "dte": "date", "ts": "timestamp", "frst": "first", "fst": "first", "fn": "first", "lst": "last",
    "ln": "line", "cust": "customer", "clnt": "client", "mbr": "member", "cntry": "country", "ctry": "country",
    "org": "organization", "comp": "company", "tel": "telephone", "phn": "phone", "ph": "phone",
    "eml": "email", "mob": "mobile", "usr": "user", "pstl": "postal", "post": "postal", "cty": "city", "str": "street",
    "emp": "employee", "stu": "student", "pat": "patient", "prov": "province", "bus": "business", "wrk": "work",
    "hm": "home", "lang": "language", "brth": "birth", "upd": "updated", "crt": "created", "cre": "created",
    "mod": "modified", "pref": "preferred", "prim": "primary", "pri": "primary", "res": "residence",
    "desc": "description",
}  # fmt: skip
"""What database columns leave out. Only beside other words: a bare "co" or "cd" is anything."""


def spelt_out(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Write out abbreviations in a header of several words: CUST_FRST_NM, PHONE_NBR."""
    return tuple(_ABBREVIATIONS.get(part, part) for part in parts) if len(parts) > 1 else parts


def corrected(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return a header's words with likely misspellings mended, each on its own."""
    return tuple(_SLIPS.get(part) or _corrected(part) for part in parts)


_SLIPS = {
    "emial": "email", "eamil": "email", "emal": "email", "emaill": "email", "emai": "email", "imail": "email",
    "adress": "address", "adres": "address", "addres": "address", "adddress": "address", "phne": "phone",
    "phon": "phone", "pohne": "phone", "phoen": "phone", "fone": "phone", "nmae": "name", "naem": "name",
    "frist": "first", "fisrt": "first", "firts": "first", "fist": "first", "lsat": "last", "citty": "city",
    "coutry": "country", "contry": "country", "staet": "state", "stte": "state", "cuontry": "country",
    "numer": "number", "numbr": "number", "nubmer": "number", "tilte": "title", "surnme": "surname",
    "postl": "postal", "potal": "postal", "poscode": "postcode", "comany": "company",
    "birht": "birth", "ctiy": "city", "cityy": "city",
    "brith": "birth",
}  # fmt: skip
"""Slips in words too short to be mended by likeness, or that are words of another language."""


@lru_cache(maxsize=4096)
def _corrected(word: str) -> str:
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
