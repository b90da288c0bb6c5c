"""Which sheet of a workbook is imported: the one named, else the first that people can see and that has contacts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from contact_pipelines.errors import FileNotImportable

HEAD_ROWS = 200
"""Rows of a sheet that are looked at for contacts, empty ones included."""

_HEADER_ROWS, _HEADER_CELLS = 20, 1_000
_ADDRESS = re.compile(r"\s*(?:mailto:)?[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+\s*")
_MOST_NAMED = 10

Head = Callable[[str], list[list[str]]]
"""Reads the first rows of a sheet."""


@dataclass(frozen=True)
class Sheet:
    """A sheet with cells in it, as the workbook lists it."""

    name: str
    visible: bool = True


def choose(sheets: Sequence[Sheet], head: Head, *, name: str) -> str:
    """Return the name of the sheet to import where none is asked for. `sheets`: those that are not empty.

    The first visible sheet with an email address in its first rows, else the first with a header cell that reads as
    email, else the first one. Raises FileNotImportable if there is no visible sheet with anything in it.
    """
    visible = [sheet.name for sheet in sheets if sheet.visible]
    if not sheets:
        raise FileNotImportable(f"{name} has no sheet with anything in it.")
    if not visible:
        raise FileNotImportable(
            f"{name} has nothing in its visible sheets. To import a hidden one, name it with --sheet: {named(sheets)}."
        )
    if len(visible) == 1:
        return visible[0]
    heads: dict[str, list[list[str]]] = {}
    for sheet in visible:  # one at a time: to look at a sheet's first rows, all of it is read
        heads[sheet] = head(sheet)
        if _has_address(heads[sheet]):
            return sheet
    return next((sheet for sheet in visible if _has_email_header(heads[sheet])), visible[0])


def find(asked: str, sheets: Sequence[Sheet], *, name: str) -> str:
    """Return the name of the sheet asked for, exactly or else in other case. Raises FileNotImportable."""
    names = [sheet.name for sheet in sheets]
    if asked in names:
        return asked
    for sheet in names:
        if sheet.strip().casefold() == asked.strip().casefold():
            return sheet
    raise FileNotImportable(f"{name} has no sheet '{asked}'. Its sheets: {named(sheets)}.")


def named(sheets: Sequence[Sheet]) -> str:
    """List sheets for a sentence, at most ten of them by name."""
    parts = [f"'{sheet.name}'" + ("" if sheet.visible else " (hidden)") for sheet in sheets[:_MOST_NAMED]]
    return ", ".join(parts) + (f" and {len(sheets) - _MOST_NAMED} more" if len(sheets) > _MOST_NAMED else "")


def _texts(rows: list[list[str]]) -> Iterator[str]:
    return (text for row in rows for text in row if text)


def _has_address(rows: list[list[str]]) -> bool:
    return any(_ADDRESS.fullmatch(text) for text in _texts(rows))


def _has_email_header(rows: list[list[str]]) -> bool:
    from contact_pipelines.imports.columns.header_meaning import read

    readings = (read(text) for text in islice(_texts(rows[:_HEADER_ROWS]), _HEADER_CELLS))
    return any(reading.entries and reading.entries[0].field == "email" for reading in readings)


def head_of(rows: Iterator[list[object]]) -> list[list[str]]:
    """Return the texts of a sheet's first rows; what is no text holds no address and is no header."""
    return [[cell for cell in row if isinstance(cell, str)] for row in islice(rows, HEAD_ROWS)]
