"""What the two paths of staging share: the job, its result, and what they say of a file without rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contact_pipelines.errors import FileNotImportable, NoDataRows
from contact_pipelines.imports.stage.byte_scan import Scan
from contact_pipelines.imports.stage.dialect import Dialect
from contact_pipelines.imports.stage.text_layout import Layout
from contact_pipelines.models import FileReading
from contact_pipelines.settings.policy import Limits

SHOWN_LABELS = 20
_LONGEST_LINE = 1_600_000


@dataclass(frozen=True)
class StagingJob:
    """One file to be staged: where it is, what to call it, what is known of it, where its rows go.

    `unescape`: whether the apostrophe that guards formulas is taken away again (a workbook has none).
    """

    path: Path
    name: str
    target: Path
    folder: Path  # for scratch files, removed when the job is done
    scan: Scan
    layout: Layout
    limits: Limits
    unescape: bool = True

    @property
    def dialect(self) -> Dialect:
        """How the file is written."""
        return self.layout.dialect

    @property
    def max_line(self) -> int:
        """Bytes a line (and a record of several) may have to be looked at whole: those of the longest row."""
        return min(4 * self.limits.row_characters, _LONGEST_LINE)

    def require_rows(self, count: int) -> None:
        """Raise FileNotImportable if so many data rows are more than the limit."""
        most = self.limits.rows
        if most is not None and count > most:
            raise FileNotImportable(
                f"{self.name} has more than {most:,} data rows, which is the limit. Split the file."
            )


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


def reading_of(layout: Layout, notes: Sequence[str]) -> FileReading:
    """Return how a text file was read, with `notes` added to those on what stands above its table."""
    dialect = layout.dialect
    return FileReading(
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        header_row=dialect.header_row,
        notes=(*layout.notes, *notes),
    )
