"""Splits full names into first and last name.

`split_full_name` is the rule, and it is the library's (nameparser). `plain_first_name` and `plain_last_name`
are the same rule in SQL for the names that most rows have: exactly two words of Latin letters, neither of
which nameparser knows as a title, a suffix or a particle. tests/test_names.py holds the two together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import duckdb

from contact_pipelines.files import duck
from contact_pipelines.imports.validate import distinct_texts

MAX_TEXT = 500
"""Characters beyond which a text is not split: all of it becomes the first name."""

_JOINS = "'\u2019-"  # apostrophe, typographic apostrophe, hyphen
_WORD = rf"\p{{Latin}}+(?:[{_JOINS}]\p{{Latin}}+)*"
_TWO_WORDS = f"{_WORD} {_WORD}"


@dataclass(frozen=True)
class NameColumns:
    """`first` and `last` for the SELECT list (VARCHAR, NULL for none), `join` for after its FROM."""

    first: str
    last: str
    join: str


def split_full_name(text: str) -> tuple[str | None, str | None]:
    """Return first and last name (None for none).

    Middle names stay with the first name, particles with the last (`Juan de la Cruz`: `Juan`, `de la Cruz`;
    also from `de la Cruz, Juan`). Titles, suffixes and nicknames are left out. One word is a first name, and
    so is a text that nameparser finds no name in.
    """
    words = " ".join(text.split())
    if not words:
        return None, None
    if len(words) > MAX_TEXT:
        return words, None
    from nameparser import HumanName

    name = HumanName(words)
    first = " ".join(part for part in (name.first, name.middle) if part)
    if not first and not name.last:
        return words, None
    return first or None, name.last or None


def plain_first_name(column_sql: str) -> str:
    """Return an SQL expression: the first of two plain words, NULL if the text is anything else."""
    return f"CASE WHEN {_is_two_plain_words(column_sql)} THEN split_part(trim({column_sql}), ' ', 1) END"


def plain_last_name(column_sql: str) -> str:
    """Return an SQL expression: the second of two plain words, NULL if the text is anything else."""
    return f"CASE WHEN {_is_two_plain_words(column_sql)} THEN split_part(trim({column_sql}), ' ', 2) END"


def name_columns(con: duckdb.DuckDBPyConnection, source: str, column: str) -> NameColumns:
    """Return first and last name of the full names in a column of `source` (a table or view of `con`).

    Costs about 140 µs for each distinct name that is not two plain words, 0.5 s for a million that are.
    """
    text = distinct_texts.qualified(source, column)
    split = distinct_texts.decide_distinct(
        con,
        source,
        column,
        undecided=f"NOT {_is_two_plain_words(text)}",
        decide=split_full_name,
        parts=("first", "last"),
    )
    first, last = plain_first_name(text), plain_last_name(text)
    if split:
        first, last = f"coalesce({first}, {split}.first)", f"coalesce({last}, {split}.last)"
    return NameColumns(first, last, distinct_texts.join_clause(split, source, column))


def _is_two_plain_words(column_sql: str) -> str:
    """Return an SQL condition that is never NULL for a text."""
    return (
        f"(length({column_sql}) <= {MAX_TEXT}"
        f" AND regexp_full_match(trim({column_sql}), {duck.literal(_TWO_WORDS)})"
        f" AND NOT regexp_matches({column_sql}, {duck.literal(_known_word())}))"
    )


@cache
def _known_word() -> str:
    """Return the pattern of words that mean something to nameparser, wherever they stand, and of initials."""
    from nameparser import Lexicon

    lexicon = Lexicon.default()
    known = (
        lexicon.titles
        | lexicon.suffix_acronyms
        | lexicon.suffix_words
        | lexicon.particles
        | lexicon.conjunctions
        | lexicon.bound_given_names
        | lexicon.maiden_markers
    )
    # Of a phrase ("z domu") and of a particle with its mark ("d'", "es-") the words alone are enough.
    parts = {part for word in known for part in re.split(rf"[\s{_JOINS}]+", word)}
    words = "|".join(re.escape(part) for part in sorted(parts) if len(part) > 1)
    # A single letter is an initial or a conjunction by itself, but not in O'Neil.
    return rf"(?i)(?:^|[ {_JOINS}])(?:{words})(?:$|[ {_JOINS}])|(?:^| )\pL(?:$| )"
