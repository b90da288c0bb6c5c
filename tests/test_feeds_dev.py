"""Feeds with Dagster's real daemon: what trickles into an SFTP server is imported once, soon after it is complete."""

from __future__ import annotations

import time

import pytest

from contact_pipelines import imports
from contact_pipelines.models import Counts, ImportStatus
from contact_pipelines.settings import load_settings
from tests.helpers import sftp_server
from tests.helpers.dagster_runs import use_environment
from tests.helpers.settings_file import write_settings
from tests.test_dagster_dev import dev, graphql, port, wait_for  # noqa: F401 - dev and port are fixtures

QUIET = 2.0
PATIENCE = 150
"""Seconds; two cores need 35."""


@pytest.fixture
def sftp(tmp_path):
    (tmp_path / "served").mkdir()
    with sftp_server.serving(tmp_path / "served") as server:
        yield server


@pytest.fixture
def settings(monkeypatch, tmp_path, database_url, sftp):
    use_environment(monkeypatch, tmp_path / "home", database_url)
    environment: dict[str, str] = {"CONTACT_PIPELINES_CONFIG": str(tmp_path / "house.yaml")}
    feed = {
        "name": "drop", "source": {"location": "sales", "path": "*.csv"}, "watch": {"every": "2s", "quiet": QUIET},
        "archive": "archive",
    }  # fmt: skip
    broken = {"name": "late", "source": {"location": "nowhere", "path": "*.csv"}, "watch": {}}
    write_settings(
        tmp_path / "house.yaml", environment, locations={"sales": sftp.config(tmp_path)}, imports=[feed, broken]
    )
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings()


@pytest.mark.thorough
def test_a_trickle_and_a_rename_are_each_imported_once(dev, port, store, sftp):  # noqa: F811 - fixtures
    assert "is ready" in dev.stdout.readline(), list(dev.said)
    with (sftp.folder / "slow.csv").open("w") as file:
        file.write("email\n")
        for number in range(6):
            file.write(f"slow{number}@example.com\n")
            file.flush()
            time.sleep(0.7)
    (sftp.folder / "moved.csv.part").write_text("email\nmoved@example.com\n")
    (sftp.folder / "moved.csv.part").rename(sftp.folder / "moved.csv")

    def both():
        found = imports.list_imports(store)
        return len(found) == 2 and all(record.status == ImportStatus.COMPLETED for record in found) and found

    records = wait_for(both, PATIENCE)
    assert {record.file_name: record.counts for record in records} == {
        "slow.csv": Counts(6, created=6),
        "moved.csv": Counts(1, created=1),
    }
    wait_for(lambda: sorted(path.name for path in sftp.folder.glob("archive/*")) == ["moved.csv", "slow.csv"], PATIENCE)
    time.sleep(25)  # some ticks more, of which no import is in the way
    query = '{ sensorsOrError(repositorySelector: {repositoryLocationName: "contact_pipelines.definitions",'
    query += ' repositoryName: "__repository__"}) { ... on Sensors { results { name sensorState {'
    query += (
        " status ticks(limit: 100) { timestamp status error { errorChain { error { message } } } skipReason } } } } } }"
    )
    sensors = {sensor["name"]: sensor["sensorState"] for sensor in graphql(port, query)["sensorsOrError"]["results"]}
    assert sensors["watch_drop"]["status"] == "RUNNING"
    statuses = {tick["status"] for tick in sensors["watch_drop"]["ticks"]}
    assert statuses - {"STARTED"} == {"SKIPPED", "SUCCESS"}  # one may be under way
    (first, *_) = sensors["broken_imports_late"]["ticks"]
    assert first["status"] == "FAILURE"
    assert "there is no usable location nowhere; there are: sales." in str(first["error"])
    assert len(imports.list_imports(store)) == 2
    # What is due after five seconds ticks whenever the daemon looks, as what is due after two does.
    times = {
        name: [tick["timestamp"] for tick in sensors[name]["ticks"]]
        for name in ("watch_drop", "start_registered_imports")
    }
    since = max(min(found) for found in times.values())
    often, as_often = (sum(time >= since for time in found) for found in times.values())
    assert as_often > 0.75 * often > 3, times
