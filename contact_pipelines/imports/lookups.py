"""Looking up imports and the files they left."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from contact_pipelines.errors import NotFound
from contact_pipelines.files.artifact_names import DUPLICATES_FILE, ERRORS_FILE, REPORT, RESULTS_FILE
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports.validate.validating import ErrorCount
from contact_pipelines.models import DEFAULT_TENANT, Import, ImportStatus, Severity
from contact_pipelines.settings import Settings
from contact_pipelines.store import import_life, imports_table, reviews
from contact_pipelines.store.engine import Store


def get_import(store: Store, key: str, *, tenant_id: str = DEFAULT_TENANT) -> Import:
    """Return an import by its id or readable name, ending an overdue review. Raises NotFound."""
    with store.connect() as connection:
        record = imports_table.get(connection, tenant_id, key)
    if record.status != ImportStatus.AWAITING_REVIEW or datetime.now(UTC) < record.times["review_expires_at"]:
        return record
    with store.begin() as connection:
        reviews.expire_overdue(connection, tenant_id)
        return imports_table.get(connection, tenant_id, key)


def follow_import(store: Store, record: Import) -> Import:
    """Return a running import with its current status and progress; cheap enough to call twice a second."""
    with store.connect() as connection:
        return imports_table.with_progress(connection, record)


def list_imports(store: Store, *, tenant_id: str = DEFAULT_TENANT, limit: int = 50) -> list[Import]:
    """Return the latest imports, newest first; ends those whose process died or whose review is overdue."""
    with store.begin() as connection:
        reviews.expire_overdue(connection, tenant_id)
        import_life.running(connection, tenant_id)
        return imports_table.recent(connection, tenant_id, limit)


def import_warnings(settings: Settings, record: Import) -> list[str]:
    """Return the warnings of the import's report; none before it is written."""
    return list(_report(settings, record).get("warnings", ()))


def import_faults(settings: Settings, record: Import) -> list[ErrorCount]:
    """Return the row errors and warnings by column and code; none before the report is written.

    No values: counts, row numbers and messages.
    """
    faults = _report(settings, record).get("errors", ())
    return [ErrorCount(**{**fault, "severity": Severity(fault["severity"])}) for fault in faults]


def result_files(settings: Settings, record: Import) -> tuple[str | None, str | None]:
    """Return the paths of the results file and the error file; None if missing."""
    artifacts = _artifacts(settings, record)
    results, errors = (artifacts.url(it) if artifacts.exists(it) else None for it in (RESULTS_FILE, ERRORS_FILE))
    return results, errors


def duplicates_file(settings: Settings, record: Import) -> str | None:
    """Return the path of duplicates.csv; None if none were searched for, or before the import is compared."""
    artifacts = _artifacts(settings, record)
    return artifacts.url(DUPLICATES_FILE) if record.options.fuzzy and artifacts.exists(DUPLICATES_FILE) else None


def copy_results(
    settings: Settings, record: Import, target: Path, *, which: Literal["results", "errors"] = "results"
) -> None:
    """Copy the results file or the error file to a local path. Raises NotFound if the import has none."""
    with closing(_artifacts(settings, record)) as artifacts:
        try:
            shutil.copyfile(artifacts.reading(RESULTS_FILE if which == "results" else ERRORS_FILE), target)
        except FileNotFoundError:
            raise NotFound(f"The import {record.name} is {record.status} and has no {which} file.") from None


def _report(settings: Settings, record: Import) -> dict[str, Any]:
    with closing(_artifacts(settings, record)) as artifacts:
        try:
            report: dict[str, Any] = json.loads(artifacts.reading(REPORT).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return report


def _artifacts(settings: Settings, record: Import) -> ArtifactFolder:
    return ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
