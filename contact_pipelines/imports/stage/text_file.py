"""Text files: `stage_text` reads all rows, `describe_text` only the beginning."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from contact_pipelines.errors import FileNotImportable
from contact_pipelines.imports.stage.byte_scan import CHUNK, Scan, scan_bytes
from contact_pipelines.imports.stage.careful_staging import ContactsBelow, stage_carefully
from contact_pipelines.imports.stage.dialect import Dialect
from contact_pipelines.imports.stage.fast_staging import stage_fast
from contact_pipelines.imports.stage.staged_file import StagedFile, header_only
from contact_pipelines.imports.stage.text_layout import Layout, StagingJob, find_layout
from contact_pipelines.models import FileReading, ReadingOptions
from contact_pipelines.settings.policy import Limits

SAMPLE_ROWS = 200
SAMPLE_VALUES = 30
NO_NUL = "NUL characters were left out"


@dataclass(frozen=True)
class FileDescription:
    """How a file is written, its column labels, and up to 30 non-empty values of each column."""

    dialect: Dialect
    header: list[str]
    samples: dict[str, list[str]]
    reading: FileReading = field(default_factory=FileReading)


def stage_text(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    target: Path,
    *,
    scratch: Path,
    file_name: str | None = None,
    options: ReadingOptions | None = None,
    limits: Limits | None = None,
    dialect: Dialect | None = None,
) -> StagedFile:
    """Write the rows of the UTF-8 text at `path` to the Parquet `target`, each numbered and none lost.

    See `staging.stage` for the columns and the errors. `dialect`: that of a CSV made from a workbook, of which only the
    header and the table are still to be found, and whose cells are as they stand.
    """
    name, options, limits = file_name or path.name, options or ReadingOptions(), limits or Limits()
    layout = find_layout(path, name, options, limits, dialect)
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="staging-", dir=scratch) as folder:
        scan = _scan(path, name, layout, limits)
        job = StagingJob(path, name, target, Path(folder), scan, layout, limits, unescape=dialect is None)
        try:
            staged = _stage(con, job)
            if isinstance(staged, ContactsBelow):
                layout = _layout_below(job, staged)
                staged = _stage(con, replace(job, layout=layout, scan=_scan(path, name, layout, limits)))
        except duckdb.OutOfMemoryException:
            raise FileNotImportable(f"{name} has rows that are too long to be read within the memory limit.") from None
    assert isinstance(staged, StagedFile)  # noqa: S101 - a second look is never needed
    return staged


def describe_text(
    path: Path,
    *,
    file_name: str | None = None,
    options: ReadingOptions | None = None,
    limits: Limits | None = None,
    dialect: Dialect | None = None,
) -> FileDescription:
    """Read the beginning of a text file as `stage_text` does; it may have a header and no rows. Raises FileError."""
    limits = limits or Limits()
    layout = find_layout(path, file_name or path.name, options or ReadingOptions(), limits, dialect)
    width = layout.sure_width
    beyond = (cell for record in layout.records for cell in record.cells[width : len(layout.header)])
    header = layout.header if any(beyond) else layout.header[:width]
    samples: dict[str, list[str]] = {label: [] for label in header}
    for record in [record for record in layout.records if record.whole][:SAMPLE_ROWS]:
        for label, value in zip(header, record.cells, strict=False):
            if value.strip() and len(samples[label]) < SAMPLE_VALUES:
                samples[label].append(value)
    notes = [*layout.below, *([NO_NUL] if layout.nul else [])]
    return FileDescription(layout.dialect, header, samples, layout.reading(notes))


def _scan(path: Path, name: str, layout: Layout, limits: Limits) -> Scan:
    """Scan the bytes of the rows; raise NoDataRows if there are none."""
    longest = min(limits.cell_characters, limits.row_characters)
    with path.open("rb") as file:
        scan = scan_bytes(file, layout.dialect.delimiter, layout.data_start, longest)
    if scan.end <= scan.start:
        raise header_only(name, layout.header[: layout.sure_width])
    return scan


def _stage(con: duckdb.DuckDBPyConnection, job: StagingJob) -> StagedFile | ContactsBelow:
    staged = stage_fast(con, job) or stage_carefully(con, job)
    if isinstance(staged, StagedFile) and (job.scan.nul or job.layout.nul):
        return replace(staged, reading=replace(staged.reading, notes=(*staged.reading.notes, NO_NUL)))
    return staged


def _layout_below(job: StagingJob, found: ContactsBelow) -> Layout:
    """Find the layout of the table with contacts, which begins further below."""
    start = _line_start(job, found.line)
    dialect = replace(job.dialect, header_row=None)
    layout = find_layout(job.path, job.name, ReadingOptions(), job.limits, dialect, start=start, row=found.row)
    notes = (*job.layout.notes, *found.notes, *layout.notes)
    return replace(layout, notes=notes, newline=job.layout.newline)


def _line_start(job: StagingJob, lines: int) -> int:
    """Return the byte after that many lines of the job's content."""
    newline, at = job.layout.newline, job.scan.start
    with job.path.open("rb") as file:
        file.seek(at)
        while chunk := file.read(CHUNK):
            count = chunk.count(newline)
            if count >= lines:
                break
            lines, at = lines - count, at + len(chunk)
    position = 0
    for _ in range(lines):
        position = chunk.index(newline, position) + 1
    return at + position
