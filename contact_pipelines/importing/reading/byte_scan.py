"""Scan a file's bytes, a few MB at a time and at C speed, to tell whether it is regular.

Every search here was measured: bytes.count and single-byte `in` are quick, a two-byte `in` takes twice as long
as a regular expression that begins with literal bytes, and one that begins with a class takes eight times that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from contact_pipelines.files.formula_escape import TRIGGERS
from contact_pipelines.importing.reading.dialect import MAX_CELL, SAMPLE_BYTES, UTF8_BOM

CHUNK = 4 * 1024 * 1024
CONTINUED = 0x80
"""From here on, bytes are part of a character of several."""

_ESCAPE = re.compile(rb"'" + TRIGGERS.encode())
_BLANK_LINE = re.compile(rb"\n\r?\n")


@dataclass
class Scan:
    """What the bytes tell. Counts are of the content: from behind the BOM to before the last newlines."""

    start: int = 0
    end: int = 0
    newlines: int = 0
    crlf: int = 0
    lone_cr: int = 0
    clean: bool = True  # valid UTF-8 without NUL
    blank_lines: bool = False
    long_lines: bool = False  # of more than MAX_CELL bytes
    escapes: bool = False  # an apostrophe before a formula's first character
    doubtful: bool = False  # quotes that DuckDB reads otherwise than staging's grammar

    @property
    def regular(self) -> bool:
        """Whether the fast path may be tried."""
        return self.clean and not (self.blank_lines or self.lone_cr or self.doubtful)

    @property
    def mean_line(self) -> int:
        """Bytes of an average line, 1 at least."""
        return max(1, (self.end - self.start) // (max(self.newlines, self.lone_cr) + 1))


class _SpacedQuotes:
    """Finds a quote that stands behind spaces at the beginning of a cell (or behind a closing quote)."""

    def __init__(self, delimiter: str) -> None:
        before = rb'\n"' + re.escape(delimiter.encode())
        self._hint = re.compile(rb' "(?<=[' + before + rb' ] ")')  # misses none, begins with literal bytes
        self._exact = re.compile(rb"[" + before + rb'] +"')

    def found_in(self, data: bytes) -> bool:
        data = b"\n" + data
        return self._hint.search(data) is not None and self._exact.search(data) is not None


def scan_bytes(file: BinaryIO, delimiter: str) -> Scan:
    """Scan the whole file in pieces of whole lines; a piece without a newline is one long line."""
    scan = _content(file)
    spaced_quotes = _SpacedQuotes(delimiter)
    file.seek(scan.start)
    left, rest = scan.end - scan.start, b""
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:  # it shrank while it was read; the counts will tell
            break
        left -= len(chunk)
        data = rest + chunk
        cut = data.rfind(b"\n") + 1 if left else len(data)
        if not cut and len(data) > MAX_CELL:
            scan.long_lines, cut = True, len(data)
            while cut and data[cut - 1] >= CONTINUED:  # do not cut a character in two
                cut -= 1
            cut = cut or len(data)
        rest = data[cut:]
        if cut:
            _scan_piece(scan, data[:cut], spaced_quotes)
    return scan


def _content(file: BinaryIO) -> Scan:
    """Find where the content begins and ends: without BOM, without the newlines at the end."""
    file.seek(0)
    start = len(UTF8_BOM) if file.read(len(UTF8_BOM)) == UTF8_BOM else 0
    end = file.seek(0, 2)
    while end > start:
        begin = max(start, end - SAMPLE_BYTES)
        file.seek(begin)
        tail = file.read(end - begin).rstrip(b"\r\n")
        end = begin + len(tail)
        if tail:
            break
    return Scan(start=start, end=end)


def _scan_piece(scan: Scan, data: bytes, spaced_quotes: _SpacedQuotes) -> None:
    """Add what `data`, whole lines, tells to the scan. What is known to be so is not looked for again."""
    scan.newlines += data.count(b"\n")
    if b"\r" in data:
        crlf = data.count(b"\r\n")
        scan.crlf += crlf
        scan.lone_cr += data.count(b"\r") - crlf
    if scan.clean:
        scan.clean = b"\x00" not in data and (data.isascii() or _is_utf8(data))
    if not scan.blank_lines:
        scan.blank_lines = data.startswith((b"\n", b"\r\n")) or _BLANK_LINE.search(data) is not None
    if not scan.escapes and b"'" in data:
        scan.escapes = _ESCAPE.search(data) is not None
    if not scan.doubtful and b'"' in data:
        scan.doubtful = spaced_quotes.found_in(data)
    if not scan.long_lines:
        scan.long_lines = _has_long_line(data)


def _is_utf8(data: bytes) -> bool:
    """Let Arrow tell, which takes an eighth of Python's time since it makes no string of its own width."""
    try:
        pc.cast(pa.scalar(data, pa.large_binary()), pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _has_long_line(data: bytes) -> bool:
    """Whether a line has more than MAX_CELL bytes: hop from newline to the farthest newline in reach."""
    position = 0
    while position + MAX_CELL < len(data):
        position = data.rfind(b"\n", position, position + MAX_CELL + 1) + 1
        if not position:
            return True
    return False
