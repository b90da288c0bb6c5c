"""Normal forms of compared values: lower case, no accents, punctuation or legal forms."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contact_pipelines.files.duck import identifier, sql_blocks
from contact_pipelines.imports.compare.fuzzy.comparing import Kind, evidence_of

_NORMAL = {
    Kind.NAME: "fuzzy_words({0})",
    Kind.TEXT: "fuzzy_words({0})",
    Kind.ORGANISATION: "fuzzy_organisation({0})",
    Kind.EMAIL: "lower({0})",
    Kind.CODE: "fuzzy_words({0})",
}
CHARACTERS = 200
"""Of each value that are compared: the time to compare two texts grows with the product of their lengths."""

_OF_WORDS = (Kind.NAME, Kind.TEXT, Kind.ORGANISATION)
_ANY_ORDER = (Kind.TEXT, Kind.ORGANISATION)
"""Kinds whose words may stand in another order."""


def make_records(
    con: duckdb.DuckDBPyConnection, source: str, table: str, fields: Sequence[str], *, key: str, ordered: bool
) -> None:
    """Make `table` of `source` (a table or view with the column `key` and the compared `fields`, all texts).

    Columns: `id`, `value.<field>` (without spaces; NULL for none), and where it consists of words, `words.<field>`
    (parted by one space) and `sorted.<field>` (in alphabetic order, without spaces). `ordered`: rows are in the
    order of `key`, so rowid tells which comes first. The macros of `scoring` and `blocking` exist afterwards.
    """
    for macros in ("text_macros", "token_macros", "likeness_macros"):
        for statement in sql_blocks("fuzzy")[macros].split(";\n"):
            con.execute(statement)
    normal = [f"{_NORMAL[evidence_of(field).kind].format(_beginning(field))} AS {words(field)}" for field in fields]
    columns = []
    for field in fields:
        kind = evidence_of(field).kind
        columns.append(f"replace({words(field)}, ' ', '') AS {value(field)}")
        columns += [words(field)] if kind in _OF_WORDS else []
        columns += [f"fuzzy_sorted({words(field)}) AS {sorted_value(field)}"] if kind in _ANY_ORDER else []
    con.execute(
        sql_blocks("fuzzy")["records"].format(
            table=table,
            id=identifier(key),
            columns=", ".join(columns),
            source=f"(SELECT {identifier(key)}, {', '.join(normal)} FROM {identifier(source)})",
            some=f"coalesce({', '.join(words(field) for field in fields)})",
            order=f"ORDER BY {identifier(key)}" if ordered else "",
        )
    )


def _beginning(field: str) -> str:
    return f"left({identifier(field)}, {CHARACTERS})"


def words(field: str) -> str:
    """Return the quoted column of a field's words."""
    return identifier(f"words.{field}")


def value(field: str) -> str:
    """Return the quoted column of a field's normal form."""
    return identifier(f"value.{field}")


def sorted_value(field: str) -> str:
    """Return the quoted column of a field's words in alphabetic order, joined."""
    return identifier(f"sorted.{field}")


def some(fields: Sequence[str]) -> str:
    """Return SQL that is not NULL where a record has any of these fields."""
    return f"coalesce({', '.join(value(field) for field in fields)})"
