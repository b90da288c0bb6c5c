"""Detects the dialect of a text: delimiter, quotes, and how quotes are escaped.

Each candidate gets a score: how even the rows come out, times the share of cells that look like a value (after the
consistency measure of van den Burg, Nazábal and Sutton, "Wrangling Messy CSV Files by Detecting Row and Type Patterns",
2019).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from contact_pipelines.imports.stage.dialect import BACKSLASH, Dialect, Line, Record, RecordReader
from contact_pipelines.imports.stage.header_finding import COLUMNS, Kind, column_type, find_top, kind_of, known_fields

USUAL = ",;\t|"
UNUSUAL = "^~¦§¬¶│\uff0c\uff1b\uff5c\x01\x02\x03\x04\x05\x06\x07\x1c\x1d\x1e\x1f"
# (the escapes are the full-width comma, semicolon and bar)
WEAK = " :/#*!&=%$"
"""Characters that are frequent in plain text and need more evidence."""
TYPOGRAPHIC = ("“”", "„“", "„”", "«»", "»«")
SAMPLE_LINES = 200
SAMPLE_RECORDS = 100
SAMPLE_CELLS = 5_000
_MIN_WRAPPED = 2
_QUOTED_ROWS = 0.5  # share of rows with a quoted cell, unless a quoted cell holds the delimiter
_WEAK_WIDTH = 3
_SPACED = 0.95
_SEPARATOR = re.compile(r'"?sep=(.|\\t)"?', re.IGNORECASE)


def separator_line(text: str) -> str | None:
    """Return the delimiter named by a first line such as `sep=;`, which is meant for Excel."""
    found = _SEPARATOR.fullmatch(text.rstrip(" "))
    return found and {"\\t": "\t"}.get(found[1], found[1])


def guess_dialect(lines: Sequence[Line], delimiter: str | None = None) -> Dialect:
    """Return the dialect of a file's first `lines`. `delimiter`: if it is known."""
    sample = [line for line in lines if line.text.strip()][:SAMPLE_LINES]
    text = "\n".join(line.text for line in sample)
    delimiters = [delimiter] if delimiter else [d for d in USUAL + UNUSUAL + WEAK if d in text]
    # A file of one column has none: take one that its cells do not hold, so that they are not cut.
    none = next((unused for unused in USUAL + UNUSUAL if unused not in text), USUAL[0])
    best, best_score = Dialect(delimiter or none), 0.0
    for dialect in _candidates(text, delimiters):
        records = _records(dialect, sample)
        if not _quotes_wrap(dialect, sample, records):
            continue
        score = _score(dialect, records, given=delimiter is not None)
        if score > best_score:
            best, best_score = dialect, score
    return replace(_spaced(best, sample), header_row=None)


def _candidates(text: str, delimiters: Sequence[str]) -> Iterator[Dialect]:
    """Yield the dialects in which `text` may be written, the likelier ones first."""
    quotes = ['"', *(quote for quote in ("'", *TYPOGRAPHIC) if min(text.count(quote[0]), text.count(quote[-1])) > 1)]
    for quote in quotes:
        for delimiter in delimiters:
            yield Dialect(delimiter, quote, quote[-1])
            if BACKSLASH + quote[-1] in text:
                yield Dialect(delimiter, quote, BACKSLASH)


def _records(dialect: Dialect, sample: Sequence[Line]) -> list[Record]:
    found = RecordReader(dialect).records(list(sample))
    return [record for record in found if record.cells][:SAMPLE_RECORDS]


def _quotes_wrap(dialect: Dialect, sample: Sequence[Line], records: Sequence[Record]) -> bool:
    """Whether an unusual quote wraps cells consistently, and more of them than the usual one does."""
    if dialect.quote == '"':
        return True
    if not all(record.whole for record in records):  # a cell begins with it and does not end with it
        return False
    reader = RecordReader(dialect)
    quoted = [
        [cell for cell in reader.raw_cells(record.text) if cell.startswith(dialect.opening)] for record in records
    ]
    wrapped = sum(map(len, quoted))
    parted = any(dialect.delimiter in cell for cells in quoted for cell in cells)
    raw = [cell.strip(" ") for line in sample for cell in line.text.split(dialect.delimiter)]
    usual = sum(len(cell) > 1 and cell.startswith('"') and cell.endswith('"') for cell in raw)
    rows = sum(bool(cells) for cells in quoted)
    return wrapped >= _MIN_WRAPPED and wrapped > usual and (parted or rows >= _QUOTED_ROWS * len(records))


def _score(dialect: Dialect, records: Sequence[Record], *, given: bool) -> float:
    """Return how well a dialect fits the records; 0 if its delimiter does not separate them."""
    if not records:
        return 0.0
    widths = Counter(len(record.cells) for record in records)
    even = sum((count / len(records)) ** 2 * (1 - 1 / width) for width, count in widths.items())
    if given:
        even += 0.01  # so that a file of one column has a quote as well
    elif not even or not _plausible(dialect.delimiter, records):
        return 0.0
    rows = (record.cells for record in records if given or len(record.cells) > 1)
    cells = list(islice(chain.from_iterable(rows), SAMPLE_CELLS))
    typed = sum(_recognised(cell) for cell in cells) / max(1, len(cells))
    whole = sum(record.whole for record in records) / len(records)
    return even * typed * whole


def _recognised(cell: str) -> float:
    """Return how much a cell looks like a value: of a type, or text without delimiters and quotes."""
    kind = kind_of(cell)
    if kind not in (Kind.TEXT, Kind.LONG):
        return 1.0
    if any(mark in cell for mark in "\t|;\x01\x1f^~") or cell.strip()[:1] in "\"'“„«" or cell.strip()[-1:] == '"':
        return 0.2
    return 0.6 if "," in cell or kind is Kind.LONG else 0.9


def _plausible(delimiter: str, records: Sequence[Record]) -> bool:
    """Whether splitting by `delimiter` gives a table, rather than one column of text that contains it."""
    top = find_top(records)
    header = records[top.header].cells[:COLUMNS] if top.header is not None else ()
    known = sum(bool(known_fields(cell)) for cell in header)
    if delimiter in WEAK:
        return _table_in_spite(delimiter, records, header, known)
    addresses = any(kind_of(cell) is Kind.EMAIL for record in records if len(record.cells) > 1 for cell in record.cells)
    if len(records[0].cells) > 1 or addresses:
        return top.width > 1
    # A single cell above rows of several: a title, or the header of the only column.
    return top.width > 1 and top.evidence > 0 and (known > 1 or not known_fields(records[0].cells[0]))


def _table_in_spite(delimiter: str, records: Sequence[Record], header: Sequence[str], known: int) -> bool:
    """Whether rows split by a weak delimiter are a table: all of one width, with columns that are certain."""
    width = len(records[0].cells)
    if len(records) < _MIN_WRAPPED or any(len(record.cells) != width for record in records):
        return False
    types = [column_type([record.cells[at] for record in records[1:]]) for at in range(min(width, COLUMNS))]
    if Kind.EMAIL in types:
        return True
    if width < _WEAK_WIDTH or not header:
        return False
    typed = sum(kind is not None for kind in types)
    return (known > 0 and delimiter != " ") or (typed > 1 and len(records) > _WEAK_WIDTH)


def _spaced(dialect: Dialect, sample: Sequence[Line]) -> Dialect:
    """Return the dialect with `spaced` set if a space follows each delimiter, the header's included."""
    if dialect.delimiter == " " or not any(dialect.delimiter + " " in line.text for line in sample):
        return dialect
    spaced = replace(dialect, spaced=True)
    reader = RecordReader(spaced)
    records = reader.records(list(sample))[:SAMPLE_RECORDS]
    behind = [cell for record in records for cell in reader.raw_cells(record.text)[1:]]
    begun = sum(cell.startswith(" ") for cell in behind)
    empty = sum(not cell for cell in behind)
    return spaced if begun > empty and begun + empty >= _SPACED * len(behind) else dialect
