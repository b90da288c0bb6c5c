"""Cancelling: of what waits, runs or awaits review, nothing is ever written; what was applied stays."""

from __future__ import annotations

import pytest

from contact_pipelines import imports
from contact_pipelines.errors import ImportCancelled, NotFound, WrongState
from contact_pipelines.models import Counts, ImportOptions, ImportStatus
from contact_pipelines.store.import_life import Heartbeat
from tests.helpers import crash_worker

KNOWN = "email,first_name\n" + "".join(f"old{n}@example.com,Old\n" for n in range(10))
FILE = (
    "email,first_name\n"
    + "".join(f"old{n}@example.com,New\n" for n in range(10))
    + "".join(f"new{n}@example.com,New\n" for n in range(10))
)


@pytest.fixture
def known(importer):
    importer.run(KNOWN)
    return importer


def register(importer, **options):
    path = str(importer.file(FILE))
    return imports.register_import(importer.store, path, ImportOptions.model_validate(options))


def cancel(importer, record):
    return imports.cancel_import(importer.store, record.id, tenant_id=record.tenant_id)


def state(importer):
    return importer.everything("contacts", "import_changes", "properties", "group_members")


def assert_cancelled(importer, record, before):
    after = imports.get_import(importer.store, record.id)
    assert (after.status, after.error, after.error_code) == (ImportStatus.CANCELLED, None, None)
    assert after.times["finished_at"] is not None
    assert (after.counts.created, after.counts.updated) == (0, 0)
    assert state(importer) == before


def test_one_that_waits_in_the_queue(known):
    record, before = register(known), state(known)
    assert cancel(known, record).status == ImportStatus.CANCELLED
    with pytest.raises(ImportCancelled, match=f"The import {record.name} was cancelled; nothing was written"):
        imports.run_import(known.store, known.settings, record)
    assert_cancelled(known, record, before)


def test_one_that_awaits_review(known):
    record = register(known, review=True)
    before = state(known)
    imports.run_import(known.store, known.settings, record)
    assert cancel(known, record).status == ImportStatus.CANCELLED
    with pytest.raises(WrongState, match="was cancelled; import the file again"):
        imports.confirm_import(known.store, known.settings, record.id)
    assert_cancelled(known, record, before)


@pytest.mark.thorough(keep=3)
@pytest.mark.parametrize(
    ("point", "never_reached"),
    [
        ("source in place", "staged_rows.parquet written"),
        ("staged_rows.parquet in place", "mapped_contacts.parquet written"),
        ("contact_changes.parquet in place", "tenant locked"),
        ("contacts batch 1", "contacts batch 3"),
        ("contacts batch 2", "contacts created"),
        ("contacts created", "contacts updated"),
        ("import_updates batch 1", "contacts updated"),
        ("contacts updated", "journal written"),
        ("import_changes batch 2", "journal written"),
        ("journal written", "completed, not committed"),
    ],
)
def test_a_running_one_stops_there_and_then(known, monkeypatch, point, never_reached):
    record, before = register(known), state(known)
    reached = []
    monkeypatch.setattr(Heartbeat, "WRITE_EVERY_SECONDS", 0)  # what is twice a second else
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, point, lambda: reached or reached.append(cancel(known, record)))
        crash_worker.install(patched.setattr, never_reached, lambda: reached.append(never_reached))
        with pytest.raises(ImportCancelled, match="was cancelled; nothing was written"):
            imports.run_import(known.store, known.settings, record)
    assert [one.status for one in reached] == [ImportStatus.CANCELLED]
    assert_cancelled(known, record, before)


def test_one_between_two_signs_of_life_is_stopped_before_it_commits(known, monkeypatch):
    record, before = register(known), state(known)
    monkeypatch.setattr(Heartbeat, "WRITE_EVERY_SECONDS", 3600)
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "contacts updated", lambda: cancel(known, record))
        with pytest.raises(ImportCancelled):
            imports.run_import(known.store, known.settings, record)
    assert_cancelled(known, record, before)


@pytest.mark.parametrize("every", [0, 3600])
def test_one_that_is_being_confirmed(known, monkeypatch, every):
    record = register(known, review=True)
    before = state(known)
    imports.run_import(known.store, known.settings, record)
    monkeypatch.setattr(Heartbeat, "WRITE_EVERY_SECONDS", every)
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "contacts created", lambda: cancel(known, record))
        with pytest.raises(ImportCancelled, match="was cancelled; nothing was written"):
            imports.confirm_import(known.store, known.settings, record.id)
    assert_cancelled(known, record, before)


@pytest.mark.thorough
def test_one_whose_process_has_died(known):
    """Nobody has noticed yet; it is not found failed afterwards either."""
    record, before = register(known), state(known)
    assert crash_worker.ended(
        crash_worker.start(crash_worker.import_killed_at, "contacts created", known.settings, record)
    ) == -9  # fmt: skip
    assert imports.get_import(known.store, record.id).status == ImportStatus.RUNNING
    cancel(known, record)
    known.sql("UPDATE imports SET heartbeat_at = now() - interval '1 hour' WHERE name = :n", n=record.name)
    imports.list_imports(known.store)
    assert_cancelled(known, record, before)


def test_the_next_import_is_not_held_up(known, monkeypatch):
    record = register(known)
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "contacts created", lambda: cancel(known, record))
        with pytest.raises(ImportCancelled):
            imports.run_import(known.store, known.settings, record)
    assert known.run(FILE).counts == Counts(20, created=10, updated=10)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("end", ["completed", "rolled_back", "cancelled", "failed"])
def test_what_has_ended_cannot_be_cancelled(known, end):
    record = register(known)
    if end in ("completed", "rolled_back"):
        imports.run_import(known.store, known.settings, record)
    if end == "rolled_back":
        known.roll_back(record)
    if end == "cancelled":
        cancel(known, record)
    if end == "failed":
        known.sql("UPDATE imports SET status = 'failed' WHERE name = :n", n=record.name)
    before = state(known)
    with pytest.raises(WrongState) as told:
        cancel(known, record)
    undo = "; contact-pipelines rollback undoes it" if end == "completed" else ""
    assert str(told.value) == f"The import {record.name} is {end} and can no longer be cancelled{undo}."
    assert imports.get_import(known.store, record.id).status == ImportStatus(end)
    assert state(known) == before


def test_another_tenant_s_import_is_not_found(known):
    record = register(known)
    with pytest.raises(NotFound):
        imports.cancel_import(known.store, record.id, tenant_id="other")
    assert imports.get_import(known.store, record.id).status == ImportStatus.PENDING
