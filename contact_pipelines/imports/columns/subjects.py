"""Whom a file is about, if its columns say "Tenant email" and "Tenant name" instead of "Email".

A word denotes the person the rows are about (the subject) if it occurs with the file's only address and with a name or
another personal detail. It need not be listed: it may be a trade's term, an abbreviation, or in a language without a
vocabulary. A manager or a mother is never the subject.

Otherwise, the only column of addresses in a file about people is probably theirs, whatever its header: "Email for
correspondence", "Pax email". Not if the words around "email" denote somebody else, a thing or something done with an
email, or occur in another header too: "Nanny email" next to "Nanny name" is the nanny's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from contact_pipelines.imports.columns.dictionary import UNSPACED, Entry, address_terms, look_up, speaks_of_addresses
from contact_pipelines.imports.columns.header_meaning import SOMEBODY_ELSES, Reading, named_by, phrase_entries
from contact_pipelines.imports.columns.header_words import (
    BELONGINGS,
    BOOLEAN_STARTS,
    CONTACT_WORDS,
    NAMES,
    NEVER_PEOPLE,
    OWNERS,
    PARTICLES,
    PERSON,
    PERSON_PREFIXES,
    SOMEBODY_ELSE,
    is_business,
)

_MOST_WORDS = 5
_FACTOR = 0.85
"""Factor on an entry's confidence next to a word that is only assumed to denote a person."""
_ONLY_ADDRESS = 0.5
_MOST_WORDS_OF_ADDRESS = 7
_STEM = 5
"""Letters that are compared of words that may be inflected."""
_OF_PEOPLE = NAMES | {"phone", "external_id"}

_DETAILS = NAMES | {
    "email", "phone", "external_id", "birthday", "gender", "company", "title", "job_title", "address", "city",
    "state", "country", "postal_code", "created_at", "updated_at",
}  # fmt: skip
_ENOUGH_OF_SEVERAL = frozenset({"email", "phone"})

_DETAIL_FIRST = re.compile("[\u0e00-\u0eff\u1780-\u17ff]")
"""Thai, Lao and Khmer write "email-buyer" in one word, Chinese, Japanese and Korean "buyer-email"."""
_ELSE_WITHOUT_SPACES = frozenset(word for word in SOMEBODY_ELSE if UNSPACED.search(word))

_NEVER = SOMEBODY_ELSE | NEVER_PEOPLE | BOOLEAN_STARTS | {"to", "subject"}
_NOT_WITHIN = tuple(
    word for word in (SOMEBODY_ELSE | NEVER_PEOPLE) - set(PERSON_PREFIXES) if UNSPACED.search(word) and len(word) > 1
)

Subject = tuple[str, ...]


@dataclass(frozen=True)
class _Detail:
    """A reading of column `at` as a personal detail."""

    at: int
    entries: tuple[Entry, ...]


def read_of_subject(readings: Sequence[Reading]) -> list[Reading]:
    """Read the columns of the file's subject, if it has one and no column is plainly an address or a name."""
    if _has(readings, {"email"}) or not any(speaks_of_addresses(reading.words) for reading in readings):
        return list(readings)
    details = _details(readings)
    bare = {_bare(reading.words) for reading in readings}
    subject = _leading(details, bare, alone=not _has(readings, NAMES))
    result = list(readings)
    for detail in details.get(subject, ()):
        was = readings[detail.at]
        kept = tuple(replace(entry, confidence=entry.confidence * _FACTOR) for entry in detail.entries)
        reason = f"the file is about {' '.join(subject)!r}"
        result[detail.at] = replace(was, entries=kept, reason=reason, barred=False)
    if not subject:
        return result
    others = {other[0] for other in details if other != subject}
    return [_without_id(reading) if others.intersection(reading.words[:1]) else reading for reading in result]


def _without_id(reading: Reading) -> Reading:
    """Drop the reading as an identifier: `u_id` beside `u_name` is not that of the subject `c`."""
    return replace(reading, entries=tuple(entry for entry in reading.entries if entry.field != "external_id"))


def _has(readings: Sequence[Reading], fields: set[str] | frozenset[str]) -> bool:
    return any(entry.field in fields for reading in readings for entry in reading.entries)


def _details(readings: Sequence[Reading]) -> dict[Subject, list[_Detail]]:
    """Group the columns that are a detail of somebody by the words for that person, in the columns' order."""
    owned = any(not BELONGINGS.isdisjoint(reading.words) for reading in readings)
    found = [
        (subject, _Detail(at, entries))
        for at, reading in enumerate(readings)
        if not (
            reading.entries
            or reading.secret
            or reading.consent
            or (reading.barred and reading.reason != SOMEBODY_ELSES)
        )
        for subject, entries in _read_as_detail(reading.words, owned=owned)
    ]
    spoken = _languages(reading.entries for reading in readings) | _languages(detail.entries for _, detail in found)
    details: dict[Subject, list[_Detail]] = defaultdict(list)
    for subject, detail in found:
        entries = tuple(e for e in detail.entries if not e.needs_language or spoken & e.languages)
        if entries:
            details[subject].append(replace(detail, entries=entries))
    return details


def _read_as_detail(parts: Subject, *, owned: bool) -> list[tuple[Subject, tuple[Entry, ...]]]:
    """Split a header into a subject and the detail of it that the column holds: one pair or none."""
    for subject, rest in _splits(parts):
        entries = tuple(entry for entry in _meaning(rest) if entry.field in _DETAILS)
        if entries and _may_be_subject(subject, owned=owned):
            return [(subject, entries)]
    return []


def _languages(entries: Iterable[Sequence[Entry]]) -> set[str]:
    """Return the languages other than English that some columns are certainly in."""
    sure = (entry.languages for some in entries for entry in some if not entry.needs_language)
    return {language for languages in sure if "en" not in languages for language in languages}


def _splits(parts: Subject) -> Iterator[tuple[Subject, Subject]]:
    """Split a header into a subject and a detail: "tenant | email", "email | of tenant", "租客 | 邮箱"."""
    parts = tuple(part for part in parts if part != "s")  # "owner's"
    if not 1 <= len(parts) <= _MOST_WORDS:
        return
    if len(parts) == 1 and not parts[0].isascii():
        text = parts[0]
        yield from (((text[:at],), named_by(text[at:])) for at in range(1, len(text)))
        if _DETAIL_FIRST.match(text):
            yield from (((text[at:],), (text[:at],)) for at in range(len(text) - 1, 0, -1))
        return
    for at in range(1, len(parts)):
        yield _bare(parts[:at]), parts[at:]
    for at in range(len(parts) - 1, 0, -1):
        yield _bare(parts[at:]), parts[:at]


def _bare(parts: Subject) -> Subject:
    return tuple(part for part in parts if part not in PARTICLES)


def _meaning(parts: Subject) -> tuple[Entry, ...]:
    return look_up(parts) or (phrase_entries(parts) if parts[0].isascii() else ())


def _may_be_subject(subject: Subject, *, owned: bool) -> bool:
    """Whether words can denote the person: not somebody else or a thing. Pets and cars have owners."""
    if not subject or not NEVER_PEOPLE.isdisjoint(subject) or is_business(subject):
        return False
    if any(not entry.needs_language for entry in _meaning(subject)):
        return False
    if any(word in subject[0] for word in _ELSE_WITHOUT_SPACES) and not subject[0].isascii():
        return False
    others = SOMEBODY_ELSE.intersection(subject)
    return not others or (owned and others <= OWNERS)


def _leading(details: Mapping[Subject, Sequence[_Detail]], bare: set[Subject], *, alone: bool) -> Subject:
    """Return the subject whose address is the file's: the only one that has any, or the first and best known one.

    `bare`: the headers by themselves; a column "Tenant" is the tenant's name. `alone`: no other column is a name. If
    one is, the address may be of somebody else than that name.
    """
    fields = {subject: _fields(found) for subject, found in details.items()}
    for subject in fields.keys() & bare:
        fields[subject].add("name")
    addressed = [subject for subject, known in fields.items() if "email" in known]
    if not addressed or not alone:
        return ()
    first = addressed[0]
    if not _fields(details[first]) & (NAMES | {"phone"}):
        return ()
    if len(addressed) == 1:
        return first
    named = [subject for subject in addressed if fields[subject] & NAMES]
    if named == [first]:
        return first
    complete = [subject for subject in addressed if fields[subject] >= _ENOUGH_OF_SEVERAL and fields[subject] & NAMES]
    return first if complete == [first] else ()


def _fields(found: Sequence[_Detail]) -> set[str]:
    return {entry.field for detail in found for entry in detail.entries[:1]}


def read_only_address(readings: Sequence[Reading]) -> list[Reading]:
    """Read the only column that has to do with email as the email, if it may be the contact's."""
    entries = [entry.field for reading in readings for entry in reading.entries]
    of_people = not _OF_PEOPLE.isdisjoint(entries) or any(PERSON.issuperset(r.words) for r in readings if r.words)
    if "email" in entries or not of_people:
        return list(readings)
    found = [(at, entry) for at in range(len(readings)) if (entry := _own_address(at, readings))]
    if len(found) != 1:
        return list(readings)
    at, entry = found[0]
    only = replace(readings[at], entries=(replace(entry, confidence=_ONLY_ADDRESS),), reason="the file's only address")
    return [*readings[:at], only, *readings[at + 1 :]]


def _own_address(at: int, readings: Sequence[Reading]) -> Entry | None:
    """Return how column `at` reads as an address, unless it is somebody else's."""
    reading = readings[at]
    if reading.barred or reading.secret or reading.consent or reading.entries:
        return None
    address = _address_in(reading.words)
    return address[0] if address and not _is_of_another(address[1], at, readings) else None


def _address_in(parts: tuple[str, ...]) -> tuple[Entry, tuple[str, ...]] | None:
    """Find the longest phrase for an address in a header: its entry, and the other words."""
    phrases, known, unspaced = address_terms()
    if len(parts) > _MOST_WORDS_OF_ADDRESS:
        return None
    if not known.isdisjoint(parts):
        for start, end in _spans(len(parts)):
            if parts[start:end] in phrases:
                return phrases[parts[start:end]], (*parts[:start], *parts[end:])
    for at, part in enumerate(parts):
        term = next((term for term in unspaced if term in part), "") if UNSPACED.search(part) else ""
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
    """Whether the words next to "email" denote somebody or something other than the contact."""
    left = {part for part in beside if part} - PARTICLES - PERSON - CONTACT_WORDS
    if not left.isdisjoint(_NEVER) or is_business(left):
        return True
    if any(word in part for part in left if UNSPACED.search(part) for word in _NOT_WITHIN):
        return True
    elsewhere = {part[:_STEM] for place, reading in enumerate(readings) if place != at for part in reading.words}
    return any(part[:_STEM] in elsewhere for part in left)
