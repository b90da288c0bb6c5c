"""Putting an import in the queue, and running it here and now."""

from __future__ import annotations

from collections.abc import Mapping

from contact_pipelines.errors import AlreadyImported, WrongState
from contact_pipelines.files.artifact_names import STAGED
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.files.locations import LocationConfig, resolve_source
from contact_pipelines.imports import drafts, holding, rules, sources, steps
from contact_pipelines.imports.columns import judging
from contact_pipelines.imports.compare import opt_out_imports
from contact_pipelines.imports.lookups import get_import
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.models import DEFAULT_TENANT, Import, ImportOptions, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import imports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.tenants import ensure_tenant


def register_import(
    store: Store,
    source: str,
    options: ImportOptions | None = None,
    *,
    tenant_id: str = DEFAULT_TENANT,
    door: str = "python",
    idempotency_key: str | None = None,
    defaults: ImportOptions | None = None,
    locations: Mapping[str, LocationConfig] | None = None,
    trusted: bool = True,
) -> Import:
    """Put an import of a file in the queue. Raises FileUnreadable if it is not there, InvalidOption, LocationError.

    `source`: a path of this machine, unless the door is not `trusted` (strangers reach it), or a file of one of the
    `locations`, such as sftp://LOCATION/path (see `resolve_source`).

    With an idempotency key that the tenant used before, the import that it was used for is returned, whatever has
    become of it. `defaults`: the options of the settings file, for what `options` does not set.

    Order: imports that wait in the queue are started in the order of registration, and Dagster runs one of a tenant
    at a time. Those that a process runs by itself (`run_import`, the command line) begin at once. Of those that run,
    whichever door they came through, the older is applied first; the others wait for it, unless its process dies. A
    reviewed import is applied when it is confirmed.
    """
    found = resolve_source(source, locations or {}, trusted=trusted)
    sources.require_source(found, locations or {})
    given = options or ImportOptions()
    opt_out_imports.require_fitting_options(given)
    chosen = rules.checked_rules(opt_out_imports.as_suppressing(given.over(defaults) if defaults else given))
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        return imports_table.register(
            connection,
            tenant_id=tenant_id,
            source=found.address,
            options=chosen,
            door=door,
            idempotency_key=idempotency_key,
        )


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
