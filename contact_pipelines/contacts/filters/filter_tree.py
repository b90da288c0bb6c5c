"""The filter tree: comparisons of contact fields joined by AND, OR and NOT; and writing it as text.

Every value in it has the type of its field already, so what is made of a tree (SQL, text) can no longer fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

Value = str | Decimal | bool | date | datetime | UUID


class Kind(StrEnum):
    """What a field holds, as people are told."""

    ID = "an id"
    TEXT = "text"
    EMAIL = "an email"
    PHONE = "a phone number"
    STATUS = "a status"
    NUMBER = "a number"
    DATE = "a date"
    MOMENT = "a time"
    BOOLEAN = "true or false"
    TAGS = "a set of texts"
    GROUP = "a list, segment or topic"
    SEARCH = "a search"


class Operator(StrEnum):
    """How a field is compared, as it is written."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    IN = "IN"
    BETWEEN = "BETWEEN"
    LIKE = "LIKE"
    ILIKE = "ILIKE"
    IS_NULL = "IS NULL"
    CONTAINS = "CONTAINS"
    CONTAINS_ANY = "CONTAINS ANY"
    CONTAINS_ALL = "CONTAINS ALL"


@dataclass(frozen=True)
class Field:
    """A field by the name that a filter gives it. `key` is set for a property."""

    name: str
    kind: Kind
    key: str | None = None


@dataclass(frozen=True)
class Comparison:
    """A field, an operator, and its values: none for IS NULL, two for BETWEEN, any number for lists."""

    field: Field
    operator: Operator
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Negation:
    """NOT."""

    part: Node


@dataclass(frozen=True)
class Conjunction:
    """AND of two or more."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Disjunction:
    """OR of two or more."""

    parts: tuple[Node, ...]


Node = Comparison | Negation | Conjunction | Disjunction


def comparisons(node: Node) -> Iterator[Comparison]:
    """Yield the comparisons of a tree, from left to right."""
    match node:
        case Comparison():
            yield node
        case Negation(part):
            yield from comparisons(part)
        case Conjunction(parts) | Disjunction(parts):
            for part in parts:
                yield from comparisons(part)


_LISTS = {Operator.IN, Operator.CONTAINS_ANY, Operator.CONTAINS_ALL}
_NEGATED_INSIDE = {Operator.IN, Operator.BETWEEN, Operator.LIKE, Operator.ILIKE, Operator.CONTAINS}


def spelled(node: Node) -> str:
    """Return a filter's text: one spelling, however it was written. Read again, it is the same tree."""
    match node:
        case Conjunction(parts):
            return " AND ".join(_inside(part, Conjunction, Disjunction) for part in parts)
        case Disjunction(parts):
            return " OR ".join(_inside(part, Disjunction) for part in parts)
        case Negation(Comparison(field, Operator.IS_NULL)):
            return f"{field.name} IS NOT NULL"
        case Negation(Comparison(field, operator, values)) if operator in _NEGATED_INSIDE:
            return f"{field.name} NOT {_rest(operator, values)}"
        case Negation(part):
            return f"NOT {_inside(part, Conjunction, Disjunction)}"
    return f"{node.field.name} {_rest(node.operator, node.values)}"


def _inside(node: Node, *in_parentheses: type[Node]) -> str:
    return f"({spelled(node)})" if isinstance(node, in_parentheses) else spelled(node)


def _rest(operator: Operator, values: tuple[Value, ...]) -> str:
    told = [_value(value) for value in values]
    if operator in _LISTS:
        return f"{operator} ({', '.join(told)})"
    return " ".join([operator, " AND ".join(told)]).rstrip()


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime) and value.time() == time.min and value.utcoffset() == timedelta(0):
        value = value.date()
    text = value.isoformat() if isinstance(value, datetime | date) else str(value)
    return "'" + text.replace("'", "''") + "'"
