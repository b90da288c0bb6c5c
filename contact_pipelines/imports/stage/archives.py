"""Archives: unpacks `.gz` and single-file `.zip` under limits; workbooks are ZIP archives too.

They come from outside, so a ZIP is opened only if its directory is sane, and nothing is unpacked beyond the limits.
"""

from __future__ import annotations

import gzip
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from xml.parsers import expat

from contact_pipelines.errors import FileNotImportable, FileUnreadable
from contact_pipelines.imports.stage.sheets.sheet_cells import DocumentTypeFound, damaged, document_type, xml_parser
from contact_pipelines.settings.policy import MIB, Limits

RATIO_FLOOR = 10 * MIB
"""Unpacked bytes up to which the compression ratio does not matter: short files of equal rows pack very well."""

_GZIP_MAGIC = b"\x1f\x8b\x08"
_MOST_LAYERS = 2  # people.csv.gz in a .zip
_MOST_LISTED = 10
_LONGEST_NAME = 200
_BLOCK = MIB
_LITTER = {".ds_store", "thumbs.db", "desktop.ini"}
# zipfile unpacks the other methods in steps of any size: 4 kB of bzip2 can become gigabytes at once.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1


MAX_DIRECTORY = 4 * MIB
"""Bytes of an archive's directory, which is read whole; an entry takes 46 and its name."""
MAX_ENTRIES = 10_000

# APPNOTE.TXT 4.3.16, 4.3.15 and 4.3.14: the end record, and in front of it the locator and the end record of ZIP64.
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_END_64, _END_64_SIZE = b"PK\x06\x06", 56

_HEAD = 64 * 1024
"""Bytes in which an XML part's first element has to begin."""

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

_WORKBOOK = re.compile(r"xl/workbook\d*\.(xml|bin)")  # some programs number it

_FOREIGN_ZIPS = {
    "word/": "a Word document",
    "ppt/": "a PowerPoint presentation",
    "index/document.iwa": "an Apple Numbers, Pages or Keynote document",
    "index.zip": "an Apple Numbers, Pages or Keynote document",
    "visio/": "a Visio drawing",
    "meta-inf/container.xml": "an e-book",
    "androidmanifest.xml": "an Android app",
}

_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."


@dataclass(frozen=True)
class Unpacked:
    """A file out of its archive: path, name, and what it was packed in ("", "gz" or "zip")."""

    path: Path
    name: str
    container: str = ""


@dataclass(frozen=True)
class _Job:
    """The unpacking of one file. `size`: of the file as it arrived, in bytes."""

    name: str
    size: int
    limits: Limits


def require_size(size: int, *, name: str, limits: Limits) -> None:
    """Raise FileNotImportable if a file of this size is larger than `limits.file_bytes`."""
    if size > limits.file_bytes:
        raise FileNotImportable(
            f"{name} has {size:,} bytes; at most {limits.file_bytes:,} can be imported. "
            "Split it, or raise limits.file_bytes in the settings."
        )


def unpack(path: Path, folder: Path, *, name: str, limits: Limits) -> Unpacked:
    """Unpack a file into `folder` if it is a gzip or ZIP archive; else return it as it is, workbooks included.

    One archive in another is unpacked as well; deeper ones are refused. No name from the archive is part of the copy's
    path. The copy is written in pieces and never beyond the limits, whatever the archive states. Raises FileUnreadable
    (damaged, encrypted) or FileNotImportable (empty, several files, too large).
    """
    require_size(path.stat().st_size, name=name, limits=limits)
    job = _Job(name, path.stat().st_size, limits)
    found = Unpacked(path, name)
    for layer in range(_MOST_LAYERS + 1):
        kind = _container(found.path, name)
        if not kind:
            return found
        if layer == _MOST_LAYERS:
            break
        target = folder / f"unpacked-{layer + 1}"
        unpack_one = _unpack_gzip if kind == "gz" else _unpack_zip
        inner = unpack_one(job, found, target)
        found = Unpacked(target, inner, found.container or kind)
    raise FileNotImportable(f"{name} has archives inside archives. Unpack it and import the file in it.")


def _container(path: Path, name: str) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(_GZIP_MAGIC):
        return "gz"
    if not head.startswith(ZIP_MAGIC):
        return ""
    with open_zip(path, name) as archive:
        return "zip" if workbook_format(archive, name) is None else ""


def _unpack_gzip(job: _Job, found: Unpacked, target: Path) -> str:
    """Unpack all members of a gzip file, one after the other; return the name without .gz."""
    try:
        with gzip.open(found.path, "rb") as source:
            _copy(job, source, target)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise damaged(job.name) from None
    return found.name[:-3] if found.name.lower().endswith(".gz") else found.name


def _unpack_zip(job: _Job, found: Unpacked, target: Path) -> str:
    """Unpack the archive's only member; return its name without folders."""
    with open_zip(found.path, job.name) as archive:
        member = _only_member(archive, job.name)
        if member.flag_bits & _ENCRYPTED:
            raise FileUnreadable(f"{job.name} is protected by a password. Unpack it and import the file in it.")
        if member.compress_type not in _METHODS:
            raise FileUnreadable(
                f"{job.name} is packed by a method that is not supported. "
                "Unpack it and import the file in it, or pack it as a plain ZIP archive (deflate)."
            )
        try:
            with archive.open(member) as source:
                copied = _copy(job, source, target)
        except (zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, NotImplementedError):
            raise damaged(job.name) from None
        if copied != member.file_size:
            raise damaged(job.name)
        return _file_name(member.filename)


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [entry for entry in archive.infolist() if not _is_litter(entry)]
    if not members:
        raise FileNotImportable(f"{name} holds no file.")
    if len(members) > 1:
        listed = ", ".join(_file_name(member.filename) for member in members[:_MOST_LISTED])
        more = f" and {len(members) - _MOST_LISTED:,} more" if len(members) > _MOST_LISTED else ""
        raise FileNotImportable(
            f"{name} holds {len(members):,} files: {listed}{more}. Unpack it and import each file by itself."
        )
    return members[0]


def _is_litter(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a folder, or what macOS and Windows leave in archives."""
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if entry.filename.endswith(("/", "\\")) or not parts or parts[0] == "__MACOSX":
        return True
    return parts[-1].lower() in _LITTER or parts[-1].startswith("._")


def _file_name(member: str) -> str:
    """Return a member's name as it can be shown: without folders, control characters and excess length."""
    name = PurePosixPath(member.replace("\\", "/")).name
    return "".join(char for char in name if char.isprintable())[:_LONGEST_NAME] or "file"


def _copy(job: _Job, source: IO[bytes] | gzip.GzipFile, target: Path) -> int:
    """Copy what is unpacked, in pieces, as far as the limits allow; return the bytes copied."""
    copied = 0
    with target.open("wb") as file:
        while block := source.read(_BLOCK):
            copied += len(block)
            require_unpacked_size(copied, job.name, job.size, job.limits, floor=RATIO_FLOOR)
            file.write(block)
    return copied


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
    """Check the directory's size in the end record, which zipfile would believe."""
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
    """Check the unpacked sizes that the directory states, and that no name is in it twice.

    `packed`: size of the archive in bytes. `floor`: unpacked bytes up to which the ratio does not matter. With two
    entries of one name, we might check the one and the library read the other. Raises FileNotImportable,
    FileUnreadable.
    """
    entries = archive.infolist()
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise damaged(name)
    require_unpacked_size(sum(entry.file_size for entry in entries), name, packed, limits, floor=floor)


def require_unpacked_size(unpacked: int, name: str, packed: int, limits: Limits, *, floor: int) -> None:
    """Raise FileNotImportable if that many unpacked bytes exceed the limits. `floor`: as in `require_bounded`."""
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


def refuse_document_types(archive: zipfile.ZipFile, name: str) -> None:
    """Raise FileUnreadable if an XML part of a workbook declares a document type.

    No spreadsheet program writes one, and entities, which XML bombs are made of, can be declared nowhere else. It
    must precede the first element, so only the beginning of each part is read.
    """
    for entry in archive.infolist():
        if entry.filename.lower().endswith((".xml", ".rels")) and _has_document_type(archive, entry):
            raise document_type(name)


class _RootReached(Exception):
    """Stops the parser."""


def _root_reached(*_: object) -> None:
    raise _RootReached


def _has_document_type(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    parser = xml_parser()
    parser.StartElementHandler = _root_reached
    try:
        with archive.open(entry) as part:
            parser.Parse(part.read(_HEAD))
    except DocumentTypeFound:
        return True
    except (_RootReached, expat.ExpatError):  # the library that reads the workbook refuses what is not XML
        return False
    return entry.file_size > _HEAD  # nothing but comments: suspicious


def workbook_format(archive: zipfile.ZipFile, name: str) -> str | None:
    """Return the workbook format of a ZIP archive; None if it is not a workbook.

    Raises FileUnreadable if it is another program's document.
    """
    names = {entry.lower() for entry in archive.namelist()}
    for workbook in filter(None, map(_WORKBOOK.fullmatch, names)):
        return "xlsb" if workbook[1] == "bin" else "xlsx"
    kind = _mimetype(archive)
    if kind.startswith(_OPEN_DOCUMENT + "spreadsheet"):
        return "ods"
    found = "another OpenDocument file" if kind.startswith(_OPEN_DOCUMENT) else None
    for start, what in _FOREIGN_ZIPS.items():
        found = found or (what if any(entry.startswith(start) for entry in names) else None)
    if found:
        raise FileUnreadable(f"{name} looks like {found}. Save its table as .xlsx or CSV and import that.")
    return None


def _mimetype(archive: zipfile.ZipFile) -> str:
    """Return an OpenDocument file's type, which is its first entry (ODF 1.3 part 2, 3.3)."""
    try:
        with archive.open("mimetype") as entry:
            return entry.read(100).decode("ascii", "replace").strip()
    except (KeyError, RuntimeError, zipfile.BadZipFile, NotImplementedError, OSError):
        return ""
