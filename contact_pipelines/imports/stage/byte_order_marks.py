"""Byte order marks, complete, broken and misplaced; and UTF-16 and UTF-32 without one.

A mark is not proof: `FF FE` is also found in front of 8-bit text and of UTF-16 in the other byte order. The proof is
the commas, tabs and line ends of every contact list: in UTF-16 each has a NUL byte beside it, on the side that the byte
order says.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from contact_pipelines.imports.stage.dialect import UTF8_BOM

UTF8 = "utf-8"
HEAD = 256 * 1024
"""Bytes of a file's beginning in which UTF-16 and UTF-32 are recognised."""

WIDE_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins as UTF-16's does, so it is looked for first
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_OTHER_ORDER = {"utf-16-le": "utf-16-be", "utf-16-be": "utf-16-le", "utf-32-le": "utf-32-be", "utf-32-be": "utf-32-le"}
_MISREAD = tuple(UTF8_BOM.decode(codec) for codec in ("cp1252", "mac-roman", "cp850"))
"""A mark of UTF-8 that a program took for text, such as ï»¿."""
_NARROW_MARKS = {
    UTF8_BOM: "utf-8",
    **{text.encode(): "utf-8" for text in _MISREAD},
    _MISREAD[0].encode().decode("latin-1").encode(): "utf-8",  # misread twice
    UTF8_BOM[1:]: "",  # its first byte was lost
    UTF8_BOM[:2]: "",  # its last byte was lost
    b"\x84\x31\x95\x33": "gb18030",
}
_DELIMITERS = "\n\r,;\t|"
_FEW = 0.05
"""Of these characters in 8-bit text, fewer than this share have a stray NUL beside them."""
_MOST = 0.5
_STRAY_NULS = 0.2
"""Share of NUL bytes up to which text with unpaired delimiters is of one byte a character."""
_LATIN_NULS = 0.4
"""Share of NUL bytes from which on text without any delimiter can only be UTF-16 of a Latin script."""


@dataclass(frozen=True)
class Encoding:
    """An encoding and how it was found.

    `name`: of Python's codec, lower case; `confidence`: 0 to 1, how likely the text is read right; `bom`: bytes of
    byte order marks to skip; `reason`: the evidence, to follow "detected by" or in brackets.
    """

    name: str
    confidence: float
    bom: int
    reason: str

    @property
    def needs_decoding(self) -> bool:
        """Whether the file must be rewritten before it can be read as UTF-8 with at most one byte order mark."""
        return self.name != UTF8 or self.bom not in (0, len(UTF8_BOM))

    @property
    def wide(self) -> bool:
        """Whether it is UTF-16 or UTF-32."""
        return self.name.startswith(("utf-16", "utf-32"))


def read_opening(head: bytes) -> Encoding:
    """Return what the first HEAD bytes of a file say about its encoding.

    Only UTF-16 and UTF-32 are settled here; `utf-8` and `gb18030` are a mark's claim, to be checked on the whole file,
    and an empty name leaves the encoding open.
    """
    skip, marked = _narrow_marks(head)
    wide, wide_skip = next(
        ((name, len(mark)) for mark, name in WIDE_MARKS.items() if head.startswith(mark, skip)), ("", 0)
    )
    if wide:
        return _believe(wide, head, skip + wide_skip)
    body = head[skip:]
    found = _unmarked(body.rstrip(b"\x00"))
    if found:
        return Encoding(found, 0.95, skip + _repeated_marks(body, found), "NUL bytes where it has them")
    return Encoding(marked, 0.0, skip, "byte order mark" if marked else "")


def _narrow_marks(head: bytes) -> tuple[int, str]:
    """Return how many bytes of marks of 8-bit encodings the file begins with, and what they say."""
    skip, marked = 0, ""
    while True:
        mark = next((mark for mark in _NARROW_MARKS if head.startswith(mark, skip)), None)
        if mark is None:
            return skip, marked
        skip, marked = skip + len(mark), marked or _NARROW_MARKS[mark]


def _repeated_marks(body: bytes, encoding: str) -> int:
    """Return how many bytes of further marks follow, whole or as the misread ï»¿."""
    skip = 0
    marks = [text.encode(encoding) for text in ("\ufeff", *_MISREAD)]
    while mark := next((mark for mark in marks if body.startswith(mark, skip)), None):
        skip += len(mark)
    return skip


def _believe(marked: str, head: bytes, skip: int) -> Encoding:
    """Check the mark of a wide encoding against the bytes after it."""
    body = head[skip:]
    if not body or _fits(body, marked):
        return Encoding(marked, 1.0, skip + _repeated_marks(body, marked), "byte order mark")
    other = _OTHER_ORDER[marked]
    if _fits(body, other):
        return Encoding(other, 0.8, skip + _repeated_marks(body, other), "a byte order mark of the wrong order")
    if marked == "utf-32-le" and _fits(body, "utf-16-le"):
        return Encoding("utf-16-le", 0.8, skip, "byte order mark and NUL after it")
    if body.count(0) < _STRAY_NULS * len(body) and _delimiter_bytes(body):
        return Encoding("", 0.0, skip, "8-bit text after a byte order mark of another encoding")
    return Encoding(marked, 0.9, skip + _repeated_marks(body, marked), "byte order mark")


def _fits(body: bytes, encoding: str) -> bool:
    """Whether the delimiters of text in a wide encoding are there, or for UTF-32 whether it can be decoded at all."""
    if encoding.startswith("utf-32"):
        return _decoded(body, encoding) is not None
    paired = _paired_delimiters(body.decode(encoding, "replace"))
    return paired > _FEW * _delimiter_bytes(body)


def _unmarked(body: bytes) -> str:
    """Return the wide encoding that text without a mark is written in, or nothing. `body` has no NULs at its end."""
    if 0 not in body:
        return ""
    for encoding, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        text = _decoded(body + bytes(-len(body) % width), encoding)  # the NULs were the last character's
        if text is None or "\x00" in text:
            continue
        if encoding.startswith("utf-32") or _has_nuls_of_utf16(body, text):
            return encoding
    return ""


def _has_nuls_of_utf16(body: bytes, text: str) -> bool:
    """Whether `text`, which is `body` decoded as UTF-16, has the delimiters of `body`."""
    delimiters = _delimiter_bytes(body)
    if not delimiters:
        return body.count(0) >= _LATIN_NULS * len(body)
    return _paired_delimiters(text) >= _MOST * delimiters


def _decoded(body: bytes, encoding: str) -> str | None:
    """Decode a beginning, whose last character may be cut; None if it is not of this encoding."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(body)
    except UnicodeDecodeError:
        return None


def _paired_delimiters(text: str) -> int:
    return sum(map(text.count, _DELIMITERS))


def _delimiter_bytes(body: bytes) -> int:
    return sum(body.count(sign.encode()) for sign in _DELIMITERS)
