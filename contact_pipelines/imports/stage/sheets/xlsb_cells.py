""".xlsb beyond values: how far cells reach, and number formats that are part of the text.

Structures by [MS-XLSB]: records 2.1.4, cells 2.4.42 (BrtCellBlank) and following, formats 2.4.313 (BrtFmt).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from contact_pipelines.imports.stage.sheets.cell_text import BUILT_IN, Form, form
from contact_pipelines.imports.stage.sheets.sheet_cells import ERRORS, Cells, Package, ShownCell, UsedRange

_ROW, _FIRST_VALUE, _LAST_VALUE = 0, 2, 11  # 1 is a blank cell; from 12 on, records are no cells
_RICH_TEXT = 62
_RK, _ERROR, _REAL, _FORMULA_REAL, _FORMULA_ERROR = 2, 3, 5, 9, 11
_SHEET, _FORMAT, _STYLE, _STYLES_BEGIN, _STYLES_END = 156, 44, 47, 617, 618
_CELL_HEAD = 8  # column: 4 bytes; style: 3 bytes; flags
_MORE = 0x80  # set in each byte of a number that another follows
_MOST_SIZE_BYTES = 4


class XlsbCells(Cells):
    """The cells of an .xlsb workbook."""

    def __init__(self, path: Path) -> None:
        self._package = Package(path)
        workbook = self._package.workbook()
        parts = self._package.related(workbook)
        self._sheets = {
            name: parts[relation]
            for kind, data in _records(self._package.blocks(workbook))
            if kind == _SHEET
            for relation, name in [_sheet(data)]
            if relation in parts
        }
        styles = self._package.related(workbook, "/styles").values()
        self._forms = {style: found for part in styles for style, found in _forms(self._package, part)}

    def used(self) -> Mapping[str, UsedRange]:
        """Go through every sheet's cells that are not empty."""
        return {sheet: self._used(part) for sheet, part in self._sheets.items()}

    def _used(self, part: str) -> UsedRange:
        rows = columns = 0
        for row, _, data in _cells(self._package.blocks(part)):
            rows, columns = max(rows, row + 1), max(columns, _long(data, 0) + 1)
        return UsedRange(rows, columns)

    def shown(self, sheet: str) -> Iterator[ShownCell]:
        """Yield errors, and numbers whose format matters."""
        for row, kind, data in _cells(self._package.blocks(self._sheets.get(sheet, ""))):
            shown = self._shown(kind, data)
            if shown is not None:
                yield ShownCell(row, _long(data, 0), shown)

    def _shown(self, kind: int, data: bytes) -> str | None:
        if kind in (_ERROR, _FORMULA_ERROR):
            return ERRORS.get(data[_CELL_HEAD], "#ERROR!")
        found = self._forms.get(int.from_bytes(data[4:7], "little"))
        if found is None or kind not in (_RK, _REAL, _FORMULA_REAL):
            return None
        value = _rk(data) if kind == _RK else struct.unpack_from("<d", data, _CELL_HEAD)[0]
        return found(value)


def _records(blocks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the records of a part: type and content."""
    buffer = b""
    for block in blocks:
        buffer, at = buffer + block, 0
        while (head := _record_head(buffer, at)) is not None:
            kind, start, size = head
            if start + size > len(buffer):
                break
            yield kind, buffer[start : start + size]
            at = start + size
        buffer = buffer[at:]


def _record_head(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Return a record's type, where its content begins and how long it is; None if the head is cut off."""
    kind = shift = size = 0
    try:
        kind, at = data[at], at + 1
        if kind & _MORE:
            kind, at = kind & ~_MORE | (data[at] & ~_MORE) << 7, at + 1
        for _ in range(_MOST_SIZE_BYTES):
            byte, at = data[at], at + 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & _MORE:
                break
    except IndexError:
        return None
    return kind, at, size


def _cells(blocks: Iterator[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Yield a sheet's cells that are not blank: row from 0, type and content."""
    row = 0
    for kind, data in _records(blocks):
        if kind == _ROW:
            row = _long(data, 0)
        elif _FIRST_VALUE <= kind <= _LAST_VALUE or kind == _RICH_TEXT:
            yield row, kind, data


def _forms(package: Package, part: str) -> Iterator[tuple[int, Form]]:
    """Yield the styles that matter: the number by which cells name a style, and what its format does."""
    codes = dict(BUILT_IN)
    in_styles, style = False, 0
    for kind, data in _records(package.blocks(part)):
        if kind == _FORMAT:
            codes[_short(data, 0)] = _text(data, 2)[0]
        elif kind in (_STYLES_BEGIN, _STYLES_END):
            in_styles = kind == _STYLES_BEGIN
        elif kind == _STYLE and in_styles:
            found = form(codes.get(_short(data, 2), ""))
            if found is not None:
                yield style, found
            style += 1


def _sheet(data: bytes) -> tuple[str, str]:
    """Return a sheet's relationship id and its name (BrtBundleSh, 2.4.313)."""
    relation, end = _text(data, 8)
    return relation, _text(data, end)[0]


def _text(data: bytes, at: int) -> tuple[str, int]:
    """Return a text that stands behind its length in characters, and where it ends (XLWideString, 2.5.169)."""
    end = at + 4 + 2 * _long(data, at)
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _rk(data: bytes) -> float:
    """Read a number of 30 bits (RkNumber, 2.5.123): an integer or the upper half of a double, perhaps in hundredths."""
    bits = _long(data, _CELL_HEAD)
    if bits & 2:
        value = float(struct.unpack("<i", struct.pack("<I", bits))[0] >> 2)
    else:
        value = struct.unpack("<d", struct.pack("<Q", (bits & ~3) << 32))[0]
    return value / 100 if bits & 1 else value


def _long(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _short(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")
