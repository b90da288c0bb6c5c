"""The beginning of a file as records: the same grammar as staging's SQL, for a bounded piece of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from contact_pipelines.imports.stage.cell_patterns import CellPatterns
from contact_pipelines.imports.stage.dialect import BACKSLASH, MAX_RECORD_LINES, UTF8_BOM, Dialect

_DROPPED = re.compile("^[\ufeff\f]+|\x00")
_CTRL_Z = "\x1a"


@dataclass(frozen=True)
class Line:
    """A physical line without its newline, and where it starts and the next one does, in bytes of the file."""

    text: str
    start: int
    end: int
    decodable: bool = True


@dataclass(frozen=True)
class Record:
    """A record, numbered as a spreadsheet does; blank lines are records too. `whole`: its quotes are right."""

    row: int
    text: str
    cells: tuple[str, ...]
    start: int
    end: int
    whole: bool = True
    decodable: bool = True

    @cached_property
    def empty(self) -> bool:
        """Whether no cell holds anything."""
        return not any(cell.strip() for cell in self.cells)

    @cached_property
    def filled(self) -> int:
        """How many cells hold something."""
        return sum(1 for cell in self.cells if cell.strip())


def newline_of(sample: bytes) -> bytes:
    """Return LF, or CR if the file has no LF but CR (old Macs)."""
    return b"\r" if b"\n" not in sample and b"\r" in sample else b"\n"


def sample_lines(sample: bytes, start: int, newline: bytes, *, truncated: bool) -> list[Line]:
    """Cut a sample that stands at byte `start` into lines; a last line that the sample cuts off is left out."""
    lines: list[Line] = []
    at = start
    for raw in _split(sample, newline):
        body = raw.removesuffix(newline)
        if newline == b"\n":
            body = body.removesuffix(b"\r")
        text = body.decode("utf-8", "replace")
        decodable = "\ufffd" not in text or text.encode() == body
        lines.append(Line(_DROPPED.sub("", text), at, at + len(raw), decodable))
        at += len(raw)
    if lines and (lines[-1].text == _CTRL_Z or (truncated and len(lines) > 1)):
        lines.pop()
    return lines


def _split(sample: bytes, newline: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(sample):
        end = sample.find(newline, at) + 1 or len(sample)
        yield sample[at:end]
        at = end


def content_start(beginning: bytes) -> int:
    """Return how many bytes of a BOM a file begins with."""
    return len(UTF8_BOM) if beginning.startswith(UTF8_BOM) else 0


class RecordReader:
    """Reads records in one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        patterns = CellPatterns(dialect)
        self._alone_out = re.compile(patterns.alone_out)
        self._alone_in = re.compile(patterns.alone_in)
        self._inside_out = re.compile(patterns.inside_out)
        self._inside_in = re.compile(patterns.inside_in)
        self._each_cell = re.compile(patterns.each_cell)
        self._quotes = set(dialect.quote)
        self._escaped = re.compile(rf"\\([\\{re.escape(dialect.closing)}])|{re.escape(dialect.closing)}{{2}}")

    def records(self, lines: list[Line], row: int = 1) -> list[Record]:
        """Return the records of `lines`, the first of which is the row of that number."""
        found: list[Record] = []
        lines = [part for line in lines for part in self._unglued(line)]
        at = 0
        while at < len(lines):
            count, whole = self._extent(lines, at)
            group = lines[at : at + count]
            text = "\n".join(line.text for line in group)
            found.append(
                Record(
                    row + len(found),
                    text,
                    self.cells(text) if text.strip(" ") else (),
                    group[0].start,
                    group[-1].end,
                    whole,
                    all(line.decodable for line in group),
                )
            )
            at += count
        return found

    def _unglued(self, line: Line) -> list[Line]:
        """Part a line at CR where that alone ended rows, in a file that ends others with LF (see physical_lines)."""
        if "\r" not in line.text or not self._quotes.isdisjoint(line.text):
            return [line]
        parts = line.text.split("\r")
        counts = {part.count(self._dialect.delimiter) for part in parts}
        if len(counts) > 1 or counts == {0}:
            return [line]
        ends = list(accumulate((len(part.encode()) + 1 for part in parts[:-1]), initial=line.start))
        return [Line(*at, line.decodable) for at in zip(parts, ends, [*ends[1:], line.end], strict=True)]

    def _extent(self, lines: list[Line], at: int) -> tuple[int, bool]:
        """Return how many lines the record at `at` has; a quote that is not closed leaves its line alone, not whole."""
        first = lines[at].text
        if self._quotes.isdisjoint(first) or self._alone_out.fullmatch(first):
            return 1, True
        if not self._alone_in.fullmatch(first):
            return 1, False
        for count, line in enumerate(lines[at + 1 : at + MAX_RECORD_LINES], start=2):
            if self._quotes.isdisjoint(line.text):
                continue
            if self._inside_out.fullmatch(line.text):
                return count, True
            if not self._inside_in.fullmatch(line.text):
                break
        return 1, False

    def raw_cells(self, text: str) -> list[str]:
        """Return the cells of a record's text as they are spelled."""
        return self._each_cell.findall(self._dialect.delimiter + text)

    def cells(self, text: str) -> tuple[str, ...]:
        """Return the cells of a record's text, quotes and escapes resolved."""
        if self._quotes.isdisjoint(text):
            cells = text.split(self._dialect.delimiter)
            return tuple(cell.lstrip(" ") for cell in cells) if self._dialect.spaced else tuple(cells)
        return tuple(self._content(cell) for cell in self.raw_cells(text))

    def _content(self, cell: str) -> str:
        dialect = self._dialect
        if dialect.spaced:
            cell = cell.lstrip(" ")
        if not (cell.startswith(dialect.opening) and cell.rstrip(" ")[1:].endswith(dialect.closing)):
            return cell
        inner = cell.rstrip(" ")[1:-1]
        if dialect.escape == BACKSLASH:
            return self._escaped.sub(lambda found: found[1] or dialect.closing, inner)
        return inner.replace(dialect.closing * 2, dialect.closing)
