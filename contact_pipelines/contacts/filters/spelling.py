"""From the tree back to text: one spelling, however it was written. Read again, it is the same tree."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from contact_pipelines.contacts.filters.tree import (
    Comparison,
    Conjunction,
    Disjunction,
    Negation,
    Node,
    Operator,
    Value,
)

_LISTS = {Operator.IN, Operator.CONTAINS_ANY, Operator.CONTAINS_ALL}
_NEGATED_INSIDE = {Operator.IN, Operator.BETWEEN, Operator.LIKE, Operator.ILIKE, Operator.CONTAINS}


def spelled(node: Node) -> str:
    """Return the text of a filter."""
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
