"""Imports and rollbacks that are killed, or lose the store: all or nothing, exactly once, never stuck."""

from __future__ import annotations

import signal
import sys

import pytest

from contact_pipelines import imports
from contact_pipelines.errors import StoreUnavailable, WrongState
from contact_pipelines.models import Counts, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import import_life
from tests.helpers import crash_worker
from tests.helpers.crash_worker import FILE, NEW, SECRET, Network, World, chain, store_behind
from tests.helpers.databases import new_database

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL, no fork")

COUNTS = Counts(total=19, created=10, updated=4, unchanged=3, skipped=1, failed=1)
BEFORE_THE_COMMIT = (
    "source in place",
    "mapping recorded",
    "import_keys batch 1",
    "contact_changes.parquet written",
    "draft_results.csv written",
    "property added",
    "contacts batch 3",
    "import_updates batch 1",
    "completed, not committed",
)
"""Some: every statement and file has its turn in `test_failpoints`."""
AFTER_THE_COMMIT = ("committed", "results.csv published", "errors.csv published", "report.json written")


@pytest.fixture(scope="module")
def world(embedded_server, template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("crashes")
    with new_database(embedded_server, template) as url:
        world = World(Settings(home=folder, database_url=url, artifacts=str(folder / "artifacts")), folder)
        yield world
        world.store.close()


@pytest.fixture(scope="module")
def undisturbed(world):
    """What one import that nobody disturbs does to a tenant."""
    record = world.import_again(world.register(world.tenant()))
    assert (record.status, record.counts) == (ImportStatus.COMPLETED, COUNTS)
    return record, world.state(record.tenant_id), world.journal(record), world.results(record)


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch):
    monkeypatch.setattr(import_life, "ABANDONED_AFTER_SECONDS", 0)


def _kill_import(world, record, point):
    child = crash_worker.start(crash_worker.import_killed_at, point, world.settings, record)
    assert crash_worker.ended(child) == -signal.SIGKILL, f"the import never came to {point!r}"


def _assert_as_undisturbed(world, record, undisturbed):
    _, state, journal, results = undisturbed
    assert (record.status, record.counts, record.error) == (ImportStatus.COMPLETED, COUNTS, None)
    assert world.state(record.tenant_id) == state
    assert world.journal(record) == journal  # one set of rows: applied once
    assert world.results(record) == results


@pytest.mark.thorough(keep=3)
@pytest.mark.parametrize("point", BEFORE_THE_COMMIT)
def test_killed_before_the_commit_nothing_is_written_and_a_retry_finishes_it(world, undisturbed, point):
    record = world.register(world.tenant())
    before = world.whole()
    _kill_import(world, record, point)
    assert world.whole() == before
    failed = world.found_failed(record)
    assert failed.status == ImportStatus.FAILED
    assert "nothing was written" in failed.error
    assert world.whole() == before
    _assert_as_undisturbed(world, world.import_again(record), undisturbed)


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize("point", AFTER_THE_COMMIT)
def test_killed_after_the_commit_it_is_applied_and_a_retry_reports_it(world, undisturbed, point):
    record = world.register(world.tenant())
    _kill_import(world, record, point)
    (listed,) = imports.list_imports(world.store, tenant_id=record.tenant_id)
    assert (listed.status, listed.counts) == (ImportStatus.COMPLETED, COUNTS)
    applied = world.whole()
    assert world.state(record.tenant_id) == undisturbed[1]
    _assert_as_undisturbed(world, world.import_again(record), undisturbed)
    assert world.whole() == applied


@pytest.mark.parametrize("point", AFTER_THE_COMMIT[:2])
def test_killed_after_the_commit_dagsters_retry_of_the_last_steps_reports_it(world, undisturbed, point):
    record = world.register(world.tenant())
    _kill_import(world, record, point)
    _assert_as_undisturbed(world, world.finish(imports.open_import(world.store, world.settings, record)), undisturbed)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize(
    "point",
    [
        "source written",
        "row_errors.parquet written",
        "contacts batch 2",
        "completed, not committed",
        "committed",
    ],
)
def test_the_file_of_a_killed_import_imported_anew(world, undisturbed, point):
    killed = world.register(world.tenant())
    _kill_import(world, killed, point)
    again = world.import_again(world.register(killed.tenant_id))
    assert again.status == ImportStatus.COMPLETED
    assert world.state(killed.tenant_id) == undisturbed[1]
    if point == "committed":
        assert again.counts == Counts(total=19, unchanged=17, skipped=1, failed=1)
    else:
        assert world.found_failed(killed).status == ImportStatus.FAILED
        assert world.journal(killed) == []
        assert (again.counts, world.journal(again)) == (COUNTS, undisturbed[2])


def test_a_killed_import_does_not_hold_the_next_one_of_its_tenant_up(world):
    done = world.import_again(world.register(world.tenant()))
    killed = world.register(done.tenant_id, [FILE[0], ["x@example.com", "X", "", "", ""]])
    _kill_import(world, killed, "contacts created")
    assert world.roll_back(done).deleted == len(NEW)  # which waits for running imports
    assert world.fresh(killed).status == ImportStatus.FAILED


# -- rollbacks


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize(
    "point",
    ["tenant locked", "created contacts deleted", "contacts restored", "rollback recorded, not committed"],
)
def test_a_rollback_killed_in_the_middle_undid_nothing_and_can_be_run_again(world, point):
    tenant = world.tenant()
    original = world.everything("contacts", "group_members")
    record = world.import_again(world.register(tenant))
    before = world.everything(*crash_worker.TABLES, "imports")
    child = crash_worker.start(crash_worker.roll_back_killed_at, point, world.settings, record)
    assert crash_worker.ended(child) == -signal.SIGKILL
    assert world.everything(*crash_worker.TABLES, "imports") == before
    counts = world.roll_back(record)
    assert (counts.deleted, counts.restored, counts.kept) == (10, 3, 1)  # the opt-out is kept
    _assert_rolled_back(world, tenant, original)


def test_a_rollback_killed_after_its_commit_is_done(world):
    tenant = world.tenant()
    original = world.everything("contacts", "group_members")
    record = world.import_again(world.register(tenant))
    child = crash_worker.start(crash_worker.roll_back_killed_at, "rollback committed", world.settings, record)
    assert crash_worker.ended(child) == -signal.SIGKILL
    assert world.fresh(record).status == ImportStatus.ROLLED_BACK
    undone = world.whole()
    with pytest.raises(WrongState):
        world.roll_back(record)
    assert world.whole() == undone
    _assert_rolled_back(world, tenant, original)


def _assert_rolled_back(world, tenant, original):
    """The tables are what they were, ids and times included, but for the contact that opted out."""
    now = world.everything("contacts", "group_members")
    assert now["group_members"] == original["group_members"]
    opted_out = crash_worker.OLD[0]

    def others(tables):
        return [row for row in tables["contacts"] if (row["tenant_id"], row["email"]) != (tenant, opted_out)]

    assert others(now) == others(original)
    assert world.contacts(tenant)[opted_out]["status"] == "unsubscribed"
    assert world.contacts(tenant)[opted_out]["first_name"] == "Trillian"


# -- the store goes away


@pytest.fixture
def network(world):
    network = Network(world.store.url)
    yield network
    network.cut()


def _assert_says_nothing(error):
    text = chain(error)
    for word in (SECRET, "example.com", "Zaphod", "Trillian"):
        assert word not in text


def test_the_store_is_down_before_an_import(world, undisturbed, network):
    store, settings = store_behind(network, world.settings)
    record = world.register(world.tenant())
    before = world.whole()
    network.cut()
    for attempt in (
        lambda: imports.register_import(store, record.source),
        lambda: imports.run_import(store, settings, record),
        lambda: imports.roll_back_import(store, settings, record.id),
        lambda: imports.list_imports(store),
    ):
        with pytest.raises(StoreUnavailable, match=r"cannot be reached \(connection refused\)") as caught:
            attempt()
        _assert_says_nothing(caught.value)
    assert world.whole() == before
    assert world.fresh(record).status == ImportStatus.PENDING
    network.mend()
    _assert_as_undisturbed(world, imports.run_import(store, settings, record), undisturbed)
    store.close()


BETWEEN_STATEMENTS = ("source in place", "staged_rows.parquet written", "row_errors.parquet written")
IN_A_TRANSACTION = (
    "import_keys batch 1",
    "property added",
    "contacts batch 2",
    "contacts created",
    "import_updates batch 1",
    "import_changes batch 2",
    "completed, not committed",
)


@pytest.mark.parametrize("point", BETWEEN_STATEMENTS)
def test_connections_that_are_replaced_before_they_are_needed_again_do_not_matter(
    world, undisturbed, monkeypatch, point
):
    record = world.register(world.tenant())
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, point, world.terminate_backends)
        _assert_as_undisturbed(world, world.import_again(record), undisturbed)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("point", IN_A_TRANSACTION)
def test_all_connections_are_ended_during_an_import(world, undisturbed, monkeypatch, point):
    record = world.register(world.tenant())
    before = world.whole()
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, point, world.terminate_backends)
        with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
            world.import_again(record)
    _assert_says_nothing(caught.value)
    assert caught.value.retryable
    assert world.whole() == before
    failed = world.fresh(record)  # the server is there: the failure is on record at once
    assert (failed.status, failed.error) == (ImportStatus.FAILED, str(caught.value))
    _assert_as_undisturbed(world, world.import_again(record), undisturbed)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("point", BETWEEN_STATEMENTS[:2] + IN_A_TRANSACTION[::3])
def test_the_network_is_cut_during_an_import(world, undisturbed, monkeypatch, network, point):
    store, settings = store_behind(network, world.settings)
    record = world.register(world.tenant())
    before = world.whole()
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, point, network.cut)
        with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
            imports.run_import(store, settings, record)
    _assert_says_nothing(caught.value)
    assert world.found_failed(record).status == ImportStatus.FAILED
    assert world.whole() == before
    network.mend()
    _assert_as_undisturbed(world, imports.run_import(store, settings, world.fresh(record)), undisturbed)
    store.close()


def test_the_store_is_lost_after_the_commit(world, undisturbed, monkeypatch, network):
    """The import is applied though its caller heard of a failure; a retry finds that out and reports it."""
    store, settings = store_behind(network, world.settings)
    record = world.register(world.tenant())
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "committed", network.cut)
        with pytest.raises(StoreUnavailable) as caught:
            imports.run_import(store, settings, record)
    _assert_says_nothing(caught.value)
    assert (world.fresh(record).status, world.state(record.tenant_id)) == (
        ImportStatus.COMPLETED,
        undisturbed[1],
    )
    network.mend()
    _assert_as_undisturbed(world, imports.run_import(store, settings, world.fresh(record)), undisturbed)
    store.close()


def test_connections_that_are_replaced_after_the_commit_do_not_matter(world, undisturbed, monkeypatch):
    record = world.register(world.tenant())
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "committed", world.terminate_backends)
        _assert_as_undisturbed(world, world.import_again(record), undisturbed)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("point", ["created contacts deleted", "contacts restored", "rollback recorded, not committed"])
def test_all_connections_are_ended_during_a_rollback(world, monkeypatch, point):
    tenant = world.tenant()
    original = world.everything("contacts", "group_members")
    record = world.import_again(world.register(tenant))
    before = world.everything(*crash_worker.TABLES, "imports")
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, point, world.terminate_backends)
        with pytest.raises(StoreUnavailable, match="nothing was half-applied") as caught:
            world.roll_back(record)
    _assert_says_nothing(caught.value)
    assert world.everything(*crash_worker.TABLES, "imports") == before
    world.roll_back(record)
    _assert_rolled_back(world, tenant, original)
