"""The file's only address, under a header with a word that is not known: "Email for correspondence", "Pax email".

A file about people that has a single column of addresses most likely has the people's. It is not taken if the
words beside "email" are for somebody else, for a thing or for what was done with an email, or stand in another
header too: "Nanny email" beside "Nanny name" is the nanny's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from contact_pipelines.imports.columns.business_words import NEVER_SUBJECTS, is_business
from contact_pipelines.imports.columns.column_reading import Reading
from contact_pipelines.imports.columns.dictionary import UNPARTED, Entry, address_terms, look_up
from contact_pipelines.imports.columns.header_words import BOOLEAN_STARTS, PARTICLES
from contact_pipelines.imports.columns.people_words import CJK_PERSON, CONTACT_PARTS, PERSON, SOMEBODY_ELSE

_CONFIDENCE = 0.5
_MOST_WORDS = 7
_STEM = 5
"""Letters by which words are compared that may be inflected."""
_OF_PEOPLE = frozenset({"first_name", "last_name", "full_name", "name", "phone", "external_id"})


def read_only_address(readings: Sequence[Reading]) -> list[Reading]:
    """Read the only column that has to do with email as the email; the readings as they are if that is not so."""
    entries = [entry.field for reading in readings for entry in reading.entries]
    of_people = not _OF_PEOPLE.isdisjoint(entries) or any(PERSON.issuperset(r.words) for r in readings if r.words)
    if "email" in entries or not of_people:
        return list(readings)
    found = [(at, entry) for at in range(len(readings)) if (entry := _own_address(at, readings))]
    if len(found) != 1:
        return list(readings)
    at, entry = found[0]
    only = replace(readings[at], entries=(replace(entry, confidence=_CONFIDENCE),), reason="the file's only address")
    return [*readings[:at], only, *readings[at + 1 :]]


def _own_address(at: int, readings: Sequence[Reading]) -> Entry | None:
    """Return how column `at` reads as an address that is nobody else's."""
    reading = readings[at]
    if reading.barred or reading.secret or reading.consent or reading.entries:
        return None
    address = _address_in(reading.words)
    return address[0] if address and not _is_of_another(address[1], at, readings) else None


def _address_in(parts: tuple[str, ...]) -> tuple[Entry, tuple[str, ...]] | None:
    """Find the longest phrase for an address in a header: its entry, and the words beside it."""
    phrases, known, unparted = address_terms()
    if len(parts) > _MOST_WORDS:
        return None
    if not known.isdisjoint(parts):
        for start, end in _spans(len(parts)):
            if parts[start:end] in phrases:
                return phrases[parts[start:end]], (*parts[:start], *parts[end:])
    for at, part in enumerate(parts):
        term = next((term for term in unparted if term in part), "") if UNPARTED.search(part) else ""
        if term:
            before, _, after = part.partition(term)
            return look_up((term,))[0], (*parts[:at], before, after, *parts[at + 1 :])
    return None


def _spans(length: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of a sequence of this length, the longest first."""
    for size in range(length, 0, -1):
        for start in range(length - size + 1):
            yield start, start + size


def _is_of_another(beside: tuple[str, ...], at: int, readings: Sequence[Reading]) -> bool:
    """Whether the words beside "email" are for somebody or something that is not the contact."""
    left = {part for part in beside if part} - PARTICLES - PERSON - CONTACT_PARTS
    if not left.isdisjoint(_NEVER) or is_business(left):
        return True
    if any(word in part for part in left if UNPARTED.search(part) for word in _NOT_WITHIN):
        return True
    elsewhere = {part[:_STEM] for place, reading in enumerate(readings) if place != at for part in reading.words}
    return any(part[:_STEM] in elsewhere for part in left)


_NEVER = SOMEBODY_ELSE | NEVER_SUBJECTS | BOOLEAN_STARTS | {"to", "subject"}
_NOT_WITHIN = tuple(
    word for word in (SOMEBODY_ELSE | NEVER_SUBJECTS) - set(CJK_PERSON) if UNPARTED.search(word) and len(word) > 1
)
