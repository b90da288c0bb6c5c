"""What is asked of a workbook beyond the values that the library gives: how far they reach, what is shown instead."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from xml.parsers import expat

ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip
"""Error values of Excel's binary formats ([MS-XLSB] 2.5.97.2 BErr)."""

BROKEN = (zipfile.BadZipFile, zlib.error, expat.ExpatError, struct.error, LookupError, ValueError, EOFError)
"""What a look into a file raises that is not as its format has it."""


class ShownCell(NamedTuple):
    """A cell that shows another text than its value has: row and column from 0."""

    row: int
    column: int
    text: str


@dataclass(frozen=True)
class UsedRange:
    """How far the cells with a value reach, from A1: rows and columns. Cells that are only formatted do not count."""

    rows: int = 0
    columns: int = 0

    @property
    def cells(self) -> int:
        """Cells of the range, empty ones included: what calamine takes memory for."""
        return self.rows * self.columns


class Protected(Exception):
    """The workbook can only be read with a password."""


class Cells(Protocol):
    """One format's own look into the file, besides calamine's."""

    def used(self) -> Mapping[str, UsedRange]:
        """Return the used range of each sheet, by name; a sheet whose range is not known is not in it."""

    def shown(self, sheet: str) -> Iterator[ShownCell]:
        """Yield the sheet's cells that show another text than their value has, rows in ascending order."""

    def notes(self, sheet: str) -> list[str]:
        """Return what a person should know about the sheet, as sentences. To be asked when its rows were read."""


def overlay(rows: Iterable[list[Any]], shown: Iterator[ShownCell], indent: int) -> Iterator[list[Any]]:
    """Yield the rows with what is shown in place of the values. `indent`: columns that the rows lack in front."""
    cell = next(shown, None)
    for number, row in enumerate(rows):
        while cell is not None and cell.row <= number:
            if cell.row == number and 0 <= cell.column - indent < len(row):
                row[cell.column - indent] = cell.text
            cell = next(shown, None)
        yield row
