"""Workbooks written by hand, for what no library writes: .ods, .xlsb, and XML with traps in it."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "office": OFFICE,
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }.items()
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def write_zip(path: Path, parts: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def ods(path: Path, tables: str, *, manifest: str = "") -> Path:
    """Write an .ods with the given <table:table> elements."""
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    return write_zip(
        path,
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest:manifest xmlns:manifest="
            f'"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{manifest}</manifest:manifest>',
            "content.xml": f"<office:document-content {NAMESPACES}>{body}</office:document-content>",
        },
    )


def ods_cell(kind: str, shown: str, value: str = "", attributes: str = "") -> str:
    """Return a cell of .ods: its type, what it shows, its value."""
    key = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}.get(kind, "value")
    value = f'office:{key}="{value}"' if value else ""
    return (
        f'<table:table-cell office:value-type="{kind}" {value} {attributes}><text:p>{shown}</text:p></table:table-cell>'
    )


def relations(*targets: tuple[str, str]) -> str:
    """Return a part of relationships rId1, rId2, ... by their types' ends and targets."""
    entries = "".join(
        f'<Relationship Id="rId{number}" Type="{DOCUMENT}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{RELATIONSHIPS}">{entries}</Relationships>'


def xlsx_parts(sheet: str, *, workbook: str = "") -> dict[str, str | bytes]:
    """Return the parts of a minimal .xlsx with the given <sheetData> content."""
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "xl/workbook.xml": f'{workbook}<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}">'
        '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": relations(("worksheet", "worksheets/sheet1.xml")),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
    }


def _number(value: int) -> bytes:
    """Write a number in groups of seven bits, as record heads have it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def record(kind: int, content: bytes = b"") -> bytes:
    return _number(kind) + _number(len(content)) + content


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def xlsb_cell(kind: int, column: int, content: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<I", column) + style.to_bytes(3, "little") + b"\0" + content)


def xlsb(path: Path, rows: list[tuple[int, list[bytes]]], formats: dict[int, str]) -> Path:
    """Write an .xlsb with one sheet "S": rows by number from 0, styles 1, 2, ... by their formats' codes."""
    codes = b"".join(record(44, struct.pack("<H", number) + text(code)) for number, code in formats.items())
    styles = b"".join(record(47, struct.pack("<HH12x", 0, number)) for number in [0, *formats])
    cells = b"".join(record(0, struct.pack("<I13x", row)) + b"".join(parts) for row, parts in rows)
    sheet_records = record(145) + cells + record(146)
    last = max(row for row, _ in rows)
    return write_zip(
        path,
        {
            "[Content_Types].xml": CONTENT_TYPES,
            "xl/workbook.bin": record(131)
            + record(143)
            + record(156, struct.pack("<II", 0, 1) + text("rId1") + text("S"))
            + record(144)
            + record(132),
            "_rels/.rels": relations(("officeDocument", "xl/workbook.bin")),
            "xl/_rels/workbook.bin.rels": relations(("worksheet", "worksheets/sheet1.bin"), ("styles", "styles.bin")),
            "xl/styles.bin": record(278)
            + record(615, struct.pack("<I", len(formats)))
            + codes
            + record(616)
            + record(617, struct.pack("<I", len(formats) + 1))
            + styles
            + record(618)
            + record(279),
            "xl/worksheets/sheet1.bin": record(129)
            + record(148, struct.pack("<IIII", 0, last, 0, 16_383))
            + sheet_records
            + record(130),
        },
    )
