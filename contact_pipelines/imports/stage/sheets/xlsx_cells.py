""".xlsx beyond values: how far cells reach, and number formats that are part of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from contact_pipelines.imports.stage.sheets.cell_text import BUILT_IN, Form, form
from contact_pipelines.imports.stage.sheets.sheet_cells import Cells, Package, ShownCell, UsedRange, local, xml_parser

# A cell's tag that is not closed at once: what is only formatted is written <c r="A1" s="1"/> or <c ...></c>.
_CELL = re.compile(rb"""<(?:\w+:)?c(?:\s[^>]*?\br=["']([A-Za-z]{1,3})([0-9]{1,7})["'][^>]*|\s[^>]*)?(?<!/)>(?!</)""")
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\bhidden=["'](?:1|true)["']""")
_FORMULA_WITHOUT_RESULT = re.compile(rb"</(?:\w+:)?f>(?:<(?:\w+:)?v\s?/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>")
_LETTERS_IN_ALPHABET = 26


@dataclass
class _Scan:
    """What a quick search of a sheet's bytes finds."""

    used: UsedRange = field(default_factory=UsedRange)
    hidden_rows: int = 0
    errors: bool = False
    blank_formulas: bool = False


class XlsxCells(Cells):
    """The cells of an .xlsx (or .xlsm) workbook."""

    def __init__(self, path: Path) -> None:
        self._package = Package(path)
        workbook = self._package.workbook()
        parts = self._package.related(workbook)
        self._sheets = {
            attributes["name"]: parts[relation]
            for name, attributes in self._package.elements(workbook)
            if name == "sheet"
            for key, relation in attributes.items()
            if key.endswith(":id") and relation in parts and "name" in attributes
        }
        styles = self._package.related(workbook, "/styles").values()
        self._forms = {style: found for part in styles for style, found in _forms(self._package, part)}
        self._scans: dict[str, _Scan] = {}

    def used(self) -> Mapping[str, UsedRange]:
        """Scan every sheet for the cells that are not empty."""
        self._scans = {sheet: _scan(self._package, part) for sheet, part in self._sheets.items()}
        return {sheet: scan.used for sheet, scan in self._scans.items()}

    def shown(self, sheet: str) -> Iterator[ShownCell]:
        """Yield errors, and numbers whose format matters. The sheet is only parsed if there can be any."""
        scan = self._scans.get(sheet)
        if scan is not None and (self._forms or scan.errors):
            yield from _CellParser(self._forms).cells(self._package.blocks(self._sheets[sheet]))

    def notes(self, sheet: str) -> list[str]:
        """Report hidden rows, which are read too, and formulas whose results are not in the file."""
        scan = self._scans.get(sheet)
        notes = []
        if scan is not None and scan.hidden_rows:
            notes.append(f"hidden rows of the sheet '{sheet}', which were read like the others: {scan.hidden_rows:,}")
        if scan is not None and scan.blank_formulas:
            notes.append(
                f"the sheet '{sheet}' has formulas without results, which were read as empty; "
                "open it in a spreadsheet program and save it to have them"
            )
        return notes


def _scan(package: Package, part: str) -> _Scan:
    letters: set[bytes] = set()
    scan, rows = _Scan(), 0
    for text in _whole_tags(package.blocks(part)):
        scan.hidden_rows += sum(1 for _ in _HIDDEN_ROW.finditer(text))
        scan.errors = scan.errors or b't="e"' in text or b"t='e'" in text
        scan.blank_formulas = scan.blank_formulas or _FORMULA_WITHOUT_RESULT.search(text) is not None
        found = _CELL.findall(text)
        if found:
            columns, numbers = zip(*found, strict=True)
            letters.update(columns)
            rows = max(rows, *(int(number or 0) for number in {*numbers}))
    if b"" in letters:  # a cell without a reference
        scan.used = _counted(package, part)
    elif letters:
        scan.used = UsedRange(rows, 1 + max(_column(name.decode()) for name in letters))
    return scan


def _forms(package: Package, part: str) -> Iterator[tuple[str, Form]]:
    """Yield the styles that matter: the number by which cells name a style, and what its format does."""
    codes = dict(BUILT_IN)
    within, style = "", 0
    for name, attributes in package.elements(part):
        if name in ("cellXfs", "cellStyleXfs", "dxfs"):
            within = name
        elif name == "numFmt" and within != "dxfs":
            codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name == "xf" and within == "cellXfs":
            found = form(codes.get(int(attributes.get("numFmtId", 0)), ""))
            if found is not None:
                yield str(style), found
            style += 1


def _whole_tags(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Split the pieces so that no tag is cut in two."""
    rest = b""
    for block in blocks:
        text = rest + block
        cut = text.rfind(b"<")
        rest = text[cut:] if cut >= 0 else b""
        yield text[:cut] if cut >= 0 else text
    yield rest


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    """Return the column, from 0, that letters name: A is 0, XFD is 16383."""
    number = 0
    for letter in letters.upper():
        number = number * _LETTERS_IN_ALPHABET + ord(letter) - ord("A") + 1
    return number - 1


def _counted(package: Package, part: str) -> UsedRange:
    """Return the used range where cells have no reference: each follows the one before."""
    rows = columns = 0
    for cell in _CellParser(None).cells(package.blocks(part)):
        rows, columns = max(rows, cell.row + 1), max(columns, cell.column + 1)
    return UsedRange(rows, columns)


class _CellParser:
    """Yields the cells of a sheet's XML: errors and those of the styles given, or every one that is not empty."""

    def __init__(self, forms: Mapping[str, Form] | None) -> None:
        self._forms = forms
        self._parser = xml_parser()
        self._found: list[ShownCell] = []
        self._row = -1
        self._place, self._unplaced = "", 0  # of the last cell with a reference; cells without one since
        self._style = self._type = ""
        self._value: list[str] = []
        self._wanted = False

    def cells(self, blocks: Iterator[bytes]) -> Iterator[ShownCell]:
        self._parser.StartElementHandler = self._start
        for block in blocks:
            self._parser.Parse(block)
            yield from self._found
            self._found.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = local(name)
        if name == "c":
            self._start_cell(attributes)
        elif self._wanted and name in ("v", "is"):
            self._value = []
            # Only now, since calls are what takes the time: most cells are not wanted.
            self._parser.CharacterDataHandler, self._parser.EndElementHandler = self._value.append, self._end
        elif name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._place, self._unplaced = "", 0

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "0")
        if "r" in attributes:
            self._place, self._unplaced = attributes["r"], 0
        else:
            self._unplaced += 1
        self._wanted = self._forms is None or self._type == "e" or (self._type == "n" and self._style in self._forms)

    def _position(self) -> tuple[int, int]:
        """Return the cell's row and column: a cell without a reference follows the one before."""
        if not self._place:
            return self._row, self._unplaced - 1
        letters = self._place.rstrip("0123456789")
        return int(self._place[len(letters) :]) - 1, _column(letters) + self._unplaced

    def _end(self, name: str) -> None:
        if local(name) not in ("v", "is"):
            return
        self._parser.CharacterDataHandler = self._parser.EndElementHandler = None
        text = "".join(self._value)
        if self._forms is None or self._type == "e":
            shown: str | None = text
        else:
            shown = self._forms[self._style](float(text)) if text else None
        if shown is not None:
            self._found.append(ShownCell(*self._position(), shown))
