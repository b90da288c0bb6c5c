"""What each format holds: the same contacts, as other programs read them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contact_pipelines import contacts
from contact_pipelines.errors import ExportNotPossible
from contact_pipelines.exports import workbook_writer
from contact_pipelines.exports.export_plan import plan_export
from contact_pipelines.exports.snapshot import snapshot
from contact_pipelines.models import ExportFormat, ExportRequest, GroupDefinition, PropertyDefinition
from contact_pipelines.store.imports_table import uuid7
from tests.helpers.exporting import Exporter, read_csv, read_json, read_json_lines, read_parquet, read_workbook

FILE = (
    "external_id,email,phone,first_name,company,lead_score,tags,properties.plan,properties.seats,properties.vip,"
    "properties.likes,birthday,created_at\n"
    "c-1,ann@example.com,+14155552671,=1+1,Acme,7,vip|new,pro,2.5,yes,a|b,2000-02-03,2024-01-02T03:04:05Z\n"
    'c-2,bob@example.com,,Bob,"Smith, Jones",,"[""x, y"", ""z""]",,123456789012345678,,,,2024-01-02T03:04:06Z\n'
)
PROPERTIES = (
    {"key": "plan", "type": "select", "options": ("free", "pro")},
    {"key": "seats", "type": "number"},
    {"key": "vip", "type": "boolean"},
    {"key": "likes", "type": "multi_select"},
)
FIELDS = (
    "external_id", "email", "phone", "first_name", "company", "status", "lead_score", "tags", "segments", "lists",
    "topics", "properties.birthday", "properties.likes", "properties.plan", "properties.seats", "properties.vip",
    "created_at",
)  # fmt: skip
OFTEN = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def exporter(importer):
    for definition in PROPERTIES:
        contacts.create_property(importer.store, PropertyDefinition(**definition))
    importer.run(FILE, lists=("Fair, Berlin", "A|B"), topics=("News",))
    contacts.create_group(importer.store, GroupDefinition(kind="segment", name="High", filter="lead_score > 5"))
    importer.sql("UPDATE group_members SET subscription = 'opt_out' WHERE subscription IS NOT NULL"
                 " AND contact_id = (SELECT id FROM contacts WHERE email = 'bob@example.com')")  # fmt: skip
    return Exporter(importer)


def test_csv(exporter):
    record = exporter.run(fields=FIELDS)
    assert Path(record.location).read_text(encoding="utf-8") == (
        ",".join(FIELDS) + "\n"
        "c-1,ann@example.com,+14155552671,'=1+1,Acme,subscribed,7,vip|new,High,"
        '"[""A|B"", ""Fair, Berlin""]","[""News: opt_in""]",2000-02-03,a|b,pro,2.5,true,2024-01-02 03:04:05+00\n'
        'c-2,bob@example.com,,Bob,"Smith, Jones",subscribed,,"[""x, y"", ""z""]",,'
        '"[""A|B"", ""Fair, Berlin""]","[""News: opt_out""]",,,,123456789012345678,,2024-01-02 03:04:06+00\n'
    ).replace("vip|new,High,", 'vip|new,"[""High""]",')


def test_json_and_json_lines(exporter):
    ann = {
        "externalId": "c-1",
        "email": "ann@example.com",
        "phone": "+14155552671",
        "firstName": "=1+1",
        "company": "Acme",
        "status": "subscribed",
        "leadScore": 7,
        "tags": ["vip", "new"],
        "segments": ["High"],
        "lists": ["A|B", "Fair, Berlin"],
        "topics": [{"name": "News", "subscription": "opt_in"}],
        "customFields": {"birthday": "2000-02-03", "likes": ["a", "b"], "plan": "pro", "seats": 2.5, "vip": True},
        "createdAt": "2024-01-02T03:04:05+00:00",
    }
    bob = {
        "externalId": "c-2",
        "email": "bob@example.com",
        "phone": None,
        "firstName": "Bob",
        "company": "Smith, Jones",
        "status": "subscribed",
        "leadScore": None,
        "tags": ["x, y", "z"],
        "segments": [],
        "lists": ["A|B", "Fair, Berlin"],
        "topics": [{"name": "News", "subscription": "opt_out"}],
        "customFields": {"seats": 123456789012345678},
        "createdAt": "2024-01-02T03:04:06+00:00",
    }
    assert read_json(exporter.run(format="json", fields=FIELDS).location) == [ann, bob]
    lines = read_json_lines(exporter.run(format="jsonl", fields=FIELDS).location)
    assert lines == [ann, bob]
    assert list(lines[0]) == list(ann)


def test_every_field_is_in_json_unless_some_are_chosen(exporter):
    (first, _) = read_json(exporter.run(format="json").location)
    assert list(first) == [
        "id", "externalId", "email", "phone", "firstName", "lastName", "company", "status", "leadScore", "tags",
        "segments", "lists", "topics", "customFields", "createdAt", "updatedAt",
    ]  # fmt: skip


def test_parquet_is_typed(exporter):
    path = exporter.run(format="parquet", fields=FIELDS).location
    kinds = {field.name: field.type for field in pq.read_schema(path)}
    assert kinds["lead_score"] == pa.int32()
    assert kinds["tags"] == pa.list_(pa.field("element", pa.string())) or kinds["tags"].value_type == pa.string()
    assert kinds["properties.birthday"] == pa.date32()
    assert kinds["properties.vip"] == pa.bool_()
    assert pa.types.is_decimal(kinds["properties.seats"])  # no double holds both values
    assert str(kinds["created_at"]) == "timestamp[us, tz=UTC]"
    ann, bob = read_parquet(path)
    assert (ann["tags"], ann["lists"], ann["properties.likes"], bob["segments"]) == (
        ["vip", "new"], ["A|B", "Fair, Berlin"], ["a", "b"], [],
    )  # fmt: skip
    assert ann["topics"] == [{"name": "News", "subscription": "opt_in"}]
    assert (ann["created_at"], ann["properties.plan"], bob["properties.seats"]) == (OFTEN, "pro", 123456789012345678)
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_workbook_has_three_sheets_and_real_types(exporter):
    sheets = read_workbook(exporter.run(format="xlsx", fields=FIELDS).location)
    assert list(sheets) == ["Contacts", "Custom Fields", "Segments"]
    header, ann, bob = sheets["Contacts"]
    assert header == FIELDS
    assert ann == (
        "c-1", "ann@example.com", "+14155552671", "=1+1", "Acme", "subscribed", 7, "vip|new", '["High"]',
        '["A|B", "Fair, Berlin"]', '["News: opt_in"]', datetime(2000, 2, 3), "a|b", "pro", 2.5, True,  # noqa: DTZ001
        datetime(2024, 1, 2, 3, 4, 5),  # noqa: DTZ001
    )  # fmt: skip
    assert bob[14] == "123456789012345678"  # a spreadsheet would make a zero of the last digits
    assert sheets["Custom Fields"][1:3] == [
        ("birthday", "Birthday", "date", None, None), ("likes", None, "multi_select", None, None),
    ]  # fmt: skip
    assert sheets["Segments"] == [
        ("kind", "name", "filter", "members"),
        ("segment", "High", "lead_score > 5", 1),
        ("list", "A|B", None, 2),
        ("list", "Fair, Berlin", None, 2),
        ("topic", "News", None, 1),
    ]


def test_a_workbook_is_made_for_reading(exporter):
    book = openpyxl.load_workbook(exporter.run(format="xlsx", fields=FIELDS).location)
    sheet = book["Contacts"]
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:Q3"
    assert sheet.column_dimensions["B"].width > 25
    (validation,) = sheet.data_validations.dataValidation
    assert (validation.formula1, str(validation.sqref)) == ('"subscribed,unsubscribed,bounced,complained"', "F2:F3")
    assert sheet["D2"].data_type == "s"  # text, not a formula
    assert sheet["L2"].number_format == "yyyy-mm-dd"


def test_a_full_sheet_goes_on_in_the_next_one(importer, tmp_path):
    importer.run("email\n" + "".join(f"c{n}@example.com\n" for n in range(5)))
    path = tmp_path / "split.xlsx"
    with snapshot(importer.store, str(uuid7())) as taken:
        plan = plan_export(taken.connection, "default", ExportRequest(fields=("email",)), None)
        workbook_writer.write_workbook(plan, taken, path, rows_per_sheet=2)
    sheets = read_workbook(path)
    assert list(sheets) == ["Contacts", "Contacts 2", "Contacts 3", "Custom Fields", "Segments"]
    found = [row[0] for name in list(sheets)[:3] for row in sheets[name]]
    assert found == ["email", *_emails(0, 2), "email", *_emails(2, 4), "email", *_emails(4, 5)]


def _emails(start, stop):
    return [f"c{n}@example.com" for n in range(start, stop)]


def test_a_text_that_no_cell_can_hold_is_refused(importer):
    importer.run("email\na@example.com\n")
    importer.sql("UPDATE contacts SET company = repeat('x', 40000)")
    exporter = Exporter(importer)
    with pytest.raises(ExportNotPossible, match="company of the contact in row 2 has more than 32,767 characters"):
        exporter.run(format="xlsx")
    assert [(r.status, r.error_code) for r in exporter.listed()] == [("failed", "export_not_possible")]
    assert len(read_csv(exporter.run().location)[0]["company"]) == 40_000


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_the_record_is_true_to_the_file(exporter, file_format, tmp_path):
    out = tmp_path / f"file.{file_format}"
    record = exporter.run(format=file_format, out=out)
    content = out.read_bytes()
    assert (record.rows, record.size, record.location) == (2, len(content), str(out))
    assert record.sha256 == hashlib.sha256(content).hexdigest()
    assert [path.name for path in tmp_path.glob(".*")] == []
    if file_format is not ExportFormat.XLSX:  # which says when it was made
        assert exporter.run(format=file_format).sha256 == record.sha256


@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_a_store_without_contacts_gives_a_valid_file(importer, file_format):
    record = Exporter(importer).run(format=file_format, fields=("email", "lists", "properties.city"))
    assert record.rows == 0
    readers = {"csv": read_csv, "json": read_json, "jsonl": read_json_lines, "parquet": read_parquet}
    if file_format == "xlsx":
        assert read_workbook(record.location)["Contacts"] == [("email", "lists", "properties.city")]
    else:
        assert readers[file_format](record.location) == []
