"""The pipeline: the steps in order, and how often and when they run.

| step | does | leaves |
|---|---|---|
| land | copies the file, once | `source` |
| stage | reads it, all text, no row lost | `staged_rows` |
| columns | finds out what each column is | `mapped_contacts` |
| validate | types and checks the rows | `validated_contacts`, `row_errors` |
| compare | makes the plan: one outcome a row | `contact_changes` |
| review | leaves the plan to a person, if it should | a preview of the results, a sample of the changes |
| apply | writes the plan, in one transaction, once | contacts and their journal |
| report | tells what became of each row | results, errors, warnings, events |

A step reads what the earlier ones left in the store and among the artifacts. Any of them can be repeated, and another
process can go on where one has died.
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
from contact_pipelines.imports.validate.field_rules import check_house
from contact_pipelines.models import DEFAULT_TENANT, Counts, Import, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import import_life, imports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.import_life import wait_for_turn

ATTEMPTS = 3
"""How often an import is applied, or undone, where other writers change its contacts at the same moment."""

_CONTACTS_MOVED = (ContactsChanged, AddressSuppressed, ConsentProtected)
"""Somebody changed a contact since it was compared, opted out, or was put on the suppression list."""

T = TypeVar("T")


def open_import(store: Store, settings: Settings, record: Import) -> ImportSession:
    """Open an import to run its steps; close it afterwards (or use `with`). Raises InvalidOption for the settings."""
    check_house(settings.house)
    return ImportSession(store, settings, record)


def run_import(store: Store, settings: Settings, record: Import) -> Import:
    """Run all steps of a registered import here and now; return it as it is afterwards.

    `awaiting_review` if a person is to look at it first (see `confirm_import`); `cancelled` if it is of a feed that
    brought the same bytes before. Of an import that was applied already, only what its process left undone is done.
    Raises FileError, StoreError or WrongState; the import is then `failed`, with the same sentence, or `cancelled` if
    it raises ImportCancelled.
    """
    with open_import(store, settings, record) as session:
        if plan_import(session):
            apply_import(session)
            _report(session)
        return session.current()


def plan_import(session: ImportSession) -> bool:
    """Run the steps up to the plan; say whether it is to be applied now."""
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
    """Leave the plan to a person if it should; say whether."""
    try:
        return review.run(session)
    except StoreUnavailable as error:
        _settled(session, ImportStatus.AWAITING_REVIEW, error)
        return True


def apply_import(session: ImportSession) -> Counts:
    """Apply the plan of a running import; return the counts, also of one that was applied before.

    Waits while an older import of the tenant runs. Raises ContactsChanged if people or other programs change its
    contacts again and again; imports and rollbacks wait for each other.
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
            review.require_waiting(session.current())  # whoever was waited for may have confirmed it
            return _apply(session, heartbeat, review.settle_plan, was=ImportStatus.AWAITING_REVIEW)
    except StoreUnavailable as error:
        return _settled(session, ImportStatus.COMPLETED, error).counts


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
        _report(session)
        return session.current()


def require_confirmable(settings: Settings, record: Import) -> None:
    """Raise WrongState unless the import awaits review, or was confirmed and lacks its report."""
    if not (record.times["confirmed_at"] and _lacks_report(settings, record)):
        review.require_waiting(record)


def complete_report(store: Store, settings: Settings, record: Import) -> None:
    """Write the results and events of an applied import whose process could not: it died, or the disk was full.

    Nothing is done where all are there, or where the rows that they are made of were removed: for their age, or
    because a person was erased.
    """
    if not _lacks_report(settings, record):
        return
    if ArtifactFolder(settings.artifacts, record.tenant_id, record.id).exists(f"{STAGED}.parquet"):
        with open_import(store, settings, record) as session:
            _report(session)


def again_if_contacts_move(attempt: Callable[[], T], before_the_next: Callable[[], None] = lambda: None) -> T:
    """Return what the attempt returns; try again while other writers change the contacts, ATTEMPTS times in all."""
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
    """Return the import if it is as `wanted` in spite of the error. Raises the error, or StoreUnavailable.

    Another process has done it meanwhile; or this one has, and only the answer to its COMMIT was lost.
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
    """Say whether an applied import has no report although its artifacts have not been removed for their age."""
    if record.status != ImportStatus.COMPLETED or record.times["artifacts_removed_at"]:
        return False
    artifacts = ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
    return not results.is_published(artifacts, record.options)
