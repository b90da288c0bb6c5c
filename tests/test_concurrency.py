"""Imports beside one another, beside rollbacks and beside people who edit: as if one had come after the other."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from contact_pipelines import imports
from contact_pipelines.errors import WrongState
from contact_pipelines.models import Counts, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store.import_life import Heartbeat
from tests.helpers import crash_worker
from tests.helpers.crash_worker import FILE, NEW, OLD, SAME, World
from tests.helpers.databases import new_database

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork")

HEADER = ["email", "first_name", "company", "custom_plan"]
FILE_A = [HEADER, *([e, "Arthur", "", "a"] for e in NEW[:6]), *([e, "Arthur", "", ""] for e in OLD)]
FILE_B = [
    HEADER,
    *([e, "Beeblebrox", "B", "b"] for e in NEW[4:]),
    *([e, "Beeblebrox", "", "b"] for e in OLD[2:]),
]
SKEWED_A = [HEADER, [SAME[0], "Trillian", "", ""], [SAME[1], "Arthur", "", ""]]
SKEWED_B = [HEADER, [SAME[0], "Beeblebrox", "", ""], [SAME[1], "Trillian", "", ""]]
"""Each changes the contact that the other one finds unchanged."""


@pytest.fixture(scope="module")
def world(embedded_server, template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("concurrency")
    with new_database(embedded_server, template) as url:
        world = World(Settings(home=folder, database_url=url, artifacts=str(folder / "artifacts")), folder)
        yield world
        world.store.close()


def _serially(world, *files):
    """Return what a tenant is like after these files, one after the other."""
    tenant = world.tenant()
    for content in files:
        world.import_again(world.register(tenant, content))
    return world.state(tenant)


def _contact(world, tenant, email):
    return world.contacts(tenant)[email]


def _thread(function, *args):
    """Start a thread; return it and the list that its outcome or its error will be in."""
    outcome = []

    def run():
        try:
            outcome.append(function(*args))
        except Exception as error:  # noqa: BLE001 - the test looks at it
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


# -- two imports of one tenant


def _in_the_order_applied(world, *records):
    fresh = [world.fresh(record) for record in records]
    assert [(r.status, r.error) for r in fresh] == [(ImportStatus.COMPLETED, None)] * len(fresh)
    assert all(r.counts.add_up for r in fresh)
    return sorted(fresh, key=lambda r: r.times["finished_at"])


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("point", ["start", "contact_changes.parquet in place"])
def test_two_processes_import_overlapping_files_at_once(world, point):
    tenant = world.tenant()
    files = {world.register(tenant, content).id: content for content in (FILE_A, FILE_B)}
    records = [imports.get_import(world.store, key, tenant_id=tenant) for key in files]
    meeting = crash_worker.barrier(2)
    children = [
        crash_worker.start(crash_worker.import_together, point, meeting, world.settings, record) for record in records
    ]
    assert [crash_worker.ended(child) for child in children] == [0, 0]
    order = _in_the_order_applied(world, *records)
    assert world.state(tenant) == _serially(world, *(files[record.id] for record in order))
    assert len(world.journal(order[0])) == order[0].counts.created + order[0].counts.updated
    assert len(world.journal(order[1])) == order[1].counts.created + order[1].counts.updated


def test_two_imports_that_each_leave_alone_what_the_other_changes(world):
    tenant = world.tenant()
    sessions = [world.compared(world.register(tenant, content)) for content in (SKEWED_A, SKEWED_B)]
    for session in sessions:
        world.finish(session)
    assert world.state(tenant) == _serially(world, SKEWED_A, SKEWED_B)
    assert [world.fresh(s.record).counts for s in sessions] == [
        Counts(2, updated=1, unchanged=1),
        Counts(2, updated=2),
    ]


@pytest.mark.thorough
def test_many_imports_of_the_same_contacts_are_all_applied(world):
    """None of them gives up because the others were faster, however often."""
    tenant = world.tenant()
    files = {}
    for name in ("A", "B", "C", "D", "E", "F"):
        content = [HEADER, *([email, name, name, ""] for email in OLD + NEW)]
        files[world.register(tenant, content).id] = content
    records = [imports.get_import(world.store, key, tenant_id=tenant) for key in files]
    sessions = [world.compared(record) for record in records]
    threads = [_thread(world.finish, session) for session in sessions]
    for thread, _ in threads:
        thread.join(60)
    assert [outcome for _, (outcome,) in threads if isinstance(outcome, Exception)] == []
    order = _in_the_order_applied(world, *records)
    assert [r.counts.created for r in order] == [len(NEW), 0, 0, 0, 0, 0]
    assert world.state(tenant) == _serially(world, *(files[record.id] for record in order))


# -- one import twice


def test_two_processes_run_the_same_import_at_once(world):
    once = world.import_again(world.register(world.tenant()))
    record = world.register(world.tenant())
    meeting = crash_worker.barrier(2)
    children = [
        crash_worker.start(crash_worker.import_together, "start", meeting, world.settings, record) for _ in range(2)
    ]
    assert [crash_worker.ended(child) for child in children] == [0, 0]
    _assert_same(world, record, once)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("point", ["contact_changes.parquet in place", "contacts batch 2", "journal written"])
def test_an_import_that_is_being_applied_is_started_again(world, monkeypatch, point):
    once = world.import_again(world.register(world.tenant()))
    record = world.register(world.tenant())
    second = []

    def start_again():
        if not second:
            second.append(_thread(world.import_again, record))
            world.wait_for_waiter()

    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, point, start_again)
        world.import_again(record)
        thread, outcome = second[0]
        thread.join(60)
    assert [r.status for r in outcome] == [ImportStatus.COMPLETED]
    _assert_same(world, record, once)


@pytest.mark.parametrize("lock_lost", [False, True])
def test_applying_is_started_twice_for_one_plan(world, monkeypatch, lock_lost):
    """As when Dagster takes a run for dead that is only slow, and retries its last step.

    The first may even have lost the connection that shows that it is alive.
    """
    once = world.import_again(world.register(world.tenant()))
    record = world.register(world.tenant())
    first, again = (
        world.compared(record),
        imports.open_import(world.store, world.settings, world.fresh(record)),
    )
    second = []

    def start_again():
        if not second:
            if lock_lost:
                world.free_life_lock(record)
            second.append(_thread(world.finish, again))
            world.wait_for_waiter()

    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "journal written", start_again)
        world.finish(first)
        thread, outcome = second[0]
        thread.join(60)
    assert [r.counts for r in outcome] == [once.counts]
    _assert_same(world, record, once)


def _assert_same(world, record, once):
    record = world.fresh(record)
    assert (record.status, record.counts) == (ImportStatus.COMPLETED, once.counts)
    assert world.state(record.tenant_id) == world.state(once.tenant_id)
    assert world.journal(record) == world.journal(once)
    assert world.results(record) == world.results(once)


# -- edits between comparing and applying


def test_an_edit_of_a_field_that_the_import_does_not_touch_is_kept(world):
    tenant = world.tenant()
    session = world.compared(
        world.register(tenant, [HEADER, [OLD[0], "Arthur", "", ""], [SAME[0], "Trillian", "", ""]])
    )
    world.sql("UPDATE contacts SET lead_score = 99 WHERE tenant_id = :t AND email = :e", t=tenant, e=OLD[0])
    world.sql("UPDATE contacts SET first_name = 'Edited' WHERE tenant_id = :t AND email = :e", t=tenant, e=SAME[0])
    record = world.finish(session)
    contact = _contact(world, tenant, OLD[0])
    assert (contact["first_name"], contact["lead_score"]) == ("Arthur", 99)
    (change,) = [line for line in world.journal(record) if line["email"] == OLD[0]]
    assert (change["version"], change["before"]) == (3, {"first_name": "Trillian"})
    assert record.counts.add_up
    assert [line[-2] for line in world.results(record)[1:]] == ["Updated", _said_of_same(world, record)]


def _said_of_same(world, record):
    """An edit beside the plan may come before the import or after it; counts, journal and results tell the same."""
    written = any(line["email"] == SAME[0] for line in world.journal(record))
    name = _contact(world, record.tenant_id, SAME[0])["first_name"]
    assert (name, record.counts.updated) == (("Trillian", 2) if written else ("Edited", 1))
    return "Updated" if written else "Unchanged"


def test_an_edit_of_a_field_that_the_import_sets_is_known_to_the_journal(world):
    tenant = world.tenant()
    session = world.compared(world.register(tenant, [HEADER, [OLD[0], "Arthur", "", ""], [OLD[1], "Arthur", "", ""]]))
    world.sql("UPDATE contacts SET first_name = 'Ford' WHERE tenant_id = :t AND email = :e", t=tenant, e=OLD[0])
    world.sql("UPDATE contacts SET first_name = 'Arthur' WHERE tenant_id = :t AND email = :e", t=tenant, e=OLD[1])
    record = world.finish(session)
    assert record.counts == Counts(2, updated=1, unchanged=1)  # the second has what the file says already
    assert [line["before"] for line in world.journal(record)] == [{"first_name": "Ford"}]
    world.roll_back(record)
    assert _contact(world, tenant, OLD[0])["first_name"] == "Ford"


def test_an_opt_out_between_comparing_and_applying_is_kept(world):
    tenant = world.tenant()
    session = world.compared(
        world.register(tenant, [["email", "first_name", "status"], [OLD[0], "Arthur", "subscribed"]])
    )
    world.sql("UPDATE contacts SET status = 'unsubscribed' WHERE tenant_id = :t AND email = :e", t=tenant, e=OLD[0])
    record = world.finish(session)
    contact = _contact(world, tenant, OLD[0])
    assert (contact["first_name"], contact["status"]) == ("Arthur", "unsubscribed")
    assert record.warnings == 1


def test_a_contact_that_somebody_creates_between_comparing_and_applying_is_updated(world):
    tenant = world.tenant()
    session = world.compared(world.register(tenant, [HEADER, [NEW[0], "Arthur", "", "x"], [NEW[1], "Arthur", "", ""]]))
    world.sql(
        "INSERT INTO contacts (tenant_id, id, email, company) VALUES (:t, gen_random_uuid(), :e, 'Acme')",
        t=tenant, e=NEW[1],
    )  # fmt: skip
    record = world.finish(session)
    assert record.counts == Counts(2, created=1, updated=1)
    contact = _contact(world, tenant, NEW[1])
    assert (contact["first_name"], contact["company"]) == ("Arthur", "Acme")
    assert [(line["email"], line["action"]) for line in world.journal(record)] == [
        (NEW[0], "created"),
        (NEW[1], "updated"),
    ]
    assert [line[-2] for line in world.results(record)[1:]] == ["Created", "Updated"]
    assert [p["key"] for p in world.state(tenant)["properties"] if not p["given"]] == ["plan"]


def test_a_contact_that_somebody_deletes_between_comparing_and_applying_is_created(world):
    tenant = world.tenant()
    session = world.compared(world.register(tenant, [HEADER, [OLD[1], "Arthur", "", ""]]))
    world.sql("DELETE FROM contacts WHERE tenant_id = :t AND email = :e", t=tenant, e=OLD[1])
    assert world.finish(session).counts == Counts(1, created=1)
    assert _contact(world, tenant, OLD[1])["company"] is None


def test_a_plan_made_anew_is_the_one_applied_where_artifacts_are_kept_elsewhere(world, monkeypatch):
    """Artifacts that are downloaded once must not hide the new plan behind the old one."""
    elsewhere = world.settings.model_copy(update={"artifacts": "memory://artifacts"})
    monkeypatch.setattr(world, "settings", elsewhere)
    tenant = world.tenant()
    session = world.compared(world.register(tenant, SKEWED_A))
    world.sql("UPDATE contacts SET company = 'Edited' WHERE tenant_id = :t AND email = :e", t=tenant, e=SAME[1])
    assert world.finish(session).counts == Counts(2, updated=1, unchanged=1)
    contact = _contact(world, tenant, SAME[1])
    assert (contact["first_name"], contact["company"]) == ("Arthur", "Edited")


# -- rollbacks, and other tenants, while an import runs


def test_a_rollback_waits_for_a_running_import_of_its_tenant(world, monkeypatch):
    tenant = world.tenant()
    undone = world.import_again(
        world.register(tenant, [HEADER, [OLD[0], "Arthur", "", ""], [NEW[0], "Arthur", "", ""]])
    )
    running = world.register(tenant, [HEADER, [NEW[1], "Ford", "", ""]])
    rollback = []

    def start_rollback():
        rollback.append(_thread(world.roll_back, undone))
        time.sleep(1.2)  # longer than it looks for running imports
        assert rollback[0][0].is_alive()
        assert world.fresh(undone).status == ImportStatus.COMPLETED

    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "contacts created", start_rollback)
        done = world.import_again(running)
    thread, outcome = rollback[0]
    thread.join(30)
    assert [(c.restored, c.deleted, c.kept) for c in outcome] == [(1, 1, 0)]
    assert world.fresh(undone).times["rolled_back_at"] > done.times["finished_at"]
    assert set(world.contacts(tenant)) == {*OLD, *SAME, NEW[1]}


def test_an_import_that_a_rollback_overtakes_is_compared_anew(world):
    """The contact that the plan updates is gone again, and those that it leaves alone have changed."""
    tenant = world.tenant()
    first = [HEADER, [NEW[0], "Arthur", "", ""], [OLD[0], "Arthur", "", ""]]
    second = [HEADER, [NEW[0], "Arthur", "", ""], [OLD[0], "Arthur", "", ""], [NEW[1], "Ford", "", ""]]
    undone = world.import_again(world.register(tenant, first))
    session = world.compared(world.register(tenant, second))
    world.sql("UPDATE imports SET heartbeat_at = now() - interval '1 hour' WHERE status = 'running'")
    world.roll_back(undone)
    assert world.finish(session).counts == Counts(3, created=2, updated=1)
    assert world.state(tenant) == {
        **_serially(world, second),
        "properties": world.state(tenant)["properties"],
    }


@pytest.mark.parametrize("what", ["import", "rollback"])
def test_another_tenant_is_not_delayed(world, monkeypatch, what):
    mine, other = world.tenant(), world.tenant()
    done = world.import_again(world.register(other))
    seen = []

    def meanwhile():
        if seen:  # the inner import comes by here as well
            return
        seen.append(True)
        if what == "import":
            seen.append(world.import_again(world.register(other, FILE_B)).status)
        else:
            seen.append(world.roll_back(done).deleted)

    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "journal written", meanwhile)
        record = world.import_again(world.register(mine, FILE))
    assert seen == [True, ImportStatus.COMPLETED if what == "import" else len(NEW)]
    assert record.status == ImportStatus.COMPLETED


# -- progress


def test_progress_is_seen_from_elsewhere_while_an_import_is_applied(world, monkeypatch):
    seen = []
    record = world.register(world.tenant())

    def look():
        time.sleep(0.1)
        (listed,) = imports.list_imports(world.store, tenant_id=record.tenant_id)
        seen.append((listed.status, listed.progress))

    with monkeypatch.context() as patched:
        patched.setattr(Heartbeat, "WRITE_EVERY_SECONDS", 0)
        for batch in (1, 2, 3):
            crash_worker.install(patched.setattr, f"contacts batch {batch}", look)
        done = world.import_again(record)
    assert {(status, progress.step) for status, progress in seen} == {(ImportStatus.RUNNING, "apply")}
    progress = [progress for _, progress in seen]
    assert [p.rows_done for p in progress] == [4, 8, 10]
    assert {p.rows_total for p in progress} == {14}
    assert all(p.elapsed > 0 and p.remaining > 0 for p in progress)
    assert progress[0].elapsed < progress[2].elapsed
    assert done.status == ImportStatus.COMPLETED


def test_a_completed_import_cannot_be_applied_again_after_its_rollback(world):
    record = world.import_again(world.register(world.tenant(), FILE_A))
    world.roll_back(record)
    state = world.whole()
    with pytest.raises(WrongState):
        world.import_again(record)
    assert world.whole() == state
