"""Workbooks become CSV: every cell as a person sees it, every row at its place, and nothing that can hurt."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import pytest
import xlwt
from openpyxl.styles import PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from xlsxwriter import Workbook

from contact_pipelines.errors import FileError, FileNotImportable, FileUnreadable
from contact_pipelines.imports.stage import workbooks
from contact_pipelines.imports.stage.file_formats import recognise
from contact_pipelines.imports.stage.sheets.cell_text import form
from contact_pipelines.imports.stage.sheets.xls_cells import XlsCells
from contact_pipelines.imports.stage.workbooks import Converted, convert
from contact_pipelines.settings.policy import MIB, Limits
from tests.helpers import workbook_samples as samples

DAMAGED = "people is damaged or incomplete. Copy or export it again, or save it as CSV."


def read(path: Path, sheet: str | None = None, **limits) -> tuple[str, Converted]:
    target = path.with_name("sheet.csv")
    kind = recognise(path, name="people").name
    found = convert(path, target, name="people", format=kind, sheet=sheet, limits=Limits(**limits))
    text = target.read_bytes().decode()
    return text, found


def text_of(path: Path, sheet: str | None = None) -> str:
    text, found = read(path, sheet)
    assert found == Converted(found.sheet, found.sheets, found.rows, ())
    return text


def refusal(path: Path, sheet: str | None = None, kind: type[FileError] = FileError, **limits) -> str:
    with pytest.raises(kind) as raised:
        read(path, sheet, **limits)
    assert not path.with_name("sheet.csv").exists()
    return str(raised.value)


def xlsx(path: Path, *sheets: tuple[str, list[list]], formats: dict[tuple[int, int], str] | None = None) -> Path:
    """Write sheets by their rows with xlsxwriter; `formats` by row and column go to the first one."""
    with Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        for number, (name, rows) in enumerate(sheets):
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    code = (formats or {}).get((row, column)) if number == 0 else None
                    sheet.write(row, column, cell, book.add_format({"num_format": code}) if code else None)
    return path


# What is written to a cell, with which number format, and what has to arrive.
SHOWN = [
    ("0130", None, "0130"),
    ("0130", "@", "0130"),
    (" two  spaces ", None, " two  spaces "),
    ('say "hi", ann', None, '"say ""hi"", ann"'),
    ("two\nlines", None, '"two\nlines"'),
    ("tab\tand\rreturn _x000D_", None, '"tab\tand\rreturn _x000D_"'),
    (5, None, "5"),
    (-12.5, None, "-12.5"),
    (0.1 + 0.2, None, "0.3"),
    (1e-7, None, "0.0000001"),
    (491701234567, None, "491701234567"),
    (491701234567, "0.00E+00", "491701234567"),
    (999999999999999, None, "999999999999999"),
    (1234.5, "#,##0.00", "1234.5"),
    (1234.5, "$#,##0.00", "1234.5"),
    (5, '0 "days"', "5"),
    (5, "@", "5"),
    (True, None, "TRUE"),
    (False, None, "FALSE"),
    (1234, "00000", "01234"),
    (12345678, "00000-0000", "01234-5678"),
    (5551234567, "(000) 000-0000", "(555) 123-4567"),
    (12345678, "000-00-0000", "012-34-5678"),
    (491701234567, "+00 000 0000000", "+49 170 1234567"),
    (491701234567, "+0", "+491701234567"),
    (0.5, "0%", "50%"),
    (0.1234, "0%", "12.34%"),
    (0.07, "0.00%", "7%"),
    (dt.date(2026, 11, 20), "dd/mm/yyyy", "2026-11-20"),
    (dt.date(1899, 12, 31) + dt.timedelta(1), "d.m.yy", "1900-01-01"),
    (46346.6041666667, "d mmm yyyy h:mm AM/PM", "2026-11-20 14:30:00"),
    (46346.9999970, "yyyy-mm-dd hh:mm:ss", "2026-11-21"),  # 0.26 seconds before midnight
    (dt.time(14, 30), "hh:mm", "14:30:00"),
    (1.5625, "[h]:mm:ss", "37:30:00"),
]


def test_xlsx_cells(tmp_path):
    rows = [[str(number), cell] for number, (cell, _, _) in enumerate(SHOWN)]
    formats = {(number, 1): code for number, (_, code, _) in enumerate(SHOWN) if code}
    path = xlsx(tmp_path / "a.xlsx", ("S", rows), formats=formats)
    assert text_of(path) == "".join(f"{number},{text}\n" for number, (_, _, text) in enumerate(SHOWN))


def test_xls_cells(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for number, (cell, code, _) in enumerate(SHOWN):
        style = xlwt.easyxf(num_format_str=code) if code else xlwt.Style.default_style
        sheet.write(number, 0, str(number))
        sheet.write(number, 1, cell, style)
    sheet.write(len(SHOWN), 0, "error")
    sheet.row(len(SHOWN)).set_cell_error(1, 0x2A)
    book.save(str(tmp_path / "a.xls"))
    lines = [f"{number},{text}\n" for number, (_, _, text) in enumerate(SHOWN)]
    assert text_of(tmp_path / "a.xls") == "".join([*lines, "error,#N/A\n"])


def test_xlsb_cells(tmp_path):
    cell, real = samples.xlsb_cell, lambda value: samples.struct.pack("<d", value)
    rk = lambda value, flags: samples.struct.pack("<i", value << 2 | flags)  # noqa: E731
    formats = {164: "00000", 165: "0%", 166: "yyyy-mm-dd"}
    first = [cell(6, 1, samples.text("Email")), cell(6, 2, samples.text("Zip")), cell(1, 16_383, b"", 1)]
    second = [
        cell(6, 1, samples.text("ann@example.com")),
        cell(2, 2, rk(1234, 2), 1),
        cell(2, 3, rk(1250, 3)),
        cell(2, 4, rk(-7, 2)),
        cell(5, 5, real(491701234567)),
        cell(5, 6, real(0.5), 2),
        cell(5, 7, real(46346), 3),
        cell(4, 8, b"\1"),
        cell(3, 9, b"\x2a"),
        cell(9, 10, real(77) + samples.struct.pack("<HII", 0, 0, 0), 1),
    ]
    path = samples.xlsb(tmp_path / "a.xlsb", [(0, first), (2, second)], formats)
    expected = ",Email,Zip,,,,,,,,\n\n,ann@example.com,01234,12.5,-7,491701234567,50%,2026-11-20,TRUE,#N/A,00077\n"
    assert text_of(path) == expected


def test_ods_cells(tmp_path):
    cell = samples.ods_cell
    commented = "<office:annotation><text:p>a comment</text:p></office:annotation><text:p>x</text:p>"
    cells = [
        cell("string", 'a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d</text:p><text:p>e'),
        cell("float", "01234", "1234"),
        cell("float", "(555) 123-4567", "5551234567"),
        cell("float", "1.234", "1234"),
        cell("float", "1 234", "1234"),
        cell("float", "4,92E+11", "491701234567"),
        cell("percentage", "12%", "0.1234"),
        cell("currency", "12,50 €", "12.5"),
        cell("date", "20.11.26", "2026-11-20"),
        cell("date", "20.11.26", "2026-11-20T14:30:00"),
        cell("time", "14:30", "PT14H30M00S"),
        cell("time", "37:30", "PT37H30M00S"),
        cell("boolean", "WAHR", "true"),
        cell("string", "#N/A", "", 'table:formula="of:=NA()" office:string-value="" calcext:value-type="error"'),
        f'<table:table-cell office:value-type="string">{commented}</table:table-cell>',
        cell("float", "7", "7", 'table:number-columns-repeated="2"'),
        '<table:table-cell table:number-columns-repeated="16000"/>',
    ]
    blank = '<table:table-row table:number-rows-repeated="{}"><table:table-cell/></table:table-row>'
    twice = f'<table:table-row table:number-rows-repeated="2">{cell("string", "y")}{cell("float", "007", "7")}'
    rows = f"<table:table-row>{''.join(cells)}</table:table-row>{blank.format(2)}{twice}</table:table-row>"
    path = samples.ods(tmp_path / "a.ods", f'<table:table table:name="S">{rows}{blank.format(1048571)}</table:table>')
    row = "01234,(555) 123-4567,1234,1234,491701234567,12.34%,12.5,2026-11-20,2026-11-20 14:30:00,14:30:00,37:30:00,"
    assert text_of(path) == f'"a   b\tc\nd\ne",{row}TRUE,#N/A,x,7,7\n\n\n' + "y,007,,,,,,,,,,,,,,,\n" * 2


def test_rows_keep_their_place(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", ("S", [[], [], ["", "", "Email", "Name"], [], ["", "", "", "Ann"], ["", "", "x"]]))
    text, found = read(path)
    assert text == "\n\n,,Email,Name\n\n,,,Ann\n,,x,\n"
    assert found == Converted("S", ("S",), 6, ())


def test_1904(tmp_path):
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active["A1"] = dt.date(2026, 11, 20)
    book.save(tmp_path / "a.xlsx")
    assert text_of(tmp_path / "a.xlsx") == "2026-11-20\n"
    old = xlwt.Workbook()
    old.dates_1904 = True
    old.add_sheet("S").write(0, 0, dt.date(2026, 11, 20), xlwt.easyxf(num_format_str="D.M.YYYY"))
    old.save(str(tmp_path / "a.xls"))
    assert text_of(tmp_path / "a.xls") == "2026-11-20\n"


def test_errors_formulas_merged_and_hidden(tmp_path):
    with Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("S")
        sheet.write_row(0, 0, ["Email", "Name", "Score"])
        sheet.write_formula(1, 0, '="ann"&"@example.com"', None, "ann@example.com")
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
        sheet.merge_range(2, 0, 3, 1, "merged")
        sheet.write_formula(2, 2, "=1+1", None, 2)
        sheet.write_rich_string(4, 1, "An", book.add_format({"bold": True}), "na")
        sheet.set_row(4, None, None, {"hidden": True})
        sheet.set_column(2, 2, None, None, {"hidden": True})
    text, found = read(tmp_path / "a.xlsx")
    assert text == "Email,Name,Score\nann@example.com,#N/A,#DIV/0!\nmerged,,2\n\n,Anna,\n"
    assert found.notes == ("hidden rows of the sheet 'S', which were read like the others: 1",)


def test_formulas_without_results(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Email", "=A1"])
    book.save(tmp_path / "a.xlsx")
    text, found = read(tmp_path / "a.xlsx")
    assert text == "Email\n"
    note = (
        "the sheet 'Sheet' has formulas without results, which were read as empty; "
        "open it in a spreadsheet program and save it to have them"
    )
    assert found.notes == (note,)


def test_long_numbers_are_told(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", ("S", [["Id"], [12345678901234567890], [1234567890123456]]))
    text, found = read(path)
    assert text == "Id\n12345678901234600000\n1234567890123460\n"
    note = (
        "numbers of more than 15 digits, of which a spreadsheet keeps only 15: 2; "
        "where they are ids, format the column as text in the spreadsheet"
    )
    assert found.notes == (note,)


def test_cells_that_do_not_say_their_place(tmp_path):
    sheet = (
        '<row><c t="inlineStr"><is><t>a</t></is></c><c t="e"><v>#REF!</v></c></row>'
        '<row r="3"><c/><c><v>7</v></c><c r="E3"><v>8</v></c><c t="e"><v>#N/A</v></c></row>'
    )
    path = samples.write_zip(tmp_path / "a.xlsx", samples.xlsx_parts(sheet))
    assert text_of(path) == "a,#REF!,,,,\n\n,7,,,8,#N/A\n"


def test_prefixed_names(tmp_path):
    parts = samples.xlsx_parts("")
    parts["xl/worksheets/sheet1.xml"] = (
        f'<x:worksheet xmlns:x="{samples.MAIN}"><x:sheetData><x:row r="2"><x:c r="B2" t="e"><x:v>#N/A</x:v></x:c>'
        "</x:row></x:sheetData></x:worksheet>"
    )
    assert text_of(samples.write_zip(tmp_path / "a.xlsx", parts)) == "\n,#N/A\n"


CONTACTS = [["Email", "Name"], ["ann@example.com", "Ann"]]
SHEETS = [
    ("Readme", [["How to fill this in"]]),
    ("Empty", []),
    ("Headers", [["E-Mail", "Name"], [None, "Ann"]]),
    ("People", [["x"], *CONTACTS]),
]


def test_first_sheet_with_addresses(tmp_path):
    text, found = read(xlsx(tmp_path / "a.xlsx", *SHEETS))
    assert text == "x,\nEmail,Name\nann@example.com,Ann\n"
    note = "the sheets 'Readme', 'Headers' were not imported; name the one you want with --sheet"
    assert found == Converted("People", ("Readme", "Empty", "Headers", "People"), 3, (note,))


def test_else_first_sheet_with_an_email_header_else_the_first(tmp_path):
    found = read(xlsx(tmp_path / "a.xlsx", *SHEETS[:3]))[1]
    assert (found.sheet, found.notes) == (
        "Headers", ("the sheet 'Readme' was not imported; name the one you want with --sheet",),
    )  # fmt: skip
    assert read(xlsx(tmp_path / "a.xlsx", SHEETS[1], SHEETS[0], ("Other", [["y"]])))[1].sheet == "Readme"


def test_sheet_by_name(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", *SHEETS, ("people ", [["lower"]]))
    names = ("Readme", "Empty", "Headers", "People", "people ")
    assert read(path, "People") == ("x,\nEmail,Name\nann@example.com,Ann\n", Converted("People", names, 3, ()))
    assert read(path, "people ")[0] == "lower\n"
    assert read(path, " HEADERS ")[1].sheet == "Headers"
    assert refusal(path, "Persons", FileNotImportable) == (
        "people has no sheet 'Persons'. Its sheets: 'Readme', 'Empty', 'Headers', 'People', 'people '."
    )
    assert refusal(path, "Empty", FileNotImportable) == "people: the sheet 'Empty' has nothing in it."


def test_hidden_sheets_are_not_taken_unasked(tmp_path):
    with Workbook(tmp_path / "a.xlsx") as book:
        hidden, visible = book.add_worksheet("Old"), book.add_worksheet("New")
        hidden.write(0, 0, "ann@example.com")
        hidden.very_hidden()
        visible.activate()
    sentence = "people has nothing in its visible sheets. To import a hidden one, name it with --sheet: 'Old' (hidden)."
    assert refusal(tmp_path / "a.xlsx", None, FileNotImportable) == sentence
    assert text_of(tmp_path / "a.xlsx", "old") == "ann@example.com\n"
    old = xlwt.Workbook()
    for name, text, visibility in (("Old", "ann@example.com", 1), ("New", "Name", 0)):
        sheet = old.add_sheet(name)
        sheet.write(0, 0, text)
        sheet.visibility = visibility
    old.active_sheet = 1
    old.save(str(tmp_path / "a.xls"))
    note = "the sheet 'Old' (hidden) was not imported; name the one you want with --sheet"
    assert read(tmp_path / "a.xls") == ("Name\n", Converted("New", ("Old", "New"), 1, (note,)))


@pytest.mark.parametrize("rows", [[], [[]]])
def test_nothing_in_it(tmp_path, rows):
    sentence = "people has no sheet with anything in it."
    assert refusal(xlsx(tmp_path / "a.xlsx", ("S", rows)), None, FileNotImportable) == sentence
    assert (
        refusal(samples.ods(tmp_path / "a.ods", '<table:table table:name="S"/>'), None, FileNotImportable) == sentence
    )


def test_corners_of_the_grid(tmp_path):
    sheet = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    path = samples.write_zip(tmp_path / "a.xlsx", samples.xlsx_parts(sheet))
    assert path.stat().st_size < 1_500
    sentence = (
        "people: the sheet 'S' reaches over {} rows and {} columns, {} cells; at most 100,000,000 are read. "
        "Delete cells far from the table, save the sheet as CSV, or raise limits.sheet_cells in the settings."
    )
    began = time.monotonic()
    assert refusal(path, None, FileNotImportable) == sentence.format("1,048,576", "16,384", "17,179,869,184")
    assert time.monotonic() - began < 5
    for cell, rows in (("xfd1048576", "1,048,576"), ("XFD9999999", "9,999,999")):
        other = sheet.replace("XFD1048576", cell).replace('"', "'")
        assert rows in refusal(samples.write_zip(path, samples.xlsx_parts(other)), None, FileNotImportable)


def test_corners_of_the_grid_in_other_formats(tmp_path):
    far = samples.xlsb_cell(6, 16_383, samples.text("x"))
    path = samples.xlsb(
        tmp_path / "a.xlsb", [(0, [samples.xlsb_cell(6, 0, samples.text("x"))]), (1_048_575, [far])], {}
    )
    assert "17,179,869,184 cells" in refusal(path, None, FileNotImportable)
    cell = samples.ods_cell("float", "1", "1", 'table:number-columns-repeated="16384"')
    rows = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    path = samples.ods(tmp_path / "a.ods", f'<table:table table:name="S">{rows}</table:table>')
    assert "17,179,869,184 cells" in refusal(path, None, FileNotImportable)


def test_what_is_only_formatted_does_not_count(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B2"] = "Email", "x"
    book.active["XFD1048576"].fill = PatternFill("solid", fgColor="FF0000")
    book.save(tmp_path / "a.xlsx")
    assert text_of(tmp_path / "a.xlsx") == "Email,\n,x\n"


def test_limit_of_cells(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", ("Readme", [["y"]]), ("S", [["x"] * 10] * 10))
    assert len(read(path, "S", sheet_cells=100)[0].splitlines()) == 10
    assert "100 cells; at most 99 are read" in refusal(path, "S", FileNotImportable, sheet_cells=99)
    book = xlwt.Workbook()
    book.add_sheet("S").write(9, 9, "x")
    book.save(str(path))
    assert "100 cells; at most 99 are read" in refusal(path, "S", FileNotImportable, sheet_cells=99)


def test_limit_of_memory(tmp_path):
    sheet = '<row r="1"><c r="A1"><v>1</v></c></row><row r="100000"><c r="ZZ100000"><v>2</v></c></row>'
    path = samples.write_zip(tmp_path / "a.xlsx", samples.xlsx_parts(sheet))
    assert refusal(path, None, FileNotImportable, workbook_memory=256 * MIB) == (
        "people is damaged, or needs more than 256 MB of memory to read. Open it in a spreadsheet program and save it "
        "again, save the sheet as CSV, or raise limits.workbook_memory in the settings."
    )


def test_limit_of_time(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", ("S", CONTACTS))
    assert refusal(path, None, FileNotImportable, workbook_seconds=0.001) == (
        "people took longer to read than 0.001 seconds. "
        "Split it, save the sheet as CSV, or raise limits.workbook_seconds in the settings."
    )


def test_what_the_child_complains_of_is_not_shown(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(workbooks, "_CHILD", "this")  # any module that writes and answers nothing sensible
    monkeypatch.setattr(workbooks, "_PACKAGES", tmp_path)
    (tmp_path / "this.py").write_text("import sys; sys.exit('ann@example.com')")
    assert "ann" not in refusal(xlsx(tmp_path / "a.xlsx", ("S", CONTACTS)), None, FileNotImportable)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("other", ["source", "a.csv", "a.xls", "a.ods", "a.XLSX"])
def test_the_name_does_not_matter(tmp_path, other):
    path = xlsx(tmp_path / "a.xlsx", ("S", CONTACTS)).rename(tmp_path / other)
    assert text_of(path) == "Email,Name\nann@example.com,Ann\n"
    assert {file.name for file in tmp_path.iterdir()} == {other, "sheet.csv"}
    path.unlink()
    book = xlwt.Workbook()
    book.add_sheet("S").write(0, 0, "Email")
    book.save(str(path))
    assert text_of(path) == "Email\n"


def test_csv_named_xlsx_is_no_workbook(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"Email,Name\nann@example.com,Ann\n")
    assert recognise(tmp_path / "a.xlsx", name="a.xlsx").name == "csv"


def test_from_another_folder(tmp_path, monkeypatch):
    xlsx(tmp_path / "a.xlsx", ("S", CONTACTS))
    monkeypatch.chdir(tmp_path)
    assert text_of(Path("a.xlsx")) == "Email,Name\nann@example.com,Ann\n"
    assert sorted(os.listdir(tmp_path)) == ["a.xlsx", "sheet.csv"]  # noqa: PTH208


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
ENTITIES = (
    "people declares XML entities, which no spreadsheet program writes and which can be an attack. "
    "Open it in a spreadsheet program and save it again."
)


@pytest.mark.parametrize(
    "before", [BOMB, "<?xml version='1.0'?>\n<!-- x -->" + BOMB, "<!--" + "x" * 100_000 + "-->" + BOMB]
)
def test_xml_bombs(tmp_path, before):
    parts = samples.xlsx_parts('<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>')
    for part in ("xl/workbook.xml", "xl/worksheets/sheet1.xml"):
        changed = {**parts, part: before + str(parts[part])}
        assert refusal(samples.write_zip(tmp_path / "a.xlsx", changed), None, FileUnreadable) == ENTITIES


def test_xml_bomb_in_utf16_and_in_ods(tmp_path):
    parts = samples.xlsx_parts("")
    parts["xl/sharedStrings.xml"] = f'<?xml version="1.0" encoding="UTF-16"?>{BOMB}<sst/>'.encode("utf-16")
    assert refusal(samples.write_zip(tmp_path / "a.xlsx", parts), None, FileUnreadable) == ENTITIES
    parts = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": BOMB + "<x/>"}
    assert refusal(samples.write_zip(tmp_path / "a.ods", parts), None, FileUnreadable) == ENTITIES


def test_zip_bomb(tmp_path):
    parts = samples.xlsx_parts("")
    parts["xl/worksheets/sheet1.xml"] = b" " * (101 * MIB)
    path = samples.write_zip(tmp_path / "a.xlsx", parts)
    assert path.stat().st_size < MIB
    assert refusal(path, None, FileNotImportable).startswith("people unpacks to more than 200 times its size of ")
    assert refusal(path, None, FileNotImportable, decompressed_bytes=100 * MIB).startswith(
        "people unpacks to more than the limit of 104,857,600 bytes. "
    )


def test_parts_of_the_same_name(tmp_path):
    parts = samples.xlsx_parts("")
    parts["XL/workbook.xml"] = "<workbook/>"
    assert refusal(samples.write_zip(tmp_path / "a.xlsx", parts), None, FileUnreadable) == DAMAGED


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/workbook.xml", "no XML"),
        ("xl/workbook.xml", "<workbook><sheets/></workbook>"),
        ("_rels/.rels", "<Relationships/>"),
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row r='1'><c r='A1'><v>1</v></row>"),
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row r='1'><c r='A1' t='s'><v>9</v></c></row></sheetData>"),
    ],
)
def test_broken_parts(tmp_path, part, content):
    parts = samples.xlsx_parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    parts[part] = content
    assert refusal(samples.write_zip(tmp_path / "a.xlsx", parts)).startswith("people ")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_cut_off(tmp_path, share):
    path = xlsx(tmp_path / "a.xlsx", ("S", CONTACTS))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert refusal(path, None, FileUnreadable) == DAMAGED


def test_cut_off_xls(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for row in range(300):
        sheet.write(row, 0, f"person {row}")
    book.save(str(tmp_path / "a.xls"))
    data = (tmp_path / "a.xls").read_bytes()
    (tmp_path / "a.xls").write_bytes(data[:5_000])
    with pytest.raises(FileUnreadable) as raised:
        convert(tmp_path / "a.xls", tmp_path / "t", name="people", format="xls", sheet=None, limits=Limits())
    assert str(raised.value) == DAMAGED


def test_xls_whose_formats_cannot_be_read_is_told_of(tmp_path):
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(2_000, b"\0"))
    cells = XlsCells(tmp_path / "a.xls")
    assert list(cells.shown("S")) == []
    assert cells.notes("S") == ["the number formats of the sheet 'S' could not be read: leading zeros may be missing"]


def test_protected_by_a_password(tmp_path):
    sentence = "people is protected by a password. Save it without one and import it again."
    secret = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    path = samples.ods(tmp_path / "a.ods", "", manifest=secret)
    assert refusal(path, None, FileUnreadable) == sentence
    book = xlwt.Workbook()
    book.add_sheet("S").write(0, 0, "Email")
    book.save(str(tmp_path / "a.xls"))
    data = (tmp_path / "a.xls").read_bytes()
    begin = data.index(b"\x09\x08\x10\x00\x00\x06\x05\x00") + 20  # behind the record that begins the workbook
    for method in (0, 1):  # XOR and RC4, [MS-XLS] 2.4.117
        filepass = b"\x2f\x00\x06\x00" + bytes([method, 0]) + b"\x12\x34\x56\x78"
        (tmp_path / "a.xls").write_bytes(data[:begin] + filepass + data[begin + len(filepass) :])
        assert refusal(tmp_path / "a.xls", None, FileUnreadable) == sentence


MASKS = [
    ("00000", 1234, "01234"),
    ("00000", 123456, "123456"),
    ("00000", 1234.5, None),
    ("00000", -5, None),
    ("00000", 0, "00000"),
    ('"ID-"0000', 7, "ID-0007"),
    ("[$-409]00000", 7, "00007"),
    ("[Red]000", 7, "007"),
    ("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", 5551234, "555-1234"),
    ("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", 5551234567, "(555) 123-4567"),
    ("00\\.00\\.00\\.00\\.00", 612345678, "06.12.34.56.78"),
    ("0##0 000 000", 441234567, "0441 234 567"),
    ("###-####", 12, None),
    ("+#", 491701234567, "+491701234567"),
    ("+0;-0", 5, None),
    ("# ##0", 1234567, None),
    ("#\\ ##0", 12345678, None),
    ("#,##0", 1234567, None),
    ("0.00", 5, None),
    ("0", 5, None),
    ("General", 5, None),
    ("@", 5, None),
    ("", 5, None),
    ("0.00E+00", 5e11, None),
    ("# ?/?", 0.5, None),
    ("_-* #,##0.00_-;-* #,##0.00_-", 5, None),
    ("yyyy-mm-dd", 46346, None),
    ("[h]:mm", 1.5, None),
    ("hh:mm:ss.000", 0.5, None),
    ('0" €"', 5, None),
    ("0%", 0.5, "50%"),
    ("0.0%;[Red]-0.0%", -0.125, "-12.5%"),
    ('0"%"', 5, None),
    ("00000;;", 1e15, None),
]


@pytest.mark.parametrize(("code", "value", "shown"), MASKS)
def test_number_formats(code, value, shown):
    found = form(code)
    assert (found(float(value)) if found else None) == shown


def test_the_child_process_imports_little():
    """It starts for every workbook."""
    code = (
        "import sys; from contact_pipelines.imports.stage import workbook_child;"
        "from contact_pipelines.imports.stage.sheets import sheet_book, xlsx_cells;"
        "print(*sorted(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"duckdb", "polars", "pyarrow", "pydantic", "sqlalchemy", "dagster"} & set(found.stdout.split())
