"""The columns of JSON records: every key that any record has, nested ones by their path (`address.city`).

`find_columns` looks at all records, not a sample. Columns stand in the order in which their keys first appear; what
belongs to one nested object stands together. `CellReader` takes their cells out of the records.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contact_pipelines.errors import FileNotImportable
from contact_pipelines.house import Limits
from contact_pipelines.importing.duck import file_literal, identifier, literal, sql_blocks

_MAX_DEPTH = 3
"""Keys of a path; an object below them stays JSON text."""
_TYPED_VALUE = frozenset(("type", "value"))
"""The keys of an object that is nothing but a value with its type, as APIs give properties."""

_PLAIN = frozenset(("text", "integer", "boolean", "null"))
"""Kinds whose text DuckDB gives as it stands."""


@dataclass(frozen=True)
class JsonColumn:
    """One column. `plain`: all its values are texts, whole numbers, booleans or null.

    `flattened`: objects among its values have columns of their own, and are left out here.
    """

    path: tuple[str, ...]
    plain: bool
    flattened: bool

    @property
    def label(self) -> str:
        """The header that the column would have in a spreadsheet."""
        return ".".join(self.path)


class CellReader:
    """The cells of some columns, for the block `rows` of sql/json_records.sql.

    All columns are taken in one pass over an object's members (json_transform), which a look-up by path is not:
    with 5,000 columns that took 25 times as long. One pass gives each key once, and keys that differ in their
    case only are the same to it; what does not fit into the first pass goes into a second one.
    """

    def __init__(self, columns: list[JsonColumn]) -> None:
        self._passes: list[_Pass] = []
        self._careful: list[str] = []
        self.cells = [self._cell(column) for column in columns]
        """SQL of each column's text, in the order of `columns`."""

    @property
    def layers(self) -> str:
        """SQL of the passes over `object`, as columns."""
        passes = (f"json_transform(object, {literal(json.dumps(one.structure))}) AS {one.name}" for one in self._passes)
        return ", ".join(passes) or "NULL AS pass0"

    @property
    def careful(self) -> str:
        """SQL of the JSON values that `json_cell` makes texts of."""
        return f"CAST([{', '.join(self._careful)}] AS VARCHAR[])"

    def _cell(self, column: JsonColumn) -> str:
        value = self._value(column)
        if column.plain:
            return value
        text = f"CAST({value} AS VARCHAR)"
        self._careful.append(f"CASE WHEN NOT starts_with({text}, '{{') THEN {text} END" if column.flattened else text)
        return f"careful[{len(self._careful)}]"

    def _value(self, column: JsonColumn) -> str:
        kind = "VARCHAR" if column.plain else "JSON"
        if "" in column.path:  # json_transform takes no blank key, a JSON pointer does
            pointer = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in column.path)
            extract = "json_extract_string" if column.plain else "json_extract"
            return f"{extract}(object, {literal(pointer)})"
        for one in self._passes:
            if one.takes(column.path, kind):
                break
        else:
            one = _Pass(f"pass{len(self._passes)}")
            self._passes.append(one)
            one.takes(column.path, kind)
        return ".".join((one.name, *(identifier(key) for key in column.path)))


class _Pass:
    """One call of json_transform: a structure in which no two keys of an object differ in their case only."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.structure: dict[str, object] = {}
        self._taken: dict[tuple[str, ...], tuple[str, ...]] = {}  # folded path -> path of an object
        self._leaves: set[tuple[str, ...]] = set()

    def takes(self, path: tuple[str, ...], kind: str) -> bool:
        """Add a column, if its place is free."""
        folded = tuple(key.casefold() for key in path)
        parents = [(folded[:end], path[:end]) for end in range(1, len(path))]
        if folded in self._taken or folded in self._leaves:
            return False
        if any(low in self._leaves or self._taken.get(low, exact) != exact for low, exact in parents):
            return False
        self._taken.update(parents)
        self._leaves.add(folded)
        node = self.structure
        for key in path[:-1]:
            below = node.setdefault(key, {})
            assert isinstance(below, dict)  # noqa: S101 - `_taken` and `_leaves` keep objects and columns apart
            node = below
        node[path[-1]] = kind
        return True


@dataclass(frozen=True)
class _Found:
    path: tuple[str, ...]
    kinds: frozenset[str]

    @property
    def holds_objects(self) -> bool:
        return "object" in self.kinds


def find_columns(con: duckdb.DuckDBPyConnection, records: Path, name: str, limits: Limits) -> list[JsonColumn]:
    """Return the columns of the objects in `records` (Parquet: `n` from 1, `object` JSON text or NULL).

    Raises FileNotImportable if there are more different keys than columns are allowed.
    """
    objects = f"SELECT n, 1 AS parent, object AS value FROM read_parquet({file_literal(records)})"
    parents: list[tuple[str, ...]] = [()]
    found: list[_Found] = []
    for _ in range(_MAX_DEPTH):
        level = _members(con, objects, parents, limits.columns + 1)
        if len(level) > limits.columns:
            raise FileNotImportable(f"{name} has more than {limits.columns:,} different keys, the limit of columns.")
        found += level
        parents = [member.path for member in level if member.holds_objects]
        if not parents:
            break
        objects = _nested(records, parents)
    return list(_in_order(_by_parent(found), ()))


def _members(con: duckdb.DuckDBPyConnection, objects: str, parents: list[tuple[str, ...]], limit: int) -> list[_Found]:
    """Return the keys of `objects` (SQL: n, parent from 1, value) by their paths, not more than `limit`."""
    sql = sql_blocks("json_records")["keys"].format(objects=objects, limit=limit)
    return [
        _Found((*parents[parent - 1], key), frozenset(kinds)) for parent, key, kinds, _ in con.execute(sql).fetchall()
    ]


def _nested(records: Path, parents: list[tuple[str, ...]]) -> str:
    """Return SQL of the objects under some paths."""
    reader = CellReader([JsonColumn(path, plain=False, flattened=False) for path in parents])
    return sql_blocks("json_records")["nested"].format(
        count=len(parents), careful=reader.careful, layers=reader.layers, records=file_literal(records)
    )


def _by_parent(found: Iterable[_Found]) -> dict[tuple[str, ...], list[_Found]]:
    children: dict[tuple[str, ...], list[_Found]] = {}
    for path in found:
        children.setdefault(path.path[:-1], []).append(path)
    return children


def _in_order(children: dict[tuple[str, ...], list[_Found]], parent: tuple[str, ...]) -> Iterator[JsonColumn]:
    """Yield the columns below a path, each one's own column before those of its members."""
    for found in children.get(parent, []):
        below = children.get(found.path, [])
        if {member.path[-1] for member in below} == _TYPED_VALUE:
            below = []
        if not below or found.kinds - {"object", "empty", "null"}:
            yield JsonColumn(found.path, plain=found.kinds <= _PLAIN, flattened=bool(below))
        if below:
            yield from _in_order(children, found.path)
