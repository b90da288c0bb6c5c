"""What the headers together say about each column: language, prefixes, whose name or status it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from contact_pipelines.imports.columns.dictionary import STANDARDS, Entry, look_up
from contact_pipelines.imports.columns.header_meaning import NO_MATCH, Reading, read
from contact_pipelines.imports.columns.header_words import (
    BELONGINGS,
    NAMES,
    ROLES,
    SELLERS,
    SOMEBODY_ELSE,
    is_business,
    of_contact,
    of_human,
)
from contact_pipelines.imports.columns.headers import words
from contact_pipelines.imports.columns.subjects import read_of_subject, read_only_address
from contact_pipelines.imports.columns.value_kinds import are_consent, are_consent_answers

_LOGIN_AS_EMAIL = 0.55
_SECOND_OF_SAME_HEADER = 0.5
_UNDER_PREFIX = 0.85
_LEAST_SHARING = 3
_NEARLY_ALL = 0.8
_SHORT_PREFIX = 3
_FOREIGN = 0.9

_OF_PRODUCTS_TOO = frozenset({"subscription status", "subscription state", "subscriber status"})
"""Consent to a newsletter in one file, a subscription that customers pay for in another."""

_WHO = NAMES | {"external_id", "email", "phone", "login"}
_REPEATED = re.compile(r"(.+)#\d+", re.DOTALL)
_PREFIXED = re.compile(r"([^\W_]+)[_.:/]+(\S+)")
_TYPED = re.compile(r"(?:str|txt|int|lng|dbl|dtm|dte|dt|bit|bln|bool|chr|vch|num|fld|col)(?=[A-Z][a-z])")
"""Hungarian notation, `strFirstName`: the type of the values comes before the name."""
_CONTAINED = re.compile(
    r"\s*(?P<container>attributes|properties|fields|traits|data|payload|person|contact|profile)\.(?=\S)", re.IGNORECASE
)
"""`attributes.email`: the object that held the fields before JSON was flattened (HubSpot, Klaviyo, Segment)."""

_LEAST_TYPED = 3


def read_header(header: Sequence[str]) -> list[Reading]:
    """Read all labels of a file; each depends on the language of the others and on a prefix that they share."""
    labels = {label.casefold() for label in header}
    plain = _without_technical_prefixes(header)
    read_alone = [replace(_read_label(short, labels), label=label) for label, short in zip(header, plain, strict=True)]
    return read_only_address(read_of_subject(_read_under_prefix(_in_their_language(read_alone))))


def _read_label(label: str, labels: Collection[str]) -> Reading:
    """Read a label. The second column with the same header counts only if the first is not that field."""
    repeated = _REPEATED.fullmatch(label)
    if not repeated or repeated[1].casefold() not in labels:
        return read(label)
    reading = read(repeated[1])
    kept = tuple(
        replace(entry, confidence=entry.confidence * _SECOND_OF_SAME_HEADER)
        for entry in reading.entries
        if entry.field in {"email", "phone"}
    )
    reason = reading.reason if reading.barred else "the same header stands before it"
    return replace(reading, label=label, entries=kept, reason=reason)


def _without_technical_prefixes(header: Sequence[str]) -> list[str]:
    """Return the labels without the prefixes that a program put before all of them.

    A container is dropped only if it holds an address and no column outside of it is one: otherwise
    `properties.email` is a property of an event, beside the contact's own.
    """
    typed = sum(1 for label in header if _TYPED.match(label))
    if typed >= _LEAST_TYPED:
        return [_TYPED.sub("", label, count=1) for label in header]
    found = [_CONTAINED.match(label) for label in header]
    containers = {match["container"].casefold() for match in found if match}
    if len(containers) != 1 or _name_somebody([label for label, match in zip(header, found, strict=True) if not match]):
        return list(header)
    plain = [label[match.end() :] if match else label for label, match in zip(header, found, strict=True)]
    inside = [short for short, match in zip(plain, found, strict=True) if match]
    return plain if _name_somebody(inside) else list(header)


def _name_somebody(labels: Sequence[str]) -> bool:
    return any(entry.field == "email" for label in labels for entry in read(label).entries)


def _in_their_language(readings: list[Reading]) -> list[Reading]:
    """Drop readings of short words ("Ad") unless another header is in their language and not English."""
    spoken = _spoken([r for r in readings if not any("en" in entry.languages for entry in r.entries)])
    return [
        replace(r, entries=kept, reason=r.reason if kept else NO_MATCH)
        if len(kept := tuple(e for e in r.entries if not e.needs_language or any(spoken[x] for x in e.languages)))
        < len(r.entries)
        else r
        for r in readings
    ]


def _spoken(readings: Sequence[Reading]) -> Counter[str]:
    """Count the headers that are words of each language; most are words of several.

    Two doubtful ones of a standard vouch for each other: "cn" and "sn" are LDAP.
    """
    spoken: Counter[str] = Counter()
    doubtful: Counter[str] = Counter()
    for reading in readings:
        for entry in reading.entries[:1]:
            (doubtful if entry.needs_language else spoken).update(entry.languages)
    spoken.update({standard: doubtful[standard] for standard in STANDARDS if doubtful[standard] > 1})
    return spoken


def _read_under_prefix(readings: list[Reading]) -> list[Reading]:
    """Read `crm2_city` as `city` where headers share a technical prefix; names and keys only if nearly all do."""
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
    if meaning & SOMEBODY_ELSE or is_business(tuple(meaning)) or look_up(tuple(words(prefix))):
        return reading
    inner = read(rest)
    kept = tuple(
        replace(entry, confidence=entry.confidence * _UNDER_PREFIX)
        for entry in inner.entries
        if everywhere or (technical and entry.field not in _WHO and entry.phrase != "status")
    )
    if not kept and not inner.barred:
        return reading
    return replace(inner, label=reading.label, entries=kept, reason=inner.reason)


class _OtherPeople:
    """Which columns with a word for a buyer, guest or contact person are about somebody other than the contact."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        """Take the readings of all columns, in order."""
        self._found = [(reading, entry) for reading in readings for entry in reading.entries[:1]]
        self._readings = readings

    def own(self, entry: Entry, at: int) -> bool:
        """Whether column `at`, read as `entry`, may be the contact's."""
        if entry.field not in _WHO:
            return True
        parts = self._readings[at].words
        if self._contact_is_another and of_contact(parts) and not of_human(parts):
            return False
        if entry.field == "external_id" and len(parts) == 1:
            return not self._has_person_id
        return not entry.role or self._role_is_own(entry, parts)

    def _role_is_own(self, entry: Entry, parts: Sequence[str]) -> bool:
        """Whether the buyer or guest is the contact: not if somebody without such a word is, or another role."""
        if self._sells_things:
            return False
        roles = ROLES.intersection(parts)
        if self._leading_role and roles and not roles & self._leading_role:
            return False
        if entry.field in NAMES:
            return self._plain.isdisjoint(NAMES)
        return "email" not in self._plain or self._plain.isdisjoint(NAMES)

    @cached_property
    def _plain(self) -> set[str]:
        """Fields of columns without a word for a role. A bare "Name" beside orders and roles is the order's."""
        has_role = any(entry.role and entry.field in NAMES for _, entry in self._found)
        return {
            entry.field
            for reading, entry in self._found
            if not entry.role and not (has_role and self._is_of_a_thing(reading, entry))
        }

    def _is_of_a_thing(self, reading: Reading, entry: Entry) -> bool:
        others = (other.words for other in self._readings if other is not reading)
        return entry.field == "name" and len(reading.words) == 1 and any(map(is_business, others))

    @cached_property
    def _leading_role(self) -> frozenset[str]:
        """Return the words of the role that has an address and, of these, the most details; the first if equal."""
        details: dict[str, set[str]] = {}
        for reading, entry in self._found:
            for role in ROLES.intersection(reading.words) if entry.role and entry.field in _WHO else ():
                details.setdefault(role, set()).add(entry.field)
        addressed = [role for role, fields in details.items() if "email" in fields]
        return frozenset({max(addressed, key=lambda role: len(details[role]))}) if addressed else frozenset()

    @cached_property
    def _contact_is_another(self) -> bool:
        """Whether a contact person is named beside a patient, pupil or employee who has a name of their own."""
        named = [reading.words for reading, entry in self._found if entry.field in NAMES]
        human = any(of_human(parts) and not of_contact(parts) for parts in named)
        return human and any(of_contact(parts) and not of_human(parts) for parts in named)

    @cached_property
    def _sells_things(self) -> bool:
        """Whether the file is about houses or cars and has a seller's address beside the buyer's."""
        things = any(not BELONGINGS.isdisjoint(reading.words) for reading in self._readings)
        return things and any(
            "email" in reading.words and not SELLERS.isdisjoint(reading.words) for reading in self._readings
        )

    @cached_property
    def _has_person_id(self) -> bool:
        """Whether a bare "Id" is an order's or ticket's: then the person's has a longer name ("Customer ID")."""
        business = any(is_business(reading.words) for reading in self._readings)
        return business and any(
            entry.field == "external_id" and len(reading.words) > 1 for reading, entry in self._found
        )


@dataclass(frozen=True)
class HeaderSet:
    """The readings of all headers of a file, which together decide what the ambiguous ones are.

    `first_read`: field -> the entry of the first column whose likeliest field it is. `business`: by the file's name, a
    bare "Status" may be that of an order or a ticket.
    """

    readings: Sequence[Reading]
    first_read: Mapping[str, Entry]
    spoken: Counter[str]
    people: _OtherPeople
    business: bool

    @classmethod
    def of(cls, readings: Sequence[Reading], file_name: str) -> HeaderSet:
        """Look at all readings together."""
        first = {entry.field: entry for reading in reversed(readings) for entry in reading.entries[:1]}
        business = is_business(words(file_name.rpartition(".")[0]))
        return cls(readings, first, _spoken(readings), _OtherPeople(readings), business)

    def certainty(self, entry: Entry) -> float:
        """Return the factor of an entry's confidence: lower for ambiguous readings and for words of other languages."""
        most = max(self.spoken.values(), default=0)
        share = max((self.spoken[x] for x in entry.languages), default=0) / most if entry.language and most else 1
        open_readings = {"name": 0.93, "title": 0.8, "region_or_status": 0.85, "login": _LOGIN_AS_EMAIL}
        return open_readings.get(entry.field, 1.0) * (_FOREIGN + (1 - _FOREIGN) * share)

    def decide(self, entry: Entry, at: int, samples: Sequence[str]) -> str:
        """Return the field that an entry of column `at` is in this file; empty if that is not clear."""
        if not self.people.own(entry, at):
            return ""
        if entry.field in {"region_or_status", "state", "status"}:
            return self._state_or_status(entry, at, samples)
        if entry.field == "name":
            return "" if self._is_of_a_thing(entry, at) else self._which_name()
        if entry.field == "title":
            return "" if self._is_honorific(at) else "job_title"
        if entry.field == "login":
            return "email" if self._is_login_the_address() and not samples else ""
        return entry.field

    def _state_or_status(self, entry: Entry, at: int, samples: Sequence[str]) -> str:
        """Tell a province from consent ("Estado", "State"), and consent from the state of an order."""
        if are_consent(samples):
            return "status"
        if entry.field == "region_or_status":
            beside_place = not {"city", "address", "postal_code", "country"}.isdisjoint(self.first_read)
            return "state" if beside_place else ""
        if entry.field == "state" and self._is_state_of_a_thing(entry, at):
            return ""
        if entry.field == "status" and (entry.phrase in _OF_PRODUCTS_TOO or len(words(entry.phrase)) == 1):
            as_orders = are_consent_answers(samples)  # words such as "pending" do not prove consent
            return "" if as_orders or self._has_other_business(at) else "status"
        return entry.field

    def _is_state_of_a_thing(self, entry: Entry, at: int) -> bool:
        """Whether a bare "State" is an order's or a ticket's: no other column is a place."""
        beside_place = not {"city", "address", "postal_code", "country"}.isdisjoint(self.first_read)
        return len(words(entry.phrase)) == 1 and not beside_place and self._has_other_business(at)

    def _is_of_a_thing(self, entry: Entry, at: int) -> bool:
        """Whether a bare "Name" is an order's: then the person's has a longer name, such as "Billing name"."""
        names = [e for reading in self.readings for e in reading.entries[:1] if e.field in NAMES]
        bare = len(words(entry.phrase)) == len(self.readings[at].words) == 1
        return bare and self._has_other_business(at) and any(name.role for name in names)

    def _which_name(self) -> str:
        """Return what a bare "Name" is: the missing half if the other has a column, else the full name.

        Beside "First name" alone an English "Name" is the full name; elsewhere ("Vorname" and "Name", "Prénom"
        and "Nom") it is the family name.
        """
        first, last = self.first_read.get("first_name"), self.first_read.get("last_name")
        if last and not first:
            return "first_name"
        if first and not last and "en" not in first.languages:
            return "last_name"
        return "full_name"

    def _is_honorific(self, at: int) -> bool:
        """Whether a "Title" is Mr or Dr: it leads a name or goes with a suffix, and there is no salutation."""
        all_words = [set(reading.words) for reading in self.readings]
        if any(some & {"salutation", "honorific", "prefix", "anrede"} for some in all_words):
            return False
        after = self.readings[at + 1].entries[:1] if at + 1 < len(self.readings) else ()
        leads_name = bool(after) and after[0].field in {"first_name", "full_name"}
        return leads_name or any("suffix" in some for some in all_words)

    def _is_login_the_address(self) -> bool:
        """Whether the only address is called a second one: then the first is what people sign in with."""
        emails = [e.confidence for reading in self.readings for e in reading.entries if e.field == "email"]
        return bool(emails) and max(emails) < _LOGIN_AS_EMAIL

    def _has_other_business(self, at: int) -> bool:
        """Whether the file is also about orders, tickets or deals; a bare "Status" may be theirs."""
        others = (reading.words for place, reading in enumerate(self.readings) if place != at)
        return self.business or any(is_business(some) for some in others)
