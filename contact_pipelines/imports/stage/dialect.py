"""The dialect of a delimited text (delimiter, quote, escape), and the grammar of its records.

A quoted cell begins with the opening quote and ends with the closing one; spaces may follow it. Inside, the closing
quote is doubled, or escaped by a backslash if the dialect has that. A quote anywhere else is literal. The same patterns
(`CellPatterns`) serve Python, which reads the beginning of a file (`RecordReader`), and SQL, which reads all of it
(`RecordGrammar`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from contact_pipelines.files.duck import literal

UTF8_BOM = b"\xef\xbb\xbf"
MAX_RECORD_LINES = 1_000
BACKSLASH = "\\"
_DROPPED = re.compile("^[\ufeff\f]+|\x00")
_CTRL_Z = "\x1a"


@dataclass(frozen=True)
class Dialect:
    """How a file is written. `header_row` is the header's row number as a spreadsheet shows it, None without one.

    `quote`: what opens a cell and, if it is another character (typographic quotes), what closes it. `escape`: a
    backslash, or the closing quote, which is then doubled. `spaced`: a space follows each delimiter and is not part of
    the next cell.
    """

    delimiter: str
    quote: str = '"'
    escape: str = '"'
    spaced: bool = False
    header_row: int | None = 1

    @property
    def opening(self) -> str:
        """The character that opens a quoted cell."""
        return self.quote[0]

    @property
    def closing(self) -> str:
        """The character that closes a quoted cell."""
        return self.quote[-1]

    @property
    def standard(self) -> bool:
        """Whether cells are quoted as RFC 4180 has it, so that DuckDB reads them as we do."""
        return self.quote == '"' and self.escape == '"' and not self.spaced


class CellPatterns:
    """Regular expressions of one dialect, to be matched against whole lines or records, in Python and RE2 alike.

    `alone` and `inside`: a line that starts outside or inside quotes; `_out` and `_in`: the state it ends in.
    """

    def __init__(self, dialect: Dialect) -> None:
        d, opening, closing = (re.escape(part) for part in (dialect.delimiter, dialect.opening, dialect.closing))
        lead, space = (" *", " ") if dialect.spaced else ("", "")
        after = "" if dialect.delimiter == " " else " *"
        if dialect.escape == BACKSLASH:
            inside = rf"(?:[^{closing}\\]|\\(?s:.)|{closing}{closing})*"
            unfinished = inside + r"\\?"  # a backslash before the line's end escapes the newline
        else:
            inside = unfinished = f"(?:[^{closing}]|{closing}{closing})*"
        quoted = f"{opening}{inside}{closing}{after}"
        cell = f"(?:{lead}{quoted}|{lead}[^{opening}{d}{space}][^{d}]*|{lead})"
        self.delimiter = d
        self.quoted = lead + quoted
        self.alone_out = f"{cell}(?:{d}{cell})*"
        self.alone_in = f"(?:{cell}{d})*{lead}{opening}{unfinished}"
        self.inside_out = f"{inside}{closing}{after}(?:{d}{cell})*"
        self.inside_in = f"(?:{unfinished}|{inside}{closing}{after}(?:{d}{cell})*{d}{lead}{opening}{unfinished})"
        self.each_cell = f"{d}({lead}{quoted}|[^{d}]*)"
        """To be searched for repeatedly in a delimiter followed by a record; a cell is its first group."""


@dataclass(frozen=True)
class Line:
    """A physical line without its newline. `start`, `end`: the bytes of the file where it and the next one start."""

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
    def filled(self) -> int:
        """The number of cells that are not blank."""
        return sum(1 for cell in self.cells if cell.strip())

    @property
    def empty(self) -> bool:
        """Whether all cells are blank."""
        return not self.filled


def newline_of(sample: bytes) -> bytes:
    """Return LF, or CR if the file has no LF but CR (old Macs)."""
    return b"\r" if b"\n" not in sample and b"\r" in sample else b"\n"


def sample_lines(sample: bytes, start: int, newline: bytes, *, truncated: bool) -> list[Line]:
    """Split a sample that begins at byte `start` into lines; a last line that is cut off is left out."""
    lines: list[Line] = []
    at = start
    for raw in re.findall(b"[^%b]*%b|[^%b]+" % (newline, newline, newline), sample):
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
        """Return the records of `lines`, numbered from `row` on."""
        found: list[Record] = []
        lines = [part for line in lines for part in self._unglued(line)]
        at = 0
        while at < len(lines):
            count, whole = self._extent(lines, at)
            group = lines[at : at + count]
            text = "\n".join(line.text for line in group)
            cells = self.cells(text) if text.strip(" ") else ()
            decodable = all(line.decodable for line in group)
            found.append(Record(row + len(found), text, cells, group[0].start, group[-1].end, whole, decodable))
            at += count
        return found

    def _unglued(self, line: Line) -> list[Line]:
        """Split a line at the CRs that end rows in a file whose other rows end with LF (see physical_lines)."""
        if "\r" not in line.text or not self._quotes.isdisjoint(line.text):
            return [line]
        parts = line.text.split("\r")
        counts = {part.count(self._dialect.delimiter) for part in parts}
        if len(counts) > 1 or counts == {0}:
            return [line]
        ends = list(accumulate((len(part.encode()) + 1 for part in parts[:-1]), initial=line.start))
        return [Line(*at, line.decodable) for at in zip(parts, ends, [*ends[1:], line.end], strict=True)]

    def _extent(self, lines: list[Line], at: int) -> tuple[int, bool]:
        """Return the number of lines of the record at `at`, and whether its quotes are right; else it is one line."""
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
        """Return the cells of a record as they are written, with their quotes."""
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


class RecordGrammar:
    """The grammar as SQL: regular expressions (RE2) and expressions over a text `body`.

    `sql`: by name, for `staging.sql`. `quotes`: the text holds a quote. `plain`: it may be copied as it stands into
    a CSV with this delimiter and standard quotes; `plain_unquoted`: the same for a text without quotes.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        patterns = CellPatterns(dialect)
        separator = literal(dialect.delimiter)
        quotes = " OR ".join(f"contains(body, {literal(quote)})" for quote in sorted(set(dialect.quote)))
        quoted = literal(patterns.delimiter + patterns.quoted)
        emptied = f"regexp_replace({separator} || body, {quoted}, {separator}, 'g')"
        bare = f"CASE WHEN {quotes} THEN {emptied} ELSE {separator} || body END"
        size = len(dialect.delimiter.encode())
        self._separator = separator
        self._raw_cells = f"regexp_extract_all({separator} || body, {literal(patterns.each_cell)}, 1)"
        self.cells = f"list_transform({self._raw_cells}, lambda c: {self._content()})"
        self.sql: dict[str, object] = {
            "alone_out": literal(patterns.alone_out),
            "alone_in": literal(patterns.alone_in),
            "inside_out": literal(patterns.inside_out),
            "inside_in": literal(patterns.inside_in),
            "quotes": quotes,
            "plain": self._plain(),
            "plain_unquoted": "NOT contains(body, chr(13))" if dialect.standard else self._plain(),
            "delimiter": separator,
            "cell_count": f"CAST((strlen({bare}) - strlen(replace({bare}, {separator}, ''))) // {size} AS INTEGER)",
            "longest_cell": f"list_max(list_transform({self._raw_cells}, lambda c: length({self._content()})))",
        }

    def _plain(self) -> str:
        dialect = self._dialect
        if dialect.standard:
            d = re.escape(dialect.delimiter)
            strict = f'(?:"(?:[^"]|"")*"|[^"{d}\\r]*)'
            return f"regexp_full_match(body, {literal(f'{strict}(?:{d}{strict})*')})"
        unsafe = ['"', "\r", *dialect.quote, *([" "] if dialect.spaced else [])]
        return "NOT (" + " OR ".join(f"contains(body, {literal(text)})" for text in unsafe) + ")"

    def _content(self) -> str:
        """Return SQL for the content of the cell `c`, without quotes and escapes."""
        dialect = self._dialect
        cell = "ltrim(c, ' ')" if dialect.spaced else "c"
        inner = f"(rtrim({cell}, ' '))[2:-2]"
        closing = dialect.closing
        if dialect.escape == BACKSLASH:
            escaped = literal(rf"\\([\\{closing}])|{closing}({closing})")
            text = rf"regexp_replace({inner}, {escaped}, '\1\2', 'g')"
        else:
            text = f"replace({inner}, {literal(closing * 2)}, {literal(closing)})"
        return f"CASE WHEN ({cell})[1] = {literal(dialect.opening)} THEN {text} ELSE {cell} END"

    def requoted(self, width: int) -> str:
        """Return SQL for the record with its first `width` cells quoted in the standard way."""
        if self._dialect.standard:  # quoted cells are right as they are
            spelled = "CASE WHEN c[1] = '\"' THEN rtrim(c, ' ') ELSE '\"' || replace(c, '\"', '\"\"') || '\"' END"
        else:
            spelled = f"'\"' || replace({self._content()}, '\"', '\"\"') || '\"'"
        return f"array_to_string(list_transform({self._raw_cells}[1:{width}], lambda c: {spelled}), {self._separator})"

    def padded(self, width: int) -> str:
        """Return SQL for whether all cells beyond `width` are empty, quoted or not: DuckDB drops those too."""
        quote = re.escape(self._dialect.opening) + re.escape(self._dialect.closing)
        empty = literal(f"(?: *{quote} *| *)" if self._dialect.spaced else f"(?:{quote} *)?")
        beyond = f"{self._raw_cells}[{width + 1}:]"
        return (
            f"CASE WHEN cells > {width} THEN"
            f" len(list_filter({beyond}, lambda c: NOT regexp_full_match(c, {empty}))) = 0 ELSE false END"
        )
