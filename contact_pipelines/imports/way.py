"""The way of an import from its file to its results: the steps in their order, run here and now."""

from __future__ import annotations

from contact_pipelines.errors import AlreadyImported, WrongState
from contact_pipelines.files.artifact_names import STAGED
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports import drafts, holding, steps
from contact_pipelines.imports.columns import judging
from contact_pipelines.imports.lookups import get_import
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.models import Import, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store.engine import Store


def open_import(store: Store, settings: Settings, record: Import) -> ImportSession:
    """Open an import to run its steps; close it afterwards (or use `with`). Raises InvalidOption for the settings."""
    judging.check_house(settings.house)
    feed = next((feed for feed in settings.imports if feed.name == record.feed), None)
    return ImportSession(store, settings.artifacts, record, settings.house, locations=settings.locations, feed=feed)


def run_import(store: Store, settings: Settings, record: Import) -> Import:
    """Run all steps of a registered import here and now; return it as it is afterwards.

    One that is to be reviewed, or that its feed's circuit breaker holds, is not applied: it is `awaiting_review` then
    (see `confirm_import`).
    Nor is one of a feed whose bytes it brought before: that is `cancelled`, and says so.
    Of an import that was applied already (by a process that died before its report) only the report is done.
    Raises FileError, StoreError or WrongState; the import is then `failed`, with the same sentence, or `cancelled` if
    it raises ImportCancelled.
    """
    with open_import(store, settings, record) as session:
        try:
            try:
                steps.land(session)
            except AlreadyImported:
                return get_import(store, record.id, tenant_id=record.tenant_id)
            steps.stage(session)
            steps.map_columns(session)
            steps.validate(session)
            steps.compare(session)
            if holding.review_if_needed(session):
                return get_import(store, record.id, tenant_id=record.tenant_id)
        except WrongState:
            if get_import(store, record.id, tenant_id=record.tenant_id).status != ImportStatus.COMPLETED:
                raise
        steps.apply(session)
        steps.report(session)
        steps.publish_events(session)
    return get_import(store, record.id, tenant_id=record.tenant_id)


def complete_report(store: Store, settings: Settings, record: Import) -> None:
    """Write the results and events of an applied import whose process could not: it died, or the disk was full.

    Nothing else is done, and nothing at all where all are there, or where erasing a person or their age removed the
    rows that they are made of.
    """
    if record.status != ImportStatus.COMPLETED or record.times["artifacts_removed_at"]:
        return
    artifacts = ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
    if drafts.is_published(artifacts, record.options) or not artifacts.exists(f"{STAGED}.parquet"):
        return
    with open_import(store, settings, record) as session:
        steps.report(session)
        steps.publish_events(session)
