"""The property types, and how values of each are read, checked, compared, filtered and exported.

To add a type, add it here. It also needs SQL that reads its text, a block of its own in
`imports/validate/normalising.sql` unless another type's does; the sentence of `invalid_<type>`, if a text can be
unreadable; and a migration of the constraint on the store's `properties.type`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal


class PropertyType(StrEnum):
    """Type of a property's values."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    SELECT = "select"
    MULTI_SELECT = "multi_select"


@dataclass(frozen=True)
class Traits:
    """What is particular about the values of one type. In the pipeline they are text, in the store's one spelling."""

    read_by: str
    """A reader in `validate/normalising.py`, or a block of `normalising.sql` that takes `{text}`."""
    can_be_unreadable: bool = False
    """Whether a text can be invalid for the type; such rows fail with the code `invalid_<type>`."""
    takes: frozenset[str] = frozenset()
    """Rules that only some types have: `min`, `max`, `options`."""
    max_length: int | None = None
    """Characters."""
    is_list: bool = False
    """Whether a value is a JSON array of several, which imports can append to and remove from."""
    is_json: bool = False
    """Whether the text of a value is its JSON (`3`, `true`, `["a"]`); others are strings there."""
    compared_as: str | None = None
    """DuckDB type in which old and new are compared and ordered; None for text."""
    filtered_as: Literal["text", "number", "date", "boolean", "tags"] = "text"
    """The `Kind` of its fields in filters."""
    exported_as: Literal["text", "number", "date", "boolean", "options"] = "text"
    """The `Kind` of its columns in exports."""


PROPERTY_TYPES: Mapping[PropertyType, Traits] = MappingProxyType(
    {
        PropertyType.TEXT: Traits(read_by="text", max_length=10_000),
        PropertyType.NUMBER: Traits(
            read_by="number",
            can_be_unreadable=True,
            takes=frozenset({"min", "max"}),
            is_json=True,
            compared_as="DOUBLE",
            filtered_as="number",
            exported_as="number",
        ),
        PropertyType.DATE: Traits(read_by="date", can_be_unreadable=True, filtered_as="date", exported_as="date"),
        PropertyType.BOOLEAN: Traits(
            read_by="boolean", can_be_unreadable=True, is_json=True, filtered_as="boolean", exported_as="boolean"
        ),
        PropertyType.SELECT: Traits(read_by="option", takes=frozenset({"options"})),
        PropertyType.MULTI_SELECT: Traits(
            read_by="options",
            can_be_unreadable=True,
            takes=frozenset({"options"}),
            is_list=True,
            is_json=True,
            filtered_as="tags",
            exported_as="options",
        ),
    }
)

LIST_OF_TYPES = f"{', '.join([*PropertyType][:-1])} or {[*PropertyType][-1]}"
"""For help and messages: `text, number, ... or multi_select`."""


def types_that_take(rule: str) -> str:
    """Name the types that have a rule, for a message."""
    return " and ".join(type_ for type_, its in PROPERTY_TYPES.items() if rule in its.takes)
