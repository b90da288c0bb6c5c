"""Sentences for JSON that cannot be read: line and character of the fault, never the text that stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NoReturn

from contact_pipelines.errors import FileNotImportable

_COUNTED = 1024 * 1024
_TEXT_OR_NAN = re.compile(r'"(?:[^"\\]|\\.)*"|(-?(?:NaN|Infinity))', re.DOTALL)
_NOT_A_NUMBER = "NaN and Infinity are no JSON values; null or a text is expected"
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


def parse_strictly(text: str) -> object:
    """Parse one JSON value; raises json.JSONDecodeError, also for NaN, and for what is nested too deeply."""

    def refuse(_: str) -> NoReturn:
        found = next((match for match in _TEXT_OR_NAN.finditer(text) if match[1]), None)
        raise json.JSONDecodeError(_NOT_A_NUMBER, text, found.start() if found else 0)

    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError:
        raise json.JSONDecodeError("", text, 0) from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # a number with more digits than Python converts
        raise json.JSONDecodeError("", text, 0) from None


def broken_at(path: Path, name: str, offset: int, what: str = "") -> FileNotImportable:
    """Say that the document breaks at a byte of the file."""
    line, character = position(path, offset)
    reason = f": {what}" if what else ""
    return FileNotImportable(
        f"{name} is not valid JSON: it breaks in line {line:,}, character {character:,}{reason}."
        " Mend it or export it again."
    )


def broken_record(path: Path, name: str, offset: int, data: bytes) -> FileNotImportable:
    """Say where the record whose bytes begin at `offset` breaks."""
    text = data.decode("utf-8", "replace")
    try:
        parse_strictly(text)
    except json.JSONDecodeError as error:
        at = offset + len(text[: error.pos].encode())
        return broken_at(path, name, at, reason(error))
    return broken_at(path, name, offset + len(data) - len(data.lstrip()))


def reason(error: json.JSONDecodeError) -> str:
    """Return what is wrong in our own words; empty if there is none for it."""
    return _WHAT.get(error.msg, "")


def position(path: Path, offset: int) -> tuple[int, int]:
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
