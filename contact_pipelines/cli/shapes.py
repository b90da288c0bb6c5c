"""The JSON shapes of the command line's contract (section 6 of the design)."""

from __future__ import annotations

from typing import Any

from contact_pipelines import operations
from contact_pipelines.cli.printing import isoformat
from contact_pipelines.importing.validating import ErrorCount
from contact_pipelines.models import Counts, FileReading, Import, PropertyDefinition, RollbackCounts
from contact_pipelines.settings import Settings
from contact_pipelines.store.groups import Group


def import_shape(settings: Settings, record: Import) -> dict[str, Any]:
    """Return what `import --json` prints."""
    results_file, errors_file = operations.result_files(settings, record)
    return {
        "id": record.id,
        "status": record.status.value,
        "file": {
            "name": record.file_name,
            "size": record.file.size if record.file else None,
            "sha256": record.file.sha256 if record.file else None,
            "rows": record.rows,
        },
        "mapping": [
            {"column": column.column, "field": column.field, "confidence": column.confidence}
            for column in record.mapping
        ],
        "counts": counts_of(record).as_dict(),
        "reading": reading_shape(record.reading) if record.reading else None,
        "warnings": operations.import_warnings(settings, record),
        "results_file": results_file,
        "errors_file": errors_file,
        "duration_seconds": duration_seconds(record),
    }


def show_shape(settings: Settings, record: Import) -> dict[str, Any]:
    """Return what `show --json` prints: the import, and where it stands."""
    progress = record.progress
    return import_shape(settings, record) | {
        "name": record.name,
        "error": record.error,
        "step": progress.step,
        "progress": {
            "rows_done": progress.rows_done,
            "rows_total": progress.rows_total,
            "elapsed": progress.elapsed,
            "remaining": progress.remaining,
        },
        "rollback": record.rollback.as_dict() if record.rollback else None,
        "times": {name: isoformat(value) for name, value in record.times.items()},
    }


def history_shape(record: Import) -> dict[str, Any]:
    """Return one entry of `history --json`."""
    return {
        "id": record.id,
        "name": record.name,
        "status": record.status.value,
        "file": {"name": record.file_name, "rows": record.rows},
        "counts": counts_of(record).as_dict(),
        "error": record.error,
        "created_at": isoformat(record.times["created_at"]),
        "duration_seconds": duration_seconds(record),
    }


def rollback_shape(record: Import, counts: RollbackCounts) -> dict[str, Any]:
    """Return what `rollback --json` prints."""
    return {"id": record.id, "status": record.status.value, "counts": counts.as_dict()}


def reading_shape(reading: FileReading) -> dict[str, Any]:
    """Return how a file was read. `header_row` is null for a file without header."""
    return {
        "format": str(reading.format),
        "container": reading.container,
        "sheet": reading.sheet,
        "encoding": reading.encoding,
        "encoding_confidence": round(reading.confidence, 2),
        "delimiter": reading.delimiter,
        "quote": reading.quote,
        "header_row": reading.header_row,
        "notes": list(reading.notes),
    }


def error_count_shape(count: ErrorCount) -> dict[str, Any]:
    """Return one kind of fault."""
    return {
        "column": count.column,
        "code": count.code,
        "severity": count.severity.value,
        "message": count.message,
        "rows": count.rows,
        "first_row": count.first_row,
    }


def property_shape(definition: PropertyDefinition) -> dict[str, Any]:
    """Return one property, without the rules that it does not have."""
    return definition.model_dump(mode="json", exclude_none=True)


def group_shape(group: Group) -> dict[str, Any]:
    """Return one list, segment or topic. `members` leaves out those who opted out of a topic."""
    topic = (
        {}
        if group.definition.default_subscription is None
        else {
            "default_subscription": group.definition.default_subscription.value,
            "opted_out": group.opted_out,
        }
    )
    return {
        "name": group.definition.name,
        "description": group.definition.description,
        **topic,
        "members": group.members,
        "created_at": isoformat(group.created_at),
    }


def counts_of(record: Import) -> Counts:
    """Return the counts; all 0 as long as (or because) nothing was applied, though the rows were counted."""
    return record.counts if record.counts.add_up else Counts()


def duration_seconds(record: Import) -> float | None:
    """Return how long the import ran, from its first step to the end of its transaction."""
    started, finished = record.times.get("started_at"), record.times.get("finished_at")
    return round((finished - started).total_seconds(), 3) if started and finished else None
