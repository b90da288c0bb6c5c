"""Shared by the workbook readers: what they return, the parts of a package, why files are refused.

Imports little: the child process loads it for every workbook.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

from contact_pipelines.errors import FileUnreadable

ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip
"""Error values of Excel's binary formats ([MS-XLSB] 2.5.97.2 BErr)."""

BROKEN = (zipfile.BadZipFile, zlib.error, expat.ExpatError, struct.error, LookupError, ValueError, EOFError)
"""Raised by the readers for files that break the rules of their format."""


_BLOCK = 1024 * 1024


class DocumentTypeFound(Exception):
    """An XML part declares a document type; entities, which XML bombs are made of, can be declared nowhere else."""


class Protected(Exception):
    """The workbook can only be read with a password."""


def damaged(name: str) -> FileUnreadable:
    """Return the error for a broken archive or workbook."""
    return FileUnreadable(f"{name} is damaged or incomplete. Copy or export it again, or save it as CSV.")


def protected(name: str) -> FileUnreadable:
    """Return the error for a workbook that needs a password."""
    return FileUnreadable(f"{name} is protected by a password. Save it without one and import it again.")


def document_type(name: str) -> FileUnreadable:
    """Return the error for a workbook that declares XML entities, which XML bombs are made of."""
    return FileUnreadable(
        f"{name} declares XML entities, which no spreadsheet program writes and which can be an attack. "
        "Open it in a spreadsheet program and save it again."
    )


@dataclass(frozen=True)
class Converted:
    """What was written: the sheet's name, all sheets' names, rows of the CSV, and notes for the user."""

    sheet: str
    sheets: tuple[str, ...]
    rows: int
    notes: tuple[str, ...] = ()


class ShownCell(NamedTuple):
    """A cell that shows another text than its value; row and column from 0."""

    row: int
    column: int
    text: str


@dataclass(frozen=True)
class UsedRange:
    """How many rows and columns the cells with a value reach from A1; cells that are only formatted do not count."""

    rows: int = 0
    columns: int = 0

    @property
    def cells(self) -> int:
        """Cells of the range, empty ones included: what calamine takes memory for."""
        return self.rows * self.columns


class Cells(ABC):
    """What is read of one format besides calamine's values."""

    @abstractmethod
    def used(self) -> Mapping[str, UsedRange]:
        """Return the used range of each sheet by name; sheets whose range is not known are left out."""

    @abstractmethod
    def shown(self, sheet: str) -> Iterator[ShownCell]:
        """Yield the sheet's cells that show another text than their value, in ascending order of rows."""

    def notes(self, sheet: str) -> list[str]:  # noqa: ARG002 - of one without notes
        """Return what the user should know about the sheet, as sentences, once its rows were read."""
        return []


def overlay(rows: Iterable[list[Any]], shown: Iterator[ShownCell], indent: int) -> Iterator[list[Any]]:
    """Replace values by the texts shown instead. `indent`: columns that the rows lack in front."""
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
