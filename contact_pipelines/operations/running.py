"""Putting an import in the queue, and running it here and now."""

from __future__ import annotations

from pathlib import Path

from contact_pipelines.errors import WrongState
from contact_pipelines.files import landing
from contact_pipelines.importing import rules, suppressing
from contact_pipelines.importing.session import ImportSession
from contact_pipelines.models import (
    DEFAULT_TENANT,
    Import,
    ImportOptions,
    ImportStatus,
)
from contact_pipelines.operations import judging, steps
from contact_pipelines.operations.lookups import get_import, result_files
from contact_pipelines.operations.names import STAGED
from contact_pipelines.settings import Settings
from contact_pipelines.store import imports
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
) -> Import:
    """Put an import of a local file in the queue. Raises FileUnreadable if it is not there, and InvalidOption.

    With an idempotency key that the tenant used before, the import that it was used for is returned, whatever has
    become of it. `defaults`: the options of the settings file, for what `options` does not set.

    Order: imports that wait in the queue are started in the order of registration, and Dagster runs one of a tenant
    at a time. Those that a process runs by itself (`run_import`, the command line) begin at once. Of those that run,
    whichever door they came through, the older is applied first; the others wait for it, unless its process dies. A
    reviewed import is applied when it is confirmed.
    """
    path = Path(source).expanduser().absolute()
    landing.require_file(path)
    given = options or ImportOptions()
    suppressing.require_fitting_options(given)
    chosen = rules.checked_rules(suppressing.as_suppressing(given.over(defaults) if defaults else given))
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        return imports.register(
            connection,
            tenant_id=tenant_id,
            source=str(path),
            options=chosen,
            door=door,
            idempotency_key=idempotency_key,
        )


def open_import(store: Store, settings: Settings, record: Import) -> ImportSession:
    """Open an import to run its steps; close it afterwards (or use `with`). Raises InvalidOption for the settings."""
    judging.check_house(settings.house)
    return ImportSession(store, settings.artifacts, record, settings.house)


def run_import(store: Store, settings: Settings, record: Import) -> Import:
    """Run all steps of a registered import here and now; return it as it is afterwards.

    One that is to be reviewed is not applied: it is `awaiting_review` then (see `confirm_import`).
    Of an import that was applied already (by a process that died before its report) only the report is done.
    Raises FileError, StoreError or WrongState; the import is then `failed`, with the same sentence, or `cancelled` if
    it raises ImportCancelled.
    """
    with open_import(store, settings, record) as session:
        try:
            steps.land(session)
            steps.stage(session)
            steps.map_columns(session)
            steps.validate(session)
            steps.compare(session)
            if session.record.options.review:
                steps.await_review(session)
                return get_import(store, record.id, tenant_id=record.tenant_id)
        except WrongState:
            if get_import(store, record.id, tenant_id=record.tenant_id).status != ImportStatus.COMPLETED:
                raise
        steps.apply(session)
        steps.report(session)
        steps.publish_events(session)
    return get_import(store, record.id, tenant_id=record.tenant_id)


def complete_report(store: Store, settings: Settings, record: Import) -> None:
    """Write the results of an applied import whose process could not: it died, or the disk was full.

    Nothing else is done, and nothing at all where there are results, or where erasing a person removed the rows.
    """
    if record.status != ImportStatus.COMPLETED or None not in result_files(settings, record):
        return
    with open_import(store, settings, record) as session:
        if session.artifacts.exists(f"{STAGED}.parquet"):
            steps.report(session)
            steps.publish_events(session)
