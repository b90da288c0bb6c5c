"""What a cell looks like, for telling headers from data and one way of cutting a file into cells from another."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from contact_pipelines.imports.columns.header_meaning import read


class Kind(StrEnum):
    """Kind of a cell's text. YEAR is a number that may just as well be a label."""

    BLANK = "blank"
    EMAIL = "email"
    NUMBER = "number"
    YEAR = "year"
    DATE = "date"
    URL = "url"
    TEXT = "text"
    LONG = "long"


TYPED = frozenset({Kind.EMAIL, Kind.NUMBER, Kind.DATE, Kind.URL})
"""Kinds that data have and labels have not."""

_LONGEST_LABEL = 250
_YEAR = re.compile(r"(?:19|20)\d\d")
_PATTERNS = (
    (Kind.EMAIL, re.compile(r"(?:mailto:|[^@<>]*<)?[^\s@,;|<>\"]+@[^\s@,;|<>\"]+\.[^\s@,;|<>\"]+>?")),
    (Kind.URL, re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    (Kind.DATE, re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?:[ T]\d.*)?|\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?")),
    # Amounts with their signs, and phone numbers.
    (Kind.NUMBER, re.compile(r"['(]?[+\-]?(?:[$€£¥] ?)?[(\d][\d.,'\s()/\-]*(?: ?[%$€£¥])?")),
)


def kind_of(cell: str) -> Kind:
    """Return what a cell looks like."""
    text = cell.strip()
    if not text:
        return Kind.BLANK
    if len(text) > _LONGEST_LABEL:
        return Kind.LONG
    if _YEAR.fullmatch(text):
        return Kind.YEAR
    for kind, pattern in _PATTERNS:
        if pattern.fullmatch(text):
            return kind
    return Kind.TEXT


@lru_cache(maxsize=10_000)
def _known(label: str) -> tuple[str, ...]:
    return tuple(entry.field for entry in read(label).entries)


def known_fields(cell: str) -> tuple[str, ...]:
    """Return the fields that a cell means if it is a header; empty if its words are not known."""
    text = cell.strip()
    return _known(text) if 0 < len(text) <= _LONGEST_LABEL else ()
