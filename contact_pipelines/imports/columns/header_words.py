"""Words around a field's name in a header: whose it is, which of several, what kind.

A header names a field only if every word of it is accounted for: "Attendee's work email" is `email` and two words
listed here; "Manager email" is not, since `manager` is not among them. A word that is not listed is never mapped.
The words themselves are in `word_lists/`, with comments.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from contact_pipelines.imports.columns.headers import phrase_set, word_lists, word_set

_PEOPLE = word_lists("word_lists/people")

ROLES = word_set(_PEOPLE["roles"])
PERSON = ROLES | word_set(
    [
        *_PEOPLE["person"],
        *(stem + end for stem in word_set(_PEOPLE["person_stems"]) for end in ("", *_PEOPLE["person_endings"])),
    ]
)
"""The person the row is about."""
ID_WORDS, NUMBER_WORDS = word_set(_PEOPLE["id_words"]), word_set(_PEOPLE["number_words"])
PERSON_PREFIXES, ROLE_PREFIXES = tuple(_PEOPLE["person_prefixes"]), tuple(_PEOPLE["role_prefixes"])
NOT_THE_PERSON = ROLES | word_set(_PEOPLE["not_the_person"])
SOMEBODY_ELSE = word_set(_PEOPLE["somebody_else"])
BELONGINGS, OWNERS, SELLERS = (word_set(_PEOPLE[name]) for name in ("belongings", "owners", "sellers"))
CONTACT_WORDS = word_set(_PEOPLE["contact_words"])
_HUMAN_STEMS, _CONTACT_STEMS = tuple(_PEOPLE["human_stems"]), tuple(_PEOPLE["contact_stems"])

_THINGS = word_lists("word_lists/things")
NEVER_PEOPLE = word_set(_THINGS["never_people"])
_BUSINESS, _BUSINESS_STEMS = word_set(_THINGS["business"]), tuple(_THINGS["business_stems"])

_AROUND = word_lists("word_lists/around_fields")
PARTICLES, LISTING, BOOLEAN_STARTS, PLACE_LEVELS = (
    word_set(_AROUND[name]) for name in ("particles", "listing", "boolean_starts", "place_levels")
)
NO_FIELDS = phrase_set(_AROUND["no_fields"])

NAMES = frozenset({"first_name", "last_name", "full_name", "name"})
_REACH = frozenset({"email", "phone"})
_PLACE = frozenset({"address", "city", "state", "country", "postal_code", "region_or_status"})
_DATES = frozenset({"created_at", "updated_at"})
_ABOUT = frozenset({"birthday", "language", "gender", "website", "job_title", "company", "lead_score", "tags", "title"})
_PERSONAL = NAMES | _REACH | _PLACE | _ABOUT


@dataclass(frozen=True)
class Qualifier:
    """Words allowed next to the names of `fields`, and the factor by which they lower the confidence."""

    words: frozenset[str]
    fields: frozenset[str]
    factor: float


QUALIFIERS = (
    Qualifier(PERSON, (_PERSONAL | _DATES) - {"region_or_status"}, 0.93),
    *(
        Qualifier(word_set(_AROUND[name]), fields, factor)
        for name, fields, factor in (
            ("first_of_several", _PERSONAL, 0.98),
            ("second_of_several", _REACH, 0.5),
            ("its_value", _PERSONAL | _DATES, 0.98),
            ("at_work", _REACH | _PLACE, 0.9),
            ("at_home", _REACH | _PLACE, 0.72),
            ("its_line", frozenset({"phone"}), 0.9),
            ("preferred", _REACH | _PLACE, 0.92),
            ("now", frozenset({"company", "job_title"}) | _PLACE | NAMES, 0.95),
            ("its_record", _DATES, 0.9),
            ("its_zone", _DATES, 0.97),
            ("where_post_goes", _PLACE | {"company"}, 0.88),
            ("for_bills", NAMES | _REACH | _PLACE | {"company"}, 0.7),
            ("for_parcels", _PLACE, 0.65),
            ("by_law", NAMES, 0.85),
        )
    ),
)


def is_business(parts: Collection[str]) -> bool:
    """Whether a header is about an order or the like. "UTM campaign" is about the contact."""
    if not _BUSINESS.isdisjoint(parts):
        return "utm" not in parts
    return any(part.startswith(_BUSINESS_STEMS) for part in parts)


def of_human(parts: Collection[str]) -> bool:
    """Whether a header is about somebody who is never a company: patient, pupil, employee, tenant."""
    return any(part.startswith(_HUMAN_STEMS) for part in parts)


def of_contact(parts: Collection[str]) -> bool:
    """Whether a header names a contact person: in most files the contact, beside a patient somebody else."""
    return any(part.startswith(_CONTACT_STEMS) for part in parts)
