"""The fast path: DuckDB's CSV reader on regular files, its counts checked against the byte scan.

`write_rows` serves the careful path too: one COPY of a strictly regular CSV to the staged Parquet.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from contact_pipelines.files.duck import WIDE, file_literal, identifier, literal, make_room, sql_blocks
from contact_pipelines.files.formula_escape import unescape_expression
from contact_pipelines.imports.stage import byte_scan
from contact_pipelines.imports.stage.byte_scan import Scan
from contact_pipelines.imports.stage.dialect import MAX_RECORD_LINES
from contact_pipelines.imports.stage.staged_file import StagedFile
from contact_pipelines.imports.stage.text_layout import StagingJob

COMPRESSION = "snappy"  # 1M rows: 0.93 CPU s against 1.05 with zstd, 35 MB against 25
GUARDED = 500  # columns up to which guarding the formula escape is cheap to plan
MAX_CSV_LINE = 2_000_000
"""Bytes a line of the CSV may have: DuckDB's own default."""


class CsvShape(Enum):
    """What a strictly regular CSV contains."""

    HEADER = "a header of one line, and rows"
    ROWS = "rows"
    NUMBERED = "rows, each with its row number before it and its error and warning after it"


def write_rows(con: duckdb.DuckDBPyConnection, job: StagingJob, path: Path, header: list[str], shape: CsvShape) -> int:
    """Write the rows of the CSV at `path` to the job's target; return how many. Raises what DuckDB raises.

    Rows without numbers are numbered in file order (DuckDB streams the window) and have neither error nor warning. With
    a limit of rows, at most one more is read.
    """
    numbered = shape is CsvShape.NUMBERED
    names = [f"c{i}" for i in range(1, len(header) + 1)]
    columns = ["r", *names, "code", "message", "text", "warning"] if numbered else names
    null = "CAST(NULL AS VARCHAR)"
    most = job.limits.rows
    if len(header) > WIDE:
        make_room(con)
    sql = sql_blocks("staging")["rows"].format(
        row="r" if numbered else f"row_number() OVER () + {job.layout.base}",
        cells=_cells(job, header),
        code="code" if numbered else null,
        message="message" if numbered else null,
        text="text" if numbered else null,
        warning="warning" if numbered else null,
        source=file_literal(path),
        columns="{" + ", ".join(f"'{name}': 'VARCHAR'" for name in columns) + "}",
        header=str(shape is CsvShape.HEADER).lower(),
        delimiter=literal(job.dialect.delimiter),
        limit=f"LIMIT {most + 1}" if most is not None and job.scan.newlines >= most else "",
        target=literal(str(job.target)),
        compression=COMPRESSION,
        row_group_size=row_group_size(job.scan),
        max_line_size=MAX_CSV_LINE,
    )
    return int(fetch_one(con, sql)[0])


def _cells(job: StagingJob, header: list[str]) -> str:
    """Return SQL that names the columns c1, c2, ... by their labels, and undoes the formula escape if there is any."""
    if not (job.scan.escapes and job.unescape):
        return ", ".join(f"c{i} AS {identifier(label)}" for i, label in enumerate(header, 1))
    guard = len(header) <= GUARDED
    return ", ".join(
        f"{unescape_expression(f'c{i}', guard=guard)} AS {identifier(label)}" for i, label in enumerate(header, 1)
    )


def row_group_size(scan: Scan) -> int:
    """Return the number of rows that make about 16 MB of text, within DuckDB's usual 122,880."""
    return max(2_048, min(122_880, 16 * 1024 * 1024 // scan.mean_line))


def fetch_all(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """Run SQL to its end: a result that is not fetched would block the connection."""
    return con.execute(sql).fetchall()


def write_joined(texts: pa.Array, file: BinaryIO) -> None:
    """Write texts to a file, one after the other."""
    if len(texts):
        whole = pa.ListArray.from_arrays([0, len(texts)], texts.cast(pa.binary()))
        file.write(pc.binary_join(whole, b"")[0].as_buffer())


def fetch_one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """Run SQL that has one row."""
    return fetch_all(con, sql)[0]


def stage_fast(con: duckdb.DuckDBPyConnection, job: StagingJob) -> StagedFile | None:
    """Read a regular file with DuckDB's own CSV reader; None (and no target) if it is not regular after all."""
    if not (job.scan.regular and job.dialect.standard):
        return None
    header = job.layout.header[: job.layout.sure_width]  # if the blank ones beyond have values, DuckDB refuses
    path, shape = job.path, _shape(job)
    if job.scan.crlf or len(header) == 1 or shape is None:
        # DuckDB's strict mode reads CRLF wrongly when it is not to guess (2.0.0: no rows at all with new_line
        # given), and takes blank lines at the end of a one-column file for rows. A copy with LF has neither.
        # A copy of the rows is needed as well if more stands above them than a header of one line.
        path, shape = job.folder / "lf.csv", CsvShape.ROWS
        _copy_with_lf(job, path)
    try:
        count = write_rows(con, job, path, header, shape)
        agreed = _counts_agree(con, job, count, header)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        agreed = False
    if not agreed:
        job.target.unlink(missing_ok=True)
        return None
    return StagedFile(header, job.dialect, count, 0, job.layout.reading())


def _shape(job: StagingJob) -> CsvShape | None:
    """Return the file's shape from its first byte on; None if it is neither a header of one line and rows, nor rows."""
    layout = job.layout
    if layout.table.header is None:
        return CsvShape.ROWS if not layout.data_start else None
    if layout.base != 1:
        return None
    with job.path.open("rb") as file:
        top = file.read(layout.data_start)
    one_line = top.count(b"\n") == 1 and top.count(b'"') % 2 == 0
    return CsvShape.HEADER if one_line else None


def _copy_with_lf(job: StagingJob, target: Path) -> None:
    """Copy the rows with LF for CRLF: in a regular file every CR stands before an LF."""
    with job.path.open("rb") as file, target.open("wb") as copy:
        file.seek(job.scan.start)
        left = job.scan.end - job.scan.start
        while left and (chunk := file.read(min(byte_scan.CHUNK, left))):
            left -= len(chunk)
            copy.write(chunk.replace(b"\r", b"") if job.scan.crlf else chunk)
        copy.write(b"\n")


def _counts_agree(con: duckdb.DuckDBPyConnection, job: StagingJob, count: int, header: list[str]) -> bool:
    """Check DuckDB's count of rows against the scan's count of lines, and the length of cells and rows.

    The content ends before its last newline, so there is one newline less than there are records, apart from those in
    cells.
    """
    scan, limits = job.scan, job.limits
    job.require_rows(count)
    breaks = count - 1
    if breaks == scan.newlines and not scan.long_lines:
        return True
    if scan.crlf not in (0, breaks):
        return False  # CRLF in a cell, or mixed: the copy with LF would have changed a cell
    names = [identifier(label) for label in header]
    sql = sql_blocks("staging")["fast_check"].format(
        cells=", ".join(names), lengths=", ".join(f"length({name})" for name in names), source=file_literal(job.target)
    )
    embedded, most, longest, longest_row = (int(value) for value in fetch_one(con, sql))
    # Quotes may have been doubled, and each cell has a pair and a delimiter: at most so long was the row's text.
    row_at_most = 2 * longest_row + 3 * len(header)
    return (
        embedded + breaks == scan.newlines
        and most < MAX_RECORD_LINES
        and longest <= limits.cell_characters
        and row_at_most <= limits.row_characters
    )
