"""Open a file of any kind for staging: unpack it, tell what it is, and make text of it that staging can read.

archive -> file -> (workbook -> CSV | text -> UTF-8 | JSON -> UTF-8 | Parquet as it is). What is made on the way lies
in a scratch folder; the landed file is only ever read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contact_pipelines.errors import FileUnreadable
from contact_pipelines.imports.stage.containers import Unpacked, unpack
from contact_pipelines.imports.stage.dialect import Dialect, refuse_what_is_no_text
from contact_pipelines.imports.stage.encodings import Encoding, decode_to_utf8, detect_encoding
from contact_pipelines.imports.stage.recognising import Format, recognise
from contact_pipelines.imports.stage.workbooks import convert
from contact_pipelines.models import FileReading, ReadingOptions
from contact_pipelines.settings.policy import Limits

WORKBOOKS = (Format.XLSX, Format.XLS, Format.XLSB, Format.ODS)
SURE = 0.9
"""From this confidence on, an encoding that was found out need not be told."""
_HEAD = 64 * 1024


@dataclass(frozen=True)
class OpenedFile:
    """A file that can be staged: where it is now, what it is, and how it came to be."""

    path: Path
    name: str
    format: Format
    reading: FileReading

    @property
    def dialect(self) -> Dialect | None:
        """How the CSV of a workbook's sheet is written; None if that is to be found out."""
        return Dialect(",") if self.format in WORKBOOKS else None


def open_file(path: Path, folder: Path, *, name: str, options: ReadingOptions, limits: Limits) -> OpenedFile:
    """Make a file ready for staging; what has to be written goes to `folder`, which the caller removes.

    Raises FileUnreadable and FileNotImportable with a sentence that names the file and what to do.
    """
    if not path.stat().st_size:
        raise FileUnreadable(f"{name} is empty.")
    unpacked = unpack(path, folder, name=name, limits=limits)
    kind = recognise(unpacked.path, name=unpacked.name)
    if kind in WORKBOOKS:
        target = folder / "sheet.csv"
        sheet = convert(unpacked.path, target, name=unpacked.name, format=kind, sheet=options.sheet, limits=limits)
        reading = FileReading(kind, unpacked.container, sheet.sheet, "", notes=sheet.notes)
        return OpenedFile(target, unpacked.name, kind, reading)
    if options.sheet is not None:
        raise FileUnreadable(f"{name} is no workbook, so it has no sheet to be named; leave the sheet out.")
    if kind is Format.PARQUET:
        return OpenedFile(unpacked.path, unpacked.name, kind, FileReading(kind, unpacked.container, encoding=""))
    return _open_text(unpacked, kind, folder, options)


def _open_text(unpacked: Unpacked, kind: Format, folder: Path, options: ReadingOptions) -> OpenedFile:
    path, name = unpacked.path, unpacked.name
    encoding = detect_encoding(path, name=name, given=options.encoding)
    if encoding.needs_decoding:
        target = folder / "utf8.txt"
        decode_to_utf8(path, target, encoding, name=name)
        path, kind = target, recognise(target, name=name)
    with path.open("rb") as file:
        refuse_what_is_no_text(file.read(_HEAD), name)
    reading = FileReading(
        kind, unpacked.container, encoding=encoding.name, confidence=encoding.confidence, notes=_notes(encoding)
    )
    return OpenedFile(path, name, kind, reading)


def _notes(encoding: Encoding) -> tuple[str, ...]:
    if encoding.confidence >= SURE:
        return ()
    sure = f"the text was read as {encoding.name}, which is {encoding.confidence:.0%} sure ({encoding.reason})"
    return (f"{sure}; if letters look wrong, name the encoding with --encoding",)
