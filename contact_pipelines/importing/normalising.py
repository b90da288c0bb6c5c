"""Normalise: the text of mapped columns -> typed fields.

In: `mapped_contacts`, a row number and one text column per field. Out: the same rows with typed values, and for
each field that can be unreadable a boolean `_given.<field>` (there was text). What cannot be read is NULL here;
`validating` decides whether that rejects the row.

A property's value stays text here, in the one spelling the store gives back for it (`properties ->> key`), so
that old and new compare as text: numbers without needless zeros, dates as ISO, booleans as true or false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from contact_pipelines.importing.duck import ROW, identifier, literal, sql_blocks
from contact_pipelines.importing.values import emails, names, phones
from contact_pipelines.models import (
    FULL_NAME,
    PROPERTY_PREFIX,
    ContactStatus,
    ImportOptions,
    PropertyDefinition,
    PropertyType,
)

GIVEN = "_given."
"""Prefix of the columns that say whether a field had any text: if it did and the value is NULL, it is unreadable."""

STATUS_WORDS: dict[ContactStatus, tuple[str, ...]] = {
    ContactStatus.SUBSCRIBED: ("subscribed", "active", "enabled", "opted in", "opted-in", "opt-in", "opt in",
                               "opted_in", "confirmed", "subscriber"),
    ContactStatus.UNSUBSCRIBED: ("unsubscribed", "unsubscribe", "inactive", "disabled", "opted out", "opted-out",
                                 "opt-out", "opt out", "opted_out", "removed", "blocklisted", "not subscribed"),
    ContactStatus.BOUNCED: ("bounced", "bounce", "hard bounce", "hard bounced", "hard_bounce", "cleaned", "invalid"),
    ContactStatus.COMPLAINED: ("complained", "complaint", "spam", "spam complaint", "abuse", "reported spam"),
}  # fmt: skip
"""How exports of common products spell consent. A word that is not here rejects the row: guessing could email
somebody who left."""


@dataclass(frozen=True)
class FieldSql:
    """How one field comes out of its text: SQL of the value, whether that can fail, and the joins it needs."""

    field: str
    value: str
    can_fail: bool = False
    joins: tuple[str, ...] = ()


def normalise(
    con: duckdb.DuckDBPyConnection,
    source: str,
    fields: Sequence[str],
    properties: Mapping[str, PropertyDefinition],
    options: ImportOptions,
) -> duckdb.DuckDBPyRelation:
    """Return the typed rows of the view `source`, whose text columns are `fields`, in the order of the file."""
    # A full name comes last: what a first or last name column says goes before it.
    in_order = sorted(fields, key=lambda field: field == FULL_NAME)
    parts = _merged([part for field in in_order for part in _field(con, source, field, properties, options)])
    columns = [f"{identifier(ROW)}"]
    columns += [f"{part.value} AS {identifier(part.field)}" for part in parts]
    columns += [
        f"({_trimmed(identifier(part.field))} IS NOT NULL) AS {identifier(GIVEN + part.field)}"
        for part in parts
        if part.can_fail
    ]
    joins = "\n".join(dict.fromkeys(join for part in parts for join in part.joins))
    return con.sql(f"SELECT {', '.join(columns)}\nFROM {identifier(source)}\n{joins}")


def _merged(parts: Sequence[FieldSql]) -> list[FieldSql]:
    """Return one part a field: the first that has a value fills it."""
    by_field: dict[str, FieldSql] = {}
    for part in parts:
        if part.field in by_field:
            first = by_field[part.field]
            value = f"coalesce({first.value}, {part.value})"
            by_field[part.field] = replace(first, value=value, joins=first.joins + part.joins)
        else:
            by_field[part.field] = part
    return list(by_field.values())


def output_fields(fields: Sequence[str]) -> list[str]:
    """Return the contact fields and properties that `normalise` makes of these columns: a full name is two."""
    split = [["first_name", "last_name"] if field == FULL_NAME else [field] for field in fields]
    return list(dict.fromkeys(field for group in split for field in group))


def _field(
    con: duckdb.DuckDBPyConnection,
    source: str,
    field: str,
    properties: Mapping[str, PropertyDefinition],
    options: ImportOptions,
) -> list[FieldSql]:
    if field == "email":
        email = emails.email_column(con, source, field)
        return [FieldSql(field, email.expression, can_fail=True, joins=(email.join,))]
    if field == "phone":
        phone = phones.phone_column(con, source, field, options.country)
        return [FieldSql(field, phone.expression, can_fail=True, joins=(phone.join,))]
    if field == FULL_NAME:
        full = names.name_columns(con, source, field)
        return [
            FieldSql("first_name", full.first, joins=(full.join,)),
            FieldSql("last_name", full.last, joins=(full.join,)),
        ]
    if field.startswith(PROPERTY_PREFIX):
        return [_property(field, properties[field.removeprefix(PROPERTY_PREFIX)].type)]
    make = _CONTACT_FIELDS.get(field, _text)
    return [make(field)]


def _text(field: str) -> FieldSql:
    return FieldSql(field, _trimmed(identifier(field)))


def _status(field: str) -> FieldSql:
    word = f"lower({_trimmed(identifier(field))})"
    cases = " ".join(
        f"WHEN {word} IN ({', '.join(literal(w) for w in words)}) THEN {literal(status)}"
        for status, words in STATUS_WORDS.items()
    )
    value = f"CASE {cases} END"
    return FieldSql(field, value, can_fail=True)


def _lead_score(field: str) -> FieldSql:
    number = _number(identifier(field))
    value = f"CASE WHEN regexp_full_match({number}, '-?[0-9]{{1,9}}') THEN CAST({number} AS INTEGER) END"
    return FieldSql(field, value, can_fail=True)


def _tags(field: str) -> FieldSql:
    return FieldSql(field, sql_blocks("normalising")["tags"].format(text=identifier(field)))


def _moment(field: str) -> FieldSql:
    value = sql_blocks("normalising")["moment"].format(text=_trimmed(identifier(field)))
    return FieldSql(field, value, can_fail=True)


def _property(field: str, kind: PropertyType) -> FieldSql:
    text = identifier(field)
    if kind in (PropertyType.TEXT, PropertyType.SELECT):
        return FieldSql(field, _trimmed(text))
    return FieldSql(field, _PROPERTY_TYPES[kind](text), can_fail=True)


def _number(text: str) -> str:
    return sql_blocks("normalising")["number"].format(text=_trimmed(text))


def _date(text: str) -> str:
    return sql_blocks("normalising")["date"].format(text=_trimmed(text))


def _boolean(text: str) -> str:
    return sql_blocks("normalising")["boolean"].format(text=_trimmed(text))


def _multi_select(text: str) -> str:
    # The spelling of PostgreSQL's jsonb: a space after each comma.
    tags = sql_blocks("normalising")["tags"].format(text=text)
    return f"'[' || array_to_string(list_transform({tags}, lambda tag: to_json(tag)), ', ') || ']'"


def _trimmed(text: str) -> str:
    """Return SQL of the text without white space around it, NULL if nothing is left.

    Trimming a set of characters costs 1 µs a value; a value that begins and ends with visible ASCII needs none.
    """
    visible = f"{text} >= '!' AND {text} < chr(127) AND right({text}, 1) BETWEEN '!' AND '~'"
    return f"nullif(CASE WHEN {visible} THEN {text} ELSE trim({text}, {_WHITE_SPACE}) END, '')"


# Besides ASCII's: no-break space, the typographic spaces, ideographic space, byte order mark, zero-width marks.
_WHITE_SPACE = literal(
    " \t\r\n\v\f\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029"
    "\u202f\u205f\u2060\u3000\ufeff"
)

_CONTACT_FIELDS: dict[str, Callable[[str], FieldSql]] = {
    "status": _status,
    "lead_score": _lead_score,
    "tags": _tags,
    "created_at": _moment,
    "updated_at": _moment,
}

_PROPERTY_TYPES: dict[PropertyType, Callable[[str], str]] = {
    PropertyType.NUMBER: _number,
    PropertyType.DATE: _date,
    PropertyType.BOOLEAN: _boolean,
    PropertyType.MULTI_SELECT: _multi_select,
}


_FIRST_LOOK = 1000
"""Rows that are looked at before a whole column is scanned for its type."""


def _any(con: duckdb.DuckDBPyConnection, column: str) -> bool:
    """Whether the first rows have any value in this column."""
    return bool(con.sql(f"SELECT count({_trimmed(identifier(column))}) FROM first_rows").fetchall()[0][0])


def infer_types(con: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str]) -> dict[str, PropertyType]:
    """Return the narrowest type that every value of each column has; a column without values is text.

    Digits with a leading zero (0130) and numbers of more than 15 digits are codes, not numbers.
    """
    con.execute(f"CREATE OR REPLACE VIEW first_rows AS FROM {identifier(source)} LIMIT {_FIRST_LOOK}")
    # Most columns turn out to be text at the first look, which spares them the long one.
    first = _infer_types(con, "first_rows", columns)
    unsure = [column for column in columns if first[column] is not PropertyType.TEXT or not _any(con, column)]
    return first | _infer_types(con, source, unsure)


def _infer_types(con: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str]) -> dict[str, PropertyType]:
    if not columns:
        return {}
    block = sql_blocks("normalising")["infer_type"]
    parts = []
    for column in columns:
        text = _trimmed(identifier(column))
        parts.append(block.format(text=text, number=_number(identifier(column)), date=_date(identifier(column))))
    row = con.sql(f"SELECT {', '.join(parts)} FROM {identifier(source)}").fetchall()[0]
    return {column: PropertyType(kind) for column, kind in zip(columns, row, strict=True)}
