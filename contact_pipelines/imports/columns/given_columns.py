"""Columns named by the user: finding them by name, column maps in JSON, and transformations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import phonenumbers

from contact_pipelines.errors import FileNotImportable, InvalidOption
from contact_pipelines.files.duck import literal
from contact_pipelines.models import (
    CONTACT_FIELDS,
    CONTACT_ID,
    FULL_NAME,
    PROPERTY_PREFIX,
    WELL_KNOWN_PROPERTIES,
    Transformation,
)

EVERY_COLUMN = "*"

_SHOWN = 20
_LONGEST = 60
_FORMS = 'either {"Header": "field"} or {"email": "Header", "properties": {"key": {"column": "Header"}}}'
_PROPERTIES = "properties"


def column_named(header: Sequence[str], name: str) -> str | None:
    """Return the label of `header` that matches `name`, or None.

    Ignores surrounding whitespace, and case if only one column matches.
    """
    wanted = name.strip()
    exact = [label for label in header if label.strip() == wanted]
    if exact:
        return exact[0]
    folded = [label for label in header if label.strip().casefold() == wanted.casefold()]
    return folded[0] if len(folded) == 1 else None


def shortened(text: str) -> str:
    """Quote a name for a message: on one line, and shortened."""
    plain = "".join(char if char.isprintable() else " " for char in text[: _LONGEST + 1])
    return f"'{plain[:_LONGEST]}…'" if len(text) > _LONGEST else f"'{plain}'"


def listed(header: Sequence[str]) -> str:
    """List the columns of a file for a message, the first twenty of them."""
    shown = ", ".join(shortened(label) for label in header[:_SHOWN])
    rest = len(header) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown or "none"


def require_column(header: Sequence[str], name: str, what: str) -> str:
    """Return the label that matches `name`. Raises FileNotImportable if the file has no such column."""
    label = column_named(header, name)
    if label is None:
        raise FileNotImportable(
            f"{what} names the column {shortened(name)}, which the file lacks; its columns are {listed(header)}."
        )
    return label


def parse_column_map(text: str, header: Sequence[str]) -> dict[str, str]:
    """Read a column map, JSON in either of two forms, into header -> field as in `ImportOptions.columns`.

    The forms: `{"Header": "field"}`, if every key is a column of the file; else, if every key is a field,
    `{"email": "Header", "properties": {"key": {"column": "Header", "type": "string"}}}`, as in Resend's API. Whether
    the fields and columns exist is checked by `mapping.resolve`.

    Raises `InvalidOption` for anything else.
    """
    content = _json_object(text)
    if all(column_named(header, key) is not None and isinstance(value, str) for key, value in content.items()):
        return {key: str(value) for key, value in content.items()}
    fields = {*CONTACT_FIELDS, CONTACT_ID, FULL_NAME, *WELL_KNOWN_PROPERTIES, _PROPERTIES}
    unknown = [key for key in content if key not in fields]
    if unknown:
        raise InvalidOption(_neither_form(unknown, header))
    return _by_field(content)


def _neither_form(unknown: list[str], header: Sequence[str]) -> str:
    missing = [key for key in unknown if column_named(header, key) is None]
    if not missing:
        return (
            "The column map's keys are columns of the file, so each takes the name of one field and every "
            f"other key is a column too; write {_FORMS}."
        )
    return (
        f"The column map's key {shortened(missing[0])} is neither a column of the file nor a contact field; "
        f"write {_FORMS}. The file's columns are {listed(header)}."
    )


def _by_field(content: dict[str, Any]) -> dict[str, str]:
    """Invert field -> header."""
    columns: dict[str, str] = {}
    for key, value in content.items():
        if key != _PROPERTIES:
            _add(columns, value, key)
            continue
        if not isinstance(value, dict):
            raise InvalidOption(f"The column map's properties are not an object of keys; write {_FORMS}.")
        for name, column in value.items():
            _add(columns, column.get("column") if isinstance(column, dict) else column, PROPERTY_PREFIX + name)
    return columns


def _add(columns: dict[str, str], column: object, field: str) -> None:
    if not isinstance(column, str):
        raise InvalidOption(f"The column map gives no column for {shortened(field)}; write {_FORMS}.")
    if column.strip() in columns:
        raise InvalidOption(
            f"The column map gives the column {shortened(column)} to both {columns[column.strip()]} and "
            f"{shortened(field)}; a column is one field."
        )
    columns[column.strip()] = field


def _json_object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}, character {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidOption(f"The column map is not valid JSON{where}; write {_FORMS}.") from None
    if not isinstance(content, dict):
        raise InvalidOption(f"The column map is not a JSON object; write {_FORMS}.")
    return content


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise InvalidOption(f"The column map has the key {shortened(key)} twice; keep one of them.")
        content[key] = value
    return content


def column_transformations(header: Sequence[str], given: Mapping[str, Transformation]) -> dict[str, Transformation]:
    """Return column -> how its text is read, for the columns of `header` that have a transformation.

    `given` is keyed by the columns' names as people write them; `*` is the default of all columns, which a column's
    own settings override one by one. Raises FileNotImportable for a column that the file lacks.
    """
    default = given.get(EVERY_COLUMN)
    found = {} if default is None else dict.fromkeys(header, default)
    for name, own in given.items():
        if name == EVERY_COLUMN:
            continue
        label = require_column(header, name, "A transformation")
        found[label] = own if default is None else default.model_copy(update=own.model_dump(exclude_none=True))
    return found


def check_transformations(con: duckdb.DuckDBPyConnection, given: Mapping[str, Transformation]) -> None:
    """Raise InvalidOption for a date format, a time zone or a country that DuckDB or phonenumbers does not know."""
    for name, how in given.items():
        if how.country is not None and how.country.upper() not in phonenumbers.SUPPORTED_REGIONS:
            raise InvalidOption(
                f"The country of the transformation of {shortened(name)} is not a two-letter code that phone numbers"
                " know, such as US or DE."
            )
        if how.date_format is not None and not _is_date_format(con, how.date_format):
            raise InvalidOption(
                f"The date_format of the transformation of {shortened(name)} cannot be used; write it as strptime has"
                " it, for example %d/%m/%Y or %m/%d/%Y %H:%M."
            )
        if how.time_zone is not None and not _is_time_zone(con, how.time_zone):
            raise InvalidOption(
                f"The time_zone of the transformation of {shortened(name)} is not known; write it as Europe/Berlin."
            )


def _is_date_format(con: duckdb.DuckDBPyConnection, text: str) -> bool:
    return "%" in text and _runs(con, f"SELECT try_strptime('2026', {literal(text)})")


def _is_time_zone(con: duckdb.DuckDBPyConnection, text: str) -> bool:
    return _runs(con, f"SELECT timezone({literal(text)}, TIMESTAMP '2026-01-01')")


def _runs(con: duckdb.DuckDBPyConnection, query: str) -> bool:
    try:
        con.execute(query).fetchall()
    except duckdb.Error:
        return False
    return True
