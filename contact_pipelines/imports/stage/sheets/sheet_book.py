"""Opens a workbook and picks the sheet: the one named, else the first visible with contacts.

calamine reads the values; the readers of the four formats (`xlsx_cells` ...) add what it leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from contact_pipelines.errors import FileNotImportable
from contact_pipelines.imports.stage.sheets.cell_text import CellTexts
from contact_pipelines.imports.stage.sheets.sheet_cells import Cells, Converted, UsedRange, overlay

HEAD_ROWS = 200
"""Rows of a sheet that are searched for contacts, empty ones included."""

_HEADER_ROWS, _HEADER_CELLS = 20, 1_000
_ADDRESS = re.compile(r"\s*(?:mailto:)?[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+\s*")
_MOST_NAMED = 10

Head = Callable[[str], list[list[str]]]
"""Reads the first rows of a sheet."""


@dataclass(frozen=True)
class Sheet:
    """A sheet as the workbook lists it."""

    name: str
    visible: bool = True


def choose(sheets: Sequence[Sheet], head: Head, *, name: str) -> str:
    """Return the name of the sheet to import if the user named none. `sheets`: those that are not empty.

    The first visible sheet with an email address in its first rows, else the first with a header cell that reads as
    email, else the first one. Raises FileNotImportable if there is no visible sheet with anything in it.
    """
    visible = [sheet.name for sheet in sheets if sheet.visible]
    if not sheets:
        raise FileNotImportable(f"{name} has no sheet with anything in it.")
    if not visible:
        raise FileNotImportable(
            f"{name} has nothing in its visible sheets. To import a hidden one, name it with --sheet: {_named(sheets)}."
        )
    if len(visible) == 1:
        return visible[0]
    heads: dict[str, list[list[str]]] = {}
    for sheet in visible:  # one at a time: to look at a sheet's first rows, all of it is read
        heads[sheet] = head(sheet)
        if _has_address(heads[sheet]):
            return sheet
    return next((sheet for sheet in visible if _has_email_header(heads[sheet])), visible[0])


def find(asked: str, sheets: Sequence[Sheet], *, name: str) -> str:
    """Return the name of the sheet asked for, exactly or else in other case. Raises FileNotImportable."""
    names = [sheet.name for sheet in sheets]
    if asked in names:
        return asked
    for sheet in names:
        if sheet.strip().casefold() == asked.strip().casefold():
            return sheet
    raise FileNotImportable(f"{name} has no sheet '{asked}'. Its sheets: {_named(sheets)}.")


def _named(sheets: Sequence[Sheet]) -> str:
    """List sheets for a sentence, at most ten of them by name."""
    parts = [f"'{sheet.name}'" + ("" if sheet.visible else " (hidden)") for sheet in sheets[:_MOST_NAMED]]
    return ", ".join(parts) + (f" and {len(sheets) - _MOST_NAMED} more" if len(sheets) > _MOST_NAMED else "")


def _texts(rows: list[list[str]]) -> Iterator[str]:
    return (text for row in rows for text in row if text)


def _has_address(rows: list[list[str]]) -> bool:
    return any(_ADDRESS.fullmatch(text) for text in _texts(rows))


def _has_email_header(rows: list[list[str]]) -> bool:
    from contact_pipelines.imports.columns.header_meaning import read

    readings = (read(text) for text in islice(_texts(rows[:_HEADER_ROWS]), _HEADER_CELLS))
    return any(reading.entries and reading.entries[0].field == "email" for reading in readings)


def _notes(others: list[Sheet], long_numbers: int) -> list[str]:
    notes = []
    if others:
        was = "sheet {} was" if len(others) == 1 else "sheets {} were"
        notes.append(f"the {was.format(_named(others))} not imported; name the one you want with --sheet")
    if long_numbers:
        notes.append(
            f"numbers of more than 15 digits, of which a spreadsheet keeps only 15: {long_numbers:,}; "
            "where they are ids, format the column as text in the spreadsheet"
        )
    return notes


def _head_of(rows: Iterator[list[object]]) -> list[list[str]]:
    """Return the texts of a sheet's first rows; only texts can be addresses or headers."""
    return [[cell for cell in row if isinstance(cell, str)] for row in islice(rows, HEAD_ROWS)]


_READERS = {"xlsx": "XlsxCells", "xlsb": "XlsbCells", "xls": "XlsCells", "ods": "OdsCells"}
"""What reads the cells of a format, in a module of its own: a process that reads one format imports one."""


def _open_cells(path: Path, file_format: str) -> Cells:
    module = import_module(f"contact_pipelines.imports.stage.sheets.{file_format}_cells")
    cells: Cells = getattr(module, _READERS[file_format])(path)
    return cells


class SheetBook:
    """A workbook's sheets and their rows. `most_cells`: cells that a sheet's used range may have.

    Raises FileNotImportable for a sheet with more of them, before calamine reads it: it takes memory for every cell
    between the first and the last, and aborts if there is not enough. A damaged file raises calamine's errors or one
    of `sheet_cells.BROKEN`.
    """

    def __init__(self, path: Path, file_format: str, *, name: str, most_cells: int) -> None:
        self._name, self._most_cells = name, most_cells
        self._cells = _open_cells(path, file_format)
        self._used = dict(self._cells.used())
        if file_format == "ods":
            for sheet in self._used:  # calamine reads all of them at once
                self._require_size(sheet)
        self._book = CalamineWorkbook.from_path(path)
        self._read: tuple[str, CalamineSheet] | None = None
        self.sheets = [
            Sheet(sheet.name, sheet.visible == SheetVisibleEnum.Visible)
            for sheet in self._book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        ]

    def write(self, target: Path, asked: str | None) -> Converted:
        """Write one sheet as CSV: the one that the user asked for, or else chosen by `choose`."""
        filled = [sheet for sheet in self.sheets if not self._is_empty(sheet.name)]
        if asked is None:
            chosen = choose(filled, lambda sheet: _head_of(self._rows(sheet)), name=self._name)
        else:
            chosen = find(asked, self.sheets, name=self._name)
        texts, rows = CellTexts(), 0
        if any(sheet.name == chosen for sheet in filled):
            indent = self._indent(chosen)
            shown = overlay(self._rows(chosen), self._cells.shown(chosen), indent)
            with target.open("w", encoding="utf-8", newline="") as file:
                for line in texts.lines(shown, indent):
                    rows += 1
                    file.write(line)
        if not rows:  # or formulas without results, and nothing else
            raise FileNotImportable(f"{self._name}: the sheet '{chosen}' has nothing in it.")
        others = [sheet for sheet in filled if sheet.name != chosen and asked is None]
        notes = (*_notes(others, texts.long_numbers), *self._cells.notes(chosen))
        return Converted(chosen, tuple(sheet.name for sheet in self.sheets), rows, notes)

    def _is_empty(self, sheet: str) -> bool:
        if sheet not in self._used:
            self._sheet(sheet)
        return not self._used[sheet].cells

    def _rows(self, sheet: str) -> Iterator[list[Any]]:
        """Yield the values of the sheet's rows from row 1 on, without the columns of `_indent`."""
        return iter(self._sheet(sheet).iter_rows())

    def _indent(self, sheet: str) -> int:
        """Return how many empty columns stand before the first one with a value."""
        start = self._sheet(sheet).start
        return start[1] if start is not None else 0

    def _sheet(self, sheet: str) -> CalamineSheet:
        if self._read is None or self._read[0] != sheet:
            self._require_size(sheet)
            self._read = None  # before the next one takes its memory
            self._read = (sheet, self._book.get_sheet_by_name(sheet))
            if sheet not in self._used:
                last = self._read[1].end
                self._used[sheet] = UsedRange(last[0] + 1, last[1] + 1) if last is not None else UsedRange()
                self._require_size(sheet)
        return self._read[1]

    def _require_size(self, sheet: str) -> None:
        used = self._used.get(sheet, UsedRange())
        if used.cells > self._most_cells:
            raise FileNotImportable(
                f"{self._name}: the sheet '{sheet}' reaches over {used.rows:,} rows and {used.columns:,} columns, "
                f"{used.cells:,} cells; at most {self._most_cells:,} are read. Delete cells far from the table, "
                "save the sheet as CSV, or raise limits.sheet_cells in the settings."
            )
