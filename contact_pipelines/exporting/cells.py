"""What PostgreSQL selects for each column: text for CSV and workbooks, JSON for what is nested.

A list in one cell is written `a|b`; where an item holds a character that separates or quotes, as a JSON array. The
importer reads both.
"""

from __future__ import annotations

from enum import Enum

from contact_pipelines.exporting.columns import DELETED_AT, ExportColumn, Kind
from contact_pipelines.files.formula_escape import postgres_escape_expression


class Style(Enum):
    """How values are spelled."""

    CSV = "text that a spreadsheet takes for no formula"
    PLAIN = "text as it is"
    TYPED = "text that can be read as its type again, lists as JSON arrays"
    JSON = "values for row_to_json"


_SEPARATES = r'[|,;"[]'
_PLAIN_OPTIONS = r'^\["[^]["\\|,;]+"(, "[^]["\\|,;]+")*\]$'
_FORMULA_FIRST = "{9,13,39,43,45,61,64}"


def cell(column: ExportColumn, style: Style) -> str:
    """Return SQL of a column's value. The tables are `contacts` and, for memberships, `memberships`."""
    if column.kind in (Kind.GROUPS, Kind.TOPICS):
        return f"memberships.{column.name}"  # spelled there
    if column == DELETED_AT:
        return "CAST(NULL AS timestamptz)"
    value = f"contacts.{column.name}"
    if column.property_key is not None:
        value = f"(contacts.properties {'->' if style is Style.JSON else '->>'} {_literal(column.property_key)})"
    match style, column.kind:
        case Style.JSON, _:
            return value
        case _, Kind.TAGS:
            return _tags(value, style)
        case (Style.CSV | Style.PLAIN), Kind.OPTIONS:
            joined = f"replace(substr({value}, 3, length({value}) - 4), '\", \"', '|')"
            options = f"(CASE WHEN {value} ~ '{_PLAIN_OPTIONS}' THEN {joined} ELSE {value} END)"
            return postgres_escape_expression(options) if style is Style.CSV else options
        case Style.CSV, Kind.PHONE:  # a + and digits need no pattern to be harmless
            digits = f"translate({value}, '0123456789', '') = '+' AND length({value}) > 1"
            return f"CASE WHEN {digits} THEN {value} ELSE {postgres_escape_expression(value)} END"
        case Style.CSV, Kind.TEXT | Kind.NUMBER | Kind.DATE | Kind.BOOLEAN:
            return postgres_escape_expression(value)
    return value


def gone_cell(column: ExportColumn) -> str:
    """Return SQL of a column's value in the row of a deleted contact; the table is `contact_deletions`."""
    named = {"id": "contact_id", "external_id": "external_id", "deleted_at": "deleted_at"}
    return f"contact_deletions.{named[column.name]}" if column.name in named else "NULL"


def _tags(value: str, style: Style) -> str:
    array = f"to_jsonb({value})::text"
    if style is Style.TYPED:
        return array
    joined = f"nullif(array_to_string({value}, '|'), '')"
    careful = f"array_to_string({value}, '') ~ '{_SEPARATES}'"
    if style is Style.PLAIN:
        return f"CASE WHEN {careful} THEN {array} ELSE {joined} END"
    formula = f"ascii({value}[1]) = ANY ('{_FORMULA_FIRST}')"
    return f"CASE WHEN {careful} THEN {array} WHEN {formula} THEN {postgres_escape_expression(joined)} ELSE {joined} END"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
