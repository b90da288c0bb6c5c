"""The pipeline: the steps in order, and how often and when they run.

| step | does | leaves |
|---|---|---|
| land | copies the file, once | `source` |
| stage | reads it, all text, no row lost | `staged_rows` |
| columns | maps the columns to fields | `mapped_contacts` |
| validate | types and checks the rows | `validated_contacts`, `row_errors` |
| compare | makes the plan: one outcome per row | `contact_changes` |
| review | holds the plan for a person, if asked to | a preview of the results, a sample of the changes |
| apply | writes the plan, in one transaction, once | contacts and their journal |
| report | writes what happened to each row | results, errors, warnings, events |

A step reads what earlier ones left in the store and the artifacts. Any step can be repeated, and another process can
continue where one has died.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from contact_pipelines.errors import (
    AddressSuppressed,
    AlreadyImported,
    ConsentProtected,
    ContactsChanged,
    StoreUnavailable,
    WrongState,
)
from contact_pipelines.files.artifact_names import STAGED
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports import apply, columns, compare, land, report, results, review, stage, validate
from contact_pipelines.imports.compare import change_plan
from contact_pipelines.imports.lookups import get_import
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.imports.validate.field_rules import check_policy
from contact_pipelines.models import DEFAULT_TENANT, Counts, Import, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import import_life, imports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.import_life import wait_for_turn

ATTEMPTS = 3
"""How often applying or undoing is tried when other writers change the contacts at the same time."""

_CONTACTS_MOVED = (ContactsChanged, AddressSuppressed, ConsentProtected)
"""Somebody changed a contact since it was compared, opted out, or was put on the suppression list."""

T = TypeVar("T")


def open_import(store: Store, settings: Settings, record: Import) -> ImportSession:
    """Open an import to run its steps; close it afterwards (or use `with`). Raises InvalidOption for the settings."""
    check_policy(settings.policy)
    return ImportSession(store, settings, record)


def run_import(store: Store, settings: Settings, record: Import) -> Import:
    """Run all steps of a registered import in this process; return its record afterwards.

    Its status is `awaiting_review` if a person has to confirm it (see `confirm_import`), `cancelled` if its feed has
    imported the same bytes before. For an applied import, only what its process left undone is done. Raises FileError,
    StoreError or WrongState; the import is then `failed` with the same message, or `cancelled` on ImportCancelled.
    """
    with open_import(store, settings, record) as session:
        if plan_import(session):
            apply_import(session)
            _report(session)
        return session.current()


def plan_import(session: ImportSession) -> bool:
    """Run the steps up to the plan; return whether to apply it now."""
    try:
        for step in (land, stage, columns, validate, compare):
            step.run(session)
        return not review_if_needed(session)
    except AlreadyImported:
        return False
    except WrongState:
        if session.current().status != ImportStatus.COMPLETED:
            raise
        return True


def review_if_needed(session: ImportSession) -> bool:
    """Hold the plan for review if needed; return whether it is held."""
    try:
        return review.run(session)
    except StoreUnavailable as error:
        _settled(session, ImportStatus.AWAITING_REVIEW, error)
        return True


def apply_import(session: ImportSession) -> Counts:
    """Apply the plan of a running import; return the counts, even if it was applied before.

    Waits while an older import of the tenant runs. Raises ContactsChanged if people or other programs keep changing
    its contacts; imports and rollbacks wait for each other.
    """
    try:
        with session.step("apply") as heartbeat:
            wait_for_turn(session.store, session.record, heartbeat)
            return _apply(session, heartbeat, change_plan.renew_if_stale, was=ImportStatus.RUNNING)
    except (WrongState, StoreUnavailable) as error:
        return _settled(session, ImportStatus.COMPLETED, error).counts


def confirm(session: ImportSession) -> Counts:
    """Apply the plan that was reviewed; waits while another import of the tenant is applied.

    Raises as `confirm_import`.
    """
    review.require_waiting(session.current())
    try:
        with session.step("apply", claims=False) as heartbeat:
            review.require_waiting(session.current())  # the process that held the lock may have confirmed it
            return _apply(session, heartbeat, review.settle_plan, was=ImportStatus.AWAITING_REVIEW)
    except StoreUnavailable as error:
        return _settled(session, ImportStatus.COMPLETED, error).counts


def confirm_import(store: Store, settings: Settings, key: str, *, tenant_id: str = DEFAULT_TENANT) -> Import:
    """Apply an import that awaits review, and report; return its record afterwards.

    If it was confirmed by a process that died before the report, only the report is written. Raises NotFound,
    WrongState if there is nothing to confirm, PlanChanged, and StoreError; the import then still awaits review.
    """
    record = get_import(store, key, tenant_id=tenant_id)
    require_confirmable(settings, record)
    with open_import(store, settings, record) as session:
        if record.status == ImportStatus.AWAITING_REVIEW:
            confirm(session)
        _report(session)
        return session.current()


def require_confirmable(settings: Settings, record: Import) -> None:
    """Raise WrongState unless the import awaits review, or was confirmed and lacks its report."""
    if not (record.times["confirmed_at"] and _lacks_report(settings, record)):
        review.require_waiting(record)


def complete_report(store: Store, settings: Settings, record: Import) -> None:
    """Write the results and events of an applied import whose process could not: it died, or the disk was full.

    Does nothing if they are complete, or if the rows they are made from were deleted: by retention, or because a
    person was erased.
    """
    if not _lacks_report(settings, record):
        return
    if ArtifactFolder(settings.artifacts, record.tenant_id, record.id).exists(f"{STAGED}.parquet"):
        with open_import(store, settings, record) as session:
            _report(session)


def again_if_contacts_move(attempt: Callable[[], T], before_the_next: Callable[[], None] = lambda: None) -> T:
    """Call the attempt, again if other writers have changed the contacts, up to ATTEMPTS times."""
    for _ in range(ATTEMPTS - 1):
        try:
            return attempt()
        except _CONTACTS_MOVED:
            before_the_next()
    return attempt()


def _apply(
    session: ImportSession, heartbeat: import_life.Heartbeat, prepare: apply.Prepare, *, was: ImportStatus
) -> Counts:
    return again_if_contacts_move(
        lambda: apply.run(session, heartbeat, prepare, was=was),
        lambda: change_plan.call_stale(session),
    )


def _settled(session: ImportSession, wanted: ImportStatus, error: Exception) -> Import:
    """Return the import if it is as `wanted` despite the error. Raises the error, or StoreUnavailable.

    Another process did it in the meantime, or this one did and only the answer to its COMMIT was lost.
    """
    with session.store.begin() as connection:
        current = imports_table.get_settled(connection, session.record)
    if current.status != wanted:
        raise error
    return current


def _report(session: ImportSession) -> None:
    report.run(session)
    report.publish_events(session)


def _lacks_report(settings: Settings, record: Import) -> bool:
    """Return whether an applied import lacks its report, though retention has not deleted its artifacts."""
    if record.status != ImportStatus.COMPLETED or record.times["artifacts_removed_at"]:
        return False
    artifacts = ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
    return not results.is_published(artifacts, record.options)
