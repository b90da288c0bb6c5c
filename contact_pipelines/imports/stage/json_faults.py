"""Errors of unreadable JSON, with line and position but never the text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from contact_pipelines.errors import FileNotImportable

_COUNTED = 1024 * 1024
_TEXT_OR_NAN = re.compile(r'"(?:[^"\\]|\\.)*"|(-?(?:NaN|Infinity))', re.DOTALL)
_NOT_A_NUMBER = "NaN and Infinity are not JSON values; use null or a string"
_WHAT = {
    "Expecting property name enclosed in double quotes": "a key in double quotes is expected",
    "Illegal trailing comma before end of object": "there is a comma too many",
    "Illegal trailing comma before end of array": "there is a comma too many",
    "Expecting ':' delimiter": "a colon is expected",
    "Expecting ',' delimiter": "a comma is expected",
    "Expecting value": "a value is expected",
    "Extra data": "a comma is expected",
    "Unterminated string starting at": "a text that begins there is not closed",
    _NOT_A_NUMBER: _NOT_A_NUMBER,
    "Invalid control character at": "a line break or another control character stands inside a text",
}
"""What Python's parser says -> what is said here. Its own words may quote the file."""


class BrokenJson(Exception):
    """Bytes that are not one JSON value: at which of them it breaks, and why in our words (empty: none for it)."""

    def __init__(self, at: int, reason: str = "") -> None:
        super().__init__(reason)
        self.at, self.reason = at, reason


def parse_strictly(data: bytes, pairs: Callable[[list[tuple[str, object]]], object] | None = None) -> object:
    """Parse one JSON value; `pairs` makes its objects. NaN and what is nested too deeply are BrokenJson too."""
    text = data.decode("utf-8", "replace")

    def refuse(_: str) -> NoReturn:
        found = next((match for match in _TEXT_OR_NAN.finditer(text) if match[1]), None)
        raise json.JSONDecodeError(_NOT_A_NUMBER, text, found.start() if found else 0)

    try:
        return json.loads(text, parse_constant=refuse, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise BrokenJson(len(text[: error.pos].encode()), _WHAT.get(error.msg, "")) from None
    except (RecursionError, ValueError):  # ValueError: a number with more digits than Python converts
        raise BrokenJson(0) from None


def broken_at(path: Path, name: str, offset: int, what: str = "") -> FileNotImportable:
    """Say that the document breaks at a byte of the file."""
    line, character = _position(path, offset)
    reason = f": {what}" if what else ""
    return FileNotImportable(
        f"{name} is not valid JSON: it breaks in line {line:,}, character {character:,}{reason}."
        " Fix it or export it again."
    )


def broken_record(path: Path, name: str, start: int, stop: int) -> FileNotImportable:
    """Say where the record at the bytes `[start, stop)` of the file breaks."""
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(stop - start)
    try:
        parse_strictly(data)
    except BrokenJson as fault:
        return broken_at(path, name, start + fault.at, fault.reason)
    return broken_at(path, name, start + len(data) - len(data.lstrip()))


def endless_record(path: Path, name: str, offset: int, number: int, what: str) -> FileNotImportable:
    """Say that the record which begins at a byte of the file has no end."""
    line, character = _position(path, offset)
    return FileNotImportable(
        f"{name} is not valid JSON: record {number:,}, which begins in line {line:,}, character {character:,}, {what}."
        " Is a quote or a bracket in it not closed? Fix it or export it again."
    )


def _position(path: Path, offset: int) -> tuple[int, int]:
    """Return the line and the character in it, both from 1, of a byte of the file."""
    line, begin = 1, 0
    with path.open("rb") as file:
        done = 0
        while done < offset and (data := file.read(min(_COUNTED, offset - done))):
            line += data.count(b"\n")
            last = data.rfind(b"\n")
            begin = done + last + 1 if last >= 0 else begin
            done += len(data)
        file.seek(begin)
        before = file.read(offset - begin)
    return line, len(before.decode("utf-8", "replace")) + 1
