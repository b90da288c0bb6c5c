"""Formats are told by content, whatever the name says."""

from __future__ import annotations

import json

import polars as pl
import pytest
import xlwt
from xlsxwriter import Workbook

from contact_pipelines.errors import FileError, FileNotImportable, FileUnreadable
from contact_pipelines.imports.stage.file_formats import recognise
from tests.helpers.workbook_samples import ods, write_zip, xlsb, xlsx_parts

CSV = b"Email,Name\nann@example.com,Ann\n"
LINES = b'{"email": "ann@example.com"}\n{"email": "bob@example.com"}\n'
PRETTY = json.dumps([{"email": "ann@example.com"}], indent=2).encode()
LONG = b'{"email": "ann@example.com", "note": "' + b"x" * 70_000 + b'"}'

TEXTS = {
    "csv": (CSV, "a.csv", "csv"),
    "csv named xlsx": (CSV, "a.xlsx", "csv"),
    "csv named json": (CSV, "a.json", "csv"),
    "empty": (b"", "a.xlsx", "csv"),
    "bytes of no kind": (bytes(range(256)), "a.xlsx", "csv"),
    "header in brackets": (b"[Email],[Name]\n", "a.csv", "csv"),
    "header in braces": (b"{email},{name}\n", "a.csv", "csv"),
    "a word that is a magic number": (b"PAR1,PAR2\n1,2\n", "a.csv", "csv"),
    "header in angle brackets": (b"<email>;<name>\n", "a.csv", "csv"),
    "array": (b'[{"email": "ann@example.com"}]', "a.json", "json"),
    "array over lines": (b"\xef\xbb\xbf \r\n" + PRETTY, "a.txt", "json"),
    "empty array": (b"[]", "a.csv", "json"),
    "array of arrays": (b'[["Email"], ["ann@example.com"]]', "a.json", "json"),
    "object": (b'{\n  "contacts": [\n', "a.json", "json"),
    "object by itself": (b'{"email": "ann@example.com"}\n', "a.json", "json"),
    "line by itself": (b'{"email": "ann@example.com"}\n', "a.JSONL", "jsonl"),
    "lines": (LINES, "a.json", "jsonl"),
    "lines named csv": (LINES.replace(b"\n", b"\r\n\r\n"), "a.csv", "jsonl"),
    "lines of arrays": (b'["Email"]\n["ann@example.com"]\n', "a.txt", "jsonl"),
    "a long line": (LONG, "a.ndjson", "jsonl"),
    "a long object": (LONG, "a.json", "json"),
    "deep": (b"[" * 60_000, "a.json", "json"),
    "utf-16": (("\ufeff" + PRETTY.decode()).encode("utf-16-le"), "a.json", "json"),
    "utf-16 csv": (("\ufeff" + CSV.decode()).encode("utf-16-be"), "a.csv", "csv"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_text(tmp_path, case):
    data, name, expected = TEXTS[case]
    (tmp_path / "a").write_bytes(data)
    assert recognise(tmp_path / "a", name=name).name == expected


def test_workbooks_named_csv(tmp_path):
    path = tmp_path / "a.csv"
    with Workbook(path) as book:
        book.add_worksheet().write(0, 0, "Email")
    assert recognise(path, name="a.csv").name == "xlsx"
    parts = {name.replace("workbook", "workbook2"): part for name, part in xlsx_parts("").items()}
    assert recognise(write_zip(path, parts), name="a.csv").name == "xlsx"
    old = xlwt.Workbook()
    old.add_sheet("S").write(0, 0, "Email")
    old.save(str(path))
    assert recognise(path, name="a.csv").name == "xls"
    assert recognise(xlsb(path, [(0, [])], {}), name="a.csv").name == "xlsb"
    assert recognise(ods(path, ""), name="a.csv").name == "ods"


def test_parquet(tmp_path):
    path = tmp_path / "a.csv"
    pl.DataFrame({"email": ["ann@example.com"]}).write_parquet(path)
    assert recognise(path, name="a.csv").name == "parquet"


REFUSED = {
    "html": (
        b"\n <html xmlns:x='urn:schemas-microsoft-com:office:excel'><table><tr><td>Email",
        "a.xls is an HTML page, whatever its name says. Open it and save it as .xlsx or CSV.",
    ),
    "html table": (
        b"\xef\xbb\xbf<TABLE border=1>",
        "a.xls is an HTML page, whatever its name says. Open it and save it as .xlsx or CSV.",
    ),
    "xml spreadsheet": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "a.xls is an XML Spreadsheet 2003, whatever its name says. Open it and save it as .xlsx or CSV.",
    ),
    "flat ods": (
        b'<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0">',
        "a.xls is a flat OpenDocument file, whatever its name says. Open it and save it as .xlsx or CSV.",
    ),
    "xml": (
        b"<?xml version='1.0'?><a/>",
        "a.xls is an XML file, whatever its name says. Open it and save it as .xlsx or CSV.",
    ),
    "web archive": (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x",
        "a.xls is a web page archive, whatever its name says. Open it and save it as .xlsx or CSV.",
    ),
    "tar": (
        b"people.csv".ljust(257, b"\0") + b"ustar\x0000",
        "a.xls is a TAR archive. Unpack it and import the file in it.",
    ),
    "cut off workbook": (
        b"PK\x03\x04" + b"x" * 1_000,
        "a.xls is damaged or incomplete. Copy or export it again, or save it as CSV.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path, case):
    data, sentence = REFUSED[case]
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(FileError) as raised:
        recognise(tmp_path / "a", name="a.xls")
    assert str(raised.value) == sentence


def _ole2(stream: str) -> bytes:
    """Return what begins like an OLE2 file and has a directory entry for that stream."""
    name = stream.encode("utf-16-le")
    entry = name.ljust(64, b"\0") + (len(name) + 2).to_bytes(2, "little") + b"\2"
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entry.ljust(128, b"\0")


@pytest.mark.parametrize(
    ("stream", "sentence"),
    [
        ("EncryptedPackage", "a.xls is protected by a password. Save it without one and import it again."),
        ("WordDocument", "a.xls looks like an old Word document. Save its table as .xlsx or CSV and import that."),
        (
            "Other",
            "a.xls looks like an old Office file, but no workbook. Save its table as .xlsx or CSV and import that.",
        ),
    ],
)
def test_other_ole2_files(tmp_path, stream, sentence):
    (tmp_path / "a").write_bytes(_ole2(stream))
    with pytest.raises(FileUnreadable) as raised:
        recognise(tmp_path / "a", name="a.xls")
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("word/document.xml", "a Word document"),
        ("ppt/slides/slide1.xml", "a PowerPoint presentation"),
        ("Index/Document.iwa", "an Apple Numbers, Pages or Keynote document"),
    ],
)
def test_other_zip_files(tmp_path, part, what):
    with pytest.raises(FileUnreadable) as raised:
        recognise(write_zip(tmp_path / "a", {part: "x"}), name="a.xls")
    assert str(raised.value) == f"a.xls looks like {what}. Save its table as .xlsx or CSV and import that."


def test_open_document_of_another_kind(tmp_path):
    path = write_zip(tmp_path / "a", {"mimetype": "application/vnd.oasis.opendocument.text"})
    with pytest.raises(FileUnreadable, match="looks like another OpenDocument file"):
        recognise(path, name="a.ods")


def test_archive(tmp_path):
    with pytest.raises(FileNotImportable) as raised:
        recognise(write_zip(tmp_path / "a", {"people.csv": CSV}), name="a.zip")
    assert str(raised.value) == "a.zip is an archive inside an archive. Unpack it and import the file in it."
