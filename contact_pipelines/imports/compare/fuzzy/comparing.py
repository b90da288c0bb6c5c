"""What a search compares, and how much evidence each field is that two records are one person.

A field has two probabilities (I. Fellegi, A. Sunter, A Theory for Record Linkage, JASA 64, 1969): `m`, that one
person's two records agree in it, and `u`, that two strangers' records do. Agreement counts log2(m / u) bits for
the pair, disagreement log2((1 - m) / (1 - u)), which is negative; a missing value counts nothing. Between, where
texts are alike, the bits go down in a straight line with the similarity (W. Winkler, String Comparator Metrics and
Enhanced Decision Rules, 1990).

The probabilities are fixed, not estimated from each file: so a pair has the same score in every file and every
store, whatever else is in it, and a file of ten rows is judged as well as one of a million. They are round figures
of what lists of people look like: `u` from how many values a field has and how evenly they are used, `m` from how
often people change or misspell it (an address far more often than a birthday). They were checked against FEBRL
data sets 1 and 2; none was chosen by what sets 3 and 4 gave (see benchmarks/fuzzy.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from contact_pipelines.errors import InvalidOption
from contact_pipelines.models.fuzzy_fields import NAME, NAME_FIELDS, units_of
from contact_pipelines.options import FuzzyOptions

ENOUGH = 30.0
"""Bits that make a score of 100: a billion times likelier one person than two. The default threshold of 85 is
25.5 bits, 47 million to 1. In a store of a million contacts a new person meets a million strangers (20 bits), so
that a pair at the threshold is one person with odds of about 47 to 1."""

SHARED_AT_MOST = 18.0
"""Bits that all fields together give that a household or an office shares. Without it, two people of one company,
one switchboard and one address are one person. 18, so that with a shared last name and another first name (or two
other names at one office) a pair stays below 85, and that with an equal name it is well above."""

SWAP_COST = 2.0
"""Bits less for first and last names that agree only when swapped."""


class Kind(StrEnum):
    """How a field's values are compared, and what they are looked up by."""

    NAME = "name"
    TEXT = "text"
    ORGANISATION = "organisation"
    EMAIL = "email"
    CODE = "code"


@dataclass(frozen=True)
class Evidence:
    """A field's kind, its probabilities `m` and `u`, and whether a household or an office shares it."""

    kind: Kind
    m: float
    u: float
    shared: bool = False

    @property
    def agreement(self) -> float:
        """Bits for an equal value."""
        return math.log2(self.m / self.u)

    @property
    def disagreement(self) -> float:
        """Bits for a value that is not alike; negative."""
        return math.log2((1 - self.m) / (1 - self.u))


EVIDENCE = {
    "first_name": Evidence(Kind.NAME, 0.95, 1 / 150),
    "last_name": Evidence(Kind.NAME, 0.92, 1 / 500),
    "email": Evidence(Kind.EMAIL, 0.5, 1e-6),  # people have several
    "phone": Evidence(Kind.CODE, 0.6, 1e-5, shared=True),  # the same, and they share them
    "external_id": Evidence(Kind.CODE, 0.8, 1e-6),
    "company": Evidence(Kind.ORGANISATION, 0.75, 1 / 300, shared=True),
    "properties.birthday": Evidence(Kind.CODE, 0.95, 1 / 20_000),
    "properties.address": Evidence(Kind.TEXT, 0.75, 1 / 10_000, shared=True),
    "properties.city": Evidence(Kind.TEXT, 0.85, 1 / 100, shared=True),
    "properties.postal_code": Evidence(Kind.CODE, 0.8, 1 / 500, shared=True),
    "properties.state": Evidence(Kind.TEXT, 0.9, 1 / 6, shared=True),
    "properties.country": Evidence(Kind.TEXT, 0.95, 1 / 2, shared=True),
    "properties.gender": Evidence(Kind.CODE, 0.97, 1 / 2),
    "properties.language": Evidence(Kind.CODE, 0.9, 1 / 2),
    "properties.job_title": Evidence(Kind.TEXT, 0.6, 1 / 30),
    "properties.website": Evidence(Kind.EMAIL, 0.7, 1 / 300, shared=True),
}
OTHER_PROPERTY = Evidence(Kind.TEXT, 0.7, 1 / 30)
"""A property of which nothing is known."""


def evidence_of(field: str) -> Evidence:
    """Return what a contact field or property says."""
    return EVIDENCE.get(field, OTHER_PROPERTY)


def fields_of(unit: str) -> tuple[str, ...]:
    """Return the fields of one thing that `on` names."""
    return NAME_FIELDS if unit == NAME else (unit,)


def most(fields: Sequence[str]) -> float:
    """Return the bits of records that agree in all these fields."""
    own = sum(evidence_of(field).agreement for field in fields if not evidence_of(field).shared)
    shared = sum(evidence_of(field).agreement for field in fields if evidence_of(field).shared)
    return own + min(shared, SHARED_AT_MOST)


ALONE = 25
"""Records of either side that a token may have to make a block by itself."""

AT_MOST = 150
"""Records of either side that a block of two tokens may have, or of one where a comparison has a single field."""

COMBINED = 6
"""Frequent tokens of a record that are combined two by two: at most 15 blocks a comparison."""


@dataclass(frozen=True)
class Comparison:
    """One entry of `on`: what it compares together, and with which of its fields the file can serve."""

    text: str
    available: frozenset[str]

    @property
    def units(self) -> list[str]:
        """The things compared, without those of which the file has no column."""
        return [unit for unit in units_of(self.text) if self.available_of(unit)]

    @property
    def fields(self) -> list[str]:
        """The contact fields and properties compared, without those of which the file has no column."""
        return [field for unit in self.units for field in self.available_of(unit)]

    def available_of(self, unit: str) -> list[str]:
        """Return the fields of one thing compared, without those of which the file has no column."""
        return [field for field in fields_of(unit) if field in self.available]

    @property
    def enough(self) -> float:
        """Bits that score 100: all that the comparison could ever give, or what is enough."""
        return min(ENOUGH, most([field for unit in units_of(self.text) for field in fields_of(unit)]))

    @property
    def highest_score(self) -> int:
        """The score of two records that agree in every column that the file has."""
        return min(100, math.floor(100 * most(self.fields) / self.enough))


@dataclass(frozen=True)
class Caps:
    """The sizes of blocks: see `ALONE`, `AT_MOST`, `COMBINED`."""

    alone: int = ALONE
    at_most: int = AT_MOST
    combined: int = COMBINED


DEFAULT_CAPS = Caps()


@dataclass(frozen=True)
class Search:
    """One search: what is compared, from which score on, the caps, and whether both sides are the file."""

    on: Sequence[Comparison]
    threshold: int
    inside: bool
    caps: Caps = DEFAULT_CAPS

    @property
    def left(self) -> str:
        """The table of the file's records."""
        return "fuzzy_left"

    @property
    def right(self) -> str:
        """The table of the records that the file's are compared with."""
        return self.left if self.inside else "fuzzy_right"

    @property
    def sides(self) -> list[str]:
        """Each table once."""
        return [self.left] if self.inside else [self.left, self.right]

    @property
    def fields(self) -> list[str]:
        """Every field that is compared, once."""
        return list(dict.fromkeys(field for comparison in self.on for field in comparison.fields))


def comparisons(options: FuzzyOptions, available: Sequence[str]) -> list[Comparison]:
    """Return the comparisons that `available` (the fields that the file maps) can serve.

    Raises InvalidOption if none can ever reach the threshold: it would find nobody, and say nothing.
    """
    there = frozenset(available) & frozenset(options.fields)
    on = [Comparison(text, there) for text in options.on]
    useful = [comparison for comparison in on if comparison.highest_score >= options.threshold]
    if not useful:
        missing = ", ".join(field for field in options.fields if field not in there)
        raise InvalidOption(
            f"Fuzzy duplicates cannot be found by {' or '.join(options.on)}: the file has no column for {missing}, and "
            f"without it no pair reaches {options.threshold}. Compare other fields, map more columns, or turn it off."
        )
    return useful
