"""The writers of the formats, and the one way to call them."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from contact_pipelines.exports import text_writers
from contact_pipelines.exports.export_plan import ExportPlan
from contact_pipelines.exports.snapshot import Progress, Snapshot
from contact_pipelines.models import ExportFormat


class Writer(Protocol):
    """Writes what a plan selects of a snapshot to a path."""

    def __call__(  # noqa: D102 - as above
        self, plan: ExportPlan, snapshot: Snapshot, path: Path, progress: Progress | None = None
    ) -> text_writers.Written: ...


def writer_of(file_format: ExportFormat) -> Writer:
    """Return what writes this format. The libraries of workbooks and Parquet are loaded only here."""
    match file_format:
        case ExportFormat.CSV:
            return text_writers.write_csv
        case ExportFormat.JSON:
            return text_writers.write_json
        case ExportFormat.JSONL:
            return text_writers.write_json_lines
        case ExportFormat.XLSX:
            from contact_pipelines.exports.workbook_writer import write_workbook

            return write_workbook
        case ExportFormat.PARQUET:
            from contact_pipelines.exports.parquet_writer import write_parquet

            return write_parquet
