"""Builds SQLAlchemy conditions on `contacts` from a filter tree, with every value bound.

A property is kept as JSON, and hand-written SQL may have put anything there. So a value is only looked at as a number,
a date or a boolean where it is one; any other is as if there were none. No cast can fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from contact_pipelines.contacts.filters.filter_tree import (
    Comparison,
    Conjunction,
    Disjunction,
    Field,
    Kind,
    Negation,
    Node,
    Operator,
    Value,
)
from contact_pipelines.models import GroupKind, Subscription
from contact_pipelines.store.tables import contacts, group_members, groups

Condition = sa.ColumnElement[bool]

_TYPES: Mapping[Kind, sa.types.TypeEngine[Any]] = MappingProxyType(
    {
        Kind.ID: sa.Uuid(),
        Kind.NUMBER: sa.Numeric(),
        Kind.MOMENT: sa.DateTime(timezone=True),
        Kind.BOOLEAN: sa.Boolean(),
    }
)
_COMPARED: Mapping[Operator, Callable[[Any, Any], Condition]] = MappingProxyType(
    {
        Operator.EQ: lambda left, right: left == right,
        Operator.NE: lambda left, right: left != right,
        Operator.LT: lambda left, right: left < right,
        Operator.LE: lambda left, right: left <= right,
        Operator.GT: lambda left, right: left > right,
        Operator.GE: lambda left, right: left >= right,
        Operator.LIKE: lambda left, right: left.like(right),
        Operator.ILIKE: lambda left, right: left.ilike(right),
    }
)
_BY_ORDER = {Operator.LT, Operator.LE, Operator.GT, Operator.GE, Operator.BETWEEN}
_SEARCHED = ("email", "phone", "external_id", "company")


class ConditionBuilder:
    """Makes the conditions of a tenant; `dynamic` are the dynamic segments that a tree may name."""

    def __init__(self, tenant_id: str, dynamic: Mapping[str, Node]) -> None:
        """Take the tenant and its dynamic segments by name."""
        self._tenant_id, self._dynamic = tenant_id, dynamic

    def condition(self, node: Node) -> Condition:
        """Return whether a contact is meant, NULL where SQL's three-valued logic has it so."""
        match node:
            case Conjunction(parts):
                return sa.and_(*map(self.condition, parts))
            case Disjunction(parts):
                return sa.or_(*map(self.condition, parts))
            case Negation(part):
                return sa.not_(self.condition(part))
            case Comparison():
                return self._comparison(node)

    def _comparison(self, node: Comparison) -> Condition:
        match node.field.kind:
            case Kind.GROUP:
                return self._group(node)
            case Kind.SEARCH:
                return _search(str(node.values[0]))
            case Kind.TAGS:
                return _tags(node) if node.field.key is None else _options(node, contacts.c.properties[node.field.key])
        return _compared(node)

    def _group(self, comparison: Comparison) -> Condition:
        """Return whether a contact is in one of the groups: true or false, never NULL."""
        kind, names = GroupKind(comparison.field.name), [str(value) for value in comparison.values]
        dynamic = [name for name in names if kind is GroupKind.SEGMENT and name in self._dynamic]
        given = [name for name in names if name not in dynamic]
        parts: list[Condition] = [self.condition(self._dynamic[name]).is_(sa.true()) for name in dynamic]
        if given:
            parts.append(self._is_member(kind, given))
        found = sa.or_(*parts)
        return sa.not_(found) if comparison.operator is Operator.NE else found

    def _is_member(self, kind: GroupKind, names: list[str]) -> Condition:
        """Who opted out of a topic is no member.

        EXISTS and not IN: behind an OR the planner looks each contact up in an index, where with IN it would read all
        members for each contact unless they fit in its memory. The groups are found once and not joined, for the same.
        """
        named = sa.select(groups.c.id).where(
            groups.c.tenant_id == self._tenant_id, groups.c.kind == kind.value, groups.c.name.in_(names)
        )
        member = group_members.alias()
        return (
            sa.select(sa.literal(1))
            .select_from(member)
            .where(
                member.c.tenant_id == self._tenant_id,
                member.c.group_id == sa.any_(sa.func.array(named.scalar_subquery())),
                member.c.contact_id == contacts.c.id,
                member.c.subscription.is_distinct_from(Subscription.OPT_OUT.value),
            )
            .correlate(contacts)
            .exists()
        )


def _compared(comparison: Comparison) -> Condition:
    field, operator = comparison.field, comparison.operator
    left = contacts.c[field.name] if field.key is None else _property(field.key, field.kind)
    values = [_bound(field, value) for value in comparison.values]
    if operator in _BY_ORDER and field.kind not in _TYPES:
        left = left.collate("C")  # by code points, whatever the language of the database
    match operator:
        case Operator.IS_NULL:
            return left.is_(None)
        case Operator.IN:
            return left.in_(values)
        case Operator.BETWEEN:
            return left.between(values[0], values[1])
        case Operator.ILIKE:
            left = left.collate("default")  # "C", which the key columns have, knows the case of ASCII only
    return _COMPARED[operator](left, values[0])


def _property(key: str, kind: Kind) -> sa.ColumnElement[Any]:
    """Return the property's value in the type of its kind, NULL if there is none or it is something else."""
    value = contacts.c.properties[key]
    text = value.astext
    match kind:
        case Kind.NUMBER:
            return sa.case((sa.func.jsonb_typeof(value) == "number", sa.cast(text, sa.Numeric)))
        case Kind.BOOLEAN:
            return sa.case((sa.func.jsonb_typeof(value) == "boolean", sa.cast(text, sa.Boolean)))
        case Kind.DATE:  # ISO dates: as texts they have the order of the days
            return sa.case((text.regexp_match("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), text))
    return sa.cast(text, sa.Text)


def _bound(field: Field, value: Value) -> sa.ColumnElement[Any]:
    type_ = _TYPES.get(field.kind)
    return sa.literal(str(value), sa.Text()) if type_ is None else sa.literal(value, type_)


def _tags(comparison: Comparison) -> Condition:
    if comparison.operator is Operator.IS_NULL:
        return sa.func.cardinality(contacts.c.tags) == 0
    given = sa.literal([str(value) for value in comparison.values], ARRAY(sa.Text))
    return contacts.c.tags.bool_op("&&" if comparison.operator is Operator.CONTAINS_ANY else "@>")(given)


def _options(comparison: Comparison, value: sa.ColumnElement[Any]) -> Condition:
    """Return the condition on a multi_select property, which is a set: without a value it is an empty one, not NULL."""
    is_set = sa.func.coalesce(sa.func.jsonb_typeof(value), "") == "array"
    if comparison.operator is Operator.IS_NULL:
        return sa.not_(sa.and_(is_set, value != sa.literal([], value.type)))
    given = sa.literal([str(each) for each in comparison.values], ARRAY(sa.Text))
    operator = "?|" if comparison.operator is Operator.CONTAINS_ANY else "?&"
    return sa.and_(is_set, value.bool_op(operator)(given))


def _search(text: str) -> Condition:
    """Return whether one of the fields holds the text, whatever its case: true or false, never NULL."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    name = sa.func.concat_ws(" ", contacts.c.first_name, contacts.c.last_name)
    searched = [name, *(sa.func.coalesce(contacts.c[field], "") for field in _SEARCHED)]
    return sa.or_(*(each.collate("default").ilike(f"%{escaped}%") for each in searched))
