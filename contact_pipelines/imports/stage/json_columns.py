"""The columns of JSON records: every key of any record, nested ones by path (`address.city`).

`find_columns` looks at all records, not a sample. Columns stand in the order in which their keys first appear; what
belongs to one nested object stands together. `CellReader` takes their cells out of the records.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contact_pipelines.errors import FileNotImportable
from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.settings.policy import Limits

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

    All columns are taken in one pass over an object's members (json_transform), which lookups by path are not:
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


def find_columns(con: duckdb.DuckDBPyConnection, records: Path, name: str, limits: Limits) -> list[JsonColumn]:
    """Return the columns of the objects in `records` (Parquet: `n` from 1, `object` JSON text or NULL).

    Raises FileNotImportable if there are more different keys than columns are allowed.
    """
    blocks = sql_blocks("json_records")
    objects = f"SELECT n, 1 AS parent, object AS value FROM read_parquet({file_literal(records)})"
    parents: list[tuple[str, ...]] = [()]
    found: dict[tuple[str, ...], frozenset[str]] = {}  # path -> kinds of its values, in order of first appearance
    for _ in range(_MAX_DEPTH):
        keys = con.execute(blocks["keys"].format(objects=objects, limit=limits.columns + 1)).fetchall()
        if len(keys) > limits.columns:
            raise FileNotImportable(f"{name} has more than {limits.columns:,} different keys, the limit of columns.")
        level = {(*parents[parent - 1], key): frozenset(kinds) for parent, key, kinds, _ in keys}
        found |= level
        parents = [path for path, kinds in level.items() if "object" in kinds]
        if not parents:
            break
        reader = CellReader([JsonColumn(path, plain=False, flattened=False) for path in parents])
        objects = blocks["nested"].format(
            count=len(parents), careful=reader.careful, layers=reader.layers, records=file_literal(records)
        )
    return list(_in_order(found))


def _in_order(found: dict[tuple[str, ...], frozenset[str]]) -> Iterator[JsonColumn]:
    """Yield the columns, each one's own before those of its members."""
    place = {path: i for i, path in enumerate(found)}
    members: dict[tuple[str, ...], set[str]] = {}
    for path in found:
        members.setdefault(path[:-1], set()).add(path[-1])
    typed = {path for path, keys in members.items() if path and keys == _TYPED_VALUE}
    for path in sorted(found, key=lambda path: [place[path[:end]] for end in range(1, len(path) + 1)]):
        if any(path[:end] in typed for end in range(1, len(path))):
            continue
        flattened = path in members and path not in typed
        if not flattened or found[path] - {"object", "empty", "null"}:
            yield JsonColumn(path, plain=found[path] <= _PLAIN, flattened=flattened)
