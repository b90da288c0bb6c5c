"""From sqlglot's expressions to the tree: an allow-list of nodes; whatever else parses is refused where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sqlglot import exp

from contact_pipelines.contacts.filters.fields import OPERATORS, KnownGroups, Vocabulary, told
from contact_pipelines.contacts.filters.places import wrong_at
from contact_pipelines.contacts.filters.syntax import parse
from contact_pipelines.contacts.filters.tree import (
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
from contact_pipelines.contacts.filters.values import value_of
from contact_pipelines.errors import InvalidFilter
from contact_pipelines.models import GroupKind

_WITH_ONE_VALUE: Mapping[type[exp.Expr], Operator] = MappingProxyType(
    {
        exp.EQ: Operator.EQ,
        exp.NEQ: Operator.NE,
        exp.LT: Operator.LT,
        exp.LTE: Operator.LE,
        exp.GT: Operator.GT,
        exp.GTE: Operator.GE,
        exp.Like: Operator.LIKE,
        exp.ILike: Operator.ILIKE,
        exp.ArrayContains: Operator.CONTAINS,
    }
)
_WITH_LIST: Mapping[type[exp.Expr], Operator] = MappingProxyType(
    {exp.ArrayOverlaps: Operator.CONTAINS_ANY, exp.ArrayContainsAll: Operator.CONTAINS_ALL}
)


class Reader:
    """Reads one filter. `segments` are the segments that it names, each with the place where it first does."""

    def __init__(self, text: str, vocabulary: Vocabulary, groups: KnownGroups | None) -> None:
        """Take the text and what its names can be; with `groups`, a name that is none of them is refused."""
        self._text, self._vocabulary, self._groups = text, vocabulary, groups
        self.segments: dict[str, tuple[int, int]] = {}

    def read(self) -> Node:
        """Return the tree. Raises InvalidFilter."""
        return self._node(parse(self._text))

    def wrong(self, place: tuple[int, int], why: str) -> InvalidFilter:
        """Return the error about a place of this filter."""
        return wrong_at(self._text, *place, why)

    def _node(self, node: exp.Expr) -> Node:
        match node := _unwrapped(node):
            case exp.And():
                return Conjunction(tuple(map(self._node, _parts(node))))
            case exp.Or():
                return Disjunction(tuple(map(self._node, _parts(node))))
            case exp.Not():
                part = self._node(node.this)
                return part.part if isinstance(part, Negation) else Negation(part)
        return self._predicate(node)

    def _predicate(self, node: exp.Expr) -> Node:
        match node:
            case exp.Is() if isinstance(node.expression, exp.Null):
                return _negated(node, self._comparison(node, Operator.IS_NULL, []))
            case exp.Between():
                return self._comparison(node, Operator.BETWEEN, [node.args["low"], node.args["high"]])
            case exp.In() if node.expressions:
                return self._comparison(node, Operator.IN, node.expressions)
        if (operator := _WITH_LIST.get(type(node))) is not None:
            return self._comparison(node, operator, self._listed(node))
        if (operator := _WITH_ONE_VALUE.get(type(node))) is not None:
            return _negated(node, self._comparison(node, operator, [node.expression]))
        raise self.wrong(_place(node), self._why_no_condition(node))

    def _why_no_condition(self, node: exp.Expr) -> str:
        match node:
            case exp.In():
                return "IN needs its values in parentheses, such as IN ('a', 'b')."
            case exp.Is():
                return "after IS only NULL or NOT NULL can stand."
            case exp.Column() | exp.Dot() if (field := self._field(node)) is not None:
                return f"a comparison is missing; {field.name} is compared with {_told_operators(field)}."
        return "a condition is expected, such as lead_score > 50."

    def _comparison(self, node: exp.Expr, operator: Operator, values: list[exp.Expr]) -> Comparison:
        named = _unwrapped(node.this)
        if not isinstance(named, exp.Column | exp.Dot):
            raise self.wrong(_place(named), "a comparison begins with the name of a field.")
        field = self._field(named)
        if operator not in OPERATORS[field.kind]:
            raise self.wrong(
                _place(named), f"{field.name} cannot be compared with {operator}, but with {_told_operators(field)}."
            )
        return Comparison(field, operator, tuple(self._value(field, operator, value) for value in values))

    def _listed(self, node: exp.Expr) -> list[exp.Expr]:
        values = node.expression
        if isinstance(values, exp.Paren):
            return [values.this]
        if not isinstance(values, exp.Tuple) or not values.expressions:
            raise self.wrong(_place(node), "the values are expected in parentheses, such as ('a', 'b').")
        return list(values.expressions)

    def _field(self, node: exp.Column | exp.Dot) -> Field:
        name = ".".join(part.name for part in node.parts)
        field = self._vocabulary.field(name)
        if field is None:
            raise self.wrong(_place(node), self._vocabulary.missing(name))
        return field

    def _value(self, field: Field, operator: Operator, node: exp.Expr) -> Value:
        node, place = _unwrapped(node), _place(node)
        try:
            value = value_of(field, operator, self._written(node, place))
        except ValueError as error:
            raise self.wrong(place, str(error)) from None
        if field.kind is Kind.GROUP:
            self._check_group(GroupKind(field.name), str(value), place)
        return value

    def _written(self, node: exp.Expr, place: tuple[int, int]) -> str | bool:
        match node:
            case exp.Literal():
                return str(node.this)
            case exp.Boolean():
                return bool(node.this)
            case exp.Neg() if isinstance(node.this, exp.Literal) and not node.this.is_string:
                return f"-{node.this.this}"
            case exp.Null():
                raise self.wrong(place, "nothing equals NULL; write IS NULL or IS NOT NULL.")
            case exp.Column():
                why = "a value is expected; a text stands in single quotes, such as 'Ann'."
            case _:
                why = "one value is expected: a text in single quotes, a number, true or false."
        raise self.wrong(place, why)

    def _check_group(self, kind: GroupKind, name: str, place: tuple[int, int]) -> None:
        if kind is GroupKind.SEGMENT:
            self.segments.setdefault(name, place)
        if self._groups is not None and (kind, name) not in self._groups:
            names = sorted(name for its_kind, name in self._groups if its_kind is kind)
            raise self.wrong(place, f"there is no such {kind}; there are: {told(names)}.")


def _negated(node: exp.Expr, comparison: Comparison) -> Node:
    """Return the comparison, or its negation where sqlglot keeps a NOT (NOT LIKE, IS NOT NULL) in the node itself."""
    return Negation(comparison) if node.args.get("negate") else comparison


def _unwrapped(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _parts(node: exp.And | exp.Or) -> list[exp.Expr]:
    """Return what is joined by the same word, however long: sqlglot nests a chain as deep as it is long."""
    kind, parts = type(node), list[exp.Expr]()
    waiting: list[exp.Expr] = [node]
    while waiting:
        if isinstance(part := _unwrapped(waiting.pop()), kind):
            waiting += [part.expression, part.this]
        else:
            parts.append(part)
    return parts


def _place(node: exp.Expr) -> tuple[int, int]:
    """Return where a node stands, from its first leaf to its last: start and end, from 0."""
    places = list(_leaves(node))
    return (min(start for start, _ in places), max(end for _, end in places)) if places else (0, 0)


def _leaves(node: exp.Expr) -> Iterator[tuple[int, int]]:
    for part in node.dfs():
        if "start" in part.meta:
            yield part.meta["start"], part.meta["end"] + 1


def _told_operators(field: Field) -> str:
    return ", ".join(OPERATORS[field.kind])
