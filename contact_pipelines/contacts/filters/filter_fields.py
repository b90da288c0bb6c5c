"""The fields that a filter can use, their operators, and how their values are written."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from contact_pipelines.contacts.filters.filter_tree import Field, Kind, Operator, Value
from contact_pipelines.models import PROPERTY_PREFIX, ContactStatus, GroupKind, PropertyDefinition
from contact_pipelines.property_types import PROPERTY_TYPES

KnownGroups = Mapping[tuple[GroupKind, str], str | None]
"""A tenant's groups, by kind and name: the filter of a dynamic segment, None for any other group."""

_MOST_TOLD = 15

_FIELDS = {
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
    **dict.fromkeys((kind.value for kind in GroupKind), Kind.GROUP),
    "search": Kind.SEARCH,
}
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
        return Field(name, _FIELDS[name]) if name in _FIELDS else None

    def missing(self, name: str) -> str:
        """Return the sentence about a name that is no field: what may be meant, or which there are."""
        name = name.lower()
        if name in self._kinds:
            return f"a property is written {PROPERTY_PREFIX}{name}."
        if name.startswith(PROPERTY_PREFIX):
            if near := difflib.get_close_matches(name.removeprefix(PROPERTY_PREFIX), self._kinds, n=1):
                return f"there is no such property; is {PROPERTY_PREFIX}{near[0]} meant?"
            return f"there is no such property; the properties are {told(sorted(self._kinds))}."
        if near := difflib.get_close_matches(name, _FIELDS, n=1):
            return f"there is no such field; is {near[0]} meant?"
        return f"there is no such field; the fields are {', '.join(_FIELDS)} and {PROPERTY_PREFIX}<key>."


def told(names: Sequence[str]) -> str:
    """Return the names for a sentence, the first of them if there are many."""
    more = len(names) - _MOST_TOLD
    return (", ".join(names[:_MOST_TOLD]) or "none") + (f" and {more} more" if more > 0 else "")


_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]"
    r"([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_PHONE_PUNCTUATION = re.compile(r"[\s().-]+")
# Beyond these no contact's number lies, and PostgreSQL's numeric could no longer hold it.
_LONGEST_NUMBER, _LARGEST_EXPONENT = 100, 1000


def value_of(field: Field, operator: Operator, written: str | bool) -> Value:  # noqa: FBT001 - a literal
    """Return the value, of the type that the field is compared with. Raises ValueError with what is allowed.

    `written` is a text or a number as it stands in the filter, or one of the words TRUE and FALSE.
    """
    if isinstance(written, bool):
        if field.kind is Kind.BOOLEAN:
            return written
        raise ValueError(f"{field.name} is {field.kind.value}, not true or false.")
    if operator in (Operator.LIKE, Operator.ILIKE):
        return _pattern(field, written)
    return _READERS.get(field.kind, str)(written)


def _pattern(field: Field, written: str) -> str:
    if (len(written) - len(written.rstrip("\\"))) % 2:
        raise ValueError("a pattern cannot end with a single backslash; write two for the character itself.")
    return written.lower() if field.kind is Kind.EMAIL else written


def _name(written: str) -> str:
    if not written.strip():
        raise ValueError("a text is expected that is not empty.")
    return written.strip()


def _status(written: str) -> str:
    try:
        return ContactStatus(written.strip().lower())
    except ValueError:
        raise ValueError(f"a status is one of {', '.join(ContactStatus)}.") from None


def _number(written: str) -> Decimal:
    if len(written) > _LONGEST_NUMBER or not _NUMBER.fullmatch(written):
        raise ValueError("a number is expected, such as 50 or -1.5.")
    number = Decimal(written)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("this number is out of all proportion.")
    return number


def _date(written: str) -> date:
    if _DATE.fullmatch(written):
        try:
            return date.fromisoformat(written)
        except ValueError:
            pass
    raise ValueError("a date is expected, such as '2025-10-01'.")


def _moment(written: str) -> datetime:
    """Read a date, its first moment in UTC, or a time; one without a zone is UTC."""
    written = f"{written}T00:00Z" if _DATE.fullmatch(written) else written
    if found := _MOMENT.fullmatch(written):
        day, time, zone = found.groups()
        zone = "+00:00" if zone in (None, "z", "Z") else zone
        try:
            return datetime.fromisoformat(f"{day}T{time}{zone}")
        except ValueError:
            pass
    raise ValueError("a date or a time is expected, such as '2025-10-01' or '2025-10-01T08:30:00+02:00'.")


def _boolean(written: str) -> bool:
    if written.lower() not in ("true", "false"):
        raise ValueError("true or false is expected.")
    return written.lower() == "true"


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise ValueError("an id is expected, such as '0199c3a1-7f7e-7c3e-9d5f-2f6a1f0c7b11'.") from None


_READERS: Mapping[Kind, Callable[[str], Value]] = MappingProxyType(
    {
        Kind.ID: _id,
        Kind.EMAIL: lambda written: written.strip().lower(),
        Kind.PHONE: lambda written: _PHONE_PUNCTUATION.sub("", written),
        Kind.STATUS: _status,
        Kind.NUMBER: _number,
        Kind.DATE: _date,
        Kind.MOMENT: _moment,
        Kind.BOOLEAN: _boolean,
        Kind.GROUP: _name,
        Kind.SEARCH: _name,
    }
)
