"""XLSX: the sheets Contacts, Custom Fields and Segments, written row by row in constant memory.

Contacts has one row per contact and can be imported again; a full sheet is continued in `Contacts 2`, ... Custom Fields
and Segments describe the properties and groups. Text cells are always text, never formulas, links or numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from contact_pipelines.errors import ExportNotPossible
from contact_pipelines.exports.column_cells import Style
from contact_pipelines.exports.export_columns import ExportColumn, Kind
from contact_pipelines.exports.export_plan import ExportPlan
from contact_pipelines.exports.snapshot import Progress, Snapshot
from contact_pipelines.exports.text_writers import Written, digest_of
from contact_pipelines.models import ContactStatus, GroupKind

ROWS_PER_SHEET = 1_048_575
"""A sheet's rows without its header."""
LONGEST_CELL = 32_767
"""Characters (UTF-16 units) that a cell can hold."""
TOLD_EVERY = 1_000
"""Rows."""

_EPOCH = date(1899, 12, 30)
_SURE_DATES = date(1900, 3, 1)
"""Before this, a workbook counts a day that never was (29 February 1900)."""
_DIGITS = 15
"""Significant digits that a spreadsheet keeps."""
_WIDTHS = {Kind.ID: 38, Kind.MOMENT: 19, Kind.DATE: 12, Kind.INTEGER: 11, Kind.NUMBER: 12, Kind.BOOLEAN: 10}
_WIDTHS_BY_NAME = {"email": 30, "status": 14, "phone": 17, "tags": 28, "company": 24}
_WIDTH = 18

Write = Callable[[Worksheet, int, int, str], None]


class _Sheet(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """A worksheet that writes a text `<r>...</r>` as text. XlsxWriter would put it into the XML as it is."""

    def _xml_rich_inline_string(self, string: str, attributes: Any = ()) -> None:  # noqa: ANN401 - XlsxWriter's
        self._xml_inline_string(string, True, attributes)  # noqa: FBT003


def write_workbook(
    plan: ExportPlan,
    snapshot: Snapshot,
    path: Path,
    progress: Progress | None = None,
    *,
    rows_per_sheet: int = ROWS_PER_SHEET,
) -> Written:
    """Write a workbook. Raises ExportNotPossible for a text that is too long for a cell."""
    scratch = path.with_name(f"{path.name}.d")
    scratch.mkdir(exist_ok=True)
    options = {
        "constant_memory": True,
        "tmpdir": str(scratch),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    workbook = xlsxwriter.Workbook(str(path), options)
    try:
        _Contacts(workbook, plan, rows_per_sheet).write(snapshot, progress)
        _write_properties(workbook, plan)
        _write_groups(workbook, plan, snapshot)
    except BaseException:
        _abandon(workbook)
        raise
    workbook.close()
    return Written(snapshot.rows_read, digest_of(path))


class _Contacts:
    """The sheets of contacts."""

    def __init__(self, workbook: xlsxwriter.Workbook, plan: ExportPlan, rows_per_sheet: int) -> None:
        self._workbook, self._plan, self._most = workbook, plan, rows_per_sheet
        self._formats = {
            Kind.MOMENT: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            Kind.DATE: workbook.add_format({"num_format": "yyyy-mm-dd"}),
        }
        self._text = workbook.add_format({"num_format": "@"})
        self._header = _header_format(workbook)

    def write(self, snapshot: Snapshot, progress: Progress | None) -> None:
        """Write all rows of the plan's queries."""
        writers = [self._writer(column) for column in self._plan.columns]
        written, row, sheet = 0, 0, self._new_sheet(1)
        sheets = 1
        for query in self._plan.queries(Style.WORKBOOK):
            for values in snapshot.rows(query):
                if row == self._most:
                    self._finish(sheet, row)
                    sheets += 1
                    row, sheet = 0, self._new_sheet(sheets)
                row += 1
                for at, value in enumerate(values):
                    if value:
                        writers[at](sheet, row, at, value)
                written += 1
                if progress is not None and written % TOLD_EVERY == 0:
                    progress(written)
        self._finish(sheet, row)

    def _new_sheet(self, number: int) -> Worksheet:
        name = "Contacts" if number == 1 else f"Contacts {number}"
        sheet = self._workbook.add_worksheet(name, worksheet_class=_Sheet)
        for at, column in enumerate(self._plan.columns):
            width = _WIDTHS_BY_NAME.get(column.name) or _WIDTHS.get(column.kind, _WIDTH)
            is_text = column.kind in (Kind.ID, Kind.TEXT, Kind.PHONE)
            sheet.set_column(at, at, width, self._text if is_text else self._formats.get(column.kind))
        _write_header(sheet, [column.name for column in self._plan.columns], self._header)
        return sheet

    def _finish(self, sheet: Worksheet, rows: int) -> None:
        """Add what spans all rows, now that their number is known."""
        last = max(rows, 1)
        sheet.autofilter(0, 0, last, len(self._plan.columns) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:{_letters(len(self._plan.columns) - 1)}{last + 1}"})
        for at, column in enumerate(self._plan.columns):
            if column.kind is Kind.WORD:
                choices = [status.value for status in ContactStatus]
                sheet.data_validation(1, at, last, at, {"validate": "list", "source": choices})

    def _writer(self, column: ExportColumn) -> Write:
        name = column.name

        def text(sheet: Worksheet, row: int, at: int, value: str) -> None:
            if sheet._write_string(row, at, value):  # noqa: SLF001 - the checked one costs half as much again
                raise ExportNotPossible(
                    f"{name} of the contact in row {row + 1} has more than {LONGEST_CELL:,} characters, the"
                    " most that a cell of a workbook can hold. Leave the field out, or export as csv."
                )

        def number(sheet: Worksheet, row: int, at: int, value: str) -> None:
            if _is_exact(value):
                sheet._write_number(row, at, float(value))  # noqa: SLF001
            else:
                text(sheet, row, at, value)

        moment_format, date_format = self._formats[Kind.MOMENT], self._formats[Kind.DATE]

        def moment(sheet: Worksheet, row: int, at: int, value: str) -> None:
            sheet._write_number(row, at, float(value), moment_format)  # noqa: SLF001

        def day(sheet: Worksheet, row: int, at: int, value: str) -> None:
            serial = _serial(value)
            if serial is None:
                text(sheet, row, at, value)
            else:
                sheet._write_number(row, at, serial, date_format)  # noqa: SLF001

        def boolean(sheet: Worksheet, row: int, at: int, value: str) -> None:
            if value in ("true", "false"):
                sheet._write_boolean(row, at, value == "true")  # noqa: SLF001
            else:
                text(sheet, row, at, value)

        writers: dict[Kind, Write] = {
            Kind.INTEGER: number,
            Kind.NUMBER: number,
            Kind.MOMENT: moment,
            Kind.DATE: day,
            Kind.BOOLEAN: boolean,
        }
        return writers.get(column.kind, text)


def _write_properties(workbook: xlsxwriter.Workbook, plan: ExportPlan) -> None:
    keys = {column.property_key for column in plan.columns}
    rows = [
        (
            definition.key,
            definition.label,
            definition.type.value,
            "yes" if definition.required else "",
            ", ".join(definition.options),
        )
        for definition in plan.properties
        if definition.key in keys
    ]
    _write_table(workbook, "Custom Fields", ("key", "label", "type", "required", "options"), rows)


def _write_groups(workbook: xlsxwriter.Workbook, plan: ExportPlan, snapshot: Snapshot) -> None:
    order = (GroupKind.SEGMENT, GroupKind.LIST, GroupKind.TOPIC)
    members = plan.group_sizes(snapshot.connection)
    rows = [
        (kind.value, name, plan.groups[kind, name] or "", members.get((kind, name), 0))
        for kind, name in sorted(plan.groups, key=lambda group: (order.index(group[0]), group[1]))
    ]
    _write_table(workbook, "Segments", ("kind", "name", "filter", "members"), rows)


def _write_table(
    workbook: xlsxwriter.Workbook, name: str, header: Sequence[str], rows: Sequence[Sequence[str | int]]
) -> None:
    sheet = workbook.add_worksheet(name, worksheet_class=_Sheet)
    sheet.set_column(0, len(header) - 1, 24)
    _write_header(sheet, header, _header_format(workbook))
    for row, values in enumerate(rows, 1):
        for at, value in enumerate(values):
            if isinstance(value, int):
                sheet.write_number(row, at, value)
            elif value:
                sheet.write_string(row, at, value[:LONGEST_CELL])
    sheet.autofilter(0, 0, max(len(rows), 1), len(header) - 1)


def _write_header(sheet: Worksheet, names: Sequence[str], style: Format) -> None:
    sheet.freeze_panes(1, 0)
    for at, name in enumerate(names):
        sheet.write_string(0, at, name, style)


def _header_format(workbook: xlsxwriter.Workbook) -> Format:
    return workbook.add_format({"bold": True, "bg_color": "#D9E1F2", "bottom": 1, "num_format": "@"})


def _is_exact(text: str) -> bool:
    """Whether a spreadsheet keeps a number exactly as it is spelled."""
    if len(text) <= _DIGITS and text.isdecimal() and text.isascii():
        return text == "0" or text[0] != "0"
    try:
        value = float(text)
    except ValueError:
        return False
    return f"{value:.{_DIGITS}g}" == text


@lru_cache(maxsize=65_536)
def _serial(text: str) -> int | None:
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if day >= _SURE_DATES and day.isoformat() == text:
            return (day - _EPOCH).days
    return None


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _abandon(workbook: xlsxwriter.Workbook) -> None:
    """Give up a workbook without writing it; its temporary files go with their folder."""
    workbook.fileclosed = True
    for sheet in workbook.worksheets():
        with suppress(OSError, AttributeError):
            sheet.row_data_fh.close()
