"""The columns of JSON records: every key that any record has, nested ones by their path (`address.city`).

All records are looked at, not a sample. Columns stand in the order in which their keys first appear; what belongs
to one nested object stands together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contact_pipelines.errors import FileNotImportable
from contact_pipelines.files.duck import file_literal, sql_blocks
from contact_pipelines.imports.stage.json_cells import CellReader, JsonColumn
from contact_pipelines.settings.policy import Limits

MAX_DEPTH = 3
"""Keys of a path; an object below them stays JSON text."""
TYPED_VALUE = frozenset(("type", "value"))
"""The keys of an object that is nothing but a value with its type, as APIs give properties."""

_PLAIN = frozenset(("text", "integer", "boolean", "null"))
"""Kinds whose text DuckDB gives as it stands."""


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
    for _ in range(MAX_DEPTH):
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
        if {member.path[-1] for member in below} == TYPED_VALUE:
            below = []
        if not below or found.kinds - {"object", "empty", "null"}:
            yield JsonColumn(found.path, plain=found.kinds <= _PLAIN, flattened=bool(below))
        if below:
            yield from _in_order(children, found.path)
