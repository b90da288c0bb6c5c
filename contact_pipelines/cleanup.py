"""Deletes old files, notifications and exports, as set by `retention` in the settings.

Imports can still be rolled back afterwards: the journal stays in the store. Imports that are pending, running or
awaiting review are left alone, however old they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from contact_pipelines.exports.export_runs import clean_up_exports, count_overdue_exports
from contact_pipelines.files.artifact_names import (
    ERRORS_FILE,
    EVENTS,
    MAPPED,
    REPORT,
    RESULTS_FILE,
    ROLLBACK_FILE,
    STAGED,
)
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.notify import outbox
from contact_pipelines.settings import Settings
from contact_pipelines.store import old_imports
from contact_pipelines.store.engine import Store
from contact_pipelines.store.old_imports import OldImport, What

KEPT_WITH_RESULTS = frozenset(
    (
        RESULTS_FILE,
        ERRORS_FILE,
        ROLLBACK_FILE,
        REPORT,
        f"{EVENTS}.parquet",
        # The rows of the results as erasing a person searches them.
        f"{STAGED}.parquet",
        f"{MAPPED}.parquet",
    )
)


@dataclass(frozen=True)
class CleanUp:
    """What was or would be removed: imports that lose artifacts and results, and how many files.

    `exports`: those whose file has expired (`exports_expire`).
    """

    artifacts: int = 0
    results: int = 0
    files: int = 0
    notifications: int = 0
    exports: int = 0


def clean_up(store: Store, settings: Settings, *, dry_run: bool = False) -> CleanUp:
    """Remove the old files of all tenants' imports and exports, and old notifications; a dry run only counts.

    Can be interrupted and repeated at any time. For Dagster's own leftovers see `defs.cleanup_job`.
    """
    keep = settings.retention
    results, first = _remove(store, settings, "results", keep.results_days, dry_run=dry_run)
    artifacts, second = _remove(store, settings, "artifacts", keep.artifacts_days, dry_run=dry_run)
    removed = 0
    if keep.notifications_days is not None:
        with store.begin() as connection:
            act = outbox.count_old if dry_run else outbox.remove_old
            removed = act(connection, keep.notifications_days)
    expired = count_overdue_exports(store) if dry_run else clean_up_exports(store, settings)
    return CleanUp(artifacts, results, first + second, removed, expired)


def names_of_old_imports(store: Store, days: int) -> set[str]:
    """Return the names of the imports that ended so many days ago."""
    with store.connect() as connection:
        return old_imports.names_ended(connection, days)


def _remove(store: Store, settings: Settings, what: What, days: int | None, *, dry_run: bool) -> tuple[int, int]:
    """Remove one kind of files; return the numbers of imports and files."""
    if days is None:
        return 0, 0
    with store.connect() as connection:
        found = old_imports.find(connection, what, days)
    if dry_run:
        return len(found), sum(len(_files(settings, it, what)) for it in found)
    done = files = 0
    for it in found:
        with old_imports.removing(store, it, what, days) as free:
            if free:
                files += _remove_files(settings, it, what)
                done += 1
    return done, files


def _remove_files(settings: Settings, it: OldImport, what: What) -> int:
    names = _files(settings, it, what)
    artifacts = ArtifactFolder(settings.artifacts, it.tenant_id, it.id)
    for name in names:
        artifacts.discard(name)
    artifacts.remove_empty_folders()
    return len(names)


def _files(settings: Settings, it: OldImport, what: What) -> list[str]:
    """Return the names of the files to remove: all of them if the import was never applied."""
    kept = KEPT_WITH_RESULTS if what == "artifacts" and it.applied else frozenset()
    return [name for name in ArtifactFolder(settings.artifacts, it.tenant_id, it.id).names() if name not in kept]
