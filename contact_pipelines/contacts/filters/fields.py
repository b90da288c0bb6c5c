"""The fields that a filter can name, and how each can be compared."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from contact_pipelines.contacts.filters.tree import Field, Kind, Operator
from contact_pipelines.models import PROPERTY_PREFIX, GroupKind, PropertyDefinition
from contact_pipelines.property_types import PROPERTY_TYPES

KnownGroups = Mapping[tuple[GroupKind, str], str | None]
"""A tenant's groups, by kind and name: the filter of a dynamic segment, None for any other group."""

SEARCH = "search"
_MOST_TOLD = 15

_CONTACT = {
    "id": Kind.ID,
    "external_id": Kind.TEXT,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "first_name": Kind.TEXT,
    "last_name": Kind.TEXT,
    "company": Kind.TEXT,
    "status": Kind.STATUS,
    "lead_score": Kind.NUMBER,
    "tags": Kind.TAGS,
    "created_at": Kind.MOMENT,
    "updated_at": Kind.MOMENT,
    "version": Kind.NUMBER,
}
_GROUPS = dict.fromkeys((kind.value for kind in GroupKind), Kind.GROUP)

_EQUAL = (Operator.EQ, Operator.NE, Operator.IN)
_ORDER = (Operator.LT, Operator.LE, Operator.GT, Operator.GE, Operator.BETWEEN)
_LIKE = (Operator.LIKE, Operator.ILIKE)
_TEXT = (*_EQUAL, *_ORDER, *_LIKE, Operator.IS_NULL)
_ORDERED = (*_EQUAL, *_ORDER, Operator.IS_NULL)

OPERATORS: Mapping[Kind, tuple[Operator, ...]] = MappingProxyType(
    {
        Kind.ID: _EQUAL,
        Kind.TEXT: _TEXT,
        Kind.EMAIL: _TEXT,
        Kind.PHONE: _TEXT,
        Kind.STATUS: _EQUAL,
        Kind.NUMBER: _ORDERED,
        Kind.DATE: _ORDERED,
        Kind.MOMENT: _ORDERED,
        Kind.BOOLEAN: (*_EQUAL, Operator.IS_NULL),
        Kind.TAGS: (Operator.CONTAINS, Operator.CONTAINS_ANY, Operator.CONTAINS_ALL, Operator.IS_NULL),
        Kind.GROUP: _EQUAL,
        Kind.SEARCH: (Operator.EQ,),
    }
)


class Vocabulary:
    """The fields of a tenant's contacts."""

    def __init__(self, properties: Sequence[PropertyDefinition]) -> None:
        """Take the tenant's properties."""
        self._kinds = {its.key: Kind[PROPERTY_TYPES[its.type].filtered_as.upper()] for its in properties}

    def field(self, name: str) -> Field | None:
        """Return the field of this name (`properties.<key>` for a property), whatever its case."""
        name = name.lower()
        if name.startswith(PROPERTY_PREFIX):
            key = name.removeprefix(PROPERTY_PREFIX)
            return Field(name, self._kinds[key], key) if key in self._kinds else None
        kind = _CONTACT.get(name) or _GROUPS.get(name) or (Kind.SEARCH if name == SEARCH else None)
        return Field(name, kind) if kind else None

    def missing(self, name: str) -> str:
        """Return the sentence about a name that is no field: what may be meant, or which there are."""
        name = name.lower()
        if name in self._kinds:
            return f"a property is written {PROPERTY_PREFIX}{name}."
        if name.startswith(PROPERTY_PREFIX):
            if near := difflib.get_close_matches(name.removeprefix(PROPERTY_PREFIX), self._kinds, n=1):
                return f"there is no such property; is {PROPERTY_PREFIX}{near[0]} meant?"
            return f"there is no such property; the properties are {told(sorted(self._kinds))}."
        fields = [*_CONTACT, *_GROUPS, SEARCH]
        if near := difflib.get_close_matches(name, fields, n=1):
            return f"there is no such field; is {near[0]} meant?"
        return f"there is no such field; the fields are {', '.join(fields)} and {PROPERTY_PREFIX}<key>."


def told(names: Sequence[str]) -> str:
    """Return the names for a sentence, the first of them if there are many."""
    more = len(names) - _MOST_TOLD
    return (", ".join(names[:_MOST_TOLD]) or "none") + (f" and {more} more" if more > 0 else "")
