"""Suggest which contact field each column is: by its header, by the others, and by a few values.

1. `column_reading.read` says what a header can mean by itself.
2. What hangs on the other headers ("Nombre" with or without "Apellidos") is decided here, into candidates.
3. A few values of the column may refuse a candidate; they never find one, but for plain email addresses.
4. Each field goes to its best candidate; the leftmost wins a tie. The others are ignored, and say why.

A missed column costs a look at the mapping, a wrong one mails the wrong person: in doubt it is `ignore`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contact_pipelines.importing.columns.column_reading import Reading, read
from contact_pipelines.importing.columns.dictionary import Entry, look_up
from contact_pipelines.importing.columns.header_words import BUSINESS_OF_ITS_OWN, PERSON, SOMEBODY_ELSE
from contact_pipelines.importing.columns.headers import words
from contact_pipelines.importing.columns.sample_signals import are_addresses, are_consent, refusal
from contact_pipelines.models import IGNORE, PROPERTY_PREFIX, WELL_KNOWN_PROPERTIES, ColumnMapping

_LEAST = 0.3
_SECOND_OF_SAME_HEADER = 0.5
_LOGIN_AS_EMAIL = 0.55
_BY_VALUES = 0.5
_UNDER_PREFIX = 0.85
_FOREIGN = 0.9
_LEAST_SHARING = 3
_NEARLY_ALL = 0.8
_SHORT_PREFIX = 3

_IDENTITY = frozenset({"external_id", "email", "phone", "first_name", "last_name", "full_name", "name", "login"})
_REPEATED = re.compile(r"(.+)#\d+", re.DOTALL)
_PREFIXED = re.compile(r"([^\W_]+)[_.:/]+(\S+)")


@dataclass(frozen=True)
class _Candidate:
    """One thing that one column may be."""

    at: int
    field: str
    confidence: float
    reason: str


def suggest(header: Sequence[str], samples: Mapping[str, Sequence[str]] | None = None) -> list[ColumnMapping]:
    """Suggest a field for each column, in the columns' order; at most one column for a field.

    `header` holds the columns' labels: trimmed and unique ("Name#2", "column_3"). `samples` holds some
    non-empty values of each label. A field is a contact field, `full_name`, the bare key of a well-known
    property such as `city`, `properties.<key>` or `ignore`. Raises nothing, whatever the headers are.
    """
    values = samples or {}
    readings = _read_under_prefix(_in_their_language([_read_label(label, set(header)) for label in header]))
    candidates: list[_Candidate] = []
    reasons = [reading.reason for reading in readings]
    for candidate in _candidates(readings, values):
        why = refusal(candidate.field, values.get(header[candidate.at], ()))
        if why:
            reasons[candidate.at] = f"header reads as {candidate.field}, but {why}"
        else:
            candidates.append(candidate)
    candidates += _addresses_without_header(readings, candidates, values)
    return _give_out(header, candidates, reasons)


def _read_label(label: str, labels: set[str]) -> Reading:
    """Read a label. The second column of the same header counts only if the first turns out to be none."""
    repeated = _REPEATED.fullmatch(label)
    if not repeated or repeated[1] not in labels:
        return read(label)
    reading = read(repeated[1])
    kept = tuple(
        replace(entry, confidence=entry.confidence * _SECOND_OF_SAME_HEADER)
        for entry in reading.entries
        if entry.field in {"email", "phone"}
    )
    reason = reading.reason if reading.barred else "the same header stands before it"
    return replace(reading, label=label, entries=kept, reason=reason)


def _in_their_language(readings: list[Reading]) -> list[Reading]:
    """Drop readings of short words ("Ad") unless another header is in their language and not English."""
    spoken = _spoken([r for r in readings if not any("en" in entry.languages for entry in r.entries)])
    return [
        replace(r, entries=kept, reason=r.reason if kept else "no match")
        if len(kept := tuple(e for e in r.entries if not e.needs_language or any(spoken[x] for x in e.languages)))
        < len(r.entries)
        else r
        for r in readings
    ]


def _spoken(readings: list[Reading]) -> Counter[str]:
    """Count the headers that are words of each language; most are words of several."""
    spoken: Counter[str] = Counter()
    for reading in readings:
        for entry in reading.entries[:1]:
            if not entry.needs_language:
                spoken.update(entry.languages)
    return spoken


def _read_under_prefix(readings: list[Reading]) -> list[Reading]:
    """Read `crm2_city` as `city` where headers share a technical prefix; identity only if nearly all do."""
    found = [_PREFIXED.fullmatch(reading.label) for reading in readings]
    shared = Counter(match[1].casefold() for match in found if match)
    result: list[Reading] = []
    for reading, match in zip(readings, found, strict=True):
        if not match or reading.entries or reading.barred or shared[match[1].casefold()] < _LEAST_SHARING:
            result.append(reading)
            continue
        everywhere = shared[match[1].casefold()] >= _NEARLY_ALL * len(readings)
        result.append(_without_prefix(reading, match[1], match[2], everywhere=everywhere))
    return result


def _without_prefix(reading: Reading, prefix: str, rest: str, *, everywhere: bool) -> Reading:
    technical = len(prefix) <= _SHORT_PREFIX or any(char.isdigit() for char in prefix)
    meaning = set(words(prefix))
    if meaning & (SOMEBODY_ELSE | BUSINESS_OF_ITS_OWN) or look_up(tuple(words(prefix))):
        return reading
    inner = read(rest)
    kept = tuple(
        replace(entry, confidence=entry.confidence * _UNDER_PREFIX)
        for entry in inner.entries
        if everywhere or (technical and entry.field not in _IDENTITY and entry.phrase != "status")
    )
    if not kept and not inner.barred:
        return reading
    return replace(inner, label=reading.label, entries=kept, reason=inner.reason)


def _candidates(readings: list[Reading], values: Mapping[str, Sequence[str]]) -> list[_Candidate]:
    """Turn readings into candidates; what hangs on the other headers is decided here."""
    read_as = {entry.field: entry for reading in reversed(readings) for entry in reading.entries[:1]}
    spoken = _spoken(readings)
    most = max(spoken.values(), default=0)
    result: list[_Candidate] = []
    for at, reading in enumerate(readings):
        for entry in reading.entries:
            field = _decided(entry, at, readings, read_as, values)
            if field:
                reason = reading.reason
                if field != entry.field:
                    reason = f"{entry.phrase!r} beside the other headers is {field}"
                share = max((spoken[x] for x in entry.languages), default=0) / most if entry.language and most else 1
                confidence = entry.confidence * _certainty(entry.field) * (_FOREIGN + (1 - _FOREIGN) * share)
                result.append(_Candidate(at, field, confidence, reason))
    return result


def _certainty(reading: str) -> float:
    return {"name": 0.93, "title": 0.8, "region_or_status": 0.85, "login": _LOGIN_AS_EMAIL}.get(reading, 1.0)


def _decided(
    entry: Entry,
    at: int,
    readings: list[Reading],
    read_as: dict[str, Entry],
    values: Mapping[str, Sequence[str]],
) -> str:
    """Return the field that an entry is in this file; empty if that stays open."""
    samples = values.get(readings[at].label, ())
    if entry.field == "name":
        return _which_name(read_as)
    if entry.field == "title":
        return "" if _is_honorific(at, readings) else "job_title"
    if entry.field == "region_or_status":
        beside_place = not {"city", "address", "postal_code", "country"}.isdisjoint(read_as)
        return "status" if are_consent(samples) else "state" if beside_place else ""
    if entry.field == "login":
        return "email" if _is_login_the_address(readings) and not samples else ""
    if entry.field == "status" and len(words(entry.phrase)) == 1:
        return "status" if samples or not _has_other_business(readings, at) else ""
    return entry.field


def _which_name(read_as: dict[str, Entry]) -> str:
    """Tell what a bare "Name" is: the missing half if the other stands beside it, else the full name.

    Beside "First name" alone an English "Name" is the full name; elsewhere ("Vorname" and "Name", "Prénom"
    and "Nom") it is the family name.
    """
    first, last = read_as.get("first_name"), read_as.get("last_name")
    if last and not first:
        return "first_name"
    if first and not last and "en" not in first.languages:
        return "last_name"
    return "full_name"


def _is_honorific(at: int, readings: list[Reading]) -> bool:
    """Whether a "Title" is Mr or Dr: it leads a name or goes with a suffix, and there is no salutation."""
    all_words = [set(reading.words) for reading in readings]
    if any(some & {"salutation", "honorific", "prefix", "anrede"} for some in all_words):
        return False
    after = readings[at + 1].entries[:1] if at + 1 < len(readings) else ()
    leads_name = bool(after) and after[0].field in {"first_name", "full_name"}
    return leads_name or any("suffix" in some for some in all_words)


def _is_login_the_address(readings: list[Reading]) -> bool:
    """Whether the only address is called a further one: the first is then what people sign in with."""
    emails = [entry.confidence for reading in readings for entry in reading.entries if entry.field == "email"]
    return bool(emails) and max(emails) < _LOGIN_AS_EMAIL


def _has_other_business(readings: list[Reading], at: int) -> bool:
    """Whether the file is also about orders, tickets or deals, whose status a bare "Status" may be."""
    others = (set(reading.words) for place, reading in enumerate(readings) if place != at)
    return any(some & BUSINESS_OF_ITS_OWN for some in others)


def _addresses_without_header(
    readings: list[Reading], candidates: list[_Candidate], values: Mapping[str, Sequence[str]]
) -> list[_Candidate]:
    """Find the one column of addresses whose header does not say so, if no column says it is the email."""
    if not values or any(candidate.field == "email" for candidate in candidates):
        return []
    taken = {candidate.at for candidate in candidates}
    found = [
        at
        for at, reading in enumerate(readings)
        if not reading.barred and at not in taken and are_addresses(values.get(reading.label, ()))
    ]
    if len(found) != 1 or _is_role_only(readings[found[0]]):
        return []
    return [_Candidate(found[0], "email", _BY_VALUES, "its values are email addresses")]


def _is_role_only(reading: Reading) -> bool:
    """Whether the header is a bare word for somebody else ("Manager"), though "Member" is the contact."""
    return bool(reading.words) and set(reading.words) <= SOMEBODY_ELSE - PERSON


def _give_out(header: Sequence[str], candidates: list[_Candidate], reasons: list[str]) -> list[ColumnMapping]:
    """Give each field to its best candidate and each column at most one field."""
    given: dict[int, _Candidate] = {}
    taken: set[str] = set()
    for candidate in sorted(candidates, key=lambda c: (-c.confidence, c.at)):
        name = candidate.field.removeprefix(PROPERTY_PREFIX)
        key = f"{PROPERTY_PREFIX}{name}" if name in WELL_KNOWN_PROPERTIES else candidate.field
        if candidate.confidence < _LEAST or candidate.at in given:
            continue
        if key in taken:
            reasons[candidate.at] = f"another column is a better {candidate.field}"
            continue
        given[candidate.at] = candidate
        taken.add(key)
    return [_mapping(label, given.get(at), reasons[at]) for at, label in enumerate(header)]


def _mapping(label: str, candidate: _Candidate | None, reason: str) -> ColumnMapping:
    if candidate is None:
        unsure = "could be several things; map it by hand" if reason.startswith(("synonym", "header is")) else reason
        return ColumnMapping(label, IGNORE, 0.0, unsure)
    field = f"{PROPERTY_PREFIX}gender" if candidate.field == "gender" else candidate.field
    return ColumnMapping(label, field, round(candidate.confidence, 2), candidate.reason)
