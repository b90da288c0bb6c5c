"""A workbook as the importer reads it: calamine gives the values, our own look into the file what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from contact_pipelines.errors import FileNotImportable
from contact_pipelines.imports.stage.sheets.choosing import Sheet
from contact_pipelines.imports.stage.sheets.sheet_cells import Cells, UsedRange, overlay


def _xlsx(path: Path) -> Cells:
    from contact_pipelines.imports.stage.sheets.xlsx_cells import XlsxCells

    return XlsxCells(path)


def _xlsb(path: Path) -> Cells:
    from contact_pipelines.imports.stage.sheets.xlsb_cells import XlsbCells

    return XlsbCells(path)


def _xls(path: Path) -> Cells:
    from contact_pipelines.imports.stage.sheets.xls_cells import XlsCells

    return XlsCells(path)


def _ods(path: Path) -> Cells:
    from contact_pipelines.imports.stage.sheets.ods_cells import OdsCells

    return OdsCells(path)


_LOOKS: dict[str, Callable[[Path], Cells]] = {"xlsx": _xlsx, "xlsb": _xlsb, "xls": _xls, "ods": _ods}


class SheetBook:
    """A workbook's sheets and their rows. `most_cells`: cells that a sheet's used range may have.

    Raises FileNotImportable for a sheet with more of them, before calamine reads it: it takes memory for every cell
    between the first and the last, and ends the process where there is not enough. What is wrong with the file
    itself comes as calamine's errors or as one of `cells.BROKEN`.
    """

    def __init__(self, path: Path, file_format: str, *, name: str, most_cells: int) -> None:
        self._name, self._most_cells = name, most_cells
        self._cells = _LOOKS[file_format](path)
        self._used = dict(self._cells.used())
        if file_format == "ods":
            for sheet in self._used:  # calamine reads all of them at once
                self._require_bearable(sheet)
        self._book = CalamineWorkbook.from_path(path)
        self._read: tuple[str, CalamineSheet] | None = None
        self.sheets = [
            Sheet(sheet.name, sheet.visible == SheetVisibleEnum.Visible)
            for sheet in self._book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        ]

    def is_empty(self, sheet: str) -> bool:
        """Whether a sheet has no cell with anything in it."""
        if sheet not in self._used:
            self._sheet(sheet)
        return not self._used[sheet].cells

    def rows(self, sheet: str) -> Iterator[list[Any]]:
        """Yield the values of the sheet's rows from row 1 on, without the columns of `indent`."""
        return iter(self._sheet(sheet).iter_rows())

    def shown_rows(self, sheet: str) -> Iterator[list[Any]]:
        """Yield the rows as `rows` does, with the text a cell shows where that is more than its value."""
        return overlay(self.rows(sheet), self._cells.shown(sheet), self.indent(sheet))

    def indent(self, sheet: str) -> int:
        """Return how many empty columns stand before the first one with a value."""
        start = self._sheet(sheet).start
        return start[1] if start is not None else 0

    def notes(self, sheet: str) -> list[str]:
        """Return what is worth telling about the sheet, once its rows were read."""
        return self._cells.notes(sheet)

    def _sheet(self, sheet: str) -> CalamineSheet:
        if self._read is None or self._read[0] != sheet:
            self._require_bearable(sheet)
            self._read = None  # before the next one takes its memory
            self._read = (sheet, self._book.get_sheet_by_name(sheet))
            if sheet not in self._used:
                last = self._read[1].end
                self._used[sheet] = UsedRange(last[0] + 1, last[1] + 1) if last is not None else UsedRange()
                self._require_bearable(sheet)
        return self._read[1]

    def _require_bearable(self, sheet: str) -> None:
        used = self._used.get(sheet, UsedRange())
        if used.cells > self._most_cells:
            raise FileNotImportable(
                f"{self._name}: the sheet '{sheet}' reaches over {used.rows:,} rows and {used.columns:,} columns, "
                f"{used.cells:,} cells; at most {self._most_cells:,} are read. Delete what stands far from the table, "
                "save the sheet as CSV, or raise limits.sheet_cells in the settings."
            )
