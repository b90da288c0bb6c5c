""".ods beyond values: how far cells reach, and cells that show more than their value.

An OpenDocument file keeps beside each value the text that the program showed (ODF 1.3 part 3, 19.387 and 5.1.3).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contact_pipelines.imports.stage.sheets.cell_text import duration_text, number_text
from contact_pipelines.imports.stage.sheets.sheet_cells import (
    Cells,
    Package,
    Protected,
    ShownCell,
    UsedRange,
    local,
    xml_parser,
)

_CONTENT = "content.xml"
_MANIFEST = "META-INF/manifest.xml"
_CELLS = ("table-cell", "covered-table-cell")
_BREAKS = {"tab": "\t", "line-break": "\n"}  # which the library leaves out
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")  # ISO 8601
_NO_DIGIT = re.compile(r"\D")
_CODE = re.compile(r"[0-9 ()+/-]+")
_CODE_SIGNS = frozenset("()+/-")


@dataclass
class _Cell:
    """A cell. `column`: from 0; `columns`: how often it is repeated to the right."""

    column: int
    columns: int
    attributes: Mapping[str, str]
    paragraphs: list[list[str]] = field(default_factory=list)
    broken: bool = False  # a tab or a line break is part of its text

    @property
    def empty(self) -> bool:
        return "value-type" not in self.attributes and not self.paragraphs

    @property
    def text(self) -> str:
        return "\n".join("".join(parts) for parts in self.paragraphs)


class OdsCells(Cells):
    """The cells of an .ods spreadsheet."""

    def __init__(self, path: Path) -> None:
        self._package = Package(path)
        if any(name == "encryption-data" for name, _ in self._package.elements(_MANIFEST)):
            raise Protected

    def used(self) -> Mapping[str, UsedRange]:
        """Go through all sheets' cells that are not empty."""
        found: dict[str, UsedRange] = {}
        for sheet, row, rows, cell in _ContentParser().cells(self._package.blocks(_CONTENT)):
            known = found.get(sheet, UsedRange())
            columns = max(known.columns, cell.column + cell.columns)
            found[sheet] = UsedRange(max(known.rows, row + rows), columns)
        return found

    def shown(self, sheet: str) -> Iterator[ShownCell]:
        """Yield the cells whose shown text has more to it than the value."""
        for name, row, rows, cell in _ContentParser().cells(self._package.blocks(_CONTENT)):
            text = _shown(cell) if name == sheet else None
            if text is not None:
                for down in range(rows):
                    for across in range(cell.columns):
                        yield ShownCell(row + down, cell.column + across, text)


def _shown(cell: _Cell) -> str | None:
    """Return what stands for the value: an error, a duration, per cent, leading zeros or phone signs, a line break."""
    kind, value = cell.attributes.get("value-type", ""), cell.attributes.get("value", "")
    if cell.attributes.get("calcext-type") == "error" or (kind == "string" and cell.broken):
        return cell.text
    if kind == "time":
        return _duration(cell.attributes.get("time-value", ""))
    if kind == "percentage" and value:
        return f"{number_text(float(value) * 100)}%"
    if kind == "float" and _is_code(cell.text, value):
        return cell.text
    return None


def _is_code(text: str, value: str) -> bool:
    """Whether a number is shown with leading zeros or as a phone number: the same digits and no part thousands."""
    if not _CODE.fullmatch(text) or text.startswith("-"):
        return False
    digits, number = _NO_DIGIT.sub("", text), number_text(float(value))
    return digits.lstrip("0") == number.lstrip("0") and (digits != number or bool(_CODE_SIGNS & set(text)))


def _duration(text: str) -> str | None:
    """Read an ISO 8601 duration such as PT37H30M00S."""
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups()[1:])
    value = dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return duration_text(-value if found[1] else value)


class _ContentParser:
    """Yields the cells that are not empty, once a row is complete: sheet, row from 0, times it is repeated, cell."""

    def __init__(self) -> None:
        self._found: list[tuple[str, int, int, _Cell]] = []
        self._depth = 0  # of tables: those in cells and drawings do not count
        self._sheet = ""
        self._row, self._rows, self._column = 0, 1, 0
        self._cells: list[_Cell] = []
        self._cell: _Cell | None = None
        self._skipped = 0  # elements of a comment that are open
        self._in_paragraph = False

    def cells(self, blocks: Iterator[bytes]) -> Iterator[tuple[str, int, int, _Cell]]:
        parser = xml_parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        for block in blocks:
            parser.Parse(block)
            yield from self._found
            self._found.clear()

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        name = local(full_name)
        if self._skipped or name == "annotation":
            self._skipped += 1
        elif name == "table":
            self._depth += 1
            if self._depth == 1:
                self._sheet, self._row = _attribute(attributes, "name"), 0
        elif self._depth == 1:
            self._start_inside(name, attributes)

    def _start_inside(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table-row":
            self._rows = int(_attribute(attributes, "number-rows-repeated") or 1)
            self._column, self._cells = 0, []
        elif name in _CELLS:
            columns = int(_attribute(attributes, "number-columns-repeated") or 1)
            self._cell = _Cell(self._column, columns, _typed(attributes))
            self._column += columns
        elif self._cell is not None:
            self._start_text(name, attributes, self._cell)

    def _start_text(self, name: str, attributes: dict[str, str], cell: _Cell) -> None:
        if name == "p":
            cell.paragraphs.append([])
            self._in_paragraph = True
        elif self._in_paragraph and name == "s":
            cell.paragraphs[-1].append(" " * int(_attribute(attributes, "c") or 1))
        elif self._in_paragraph and name in _BREAKS:
            cell.paragraphs[-1].append(_BREAKS[name])
            cell.broken = True

    def _text(self, text: str) -> None:
        if self._cell is not None and self._in_paragraph and not self._skipped and self._depth == 1:
            self._cell.paragraphs[-1].append(text)

    def _end(self, full_name: str) -> None:
        name = local(full_name)
        if self._skipped:
            self._skipped -= 1
        elif name == "table":
            self._depth -= 1
        elif self._depth == 1 and name == "p":
            self._in_paragraph = False
        elif self._depth == 1 and name in _CELLS and self._cell is not None:
            if not self._cell.empty:
                self._cells.append(self._cell)
            self._cell = None
        elif self._depth == 1 and name == "table-row":
            self._found.extend((self._sheet, self._row, self._rows, cell) for cell in self._cells)
            self._row += self._rows


def _attribute(attributes: Mapping[str, str], name: str) -> str:
    return next((value for key, value in attributes.items() if local(key) == name), "")


def _typed(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return a cell's attributes without prefixes, LibreOffice's own type (calcext:value-type) under another name."""
    return {"calcext-type" if key == "calcext:value-type" else local(key): value for key, value in attributes.items()}
