"""How a delimited text file is written, what is no text at all, and the labels that a header's cells make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contact_pipelines.errors import FileNotImportable, FileUnreadable
from contact_pipelines.settings.policy import Limits

SAMPLE_BYTES = 64 * 1024
"""What is looked at to tell text from binary data."""
UTF8_BOM = b"\xef\xbb\xbf"

MAX_LABEL = 1_000
"""Characters of a column's label, or the limit of a cell if that is lower."""
MAX_RECORD_LINES = 1_000
SHOWN_TEXT = 32_000
"""Characters of a broken row that are kept as its raw text."""

RESERVED = ("_row", "_error_code", "_error", "_text", "_warning")
"""Columns that staging adds; a header of that name is told apart from them."""

BACKSLASH = "\\"

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
_CONTROL = bytes(set(range(1, 32)) - {9, 10, 11, 12, 13, 26, 27}) + b"\x7f"
_CONTROL_SHARE = 0.01
_WIDE_SHARE = 0.2  # UTF-16 text in a Latin script is NUL in every other byte


@dataclass(frozen=True)
class Dialect:
    """How a file is written. `header_row` is the header's row number as a spreadsheet shows it, None without one.

    `quote`: what opens a cell and, if it is another character (typographic quotes), what closes it. `escape`: a
    backslash, or the closing quote, which is then doubled. `spaced`: a space follows each delimiter and is not part of
    the cell behind it.
    """

    delimiter: str
    quote: str = '"'
    escape: str = '"'
    spaced: bool = False
    encoding: str = "utf-8"
    header_row: int | None = 1

    @property
    def opening(self) -> str:
        """The character that opens a quoted cell."""
        return self.quote[0]

    @property
    def closing(self) -> str:
        """The character that closes a quoted cell."""
        return self.quote[-1]

    @property
    def standard(self) -> bool:
        """Whether cells are quoted as RFC 4180 has it, so that DuckDB reads them as we do."""
        return self.quote == '"' and self.escape == '"' and not self.spaced


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
    """Return the share of control characters; NUL may be dropped, and the likeliest other one be the delimiter."""
    if not sample:
        return 0.0
    controls = sorted(sample.count(byte) for byte in _CONTROL)
    return sum(controls[:-1]) / len(sample)


def labels(cells: Sequence[str], name: str, limits: Limits) -> list[str]:
    """Turn a header's cells into labels that are not blank and differ from each other and from staging's own.

    Trimmed; a blank one becomes `column_3` (its position, from 1), a repeat (whatever its case) gets `#2`,
    `#3`. Raises FileNotImportable for more columns than the limit, or a label over 1,000 characters.
    """
    if len(cells) > limits.columns:
        raise FileNotImportable(f"{name} has {len(cells):,} columns; at most {limits.columns:,} can be imported.")
    longest = min(MAX_LABEL, limits.cell_characters)
    taken = {reserved.lower() for reserved in RESERVED}
    next_number: dict[str, int] = {}
    found: list[str] = []
    for position, cell in enumerate(cells, start=1):
        label = cell.strip() or f"column_{position}"
        if len(label) > longest:
            raise FileNotImportable(f"{name}: the header of column {position} is longer than {longest:,} characters.")
        unique, number = label, next_number.get(label.lower(), 2)
        while unique.lower() in taken:
            unique, number = f"{label}#{number}", number + 1
        next_number[label.lower()] = number
        taken.add(unique.lower())
        found.append(unique)
    return found
