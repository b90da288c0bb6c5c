"""The fast path: DuckDB's own CSV reader reads the file as it stands, its counts are checked against the scan's."""

from __future__ import annotations

from pathlib import Path

import duckdb

from contact_pipelines.importing.duck import file_literal, identifier, sql_blocks
from contact_pipelines.importing.reading import byte_scan
from contact_pipelines.importing.reading.dialect import (
    MAX_CELL,
    MAX_LINE,
    MAX_RECORD_LINES,
    Dialect,
    labels,
    split_record,
)
from contact_pipelines.importing.reading.staging_job import StagedFile, StagingJob, header_only, header_too_long
from contact_pipelines.importing.reading.strict_csv import fetch_one, write_rows


def stage_fast(con: duckdb.DuckDBPyConnection, job: StagingJob) -> StagedFile | None:
    """Read a regular file with DuckDB's own CSV reader; None (and no target) if it is not regular after all."""
    header = _plain_header(job) if job.scan.regular else None
    if header is None:
        return None
    path = job.path
    if job.scan.crlf or len(header) == 1:
        # DuckDB's strict mode reads CRLF wrongly when it is not to guess (2.0.0: no rows at all with new_line
        # given), and takes blank lines at the end of a one-column file for rows. A copy with LF has neither.
        path = job.folder / "lf.csv"
        _copy_with_lf(job, path)
    try:
        count = write_rows(con, job, path, header, numbered=False)
        agreed = _counts_agree(con, job, count, header)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        agreed = False
    if not agreed:
        job.target.unlink(missing_ok=True)
        return None
    if not count:
        raise header_only(job.name, header)
    return StagedFile(header, Dialect(job.delimiter), count, 0)


def _plain_header(job: StagingJob) -> list[str] | None:
    """Return the labels if the header is the first line by itself, else None."""
    with job.path.open("rb") as file:
        file.seek(job.scan.start)
        line = file.readline(MAX_LINE + 2)
    if len(line) > MAX_LINE:
        raise header_too_long(job.name)
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    if not text.strip(" ") or text.count('"') % 2:
        return None
    return labels(split_record(text, job.delimiter), job.name)


def _copy_with_lf(job: StagingJob, target: Path) -> None:
    """Copy the content with LF for CRLF: in a regular file every CR stands before a LF."""
    with job.path.open("rb") as file, target.open("wb") as copy:
        file.seek(job.scan.start)
        left = job.scan.end - job.scan.start
        while left and (chunk := file.read(min(byte_scan.CHUNK, left))):
            left -= len(chunk)
            copy.write(chunk.replace(b"\r", b""))
        copy.write(b"\n")


def _counts_agree(con: duckdb.DuckDBPyConnection, job: StagingJob, count: int, header: list[str]) -> bool:
    """Check DuckDB's count of rows against the scan's count of lines, and the length of cells.

    Content ends before its last newline, so there are as many newlines as records, besides those in cells.
    """
    scan = job.scan
    if count == scan.newlines and not scan.long_lines:
        return True
    if scan.crlf not in (0, count):
        return False  # CRLF in a cell, or mixed: the copy with LF would have changed a cell
    names = [identifier(label) for label in header]
    sql = sql_blocks("staging")["fast_check"].format(
        cells=", ".join(names),
        lengths=", ".join(f"length({name})" for name in names),
        source=file_literal(job.target),
    )
    embedded, most, longest = (int(value) for value in fetch_one(con, sql))
    return embedded + count == scan.newlines and most < MAX_RECORD_LINES and longest <= MAX_CELL
