"""Scans a file's bytes, a few MB at a time and at C speed, to see whether it is regular.

Every search here was measured: bytes.count and single-byte `in` are quick, a two-byte `in` takes twice as long as a
regular expression that begins with literal bytes, and one that begins with a class eight times as long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from contact_pipelines.files.formula_escape import TRIGGERS
from contact_pipelines.imports.stage.dialect import UTF8_BOM

CHUNK = 4 * 1024 * 1024
_TAIL_BYTES = 64 * 1024
CONTINUED = 0x80
"""From here on, bytes are part of a character of several."""

_ESCAPE = re.compile(rb"'" + TRIGGERS.encode())
_INNER_BOM = re.compile(UTF8_BOM)
_CTRL_Z = b"\x1a"  # what DOS wrote after the last line of a text
LONG = 32_000
"""Bytes of a line from which on it is long, unless a lower limit is given."""


@dataclass
class Scan:
    """What the bytes show. Counts are of the content: from `start` to before the last newlines."""

    start: int = 0
    end: int = 0
    newlines: int = 0
    crlf: int = 0
    lone_cr: int = 0
    clean: bool = True  # valid UTF-8
    nul: bool = False
    dropped: bool = False  # holds what staging leaves out: NUL, BOMs inside the file, form feeds, Ctrl-Z at its end
    gaps: bool = False  # lines that are blank or hold nothing but delimiters
    long_lines: bool = False
    escapes: bool = False  # an apostrophe before a formula's first character
    doubtful: bool = False  # quotes that DuckDB reads differently from `dialect.RecordGrammar`

    @property
    def regular(self) -> bool:
        """Whether the fast path may be tried."""
        return self.clean and not (self.dropped or self.gaps or self.lone_cr or self.doubtful)

    @property
    def mean_line(self) -> int:
        """Bytes of an average line, 1 at least."""
        return max(1, (self.end - self.start) // (max(self.newlines, self.lone_cr) + 1))


class _Patterns:
    """Finds gaps, and quotes after spaces at the beginning of a cell (or after a closing quote)."""

    def __init__(self, delimiter: str, longest: int) -> None:
        self.longest = longest
        self.empty = re.compile(rb"[\r" + re.escape(delimiter.encode()) + rb"]*(?:\n|\Z)")
        self.gap = re.compile(rb"\n[\r" + re.escape(delimiter.encode()) + rb"]*\n")
        before = rb'\n"' + re.escape(delimiter.encode())
        self._hint = re.compile(rb' "(?<=[' + before + rb' ] ")')  # misses none, begins with literal bytes
        self._exact = re.compile(rb"[" + before + rb'] +"')

    def gap_in(self, data: bytes) -> bool:
        return self.empty.match(data) is not None or self.gap.search(data) is not None

    def spaced_quote_in(self, data: bytes) -> bool:
        data = b"\n" + data
        return self._hint.search(data) is not None and self._exact.search(data) is not None


def scan_bytes(file: BinaryIO, delimiter: str, start: int = 0, longest: int = LONG) -> Scan:
    """Scan a file from byte `start` on in pieces of whole lines. Lines of more than `longest` bytes count as long."""
    scan = _content(file, start)
    patterns = _Patterns(delimiter, longest)
    file.seek(scan.start)
    left, rest = scan.end - scan.start, b""
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:  # it shrank while it was read; the counts will show that
            break
        left -= len(chunk)
        data = rest + chunk
        cut = data.rfind(b"\n") + 1 if left else len(data)
        if not cut and len(data) > longest:
            scan.long_lines, cut = True, len(data)
            while cut and data[cut - 1] >= CONTINUED:  # not within a character
                cut -= 1
            cut = cut or len(data)
        rest = data[cut:]
        if cut:
            _scan_piece(scan, data[:cut], patterns)
    return scan


def _content(file: BinaryIO, start: int) -> Scan:
    """Find the end of the content: before the newlines and the Ctrl-Z at the end."""
    end = file.seek(0, 2)
    dropped = False
    while end > start:
        begin = max(start, end - _TAIL_BYTES)
        file.seek(begin)
        tail = file.read(end - begin)
        kept = tail.rstrip(b"\r\n")
        if kept.endswith(_CTRL_Z) and kept[:-1].endswith((b"\r", b"\n")):
            dropped, kept = True, kept.removesuffix(_CTRL_Z).rstrip(b"\r\n")
        end = begin + len(kept)
        if kept:
            break
    return Scan(start=start, end=max(start, end), dropped=dropped)


def _scan_piece(scan: Scan, data: bytes, patterns: _Patterns) -> None:
    """Add what `data`, whole lines, shows to the scan. What was found is not searched for again."""
    scan.newlines += data.count(b"\n")
    if b"\r" in data:
        crlf = data.count(b"\r\n")
        scan.crlf += crlf
        scan.lone_cr += data.count(b"\r") - crlf
    ascii_only = data.isascii()
    if scan.clean:
        scan.clean = ascii_only or is_utf8(data)
    if b"\x00" in data:
        scan.nul = scan.dropped = True
    if not scan.dropped:
        scan.dropped = b"\f" in data or (not ascii_only and _INNER_BOM.search(data) is not None)
    if not scan.gaps:
        scan.gaps = patterns.gap_in(data)
    if not scan.escapes and b"'" in data:
        scan.escapes = _ESCAPE.search(data) is not None
    if not scan.doubtful and b'"' in data:
        scan.doubtful = patterns.spaced_quote_in(data)
    if not scan.long_lines:
        scan.long_lines = _has_long_line(data, patterns.longest)


def is_utf8(data: bytes) -> bool:
    """Whether Arrow can decode it, which takes an eighth of the time of Python's `decode`."""
    try:
        pc.cast(pa.scalar(data, pa.large_binary()), pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _has_long_line(data: bytes, longest: int) -> bool:
    """Whether a line has more than `longest` bytes: hop from newline to the farthest newline within reach."""
    position = 0
    while position + longest < len(data):
        position = data.rfind(b"\n", position, position + longest + 1) + 1
        if not position:
            return True
    return False
