"""What is written in a filter, as a value of its field's type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from contact_pipelines.contacts.filters.tree import Field, Kind, Operator, Value
from contact_pipelines.models import ContactStatus

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
    return _READERS.get(field.kind, _text)(written)


def _text(written: str) -> str:
    return written


def _pattern(field: Field, written: str) -> str:
    if (len(written) - len(written.rstrip("\\"))) % 2:
        raise ValueError("a pattern cannot end with a single backslash; write two for the character itself.")
    return written.lower() if field.kind is Kind.EMAIL else written


def _name(written: str) -> str:
    if not written.strip():
        raise ValueError("a text is expected that is not empty.")
    return written.strip()


def _email(written: str) -> str:
    return written.strip().lower()


def _phone(written: str) -> str:
    return _PHONE_PUNCTUATION.sub("", written)


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
        Kind.EMAIL: _email,
        Kind.PHONE: _phone,
        Kind.STATUS: _status,
        Kind.NUMBER: _number,
        Kind.DATE: _date,
        Kind.MOMENT: _moment,
        Kind.BOOLEAN: _boolean,
        Kind.GROUP: _name,
        Kind.SEARCH: _name,
    }
)
