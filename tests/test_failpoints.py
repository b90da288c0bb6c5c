"""Killed at any point whatever, and run again, everything ends as if nothing had happened."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from contact_pipelines import imports
from contact_pipelines.models import ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import import_life
from contact_pipelines.store.engine import open_store
from tests import failpoints
from tests.helpers import crash_worker, failpoint_scenarios
from tests.helpers.crash_worker import World
from tests.helpers.databases import new_database
from tests.helpers.failpoint_scenarios import SCENARIOS, Place, copied, picture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL, no fork")

LIST = Path(__file__).with_name("failpoints.md")
WHICH = os.environ.get("CONTACT_PIPELINES_FAILPOINTS", "some")
"""some (each SPREAD-th, and the commits that count), all, or write: write the list anew."""
SPREAD = 8


def listed() -> dict[str, list[str]]:
    """Return the points of each scenario from the list in tests/failpoints.md."""
    found: dict[str, list[str]] = {}
    for line in LIST.read_text(encoding="utf-8").splitlines() if LIST.exists() else []:
        if line.startswith("## "):
            points = found.setdefault(line.removeprefix("## "), [])
        elif row := re.fullmatch(r"\| \d+ \| `(.+)` \|", line):
            points.append(row[1])
    return found


def chosen():
    """Return (scenario, number, point) of the points that are tried."""
    for scenario, points in listed().items():
        commits = deciding_commits(points)
        for number, point in enumerate(points, 1):
            if WHICH == "all" or number % SPREAD == 1 or point in commits:
                yield pytest.param(scenario, point, id=f"{scenario} {number}")


def deciding_commits(points):
    """Return the points about the COMMIT with which a scenario is done, but for its files."""
    decided = [at for at, before in enumerate(points, 1) if "UPDATE imports" in before and "COMMIT" in points[at]]
    return points[decided[-1] : decided[-1] + 2] if decided else []


class Places:
    """The beginning of each scenario, made once; its database is the template of others."""

    def __init__(self, server, template, folder):
        self._server, self._template, self._folder = server, template, folder
        self._made: dict[str, Place] = {}
        self._undisturbed: dict[str, dict] = {}
        self._numbers = itertools.count()
        self._databases = ExitStack()

    @contextmanager
    def lent(self, scenario):
        """Lend a copy of a scenario's beginning."""
        begin = self._begin(scenario)
        folder = self._folder / f"place{next(self._numbers)}"
        with new_database(self._server, make_url(begin.settings.database_url).database) as url:
            yield copied(begin, url, folder)
        shutil.rmtree(folder)

    def undisturbed(self, scenario):
        """Return what a scenario that nobody disturbs ends with."""
        if scenario not in self._undisturbed:
            with self.lent(scenario) as place:
                play(scenario, place)
                self._undisturbed[scenario] = picture(place)
        return self._undisturbed[scenario]

    def close(self):
        self._databases.close()

    def _begin(self, scenario):
        if scenario not in self._made:
            folder = self._folder / scenario
            (folder / "artifacts").mkdir(parents=True)
            url = self._databases.enter_context(new_database(self._server, self._template))
            settings = Settings(home=folder, database_url=url, artifacts=str(folder / "artifacts"))
            world = World(settings, folder)
            self._made[scenario] = Place(settings, failpoint_scenarios.named(scenario).prepare(world))
            world.store.close()  # a database that is copied has no guests
        return self._made[scenario]


def play(scenario, place):
    """Run a scenario here, to its end, as somebody who starts it again."""
    store = open_store(place.settings)
    try:
        failpoint_scenarios.named(scenario).run(store, place.settings, place.record)
    finally:
        store.close()


@pytest.fixture(scope="module")
def places(embedded_server, template, tmp_path_factory):
    places = Places(embedded_server, template, tmp_path_factory.mktemp("failpoints"))
    yield places
    places.close()


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch):
    monkeypatch.setattr(import_life, "ABANDONED_AFTER_SECONDS", 0)


@pytest.mark.thorough
def test_the_list_has_every_point(places, tmp_path):
    found = {scenario.name: watched(places, scenario, tmp_path) for scenario in SCENARIOS}
    if WHICH == "write":
        LIST.write_text(spelled(found), encoding="utf-8")
    assert found == listed(), "CONTACT_PIPELINES_FAILPOINTS=write pytest tests/test_failpoints.py writes the list anew"


def watched(places, scenario, folder):
    target = folder / "points.json"
    with places.lent(scenario.name) as place:
        assert crash_worker.ended(crash_worker.start(failpoint_scenarios.watch, scenario.name, place, target)) == 0
        assert picture(place) == places.undisturbed(scenario.name)
    points = json.loads(target.read_text(encoding="utf-8"))
    return [point for point in points if re.search(scenario.points, point)]


@pytest.mark.thorough(keep=8)
@pytest.mark.parametrize(("scenario", "point"), list(chosen()))
def test_killed_there_and_run_again_it_ends_as_if_nothing_had_happened(places, scenario, point):
    with places.lent(scenario) as place:
        child = crash_worker.start(failpoint_scenarios.run_to_its_death, scenario, place, point)
        assert crash_worker.ended(child) == -signal.SIGKILL, "it was never come to"
        assert_not_stuck(place)
        play(scenario, place)
        assert picture(place) == places.undisturbed(scenario)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("place_in_time", "status"),
    [(-2, ImportStatus.FAILED)] * (WHICH == "all") + [(-1, ImportStatus.COMPLETED)],
)
def test_the_command_line_is_killed_there_and_run_again(places, tmp_path, place_in_time, status):
    """At the COMMIT that applies the import, and at its answer; the idempotency key makes it the same import."""
    point = deciding_commits(listed()["import"])[place_in_time]
    with places.lent("import") as place:
        environment = {
            **os.environ,
            "CONTACT_PIPELINES_HOME": str(place.settings.home),
            "CONTACT_PIPELINES_DATABASE_URL": place.settings.database_url,
            "DAGSTER_HOME": str(tmp_path),
        }
        path = place.settings.home / "file.csv"
        path.write_text("email,first_name\nnew@example.com,New\n")
        command = [sys.executable, "-m", "tests.failpoints", "import", str(path), "--idempotency-key", "k", "--json"]
        killed = {**environment, failpoints.VARIABLE: point}
        assert subprocess.run(command, env=killed, capture_output=True, check=False).returncode == -signal.SIGKILL
        world = place.open()
        until_ended(world, "default")
        (record,) = imports.list_imports(world.store)
        assert record.status == status
        again = subprocess.run(command, env=environment, capture_output=True, check=True)
        told = json.loads(again.stdout)
        assert (told["id"], told["status"], told["counts"]["created"]) == (record.id, "completed", 1)
        assert len(world.contacts()) == len(world.journal(record)) == 1
        imports.complete_report(world.store, world.settings, world.fresh(record))
        assert world.results(record)[1] == ["new@example.com", "New", "Created", ""]
        world.store.close()


def assert_not_stuck(place):
    """Whoever looks finds the import ended, or waiting for somebody."""
    world = place.open()
    try:
        until_ended(world, place.record.tenant_id)
    finally:
        world.store.close()


def until_ended(world, tenant):
    """Look until the import does not run any more: the server needs a moment to notice."""
    deadline = time.monotonic() + 30
    while imports.list_imports(world.store, tenant_id=tenant)[0].status == ImportStatus.RUNNING:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def spelled(found):
    lines = [HEAD]
    for scenario, points in found.items():
        rows = "\n".join(f"| {number} | `{point}` |" for number, point in enumerate(points, 1))
        lines.append(f"## {scenario}\n\n| | killed at |\n|---|---|\n{rows}\n")
    return "\n".join(lines)


HEAD = f"""# Failpoints

Where the tests kill (`SIGKILL`) an import, a review, a confirmation and a rollback, to start it again and compare the
contacts, memberships, groups, properties, journal, counts and files with those of one that nobody disturbed.
`tests/test_failpoints.py` writes this list and checks that it is complete: every statement that goes to PostgreSQL,
every batch of a `COPY`, every commit before and after its answer, every artifact before and after it has its name.

`pytest tests/test_failpoints.py` tries a dozen, with `--thorough=also`, as CI does, each {SPREAD}th point and the
commits that decide;
`CONTACT_PIPELINES_FAILPOINTS=all` tries all of them, `CONTACT_PIPELINES_FAILPOINTS=write` writes this list. To kill
the command line at a point: `CONTACT_PIPELINES_FAILPOINT="apply: COMMIT" python -m tests.failpoints import FILE`.
"""
