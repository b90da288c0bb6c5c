"""Stages JSON and JSON Lines: every record becomes a row of text, none is lost.

1. `json_layout` says where the records stand; they are cut out of the file as bytes, without parsing it, so that
   memory holds a piece of the file and the longest record;
2. records that are not JSON objects become broken rows, the others are written in one spelling (sql/json_records.sql);
3. `json_columns` looks at all keys of all records, and takes their texts out.

Values arrive as they are written: no type is guessed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from contact_pipelines.errors import FileNotImportable, FileUnreadable, NoDataRows
from contact_pipelines.files.duck import file_literal, sql_blocks
from contact_pipelines.imports.stage.dialect import UTF8_BOM
from contact_pipelines.imports.stage.json_columns import CellReader, find_columns
from contact_pipelines.imports.stage.json_faults import broken_at, broken_record, endless_record
from contact_pipelines.imports.stage.json_layout import COMMA, PIECE, JsonLayout, find_layout, first_text, outline
from contact_pipelines.imports.stage.record_rows import RecordsJob, Tally
from contact_pipelines.imports.stage.staged_file import NO_DIALECT, SHOWN_TEXT, StagedFile, labels
from contact_pipelines.models import FileReading, ReadingOptions
from contact_pipelines.settings.policy import Limits

MAX_RECORD = 16 * 1024 * 1024
"""Bytes that one record may have; what is longer than that is more likely never closed."""
_SOURCE = "_json_source"
_SCHEMA = pa.schema(
    [("n", pa.int64()), ("body", pa.binary()), ("cut", pa.bool_()), ("start", pa.int64()), ("stop", pa.int64())]
)
"""A record's number from 1, its bytes, whether they are only its beginning; of a document, where it is in the file."""


def stage_json(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    target: Path,
    *,
    scratch: Path,
    file_name: str,
    lines: bool,
    limits: Limits,
    options: ReadingOptions | None = None,  # noqa: ARG001 - none of them concerns JSON
) -> StagedFile:
    """Write the records of the UTF-8 file at `path` to the Parquet `target`, in file order.

    The columns are those of `staging.stage`: `_row` INTEGER (the line's number if `lines`, else the record's
    position from 1), one VARCHAR a label, `_error_code`, `_error`, `_text`, `_warning` VARCHAR. A document is an
    array of objects, an object that holds such an array, or one object.

    In JSON Lines, a line that is not a JSON object is a broken row. A document that cannot be parsed is rejected; an
    element of its array that is not an object is a broken row.

    Raises FileUnreadable (blank) and FileNotImportable (not JSON, no list of objects, beyond the limits), and
    NoDataRows for an empty list.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    layout = None if lines else find_layout(path, file_name)
    with tempfile.TemporaryDirectory(prefix="json-", dir=scratch) as folder:
        job = RecordsJob(con, file_name, Path(folder) / "records.parquet", target, limits)
        try:
            _write_records(job, path, layout)
            tally = _count(job)
            _judge(job, tally, path, layout)
            columns = find_columns(con, job.records, file_name, limits)
            if not columns:
                raise NoDataRows(f"{file_name} has no columns: its {tally.rows:,} records are empty objects.")
            header = labels([column.label for column in columns], file_name, limits)
            reader = CellReader(columns)
            broken = job.write_rows(header, reader.cells, reader, tally)
        except duckdb.OutOfMemoryException:
            raise FileNotImportable(f"{file_name} has records that are too long for the memory limit.") from None
    return StagedFile(header, NO_DIALECT, tally.rows, broken, _reading(layout))


def _write_records(job: RecordsJob, path: Path, layout: JsonLayout | None) -> None:
    """Write the records, each checked on its own, to the scratch Parquet file."""
    faults: list[FileNotImportable] = []

    def until_fault(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """End at a fault of the file as a whole: out of the reader it would come as DuckDB's, with its words."""
        try:
            yield from batches
        except FileNotImportable as fault:
            faults.append(fault)

    batches = until_fault(_line_batches(path) if layout is None else _document_batches(path, layout, job.name))
    first = next((batch for batch in batches if batch.num_rows), pa.RecordBatch.from_pylist([], _SCHEMA))
    reader = pa.RecordBatchReader.from_batches(_SCHEMA, chain([first], batches))
    job.con.register(_SOURCE, reader)
    sql = sql_blocks("json_records")["records"].format(
        source=_SOURCE,
        unit="'Line ' || n" if layout is None else "'Record ' || n",
        row_limit=job.limits.row_characters,
        shown=SHOWN_TEXT,
    )
    try:
        job.write_records(sql, max(1, PIECE * first.num_rows // max(first.nbytes, 1)))
    finally:
        job.con.unregister(_SOURCE)
    if faults:
        raise faults[0]


def _line_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the lines of a file that are not blank, by their numbers in the file."""
    number = 0
    with path.open("rb") as file:
        if file.read(len(UTF8_BOM)) != UTF8_BOM:
            file.seek(0)
        rest, cut = b"", False
        while chunk := file.read(PIECE):
            data = rest + chunk
            end = data.rfind(b"\n")
            if end < 0:
                rest, cut = data[:MAX_RECORD], cut or len(data) > MAX_RECORD
                continue
            yield _lines(data[:end], number, cut=cut)
            number += data.count(b"\n", 0, end) + 1
            rest, cut = data[end + 1 :], False
        yield _lines(rest, number, cut=cut)


def _lines(data: bytes, number: int, *, cut: bool) -> pa.RecordBatch:
    """Return the lines of `data` that are not blank, numbered on from `number`; `cut`: the first one is not whole."""
    lines = pc.split_pattern(pa.array([data], pa.large_binary()), b"\n")[0].values
    batch = _batch(lines.cast(pa.binary()), number, cut=cut)
    return batch.filter(pc.not_equal(batch.column("body"), b""))


def _batch(bodies: pa.Array, number: int, *, cut: bool = False, places: pl.Series | None = None) -> pa.RecordBatch:
    """Return records without blanks around them; `places`: of the bytes of the file in front of each, and behind it."""
    count = len(bodies)
    bodies = pc.ascii_trim(bodies.view(pa.string()), characters=" \t\r\n").view(pa.binary())  # bytes, not yet UTF-8
    numbers = pl.int_range(number + 1, number + 1 + count, eager=True)
    if places is None:
        places = pl.repeat(None, count + 1, dtype=pl.Int64, eager=True)
    columns = [numbers, (numbers == number + 1) & cut, places[:-1] + 1, places[1:]]
    n, is_cut, start, stop = (column.to_arrow() for column in columns)
    return pa.record_batch([n, bodies, is_cut, start, stop], schema=_SCHEMA)


def _document_batches(path: Path, layout: JsonLayout, name: str) -> Iterator[pa.RecordBatch]:
    """Yield the records of a document; an empty array has one blank record.

    Raises FileNotImportable for an array that is not closed, text behind it, or a record of more than 16 MB.
    """
    if not layout.single:
        yield from _array_batches(path, layout, name)
        return
    if layout.stop - layout.start > MAX_RECORD:
        raise FileNotImportable(f"{name} is one JSON object of more than {MAX_RECORD // 2**20} MB, not records.")
    with path.open("rb") as file:
        file.seek(layout.start)
        body = file.read(layout.stop - layout.start)
    yield _batch(pa.array([body], pa.binary()), 0, places=pl.Series([layout.start - 1, layout.stop]))


def _array_batches(path: Path, layout: JsonLayout, name: str) -> Iterator[pa.RecordBatch]:
    """Cut an array at its commas. What is left of a piece begins with the bracket or comma before its element."""
    rest, number = b"", 0
    at, depth = pl.col("at"), pl.col("depth")
    for piece in outline(path, layout.start, layout.stop):
        marks = piece.marks
        end = marks.filter(depth == 0, (at > 0) | (piece.offset > layout.start))["at"].head(1)
        commas = marks.filter(depth == 1, COMMA, at < end.item() if len(end) else True)["at"]
        data, offset = rest + piece.data, piece.offset - len(rest)
        cuts = pl.concat([pl.Series([0], dtype=pl.Int32), commas.append(end).cast(pl.Int32) + len(rest)])
        if len(cuts) > 1:
            buffers = [None, cuts.to_arrow().buffers()[1], pa.py_buffer(data)]
            elements = pa.Array.from_buffers(pa.binary(), len(cuts) - 1, buffers)
            # Slicing off the comma or bracket in front fails in PyArrow 26 (binary_slice).
            bodies = pc.binary_replace_slice(elements, start=0, stop=1, replacement=b" ")
            yield _batch(bodies, number, places=cuts.cast(pl.Int64) + offset)
            number += len(bodies)
        begin = int(cuts[-1])
        if len(end):
            following, more = first_text(path, offset + begin + 1, layout.stop)
            if more:
                raise broken_at(path, name, following, "more text follows the end of the list")
            return
        rest = data[begin:]
        if len(rest) > MAX_RECORD:
            what = f"is longer than {MAX_RECORD // 2**20} MB"
            raise endless_record(path, name, offset + begin + 1, number + 1, what)
    raise endless_record(path, name, layout.stop - len(rest) + 1, number + 1, "is not closed")


def _count(job: RecordsJob) -> Tally:
    sql = sql_blocks("json_records")["tally"].format(records=file_literal(job.records))
    return Tally(*job.con.execute(sql).fetchall()[0])


def _judge(job: RecordsJob, tally: Tally, path: Path, layout: JsonLayout | None) -> None:
    """Reject a file that is not a list of objects, or that has too many."""
    if layout is None and not tally.rows:
        raise FileUnreadable(f"{job.name} is empty: it holds nothing but blank lines.")
    if layout is not None and tally.rows == 1 and tally.total == 0:  # [] has one blank element
        raise NoDataRows(f"{job.name} has no records: its list is empty.")
    if layout is not None and tally.first_invalid is not None:
        raise broken_record(path, job.name, *tally.first_invalid)
    if not tally.any_object:
        raise _no_objects(tally, layout, job.name)
    job.require_rows(tally.rows)


def _no_objects(tally: Tally, layout: JsonLayout | None, name: str) -> FileNotImportable:
    if layout is None:
        return FileNotImportable(
            f"None of the {tally.rows:,} lines of {name} is a JSON object. One object a line is expected,"
            " with keys and texts in double quotes."
        )
    what = "lists" if tally.first_other == "[" else "plain values"
    return FileNotImportable(f"{name} is a list of {what}; a list of JSON objects is expected, one a contact.")


def _reading(layout: JsonLayout | None) -> FileReading:
    notes = []
    if layout is not None and layout.wrapper:
        notes.append(f"the records are the list {layout.wrapper}; what stands beside it was left out")
    if layout is not None and layout.others:
        notes.append(f"further lists were left out: {', '.join(layout.others)}")
    return FileReading(
        format="json" if layout else "jsonl", delimiter="", quote="", escape="", header_row=None, notes=tuple(notes)
    )
