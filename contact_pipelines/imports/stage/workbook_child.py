"""The child process that reads a workbook under limits of memory and time: `python -m ...workbook_child`.

It takes a `Request` as JSON on standard input and answers in JSON on standard output. A file that makes the library
abort takes down nothing but this process. It imports little, since it is started for every workbook.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from contact_pipelines.errors import FileError, FileNotImportable

if TYPE_CHECKING:
    from contact_pipelines.imports.stage.sheets.sheet_book import Sheet, SheetBook

SECONDS_TO_STOP = 5
"""Processor time beyond the limit after which the child ends by itself if its parent is gone."""


class Request(TypedDict):
    """What to read and where to write it. `memory` in bytes, `seconds` of processor time, `cells` of a sheet."""

    path: str
    target: str
    name: str
    format: str
    sheet: str | None
    memory: int
    seconds: float
    cells: int


@dataclass(frozen=True)
class Converted:
    """What was written: the sheet's name, all sheets' names, rows of the CSV, and notes for the user."""

    sheet: str
    sheets: tuple[str, ...]
    rows: int
    notes: tuple[str, ...] = ()


def main() -> None:
    """Answer the request with what was written, or with the code and sentence of a FileError; else exit with 1."""
    request: Request = json.load(sys.stdin)
    limit_resources(request["memory"], request["seconds"])
    try:
        answer = {"converted": asdict(convert(request))}
    except FileError as error:
        answer = {"refused": {"code": error.code, "message": str(error)}}
    json.dump(answer, sys.stdout)


def limit_resources(memory: int, seconds: float) -> None:
    """Bound this process's address space and processor time, and let it leave no core dump, which would hold data.

    Windows has no such limits: there the time-out alone guards, and the ranges that were checked before reading.
    """
    try:
        import resource
    except ImportError:
        return
    for what, bound in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, int(seconds) + SECONDS_TO_STOP),
        (resource.RLIMIT_AS, memory),
    ):
        _, most = resource.getrlimit(what)
        bound = bound if most == resource.RLIM_INFINITY else min(bound, most)  # noqa: PLW2901
        with suppress(ValueError, OSError):  # macOS has no limit of the address space
            resource.setrlimit(what, (bound, bound))


def convert(request: Request) -> Converted:
    """Write one sheet as CSV. Raises FileUnreadable and FileNotImportable."""
    from python_calamine import CalamineError, PasswordError

    from contact_pipelines.imports.stage.sheets import sheet_cells
    from contact_pipelines.imports.stage.sheets.sheet_book import SheetBook

    name = request["name"]
    try:
        book = SheetBook(Path(request["path"]), request["format"], name=name, most_cells=request["cells"])
        return _write(book, request)
    except (PasswordError, sheet_cells.Protected):
        raise sheet_cells.protected(name) from None
    except sheet_cells.DocumentTypeFound:
        raise sheet_cells.document_type(name) from None
    except (CalamineError, *sheet_cells.BROKEN):
        raise sheet_cells.damaged(name) from None


def _write(book: SheetBook, request: Request) -> Converted:
    from contact_pipelines.imports.stage.sheets.cell_text import CellTexts

    filled = [sheet for sheet in book.sheets if not book.is_empty(sheet.name)]
    chosen = _choose(book, filled, request)
    texts, rows = CellTexts(), 0
    with Path(request["target"]).open("w", encoding="utf-8", newline="") as target:
        for line in texts.lines(book.shown_rows(chosen), book.indent(chosen)):
            rows += 1
            target.write(line)
    if not rows:  # formulas without results, and nothing else
        raise _nothing_in(chosen, request["name"])
    others = [sheet for sheet in filled if sheet.name != chosen and request["sheet"] is None]
    names = tuple(sheet.name for sheet in book.sheets)
    return Converted(chosen, names, rows, (*_notes(others, texts.long_numbers), *book.notes(chosen)))


def _choose(book: SheetBook, filled: list[Sheet], request: Request) -> str:
    from contact_pipelines.imports.stage.sheets import sheet_book

    name, asked = request["name"], request["sheet"]
    if asked is None:
        return sheet_book.choose(filled, lambda sheet: sheet_book.head_of(book.rows(sheet)), name=name)
    chosen = sheet_book.find(asked, book.sheets, name=name)
    if chosen not in (sheet.name for sheet in filled):
        raise _nothing_in(chosen, name)
    return chosen


def _nothing_in(sheet: str, name: str) -> FileNotImportable:
    return FileNotImportable(f"{name}: the sheet '{sheet}' has nothing in it.")


def _notes(others: list[Sheet], long_numbers: int) -> list[str]:
    from contact_pipelines.imports.stage.sheets.sheet_book import named

    notes = []
    if others:
        was = "sheet {} was" if len(others) == 1 else "sheets {} were"
        notes.append(f"the {was.format(named(others))} not imported; name the one you want with --sheet")
    if long_numbers:
        notes.append(
            f"numbers of more than 15 digits, of which a spreadsheet keeps only 15: {long_numbers:,}; "
            "where they are ids, format the column as text in the spreadsheet"
        )
    return notes


if __name__ == "__main__":
    main()
