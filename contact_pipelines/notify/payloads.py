"""The payload of an event: `{"type", "timestamp", "data"}`, as in the Standard Webhooks specification."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from contact_pipelines.errors import ContactPipelinesError, NotFound
from contact_pipelines.files.artifact_names import ERRORS_FILE
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports.lookups import import_faults, import_warnings, result_files
from contact_pipelines.models import Counts, Event, EventKind, Import, ImportStatus, Notification, RollbackCounts
from contact_pipelines.settings import Settings
from contact_pipelines.settings.feed_settings import ExportFeed, ImportFeed
from contact_pipelines.store import imports_table

if TYPE_CHECKING:
    from contact_pipelines.notify.email_messages import Attachment

Payload = dict[str, Any]


@dataclass(frozen=True)
class Findings:
    """An import's warnings, the rules that rows broke (no values), and where its files are."""

    warnings: Sequence[str] = ()
    errors: Sequence[dict[str, Any]] = ()
    results_file: str | None = None
    errors_file: str | None = None


def as_it_was(record: Import, event: Event) -> Import:
    """Return an import as it was when an event happened; mapping and file never change."""
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
    """Describe an import as `import --json` does, with its name and what the event adds."""
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
    """Pass on the facts of an event that is not about an import."""
    facts = {name: value for name, value in event.facts.items() if name not in ("tenant", "feed_name")}
    return _payload(event, {"tenant": event.tenant_id, "feed": event.feed, **facts})


def _payload(event: Event, data: dict[str, Any]) -> Payload:
    return {"type": event.kind.value, "timestamp": event.occurred_at.isoformat(), "data": data}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


REPORT_GRACE = timedelta(minutes=10)
"""How long the message about an applied import waits for its report."""


def payload_of(connection: sa.Connection, settings: Settings, event: Event) -> Payload | None:
    """Return an event's payload; None if its import's report is not written yet."""
    if event.import_id is None:
        return other_payload(event)
    try:
        record = imports_table.get(connection, event.tenant_id, event.import_id)
    except NotFound:
        return other_payload(event)
    findings = _findings(settings, record)
    early = datetime.now(UTC) - event.occurred_at < REPORT_GRACE
    if event.kind == EventKind.IMPORT_COMPLETED and findings.results_file is None and early:
        return None
    return import_payload(event, record, findings)


def error_file(connection: sa.Connection, settings: Settings, notification: Notification) -> Attachment | None:
    """Return the import's error file, if the settings ask for it and it exists and is small enough."""
    from contact_pipelines.notify.email_messages import Attachment  # which imports this module

    data, largest = notification.payload["data"], settings.notifications.attach_errors_up_to
    if not largest or not data.get("errors_file") or not data["counts"]["failed"] or notification.import_id is None:
        return None
    try:
        record = imports_table.get(connection, notification.tenant_id, notification.import_id)
        with closing(ArtifactFolder(settings.artifacts, record.tenant_id, record.id)) as artifacts:
            if artifacts.size(ERRORS_FILE) > largest:
                return None
            return Attachment(f"{record.name}_errors.csv", artifacts.reading(ERRORS_FILE).read_bytes())
    except (OSError, NotFound):
        return None


def feed_addresses(settings: Settings, event: Event) -> tuple[str, ...]:
    """Return the addresses of an event's feed in the settings file."""
    exported = event.kind.value.startswith("export.")
    feeds: Sequence[ImportFeed | ExportFeed] = settings.exports if exported else settings.imports
    its = [feed for feed in feeds if feed.name == event.feed and feed.tenant == event.tenant_id]
    return tuple(address for feed in its for address in feed.notify)


def all_feed_addresses(settings: Settings) -> tuple[str, ...]:
    """Return the addresses of all feeds in the settings file."""
    feeds: Sequence[ImportFeed | ExportFeed] = [*settings.imports, *settings.exports]
    return tuple(address for feed in feeds for address in feed.notify)


def _findings(settings: Settings, record: Import) -> Findings:
    """Read an import's findings; what cannot be read is left out."""
    try:
        results, errors = result_files(settings, record)
        faults = [asdict(fault) for fault in import_faults(settings, record)]
        return Findings(import_warnings(settings, record), faults, results, errors)
    except (OSError, ValueError, KeyError, ContactPipelinesError):
        return Findings()
