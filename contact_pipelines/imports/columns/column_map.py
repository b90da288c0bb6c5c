"""A column map as JSON, in either of two forms, read as header -> field."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from contact_pipelines.errors import InvalidOption
from contact_pipelines.imports.columns.header_lists import column_named, listed, shortened
from contact_pipelines.models import CONTACT_FIELDS, CONTACT_ID, FULL_NAME, PROPERTY_PREFIX, WELL_KNOWN_PROPERTIES

_FORMS = 'either {"Header": "field"} or {"email": "Header", "properties": {"key": {"column": "Header"}}}'
_PROPERTIES = "properties"


def parse_column_map(text: str, header: Sequence[str]) -> dict[str, str]:
    """Read a column map into header -> field, as `ImportOptions.columns` takes it.

    Two forms: `{"Header": "field"}`, if every key is a column of the file; else, if every key is a field,
    `{"email": "Header", "properties": {"key": {"column": "Header", "type": "string"}}}`, as
    Resend's API has it. Whether the fields and columns exist is for `mapping.resolve` to say.

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
    """Turn field -> header round."""
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
