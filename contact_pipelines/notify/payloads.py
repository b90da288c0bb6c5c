"""What is told of an event, as JSON: `{"type", "timestamp", "data"}`, as the Standard Webhooks specification has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from contact_pipelines.models import Counts, Event, EventKind, Import, ImportStatus, RollbackCounts

Payload = dict[str, Any]


@dataclass(frozen=True)
class Findings:
    """What lies beside an import: warnings, the rules that rows broke (no values), and where its files are."""

    warnings: Sequence[str] = ()
    errors: Sequence[dict[str, Any]] = ()
    results_file: str | None = None
    errors_file: str | None = None


def as_it_was(record: Import, event: Event) -> Import:
    """Return an import as it was at the moment of an event; mapping and file are the same for ever."""
    facts = event.facts
    counts = Counts(**{name: facts.get(f"rows_{name}") or 0 for name in Counts().as_dict()})
    undone = facts.get("rollback_counts")
    return replace(
        record,
        status=ImportStatus(facts["status"]),
        rows=facts.get("rows_total"),
        counts=counts if counts.add_up else Counts(),
        error=facts.get("error"),
        error_code=facts.get("error_code"),
        rollback=RollbackCounts(**undone) if undone else None,
        times={name: _time(facts.get(name)) for name in record.times},
    )


def import_payload(event: Event, record: Import, findings: Findings) -> Payload:
    """Tell of an import as `import --json` does, with its name and what the event is about."""
    it = as_it_was(record, event)
    expires = it.times.get("review_expires_at") if it.status == ImportStatus.AWAITING_REVIEW else None
    data = {
        "tenant": it.tenant_id,
        "id": it.id,
        "name": it.name,
        "status": it.status.value,
        "door": event.facts.get("door"),
        "feed": event.feed,
        "file": {
            "name": it.file_name,
            "size": it.file.size if it.file else None,
            "sha256": it.file.sha256 if it.file else None,
            "rows": it.rows,
        },
        "mapping": [
            {"column": column.column, "field": column.field, "confidence": column.confidence} for column in it.mapping
        ],
        "counts": it.counts.as_dict(),
        "warnings": list(findings.warnings),
        "errors": list(findings.errors),
        "results_file": findings.results_file,
        "errors_file": findings.errors_file,
        "duration_seconds": it.duration_seconds,
        "error": {"code": it.error_code, "message": it.error} if it.error else None,
        "held": list(event.held) if event.kind == EventKind.IMPORT_HELD else [],
        "review_expires_at": expires.isoformat() if expires else None,
        "rollback": it.rollback.as_dict() if it.rollback else None,
    }
    return _payload(event, data)


def other_payload(event: Event) -> Payload:
    """Tell of an event that is no import's: what its maker gave."""
    facts = {name: value for name, value in event.facts.items() if name not in ("tenant", "feed_name")}
    return _payload(event, {"tenant": event.tenant_id, "feed": event.feed, **facts})


def _payload(event: Event, data: dict[str, Any]) -> Payload:
    return {"type": event.kind.value, "timestamp": event.occurred_at.isoformat(), "data": data}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
