"""The connection breaks in the middle of applying, or with the answer to a COMMIT: exactly once, and no guessing."""

from __future__ import annotations

import sys

import pytest

from contact_pipelines import imports
from contact_pipelines.errors import StoreUnavailable
from contact_pipelines.models import Counts, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import import_life, imports_table
from tests.helpers import crash_worker
from tests.helpers.crash_worker import NEW, OLD, Network, World, store_behind
from tests.helpers.databases import new_database

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no UNIX sockets")

COUNTS = Counts(total=19, created=10, updated=4, unchanged=3, skipped=1, failed=1)
BEFORE_COMMIT = "completed, not committed"


@pytest.fixture(scope="module")
def world(embedded_server, template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lost_connections")
    with new_database(embedded_server, template) as url:
        world = World(Settings(home=folder, database_url=url, artifacts=str(folder / "artifacts")), folder)
        yield world
        world.store.close()


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch):
    monkeypatch.setattr(import_life, "ABANDONED_AFTER_SECONDS", 0)


@pytest.fixture
def behind(world):
    """A network, and the store and the settings behind it."""
    network = Network(world.store.url)
    store, settings = store_behind(network, world.settings)
    yield network, store, settings
    network.cut()
    store.close()


@pytest.fixture(scope="module")
def undisturbed(world):
    """What one import does that nobody disturbs, and how many bytes it sends while it is applied."""
    network = Network(world.store.url)
    store, settings = store_behind(network, world.settings)
    record = world.register(world.tenant())
    before = []
    with pytest.MonkeyPatch.context() as patched:
        crash_worker.install(patched.setattr, "tenant locked", lambda: before.append(network.sent))
        crash_worker.install(patched.setattr, BEFORE_COMMIT, lambda: before.append(network.sent))
        done = imports.run_import(store, settings, record)
    store.close()
    network.cut()
    return done, before[1] - before[0]


def assert_as_undisturbed(world, record, undisturbed):
    once, record = undisturbed[0], world.fresh(record)
    assert (record.status, record.counts, record.error) == (ImportStatus.COMPLETED, COUNTS, None)
    assert world.state(record.tenant_id) == world.state(once.tenant_id)
    assert world.journal(record) == world.journal(once)
    assert world.results(record) == world.results(once)


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize("percent", [0, 3, 20, 40, 60, 80, 95, 99])
def test_cut_in_the_middle_of_applying(world, behind, undisturbed, monkeypatch, percent):
    network, store, settings = behind
    record, before = world.register(world.tenant()), world.whole()
    size = undisturbed[1] * percent // 100 + 1
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, "tenant locked", lambda: network.cut_after(size))
        with pytest.raises(StoreUnavailable, match=r"cannot be reached .*; nothing was half-applied, try again"):
            imports.run_import(store, settings, record)
    assert world.found_failed(record).status == ImportStatus.FAILED
    assert world.whole() == before
    network.mend()
    imports.run_import(store, settings, world.fresh(record))
    assert_as_undisturbed(world, record, undisturbed)


@pytest.mark.parametrize("delivered_after", [0, 0.7])
def test_an_import_whose_commit_arrives_but_not_its_answer(world, behind, undisturbed, monkeypatch, delivered_after):
    """Also where the COMMIT is still on its way when we look: what it decides is waited for."""
    network, store, settings = behind
    record = world.register(world.tenant())
    with monkeypatch.context() as patched:
        lose = lambda: network.lose_answer(b"COMMIT", delivered_after=delivered_after)  # noqa: E731
        crash_worker.install(patched.setattr, BEFORE_COMMIT, lose)
        done = imports.run_import(store, settings, record)
    assert done.counts == COUNTS
    assert_as_undisturbed(world, record, undisturbed)


def test_an_import_whose_commit_never_arrives(world, behind, undisturbed, monkeypatch):
    network, store, settings = behind
    record, before = world.register(world.tenant()), world.whole()
    with monkeypatch.context() as patched:
        lose = lambda: network.lose_answer(b"COMMIT", delivered_after=None)  # noqa: E731
        crash_worker.install(patched.setattr, BEFORE_COMMIT, lose)
        with pytest.raises(StoreUnavailable) as told:
            imports.run_import(store, settings, record)
    assert world.whole() == before
    failed = world.fresh(record)
    assert (failed.status, failed.error) == (ImportStatus.FAILED, str(told.value))
    imports.run_import(store, settings, failed)
    assert_as_undisturbed(world, record, undisturbed)


def test_an_import_whose_store_is_gone_with_the_answer(world, behind, undisturbed, monkeypatch):
    """Nobody can find out then; whoever comes later does."""
    network, store, settings = behind
    record = world.register(world.tenant())
    with monkeypatch.context() as patched:
        crash_worker.install(patched.setattr, BEFORE_COMMIT, lambda: network.lose_answer(b"COMMIT"))
        real = imports_table.record_failure
        patched.setattr(imports_table, "record_failure", lambda *given: (network.cut(), real(*given)))
        with pytest.raises(StoreUnavailable, match="connection refused"):
            imports.run_import(store, settings, record)
    network.mend()
    imports.run_import(store, settings, world.fresh(record))
    assert_as_undisturbed(world, record, undisturbed)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("delivered_after", [0, None])
def test_a_review_whose_answer_is_lost(world, behind, monkeypatch, delivered_after):
    network, store, settings = behind
    record = world.register(world.tenant(), review=True)
    with monkeypatch.context() as patched:
        lose = lambda: network.lose_answer(b"COMMIT", delivered_after=delivered_after)  # noqa: E731
        crash_worker.install(patched.setattr, "review recorded, not committed", lose)
        if delivered_after is None:
            with pytest.raises(StoreUnavailable):
                imports.run_import(store, settings, record)
            assert world.fresh(record).status == ImportStatus.FAILED
            patched.undo()
        imports.run_import(store, settings, record)
    assert (world.fresh(record).status, world.fresh(record).counts) == (ImportStatus.AWAITING_REVIEW, COUNTS)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("delivered_after", [0, 0.7, None])
def test_a_confirmation_whose_answer_is_lost(world, behind, undisturbed, monkeypatch, delivered_after):
    network, store, settings = behind
    record = world.import_again(world.register(world.tenant(), review=True))
    with monkeypatch.context() as patched:
        lose = lambda: network.lose_answer(b"COMMIT", delivered_after=delivered_after)  # noqa: E731
        crash_worker.install(patched.setattr, BEFORE_COMMIT, lose)
        if delivered_after is None:
            with pytest.raises(StoreUnavailable):
                imports.confirm_import(store, settings, record.id, tenant_id=record.tenant_id)
            assert world.fresh(record).status == ImportStatus.AWAITING_REVIEW
            patched.undo()
        imports.confirm_import(store, settings, record.id, tenant_id=record.tenant_id)
    assert_as_undisturbed(world, record, undisturbed)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("delivered_after", [0, 0.7, None])
def test_a_rollback_whose_answer_is_lost(world, behind, monkeypatch, delivered_after):
    network, store, settings = behind
    record = world.import_again(world.register(world.tenant()))
    before = world.whole()
    with monkeypatch.context() as patched:
        lose = lambda: network.lose_answer(b"COMMIT", delivered_after=delivered_after)  # noqa: E731
        crash_worker.install(patched.setattr, "rollback recorded, not committed", lose)
        if delivered_after is None:
            with pytest.raises(StoreUnavailable):
                imports.roll_back_import(store, settings, record.id, tenant_id=record.tenant_id)
            assert world.whole() == before
            patched.undo()
        undone = imports.roll_back_import(store, settings, record.id, tenant_id=record.tenant_id)
    assert (undone.counts.deleted, undone.counts.restored, undone.counts.kept) == (len(NEW), 3, 1)
    assert world.fresh(record).status == ImportStatus.ROLLED_BACK
    assert world.contacts(record.tenant_id)[OLD[1]]["first_name"] == "Trillian"
