"""The records of a JSON file as Arrow batches of bytes, in file order: one a line, or one an element of an array.

Nothing is parsed or decoded here. Memory holds a piece of the file and the longest record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from contact_pipelines.errors import FileNotImportable
from contact_pipelines.imports.stage.dialect import UTF8_BOM
from contact_pipelines.imports.stage.json_faults import broken_at, broken_record, position
from contact_pipelines.imports.stage.json_layout import MAX_RECORD, JsonLayout, first_text
from contact_pipelines.imports.stage.json_outline import COMMA, PIECE, outline

_SCHEMA = pa.schema([("n", pa.int64()), ("body", pa.binary()), ("cut", pa.bool_())])


class RecordSource:
    """The records of one file, for DuckDB to read. What is wrong with the file as a whole is kept in `fault`.

    An exception inside a reader would come out as one of DuckDB's, and with its words.
    """

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self.fault: FileNotImportable | None = None
        self._batches = self._until_fault(batches)
        self._first = next((batch for batch in self._batches if batch.num_rows), None)

    def reader(self) -> pa.RecordBatchReader:
        """Return the records; they end early at a fault.

        `n`: the record's number, from 1, `body`: its bytes, `cut`: whether it is longer than 16 MB and only its
        beginning is here.
        """
        first = [] if self._first is None else [self._first]
        return pa.RecordBatchReader.from_batches(_SCHEMA, chain(first, self._batches))

    @property
    def batch_rows(self) -> int:
        """About how many records make PIECE bytes, judged by the first ones."""
        if self._first is None:
            return 1
        mean = self._first.nbytes / self._first.num_rows
        return max(1, int(PIECE / mean))

    def _until_fault(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except FileNotImportable as fault:
            self.fault = fault


def line_records(path: Path) -> RecordSource:
    """Return the lines of a file that are not blank, by their numbers in the file."""
    return RecordSource(_line_batches(path))


def document_records(path: Path, layout: JsonLayout, name: str) -> RecordSource:
    """Return the records of a document. An empty array has one blank record.

    Its fault: the array is not closed, text follows it, or a record is longer than 16 MB.
    """
    return RecordSource(_document_batches(path, layout, name))


def broken_document(path: Path, layout: JsonLayout, name: str, number: int) -> FileNotImportable:
    """Say where the record of that number breaks, which DuckDB could not parse."""
    if layout.single:
        return broken_record(path, name, layout.start, _read(path, layout))
    done = 0
    for stretch in _stretches(path, layout, name):
        if done + stretch.count >= number:
            start, stop = int(stretch.cuts[number - done - 1]) + 1, int(stretch.cuts[number - done])
            return broken_record(path, name, stretch.offset + start, stretch.data[start:stop])
        done += stretch.count
    return broken_at(path, name, layout.start)


def _line_batches(path: Path) -> Iterator[pa.RecordBatch]:
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
    """Return the lines of `data` that are not blank; `cut`: its first line is not whole."""
    lines = pc.split_pattern(pa.array([data], pa.large_binary()), b"\n")[0].values
    batch = _batch(lines.cast(pa.binary()), number, cut=cut)
    return batch.filter(pc.match_substring_regex(batch.column("body"), r"[^ \t\r]"))


def _batch(bodies: pa.Array, number: int, *, cut: bool = False) -> pa.RecordBatch:
    """Return records with their numbers, which go on from `number`."""
    count = len(bodies)
    numbers = pl.int_range(number + 1, number + 1 + count, eager=True)
    return pa.record_batch([numbers.to_arrow(), bodies, ((numbers == number + 1) & cut).to_arrow()], schema=_SCHEMA)


@dataclass(frozen=True)
class _Stretch:
    """Whole elements of an array: `cuts` are the positions in `data` of the commas and brackets between them."""

    offset: int
    data: bytes
    cuts: pl.Series

    @property
    def count(self) -> int:
        return len(self.cuts) - 1


def _document_batches(path: Path, layout: JsonLayout, name: str) -> Iterator[pa.RecordBatch]:
    if layout.single:
        if layout.stop - layout.start > MAX_RECORD:
            raise FileNotImportable(f"{name} is one JSON object of more than {MAX_RECORD // 2**20} MB, not records.")
        yield _batch(pa.array([_read(path, layout)], pa.binary()), 0)
        return
    number = 0
    for stretch in _stretches(path, layout, name):
        offsets = stretch.cuts.to_arrow().buffers()[1]
        elements = pa.Array.from_buffers(pa.binary(), stretch.count, [None, offsets, pa.py_buffer(stretch.data)])
        # Each begins with the comma or bracket before it. Slicing that off fails in PyArrow 26 (binary_slice).
        yield _batch(pc.binary_replace_slice(elements, start=0, stop=1, replacement=b" "), number)
        number += stretch.count


def _stretches(path: Path, layout: JsonLayout, name: str) -> Iterator[_Stretch]:
    """Cut an array at its commas; each stretch begins with the bracket or comma in front of its first element."""
    rest, number = b"", 1
    for piece in outline(path, layout.start, layout.stop):
        depth, kind, at = pl.col("depth"), pl.col("kind"), pl.col("at")
        marks = piece.marks
        end = marks.filter(depth == 0, (at > 0) | (piece.offset > layout.start))["at"].head(1)
        commas = marks.filter(depth == 1, kind == COMMA, at < end.item() if len(end) else True)["at"]
        data, offset = rest + piece.data, piece.offset - len(rest)
        cuts = pl.concat([pl.Series([0], dtype=pl.Int32), (commas.append(end).cast(pl.Int32) + len(rest))])
        if len(cuts) > 1:
            yield _Stretch(offset, data, cuts)
            number += len(cuts) - 1
        begin = int(cuts[-1])
        if len(end):
            _refuse_what_follows(path, name, offset + begin + 1, layout.stop)
            return
        rest = data[begin:]
        if len(rest) > MAX_RECORD:
            raise _never_closed(path, name, offset + begin + 1, number, f"is longer than {MAX_RECORD // 2**20} MB")
    raise _never_closed(path, name, layout.stop - len(rest) + 1, number, "is not closed")


def _read(path: Path, layout: JsonLayout) -> bytes:
    with path.open("rb") as file:
        file.seek(layout.start)
        return file.read(layout.stop - layout.start)


def _refuse_what_follows(path: Path, name: str, start: int, stop: int) -> None:
    at = first_text(path, start, stop)
    if at is not None:
        raise broken_at(path, name, at, "more text follows the end of the list")


def _never_closed(path: Path, name: str, offset: int, number: int, what: str) -> FileNotImportable:
    line, character = position(path, offset)
    return FileNotImportable(
        f"{name} is not valid JSON: record {number:,}, which begins in line {line:,}, character {character:,}, {what}."
        " Is a quote or a bracket in it not closed? Mend it or export it again."
    )
