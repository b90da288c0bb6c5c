"""What a filter says, once it is read: comparisons of a contact's fields, joined by AND, OR and NOT.

Every value in it has the type of its field already, so what is made of a tree (SQL, text) can no longer fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
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
