"""The child process that reads a workbook under memory and time limits.

It takes a `Request` as JSON on standard input and answers in JSON on standard output. A file that makes the library
abort takes down nothing but this process. It imports little, since it is started for every workbook.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from contact_pipelines.errors import FileError

if TYPE_CHECKING:
    from contact_pipelines.imports.stage.sheets.sheet_cells import Converted

SECONDS_TO_STOP = 5
"""CPU time beyond the limit after which the child exits on its own if its parent is gone."""


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
        return book.write(Path(request["target"]), request["sheet"])
    except (PasswordError, sheet_cells.Protected):
        raise sheet_cells.protected(name) from None
    except sheet_cells.DocumentTypeFound:
        raise sheet_cells.document_type(name) from None
    except (CalamineError, *sheet_cells.BROKEN):
        raise sheet_cells.damaged(name) from None


if __name__ == "__main__":
    main()
