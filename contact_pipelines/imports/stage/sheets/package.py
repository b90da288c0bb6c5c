"""The parts of an Office Open XML package (.xlsx, .xlsb): found by name, read in pieces."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.parsers import expat

_BLOCK = 1024 * 1024


class DocumentTypeFound(Exception):
    """An XML part declares a document type; entities, which XML bombs are made of, can be declared nowhere else."""


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
