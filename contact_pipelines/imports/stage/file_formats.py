"""The table of file formats, `FORMATS`: how each is recognised and which function reads it.

A new format needs a function that stages its rows (such as `parquet_records.stage_parquet`) and a line in `FORMATS`.
`open_file` prepares a landed file for its reader: archive -> file -> workbook as CSV, or text as UTF-8. What it writes
goes to a scratch folder; the landed file is only read.
"""

from __future__ import annotations

import json
import mmap
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from contact_pipelines.errors import FileNotImportable, FileUnreadable
from contact_pipelines.imports.stage.archives import ZIP_MAGIC, open_zip, unpack, workbook_format
from contact_pipelines.imports.stage.byte_order_marks import WIDE_MARKS, Encoding
from contact_pipelines.imports.stage.dialect import UTF8_BOM, Dialect
from contact_pipelines.imports.stage.encodings import SAMPLE_BYTES, decode_to_utf8, detect_encoding, require_text
from contact_pipelines.imports.stage.json_records import stage_json
from contact_pipelines.imports.stage.parquet_records import stage_parquet
from contact_pipelines.imports.stage.sheets.sheet_cells import protected
from contact_pipelines.imports.stage.staged_file import StagedFile
from contact_pipelines.imports.stage.text_file import stage_text
from contact_pipelines.imports.stage.workbooks import convert
from contact_pipelines.models import FileReading, ReadingOptions
from contact_pipelines.settings.policy import Limits

SHEET = Dialect(",")
"""How `workbooks.convert` writes a sheet."""
SURE = 0.9
"""At or above this confidence, the guessed encoding is not reported as such."""
_OLE2_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARQUET_MAGIC = b"PAR1"
_TAR_MAGIC, _TAR_AT = b"ustar", 257
# Objects, arrays and texts: what a JSON file of records can begin with. "[First Name],[Email]" is a CSV header.
_JSON_START = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{"\]])')
_HTML_START = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|meta|style|table|div|center|title)\b", re.IGNORECASE)
_XML_START = re.compile(r"\s*<(?:\?xml|\w+:?Workbook)\b")


class UnknownFile:
    """An unpacked file and the evidence of its format: the content first, the name only where that leaves it open."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        with path.open("rb") as file:
            self.head = file.read(SAMPLE_BYTES)

    @cached_property
    def workbook(self) -> str:
        """Its workbook format; empty if it is none. Raises FileUnreadable for other documents of Office programs."""
        if self.head.startswith(ZIP_MAGIC):
            with open_zip(self.path, self.name) as archive:
                found = workbook_format(archive, self.name)
            if found is None:
                raise FileNotImportable(
                    f"{self.name} is an archive inside an archive. Unpack it and import the file in it."
                )
            return found
        return _in_ole2(self.path, self.name) if self.head.startswith(_OLE2_MAGIC) else ""

    @cached_property
    def is_parquet(self) -> bool:
        """Whether it begins and ends as Parquet files do."""
        if not self.head.startswith(_PARQUET_MAGIC):
            return False
        with self.path.open("rb") as file:
            file.seek(-len(_PARQUET_MAGIC), 2)
            return file.read() == _PARQUET_MAGIC

    @cached_property
    def text(self) -> str:
        """The beginning as text, enough to see ASCII characters in it: without a mark, one byte a character."""
        for bom, encoding in {UTF8_BOM: "utf-8", **WIDE_MARKS}.items():
            if self.head.startswith(bom):
                return self.head[len(bom) :].decode(encoding, "replace")
        return self.head.decode("latin-1")

    @cached_property
    def json(self) -> str:
        """`json` for one JSON value, `jsonl` for one a line; where the beginning fits both, the name decides."""
        if not _JSON_START.match(self.text):
            return ""
        lines_by_name = self.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson", ".jsonlines"))
        text = self.text.lstrip()
        try:
            _, end = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            single_line = "\n" not in text  # a first record longer than the head
            return "jsonl" if lines_by_name and single_line else "json"
        followed = text[end:].lstrip().startswith(("{", "["))
        return "jsonl" if followed or lines_by_name else "json"


def _in_ole2(path: Path, name: str) -> str:
    """Tell an old Excel file from others in OLE2 containers by the names of its streams."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if _has_stream(content, "EncryptedPackage"):
            raise protected(name)
        if _has_stream(content, "Workbook") or _has_stream(content, "Book"):
            return "xls"
        what = "an old Word document" if _has_stream(content, "WordDocument") else "an old Office file, but no workbook"
    raise FileUnreadable(f"{name} looks like {what}. Save its table as .xlsx or CSV and import that.")


def _has_stream(content: mmap.mmap, stream: str) -> bool:
    """Whether a directory entry names that stream: name padded to 64 bytes, its length, type 2 ([MS-CFB] 2.6.1)."""
    entry = stream.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HB", 2 * len(stream) + 2, 2)
    return content.find(entry) >= 0


def _is_text(file: UnknownFile) -> bool:
    """Accept anything but archives and markup: other faults show when it is read as text."""
    if file.head.startswith(_TAR_MAGIC, _TAR_AT):
        raise FileNotImportable(f"{file.name} is a TAR archive. Unpack it and import the file in it.")
    found, text = None, file.text
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
        raise FileUnreadable(f"{file.name} is {found}, whatever its name says. Open it and save it as .xlsx or CSV.")
    return True


@dataclass(frozen=True)
class FileFormat:
    """A format: its name, how it is recognised, and the function that stages it.

    `stage(con, path, target, scratch=, file_name=, options=, limits=)` writes the rows as `staging.stage` says. `text`:
    decoded to UTF-8 first. `workbook`: turned into CSV first. `header`: columns are known from the beginning.
    """

    name: str
    recognises: Callable[[UnknownFile], bool]
    stage: Callable[..., StagedFile]
    text: bool = False
    workbook: bool = False
    header: bool = False

    @property
    def dialect(self) -> Dialect | None:
        """How the CSV made of a workbook is written; None for text, whose dialect is found out."""
        return SHEET if self.workbook else None


def _workbook(name: str) -> FileFormat:
    stage = partial(stage_text, dialect=SHEET)
    return FileFormat(name, lambda file: file.workbook == name, stage, workbook=True, header=True)


FORMATS = (
    _workbook("xlsx"),
    _workbook("xlsb"),
    _workbook("xls"),
    _workbook("ods"),
    FileFormat("parquet", lambda file: file.is_parquet, stage_parquet),
    FileFormat("json", lambda file: file.json == "json", partial(stage_json, lines=False), text=True),
    FileFormat("jsonl", lambda file: file.json == "jsonl", partial(stage_json, lines=True), text=True),
    FileFormat("csv", _is_text, stage_text, text=True, header=True),
)
"""All formats in the order in which they are tried; the last one takes the rest. CSV is text with any delimiter."""


def recognise(path: Path, *, name: str) -> FileFormat:
    """Return the format of an unpacked file.

    Raises FileUnreadable for a file that cannot be read as a table (an HTML page saved as .xls, a workbook with a
    password, a Word document ...), FileNotImportable for an archive.
    """
    file = UnknownFile(path, name)
    return next(each for each in FORMATS if each.recognises(file))


@dataclass(frozen=True)
class OpenedFile:
    """A file ready for staging: its path, its format, and what was learnt when opening it."""

    path: Path
    name: str
    format: FileFormat
    reading: FileReading


def open_file(path: Path, folder: Path, *, name: str, options: ReadingOptions, limits: Limits) -> OpenedFile:
    """Make a file ready for staging; what has to be written goes to `folder`, which the caller removes.

    Raises FileUnreadable and FileNotImportable with a sentence that names the file and what to do.
    """
    if not path.stat().st_size:
        raise FileUnreadable(f"{name} is empty.")
    unpacked = unpack(path, folder, name=name, limits=limits)
    path, container = unpacked.path, unpacked.container
    kind = recognise(path, name=unpacked.name)
    if kind.workbook:
        target = folder / "sheet.csv"
        sheet = convert(path, target, name=unpacked.name, format=kind.name, sheet=options.sheet, limits=limits)
        reading = FileReading(kind.name, container, sheet.sheet, "", notes=sheet.notes)
        return OpenedFile(target, unpacked.name, kind, reading)
    if options.sheet is not None:
        raise FileUnreadable(f"{name} is not a workbook and has no sheets; leave out --sheet.")
    if not kind.text:
        return OpenedFile(path, unpacked.name, kind, FileReading(kind.name, container, encoding=""))
    encoding = detect_encoding(path, name=unpacked.name, given=options.encoding)
    if encoding.needs_decoding:
        target = folder / "utf8.txt"
        decode_to_utf8(path, target, encoding, name=unpacked.name)
        path, kind = target, recognise(target, name=unpacked.name)
    with path.open("rb") as text:
        require_text(text.read(SAMPLE_BYTES), unpacked.name)
    reading = FileReading(
        kind.name, container, encoding=encoding.name, confidence=encoding.confidence, notes=_notes(encoding)
    )
    return OpenedFile(path, unpacked.name, kind, reading)


def _notes(encoding: Encoding) -> tuple[str, ...]:
    if encoding.confidence >= SURE:
        return ()
    sure = f"the text was read as {encoding.name}, which is {encoding.confidence:.0%} sure ({encoding.reason})"
    return (f"{sure}; if letters look wrong, name the encoding with --encoding",)
