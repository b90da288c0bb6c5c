"""Where a JSON document's brackets and commas stand, found piece by piece without parsing it.

The scan keeps no more than a piece in memory. It does not check the grammar: the records that are cut out of the
document are parsed one by one, and what stands between them is only brackets and commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

PIECE = 4 * 1024 * 1024
"""Bytes read at a time."""

COMMA, QUOTE = ord(","), ord('"')
OPEN_ARRAY, CLOSE_ARRAY = ord("["), ord("]")
OPEN_OBJECT, CLOSE_OBJECT = ord("{"), ord("}")

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_OPENING = (OPEN_ARRAY, OPEN_OBJECT)
_CLOSING = (CLOSE_ARRAY, CLOSE_OBJECT)
_STRUCTURAL = pl.any_horizontal(
    *(pl.col("kind") == byte for byte in (COMMA, QUOTE, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT))
)


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
    scanner = _Scanner()
    with path.open("rb") as file:
        file.seek(start)
        offset = start
        while offset < stop and (data := file.read(min(PIECE, stop - offset))):
            yield Piece(offset, data, scanner.scan(data))
            offset += len(data)


class _Scanner:
    """What is known at the end of a piece: whether a text is open, and how many brackets are."""

    def __init__(self) -> None:
        self._in_text = 0
        self._escaped = False  # the piece ended with a backslash: the next byte is no quote
        self._depth = 0

    def scan(self, data: bytes) -> pl.DataFrame:
        text = b"_" + data[1:] if self._escaped else data
        if b"\\" in text:
            text = _ESCAPE.sub(b"__", text)
        self._escaped = text.endswith(b"\\")
        codes = pa.UInt8Array.from_buffers(pa.uint8(), len(text), [None, pa.py_buffer(text)])
        marks = (
            pl.DataFrame({"kind": pl.Series(codes)})
            .with_row_index("at")
            .filter(_STRUCTURAL)
            .with_columns(in_text=(self._in_text + (pl.col("kind") == QUOTE).cum_sum()) % 2)
        )
        if len(marks):
            self._in_text = int(marks["in_text"][-1])
        return self._with_depth(marks.filter(pl.col("in_text") == 0, pl.col("kind") != QUOTE))

    def _with_depth(self, marks: pl.DataFrame) -> pl.DataFrame:
        opens = pl.col("kind").is_in(_OPENING)
        step = pl.when(opens).then(1).when(pl.col("kind").is_in(_CLOSING)).then(-1).otherwise(0)
        marks = marks.with_columns(after=self._depth + step.cum_sum())
        if len(marks):
            self._depth = int(marks["after"][-1])
        return marks.select("at", "kind", depth=pl.col("after") - opens.cast(pl.Int32))
