"""The result of staging, for every format: the staged columns and what is known of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from contact_pipelines.errors import FileNotImportable, NoDataRows
from contact_pipelines.imports.stage.dialect import Dialect
from contact_pipelines.models import FileReading
from contact_pipelines.settings.policy import Limits

MAX_LABEL = 1_000
"""Characters of a column's label, or the limit of a cell if that is lower."""

SHOWN_TEXT = 32_000
"""Characters of a broken row that are stored as its raw text."""

RESERVED = ("_row", "_error_code", "_error", "_text", "_warning")
"""Columns that staging adds; a header of the same name gets a number."""


def labels(cells: Sequence[str], name: str, limits: Limits) -> list[str]:
    """Turn a header's cells into labels: not blank, and different from each other and from `RESERVED`.

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


SHOWN_LABELS = 20


@dataclass(frozen=True)
class StagedFile:
    """What is known of a staged file as a whole. Its rows are in the Parquet file that `stage` wrote.

    `row_count` is good and broken rows, without header, blank lines and what `reading.notes` says was left out.
    """

    header: list[str]
    dialect: Dialect
    row_count: int
    broken_count: int
    reading: FileReading = field(default_factory=FileReading)

    @classmethod
    def without_rows(cls, header: Sequence[str]) -> StagedFile:
        """Return what is known of a file that has a header and nothing below it."""
        return cls(list(header), Dialect(","), 0, 0)


def header_only(name: str, header: list[str]) -> NoDataRows:
    """Return the error for a file without rows."""
    shown = ", ".join(header[:SHOWN_LABELS]) + (", ..." if len(header) > SHOWN_LABELS else "")
    return NoDataRows(f"{name} has a header but no data rows. Its columns are: {shown}.", header)


NO_DIALECT = Dialect("", quote="", escape="", header_row=None)
