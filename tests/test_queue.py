"""The queue of a tenant: the older import is applied first, through whichever door; nobody waits for the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from contact_pipelines import imports
from contact_pipelines.errors import ImportCancelled
from contact_pipelines.models import ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import import_life, imports_table
from tests.helpers import crash_worker
from tests.helpers.crash_worker import NEW, OLD, SAME, World
from tests.helpers.databases import new_database

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork")

HEADER = ["email", "first_name", "company"]


@pytest.fixture(scope="module")
def world(embedded_server, template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("queue")
    with new_database(embedded_server, template) as url:
        world = World(Settings(home=folder, database_url=url, artifacts=str(folder / "artifacts")), folder)
        yield world
        world.store.close()


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """However slow the machine is, nobody is taken for dead who only was not started again."""
    monkeypatch.setattr(import_life, "ABANDONED_AFTER_SECONDS", 600)


def people(name, emails=(*OLD, *NEW)):
    return [HEADER, *([email, name, name] for email in emails)]


def beside(function, *args):
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


def until(true):
    deadline = time.monotonic() + 150
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def at(world, record, step):
    """Say whether an import has come to this step."""
    return world.fresh(record).progress.step == step


def serially(world, *changes):
    """Return what a tenant is like after these, one after the other: files, and edits by a person."""
    tenant = world.tenant()
    for change in changes:
        if callable(change):
            change(tenant)
        else:
            world.import_again(world.register(tenant, change))
    return world.state(tenant)


def first_names(world, tenant):
    return {contact["first_name"] for contact in world.contacts(tenant).values()}


# -- order


def test_the_older_is_applied_first_however_they_come_to_it(world):
    tenant = world.tenant()
    names = ("Arthur", "Ford", "Zaphod")
    sessions = [world.compared(world.register(tenant, people(name, OLD + SAME + NEW))) for name in names]
    threads = []
    for session in reversed(sessions):
        threads.append(beside(world.finish, session))
        until(lambda session=session: at(world, session.record, "apply"))
    for thread, outcome in threads:
        thread.join(150)
        assert [record.status for record in outcome] == [ImportStatus.COMPLETED]
    done = sorted((world.fresh(session.record) for session in sessions), key=lambda it: it.times["finished_at"])
    assert [record.id for record in done] == [session.record.id for session in sessions]
    assert first_names(world, tenant) == {"Zaphod"}


def test_one_that_nobody_has_started_is_not_waited_for(world):
    tenant = world.tenant()
    world.register(tenant, people("Never"))
    assert world.import_again(world.register(tenant, people("Arthur"))).status == ImportStatus.COMPLETED


def test_one_that_ends_in_a_review_is_not_waited_for(world):
    tenant = world.tenant()
    session = world.compared(world.register(tenant, people("Ford"), review=True))
    assert world.import_again(world.register(tenant, people("Arthur"))).status == ImportStatus.COMPLETED
    session.close()


def test_an_import_that_waits_for_its_turn_is_cancelled(world):
    tenant = world.tenant()
    older, younger = (world.compared(world.register(tenant, people(name))) for name in ("Arthur", "Ford"))
    thread, outcome = beside(world.finish, younger)
    until(lambda: at(world, younger.record, "apply"))
    imports.cancel_import(world.store, younger.record.id, tenant_id=tenant)
    thread.join(150)
    assert [type(error) for error in outcome] == [ImportCancelled]
    assert world.finish(older).status == ImportStatus.COMPLETED
    assert world.journal(younger.record) == []
    assert "Ford" not in first_names(world, tenant)


def test_an_import_that_waits_for_the_lock_is_cancelled(world):
    tenant = world.tenant()
    session, before = world.compared(world.register(tenant, people("Ford"))), world.whole()
    with world.store.begin() as connection:
        imports_table.lock_tenant(connection, tenant)  # as a rollback does
        thread, outcome = beside(world.finish, session)
        world.wait_for_waiter()
        imports.cancel_import(world.store, session.record.id, tenant_id=tenant)
    thread.join(150)
    assert [type(error) for error in outcome] == [ImportCancelled]
    assert world.whole() == before


# -- the dead


@pytest.mark.thorough
def test_an_older_import_that_dies_is_not_waited_for(world, monkeypatch):
    monkeypatch.setattr(import_life, "ABANDONED_AFTER_SECONDS", 0)
    tenant = world.tenant()
    older, younger = (world.register(tenant, people(name)) for name in ("Arthur", "Ford"))
    with world.store.begin() as connection:
        imports_table.lock_tenant(connection, tenant)
        child = crash_worker.start(crash_worker.run_import, world.settings, older)
        world.wait_for_waiter()  # the older one is about to be applied
        thread, outcome = beside(world.import_again, younger)
        until(lambda: at(world, younger, "apply"))
        time.sleep(0.5)  # and the younger one waits for it
        assert outcome == []
        os.kill(child.pid, signal.SIGKILL)
        assert crash_worker.ended(child) == -signal.SIGKILL
    thread.join(150)
    assert [record.status for record in outcome] == [ImportStatus.COMPLETED]
    assert world.fresh(older).status == ImportStatus.FAILED
    assert world.state(tenant) == serially(world, people("Ford"))


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("waits_for", ["the lock", "its turn"])
def test_an_import_that_is_killed_while_it_waits(world, monkeypatch, waits_for):
    tenant = world.tenant()
    older = world.compared(world.register(tenant, people("Arthur")))
    killed = world.register(tenant, people("Ford"))
    before = world.whole()
    with world.store.begin() as connection:
        if waits_for == "the lock":
            world.sql("UPDATE imports SET status = 'failed' WHERE name = :n", n=older.record.name)
            imports_table.lock_tenant(connection, tenant)
        child = crash_worker.start(crash_worker.run_import, world.settings, killed)
        until(lambda: at(world, killed, "apply"))
        if waits_for == "the lock":
            world.wait_for_waiter()
        os.kill(child.pid, signal.SIGKILL)
        assert crash_worker.ended(child) == -signal.SIGKILL
    older.close()
    monkeypatch.setattr(import_life, "ABANDONED_AFTER_SECONDS", 0)
    assert world.found_failed(killed).status == ImportStatus.FAILED
    assert world.whole() == before
    assert world.import_again(killed).status == ImportStatus.COMPLETED
    assert world.state(tenant) == serially(world, people("Ford"))


def test_a_confirmation_that_is_killed_while_it_waits_can_be_confirmed_again(world):
    tenant = world.tenant()
    reviewed = world.import_again(world.register(tenant, people("Ford"), review=True))
    with world.store.begin() as connection:
        imports_table.lock_tenant(connection, tenant)
        child = crash_worker.start(crash_worker.confirm, world.settings, reviewed)
        world.wait_for_waiter()
        os.kill(child.pid, signal.SIGKILL)
        assert crash_worker.ended(child) == -signal.SIGKILL
    assert world.fresh(reviewed).status == ImportStatus.AWAITING_REVIEW
    confirmed = imports.confirm_import(world.store, world.settings, reviewed.id, tenant_id=tenant)
    assert confirmed.status == ImportStatus.COMPLETED
    assert world.state(tenant) == serially(world, people("Ford"))


# -- doors


@pytest.mark.thorough
def test_three_doors_at_once_and_somebody_edits(world, tmp_path):
    """As if the edit had come first and then the imports, in the order in which they were registered.

    The tenant's lock is held until all three have compared their rows and somebody has changed contacts; meanwhile
    the import of another tenant begins and ends.
    """
    tenant, files = world.tenant(), {}
    for name, emails in (("Arthur", OLD + NEW[:6]), ("Ford", OLD[1:] + NEW[3:]), ("Zaphod", OLD[2:] + SAME + NEW[8:])):
        files[name] = people(name, emails)
    environment = {
        **os.environ,
        "CONTACT_PIPELINES_HOME": str(tmp_path / "home"),
        "CONTACT_PIPELINES_DATABASE_URL": world.store.url,
        "DAGSTER_HOME": str(tmp_path / "dagster"),
    }
    (tmp_path / "dagster").mkdir()

    def edit(whose):
        world.sql(
            "UPDATE contacts SET first_name = 'Edited', lead_score = 99 WHERE tenant_id = :t AND email = ANY(:e)",
            t=whose, e=[OLD[0], OLD[3], SAME[0]],
        )  # fmt: skip

    with world.store.begin() as connection:
        imports_table.lock_tenant(connection, tenant)
        by_python = world.register(tenant, files["Arthur"])
        by_dagster = world.register(tenant, files["Ford"])
        job = crash_worker.start(crash_worker.run_job, environment, by_dagster)
        operation = crash_worker.start(crash_worker.run_import, world.settings, by_python)
        path = world.file(files["Zaphod"])
        program = "import sys; from contact_pipelines import cli; cli.main(sys.argv[1:])"
        command = [sys.executable, "-c", program, "import", str(path), "--tenant", tenant, "--import-tag", "none"]
        cli = subprocess.Popen([*command, "--json"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        until(lambda: len(imports.list_imports(world.store, tenant_id=tenant)) == 3)
        records = sorted(imports.list_imports(world.store, tenant_id=tenant), key=lambda it: it.times["created_at"])
        until(lambda: all(at(world, record, "apply") for record in records))
        edit(tenant)
        other = world.import_again(world.register(world.tenant(), files["Arthur"]))
        assert other.status == ImportStatus.COMPLETED
        assert {world.fresh(record).status for record in records} == {ImportStatus.RUNNING}
    assert (crash_worker.ended(job), crash_worker.ended(operation)) == (0, 0)
    out, err = cli.communicate(timeout=150)
    assert cli.returncode == 0, (out, err)
    done = sorted(map(world.fresh, records), key=lambda it: it.times["finished_at"])
    assert [(record.id, record.status) for record in done] == [(it.id, ImportStatus.COMPLETED) for it in records]
    assert world.state(tenant) == serially(world, edit, *files.values())


def test_many_doors_with_one_idempotency_key_get_one_import(world):
    tenant = world.tenant()
    path = str(world.file(people("Arthur")))
    key = {"tenant_id": tenant, "idempotency_key": "nightly-2026-11-20"}
    threads = [beside(lambda: imports.register_import(world.store, path, **key)) for _ in range(8)]
    for thread, _ in threads:
        thread.join(150)
    assert len({outcome[0].id for _, outcome in threads}) == 1
    assert len(imports.list_imports(world.store, tenant_id=tenant)) == 1
