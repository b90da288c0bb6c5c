"""Which columns with a word for a buyer, guest or contact person are of somebody other than the contact."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from contact_pipelines.imports.columns.business_words import is_business
from contact_pipelines.imports.columns.column_reading import Reading
from contact_pipelines.imports.columns.dictionary import Entry
from contact_pipelines.imports.columns.people_words import BELONGINGS, ROLES, SELLERS, of_contact, of_human

NAMES = frozenset({"first_name", "last_name", "full_name", "name"})
_WHO = NAMES | {"external_id", "email", "phone", "login"}


class OtherPeople:
    """What the header set says of the people whom its columns are about, worked out once."""

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
        """Whether the buyer or guest is the contact: nobody without such a word is, nor another role."""
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
        """Fields of columns without a word for a role. A bare "Name" beside orders and roles is of the order."""
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
        """Whether a bare "Id" is that of an order or ticket: the person's is then told apart, as "Customer ID"."""
        business = any(is_business(reading.words) for reading in self._readings)
        return business and any(
            entry.field == "external_id" and len(reading.words) > 1 for reading, entry in self._found
        )
