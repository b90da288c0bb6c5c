"""Rolls back an import and writes the rollback report."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from contact_pipelines.errors import ContactPipelinesError, StoreUnavailable, WrongState
from contact_pipelines.files.artifact_names import ROLLBACK_FILE
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports.apply import join_groups
from contact_pipelines.imports.lookups import get_import
from contact_pipelines.imports.undo import restore
from contact_pipelines.imports.way import again_if_contacts_move
from contact_pipelines.models import DEFAULT_TENANT, Import, ImportStatus, RollbackCounts
from contact_pipelines.settings import Settings
from contact_pipelines.store import imports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.import_life import wait_for_running_imports


@dataclass(frozen=True)
class Rollback:
    """What a rollback did. `report_file` has a line for each contact; None for a dry run."""

    record: Import
    counts: RollbackCounts
    report_file: str | None


def roll_back_import(
    store: Store,
    settings: Settings,
    key: str,
    *,
    tenant_id: str = DEFAULT_TENANT,
    dry_run: bool = False,
    restore_consent: str | None = None,
) -> Rollback:
    """Undo a completed import, in one transaction; waits while another import of the tenant is applied.

    The opt-outs that it brought stay, unless `restore_consent` gives a reason to undo them as well, at once or with a
    second call. A dry run counts what would happen and changes nothing. The report is written once the rollback is
    committed; if that failed, the same call writes only the report.

    Raises NotFound, InvalidOption if the reason is blank, ContactsChanged, and WrongState if the import is not
    completed (a second rollback, for instance).
    """
    record = get_import(store, key, tenant_id=tenant_id)
    restores = restore_consent is not None and _keeps_opt_outs(record)
    if record.rollback and not dry_run and not restores and not _has_report(settings, record):
        return _reported(store, settings, record, record.rollback)
    _require_undoable(record, restore_consent)
    if record.rollback and not dry_run:
        with closing(_artifacts(settings, record)) as artifacts:  # or it would outlive its rollback, should we die
            artifacts.discard(ROLLBACK_FILE)
    wait_for_running_imports(store, tenant_id)
    try:
        counts = again_if_contacts_move(lambda: _undo(store, record, dry_run=dry_run, restore_consent=restore_consent))
    except StoreUnavailable:
        done = _lost_answer(store, record)
        if done is None:
            raise
        counts = done
    record = get_import(store, record.id, tenant_id=tenant_id)
    return Rollback(record, counts, None) if dry_run else _reported(store, settings, record, counts)


def _undo(store: Store, record: Import, *, dry_run: bool, restore_consent: str | None) -> RollbackCounts:
    with store.connect() as connection, connection.begin() as transaction:
        imports_table.lock_tenant(connection, record.tenant_id)
        current = imports_table.get(connection, record.tenant_id, record.id)
        _require_undoable(current, restore_consent)
        counts = restore.undo(connection, current, restore_consent)
        join_groups.roll_back_groups(connection, current)
        if dry_run:
            transaction.rollback()
        else:
            imports_table.record_rollback(connection, record, counts)
    return counts


def _lost_answer(store: Store, record: Import) -> RollbackCounts | None:
    """Return the counts of a rollback of which only the answer to its COMMIT was lost; None if it was not done."""
    with store.begin() as connection:
        current = imports_table.get_settled(connection, record)
    return current.rollback if current.times["rolled_back_at"] != record.times["rolled_back_at"] else None


def _require_undoable(record: Import, restore_consent: str | None) -> None:
    if record.status == ImportStatus.ROLLED_BACK:
        if restore_consent is None:
            raise WrongState(f"The import {record.name} was already rolled back; there is nothing left to undo.")
        if not _keeps_opt_outs(record):
            raise WrongState(f"The import {record.name} was already rolled back, and none of its opt-outs is left.")
    elif record.status != ImportStatus.COMPLETED:
        raise WrongState(f"The import {record.name} is {record.status}; only a completed import can be rolled back.")


def _keeps_opt_outs(record: Import) -> bool:
    return bool(record.rollback and (record.rollback.opt_outs_kept or record.rollback.suppressions_kept))


def _has_report(settings: Settings, record: Import) -> bool:
    """Return whether there is a report, or was one before it was removed for its age."""
    return bool(record.times["results_removed_at"]) or _artifacts(settings, record).exists(ROLLBACK_FILE)


def _reported(store: Store, settings: Settings, record: Import, counts: RollbackCounts) -> Rollback:
    with closing(_artifacts(settings, record)) as artifacts:
        try:
            with artifacts.writing(ROLLBACK_FILE) as path, store.raw() as connection:
                restore.write_report(connection, record, path)
        except OSError as error:
            raise ContactPipelinesError(
                f"The import {record.name} is rolled back, but the report could not be written"
                f" ({error.strerror or type(error).__name__}). Run the command again, which then only writes the"
                " report."
            ) from None
        return Rollback(record, counts, artifacts.url(ROLLBACK_FILE))


def _artifacts(settings: Settings, record: Import) -> ArtifactFolder:
    return ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
