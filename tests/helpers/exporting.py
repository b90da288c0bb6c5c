"""What the tests of exports share: export, and read the file again as other programs would."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq

from contact_pipelines import exports
from contact_pipelines.models import ExportRecord, ExportRequest
from tests.helpers.importing import Importer

SHORT = ("email", "first_name")


class Exporter:
    """The exports of an importer's store."""

    def __init__(self, importer: Importer) -> None:
        self.store, self.settings = importer.store, importer.settings

    def run(self, *, out: Path | None = None, tenant: str = "default", by: str = "ann", **request: Any) -> ExportRecord:
        return exports.export_contacts(
            self.store, self.settings, ExportRequest(**request), tenant_id=tenant, requested_by=by, out=out
        )

    def table(self, **request: Any) -> list[dict[str, str]]:
        """Export as CSV and return its rows."""
        return read_csv(self.run(**request).location)

    def emails(self, **request: Any) -> list[str]:
        return sorted(row["email"] for row in self.table(**({"fields": SHORT} | request)))

    def listed(self, **options: Any) -> list[ExportRecord]:
        return exports.list_exports(self.store, self.settings, **options)


def read_csv(path: str | Path) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_json(path: str | Path) -> list[dict[str, Any]]:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def read_json_lines(path: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").split("\n")[:-1]]


def read_parquet(path: str | Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist()


def read_workbook(path: str | Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return all sheets' rows, header first."""
    book = openpyxl.load_workbook(path)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
