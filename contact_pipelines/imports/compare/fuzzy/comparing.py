"""What one search compares: the comparisons that a file can serve, and how far the search goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from contact_pipelines.errors import InvalidOption
from contact_pipelines.imports.compare.fuzzy.evidence import ENOUGH, fields_of, most
from contact_pipelines.models.fuzzy_fields import units_of
from contact_pipelines.options import FuzzyOptions

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
