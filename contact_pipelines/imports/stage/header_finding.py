"""Finds the header among the first records of a table, if there is one.

A header's cells look like labels (text, no addresses, dates or numbers), the rows below it have its width, below its
texts stand numbers or addresses, and the mapping may know its words. Above it there can be prose, and rows of the same
width that are nearly empty. `kind_of` says what a cell looks like.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from contact_pipelines.imports.columns.header_meaning import read
from contact_pipelines.imports.stage.dialect import Record

SEARCHED = 40
"""Records that are searched for a header."""
BELOW = 20
"""Records below a header that are compared with it."""
COLUMNS = 100
"""Columns that are looked at; of thousands, these are enough."""
MOSTLY = 0.6
HALF = 0.5
MARGIN = 0.3  # by how much a later row must be the better header
LABELS = 0.8  # share of a header's cells that must look like labels


class Kind(StrEnum):
    """What a cell looks like. YEAR is a number that may just as well be a label."""

    BLANK = "blank"
    EMAIL = "email"
    NUMBER = "number"
    YEAR = "year"
    DATE = "date"
    URL = "url"
    TEXT = "text"
    LONG = "long"


TYPED = frozenset({Kind.EMAIL, Kind.NUMBER, Kind.DATE, Kind.URL})
"""Kinds that only data have, not labels."""

_LONGEST_LABEL = 250
_YEAR = re.compile(r"(?:19|20)\d\d")
_PATTERNS = (
    (Kind.EMAIL, re.compile(r"(?:mailto:|[^@<>]*<)?[^\s@,;|<>\"]+@[^\s@,;|<>\"]+\.[^\s@,;|<>\"]+>?")),
    (Kind.URL, re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    (Kind.DATE, re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?:[ T]\d.*)?|\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?")),
    # Amounts with their signs, and phone numbers.
    (Kind.NUMBER, re.compile(r"['(]?[+\-]?(?:[$€£¥] ?)?[(\d][\d.,'\s()/\-]*(?: ?[%$€£¥])?")),
)


def kind_of(cell: str) -> Kind:
    """Return what a cell looks like."""
    text = cell.strip()
    if not text:
        return Kind.BLANK
    if len(text) > _LONGEST_LABEL:
        return Kind.LONG
    if _YEAR.fullmatch(text):
        return Kind.YEAR
    for kind, pattern in _PATTERNS:
        if pattern.fullmatch(text):
            return kind
    return Kind.TEXT


@lru_cache(maxsize=10_000)
def _known(label: str) -> tuple[str, ...]:
    return tuple(entry.field for entry in read(label).entries)


def known_fields(cell: str) -> tuple[str, ...]:
    """Return the fields that a cell means as a header; empty if its words are not known."""
    text = cell.strip()
    return _known(text) if 0 < len(text) <= _LONGEST_LABEL else ()


@dataclass(frozen=True)
class TableTop:
    """Where a table begins, as indices into the records. `header` is None if it has none.

    `evidence`: how much speaks for the header besides its width; 0 if nothing does.
    """

    header: int | None
    first: int
    width: int
    evidence: float


@dataclass(frozen=True)
class _Candidate:
    index: int
    width: int
    keep: float  # share of the rows below that have its width
    fill: float  # share of its cells that are not blank
    known: int  # cells whose words are known
    contrast: float  # share of its columns that are labels above data of a type
    same: float  # share of its columns that are of the type of the data below
    labels: float  # share of its cells that may be labels
    distinct: float  # share of its filled cells that differ from each other
    email: bool
    comment: bool
    long: bool  # a cell is longer than labels are

    @property
    def evidence(self) -> float:
        return self.known / min(self.width, COLUMNS) + self.contrast

    @property
    def score(self) -> float:
        known = (
            self.known / min(self.width, COLUMNS) if self.known > 1 or self.width == 1 else 0.0
        )  # one word may be chance
        merits = 2 * self.keep + self.fill + self.distinct + 2 * known + self.contrast
        return merits - self.comment - self.long

    @property
    def is_label_row(self) -> bool:
        return not self.email and self.labels >= LABELS

    @property
    def is_data(self) -> bool:
        if self.email:
            return True
        return not self.known and not self.contrast and (self.same > 0 or self.labels < HALF)


def find_top(records: Sequence[Record], *, whole_file: bool = True) -> TableTop:
    """Find the header and the first row of data among `records`, at least one, none of them empty.

    `whole_file`: the records begin a file, so the first may be a header whatever the rows below it look like.
    """
    best: _Candidate | None = None
    for index in range(min(SEARCHED, len(records))):
        found = _judge(records, index)
        if found.is_data and found.keep >= HALF and found.fill >= MOSTLY * _usual_fill(records, index):
            if best is None or (best.width < found.width and best.keep < HALF and not best.evidence):
                return TableTop(None, _first_data(records, index), found.width, 1.0 if found.email else found.same)
            break
        fits = found.keep >= HALF or found.evidence > 0 or (whole_file and index == 0)
        if not found.is_label_row or not fits or _is_prose(records, found):
            continue
        if best is None or found.score > best.score + MARGIN:
            best = found
    if best is None:
        return _without_header(records)
    return TableTop(best.index, best.index + 1, best.width, best.evidence)


def _first_data(records: Sequence[Record], index: int) -> int:
    """Return the first row of the data that `index` belongs to: a nearly empty one may stand above it."""
    while index and len(records[index - 1].cells) == len(records[index].cells) and _judge(records, index - 1).is_data:
        index -= 1
    return index


def _is_prose(records: Sequence[Record], found: _Candidate) -> bool:
    """Whether it is a single cell above rows of several."""
    wider = [record for record in records[found.index + 1 : found.index + 1 + BELOW] if len(record.cells) > 1]
    return records[found.index].filled == 1 and len(wider) > 0 and found.keep < MOSTLY


def _without_header(records: Sequence[Record]) -> TableTop:
    """Take the first row of the usual width as data, or as the header if nothing in it looks like data."""
    width = usual_width(records)
    first = next(index for index, record in enumerate(records) if len(record.cells) == width)
    found = _judge(records, first)
    if found.is_label_row:
        return TableTop(first, first + 1, width, found.evidence)
    return TableTop(None, first, width, 1.0 if found.email else found.same)


def usual_width(records: Sequence[Record]) -> int:
    """Return the most frequent number of cells; of equally frequent ones the larger."""
    counts = Counter(len(record.cells) for record in records)
    return max(counts, key=lambda width: (counts[width], width))


def _usual_fill(records: Sequence[Record], index: int) -> float:
    """Return the median share of filled cells in the rows below."""
    shares = sorted(record.filled / max(1, len(record.cells)) for record in records[index + 1 : index + 1 + BELOW])
    return shares[len(shares) // 2] if shares else 0.0


def _judge(records: Sequence[Record], index: int) -> _Candidate:
    record, below = records[index], records[index + 1 : index + 1 + BELOW]
    cells, width = record.cells[:COLUMNS], len(record.cells)
    kept = [row for row in below if fits_width(row, width)]
    filled = max(1, sum(1 for cell in cells if cell.strip()))
    kinds = [kind_of(cell) for cell in cells]
    types = [column_type([row.cells[at] for row in kept]) for at in range(len(cells))]
    labels = [kind in (Kind.TEXT, Kind.LONG) for kind in kinds]
    contrast = sum(label and kind is not None for label, kind in zip(labels, types, strict=True))
    same = sum(kind in TYPED and kind is kind_below for kind, kind_below in zip(kinds, types, strict=True))
    return _Candidate(
        index,
        width,
        keep=len(kept) / len(below) if below else HALF,
        fill=record.filled / width,
        known=sum(bool(known_fields(cell)) for cell in cells),
        contrast=contrast / len(cells),
        same=same / len(cells),
        labels=(sum(labels) + kinds.count(Kind.YEAR)) / filled,
        distinct=len({cell.strip().casefold() for cell in cells if cell.strip()}) / filled,
        email=Kind.EMAIL in kinds,
        comment=cells[0].lstrip().startswith("#"),
        long=Kind.LONG in kinds,
    )


def fits_width(record: Record, width: int) -> bool:
    """Whether a record has that many cells, not counting empty ones at its end."""
    return len(record.cells) >= width and not any(cell.strip() for cell in record.cells[width:])


def column_type(cells: Sequence[str]) -> Kind | None:
    """Return the type (address, number, date, URL) of most cells of a column; None if they are text."""
    counts = Counter(kind_of(cell) for cell in cells)
    filled = sum(counts.values()) - counts[Kind.BLANK]
    counts[Kind.NUMBER] += counts[Kind.YEAR]
    return next((kind for kind in sorted(TYPED) if filled and counts[kind] >= MOSTLY * filled), None)


def has_contacts(header: Sequence[str], rows: Sequence[Record]) -> bool:
    """Whether a table has a column with an email header or with addresses."""
    if any("email" in known_fields(cell) for cell in header):
        return True
    width = max((len(row.cells) for row in rows), default=0)
    columns = ([row.cells[at] for row in rows if at < len(row.cells)] for at in range(width))
    return any(column_type(cells) is Kind.EMAIL for cells in columns)
