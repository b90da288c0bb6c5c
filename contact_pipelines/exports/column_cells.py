"""The SQL of each column's value: text for CSV and workbooks, JSON for nested values.

A list is written `a|b` in one cell, or as a JSON array if an item contains a separator or a quote. The importer reads
both.
"""

from __future__ import annotations

from enum import Enum

from contact_pipelines.exports.export_columns import DELETED_AT, ExportColumn, Kind
from contact_pipelines.files.duck import identifier, literal
from contact_pipelines.files.formula_escape import postgres_escape_expression


class Style(Enum):
    """How values are spelled."""

    CSV = "text that no spreadsheet takes for a formula"
    WORKBOOK = "text as it is, times as days since 1899-12-30"
    TYPED = "text that reads back as its type, lists as JSON arrays"
    JSON = "values for row_to_json"
    BARE = "as PostgreSQL has it, for the benchmark"


_SEPARATES = r'[|,;"[]'
_PLAIN_OPTIONS = r'^\["[^]["\\|,;]+"(, "[^]["\\|,;]+")*\]$'
_MAY_BE_FORMULA = r"^[=+@\t\r''-]"

PROPERTIES = "property_texts"
"""The lateral join with the texts of the properties, for cells that look at them more than once."""


def cell(column: ExportColumn, style: Style) -> str:
    """Return SQL of a column's value in the table `contacts`; for groups see `memberships`."""
    if column == DELETED_AT:
        return "CAST(NULL AS float8)" if style is Style.WORKBOOK else "CAST(NULL AS timestamptz)"
    value = f"contacts.{column.name}"
    if column.property_key is not None:
        key = column.property_key
        value = f"{PROPERTIES}.{identifier(key)}" if style is Style.CSV else property_text(key)
    match style:
        case Style.CSV:
            return _csv(column.kind, value)
        case Style.WORKBOOK:
            return _workbook(column.kind, value)
        case Style.TYPED if column.kind is Kind.TAGS:
            return f"to_jsonb({value})::text"
        case _:
            return value


def property_text(key: str) -> str:
    """Return SQL of a property's value as text."""
    return f"(contacts.properties ->> {literal(key)})"


def gone_cell(column: ExportColumn, style: Style) -> str:
    """Return SQL of a column's value for a deleted contact, from `contact_deletions`."""
    named = {"id": "contact_id", "external_id": "external_id", "deleted_at": "deleted_at"}
    if column.name not in named:
        return "NULL"
    value = f"contact_deletions.{named[column.name]}"
    if column.kind is Kind.MOMENT and style is Style.WORKBOOK:
        return _serial(value)
    return postgres_escape_expression(value) if column.kind is Kind.TEXT and style is Style.CSV else value


def _csv(kind: Kind, value: str) -> str:
    match kind:
        case Kind.TAGS:
            # A list is a formula if its first item is one; a single test clears nearly all.
            careful = f"array_to_string({value}, '') ~ '{_SEPARATES}|{_MAY_BE_FORMULA}'"
            escaped = postgres_escape_expression(f"({_joined_tags(value)})")
            return f"CASE WHEN {careful} THEN {escaped} ELSE nullif(array_to_string({value}, '|'), '') END"
        case Kind.OPTIONS:
            return postgres_escape_expression(_joined_options(value))
        case Kind.PHONE:  # E.164, as nearly all are, is harmless
            return f"CASE WHEN {value} ~ '^[+][0-9]+$' THEN {value} ELSE {postgres_escape_expression(value)} END"
        case Kind.TEXT | Kind.NUMBER | Kind.DATE | Kind.BOOLEAN:
            return postgres_escape_expression(value)
        case _:
            return value


def _workbook(kind: Kind, value: str) -> str:
    match kind:
        case Kind.TAGS:
            return _joined_tags(value)
        case Kind.OPTIONS:
            return _joined_options(value)
        case Kind.MOMENT:
            return _serial(value)
        case _:
            return value


def _joined_tags(value: str) -> str:
    careful = f"array_to_string({value}, '') ~ '{_SEPARATES}'"
    joined = f"nullif(array_to_string({value}, '|'), '')"
    return f"CASE WHEN {careful} THEN to_jsonb({value})::text ELSE {joined} END"


def _joined_options(value: str) -> str:
    """Return SQL of a JSON array's text as `a|b`, if that is unambiguous."""
    joined = f"replace(substr({value}, 3, length({value}) - 4), '\", \"', '|')"
    return f"(CASE WHEN {value} ~ '{_PLAIN_OPTIONS}' THEN {joined} ELSE {value} END)"


def _serial(moment: str) -> str:
    """Return SQL of a time as a workbook's serial number, in UTC."""
    return f"extract(epoch FROM {moment})::float8 / 86400 + 25569"
