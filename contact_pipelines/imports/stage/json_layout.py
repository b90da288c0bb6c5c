"""Which part of a JSON document holds the records: an array, an array inside an object, or one object by itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contact_pipelines.errors import FileNotImportable, FileUnreadable
from contact_pipelines.imports.columns.headers import compact, words
from contact_pipelines.imports.stage.dialect import UTF8_BOM
from contact_pipelines.imports.stage.json_faults import broken_at, parse_strictly, reason
from contact_pipelines.imports.stage.json_outline import CLOSE_ARRAY, CLOSE_OBJECT, OPEN_ARRAY, outline

MAX_RECORD = 16 * 1024 * 1024
"""Bytes that one record may have; what is longer than that is more likely never closed."""
_MAX_WRAPPER = 1024 * 1024
_MAX_ARRAYS = 1_000
_GLANCE = 64 * 1024
_BLANKS = b" \t\r\n"

# fmt: off
COLLECTIONS = frozenset((
    "contacts", "contact", "people", "persons", "subscribers", "members", "users", "customers", "clients",
    "profiles", "leads", "recipients", "employees", "attendees", "participants", "guests", "donors", "audience",
    "data", "results", "result", "items", "records", "rows", "entries", "list", "elements", "nodes", "objects",
    "documents", "docs", "values", "value", "resources", "content", "response", "payload",
))
# fmt: on
"""Keys under which programs and APIs put the list of what was asked for."""
_PERSONAL = frozenset(("email", "emailaddress", "phone", "mobile", "firstname", "lastname", "fullname", "name"))
"""Keys that a person has: an object with one of them is a contact, and a list in it belongs to that contact."""
MAX_DEPTH = 3
"""Objects around the array of records: `{"data": {"contacts": {"nodes": [...]}}}`."""


@dataclass(frozen=True)
class JsonLayout:
    """The bytes `[start, stop)` of the file that hold the records: an array, or one object (`single`).

    `stop` of an array that is the whole document is the file's end: what follows its bracket is still to be
    judged. `wrapper`: the key that holds the array.
    """

    start: int
    stop: int
    single: bool = False
    wrapper: str = ""
    others: tuple[str, ...] = ()


def find_layout(path: Path, name: str) -> JsonLayout:
    """Look at a document's beginning and, if it is an object, at its outline.

    Raises FileUnreadable for a blank file, and FileNotImportable for what is neither an array nor an object, or
    an object in which several arrays could be the records.
    """
    stop = path.stat().st_size
    with path.open("rb") as file:
        bom = len(UTF8_BOM) if file.read(len(UTF8_BOM)) == UTF8_BOM else 0
        start = first_text(path, bom, stop)
        if start is None:
            raise FileUnreadable(f"{name} is empty.")
        file.seek(start)
        first = file.read(1)
    if first == b"[":
        return JsonLayout(start, stop)
    if first != b"{":
        raise FileNotImportable(f"{name} is not a list of JSON objects: it begins with neither [ nor {{.")
    return _ObjectOutline(path, name, start, stop).layout()


def first_text(path: Path, start: int, stop: int) -> int | None:
    """Return the place of the first byte in `[start, stop)` that is no blank; None if all are."""
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (data := file.read(min(_GLANCE, stop - start))):
            text = data.lstrip(_BLANKS)
            if text:
                return start + len(data) - len(text)
            start += len(data)
    return None


@dataclass(frozen=True)
class _Array:
    """An array that no other array holds: the place of its two brackets, its key, and how its content begins."""

    start: int
    stop: int
    key: str
    first: bytes

    @property
    def is_collection(self) -> bool:
        return compact(words(self.key)) in COLLECTIONS


class _ObjectOutline:
    """A document that is one object: its outermost arrays, and what is left of it without them."""

    def __init__(self, path: Path, name: str, start: int, stop: int) -> None:
        self._path, self._name, self._start = path, name, start
        for self._depth in range(1, MAX_DEPTH + 1):  # arrays in nested objects, if the object itself has none
            spans, self._end = self._find_arrays(stop)
            if spans:
                break
        self._refuse_what_follows(stop)
        self._arrays = [self._array(*span) for span in spans]

    def layout(self) -> JsonLayout:
        """Decide which array holds the records, or that the object is the one record."""
        outer = self._outer() if self._arrays else {}
        lists = [array for array in self._arrays if array.first == b"{" or array.is_collection]
        chosen = [array for array in lists if array.is_collection]
        if not chosen and self._depth == 1 and not _is_personal(outer):
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

    def _find_arrays(self, stop: int) -> tuple[list[tuple[int, int]], int]:
        """Return the byte ranges of the arrays of one depth, which no other array holds, and the object's end.

        None of them if there are more than a wrapper would have.
        """
        opened: list[int] = []
        closed: list[int] = []
        for piece in outline(self._path, self._start, stop):
            at, kind, depth = pl.col("at"), pl.col("kind"), pl.col("depth")
            end = piece.marks.filter(kind == CLOSE_OBJECT, depth == 0)["at"].head(1).to_list()
            marks = piece.marks.filter(depth == self._depth, at < end[0] if end else True)
            opened += (marks.filter(kind == OPEN_ARRAY)["at"] + piece.offset).to_list()
            closed += (marks.filter(kind == CLOSE_ARRAY)["at"] + piece.offset + 1).to_list()
            if end and len(opened) == len(closed):
                spans = list(zip(opened, closed, strict=True)) if len(opened) <= _MAX_ARRAYS else []
                return spans, piece.offset + int(end[0]) + 1
            if end:
                break
        raise broken_at(self._path, self._name, self._start, "the object that begins there is not closed")

    def _refuse_what_follows(self, stop: int) -> None:
        at = first_text(self._path, self._end, stop)
        if at is not None:
            raise broken_at(self._path, self._name, at, "more text follows the end of the object")

    def _array(self, start: int, stop: int) -> _Array:
        """Read the key in front of an array, and the first byte in it."""
        with self._path.open("rb") as file:
            begin = max(self._start, start - _GLANCE)
            file.seek(begin)
            before = file.read(start - begin).rstrip(_BLANKS).removesuffix(b":").rstrip(_BLANKS)
            file.seek(start + 1)
            first = file.read(min(_GLANCE, stop - start - 1)).lstrip(_BLANKS)[:1]
        return _Array(start, stop, _last_text(before), first)

    def _outer(self) -> dict[str, object]:
        """Parse the object with its arrays emptied, and so check its grammar."""
        parts: list[bytes] = []
        begin = self._start
        ends = [*((array.start + 1, array.stop - 1) for array in self._arrays), (self._end, self._end)]
        if sum(stop - start for start, stop in ends) + _MAX_WRAPPER < self._end - self._start:
            raise FileNotImportable(f"{self._name} holds more than a list of records: its other values are too long.")
        with self._path.open("rb") as file:
            for stop, next_begin in ends:
                file.seek(begin)
                parts.append(file.read(stop - begin))
                begin = next_begin
        try:
            outer = parse_strictly(b"".join(parts).decode("utf-8", "replace"))
        except json.JSONDecodeError as error:
            raise self._broken(parts, ends, error) from None
        return outer if isinstance(outer, dict) else {}

    def _broken(self, parts: list[bytes], ends: list[tuple[int, int]], error: json.JSONDecodeError) -> Exception:
        """Find the byte of the file for a fault in what is left of the object."""
        at = len(error.doc[: error.pos].encode())
        begin = self._start
        for part, (_, next_begin) in zip(parts, ends, strict=True):
            if at < len(part):
                return broken_at(self._path, self._name, begin + at, reason(error))
            at, begin = at - len(part), next_begin
        return broken_at(self._path, self._name, self._end - 1)


def _is_personal(outer: dict[str, object]) -> bool:
    return any(compact(words(key)) in _PERSONAL for key in outer)


def _last_text(before: bytes) -> str:
    """Return the JSON text that `before` ends with, an empty one if there is none."""
    text = before.decode("utf-8", "replace")
    begin = text[:-1].rfind('"')
    while begin > 0 and (len(text[:begin]) - len(text[:begin].rstrip("\\"))) % 2:
        begin = text.rfind('"', 0, begin)
    try:
        key = json.loads(text[begin:]) if begin >= 0 else ""
    except json.JSONDecodeError:
        return ""
    return key if isinstance(key, str) else ""
