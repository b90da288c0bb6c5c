"""The careful path: reads any file, set-based; every record becomes a good or a broken row.

1. lines: the physical lines, each with what it says by itself (`physical_lines`, `dialect.RecordGrammar`);
2. marks: which record each line belongs to, by the quotes before it; where another table begins;
3. piece by piece, lines are joined to records, checked, and written to a clean CSV with number, code and warning;
4. the clean CSV is read strictly, and the counts must agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, groupby
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from contact_pipelines.errors import ConservationError, FileUnreadable
from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports.stage.dialect import MAX_RECORD_LINES, Line, RecordGrammar, RecordReader
from contact_pipelines.imports.stage.fast_staging import (
    COMPRESSION,
    CsvShape,
    fetch_all,
    fetch_one,
    row_group_size,
    write_joined,
    write_rows,
)
from contact_pipelines.imports.stage.file_tables import BLOCK_ROWS, Table, blocks, next_table
from contact_pipelines.imports.stage.physical_lines import line_reader
from contact_pipelines.imports.stage.staged_file import SHOWN_TEXT, StagedFile, header_only
from contact_pipelines.imports.stage.text_layout import StagingJob

MAX_CLEAN = 1_900_000
"""Bytes a line of the clean CSV may have: below DuckDB's own default."""
PIECE_LINES = 250_000
PIECE_BYTES = 32 * 1024 * 1024

MOST_CANDIDATES = 1_000
"""Gaps of a file below which another table is looked for."""
_TABLES = ("dissolved", "piece", "joined")
_numbers = count()


@dataclass(frozen=True)
class TableBelow:
    """A table that begins at line `line` of the content, below about `records` records."""

    line: int
    records: int
    table: Table


@dataclass(frozen=True)
class ContactsBelow:
    """The job's table has no contacts, but one far below has: where that begins.

    `line`: lines of the content before it; `row`: its number; `notes`: on the tables above it.
    """

    line: int
    row: int
    notes: tuple[str, ...]


def stage_carefully(con: duckdb.DuckDBPyConnection, job: StagingJob) -> StagedFile | ContactsBelow:
    """Read any file line by line, set-based, and account for every record."""
    records = _Records(con, job)
    try:
        records.write_lines()
        records.write_marks()
        tables = records.tables_below()
        elsewhere = _contacts_below(job, tables)
        if elsewhere:
            return elsewhere
        header, tally = _write_clean(job, records, tables[0].line if tables else None)
        notes = records.notes(tables, tally)
    finally:
        records.drop_tables()
    if not tally.rows:
        raise header_only(job.name, header)
    if tally.undecodable * 2 > tally.rows:
        raise FileUnreadable(f"{job.name} is not UTF-8 text. Save it as CSV in UTF-8 and try again.")
    for done in (records.lines, records.marks):
        done.unlink()
    _read_clean(con, job, records, header, tally)
    return StagedFile(header, job.dialect, tally.rows, tally.broken, job.layout.reading(notes))


def _contacts_below(job: StagingJob, tables: list[TableBelow]) -> ContactsBelow | None:
    """Return where contacts begin beyond the sample, if no table in the sample has any."""
    index = next((at for at, below in enumerate(tables) if below.table.contacts), None)
    if job.layout.table.contacts or job.layout.complete or index is None or job.scan.lone_cr:
        return None
    passed = [job.layout.table, *(below.table for below in tables[:index])]
    rows = [job.layout.base + below.records for below in tables[: index + 1]]
    starts = [job.layout.table.top, *(row + 1 for row in rows)]
    notes = tuple(
        replace(table, start=start).described(last) for table, start, last in zip(passed, starts, rows, strict=False)
    )
    return ContactsBelow(tables[index].line - 1, rows[-1] + 1, notes)


def _write_clean(job: StagingJob, records: _Records, stop: int | None) -> tuple[list[str], _Tally]:
    """Write the clean CSV and return its labels and counts.

    Blank labels at the header's end are columns only if a row has a value there. That is known only at the end, so such
    a file may be written twice.
    """
    header = job.layout.header
    for width in dict.fromkeys((job.layout.sure_width, len(header))):
        tally = _Tally(base=job.layout.base)
        with records.clean.open("wb") as clean:
            for start, end in records.pieces(stop):
                records.write_piece(width, start, end, tally, clean)
                job.require_rows(tally.rows)
        if not tally.too_wide:
            break
    return header[:width], tally


@dataclass
class _Tally:
    """Counts over the pieces; `base` is the row number of the last record done."""

    base: int
    rows: int = 0
    broken: int = 0
    undecodable: int = 0
    too_wide: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch of records."""
        blank = pc.sum(batch.column("blank")).as_py() or 0
        code = batch.column("code")
        self.base += batch.num_rows
        self.rows += batch.num_rows - blank
        self.broken += batch.num_rows - code.null_count
        self.undecodable += pc.sum(pc.equal(code, "undecodable")).as_py() or 0
        self.too_wide += pc.sum(pc.equal(code, "too_many_cells")).as_py() or 0


class _Records:
    """The records of one file on their way to the clean CSV: scratch files, temporary tables, steps in order."""

    def __init__(self, con: duckdb.DuckDBPyConnection, job: StagingJob) -> None:
        self._con, self._job = con, job
        self._grammar = RecordGrammar(job.dialect)
        self.lines, self.marks, self.clean = (
            job.folder / name for name in ("lines.parquet", "marks.parquet", "clean.csv")
        )
        number = next(_numbers)
        self._source, *self._tables = (f"_staging_{part}_{number}" for part in ("source", *_TABLES))
        self._values: dict[str, object] = {
            **self._grammar.sql,
            **dict(zip(_TABLES, self._tables, strict=True)),
            "lines": file_literal(self.lines),
            "marks": file_literal(self.marks),
            "newline": f"chr({job.layout.newline[0]})",
            "max_lines": MAX_RECORD_LINES,
            "compression": COMPRESSION,
        }

    def _run(self, block: str, **values: object) -> list[tuple[Any, ...]]:
        """Run a block of `staging.sql` with this file's names and patterns put in."""
        return fetch_all(self._con, sql_blocks("staging")[block].format(**self._values, **values))

    def drop_tables(self) -> None:
        """Drop the temporary tables."""
        for table in self._tables:
            fetch_all(self._con, f"DROP TABLE IF EXISTS {table}")

    def write_lines(self) -> None:
        """Write each physical line with what it says by itself."""
        self._con.register(self._source, line_reader(self._job))
        try:
            self._run(
                "lines",
                source=identifier(self._source),
                target=literal(str(self.lines)),
                row_group_size=row_group_size(self._job.scan),
            )
        finally:
            self._con.unregister(self._source)

    def write_marks(self) -> None:
        """Write which record each line belongs to, and the table of groups to be taken apart."""
        self._run("marks", target=literal(str(self.marks)))
        ((lines, disorder, last),) = self._run("disorder")
        if disorder or lines != last:
            raise ConservationError(f"The lines of {self._job.name} were not read in order.")
        self._run("dissolved", max_bytes=self._job.max_line)

    def tables_below(self) -> list[TableBelow]:
        """Return the tables below the job's own, however far; a bounded number of candidates is looked at."""
        job = self._job
        if not job.scan.gaps:
            return []
        empty = literal(f" {job.dialect.delimiter}\t")
        gaps = self._run("gaps", empty=empty, width=len(job.layout.header), most=MOST_CANDIDATES)
        starts = [int(row[0]) for row in gaps]
        if not starts:
            return []
        reader = RecordReader(job.dialect)
        current, found = job.layout.table, []
        following = self._run("lines_below", starts=starts, most=2 * BLOCK_ROWS)
        for start, rows in groupby(following, key=lambda row: int(row[0])):
            records = reader.records([Line(body, 0, 0) for _, _, body in rows])
            table = next_table(next(blocks(records), []), current)
            if table:
                found.append((start, table))
                current = table
        counts = self._count_before([line for line, _ in found])
        return [TableBelow(line, count, table) for (line, table), count in zip(found, counts, strict=True)]

    def _count_before(self, lines: list[int]) -> list[int]:
        """Return how many records begin before each of `lines`, which ascend."""
        return [int(count) for _, count in self._run("records_before", starts=lines)] if lines else []

    def notes(self, tables: list[TableBelow], tally: _Tally) -> list[str]:
        """Say which rows hold other tables. `tally`: of the rows before them, which is exact where counts are not."""
        if not tables:
            return []
        counts = [*(below.records for below in tables), *self._count_before([self._end()])]
        rows = [tally.base + some - counts[0] for some in counts]
        return [
            replace(below.table, start=first + 1).described(last)
            for below, first, last in zip(tables, rows, rows[1:], strict=False)
        ]

    def _end(self) -> int:
        """Return the number after the last line's."""
        return int(fetch_one(self._con, f"SELECT max(n) + 1 FROM read_parquet({self._values['marks']})")[0])

    def pieces(self, stop: int | None) -> Iterator[tuple[int, int]]:
        """Yield stretches of lines `[from, to)` before line `stop` that no record crosses, small enough for memory."""
        lines = max(2_000, min(PIECE_LINES, PIECE_BYTES // self._job.scan.mean_line))
        start, end = 1, stop or self._end()
        while start < end:
            target = start + lines
            ((found,),) = self._run("next_start", from_line=target, to_line=min(end, target + 2 * MAX_RECORD_LINES))
            piece_end = int(found or end)
            yield start, piece_end
            start = piece_end

    def write_piece(self, width: int, start: int, stop: int, tally: _Tally, clean: BinaryIO) -> None:
        """Append the records of the lines `[start, stop)` to the clean CSV and count them."""
        grammar, limits = self._grammar, self._job.limits
        empty = "trim(body, ' ') = ''" if width > 1 else "body = ''"
        padded = grammar.padded(width)
        self._run("piece", from_line=start, to_line=stop)
        self._run("joined", width=width, padded=padded)
        sql = sql_blocks("staging")["records"].format(
            **self._values,
            width=width,
            base=tally.base,
            padded=padded,
            requoted=grammar.requoted(width),
            undecodable="false" if self._job.scan.clean else "contains(body, chr(65533))",
            blank=f"alone = 0 AND odd IS NULL AND {empty}",
            max_cell=limits.cell_characters,
            max_row=limits.row_characters,
            shown_text=SHOWN_TEXT,
            max_clean=MAX_CLEAN,
        )
        for batch in self._con.sql(sql).to_arrow_reader(50_000):
            write_joined(batch.column("line"), clean)
            tally.add(batch)


def _read_clean(
    con: duckdb.DuckDBPyConnection, job: StagingJob, records: _Records, header: list[str], tally: _Tally
) -> None:
    """Read the clean CSV strictly, and check that every record came back."""
    try:
        rows = write_rows(con, job, records.clean, header, CsvShape.NUMBERED)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        raise ConservationError(f"{job.name}: its records could not be read back.") from None
    broken = int(fetch_one(con, f"SELECT count(_error_code) FROM read_parquet({file_literal(job.target)})")[0])
    if (rows, broken) != (tally.rows, tally.broken):
        raise ConservationError(
            f"{job.name} has {tally.rows:,} rows ({tally.broken:,} broken), but {rows:,} ({broken:,}) were read."
        )
