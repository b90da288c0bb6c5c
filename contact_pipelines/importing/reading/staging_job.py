"""What the two paths of staging share: the job, its result, and what they say of a header."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contact_pipelines.errors import FileNotImportable
from contact_pipelines.importing.reading.byte_scan import Scan
from contact_pipelines.importing.reading.dialect import MAX_LINE, Dialect

SHOWN_LABELS = 20


@dataclass(frozen=True)
class StagingJob:
    """One file to be staged: where it is, what to call it, what is known of it, where its rows go."""

    path: Path
    name: str
    target: Path
    folder: Path  # for scratch files, removed when the job is done
    scan: Scan
    delimiter: str


@dataclass(frozen=True)
class StagedFile:
    """What is known of a staged file as a whole. Its rows are in the Parquet file that `stage` wrote.

    `row_count` is good and broken rows, without header and blank lines.
    """

    header: list[str]
    dialect: Dialect
    row_count: int
    broken_count: int


def header_only(name: str, header: list[str]) -> FileNotImportable:
    """Return the error for a file without rows."""
    shown = ", ".join(header[:SHOWN_LABELS]) + (", ..." if len(header) > SHOWN_LABELS else "")
    return FileNotImportable(f"{name} has a header but no data rows. Its columns are: {shown}.")


def header_too_long(name: str) -> FileNotImportable:
    """Return the error for a header that is no header."""
    return FileNotImportable(f"{name}: the header is longer than {MAX_LINE:,} bytes.")
