"""What is looked at to tell the encoding of a file that is not UTF-8: its lines that are not ASCII, a bounded share."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import BinaryIO

from contact_pipelines.imports.stage.byte_scan import CHUNK, CONTINUED, is_utf8

BUDGET = 256 * 1024
"""Bytes of lines that are looked at, taken evenly from the whole file."""
_BLOCK = 64 * 1024
_LONGEST = 4096
"""Bytes of one line that are looked at."""
_ASCII = bytes(range(CONTINUED))
_BETWEEN_WORDS = re.compile(rb"[\x00-\x2f\x3a-\x3f]+")
"""Bytes that are never part of a character of several bytes; digits are, in GB18030, and stay."""
_CUT_WORD = re.compile(rb"[^\x00-\x3f]*\Z")
_LEADS = {1: 0xC0, 2: 0xE0, 3: 0xF0}
"""By its distance from the end: from which byte on a UTF-8 character is cut off there."""


@dataclass
class Sample:
    """Lines that are not ASCII, and what the whole file holds."""

    lines: list[bytes] = field(default_factory=list)
    high_bytes: set[int] = field(default_factory=set)
    newlines: bool = False
    returns: bool = False

    @property
    def old_mac(self) -> bool:
        """Whether lines end as they did on a Mac before 2001, and do when Excel saves "CSV (Macintosh)"."""
        return self.returns and not self.newlines

    @property
    def words(self) -> list[bytes]:
        """The distinct words that are not ASCII, in the order of their first appearance.

        Words in UTF-8 come from elsewhere, in a file that is not, and are left out if there are others.
        """
        words = dict.fromkeys(word for line in self.lines for word in _BETWEEN_WORDS.split(line))
        foreign = [word for word in words if not word.isascii()]
        return [word for word in foreign if not is_utf8(word)] or foreign

    @property
    def utf8_share(self) -> float:
        """Which share of the lines is valid UTF-8, 0 to 1."""
        return sum(map(is_utf8, self.lines)) / len(self.lines) if self.lines else 1.0


def is_valid_utf8(file: BinaryIO, start: int) -> bool:
    """Whether the file is UTF-8 (or ASCII) from `start` on; stops at the first piece that is not."""
    file.seek(start)
    rest = b""
    while chunk := file.read(CHUNK):
        if not rest and chunk.isascii():
            continue
        data = rest + chunk
        cut = _whole_characters(data)
        if not is_utf8(data[:cut]):
            return False
        rest = data[cut:]
    return not rest


def _whole_characters(data: bytes) -> int:
    """Return where a last character begins that is cut off, or else the length."""
    for back, lead in _LEADS.items():
        if data[-back:][0] >= lead:
            return len(data) - back
        if data[-back:][0] < CONTINUED:
            break
    return len(data)


def take_sample(file: BinaryIO, start: int) -> Sample:
    """Read the file once from `start` on and take lines that are not ASCII from all its parts."""
    sample = Sample()
    size = os.fstat(file.fileno()).st_size - start
    quota = BUDGET // max(1, -(-size // CHUNK))
    file.seek(start)
    while chunk := file.read(CHUNK):
        # What is known is deleted at C speed, so that only new bytes reach the set.
        sample.high_bytes.update(chunk.translate(None, _ASCII + bytes(sample.high_bytes)))
        sample.newlines = sample.newlines or b"\n" in chunk
        sample.returns = sample.returns or b"\r" in chunk
        sample.lines += _lines(chunk, quota)
    return sample


def _lines(chunk: bytes, quota: int) -> list[bytes]:
    """Return lines that are not ASCII until they have `quota` bytes, one at least if there is one."""
    found: list[bytes] = []
    for begin in range(0, len(chunk), _BLOCK):
        block = chunk[begin : begin + _BLOCK]
        if block.isascii():
            continue
        lines = block.splitlines()
        # The first and the last may be cut, unless the file begins or ends with them; a sole one is taken all the same.
        for line in lines[bool(begin) : len(lines) - (len(block) == _BLOCK)] or lines:
            if not line.isascii():
                found.append(line if len(line) <= _LONGEST else _shortened(line))
                quota -= len(found[-1])
                if quota <= 0:
                    return found
    return found


def _shortened(line: bytes) -> bytes:
    """Cut a long line, between words if it has any."""
    line = line[:_LONGEST]
    return line[: _CUT_WORD.search(line).start()] or line  # type: ignore[union-attr]  # it matches the empty end
