"""Finds the records in a JSON document: an array, an array inside an object, or one object.

`outline` finds brackets and commas piece by piece without parsing, so that no more than a piece is in memory. It does
not check the grammar: records are parsed one by one later, and what stands around them is parsed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from contact_pipelines.errors import FileNotImportable, FileUnreadable
from contact_pipelines.imports.columns.headers import compact, words
from contact_pipelines.imports.stage.dialect import UTF8_BOM
from contact_pipelines.imports.stage.json_faults import BrokenJson, broken_at, parse_strictly

PIECE = 4 * 1024 * 1024
"""Bytes read at a time."""
_MAX_WRAPPER = 1024 * 1024
_MAX_ARRAYS = 1_000
_GLANCE = 64 * 1024

# fmt: off
_COLLECTIONS = frozenset((
    "contacts", "contact", "people", "persons", "subscribers", "members", "users", "customers", "clients",
    "profiles", "leads", "recipients", "employees", "attendees", "participants", "guests", "donors", "audience",
    "data", "results", "result", "items", "records", "rows", "entries", "list", "elements", "nodes", "objects",
    "documents", "docs", "values", "value", "resources", "content", "response", "payload",
))
# fmt: on
"""Keys under which programs and APIs put the list of what was asked for."""
_PERSONAL = frozenset(("email", "emailaddress", "phone", "mobile", "firstname", "lastname", "fullname", "name"))
"""Keys that a person has: an object with one of them is a contact, and a list in it belongs to that contact."""
_MAX_DEPTH = 3
"""Objects around the array of records: `{"data": {"contacts": {"nodes": [...]}}}`."""

COMMA, _QUOTE, _OPEN_ARRAY, _CLOSE_ARRAY, _OPEN_OBJECT, _CLOSE_OBJECT = _MARKS = [
    pl.col("kind") == byte for byte in b',"[]{}'
]
_OPENING, _CLOSING = _OPEN_ARRAY | _OPEN_OBJECT, _CLOSE_ARRAY | _CLOSE_OBJECT
_ESCAPE = re.compile(rb"\\.", re.DOTALL)


@dataclass(frozen=True)
class JsonLayout:
    """The bytes `[start, stop)` of the file that hold the records: an array, or one object (`single`).

    `stop` of an array that is the whole document is the file's end: what follows its bracket is still to be
    judged. `wrapper`: the key that holds the array. `others`: keys of further arrays of objects.
    """

    start: int
    stop: int
    single: bool = False
    wrapper: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """A stretch of the document: its offset in the file, its bytes, its brackets and commas outside texts.

    `marks`: `at` (position in `data`), `kind` (the byte), `depth` (brackets that are open around it; the two
    brackets of a pair have the same depth, and the commas between them one more).
    """

    offset: int
    data: bytes
    marks: pl.DataFrame


def outline(path: Path, start: int, stop: int) -> Iterator[Piece]:
    """Yield the bytes `[start, stop)` of a document, which begin outside any text, in pieces."""
    quotes = depth = 0  # before the piece: quotes so far, open brackets
    escaped = False  # the piece before ended with a backslash: the next byte is no quote
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (data := file.read(min(PIECE, stop - start))):
            text = b"_" + data[1:] if escaped else data
            if b"\\" in text:
                text = _ESCAPE.sub(b"__", text)
            escaped = text.endswith(b"\\")
            codes = pa.UInt8Array.from_buffers(pa.uint8(), len(text), [None, pa.py_buffer(text)])
            marks = pl.DataFrame({"kind": pl.Series(codes)}).with_row_index("at").filter(pl.any_horizontal(_MARKS))
            marks = marks.with_columns(quotes=quotes + _QUOTE.cum_sum())
            quotes = _last(marks, "quotes", quotes)
            marks = marks.filter(pl.col("quotes") % 2 == 0, ~_QUOTE)
            step = _OPENING.cast(pl.Int32) - _CLOSING.cast(pl.Int32)
            marks = marks.with_columns(after=depth + step.cum_sum())
            depth = _last(marks, "after", depth)
            yield Piece(start, data, marks.select("at", "kind", depth=pl.col("after") - _OPENING.cast(pl.Int32)))
            start += len(data)


def _last(marks: pl.DataFrame, column: str, before: int) -> int:
    return int(marks[column][-1]) if len(marks) else before


def find_layout(path: Path, name: str) -> JsonLayout:
    """Look at a document's beginning and, if it is an object, at its outline.

    Raises FileUnreadable for a blank file, and FileNotImportable for what is neither an array nor an object, or
    an object in which several arrays could be the records.
    """
    stop = path.stat().st_size
    with path.open("rb") as file:
        bom = len(UTF8_BOM) if file.read(len(UTF8_BOM)) == UTF8_BOM else 0
    start, first = first_text(path, bom, stop)
    if not first:
        raise FileUnreadable(f"{name} is empty.")
    if first == b"[":
        return JsonLayout(start, stop)
    if first != b"{":
        raise FileNotImportable(f"{name} is not a list of JSON objects: it begins with neither [ nor {{.")
    return _Wrapper(path, name, start, stop).layout()


def first_text(path: Path, start: int, stop: int) -> tuple[int, bytes]:
    """Return the place of the first byte in `[start, stop)` that is no blank, and the byte (none: all are)."""
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (data := file.read(min(_GLANCE, stop - start))):
            text = data.lstrip(b" \t\r\n")
            if text:
                return start + len(data) - len(text), text[:1]
            start += len(data)
    return stop, b""


@dataclass(frozen=True)
class _Array:
    start: int
    stop: int
    key: str
    holds_objects: bool

    @property
    def is_collection(self) -> bool:
        return compact(words(self.key)) in _COLLECTIONS


class _Wrapper:
    """A document that is one object: its outermost arrays, and what is left of it without them."""

    def __init__(self, path: Path, name: str, start: int, stop: int) -> None:
        self._path, self._name, self._start = path, name, start
        self._spans, self._depth, self._end = self._outermost_arrays(stop)
        at, more = first_text(path, self._end, stop)
        if more:
            raise broken_at(path, name, at, "more text follows the end of the object")

    def layout(self) -> JsonLayout:
        """Decide which array holds the records, or that the object is the one record."""
        outer = self._outer() if self._spans else ()
        arrays = [
            _Array(start, stop, key, first_text(self._path, start + 1, stop)[1] == b"{")
            for (start, stop), key in zip(self._spans, _keys_of_lists(outer, self._depth), strict=True)
        ]
        lists = [array for array in arrays if array.holds_objects or array.is_collection]
        chosen = [array for array in lists if array.is_collection]
        if not chosen and self._depth == 1 and not any(compact(words(key)) in _PERSONAL for key, _ in outer):
            chosen = lists
        if not chosen:
            return JsonLayout(self._start, self._end, single=True)
        if len(chosen) > 1:
            keys = ", ".join(array.key for array in chosen[:10])
            raise FileNotImportable(
                f"{self._name} holds several lists ({keys}). Keep the one with the contacts and import it again."
            )
        others = tuple(array.key for array in lists if array is not chosen[0])
        return JsonLayout(chosen[0].start, chosen[0].stop, wrapper=chosen[0].key, others=others)

    def _outermost_arrays(self, stop: int) -> tuple[list[tuple[int, int]], int, int]:
        """Return the byte ranges of the arrays that stand in the fewest objects, how many those are, the object's end.

        Without ranges if there are more than a wrapper would have.
        """
        opened: list[int] = []
        closed: list[int] = []
        lowest = _MAX_DEPTH
        for piece in outline(self._path, self._start, stop):
            at, depth = pl.col("at"), pl.col("depth")
            end = piece.marks.filter(_CLOSE_OBJECT, depth == 0)["at"].head(1).to_list()
            inside = (depth > 0) & (at < end[0] if end else True)
            marks = piece.marks.filter(_OPEN_ARRAY | _CLOSE_ARRAY, inside, depth <= lowest)
            if len(marks) and (least := int(marks["depth"].min())) < lowest:  # type: ignore[arg-type]
                lowest, opened, closed = least, [], []
            marks = marks.filter(depth == lowest)
            opened += (marks.filter(_OPEN_ARRAY)["at"] + piece.offset).to_list()
            closed += (marks.filter(_CLOSE_ARRAY)["at"] + piece.offset + 1).to_list()
            if end and len(opened) == len(closed):
                spans = list(zip(opened, closed, strict=True)) if len(opened) <= _MAX_ARRAYS else []
                return spans, lowest, piece.offset + int(end[0]) + 1
            if end:
                break
        raise broken_at(self._path, self._name, self._start, "the object that begins there is not closed")

    def _outer(self) -> tuple[tuple[str, object], ...]:
        """Parse the object with its arrays emptied, and so check its grammar."""
        parts: list[bytes] = []
        begin = self._start
        ends = [*((start + 1, stop - 1) for start, stop in self._spans), (self._end, self._end)]
        if sum(stop - start for start, stop in ends) + _MAX_WRAPPER < self._end - self._start:
            raise FileNotImportable(f"{self._name} holds more than a list of records: its other values are too long.")
        with self._path.open("rb") as file:
            for stop, next_begin in ends:
                file.seek(begin)
                parts.append(file.read(stop - begin))
                begin = next_begin
        try:
            return parse_strictly(b"".join(parts), tuple)  # type: ignore[return-value]
        except BrokenJson as fault:
            at, begin = fault.at, self._start
            for part, (_, next_begin) in zip(parts, ends, strict=True):
                if at < len(part):
                    raise broken_at(self._path, self._name, begin + at, fault.reason) from None
                at, begin = at - len(part), next_begin
            raise broken_at(self._path, self._name, self._end - 1) from None


def _keys_of_lists(pairs: tuple[tuple[str, object], ...], depth: int) -> Iterator[str]:
    """Yield the keys of the lists that stand in `depth` objects, in order."""
    for key, value in pairs:
        if depth == 1 and isinstance(value, list):
            yield key
        elif isinstance(value, tuple):
            yield from _keys_of_lists(value, depth - 1)
