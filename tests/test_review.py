"""Review: the plan is shown, confirmed exactly, and left out where the store has moved since."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from contact_pipelines import contacts, imports
from contact_pipelines.errors import FileNotImportable, PlanChanged, StoreUnavailable, WrongState
from contact_pipelines.files.artifact_names import ANEW, CHANGES, REVIEWED
from contact_pipelines.imports.review import FieldChange
from contact_pipelines.models import Counts, ImportOptions, ImportStatus
from contact_pipelines.store import imports_table, reviews
from tests.helpers import crash_worker

KNOWN = (
    "email,first_name,company,lead_score\n"
    "ada@example.com,Ada,Acme,1\n"
    "bob@example.com,Bob,Acme,2\n"
    "cyd@example.com,Cyd,Acme,3\n"
)
FILE = (
    "email,first_name,company,custom_plan\n"
    "ada@example.com,Augusta,,pro\n"
    "bob@example.com,Robert,,\n"
    "cyd@example.com,Cyd,,\n"
    "dan@example.com,Dan,Initech,\n"
    "eve@example.com,Eve,,\n"
    "nonsense,Marvin,,\n"
)
"""Two update, one changes nothing, two create, one fails; one property is new."""
PLANNED = Counts(6, created=2, updated=2, unchanged=1, failed=1)
LEFT_OUT = "the contact store has changed since the review; the row was left out"


@pytest.fixture
def known(importer):
    importer.run(KNOWN)
    return importer


@pytest.fixture
def waiting(known):
    return known.run(FILE, review=True)


def confirm(importer, record):
    return imports.confirm_import(importer.store, importer.settings, record.id, tenant_id=record.tenant_id)


def fresh(importer, record):
    return imports.get_import(importer.store, record.id, tenant_id=record.tenant_id)


def outcomes(importer, record):
    return {line[0]: tuple(line[-2:]) for line in importer.results(record)[1:]}


def state(importer):
    """Return all that an import may change."""
    return importer.everything("contacts", "import_changes", "properties", "groups", "group_members")


def artifact(importer, record, name):
    return Path(importer.settings.artifacts) / record.tenant_id / record.id / name


# -- what is reviewed


def test_events_are_there_once_it_is_confirmed_and_not_before(known, waiting):
    assert not artifact(known, waiting, "contact_events.parquet").exists()
    confirm(known, waiting)
    assert artifact(known, waiting, "contact_events.parquet").exists()


def test_nothing_is_written_before_it_is_confirmed(known):
    before = state(known)
    record = known.run(FILE, review=True)
    assert (record.status, record.counts, record.error) == (ImportStatus.AWAITING_REVIEW, PLANNED, None)
    assert state(known) == before
    assert record.times["review_expires_at"] - record.times["awaiting_since"] == timedelta(hours=1)
    assert record.times["finished_at"] is None


def test_what_there_is_to_review(known, waiting):
    review = imports.get_review(known.settings, waiting)
    assert list(review.changes) == [
        FieldChange(2, "updated", "first_name", "Ada", "Augusta"),
        FieldChange(2, "updated", "properties.plan", None, "pro"),
        FieldChange(3, "updated", "first_name", "Bob", "Robert"),
        FieldChange(5, "created", "email", None, "dan@example.com"),
        FieldChange(5, "created", "first_name", None, "Dan"),
        FieldChange(5, "created", "company", None, "Initech"),
        FieldChange(5, "created", "status", None, "subscribed"),
        FieldChange(6, "created", "email", None, "eve@example.com"),
        FieldChange(6, "created", "first_name", None, "Eve"),
        FieldChange(6, "created", "status", None, "subscribed"),
    ]
    preview = known._read(review.results_preview)
    assert [line[-2] for line in preview[1:]] == ["Updated", "Updated", "Unchanged", "Created", "Created", "Error"]
    assert [line[0] for line in known.errors(waiting)[1:]] == ["nonsense"]
    assert imports.result_files(known.settings, waiting)[0] is None


def test_the_sample_is_bounded(importer):
    rows = "".join(f"p{n}@example.com,P{n}\n" for n in range(500))
    record = importer.run("email,first_name\n" + rows, review=True)
    assert len(imports.get_review(importer.settings, record).changes) == 20


def test_confirmed_it_is_as_if_it_had_never_been_reviewed(known, waiting):
    done = confirm(known, waiting)
    assert (done.status, done.counts, done.error) == (ImportStatus.COMPLETED, PLANNED, None)
    reviewed = known.contacts()
    results, errors = known.results(done), known.errors(done)
    known.roll_back(done)
    known.sql("DELETE FROM properties WHERE import_id IS NOT NULL")
    direct = known.run(FILE)
    assert known.contacts() == reviewed
    assert (known.results(direct), known.errors(direct)) == (results, errors)
    assert imports.get_review(known.settings, done) is None
    assert done.times["awaiting_since"] < done.times["confirmed_at"] < done.times["finished_at"]


def test_the_plan_that_was_reviewed_is_the_file_that_is_applied(known, waiting):
    plan = artifact(known, waiting, f"{CHANGES}.parquet")
    reviewed = plan.read_bytes()
    confirm(known, waiting)
    assert plan.read_bytes() == reviewed
    assert not artifact(known, waiting, f"{ANEW}.parquet").exists()
    assert not artifact(known, waiting, f"{REVIEWED}.parquet").exists()


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("meddle", [lambda plan: plan.write_bytes(plan.read_bytes() + b" "), Path.unlink])
def test_another_plan_than_the_reviewed_one_is_refused(known, waiting, meddle):
    before = state(known)
    meddle(artifact(known, waiting, f"{CHANGES}.parquet"))
    with pytest.raises(PlanChanged, match="not the one that was reviewed; nothing was written"):
        confirm(known, waiting)
    assert fresh(known, waiting).status == ImportStatus.AWAITING_REVIEW
    assert state(known) == before


# -- the store moved since


def edit(importer, email, **values):
    """Edit a contact as an application does."""
    sets = ", ".join(f"{name} = :{name}" for name in values)
    importer.sql(
        f"UPDATE contacts SET {sets}, version = version + 1, updated_at = now() WHERE email = :email",
        email=email, **values,
    )  # fmt: skip


def test_a_row_whose_contact_was_edited_is_left_out_and_all_others_are_applied(known, waiting):
    edit(known, "ada@example.com", first_name="Adele")
    done = confirm(known, waiting)
    assert done.status == ImportStatus.COMPLETED
    assert done.counts == Counts(6, created=2, updated=1, unchanged=1, failed=2)
    assert outcomes(known, done) == {
        "ada@example.com": ("Error", LEFT_OUT),
        "bob@example.com": ("Updated", ""),
        "cyd@example.com": ("Unchanged", ""),
        "dan@example.com": ("Created", ""),
        "eve@example.com": ("Created", ""),
        "nonsense": ("Error", "email is not a valid email address"),
    }
    assert [line[0] for line in known.errors(done)[1:]] == ["ada@example.com", "nonsense"]
    contacts = known.contacts()
    assert (contacts["ada@example.com"]["first_name"], contacts["ada@example.com"]["properties"]) == ("Adele", {})
    assert contacts["bob@example.com"]["first_name"] == "Robert"
    assert plan_codes(known, done) == {2: "changed_since_review"}


def plan_codes(importer, record):
    with imports.open_import(importer.store, importer.settings, record) as session:
        rows = session.load(CHANGES).filter("code IS NOT NULL").project("_row, code").fetchall()
    return dict(rows)


def test_an_edit_of_another_field_does_not_get_in_the_way(known, waiting):
    edit(known, "ada@example.com", lead_score=99)
    done = confirm(known, waiting)
    assert done.counts == PLANNED
    ada = known.contacts()["ada@example.com"]
    assert (ada["first_name"], ada["lead_score"], ada["properties"]) == ("Augusta", 99, {"plan": "pro"})
    known.roll_back(done)
    ada = known.contacts()["ada@example.com"]
    assert (ada["first_name"], ada["lead_score"], ada["properties"]) == ("Ada", 99, {})


def test_a_contact_that_appeared_or_vanished_is_left_alone(known, waiting):
    known.sql(
        "INSERT INTO contacts (tenant_id, id, email, first_name) VALUES ('default', gen_random_uuid(), :e, 'Other')",
        e="dan@example.com",
    )
    known.sql("DELETE FROM contacts WHERE email = 'bob@example.com'")
    done = confirm(known, waiting)
    assert done.counts == Counts(6, created=1, updated=1, unchanged=1, failed=3)
    left_out = [email for email, told in outcomes(known, done).items() if told[1] == LEFT_OUT]
    assert left_out == ["bob@example.com", "dan@example.com"]
    contacts = known.contacts()
    assert "bob@example.com" not in contacts
    assert contacts["dan@example.com"]["first_name"] == "Other"
    assert contacts["eve@example.com"]["first_name"] == "Eve"


def test_a_row_that_was_to_change_nothing_is_left_out_if_it_would_now(known, waiting):
    edit(known, "cyd@example.com", first_name="Sidney")
    done = confirm(known, waiting)
    assert outcomes(known, done)["cyd@example.com"] == ("Error", LEFT_OUT)
    assert known.contacts()["cyd@example.com"]["first_name"] == "Sidney"


def test_another_import_between_review_and_confirmation(known, waiting):
    known.run("email,first_name,company\nada@example.com,Adele,\ndan@example.com,Daniel,\nnew@example.com,New,\n")
    done = confirm(known, waiting)
    assert done.counts == Counts(6, created=1, updated=1, unchanged=1, failed=3)
    contacts = known.contacts()
    assert [contacts[f"{name}@example.com"]["first_name"] for name in ("ada", "bob", "dan", "eve", "new")] == [
        "Adele", "Robert", "Daniel", "Eve", "New",
    ]  # fmt: skip


def test_an_opt_out_between_review_and_confirmation_is_kept(known):
    record = known.run("email,first_name,status\nada@example.com,Augusta,subscribed\n", review=True)
    known.sql("UPDATE contacts SET status = 'unsubscribed', version = version + 1 WHERE email = 'ada@example.com'")
    done = confirm(known, record)
    ada = known.contacts()["ada@example.com"]
    assert (ada["first_name"], ada["status"]) == ("Augusta", "unsubscribed")
    assert (done.counts, done.warnings) == (Counts(1, updated=1), 1)


def test_an_edit_while_it_is_being_confirmed(known, waiting, monkeypatch):
    """The contact changes when the plan was compared with the store already, and before it is written."""
    edits = iter([None])

    def meanwhile():
        for _ in edits:
            edit(known, "ada@example.com", first_name="Adele")

    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "contacts created", meanwhile)
        done = confirm(known, waiting)
    assert done.counts == Counts(6, created=2, updated=1, unchanged=1, failed=2)
    assert outcomes(known, done)["ada@example.com"] == ("Error", LEFT_OUT)
    assert known.contacts()["ada@example.com"]["first_name"] == "Adele"


def test_artifacts_kept_elsewhere(known, settings):
    known.settings = settings.model_copy(update={"artifacts": "memory://reviews"})
    record = known.run(FILE, review=True)
    edit(known, "ada@example.com", first_name="Adele")
    assert confirm(known, record).counts == Counts(6, created=2, updated=1, unchanged=1, failed=2)


def test_a_confirmation_that_fails_can_be_repeated(known, waiting, monkeypatch):
    """A plan that was written for the failed attempt is not taken for the one that was reviewed."""
    edit(known, "ada@example.com", first_name="Adele")
    before = state(known)

    def lost():
        raise StoreUnavailable("lost")

    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "journal written", lost)
        with pytest.raises(StoreUnavailable):
            confirm(known, waiting)
    assert (fresh(known, waiting).status, fresh(known, waiting).error) == (ImportStatus.AWAITING_REVIEW, None)
    assert state(known) == before
    edit(known, "ada@example.com", first_name="Ada")  # as it was when it was reviewed
    done = confirm(known, waiting)
    assert done.counts == PLANNED
    assert known.contacts()["ada@example.com"]["first_name"] == "Augusta"


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize(
    "point", ["changes_at_confirmation.parquet in place", "contact_changes.parquet in place", "journal written",
              "completed, not committed", "committed"],
)  # fmt: skip
def test_a_killed_confirmation_has_done_nothing_or_everything(known, waiting, point):
    edit(known, "ada@example.com", first_name="Adele")
    before = state(known)
    child = crash_worker.start(crash_worker.confirm_killed_at, point, known.settings, waiting)
    assert crash_worker.ended(child) == -9
    if point == "committed":
        assert fresh(known, waiting).status == ImportStatus.COMPLETED
    else:
        assert fresh(known, waiting).status == ImportStatus.AWAITING_REVIEW
        assert state(known) == before
    done = confirm(known, waiting)
    assert (done.status, done.counts) == (
        ImportStatus.COMPLETED,
        Counts(6, created=2, updated=1, unchanged=1, failed=2),
    )
    assert outcomes(known, done)["ada@example.com"] == ("Error", LEFT_OUT)
    assert known.contacts()["ada@example.com"]["first_name"] == "Adele"


# -- one at a time, once


def test_confirming_twice(known, waiting):
    confirm(known, waiting)
    after = state(known)
    with pytest.raises(WrongState, match="was already applied; there is nothing to confirm"):
        confirm(known, waiting)
    assert state(known) == after


def test_two_people_confirm_at_once(known, waiting):
    outcomes_, meeting = [], threading.Barrier(2)

    def one():
        meeting.wait(10)
        try:
            outcomes_.append(confirm(known, waiting).status)
        except WrongState as error:
            outcomes_.append(str(error))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    told = f"The import {waiting.name} was already applied; there is nothing to confirm."
    assert sorted(map(str, outcomes_)) == sorted([str(ImportStatus.COMPLETED), told])
    assert len(known.sql("SELECT FROM import_changes")) == 3 + 4  # of the first import, and of this one


def test_confirming_waits_for_another_import_of_the_tenant(known, waiting):
    done = []
    with known.store.begin() as connection:
        imports_table.lock_tenant(connection, "default")
        thread = threading.Thread(target=lambda: done.append(confirm(known, waiting).status))
        thread.start()
        thread.join(1)
        assert thread.is_alive()
        assert fresh(known, waiting).status == ImportStatus.AWAITING_REVIEW
    thread.join(30)
    assert done == [ImportStatus.COMPLETED]


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("pending", "has not begun; it can be confirmed when it awaits review"),
        ("running", "is running; it can be confirmed when it awaits review"),
        ("failed", "has failed; import the file again"),
        ("cancelled", "was cancelled; import the file again"),
        ("expired", "was not confirmed in time and has expired; import the file again"),
        ("rolled_back", "was applied and rolled back; import the file again"),
    ],
)
def test_only_what_awaits_review_can_be_confirmed(known, waiting, status, sentence):
    known.sql("UPDATE imports SET status = :s WHERE name = :n", s=status, n=waiting.name)
    before = state(known)
    with pytest.raises(WrongState) as told:
        confirm(known, waiting)
    assert str(told.value) == f"The import {waiting.name} {sentence}."
    assert state(known) == before


def test_a_second_door_gets_the_import_that_awaits_review(known):
    path, options = str(known.file(FILE)), ImportOptions(review=True)
    first = imports.register_import(known.store, path, options, idempotency_key="k")
    imports.run_import(known.store, known.settings, first)
    again = imports.register_import(known.store, path, options, idempotency_key="k")
    assert (again.id, again.status) == (first.id, ImportStatus.AWAITING_REVIEW)
    with pytest.raises(WrongState, match="awaits review and cannot be started again"):
        imports.run_import(known.store, known.settings, again)
    assert fresh(known, first).status == ImportStatus.AWAITING_REVIEW


def test_imports_are_started_in_the_order_of_registration(importer):
    path = str(importer.file(KNOWN))
    names = [imports.register_import(importer.store, path, tenant_id=t).name for t in ("b", "a", "b", "c")]
    with importer.store.connect() as connection:
        assert [record.name for record in imports_table.pending(connection)] == names
        assert [record.name for record in imports_table.pending(connection, 2)] == names[:2]


# -- expiry


def expire(importer, record):
    importer.sql("UPDATE imports SET review_expires_at = now() WHERE name = :n", n=record.name)


LOOKS = {
    "show": lambda importer, record: imports.get_import(importer.store, record.id),
    "history": lambda importer, _: imports.list_imports(importer.store)[0],
    "sensor": lambda importer, _: imports.expire_reviews(importer.store)[0],
}


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("look", LOOKS)
def test_an_overdue_review_expires_whoever_looks(known, waiting, look):
    before = state(known)
    expire(known, waiting)
    assert LOOKS[look](known, waiting).id == waiting.id
    (row,) = known.sql("SELECT status, rows_total, rows_created, finished_at FROM imports WHERE name = :n",
                       n=waiting.name)  # fmt: skip
    assert row.pop("finished_at") is not None
    assert row == {"status": "expired", "rows_total": 6, "rows_created": None}
    with pytest.raises(WrongState, match="was not confirmed in time"):
        confirm(known, waiting)
    assert state(known) == before


def test_how_long_a_review_can_be_confirmed(known, settings):
    policy = settings.policy.model_copy(update={"review_expires": 7200})
    known.settings = settings.model_copy(update={"policy": policy})
    own, of_house = known.run(KNOWN, review=True, review_expires=90), known.run(KNOWN, review=True)
    seconds = [(r.times["review_expires_at"] - r.times["awaiting_since"]).total_seconds() for r in (own, of_house)]
    assert seconds == [90, 7200]


def test_a_review_that_is_not_overdue_does_not_expire(known, waiting):
    assert imports.expire_reviews(known.store) == []
    assert fresh(known, waiting).status == ImportStatus.AWAITING_REVIEW


def test_what_is_being_confirmed_does_not_expire(known, waiting, monkeypatch):
    seen = []

    def meanwhile():
        expire(known, waiting)
        seen.append(imports.expire_reviews(known.store))

    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "contacts created", meanwhile)
        assert confirm(known, waiting).status == ImportStatus.COMPLETED
    assert seen == [[]]


@pytest.mark.thorough
def test_reviews_expire_by_tenant(known, waiting):
    other = known.run(KNOWN, tenant="other", review=True)
    expire(known, waiting)
    expire(known, other)
    with known.store.begin() as connection:
        assert [record.id for record in reviews.expire_overdue(connection, "other")] == [other.id]


# -- faults


def test_a_file_that_cannot_be_imported_fails_as_ever(known):
    record = imports.register_import(known.store, str(known.file("a,b\n1,2\n")), ImportOptions(review=True))
    with pytest.raises(FileNotImportable):
        imports.run_import(known.store, known.settings, record)
    assert fresh(known, record).status == ImportStatus.FAILED


def test_an_erased_person_cannot_be_in_a_plan_that_waits(known, waiting):
    with pytest.raises(WrongState, match="awaits review and holds this person"):
        contacts.erase_contact(known.store, known.settings, "ada@example.com")
    expire(known, waiting)
    contacts.erase_contact(known.store, known.settings, "ada@example.com")
    assert [path.name for path in artifact(known, waiting, ".").iterdir()] == ["report.json"]
