"""Which format a file has: by its content first, by its name only where the content leaves it open."""

from __future__ import annotations

import codecs
import json
import mmap
import re
import struct
import zipfile
from enum import StrEnum
from pathlib import Path

from contact_pipelines.errors import FileNotImportable, FileUnreadable
from contact_pipelines.imports.stage.refusals import protected
from contact_pipelines.imports.stage.zip_files import open_zip


class Format(StrEnum):
    """What a file is, unpacked. CSV: text with any delimiter."""

    CSV = "csv"
    XLSX = "xlsx"
    XLS = "xls"
    XLSB = "xlsb"
    ODS = "ods"
    JSON = "json"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE2_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARQUET_MAGIC = b"PAR1"
_HEAD = 64 * 1024
_TAR_MAGIC, _TAR_AT = b"ustar", 257

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}

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

# Objects, arrays and texts: what a JSON file of records can begin with. "[First Name],[Email]" is a CSV header.
_JSON_START = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{"\]])')
_HTML_START = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|meta|style|table|div|center|title)\b", re.IGNORECASE)
_XML_START = re.compile(r"\s*<(?:\?xml|\w+:?Workbook)\b")


def recognise(path: Path, *, name: str) -> Format:
    """Return the format of a file that is no archive any more (see `containers.unpack`).

    Text that is nothing else is CSV, and so is whatever cannot be told: reading it as text will say what is wrong
    with it. Raises FileUnreadable for what looks like a table and is none that can be read (an HTML page saved
    as .xls, a workbook with a password, a Word document ...), FileNotImportable for an archive.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(ZIP_MAGIC):
        with open_zip(path, name) as archive:
            found = workbook_format(archive, name)
        if found is None:
            raise FileNotImportable(f"{name} is an archive inside an archive. Unpack it and import the file in it.")
        return found
    if head.startswith(_OLE2_MAGIC):
        return _in_ole2(path, name)
    if head.startswith(_PARQUET_MAGIC) and _ends_with(path, _PARQUET_MAGIC):
        return Format.PARQUET
    if head.startswith(_TAR_MAGIC, _TAR_AT):
        raise FileNotImportable(f"{name} is a TAR archive. Unpack it and import the file in it.")
    text = _decoded(head)
    _refuse_markup(text, name)
    return _json_format(text, name) if _JSON_START.match(text) else Format.CSV


def workbook_format(archive: zipfile.ZipFile, name: str) -> Format | None:
    """Return which workbook a ZIP archive is; None if it is none.

    Raises FileUnreadable if it is another program's document.
    """
    names = {entry.lower() for entry in archive.namelist()}
    for workbook in filter(None, map(_WORKBOOK.fullmatch, names)):
        return Format.XLSB if workbook[1] == "bin" else Format.XLSX
    kind = _mimetype(archive)
    if kind.startswith(_OPEN_DOCUMENT + "spreadsheet"):
        return Format.ODS
    found = "another OpenDocument file" if kind.startswith(_OPEN_DOCUMENT) else None
    for start, what in _FOREIGN_ZIPS.items():
        found = found or (what if any(entry.startswith(start) for entry in names) else None)
    if found:
        raise FileUnreadable(f"{name} looks like {found}. Save its table as .xlsx or CSV and import that.")
    return None


def _mimetype(archive: zipfile.ZipFile) -> str:
    """Return an OpenDocument file's type, which it keeps in its first entry (ODF 1.3 part 2, 3.3)."""
    try:
        with archive.open("mimetype") as entry:
            return entry.read(100).decode("ascii", "replace").strip()
    except (KeyError, RuntimeError, zipfile.BadZipFile, NotImplementedError, OSError):
        return ""


def _in_ole2(path: Path, name: str) -> Format:
    """Tell an old Excel file from what else is kept in OLE2 files, by the names of its streams."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if _has_stream(content, "EncryptedPackage"):
            raise protected(name)
        if _has_stream(content, "Workbook") or _has_stream(content, "Book"):
            return Format.XLS
        what = "an old Word document" if _has_stream(content, "WordDocument") else "an old Office file, but no workbook"
    raise FileUnreadable(f"{name} looks like {what}. Save its table as .xlsx or CSV and import that.")


def _has_stream(content: mmap.mmap, stream: str) -> bool:
    """Whether a directory entry names that stream: name padded to 64 bytes, its length, type 2 ([MS-CFB] 2.6.1)."""
    entry = stream.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HB", 2 * len(stream) + 2, 2)
    return content.find(entry) >= 0


def _ends_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        file.seek(-min(len(magic), path.stat().st_size), 2)
        return file.read() == magic


def _decoded(head: bytes) -> str:
    """Return the beginning as text, enough to see ASCII signs in it: without a mark, one byte a character."""
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            return head[len(bom) :].decode(encoding, "replace")
    return head.decode("latin-1")


def _refuse_markup(text: str, name: str) -> None:
    found = None
    if _HTML_START.match(text):
        found = "an HTML page"
    elif text.startswith("MIME-Version:") and "Content-Type: multipart/related" in text:
        found = "a web page archive"
    elif _XML_START.match(text):
        found = "an XML file"
        if "urn:schemas-microsoft-com:office:spreadsheet" in text:
            found = "an XML Spreadsheet 2003"
        elif "urn:oasis:names:tc:opendocument" in text:
            found = "a flat OpenDocument file"
    if found:
        raise FileUnreadable(f"{name} is {found}, whatever its name says. Open it and save it as .xlsx or CSV.")


def _json_format(text: str, name: str) -> Format:
    """Tell one JSON value from one a line. Where the beginning shows a single value only, the name decides."""
    lines_by_name = name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson", ".jsonlines"))
    text = text.lstrip()
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        single_line = "\n" not in text  # a first record longer than what was looked at
        return Format.JSON_LINES if lines_by_name and single_line else Format.JSON
    followed = text[end:].lstrip().startswith(("{", "["))
    return Format.JSON_LINES if followed or lines_by_name else Format.JSON
