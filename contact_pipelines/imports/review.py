"""Confirming or cancelling an import that awaits review.

What is confirmed is the plan that was looked at: its file must have the SHA-256 that the store keeps. With the
tenant's lock held a second plan is made and compared with it, row by row; a row whose contact has moved since, so
that something else would be done, fails as `changed_since_review`, and all others are applied.

Until the transaction commits the import awaits review, so whatever ends a confirmation halfway leaves it as it was.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from contact_pipelines.errors import PlanChanged, StoreUnavailable, WrongState
from contact_pipelines.files.artifact_names import ANEW, CHANGES, REVIEW, REVIEWED
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports import drafts, reviewing, steps
from contact_pipelines.imports.drafts import RESULTS_PREVIEW
from contact_pipelines.imports.lookups import get_import
from contact_pipelines.imports.reviewing import FieldChange
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.imports.way import open_import
from contact_pipelines.models import DEFAULT_TENANT, Counts, Import, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import reviews
from contact_pipelines.store.engine import Store


@dataclass(frozen=True)
class Review:
    """What there is to look at before confirming: a sample of field-level changes, and the results as they would be.

    `changes` hold contacts' data: they are for the person who asks, never for a log.
    """

    changes: tuple[FieldChange, ...]
    results_preview: str


def confirm_import(store: Store, settings: Settings, key: str, *, tenant_id: str = DEFAULT_TENANT) -> Import:
    """Apply an import that awaits review, and report; return it as it is afterwards.

    Of one that was confirmed by a process that died before its report only the report is done. Raises NotFound,
    WrongState if there is nothing to confirm, PlanChanged, and StoreError; the import then still awaits review.
    """
    record = get_import(store, key, tenant_id=tenant_id)
    require_confirmable(settings, record)
    with open_import(store, settings, record) as session:
        if record.status == ImportStatus.AWAITING_REVIEW:
            confirm(session)
        steps.report(session)
        steps.publish_events(session)
    return get_import(store, record.id, tenant_id=tenant_id)


def confirm(session: ImportSession) -> Counts:
    """Apply what was reviewed; waits while another import of the tenant is applied. Raises as `confirm_import`."""
    _require_waiting(_current(session))
    try:
        with session.step("apply", claims=False) as heartbeat:
            _require_waiting(_current(session))  # whoever was waited for may have confirmed it
            return steps.apply_plan(session, heartbeat, _settle_plan, was=ImportStatus.AWAITING_REVIEW)
    except StoreUnavailable:
        current = steps.settled(session)
        if current.status != ImportStatus.COMPLETED:  # else only the answer to the COMMIT was lost
            raise
        return current.counts


def cancel_import(store: Store, key: str, *, tenant_id: str = DEFAULT_TENANT) -> Import:
    """Cancel an import that waits, runs or awaits review: nothing of it is, or will be, in the store.

    A running one stops at its next step, or in the middle of applying; its process ends with ImportCancelled.
    Raises NotFound, and WrongState if the import has ended already.
    """
    record = get_import(store, key, tenant_id=tenant_id)
    with store.begin() as connection:
        cancelled = reviews.cancel(connection, record)
    after = get_import(store, record.id, tenant_id=tenant_id)
    if not cancelled:
        undo = "; contact-pipelines rollback undoes it" if after.status == ImportStatus.COMPLETED else ""
        raise WrongState(f"The import {record.name} is {after.status} and cannot be cancelled any more{undo}.")
    return after


def expire_reviews(store: Store) -> list[Import]:
    """End the reviews of all tenants whose time is over; return the imports."""
    with store.begin() as connection:
        return reviews.expire_overdue(connection)


def get_review(settings: Settings, record: Import) -> Review | None:
    """Return what there is to review; None unless the import awaits it."""
    if record.status != ImportStatus.AWAITING_REVIEW:
        return None
    artifacts = ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
    try:
        kept = json.loads(artifacts.reading(REVIEW).read_text(encoding="utf-8"))
        return Review(tuple(FieldChange(**change) for change in kept["changes"]), artifacts.url(RESULTS_PREVIEW))
    except FileNotFoundError:
        return None
    finally:
        artifacts.close()


def require_confirmable(settings: Settings, record: Import) -> None:
    """Raise WrongState unless the import awaits review, or was confirmed and lacks its report."""
    if record.status == ImportStatus.COMPLETED and record.times["confirmed_at"] and not _reported(settings, record):
        return
    _require_waiting(record)


def _require_waiting(record: Import) -> None:
    if record.status == ImportStatus.AWAITING_REVIEW:
        return
    why = {
        ImportStatus.PENDING: "has not begun; it can be confirmed when it awaits review",
        ImportStatus.RUNNING: "is running; it can be confirmed when it awaits review",
        ImportStatus.COMPLETED: "was applied already; there is nothing to confirm",
        ImportStatus.EXPIRED: "was not confirmed in time and has expired; import the file again",
        ImportStatus.CANCELLED: "was cancelled; import the file again",
        ImportStatus.FAILED: "has failed; import the file again",
        ImportStatus.ROLLED_BACK: "was applied and rolled back; import the file again",
    }[record.status]
    raise WrongState(f"The import {record.name} {why}.")


def _settle_plan(session: ImportSession, connection: Connection, attempt: int) -> None:  # noqa: ARG001 - a Prepare
    """Make `contact_changes` what was reviewed, as far as it still holds."""
    artifacts = session.artifacts
    reviewed = _reviewed_plan(session)
    steps.make_plan(session, ANEW)
    anew = artifacts.reading(f"{ANEW}.parquet")
    moved = reviewing.compare_plans(session.con, reviewed, anew)
    kept_aside = artifacts.exists(f"{REVIEWED}.parquet")  # by an earlier attempt, or a process that died
    if moved.rows and not kept_aside:
        with artifacts.writing(f"{REVIEWED}.parquet") as copy:
            shutil.copyfile(reviewed, copy)
    if moved.conflicts:
        session.save(CHANGES, reviewing.confirmed_changes(session.con, anew))
    elif moved.rows or kept_aside:  # it does the same, to newer versions of the contacts
        artifacts.rename(f"{ANEW}.parquet", f"{CHANGES}.parquet")
    artifacts.discard(f"{ANEW}.parquet")


def _reviewed_plan(session: ImportSession) -> Path:
    """Return the file of the plan that was reviewed. Raises PlanChanged unless it is that very file."""
    record = _current(session)
    name = REVIEWED if session.artifacts.exists(f"{REVIEWED}.parquet") else CHANGES
    try:
        path = session.artifacts.reading(f"{name}.parquet")
    except FileNotFoundError:
        path = None
    if path is None or reviewing.sha256_of(path) != record.plan_sha256:
        raise PlanChanged(
            f"The plan of the import {record.name} ({name}.parquet) is gone or not the one that was reviewed; nothing"
            " was written. Cancel the import and import the file again."
        )
    return path


def _current(session: ImportSession) -> Import:
    return get_import(session.store, session.record.id, tenant_id=session.record.tenant_id)


def _reported(settings: Settings, record: Import) -> bool:
    if record.times["artifacts_removed_at"]:
        return True  # or it can no longer be
    return drafts.is_published(ArtifactFolder(settings.artifacts, record.tenant_id, record.id), record.options)
