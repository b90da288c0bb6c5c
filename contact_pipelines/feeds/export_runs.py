"""Exports that are written by themselves: those of the settings file, at their times."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from contact_pipelines.errors import ContactPipelinesError, StoreError
from contact_pipelines.exports.targets import LocationFile, artifact_folder
from contact_pipelines.exports.use_cases import export_contacts
from contact_pipelines.models import SCHEDULED_BY, ExportRecord
from contact_pipelines.settings import Settings
from contact_pipelines.settings.export_feeds import ExportFeed
from contact_pipelines.store import exports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.imports_table import uuid7
from contact_pipelines.store.tenants import ensure_tenant


def run_export_feed(
    store: Store,
    settings: Settings,
    feed: ExportFeed,
    *,
    due_at: datetime,
    progress: Callable[[int], None] | None = None,
) -> ExportRecord:
    """Write an export of the settings file and bring it to its location, or keep it among the artifacts.

    `due_at`: the scheduled time, with a zone, after which the file is named; once more for the same time replaces it.
    However it ends, that is an event. Raises as `export_contacts` does, and LocationError if the file cannot be
    brought to its location; there is no file then.
    """
    export_id = str(uuid7())
    try:
        return export_contacts(
            store,
            settings,
            feed.request,
            tenant_id=feed.tenant,
            requested_by=f"{SCHEDULED_BY}{feed.name}",
            out=_target(settings, feed, export_id, due_at),
            export_id=export_id,
            progress=progress,
        )
    except ContactPipelinesError as error:
        with suppress(StoreError), store.begin() as connection:
            ensure_tenant(connection, feed.tenant)
            if not exports_table.is_known(connection, feed.tenant, export_id):
                exports_table.tell_refused(connection, feed.tenant, feed.name, error.code, str(error))
        raise


def _target(settings: Settings, feed: ExportFeed, export_id: str, due_at: datetime) -> LocationFile | None:
    path = feed.path_at(due_at)
    if feed.to is None or path is None:
        return None
    scratch = artifact_folder(settings.artifacts, feed.tenant, export_id)
    return LocationFile(feed.to.location, settings.locations[feed.to.location], path, scratch)
