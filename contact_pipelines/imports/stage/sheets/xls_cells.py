""".xls beyond values: cells whose number format or error is part of the text (xlrd)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import xlrd  # type: ignore[import-untyped]

from contact_pipelines.imports.stage.sheets.cell_text import Form, form
from contact_pipelines.imports.stage.sheets.sheet_cells import BROKEN, ERRORS, Cells, Protected, ShownCell, UsedRange

_BROKEN = (*BROKEN, xlrd.XLRDError, xlrd.compdoc.CompDocError, AssertionError, TypeError, AttributeError, OverflowError)
"""Raised by xlrd for damaged files, some of which calamine can still read."""


class XlsCells(Cells):
    """The cells of an .xls workbook. A sheet has at most 65,536 rows and 256 columns."""

    def __init__(self, path: Path) -> None:
        self._forms: dict[int, Form] = {}
        try:
            self._book = xlrd.open_workbook(str(path), formatting_info=True, on_demand=True, logfile=_Silence())
        except _BROKEN as error:
            if "encrypted" in str(error):  # calamine would read noise, if the method is XOR
                raise Protected from None
            self._book = None
            return
        for index, style in enumerate(self._book.xf_list):
            known = self._book.format_map.get(style.format_key)
            found = form(known.format_str) if known is not None else None
            if found is not None:
                self._forms[index] = found

    def used(self) -> Mapping[str, UsedRange]:
        """Return nothing: calamine reads the whole file first, and no sheet can reach far."""
        return {}

    def shown(self, sheet: str) -> Iterator[ShownCell]:
        """Yield errors, and numbers whose format matters; nothing if xlrd cannot read the file."""
        rows = self._rows(sheet)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                shown = self._shown(cell)
                if shown is not None:
                    yield ShownCell(row, column, shown)

    def _rows(self, sheet: str) -> Iterator[list[xlrd.sheet.Cell]]:
        if self._book is None:
            return iter(())
        try:
            found = self._book.sheet_by_name(sheet)
        except _BROKEN:
            self._book = None
            return iter(())
        return found.get_rows()  # type: ignore[no-any-return]

    def notes(self, sheet: str) -> list[str]:
        """Say if formats could not be read."""
        if self._book is not None:
            return []
        return [f"the number formats of the sheet '{sheet}' could not be read: leading zeros may be missing"]

    def _shown(self, cell: xlrd.sheet.Cell) -> str | None:
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return ERRORS.get(cell.value, "#ERROR!")
        if cell.ctype == xlrd.XL_CELL_NUMBER and cell.xf_index in self._forms:
            return self._forms[cell.xf_index](cell.value)
        return None


class _Silence:
    """Takes xlrd's warnings, which may quote cells, and drops them."""

    def write(self, text: str) -> int:
        """Drop it."""
        return len(text)

    def flush(self) -> None:
        """Do nothing."""
