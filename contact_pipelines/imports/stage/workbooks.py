"""Converts workbooks (.xlsx, .xls, .xlsb, .ods) to CSV: one sheet, its cells as people see them.

A child process under limits of memory and time reads the file (`workbook_child`), because a workbook of a kilobyte can
make the library take hundreds of gigabytes and abort. Here is what comes before and after.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import contact_pipelines
from contact_pipelines.errors import FileError, FileNotImportable, FileUnreadable
from contact_pipelines.imports.stage.archives import open_zip, refuse_document_types, require_bounded
from contact_pipelines.imports.stage.sheets.sheet_cells import Converted
from contact_pipelines.imports.stage.workbook_child import Request
from contact_pipelines.settings.policy import MIB, Limits

RATIO_FLOOR = 100 * MIB
"""Unpacked bytes up to which the compression ratio does not matter: XML of equal rows packs very well."""

_ERRORS: dict[str, type[FileError]] = {error.code: error for error in (FileUnreadable, FileNotImportable)}
_CHILD = "contact_pipelines.imports.stage.workbook_child"
_PACKAGES = Path(contact_pipelines.__file__).parent.parent
"""Where the child finds this package, however this process found it."""


def convert(path: Path, target: Path, *, name: str, format: str, sheet: str | None, limits: Limits) -> Converted:  # noqa: A002
    """Write one sheet of a workbook as CSV: UTF-8, comma, LF, cells quoted as needed, no escape but doubled quotes.

    One record for each row of the sheet from row 1 on, so that row numbers stay the sheet's; an empty row is an
    empty line. Numbers have no exponent, dates are ISO 8601, booleans TRUE and FALSE, errors their text (#N/A);
    leading zeros, phone signs and per cent of a number format are included. A merged cell's value stands in its
    first cell. `sheet`: by name; None takes the first visible one with contacts. Raises FileUnreadable (damaged,
    protected by a password) and FileNotImportable (no such sheet, empty, beyond the limits).
    """
    if format != "xls":
        _check_archive(path, name, limits)
    with _named_by_format(path.resolve(), target.resolve(), format) as workbook:
        request = Request(
            path=str(workbook),
            target=str(target.resolve()),
            name=name,
            format=format,
            sheet=sheet,
            memory=int(limits.workbook_memory),
            seconds=limits.workbook_seconds,
            cells=limits.sheet_cells,
        )
        try:
            return _ask_child(request, limits)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


@contextmanager
def _named_by_format(path: Path, target: Path, file_format: str) -> Iterator[Path]:
    """Give a file the ending of its format for a while, because calamine goes by the name first.

    The link is next to `target`. Where links are not allowed (Windows), it is a copy.
    """
    if path.suffix == f".{file_format}":
        yield path
        return
    other = target.with_name(f"{target.name}.{file_format}")
    try:
        other.symlink_to(path)
    except OSError:
        shutil.copyfile(path, other)
    try:
        yield other
    finally:
        other.unlink(missing_ok=True)


def _check_archive(path: Path, name: str, limits: Limits) -> None:
    """Check the sizes that the archive's directory states, and that no part declares a document type."""
    with open_zip(path, name) as archive:
        require_bounded(archive, name, path.stat().st_size, limits, floor=RATIO_FLOOR)
        refuse_document_types(archive, name)


def _ask_child(request: Request, limits: Limits) -> Converted:
    """Let the child read the workbook. What it writes to standard error may hold data and is dropped."""
    name = request["name"]
    try:
        child = subprocess.run(  # noqa: S603 - our own module, arguments go by standard input
            [sys.executable, "-m", _CHILD],
            input=json.dumps(request).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_PACKAGES,
            timeout=limits.workbook_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FileNotImportable(
            f"{name} took longer to read than {limits.workbook_seconds:g} seconds. "
            "Split it, save the sheet as CSV, or raise limits.workbook_seconds in the settings."
        ) from None
    if child.returncode:
        raise FileNotImportable(
            f"{name} is damaged, or needs more than {limits.workbook_memory // MIB:,} MB of memory to read. "
            "Open it in a spreadsheet program and save it again, save the sheet as CSV, "
            "or raise limits.workbook_memory in the settings."
        )
    answer = json.loads(child.stdout)
    if refused := answer.get("refused"):
        raise _ERRORS[refused["code"]](refused["message"])
    written = answer["converted"]
    return Converted(written["sheet"], tuple(written["sheets"]), written["rows"], tuple(written["notes"]))
