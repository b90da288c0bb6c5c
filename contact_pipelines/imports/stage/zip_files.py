"""ZIP archives that come from outside: opened only when their directory is sane and of a bearable size."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from contact_pipelines.errors import FileNotImportable
from contact_pipelines.imports.stage.refusals import damaged, document_type
from contact_pipelines.settings.policy import MIB, Limits

MAX_DIRECTORY = 4 * MIB
"""Bytes of an archive's directory, which is read whole; an entry takes 46 and its name."""
MAX_ENTRIES = 10_000

# APPNOTE.TXT 4.3.16, 4.3.15 and 4.3.14: the end record, and in front of it the locator and the end record of ZIP64.
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_END_64, _END_64_SIZE = b"PK\x06\x06", 56

_HEAD = 64 * 1024
"""Bytes in which an XML part's first element has to begin."""


def open_zip(path: Path, name: str) -> zipfile.ZipFile:
    """Open an archive. The caller closes it.

    Raises FileUnreadable if it is damaged or cut off, FileNotImportable if its directory is too large.
    """
    try:
        _require_small_directory(path, name)
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, struct.error, OSError, ValueError, NotImplementedError):
        raise damaged(name) from None
    if len(archive.infolist()) > MAX_ENTRIES:
        archive.close()
        raise _too_many(name)
    return archive


def _too_many(name: str) -> FileNotImportable:
    return FileNotImportable(f"{name} holds more than {MAX_ENTRIES:,} entries. Unpack it and import the files in it.")


def _require_small_directory(path: Path, name: str) -> None:
    """Read the directory's size from the end record before zipfile, which believes it, reads the directory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = max(0, size - _END_SIZE - _LONGEST_COMMENT - _LOCATOR_SIZE - _END_64_SIZE)
        file.seek(start)
        tail = file.read()
    end = tail.rfind(_END)
    if end < 0:
        raise zipfile.BadZipFile
    (directory,) = struct.unpack_from("<L", tail, end + 12)
    locator = end - _LOCATOR_SIZE
    if locator >= 0 and tail.startswith(_LOCATOR, locator):
        record = locator - _END_64_SIZE
        stated = struct.unpack_from("<Q", tail, locator + 8)[0]
        if record < 0 or not tail.startswith(_END_64, record) or stated != start + record:
            raise zipfile.BadZipFile
        directory = struct.unpack_from("<Q", tail, record + 40)[0]
    if directory > MAX_DIRECTORY:
        raise _too_many(name)


def require_bounded(archive: zipfile.ZipFile, name: str, packed: int, limits: Limits, *, floor: int) -> None:
    """Check what the directory says the entries unpack to, and that no name stands in it twice.

    `packed`: size of the archive in bytes. `floor`: unpacked bytes up to which the ratio does not matter. Two
    entries of one name would let us check the one and a library read the other. Raises FileNotImportable,
    FileUnreadable.
    """
    entries = archive.infolist()
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise damaged(name)
    require_unpacked_size(sum(entry.file_size for entry in entries), name, packed, limits, floor=floor)


def require_unpacked_size(unpacked: int, name: str, packed: int, limits: Limits, *, floor: int) -> None:
    """Raise FileNotImportable if so many unpacked bytes are over the limits. `floor`: as in `require_bounded`."""
    if unpacked > limits.decompressed_bytes:
        raise FileNotImportable(
            f"{name} unpacks to more than the limit of {limits.decompressed_bytes:,} bytes. "
            "Split it, or raise limits.decompressed_bytes in the settings."
        )
    if unpacked > floor and unpacked > packed * limits.compression_ratio:
        raise FileNotImportable(
            f"{name} unpacks to more than {limits.compression_ratio:,} times its size of {packed:,} bytes. "
            "If that is meant, unpack it and import what is in it, or raise limits.compression_ratio in the settings."
        )


class _RootReached(Exception):
    """Stops the parser."""


class _DocumentType(Exception):
    """Stops the parser."""


def refuse_document_types(archive: zipfile.ZipFile, name: str) -> None:
    """Raise FileUnreadable if an XML part of a workbook declares a document type.

    No spreadsheet program writes one, and entities, which XML bombs are made of, can be declared nowhere else. It
    has to stand in front of the first element, so only the beginning of each part is read.
    """
    for entry in archive.infolist():
        if entry.filename.lower().endswith((".xml", ".rels")) and _has_document_type(archive, entry):
            raise document_type(name)


def _has_document_type(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _stop(_DocumentType)
    parser.StartElementHandler = _stop(_RootReached)
    try:
        with archive.open(entry) as part:
            parser.Parse(part.read(_HEAD))
    except _DocumentType:
        return True
    except (_RootReached, expat.ExpatError):  # what is no XML, the library that reads the workbook refuses
        return False
    return entry.file_size > _HEAD  # nothing but comments: whoever writes that hides something


def _stop(reason: type[Exception]) -> Callable[..., None]:
    def handler(*_: object) -> None:
        raise reason

    return handler
