"""Checks lark's tree (fields, operators, value types) and turns it into a filter tree."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lark import Token, Tree

from contact_pipelines.contacts.filters.filter_fields import OPERATORS, KnownGroups, Vocabulary, told, value_of
from contact_pipelines.contacts.filters.filter_grammar import parse, place_of, wrong_at
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
    comparisons,
)
from contact_pipelines.errors import InvalidFilter
from contact_pipelines.models import GroupKind

DEEPEST_SEGMENTS = 5
MOST_COMPARISONS_WITH_SEGMENTS = 1_000

_Parsed = Tree[Token] | Token

_LEAVES = {"NAME", "SEARCH", "STRING", "NUMBER", "NULL", "TRUE", "FALSE"}
_OTHER_SPELLINGS = {"==": "=", "!=": "<>", "BETWEEN AND": "BETWEEN"}
_PART = re.compile(r'"((?:[^"]|"")*)"|[^\s."]+')


def read_filter(text: str, vocabulary: Vocabulary, groups: KnownGroups | None) -> tuple[Node, Mapping[str, Node]]:
    """Return the tree of a filter, and those of the dynamic segments in it by name. Raises InvalidFilter.

    Without `groups` any group may be named, and none is a dynamic segment.
    """
    reader = _Reader(text, vocabulary, groups)
    tree = reader.read()
    dynamic = _Segments(vocabulary, groups or {})
    for name, place in reader.segments.items():
        try:
            dynamic.add(name, ())
        except InvalidFilter as error:
            raise reader.wrong(place, f"the segment {name} cannot be used. {error}") from None
    if (size := dynamic.size(tree)) > MOST_COMPARISONS_WITH_SEGMENTS:
        raise InvalidFilter(
            f"The filter has {size:,} comparisons with those of the segments that it names;"
            f" {MOST_COMPARISONS_WITH_SEGMENTS:,} are allowed."
        )
    return tree, dynamic.trees


class _Segments:
    """The dynamic segments that a filter needs, each read once."""

    def __init__(self, vocabulary: Vocabulary, groups: KnownGroups) -> None:
        self._vocabulary, self._groups = vocabulary, groups
        self.trees: dict[str, Node] = {}
        self._sizes: dict[str, int] = {}

    def add(self, name: str, above: tuple[str, ...]) -> None:
        """Read a segment's filter and those of the segments in it. Raises InvalidFilter.

        `above`: the segments through which one comes here.
        """
        text = self._groups.get((GroupKind.SEGMENT, name))
        if text is None or name in self.trees:
            return
        if name in above:
            raise InvalidFilter(f"The filter of the segment {name} leads back to itself.")
        if len(above) >= DEEPEST_SEGMENTS:
            raise InvalidFilter(f"Segments are nested deeper than {DEEPEST_SEGMENTS} times.")
        reader = _Reader(text, self._vocabulary, self._groups)
        tree = reader.read()
        for inner in reader.segments:
            self.add(inner, (*above, name))
        self.trees[name] = tree
        self._sizes[name] = self.size(tree)

    def size(self, tree: Node) -> int:
        """Return how many comparisons the tree has once segments are replaced by their filters."""
        return sum(
            sum(self._sizes.get(str(value), 0) for value in each.values) + 1
            if each.field.name == GroupKind.SEGMENT
            else 1
            for each in comparisons(tree)
        )


class _Reader:
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
        return wrong_at(place[0], self._text[slice(*place)], why)

    def _node(self, parsed: _Parsed) -> Node:
        match parsed := _unwrapped(parsed):
            case Tree("conjunction", parts):
                return Conjunction(self._joined(Conjunction, parts))
            case Tree("disjunction", parts):
                return Disjunction(self._joined(Disjunction, parts))
            case Tree("negation", [_, part]):
                return _negated(self._node(part))
            case Tree("comparison", [left, *rest]):
                return self._compared(parsed, left, rest)
            case Tree("search", [name, text]):
                return self._comparison(name, Operator.EQ, [text])
            case Token(type="NAME"):
                field = self._field(parsed)
                why = f"a comparison is missing; {field.name} is compared with {_told_operators(field)}."
                raise self.wrong(_place(parsed), why)
        raise self.wrong(_place(parsed), "a condition is expected, such as lead_score > 50.")

    def _joined(self, kind: type[Conjunction | Disjunction], parts: list[_Parsed]) -> tuple[Node, ...]:
        joined: list[Node] = []
        for node in map(self._node, parts):
            joined += node.parts if isinstance(node, kind) else [node]  # it was in parentheses
        return tuple(joined)

    def _compared(self, parsed: _Parsed, left: _Parsed, rest: list[_Parsed]) -> Node:
        words = [part for part in rest if isinstance(part, Token) and part.type not in _LEAVES]
        values = [part for part in rest if isinstance(part, Tree) or part.type in _LEAVES]
        negated = sum(word.type == "NOT" for word in words) == 1  # a NOT IS NOT NULL
        match " ".join(word.upper() for word in words if word.type != "NOT"), values:
            case "IS" | "", [Token(type="NULL")]:
                operator, values = Operator.IS_NULL, []
            case "IS", _:
                raise self.wrong(_place(parsed), "after IS only NULL or NOT NULL can stand.")
            case "IN" | "CONTAINS ANY" | "CONTAINS ALL" as word, [Tree("parentheses", [_, *_] as inside)]:
                operator, values = Operator(word), inside
            case "IN", _:
                raise self.wrong(_place(parsed), "IN needs its values in parentheses, such as IN ('a', 'b').")
            case "CONTAINS ANY" | "CONTAINS ALL", _:
                raise self.wrong(_place(parsed), "the values are expected in parentheses, such as ('a', 'b').")
            case word, _:
                operator = Operator(_OTHER_SPELLINGS.get(word, word))
        comparison = self._comparison(left, operator, values)
        return Negation(comparison) if negated else comparison

    def _comparison(self, left: _Parsed, operator: Operator, values: list[_Parsed]) -> Comparison:
        named = _unwrapped(left)
        if not isinstance(named, Token) or named.type not in ("NAME", "SEARCH"):
            raise self.wrong(_place(named), "a comparison begins with the name of a field.")
        field = self._field(named)
        if operator not in OPERATORS[field.kind]:
            why = f"{field.name} cannot be compared with {operator}, but with {_told_operators(field)}."
            raise self.wrong(_place(named), why)
        return Comparison(field, operator, tuple(self._value(field, operator, value) for value in values))

    def _field(self, token: Token) -> Field:
        parts = (part[0] if part[1] is None else part[1].replace('""', '"') for part in _PART.finditer(token))
        name = ".".join(parts)
        field = self._vocabulary.field(name)
        if field is None:
            raise self.wrong(place_of(token), self._vocabulary.missing(name))
        return field

    def _value(self, field: Field, operator: Operator, parsed: _Parsed) -> Value:
        parsed = _unwrapped(parsed)
        place = _place(parsed)
        try:
            value = value_of(field, operator, self._written(parsed, place))
        except ValueError as error:
            raise self.wrong(place, str(error)) from None
        if field.kind is Kind.GROUP:
            self._check_group(GroupKind(field.name), str(value), place)
        return value

    def _written(self, parsed: _Parsed, place: tuple[int, int]) -> str | bool:
        match parsed:
            case Token(type="STRING"):
                return parsed[1:-1].replace("''", "'")
            case Token(type="NUMBER"):
                return str(parsed)
            case Tree("negative", [Token(type="NUMBER") as number]):
                return f"-{number}"
            case Token(type="TRUE" | "FALSE" as word):
                return word == "TRUE"
            case Token(type="NULL"):
                why = "nothing equals NULL; write IS NULL or IS NOT NULL."
            case Token(type="NAME"):
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


def _negated(node: Node) -> Node:
    return node.part if isinstance(node, Negation) else Negation(node)


def _unwrapped(parsed: _Parsed) -> _Parsed:
    while isinstance(parsed, Tree) and parsed.data == "parentheses" and len(parsed.children) == 1:
        parsed = parsed.children[0]
    return parsed


def _place(parsed: _Parsed) -> tuple[int, int]:
    """Return where a node stands, from its first name or value to its last. There may be thousands, nested as deep."""
    if isinstance(parsed, Token):
        return place_of(parsed)
    tokens = (child for tree in parsed.iter_subtrees() for child in tree.children if isinstance(child, Token))
    places = [place_of(token) for token in tokens if token.type in _LEAVES]
    return (min(places)[0], max(places)[1]) if places else (0, 0)


def _told_operators(field: Field) -> str:
    return ", ".join(OPERATORS[field.kind])
