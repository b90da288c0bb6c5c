"""Normalises the text of mapped columns into typed fields.

In: `mapped_contacts`, a row number and one text column per mapped column of the file (`map_rows`). Out: the same
rows with typed values; for each field that can be unreadable a boolean `_given.<field>` (there was text), and for each
column of consent a boolean `_unreadable.<column>`. What cannot be read is NULL here; `validating` decides whether that
rejects the row.

A property's value stays text here, in the one spelling the store gives back for it (`properties ->> key`), so
that old and new compare as text: numbers without needless zeros, dates as ISO, booleans as true or false.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from contact_pipelines.files.duck import ROW, identifier, sql_blocks
from contact_pipelines.imports.columns.file_mapping import FileMapping
from contact_pipelines.imports.validate import consent, dates, email_addresses, full_names, lists, numbers, phones
from contact_pipelines.imports.validate.dates import DateStyle
from contact_pipelines.imports.validate.texts import cased, transformed, trimmed
from contact_pipelines.models import (
    FULL_NAME,
    PROPERTY_PREFIX,
    ImportOptions,
    PropertyDefinition,
    Transformation,
)
from contact_pipelines.property_types import PROPERTY_TYPES
from contact_pipelines.settings.policy import FieldRules, Policy

GIVEN = "_given."
"""Prefix of the columns that say whether a field had any text: if it did and the value is NULL, it is unreadable."""
UNREADABLE = "_unreadable."
"""Prefix of the columns that say whether a column of consent had a text that is not understood."""

MOMENTS = ("created_at", "updated_at")

COMPANY_LENGTH = (2, 200)
"""Characters. A company that is shorter or longer is left out with a warning: it must not lose a person. Where the
settings set a length, exceeding that rejects the row, as all their rules do."""


@dataclass(frozen=True)
class FieldSql:
    """How to get a field from its text: SQL of the value, whether it can fail, and the joins it needs."""

    field: str
    value: str
    can_fail: bool = False
    joins: tuple[str, ...] = ()
    flags: Mapping[str, str] = dataclasses.field(default_factory=dict)  # further columns: name -> SQL


@dataclass(frozen=True)
class _Typing:
    """What the typing of a column depends on, apart from its text."""

    con: duckdb.DuckDBPyConnection
    source: str
    mapping: FileMapping
    options: ImportOptions
    rules: Mapping[str, FieldRules]
    date_styles: Mapping[str, DateStyle]

    def how(self, column: str) -> Transformation:
        return self.mapping.transform.get(column, _AS_IT_IS)

    def definition(self, column: str) -> PropertyDefinition:
        return self.mapping.properties[column.removeprefix(PROPERTY_PREFIX)]


_AS_IT_IS = Transformation()


def normalise(
    con: duckdb.DuckDBPyConnection,
    source: str,
    mapping: FileMapping,
    options: ImportOptions,
    policy: Policy | None = None,
) -> duckdb.DuckDBPyRelation:
    """Return the typed rows of the view `source`, the rows as `map_rows` leaves them, in the file's order."""
    columns = list(mapping.text_columns)
    rules = policy.fields if policy else {}
    typing = _Typing(con, source, mapping, options, rules, _date_styles(con, source, columns, mapping))
    parts = _parts(typing, columns)
    selected = [f"{identifier(ROW)}"]
    selected += [f"{part.value} AS {identifier(part.field)}" for part in parts]
    selected += [
        f"({trimmed(identifier(part.field))} IS NOT NULL) AS {identifier(GIVEN + part.field)}"
        for part in parts
        if part.can_fail
    ]
    selected += [f"{sql} AS {identifier(name)}" for part in parts for name, sql in part.flags.items()]
    joins = "\n".join(dict.fromkeys(join for part in parts for join in part.joins))
    return con.sql(f"SELECT {', '.join(selected)}\nFROM {identifier(source)}\n{joins}")


def _parts(typing: _Typing, columns: Sequence[str]) -> list[FieldSql]:
    stating = [column for column in columns if consent.kind_of(column)]
    # A full name comes last: what a first or last name column says goes before it.
    others = sorted((column for column in columns if column not in stating), key=lambda column: column == FULL_NAME)
    parts = [part for column in others for part in _column(typing, column)]
    if stating or consent.floor(typing.mapping.preset):
        parts.append(_status(typing, stating))
    return _merged(parts)


def _merged(parts: Sequence[FieldSql]) -> list[FieldSql]:
    """Return one part per field: the first with a value fills it."""
    by_field: dict[str, FieldSql] = {}
    for part in parts:
        if part.field in by_field:
            first = by_field[part.field]
            value = f"coalesce({first.value}, {part.value})"
            by_field[part.field] = replace(first, value=value, joins=first.joins + part.joins)
        else:
            by_field[part.field] = part
    return list(by_field.values())


def _date_styles(
    con: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str], mapping: FileMapping
) -> dict[str, DateStyle]:
    """Return how the columns of dates and moments are written: as given, or as their values prove."""
    how = {column: mapping.transform.get(column, _AS_IT_IS) for column in columns if _is_dated(column, mapping)}
    proven = dates.proven_formats(con, source, [column for column, its in how.items() if not its.date_format])
    return {column: dates.style_of(its, proven.get(column, ())) for column, its in how.items()}


def _is_dated(column: str, mapping: FileMapping) -> bool:
    if column.startswith(PROPERTY_PREFIX):
        return PROPERTY_TYPES[mapping.properties[column.removeprefix(PROPERTY_PREFIX)].type].read_by == "date"
    return column in MOMENTS


def _column(typing: _Typing, column: str) -> list[FieldSql]:
    if column == FULL_NAME:
        return _full_name(typing, column)
    if column.startswith(PROPERTY_PREFIX):
        return [_property(typing, column)]
    return [_CONTACT_FIELDS.get(column, _text)(typing, column)]


def _text(typing: _Typing, column: str) -> FieldSql:
    return FieldSql(column, transformed(identifier(column), typing.how(column)))


def _full_name(typing: _Typing, column: str) -> list[FieldSql]:
    full, case = full_names.name_columns(typing.con, typing.source, column), typing.how(column).case
    return [
        FieldSql("first_name", cased(full.first, case), joins=(full.join,)),
        FieldSql("last_name", cased(full.last, case), joins=(full.join,)),
    ]


def _email(typing: _Typing, column: str) -> FieldSql:
    email = email_addresses.email_column(typing.con, typing.source, column)
    return FieldSql(column, email.expression, can_fail=True, joins=(email.join,))


def _id(_: _Typing, column: str) -> FieldSql:
    return FieldSql(column, sql_blocks("normalising")["uuid"].format(text=trimmed(identifier(column))), can_fail=True)


def _phone(typing: _Typing, column: str) -> FieldSql:
    country = typing.how(column).country or typing.options.country
    rules = typing.rules.get(column)
    phone = phones.phone_column(
        typing.con,
        typing.source,
        column,
        country.upper() if country else None,
        abroad_only=rules is not None and rules.country_code_required,
    )
    return FieldSql(column, phone.expression, can_fail=True, joins=(phone.join,))


def _status(typing: _Typing, columns: Sequence[str]) -> FieldSql:
    """Merge everything that the row, and the file as a whole, say about consent."""
    consent.create_words(typing.con)
    found = {column: consent.consent_column(column, kind) for column in columns if (kind := consent.kind_of(column))}
    return FieldSql(
        consent.STATUS,
        consent.merged([its.rank for its in found.values()], typing.mapping.preset),
        joins=tuple(its.join for its in found.values()),
        flags={UNREADABLE + column: its.unreadable for column, its in found.items()},
    )


def _company(typing: _Typing, column: str) -> FieldSql:
    """Drop a name that is too short or too long, unless the settings have a rule for it."""
    value, rules = transformed(identifier(column), typing.how(column)), typing.rules.get(column, FieldRules())
    shortest, longest = COMPANY_LENGTH
    bounds = [f"length({value}) >= {shortest}"] if rules.min_length is None else []
    bounds += [f"length({value}) <= {longest}"] if rules.max_length is None else []
    if not bounds:
        return FieldSql(column, value)
    return FieldSql(column, f"CASE WHEN {' AND '.join(bounds)} THEN {value} END", can_fail=True)


def _lead_score(typing: _Typing, column: str) -> FieldSql:
    number = numbers.number(identifier(column), typing.how(column))
    value = f"CASE WHEN regexp_full_match({number}, '-?[0-9]{{1,9}}') THEN CAST({number} AS INTEGER) END"
    return FieldSql(column, value, can_fail=True)


def _tags(typing: _Typing, column: str) -> FieldSql:
    return FieldSql(column, lists.items(identifier(column), typing.how(column)))


def _moment(typing: _Typing, column: str) -> FieldSql:
    return FieldSql(column, dates.moment(identifier(column), typing.date_styles[column]), can_fail=True)


def _property(typing: _Typing, column: str) -> FieldSql:
    text, how, options = identifier(column), typing.how(column), typing.definition(column).options
    its = PROPERTY_TYPES[typing.definition(column).type]
    match its.read_by:
        case "text":
            value = transformed(text, how)
        case "option":  # options have a spelling of their own; without any, the value is a text
            value = lists.option(trimmed(text), options) if options else transformed(text, how)
        case "options":
            value = lists.json_array(lists.options(text, how, options))
        case "number":
            value = numbers.number(text, how)
        case "date":
            value = dates.date(text, typing.date_styles[column])
        case block:
            value = sql_blocks("normalising")[block].format(text=trimmed(text))
    return FieldSql(column, value, can_fail=its.can_be_unreadable)


_CONTACT_FIELDS: dict[str, Callable[[_Typing, str], FieldSql]] = {
    "id": _id,
    "email": _email,
    "phone": _phone,
    "company": _company,
    "lead_score": _lead_score,
    "tags": _tags,
    "created_at": _moment,
    "updated_at": _moment,
}
