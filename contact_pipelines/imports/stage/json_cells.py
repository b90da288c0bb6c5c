"""SQL that takes the cells out of JSON objects: for each column a text, whatever kind of value it has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from contact_pipelines.files.duck import identifier, literal, sql_blocks

CALLED_BY = ("name", "title", "label", "value", "email")
"""Keys by which an object in a list is called, the likelier first."""


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
        """SQL of the JSON values that `cell_text` makes texts of."""
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


@cache
def number_text(value: str) -> str:
    """Return SQL of a number's text as a person writes it; `value`: SQL of its JSON spelling."""
    return sql_blocks("json_records")["number"].format(value=value)


@cache
def cell_text(value: str) -> str:
    """Return SQL of a cell's text for a JSON value; `value`: SQL of its JSON text."""
    blocks = sql_blocks("json_records")
    inner = f"CAST(json_extract({value}, '$.value') AS VARCHAR)"
    return blocks["cell"].format(
        value=value,
        array=_array(value),
        scalar=_scalar(value),
        value_array=_array(inner),
        value_scalar=_scalar(inner),
    )


def _scalar(value: str) -> str:
    return sql_blocks("json_records")["scalar"].format(value=value, number=number_text(value))


def _array(value: str) -> str:
    names = ", ".join(
        f"CASE WHEN json_type(item, '$.{key}') = 'VARCHAR' THEN nullif(item ->> '$.{key}', '') END" for key in CALLED_BY
    )
    blocks = sql_blocks("json_records")
    return blocks["array"].format(value=value, item=_scalar("item"), called=blocks["called"].format(names=names))
