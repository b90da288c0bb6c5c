"""Describe a file from its beginning: how it is written, its header, a few values of each column."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from contact_pipelines.errors import FileUnreadable
from contact_pipelines.importing.reading import dialect

SAMPLE_BYTES = 256 * 1024
SAMPLE_ROWS = 200
SAMPLE_VALUES = 30
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class FileDescription:
    """How a file is written, its column labels, and up to 30 non-empty values of each column."""

    dialect: dialect.Dialect
    header: list[str]
    samples: dict[str, list[str]]


def describe(path: Path) -> FileDescription:
    """Read the beginning of a file; it may have a header and no rows. Raises FileError."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    dialect.refuse_what_is_no_text(sample[: dialect.SAMPLE_BYTES], path.name)
    sample = sample.removeprefix(_BOM)
    delimiter = dialect.detect_delimiter(sample[: dialect.SAMPLE_BYTES])
    rows = list(islice(_rows(sample, delimiter), SAMPLE_ROWS))
    if not rows:
        raise FileUnreadable(f"{path.name} is empty.")
    number, cells = rows[0]
    header = dialect.labels(cells, path.name)
    samples: dict[str, list[str]] = {label: [] for label in header}
    for _, row in rows[1:]:
        for label, value in zip(header, row, strict=False):
            if value.strip() and len(samples[label]) < SAMPLE_VALUES:
                samples[label].append(value)
    return FileDescription(dialect.Dialect(delimiter, header_row=number), header, samples)


def _rows(sample: bytes, delimiter: str) -> list[tuple[int, list[str]]]:
    text = sample.decode("utf-8", "replace").replace("\x00", "\ufffd")
    rows: list[tuple[int, list[str]]] = []
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            if any(cell.strip() for cell in row):
                rows.append((number, row))
            if len(rows) > SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # what was read before the broken record describes the file well enough
    return rows
