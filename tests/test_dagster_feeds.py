"""Feeds in Dagster: ticks of sensors and schedules on a real instance, daylight-saving days, and broken entries."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from contact_pipelines import imports
from contact_pipelines.defs import sensors
from contact_pipelines.defs.feed_sensors import feed_definitions, load_feeds, tend_feeds
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.models import ImportStatus
from tests.helpers.dagster_runs import SECRETS, everything_said, run_job
from tests.helpers.feeds import ANN, Feeding, moment


@pytest.fixture
def instance(tmp_path):
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as opened:
        yield opened


@pytest.fixture
def feeding(importer):
    return lambda **feed: Feeding(importer, **feed)


def resources(drop):
    return {"pipelines": Pipelines(drop.settings, drop.store)}


def tick(drop, sensor, instance):
    return sensor(dg.build_sensor_context(instance=instance, resources=resources(drop)))


def the_sensor(drop, name="watch_drop"):
    found = {sensor.name: sensor for sensor in feed_definitions(drop.settings.imports).sensors}
    return found[name]


def at(drop, instance, due):
    (schedule,) = feed_definitions(drop.settings.imports).schedules
    return schedule(
        dg.build_schedule_context(instance=instance, resources=resources(drop), scheduled_execution_time=due)
    )


def test_a_tick_of_the_sensor_starts_a_run_for_each_new_file(feeding, instance, monkeypatch):
    drop = feeding()
    monkeypatch.setattr("contact_pipelines.defs.pipelines.load_settings", lambda: drop.settings)
    sensor = the_sensor(drop)
    assert sensor.minimum_interval_seconds == 1
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert tick(drop, sensor, instance).skip_message == "0 files fit *.csv at inbox."
    drop.write("b.csv", ANN.replace("ann@example.com", "ada.lovelace@secret.example"))
    drop.write("a.csv")
    result = tick(drop, sensor, instance)
    records = drop.imports()
    assert [request.partition_key for request in result.run_requests] == [record.name for record in records]
    assert [request.run_key for request in result.run_requests] == [f"{record.id}:1" for record in records]
    assert [record.file_name for record in records] == ["a.csv", "b.csv"]
    (request,) = result.dynamic_partitions_requests
    assert list(request.partition_keys) == [record.name for record in records]
    assert tick(drop, sensor, instance).skip_message == "2 files fit *.csv at inbox: 2 already known."
    for record in records:
        run = run_job(instance, record)
        assert run.success
        assert [secret for secret in SECRETS if secret in everything_said(instance, run.run_id)] == []
    assert {record.status for record in drop.imports()} == {ImportStatus.COMPLETED}

    os.utime(drop.folder / "a.csv", (1, 1))
    tick(drop, sensor, instance)
    again = drop.imports()[-1]
    run = run_job(instance, again)
    assert run.success
    assert not run.get_asset_materialization_events()
    assert "a.csv was already imported as" in everything_said(instance, run.run_id)
    assert imports.get_import(drop.store, again.id).status == ImportStatus.CANCELLED


def test_a_tick_waits_for_a_file_that_is_about_to_be_quiet(feeding, instance):
    drop = feeding(watch={"every": 5, "quiet": 6})
    assert the_sensor(drop).minimum_interval_seconds == 4
    drop.write("a.csv")
    assert "1 not quiet for 6 s yet" in tick(drop, the_sensor(drop), instance).skip_message
    drop.sql("UPDATE watched_files SET quiet_since = now() - interval '5 seconds'")
    assert len(tick(drop, the_sensor(drop), instance).run_requests) == 1


def test_what_a_feed_registers_is_left_to_it_for_a_while(feeding, instance):
    drop = feeding()
    drop.write("a.csv")
    tick(drop, the_sensor(drop), instance)
    start = sensors.start_registered_imports
    assert tick(drop, start, instance).skip_message.startswith("Of 1 imports in the queue")
    drop.sql("UPDATE imports SET created_at = now() - interval '1 minute'")
    assert len(tick(drop, start, instance).run_requests) == 1


def test_a_source_that_cannot_be_read_fails_the_tick(feeding, instance):
    drop = feeding()
    drop.folder.rmdir()
    with pytest.raises(dg.Failure, match="The location inbox is missing its folder"):
        tick(drop, the_sensor(drop), instance)


def test_a_schedule_takes_what_is_new_at_its_time(feeding, instance):
    drop = feeding(schedule={"cron": "0 2 * * *", "timezone": "America/New_York", "quiet": 0})
    due = datetime(2026, 11, 20, 2, tzinfo=ZoneInfo("America/New_York"))
    with pytest.raises(dg.Failure, match=r"At its time \(2026-11-20 07:00 UTC\) the import drop had nothing to import"):
        at(drop, instance, due)
    drop.write("a.csv")
    (request,) = at(drop, instance, due.replace(day=21))
    (record,) = drop.imports()
    assert request.partition_key == record.name
    assert instance.has_dynamic_partition("imports", record.name)
    assert drop.sql("SELECT due_at FROM feed_checks ORDER BY 1")[0]["due_at"] == moment("2026-11-20T07:00:00")
    assert "already known" in at(drop, instance, due.replace(day=22)).skip_message


def test_tending_finishes_a_schedule_and_archives(feeding, instance):
    drop = feeding(schedule={"cron": "0 2 * * *", "quiet": "0.5s"}, archive="done")
    drop.write("a.csv")
    assert "not quiet" in at(drop, instance, datetime.now(UTC)).skip_message
    time.sleep(0.6)
    assert tend_feeds.minimum_interval_seconds == 9
    result = tick(drop, tend_feeds, instance)
    assert len(result.run_requests) == 1
    drop.run(tuple(drop.imports()))
    assert tick(drop, tend_feeds, instance).skip_message == "1 imported files were archived, deleted or found gone."
    assert (drop.folder / "done" / "a.csv").exists()


@pytest.mark.parametrize(
    ("cron", "start", "expected"),
    [
        # In New York, 8 March 2026 lacks the hour from 2 to 3, and 1 November has that from 1 to 2 twice.
        ("30 2 * * *", "2026-03-07T05:00", ["03-07T07:30", "03-08T07:00", "03-09T06:30"]),
        ("30 1 * * *", "2026-10-31T04:00", ["10-31T05:30", "11-01T06:30", "11-02T06:30"]),
        ("0 2 * * *", "2026-10-31T04:00", ["10-31T06:00", "11-01T07:00", "11-02T07:00"]),
    ],
)
def test_a_daily_schedule_is_due_once_on_every_day_of_the_year(feeding, instance, cron, start, expected):
    drop = feeding(schedule={"cron": cron, "timezone": "America/New_York", "quiet": 0, "require": "nothing"})
    (schedule,) = feed_definitions(drop.settings.imports).schedules
    times = schedule_execution_time_iterator(
        moment(start).timestamp(), schedule.cron_schedule, schedule.execution_timezone
    )
    found = list(islice(times, 3))
    assert [f"{due.astimezone(UTC):%m-%dT%H:%M}" for due in found] == expected
    for number, due in enumerate(found):
        drop.write("a.csv", ANN.replace("ann", f"ann{number}"))
        os.utime(drop.folder / "a.csv", (number, number))
        assert len(at(drop, instance, due)) == 1
        assert "already known" in at(drop, instance, due).skip_message  # a second daemon, a tick that is repeated
    assert len(drop.imports()) == 3
    assert len(drop.sql("SELECT * FROM feed_checks WHERE status = 'taken'")) == 3


def test_broken_entries_are_visible_and_disturb_nobody(monkeypatch, tmp_path):
    (tmp_path / "contact_pipelines.yaml").write_text(
        "locations: {inbox: {type: local, path: .}, ftp: {type: ftp}}\n"
        "imports:\n"
        "- {name: good, source: {location: inbox, path: '*.csv'}, watch: {}}\n"
        "- {name: Bad one, source: {location: inbox, path: '*.csv'}, watch: {}}\n"
        "- {name: paused, enabled: false, source: {location: inbox, path: '*.csv'}, schedule: {cron: '@daily'}}\n"
    )
    monkeypatch.setenv("CONTACT_PIPELINES_CONFIG", str(tmp_path / "contact_pipelines.yaml"))
    found = load_feeds()
    names = [sensor.name for sensor in found.sensors]
    assert names == ["watch_good", "broken_locations_ftp", "broken_imports_Bad_one", "tend_feeds"]
    assert found.schedules == []
    with pytest.raises(dg.Failure, match=r"wrong value at imports\.Bad one\.name: .* reload the code location"):
        found.sensors[2](dg.build_sensor_context())

    (tmp_path / "contact_pipelines.yaml").write_text("limits: [")
    (sensor,) = load_feeds().sensors
    assert sensor.name == "broken_settings_file"
