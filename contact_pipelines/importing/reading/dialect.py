"""How a delimited text file is written: its delimiter and header, found out from its beginning.

Only a bounded sample is ever looked at here; whether the rest of the file keeps to it is `staging`'s
business.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from contact_pipelines.errors import FileNotImportable, FileUnreadable

DELIMITERS = (",", ";", "\t", "|")
"""What may separate cells, the likelier first."""

SAMPLE_BYTES = 64 * 1024
SAMPLE_RECORDS = 100
UTF8_BOM = b"\xef\xbb\xbf"

MAX_COLUMNS = 5_000
MAX_LABEL = 1_000
MAX_CELL = 32_000
"""Characters a cell may have; a spreadsheet holds 32,767."""
MAX_LINE = 1_000_000
"""Bytes a line may have (and a record of several lines) before it is a broken row."""
MAX_RECORD_LINES = 1_000

RESERVED = ("_row", "_error_code", "_error", "_text")
"""Columns that staging adds; a header of that name is told apart from them."""

_BOMS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_MAGIC = {
    b"PK\x03\x04": "an Excel workbook or a ZIP archive",
    b"PK\x05\x06": "a ZIP archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel or Word file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF-": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"PAR1": "a Parquet file",
    b"SQLite format 3\x00": "an SQLite database",
    b"\x7fELF": "a program",
}
_CONTROL = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26, 27}) + b"\x7f"
_CONTROL_SHARE = 0.01
_WIDE_SHARE = 0.2  # UTF-16 text in a Latin script is NUL in every other byte


@dataclass(frozen=True)
class Dialect:
    """How a file is written. `header_row` is the header's row number as a spreadsheet shows it."""

    delimiter: str
    quote: str = '"'
    encoding: str = "utf-8"
    header_row: int = 1


def refuse_what_is_no_text(sample: bytes, name: str) -> None:
    """Raise FileUnreadable if the file that begins with `sample` is not text in UTF-8.

    The sentence names the file and what it looks like instead. `sample`: its first 64 KB or less.
    """
    for bom, encoding in _BOMS.items():
        if sample.startswith(bom):
            raise FileUnreadable(f"{name} is written in {encoding}. Save it as CSV in UTF-8 and try again.")
    for magic, kind in _MAGIC.items():
        # A bare "BZh" or "PAR1" could begin a header; the binary bytes that follow it could not.
        if sample.startswith(magic) and (not magic.isalnum() or _binary_share(sample)):
            raise FileUnreadable(f"{name} looks like {kind}. A CSV or TSV file is expected.")
    if sample and sample.count(0) > _WIDE_SHARE * len(sample):
        raise FileUnreadable(f"{name} looks like UTF-16 text or binary data. A CSV or TSV file in UTF-8 is expected.")
    if _binary_share(sample) > _CONTROL_SHARE:
        raise FileUnreadable(f"{name} looks like binary data. A CSV or TSV file is expected.")


def _binary_share(sample: bytes) -> float:
    return 1 - len(sample.translate(None, _CONTROL)) / len(sample) if sample else 0.0


def detect_delimiter(sample: bytes) -> str:
    """Return the delimiter that cuts the first 100 records of `sample` (bytes, without BOM) most evenly.

    A candidate must cut the header into two cells at least; a file with one column has none and gets a comma.
    """
    text = sample.decode("utf-8", "replace").replace("\x00", "\ufffd")
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        counts = [len(record) for record in islice(_records(text, delimiter), SAMPLE_RECORDS)]
        if len(counts) > 1 and len(sample) >= SAMPLE_BYTES:
            counts.pop()  # cut off where the sample ends
        if counts and counts[0] > 1:
            score = (counts.count(counts[0]) / len(counts), counts[0])
            best, best_score = max((best, best_score), (delimiter, score), key=lambda pair: pair[1])
    return best


def split_record(text: str, delimiter: str) -> list[str]:
    """Return the cells of one record's text, quotes and doubled quotes resolved."""
    return next(_records(text, delimiter), [])


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the records of `text` that are not blank; stops where Python's reader gives up."""
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(record) > 1 or (record and record[0].strip(" ")):
                yield record
    except csv.Error:
        return


def labels(cells: list[str], name: str) -> list[str]:
    """Turn a header's cells into labels that are not blank and differ from each other and from staging's own.

    Trimmed; a blank one becomes `column_3` (its position, from 1), a repeat (whatever its case) gets `#2`,
    `#3`. Raises FileNotImportable for more than 5,000 columns or a label over 1,000 characters.
    """
    if len(cells) > MAX_COLUMNS:
        raise FileNotImportable(f"{name} has {len(cells):,} columns; at most {MAX_COLUMNS:,} can be imported.")
    taken = {reserved.lower() for reserved in RESERVED}
    next_number: dict[str, int] = {}
    found: list[str] = []
    for position, cell in enumerate(cells, start=1):
        label = cell.strip() or f"column_{position}"
        if len(label) > MAX_LABEL:
            raise FileNotImportable(f"{name}: the header of column {position} is longer than {MAX_LABEL:,} characters.")
        unique, number = label, next_number.get(label.lower(), 2)
        while unique.lower() in taken:
            unique, number = f"{label}#{number}", number + 1
        next_number[label.lower()] = number
        taken.add(unique.lower())
        found.append(unique)
    return found
