"""The physical lines of any file as Arrow batches, whatever its bytes and line lengths."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from contact_pipelines.imports.stage import byte_scan
from contact_pipelines.imports.stage.staged_file import SHOWN_TEXT
from contact_pipelines.imports.stage.text_layout import StagingJob

_SCHEMA = pa.schema([("n", pa.int64()), ("body", pa.string()), ("cr", pa.bool_()), ("odd", pa.int8())])
_KEPT = 4 * SHOWN_TEXT
"""Bytes of an over-long line that are not dropped: SHOWN_TEXT characters of four bytes."""
_MOST_REPEATS = 500  # RE2 repeats up to 1,000 times


def line_reader(job: StagingJob) -> pa.RecordBatchReader:
    """Return a reader of the physical lines: `n` from 1, `body` without newline, `cr` if CR preceded LF, `odd`.

    A line over the job's `max_line` bytes is cut to SHOWN_TEXT characters and has the parity of its quotes as `odd`,
    which is NULL for all others. NUL, and BOMs and form feeds at the beginning of a line, are left out.
    """
    return pa.RecordBatchReader.from_batches(_SCHEMA, _batches(job))


def _batches(job: StagingJob) -> Iterator[pa.RecordBatch]:
    number = 0
    newline = job.layout.newline
    glued = _glued_rows(job) if job.scan.lone_cr and newline == b"\n" else None
    for data, odd in _line_pieces(job):
        if odd is None:
            values = pc.split_pattern(pa.array([data], pa.large_binary()), newline)[0].values
            body = values.cast(pa.string())
            cr = pc.ends_with(body, "\r") if newline == b"\n" else pa.nulls(len(body), pa.bool_())
            if pc.any(cr).as_py():
                body = pc.replace_substring_regex(body, r"\r\z", "")
            if glued is not None:
                body, cr = _parted(body, cr, glued)
        else:
            body = pa.array([data.decode("utf-8", "replace")[:SHOWN_TEXT]], pa.string())
            cr = pa.array([False])
        numbers = pa.array(range(number + 1, number + 1 + len(body)), pa.int64())
        number += len(body)
        odds = pa.array([odd], pa.int8()) if odd is not None else pa.nulls(len(body), pa.int8())
        yield pa.record_batch([numbers, body, cr.fill_null(fill_value=False), odds], schema=_SCHEMA)


def _glued_rows(job: StagingJob) -> str | None:
    """Return a pattern for complete rows separated by CR alone, in a file whose other rows end with LF."""
    delimiters = len(job.layout.header) - 1
    if not 0 < delimiters <= _MOST_REPEATS:
        return None
    d = re.escape(job.dialect.delimiter)
    text = f"[^{d}\\r{re.escape(job.dialect.quote)}]*"
    row = f"{text}(?:{d}{text}){{{delimiters}}}"
    return rf"\A{row}(?:\r{row})+\z"


def _parted(body: pa.Array, cr: pa.Array, glued: str) -> tuple[pa.Array, pa.Array]:
    """Split the lines that are several rows. Their `cr` does not matter: they have no quotes."""
    found = pc.match_substring_regex(body, glued)
    if not pc.any(found).as_py():
        return body, cr
    rows = pc.split_pattern(pc.if_else(found, pc.replace_substring(body, "\r", "\n"), body), "\n")
    return rows.flatten(), pc.take(cr, pc.list_parent_indices(rows))


def _line_pieces(job: StagingJob) -> Iterator[tuple[bytes, int | None]]:
    """Yield stretches of whole lines (without last newline), over-long lines singly with their parity."""
    newline = job.layout.newline
    mend = _Mending(job)
    for data, odd in _raw_pieces(job):
        if odd is None and job.scan.long_lines and any(len(line) > job.max_line for line in data.split(newline)):
            for line in data.split(newline):
                text = mend(line)
                yield (text[:_KEPT], _quotes(job, line) % 2) if len(line) > job.max_line else (text, None)
        else:
            yield mend(data), odd


def _raw_pieces(job: StagingJob) -> Iterator[tuple[bytes, int | None]]:
    """Yield the content in pieces of about CHUNK bytes that end at a newline, which is left out."""
    newline = job.layout.newline
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
                quotes += _quotes(job, chunk[:end] if end >= 0 else chunk)
                if end < 0:
                    continue
                yield rest, quotes % 2
                rest, quotes, chunk = b"", None, chunk[end + 1 :]
                if not left:
                    yield chunk, None
                    return
            data = rest + chunk
            cut = data.rfind(newline)
            if cut < 0 and len(data) > job.max_line and left:
                rest, quotes = data[:_KEPT], _quotes(job, data)
                continue
            if cut >= 0 and left:
                yield data[:cut], None
            rest = data[cut + 1 :] if left else data
        yield rest, None if quotes is None else quotes % 2


def _quotes(job: StagingJob, data: bytes) -> int:
    """Count the quotes that open or close cells."""
    return sum(data.count(quote.encode()) for quote in set(job.dialect.quote))


class _Mending:
    """Replaces what is not UTF-8 by U+FFFD and drops what is not text, if the file has such bytes."""

    def __init__(self, job: StagingJob) -> None:
        self._needed = job.scan.dropped or not job.scan.clean
        self._dropped = re.compile(rf"(?:\A|(?<={job.layout.newline.decode()}))[\ufeff\f]+|\x00")

    def __call__(self, data: bytes) -> bytes:
        if not self._needed:
            return data
        return self._dropped.sub("", data.decode("utf-8", "replace")).encode()
