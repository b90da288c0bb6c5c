"""A file's physical lines as Arrow batches, whatever its bytes and however long its lines."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from contact_pipelines.importing.reading import byte_scan
from contact_pipelines.importing.reading.dialect import MAX_CELL, MAX_LINE
from contact_pipelines.importing.reading.staging_job import StagingJob

_SCHEMA = pa.schema([("n", pa.int64()), ("body", pa.string()), ("cr", pa.bool_()), ("odd", pa.int8())])
_KEPT = 4 * MAX_CELL
"""Bytes kept of an over-long line: enough for MAX_CELL characters of four bytes."""


def line_reader(job: StagingJob, newline: bytes) -> pa.RecordBatchReader:
    """Return a reader of the physical lines: `n` from 1, `body` without newline, `cr` if CR preceded LF, `odd`.

    A line over MAX_LINE bytes comes cut to MAX_CELL characters, with the parity of its quotes as `odd`; that is
    NULL for all others.
    """
    return pa.RecordBatchReader.from_batches(_SCHEMA, _batches(job, newline))


def _batches(job: StagingJob, newline: bytes) -> Iterator[pa.RecordBatch]:
    number = 0
    for data, odd in _line_pieces(job, newline):
        if odd is None:
            values = pc.split_pattern(pa.array([data], pa.large_binary()), newline)[0].values
            body = values.cast(pa.string())
            cr = pc.ends_with(body, "\r") if newline == b"\n" else pa.nulls(len(body), pa.bool_())
            if pc.any(cr).as_py():
                body = pc.replace_substring_regex(body, r"\r\z", "")
        else:
            body = pa.array([data.decode("utf-8", "replace")[:MAX_CELL]], pa.string())
            cr = pa.array([False])
        numbers = pa.array(range(number + 1, number + 1 + len(body)), pa.int64())
        number += len(body)
        odds = pa.array([odd], pa.int8()) if odd is not None else pa.nulls(len(body), pa.int8())
        yield pa.record_batch([numbers, body, cr.fill_null(fill_value=False), odds], schema=_SCHEMA)


def _line_pieces(job: StagingJob, newline: bytes) -> Iterator[tuple[bytes, int | None]]:
    """Yield stretches of whole lines (without last newline), over-long lines singly with their parity."""
    scan = job.scan
    for data, odd in _raw_pieces(job, newline):
        if odd is None and scan.long_lines and any(len(line) > MAX_LINE for line in data.split(newline)):
            for line in data.split(newline):
                text = _mended(line, clean=scan.clean)
                yield (text[:_KEPT], line.count(b'"') % 2) if len(line) > MAX_LINE else (text, None)
        else:
            yield _mended(data, clean=scan.clean), odd


def _raw_pieces(job: StagingJob, newline: bytes) -> Iterator[tuple[bytes, int | None]]:
    """Yield the content in pieces of about CHUNK bytes that end at a newline, which is left out."""
    with job.path.open("rb") as file:
        file.seek(job.scan.start)
        left, rest = job.scan.end - job.scan.start, b""
        quotes: int | None = None  # of the over-long line whose beginning is in `rest`
        while left:
            chunk = file.read(min(byte_scan.CHUNK, left))
            if not chunk:
                break
            left -= len(chunk)
            if quotes is not None:
                end = chunk.find(newline)
                quotes += chunk.count(b'"', 0, end if end >= 0 else len(chunk))
                if end < 0:
                    continue
                yield rest, quotes % 2
                rest, quotes, chunk = b"", None, chunk[end + 1 :]
                if not left:
                    yield chunk, None
                    return
            data = rest + chunk
            cut = data.rfind(newline)
            if cut < 0 and len(data) > MAX_LINE and left:
                rest, quotes = data[:_KEPT], data.count(b'"')
                continue
            if cut >= 0 and left:
                yield data[:cut], None
            rest = data[cut + 1 :] if left else data
        yield rest, None if quotes is None else quotes % 2


def _mended(data: bytes, *, clean: bool) -> bytes:
    """Put U+FFFD for what is no UTF-8 and for NUL, if the file has such bytes."""
    return data if clean else data.decode("utf-8", "replace").replace("\x00", "\ufffd").encode()
