"""The JSON that commands print with --json."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from contact_pipelines import contacts, imports
from contact_pipelines.cli.printing import isoformat
from contact_pipelines.contacts.groups import Group
from contact_pipelines.imports.validate.validating import ErrorCount
from contact_pipelines.models import Counts, ExportRecord, FileReading, Import, PropertyDefinition
from contact_pipelines.settings import Settings


def import_shape(settings: Settings, record: Import) -> dict[str, Any]:
    """Return what `import --json` prints."""
    results_file, errors_file = imports.result_files(settings, record)
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
        "warnings": imports.import_warnings(settings, record),
        "errors": [asdict(fault) for fault in imports.import_faults(settings, record)],
        "results_file": results_file,
        "errors_file": errors_file,
        "duration_seconds": record.duration_seconds,
        **({"duplicates_file": imports.duplicates_file(settings, record)} if record.options.fuzzy else {}),
        **_review_shape(settings, record),
    }


def show_shape(settings: Settings, record: Import) -> dict[str, Any]:
    """Return what `show --json` prints."""
    progress = record.progress
    return import_shape(settings, record) | {
        "name": record.name,
        "error": record.error,
        "feed": record.feed,
        "held": list(record.held),
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


def _review_shape(settings: Settings, record: Import) -> dict[str, Any]:
    """Return what to review and until when, if the import awaits review."""
    review = imports.get_review(settings, record)
    if review is None:
        return {}
    return {
        "review": {
            "expires_at": isoformat(record.times["review_expires_at"]),
            "results_preview": review.results_preview,
            "changes": [asdict(change) for change in review.changes],
        }
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
        "duration_seconds": record.duration_seconds,
    }


def export_shape(record: ExportRecord) -> dict[str, Any]:
    """Return what `export --json` prints."""
    return {
        "id": record.id,
        "status": record.status.value,
        "rows": record.rows,
        "file": record.location,
        "size": record.size,
        "sha256": record.sha256,
    }


def exports_shape(record: ExportRecord) -> dict[str, Any]:
    """Return one entry of `exports --json`."""
    return export_shape(record) | {
        "name": record.name,
        "requested_by": record.requested_by,
        "request": record.request.model_dump(mode="json", exclude_defaults=True, exclude={"name"}),
        "format": record.request.format.value,
        "filter": record.described_filter or None,
        "changed_since": isoformat(record.changed_since),
        "created_at": isoformat(record.created_at),
        "finished_at": isoformat(record.finished_at),
        "expires_at": isoformat(record.expires_at),
        "error": record.error,
    }


def rollback_shape(done: imports.Rollback) -> dict[str, Any]:
    """Return what `rollback --json` prints."""
    return {
        "id": done.record.id,
        "status": done.record.status.value,
        "counts": done.counts.as_dict(),
        "gone": done.counts.gone,
        "opt_outs_kept": done.counts.opt_outs_kept,
        "properties_removed": done.counts.properties_removed,
        "suppressions_kept": done.counts.suppressions_kept,
        "suppressions_removed": done.counts.suppressions_removed,
        "report_file": done.report_file,
    }


def contact_history_shape(contact_id: str, events: Sequence[contacts.HistoryEvent]) -> dict[str, Any]:
    """Return what `contacts history --json` prints."""
    return {
        "contact_id": contact_id,
        "events": [
            {
                "at": isoformat(event.at),
                "event": event.event,
                "import": {"id": event.import_id, "name": event.import_name} if event.import_id else None,
                "file": event.file,
                "row": event.row,
                "fields": [asdict(change) for change in event.fields],
                "note": event.note,
            }
            for event in events
        ],
    }


def reading_shape(reading: FileReading) -> dict[str, Any]:
    """Return how a file was read. `header_row` is null for a file without a header."""
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
    """Return one kind of error, with how many rows have it."""
    return {
        "column": count.column,
        "code": count.code,
        "severity": count.severity.value,
        "message": count.message,
        "rows": count.rows,
        "first_row": count.first_row,
    }


def property_shape(definition: PropertyDefinition) -> dict[str, Any]:
    """Return one property with the rules it has."""
    return definition.model_dump(mode="json", exclude_none=True)


def group_shape(group: Group) -> dict[str, Any]:
    """Return one list, segment or topic. `members` does not count those who opted out of a topic.

    Only a dynamic segment has a `filter`; if it can no longer be read, `members` is null and `problem` says why.
    """
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
        **({} if group.definition.filter is None else {"filter": group.definition.filter}),
        **({} if group.problem is None else {"problem": group.problem}),
        "members": group.members,
        "created_at": isoformat(group.created_at),
    }


def counts_of(record: Import) -> Counts:
    """Return the counts, or those that confirming would give; all 0 if nothing was applied."""
    return record.counts if record.counts.add_up else Counts()
