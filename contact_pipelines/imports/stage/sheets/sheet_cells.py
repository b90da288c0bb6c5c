"""What the readers of the workbook formats share: what they return, the parts of a package, why a file is refused.

Imports little: the child process loads it for every workbook.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from xml.parsers import expat

from contact_pipelines.errors import FileUnreadable

ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip
"""Error values of Excel's binary formats ([MS-XLSB] 2.5.97.2 BErr)."""

BROKEN = (zipfile.BadZipFile, zlib.error, expat.ExpatError, struct.error, LookupError, ValueError, EOFError)
"""What a look into a file raises that is not as its format has it."""


_BLOCK = 1024 * 1024


class DocumentTypeFound(Exception):
    """An XML part declares a document type; entities, which XML bombs are made of, can be declared nowhere else."""


class Protected(Exception):
    """The workbook can only be read with a password."""


def damaged(name: str) -> FileUnreadable:
    """Say that an archive or a workbook is broken."""
    return FileUnreadable(f"{name} is damaged or incomplete. Copy or export it again, or save it as CSV.")


def protected(name: str) -> FileUnreadable:
    """Say that a workbook cannot be read without its password."""
    return FileUnreadable(f"{name} is protected by a password. Save it without one and import it again.")


def document_type(name: str) -> FileUnreadable:
    """Say that a workbook declares XML entities: what XML bombs are made of."""
    return FileUnreadable(
        f"{name} declares XML entities, which no spreadsheet program writes and which can be an attack. "
        "Open it in a spreadsheet program and save it again."
    )


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


class Package:
    """An open package. Names of parts are compared without case, as the library does."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        self._names = {name.lower(): name for name in self._archive.namelist()}

    def blocks(self, part: str) -> Iterator[bytes]:
        """Yield a part's bytes in pieces of 1 MB; nothing if there is no such part."""
        name = self._names.get(part.lower())
        if name is None:
            return
        with self._archive.open(name) as stream:
            while block := stream.read(_BLOCK):
                yield block

    def elements(self, part: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield a part's elements as they begin, each with its attributes; names without their prefixes."""
        found: list[tuple[str, Mapping[str, str]]] = []
        parser = xml_parser()
        parser.StartElementHandler = lambda name, attributes: found.append((local(name), attributes))
        for block in self.blocks(part):
            parser.Parse(block)
            yield from found
            found.clear()

    def related(self, part: str, kind: str = "") -> dict[str, str]:
        """Return what a part (the package as such: "") refers to: relationship id -> name of a part.

        `kind`: only relationships whose type ends so (ECMA-376 part 2, 6.5).
        """
        folder, file = posixpath.split(part)
        return {
            attributes["Id"]: posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")
            for name, attributes in self.elements(posixpath.join(folder, "_rels", f"{file}.rels"))
            if name == "Relationship" and attributes.get("Type", "").endswith(kind)
        }

    def workbook(self) -> str:
        """Return the name of the part that lists the sheets. Raises KeyError if there is none."""
        for part in self.related("", "/officeDocument").values():
            return part
        raise KeyError("officeDocument")


def xml_parser() -> expat.XMLParserType:
    """Return a parser that refuses document types (raises DocumentTypeFound)."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(*_: object) -> None:
    raise DocumentTypeFound


def local(name: str) -> str:
    """Return an element's or attribute's name without its prefix."""
    return name.rpartition(":")[2]
