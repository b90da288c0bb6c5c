"""The commands that look at files, and imports of files that are no plain CSV."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import openpyxl
import pytest
import xlwt

HEADER = ["Email", "First name", "Last name", "Company"]
PEOPLE = [
    ["ann@example.com", "Ann", "Müller", "Acme GmbH"],
    ["bob@example.com", "Bob", "O'Hara", "Initech"],
    ["cy@example.com", "Cy", "Nuñez", "Globex"],
]
FIELDS = ["email", "first_name", "last_name", "company"]


def as_text(delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\n" for row in [HEADER, *PEOPLE])


def write_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active["A1"] = "Exported from the CRM"
    sheet = book.create_sheet("People")
    for row in [["Customer list", None, None, None], [], HEADER, *PEOPLE]:
        sheet.append(row)
    book.save(path)


def write_xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("People")
    for at, row in enumerate([HEADER, *PEOPLE]):
        for column, value in enumerate(row):
            sheet.write(at, column, value)
    book.save(str(path))


def write_json(path: Path) -> None:
    keys = ["email", "firstName", "lastName", "company"]
    records = [dict(zip(keys, row, strict=True)) | {"customFields": {"plan": "pro"}} for row in PEOPLE]
    path.write_text(json.dumps(records), encoding="utf-8")


def write_cp1252(path: Path) -> None:
    prose = "Kundenliste\nStand: 20. November 2026\n\n"
    path.write_bytes((prose + as_text(";")).encode("cp1252"))


WRITERS = {
    "people.csv": lambda path: path.write_text(as_text(), encoding="utf-8"),
    "people.tsv": lambda path: path.write_text(as_text("\t"), encoding="utf-16"),
    "people.xlsx": write_xlsx,
    "people.xls": write_xls,
    "people.json": write_json,
    "people.csv.gz": lambda path: path.write_bytes(gzip.compress(as_text("|").encode())),
    "kunden.csv": write_cp1252,
}


@pytest.fixture(params=WRITERS)
def file(request, tmp_path):
    path = tmp_path / request.param
    WRITERS[request.param](path)
    return path


def test_map_understands_every_format(run, file):
    (entry,) = json.loads(run("map", file, "--json").out)
    assert [column["field"] for column in entry["columns"]][:4] == FIELDS
    assert entry["columns"][0]["samples"] == [row[0] for row in PEOPLE]


def test_preview_tells_what_is_in_every_format(run, file):
    found = json.loads(run("preview", file, "--json").out)
    assert found["rows"] == 3
    assert [row[:4] for row in found["first_rows"]] == PEOPLE
    assert found["validation"] == {"valid": 3, "with_warnings": 0, "invalid": 0, "kinds": []}


@pytest.mark.thorough(keep=3)
def test_import_reads_every_format(run, file):
    result = run("import", file, "--json")
    assert result.code == 0, result.err
    imported = json.loads(result.out)
    assert imported["counts"] == {"total": 3, "created": 3, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 0}
    contact = json.loads(run("contacts", "get", "ann@example.com", "--json").out)
    assert [contact[field] for field in FIELDS] == PEOPLE[0]


def test_stage_writes_every_format_as_it_was_read(run, file, tmp_path):
    result = run("stage", file, "--out", tmp_path / "out", "--json")
    (entry,) = json.loads(result.out)
    assert entry["rows"] == 3
    with (tmp_path / "out" / f"{file.name}_converted.csv").open(encoding="utf-8", newline="") as converted:
        _, *rows = csv.reader(converted)
    assert [row[:4] for row in rows] == PEOPLE


def test_a_workbook_is_told_by_sheet_and_header_row(run, tmp_path):
    write_xlsx(tmp_path / "people.xlsx")
    result = run("preview", "people.xlsx")
    assert "people.xlsx: 3 rows, 4 columns; xlsx, sheet People, header in row 3" in result.out
    assert "3 (100.0%) valid, 0 (0.0%) would fail" in result.out


def test_preview_counts_what_would_fail(run, tmp_path):
    (tmp_path / "p.csv").write_text("email,phone\nann@example.com,12\nnot-an-address,\ncy@example.com,\n")
    result = run("preview", "p.csv")
    assert "2 (66.7%) valid, 1 (33.3%) would fail" in result.out
    assert "email is not a valid email address (1 row, first in row 3)" in result.out
    assert "phone is not a valid phone number" in result.out
    assert run("contacts", "count").out.strip().startswith("0")


def test_reading_can_be_overridden(run, tmp_path):
    (tmp_path / "p.txt").write_bytes("a;b\nann@example.com;M\xfcller\n".encode("latin-1"))
    (entry,) = json.loads(
        run("map", "p.txt", "--delimiter", ";", "--encoding", "mac-roman", "--header", "none", "--json").out
    )
    assert entry["encoding"] == "mac-roman"
    assert entry["header_row"] is None
    assert entry["header"] == ["column_1", "column_2"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--encoding", "klingon"], "The value of --encoding is wrong: is not an encoding"),
        (["--delimiter", "ab"], "The value of --delimiter is wrong: is not one character"),
        (["--header", "0"], "The value of --header is wrong: is a row number from 1"),
        (["--sheet", "People"], "is not a workbook"),
    ],
)
def test_a_wrong_way_of_reading_is_named(run, tmp_path, arguments, sentence):
    (tmp_path / "p.csv").write_text(as_text())
    result = run("preview", "p.csv", *arguments)
    assert result.code != 0
    assert sentence in result.err


def test_stage_goes_on_after_a_file_that_cannot_be_read(run, tmp_path):
    (tmp_path / "a.csv").write_text(as_text())
    (tmp_path / "b.csv").write_bytes(b"%PDF-1.7 \x00\x01\x02")
    (tmp_path / "c.csv").write_text("email,name\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.csv").write_text("email\nx@example.com\n")
    result = run("stage", "a.csv", "b.csv", "missing.csv", "c.csv", "folder/a.csv", "--out", "out")
    assert result.code == 1
    assert "b.csv" in result.err
    assert "missing.csv" in result.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a.csv_2_converted.csv",
        "a.csv_converted.csv",
        "c.csv_converted.csv",
    ]
    assert (tmp_path / "out" / "c.csv_converted.csv").read_text() == "email,name\n"


def test_a_headerless_file_is_mapped_by_content(run, tmp_path):
    (tmp_path / "headerless.csv").write_text("".join(",".join(row) + "\n" for row in PEOPLE), encoding="utf-8")
    result = run("import", "headerless.csv", "--json")
    assert result.code == 0, result.err
    assert json.loads(result.out)["counts"]["created"] == 3
    contact = json.loads(run("contacts", "get", "bob@example.com", "--json").out)
    assert (contact["first_name"], contact["last_name"]) == ("Bob", "O'Hara")


def test_a_file_of_people_who_left_subscribes_nobody(run, tmp_path):
    (tmp_path / "unsubscribed_members_export_1f.csv").write_text(as_text(), encoding="utf-8")
    assert run("import", "unsubscribed_members_export_1f.csv").code == 0
    contact = json.loads(run("contacts", "get", "ann@example.com", "--json").out)
    assert contact["status"] == "unsubscribed"


def test_transformations_are_given_by_column(run, tmp_path):
    (tmp_path / "p.csv").write_text(
        'email,Vorname,custom_umsatz,custom_seit\nA@EXAMPLE.COM,ann-marie,"1.234,50",03/11/2026\n'
    )
    result = run(
        "import", "p.csv", "--transform", "Vorname:case=title", "--decimal-comma", "--date-format", "%d/%m/%Y"
    )  # fmt: skip
    assert result.code == 0, result.err
    contact = json.loads(run("contacts", "get", "a@example.com", "--json").out)
    assert contact["first_name"] == "Ann-Marie"
    assert contact["properties"] == {"umsatz": 1234.5, "seit": "2026-11-03"}


def test_a_misspelt_transformation_is_named(run, tmp_path):
    (tmp_path / "p.csv").write_text(as_text())
    result = run("import", "p.csv", "--transform", "Email=lower")
    assert result.code == 2
    assert 'is not of the form --transform "Column:key=value"' in result.err


def test_a_saved_mapping_is_listed_and_deleted(run, tmp_path):
    (tmp_path / "p.csv").write_text(as_text(), encoding="utf-8")
    assert run("import", "p.csv", "--map", "Company=ignore", "--save-mapping", "partner").code == 0
    (saved,) = json.loads(run("mapping", "list", "--json").out)
    assert saved["name"] == "partner"
    assert saved["columns"]["Company"] == "ignore"
    again = json.loads(run("import", "p.csv", "--mapping", "partner", "--json").out)
    assert {column["column"]: column["field"] for column in again["mapping"]}["Company"] == "ignore"
    assert run("mapping", "delete", "partner").code == 0
    assert json.loads(run("mapping", "list", "--json").out) == []


def test_secrets_are_neither_imported_nor_shown(run, tmp_path):
    (tmp_path / "p.csv").write_text("email,first_name,Password\nann@example.com,Ann,hunter2\n")
    for command in (["map", "--json"], ["map"], ["preview", "--json"], ["preview"], ["import", "--json"]):
        result = run(command[0], "p.csv", *command[1:])
        assert result.code == 0, result.err
        assert "Password" in result.out
        assert "hunter2" not in result.out + result.err
    refused = run("import", "p.csv", "--map", "Password=properties.pw")
    assert refused.code != 0
    assert "never imported" in refused.err
