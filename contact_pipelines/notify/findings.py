"""What is told of an event, and to whom: the import as it was, what lies beside it, the recipients of the settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from contact_pipelines.errors import ContactPipelinesError, NotFound
from contact_pipelines.files.artifact_names import ERRORS_FILE
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports.lookups import import_faults, import_warnings, result_files
from contact_pipelines.models import Event, EventKind, Import, Notification
from contact_pipelines.notify import payloads
from contact_pipelines.notify.email_messages import Attachment
from contact_pipelines.notify.payloads import Findings, Payload
from contact_pipelines.settings import Settings
from contact_pipelines.settings.export_feeds import ExportFeed
from contact_pipelines.settings.import_feeds import ImportFeed
from contact_pipelines.store import imports_table

REPORT_GRACE = timedelta(minutes=10)
"""After an import is applied its report is written, which the message tells of. So long is waited for it."""


def payload_of(connection: sa.Connection, settings: Settings, event: Event) -> Payload | None:
    """Return what is told of an event; None if its import's report is not written yet."""
    if event.import_id is None:
        return payloads.other_payload(event)
    try:
        record = imports_table.get(connection, event.tenant_id, event.import_id)
    except NotFound:
        return payloads.other_payload(event)
    findings = _findings(settings, record)
    early = datetime.now(UTC) - event.occurred_at < REPORT_GRACE
    if event.kind == EventKind.IMPORT_COMPLETED and findings.results_file is None and early:
        return None
    return payloads.import_payload(event, record, findings)


def error_file(connection: sa.Connection, settings: Settings, notification: Notification) -> Attachment | None:
    """Return the import's error file if the settings want it in the message, and it is small enough and still there."""
    data, largest = notification.payload["data"], settings.notifications.attach_errors_up_to
    if not largest or not data.get("errors_file") or not data["counts"]["failed"] or notification.import_id is None:
        return None
    try:
        record = imports_table.get(connection, notification.tenant_id, notification.import_id)
        with _artifacts(settings, record) as artifacts:
            if artifacts.size(ERRORS_FILE) > largest:
                return None
            return Attachment(f"{record.name}_errors.csv", artifacts.reading(ERRORS_FILE).read_bytes())
    except (OSError, NotFound):
        return None


def feed_addresses(settings: Settings, event: Event) -> tuple[str, ...]:
    """Return whom the settings file names for the feed of an event."""
    exported = event.kind.value.startswith("export.")
    feeds: Sequence[ImportFeed | ExportFeed] = settings.exports if exported else settings.imports
    its = [feed for feed in feeds if feed.name == event.feed and feed.tenant == event.tenant_id]
    return tuple(address for feed in its for address in feed.notify)


def all_feed_addresses(settings: Settings) -> tuple[str, ...]:
    """Return whom the settings file names for any feed."""
    feeds: Sequence[ImportFeed | ExportFeed] = [*settings.imports, *settings.exports]
    return tuple(address for feed in feeds for address in feed.notify)


def _findings(settings: Settings, record: Import) -> Findings:
    """Read what lies beside an import; what cannot be read is left out."""
    try:
        results, errors = result_files(settings, record)
        faults = [asdict(fault) for fault in import_faults(settings, record)]
        return Findings(import_warnings(settings, record), faults, results, errors)
    except (OSError, ValueError, KeyError, ContactPipelinesError):
        return Findings()


@contextmanager
def _artifacts(settings: Settings, record: Import) -> Iterator[ArtifactFolder]:
    artifacts = ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
    try:
        yield artifacts
    finally:
        artifacts.close()
