"""Detects the encoding of a text file and converts it to UTF-8.

`detect_encoding` tries, in this order: a byte order mark that the bytes bear out, the NUL bytes of UTF-16 and UTF-32
(both `byte_order_marks`), valid UTF-8, mostly valid UTF-8, and then the encoding in which the words read most like
names (`encoding_guessing`).
"""

from __future__ import annotations

import codecs
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from contact_pipelines.errors import FileUnreadable, InvalidOption
from contact_pipelines.imports.stage.byte_order_marks import HEAD, UTF8, WIDE_MARKS, Encoding, read_opening
from contact_pipelines.imports.stage.encoding_guessing import Sample, guess_encoding, is_valid_utf8, take_sample

_PIECE = 1024 * 1024
_MOSTLY = 0.5
"""From this share of valid lines on, a file is UTF-8 with broken lines; text of other encodings hardly has any."""
_SUREST_GUESS = 0.99
_UNDEFINED_IN_CP1252 = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
_CONTROL = bytes(set(range(1, 32)) - {9, 10, 11, 12, 13, 26, 27}) + b"\x7f"
_CONTROL_SHARE = 0.01
_TAIL = b"\x00\r\n\x1a "
"""Half a character at the end of UTF-16 that says nothing: a line end or NUL that was added as one byte."""
_OUT_OF_STEP = re.compile("[\u0a00\u0a0d]")
"""No characters have these numbers. They are what line ends become, of UTF-16 that is read from the wrong byte on, and
of 8-bit text that is read as UTF-16."""
_FOREIGN_BYTES = (
    "{name} cannot be read as {encoding}: line {line:,} holds bytes that this encoding does not have. Name the right"
    " encoding with --encoding, or export the file again in UTF-8."
)
_LOST_BYTES = (
    "{name} cannot be read as {encoding}: from line {line:,} on, bytes were lost or added, so they do not pair up to"
    " characters. Export the file again, in UTF-8 if possible."
)
_CUT_OFF = (
    "{name} ends in the middle of a character of {encoding}: the file was cut off, or is in another encoding. Export it"
    " again, or name its encoding with --encoding."
)

_SPOKEN = {
    "ansi": "cp1252",
    "western": "cp1252",
    "mac": "mac-roman",
    "unicode": "utf-16",
    "utf-8-sig": "utf-8",
    "shift-jis-2004": "shift_jis_2004",
    "x-mac-cyrillic": "mac-cyrillic",
}
_NOT_OF_FILES = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
_SUPERSETS = {
    "ascii": "utf-8",
    "utf-8-sig": "utf-8",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "big5": "cp950",
    "tis-620": "cp874",
}
"""What programs write under a name is nearly always its superset, which decodes the rest alike (WHATWG, Encoding)."""
SAMPLE_BYTES = 64 * 1024
"""The beginning of a file, in which binary data is recognised."""
_MAGIC = {
    b"PK\x03\x04": "an Excel workbook or a ZIP archive",
    b"PK\x05\x06": "a ZIP archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel or Word file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF-": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"PAR1": "a Parquet file",
    b"SQLite format 3\x00": "an SQLite database",
    b"\x7fELF": "a program",
}
_WIDE_SHARE = 0.2  # UTF-16 text in a Latin script is NUL in every other byte


def detect_encoding(path: Path, *, name: str, given: str | None = None) -> Encoding:
    """Return the encoding of the text file at `path`; `name` is what errors call it.

    `given`: the encoding that the user named, taken if the text can be decoded in it. Binary data counts as UTF-8; the
    caller refuses it. Reads the file once if it is UTF-8, else two or three times, 4 MB at a time.

    Raises FileUnreadable if the file is not text in the given encoding (a few broken lines of UTF-8 are allowed),
    InvalidOption if there is no encoding of that name.
    """
    with path.open("rb") as file:
        opening = read_opening(file.read(HEAD))
        if given is not None:
            return _as_given(file, codec_name(given), opening, name)
        return opening if opening.wide else _eight_bit(file, opening)


def decode_to_utf8(path: Path, target: Path, encoding: Encoding, *, name: str) -> None:
    """Write the text of `path` to `target` in UTF-8 without byte order mark, in constant memory.

    UTF-8 is copied as it is; staging finds its broken rows. Raises FileUnreadable, which names
    the line, if the text is not of that encoding; `target` is then removed.
    """
    with path.open("rb") as source:
        if encoding.name == UTF8:
            source.seek(encoding.bom)
            with target.open("wb") as copy:
                shutil.copyfileobj(source, copy, _PIECE)
            return
        try:
            with target.open("wb") as copy:
                copy.writelines(_decoded(source, encoding, name))
        except FileUnreadable:
            target.unlink()
            raise


def _eight_bit(file: BinaryIO, opening: Encoding) -> Encoding:
    """Detect the encoding of a file that is neither UTF-16 nor UTF-32."""
    reason = opening.reason or "valid UTF-8"
    if is_valid_utf8(file, opening.bom):
        return Encoding(UTF8, 1.0, opening.bom, reason)
    if opening.name == "gb18030":
        return Encoding("gb18030", 1.0, opening.bom, reason)
    sample = take_sample(file, opening.bom)
    share = sample.utf8_share
    if share >= _MOSTLY:
        return Encoding(UTF8, share, opening.bom, "UTF-8 except for some broken lines")
    if _is_binary(file, opening.bom):
        return Encoding(UTF8, 0.0, opening.bom, "binary data")
    guessed = _guessed(sample)
    misplaced = ", after a byte order mark of another encoding" if opening.bom else ""
    return replace(guessed, bom=opening.bom, reason=guessed.reason + misplaced)


def _guessed(sample: Sample) -> Encoding:
    guess = guess_encoding(sample.words, old_mac=sample.old_mac)
    encoding = Encoding(guess.name, min(guess.confidence, _SUREST_GUESS), 0, f"letters of {guess.family} names")
    if guess.name == "cp1252" and sample.high_bytes & _UNDEFINED_IN_CP1252:
        return replace(encoding, name="iso8859-1", reason=f"{encoding.reason}, and bytes that cp1252 does not have")
    return encoding


def _is_binary(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    head = file.read(HEAD)
    return len(head) - len(head.translate(None, _CONTROL)) > _CONTROL_SHARE * len(head)


def _as_given(file: BinaryIO, codec: str, opening: Encoding, name: str) -> Encoding:
    """Check the encoding that the user named against the whole file."""
    if codec in ("utf-16", "utf-32"):  # the byte order is detected; little-endian is the usual one
        codec = opening.name if opening.name.startswith(codec) else f"{codec}-le"
    encoding = Encoding(codec, 1.0, 0, "given")
    if opening.wide == encoding.wide:
        encoding = replace(encoding, bom=opening.bom)
    if codec != UTF8:
        for _ in _decoded(file, encoding, name):
            pass
    elif not is_valid_utf8(file, encoding.bom) and take_sample(file, encoding.bom).utf8_share < _MOSTLY:
        raise FileUnreadable(
            f"{name} is not written in utf-8: most lines with letters outside ASCII are not valid. "
            "Name its encoding with --encoding, or leave that out to have it detected."
        )
    return encoding


def _decoded(file: BinaryIO, encoding: Encoding, name: str) -> Iterator[bytes]:
    """Yield the text in UTF-8, piece by piece, without its byte order mark."""
    decoder = codecs.getincrementaldecoder(encoding.name)()
    wide = encoding.name.startswith("utf-16")
    newlines = returns = 0
    file.seek(encoding.bom)
    while chunk := file.read(_PIECE):
        fault = ""
        try:
            text = decoder.decode(chunk)
            data = text.encode()
        except UnicodeDecodeError as error:
            fault, text = _FOREIGN_BYTES, error.object[: error.start].decode(encoding.name, "replace")
        except UnicodeError:  # a lone surrogate, which only strange encodings let through
            fault, text = _FOREIGN_BYTES, ""
        if not fault and wide and (misread := _OUT_OF_STEP.search(text)):
            fault, text = _LOST_BYTES, text[: misread.start()]
        newlines, returns = newlines + text.count("\n"), returns + text.count("\r")
        if fault:
            line = (newlines or returns) + 1
            raise FileUnreadable(fault.format(name=name, encoding=encoding.name, line=line))
        yield data
    if decoder.getstate()[0].strip(_TAIL):
        raise FileUnreadable(_CUT_OFF.format(name=name, encoding=encoding.name))


def codec_name(given: str) -> str:
    """Return the lower-case name of Python's codec for the name that the user gave.

    Raises InvalidOption if there is no such encoding of text.
    """
    spoken = given.strip().lower().replace("_", "-").replace(" ", "-")
    name = _python_name(_SPOKEN.get(spoken, spoken))
    if name is None:
        raise InvalidOption(
            f"There is no encoding called {given!r}. Examples: utf-8, utf-16, cp1252, mac-roman and shift_jis."
        )
    return _SUPERSETS.get(name, name)


def _python_name(spoken: str) -> str | None:
    """Return what Python calls an encoding of text; None if it has none of that name."""
    try:
        name = codecs.lookup(spoken).name
        b"a".decode(name)
    except UnicodeError:  # one letter is half a character in UTF-16
        pass
    except (LookupError, ValueError):  # none at all, or none of text, as base64
        return None
    return None if name in _NOT_OF_FILES else name


def require_text(sample: bytes, name: str) -> None:
    """Raise FileUnreadable if the file that begins with `sample` (64 KB or less) is not text in UTF-8."""
    for bom, encoding in WIDE_MARKS.items():
        if sample.startswith(bom):
            raise FileUnreadable(f"{name} is encoded in {encoding[:6].upper()}. Save it as CSV in UTF-8 and try again.")
    for magic, kind in _MAGIC.items():
        # A bare "BZh" or "PAR1" could begin a header; the binary bytes that follow it could not.
        if sample.startswith(magic) and (not magic.isalnum() or _binary_share(sample)):
            raise FileUnreadable(f"{name} looks like {kind}. A CSV or TSV file is expected.")
    if sample and sample.count(0) > _WIDE_SHARE * len(sample):
        raise FileUnreadable(f"{name} looks like UTF-16 text or binary data. A CSV or TSV file in UTF-8 is expected.")
    if _binary_share(sample) > _CONTROL_SHARE:
        raise FileUnreadable(f"{name} looks like binary data. A CSV or TSV file is expected.")


def _binary_share(sample: bytes) -> float:
    """Return the share of control characters; NUL may be dropped, and the likeliest other one be the delimiter."""
    if not sample:
        return 0.0
    controls = sorted(sample.count(byte) for byte in _CONTROL)
    return sum(controls[:-1]) / len(sample)
