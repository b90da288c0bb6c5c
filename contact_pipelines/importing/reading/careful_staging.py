"""The careful path: any file, line by line but set-based, every record good or broken and none lost.

1. lines: the physical lines, each with all that can be told of it alone (`physical_lines`, `record_grammar`);
2. marks: which record each line belongs to, by the quotes before it;
3. piece by piece: lines put together to records, judged, and written to a clean CSV with number and fault;
4. the clean CSV is read strictly, and the counts must agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from contact_pipelines.errors import ConservationError, FileNotImportable, FileUnreadable
from contact_pipelines.importing.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.importing.reading.dialect import (
    MAX_CELL,
    MAX_LINE,
    MAX_RECORD_LINES,
    Dialect,
    labels,
    split_record,
)
from contact_pipelines.importing.reading.physical_lines import line_reader
from contact_pipelines.importing.reading.record_grammar import RecordGrammar, fault_sentence
from contact_pipelines.importing.reading.staging_job import StagedFile, StagingJob, header_only, header_too_long
from contact_pipelines.importing.reading.strict_csv import (
    COMPRESSION,
    fetch_all,
    fetch_one,
    row_group_size,
    write_rows,
)

MAX_CLEAN = 1_900_000
"""Bytes a line of the clean CSV may have: below DuckDB's own default."""
PIECE_LINES = 250_000
PIECE_BYTES = 32 * 1024 * 1024
MALFORMED = 2
"""The state of a line that cannot be read, see sql/staging.sql."""

_numbers = count()


def stage_carefully(con: duckdb.DuckDBPyConnection, job: StagingJob) -> StagedFile:
    """Read any file line by line, set-based, and account for every record."""
    records = _Records(con, job)
    try:
        records.write_lines()
        records.write_marks()
        header = records.read_header()
        tally = _Tally(base=header.row)
        with records.clean.open("wb") as clean:
            for start, stop in records.pieces(header.last_line + 1):
                records.write_piece(len(header.labels), start, stop, tally, clean)
    finally:
        records.drop_tables()
    if not tally.rows:
        raise header_only(job.name, header.labels)
    if tally.undecodable * 2 > tally.rows:
        raise FileUnreadable(f"{job.name} is not UTF-8 text. Save it as CSV in UTF-8 and try again.")
    for done in (records.lines, records.marks):
        done.unlink()
    _read_clean(con, job, records, header.labels, tally)
    return StagedFile(header.labels, Dialect(job.delimiter, header_row=header.row), tally.rows, tally.broken)


@dataclass(frozen=True)
class _Header:
    labels: list[str]
    row: int
    last_line: int


@dataclass
class _Tally:
    """Counts over the pieces; `base` is the row number of the last record done."""

    base: int
    rows: int = 0
    broken: int = 0
    undecodable: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch of records."""
        blank = pc.sum(batch.column("blank")).as_py() or 0
        code = batch.column("code")
        self.base += batch.num_rows
        self.rows += batch.num_rows - blank
        self.broken += batch.num_rows - code.null_count
        self.undecodable += pc.sum(pc.equal(code, "undecodable")).as_py() or 0


class _Records:
    """The records of one file on their way to the clean CSV: scratch files, temporary tables, steps in order."""

    def __init__(self, con: duckdb.DuckDBPyConnection, job: StagingJob) -> None:
        self._con, self._job = con, job
        self._grammar = RecordGrammar(job.delimiter)
        self._blocks = sql_blocks("staging")
        self.lines, self.marks, self.clean = (
            job.folder / name for name in ("lines.parquet", "marks.parquet", "clean.csv")
        )
        number = next(_numbers)
        self._source, self._dissolved, self._piece, self._joined = (
            f"_staging_{part}_{number}" for part in ("source", "dissolved", "piece", "joined")
        )
        self._newline = b"\r" if job.scan.lone_cr and not job.scan.newlines else b"\n"
        self._names = {
            "lines": file_literal(self.lines),
            "marks": file_literal(self.marks),
            "dissolved": self._dissolved,
            "piece": self._piece,
            "joined": self._joined,
            "newline": f"chr({self._newline[0]})",
            "max_lines": MAX_RECORD_LINES,
        }

    def drop_tables(self) -> None:
        """Drop the temporary tables."""
        for table in (self._dissolved, self._piece, self._joined):
            fetch_all(self._con, f"DROP TABLE IF EXISTS {table}")

    def write_lines(self) -> None:
        """Write each physical line with all that can be told of it alone."""
        grammar = self._grammar
        sql = self._blocks["lines"].format(
            source=identifier(self._source),
            alone_out=grammar.alone_out,
            alone_in=grammar.alone_in,
            inside_out=grammar.inside_out,
            inside_in=grammar.inside_in,
            plain=grammar.plain,
            cell_count=grammar.cell_count,
            target=literal(str(self.lines)),
            compression=COMPRESSION,
            row_group_size=row_group_size(self._job.scan),
        )
        self._con.register(self._source, line_reader(self._job, self._newline))
        try:
            fetch_all(self._con, sql)
        finally:
            self._con.unregister(self._source)

    def write_marks(self) -> None:
        """Write which record each line belongs to, and the table of groups to be taken apart."""
        target = literal(str(self.marks))
        fetch_all(self._con, self._blocks["marks"].format(**self._names, target=target, compression=COMPRESSION))
        lines, disorder, last = fetch_one(self._con, self._blocks["disorder"].format(**self._names))
        if disorder or lines != last:
            raise ConservationError(f"The lines of {self._job.name} were not read in order.")
        fetch_all(self._con, self._blocks["dissolved"].format(**self._names, max_bytes=MAX_LINE))

    def read_header(self) -> _Header:
        """Return the first record that is not blank."""
        job = self._job
        found = fetch_all(self._con, self._blocks["header"].format(**self._names))
        if not found:
            raise FileUnreadable(f"{job.name} is empty: it holds nothing but blank lines.")
        first, last, text, cut, alone, dissolved = found[0]
        if cut is not None or len(text) > MAX_LINE:
            raise header_too_long(job.name)
        if dissolved or alone == MALFORMED:
            raise FileNotImportable(f"{job.name}: the header (row {first}) has a quote that is not closed properly.")
        if not job.scan.clean and "\ufffd" in text:
            raise FileUnreadable(f"{job.name}: the header (row {first}) is not UTF-8 text. Save it as UTF-8.")
        return _Header(labels(split_record(text, job.delimiter), job.name), int(first), int(last))

    def pieces(self, start: int) -> Iterator[tuple[int, int]]:
        """Yield stretches of lines `[from, to)` that no record crosses, small enough for memory."""
        lines = max(2_000, min(PIECE_LINES, PIECE_BYTES // self._job.scan.mean_line))
        end = int(fetch_one(self._con, f"SELECT max(n) + 1 FROM read_parquet({file_literal(self.marks)})")[0])
        while start < end:
            target = start + lines
            sql = self._blocks["next_start"].format(
                **self._names, from_line=target, to_line=target + 2 * MAX_RECORD_LINES
            )
            stop = int(fetch_one(self._con, sql)[0] or end)
            yield start, stop
            start = stop

    def write_piece(self, width: int, start: int, stop: int, tally: _Tally, clean: BinaryIO) -> None:
        """Append the records of the lines `[start, stop)` to the clean CSV and count them."""
        grammar, scan = self._grammar, self._job.scan
        empty = "trim(body, ' ') = ''" if width > 1 else "body = ''"
        values = {
            **self._names,
            "width": width,
            "from_line": start,
            "to_line": stop,
            "base": tally.base,
            "plain": grammar.plain,
            "cell_count": grammar.cell_count,
            "longest_cell": grammar.longest_cell,
            "padded": grammar.padded(width),
            "requoted": grammar.requoted(width),
            "delimiter": literal(self._job.delimiter),
            "undecodable": "false" if scan.clean else "contains(body, chr(65533))",
            "blank": f"alone = 0 AND odd IS NULL AND {empty}",
            "max_cell": MAX_CELL,
            "max_clean": MAX_CLEAN,
            "message": fault_sentence(width),
        }
        for block in ("piece", "joined"):
            fetch_all(self._con, self._blocks[block].format(**values))
        for batch in self._con.sql(self._blocks["records"].format(**values)).to_arrow_reader(50_000):
            lines = batch.column("line")
            if len(lines):
                whole = pa.ListArray.from_arrays([0, len(lines)], lines.cast(pa.binary()))
                clean.write(pc.binary_join(whole, b"")[0].as_buffer())
            tally.add(batch)


def _read_clean(
    con: duckdb.DuckDBPyConnection, job: StagingJob, records: _Records, header: list[str], tally: _Tally
) -> None:
    """Read the clean CSV strictly, and check that every record came back."""
    try:
        rows = write_rows(con, job, records.clean, header, numbered=True)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        raise ConservationError(f"{job.name}: records told apart could not be read back.") from None
    broken = int(fetch_one(con, f"SELECT count(_error_code) FROM read_parquet({file_literal(job.target)})")[0])
    if (rows, broken) != (tally.rows, tally.broken):
        raise ConservationError(
            f"{job.name} has {tally.rows:,} rows ({tally.broken:,} broken), but {rows:,} ({broken:,}) were read."
        )
