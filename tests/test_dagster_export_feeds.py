"""Scheduled exports in Dagster: their ticks, daylight-saving days, and what is shown of them."""

from __future__ import annotations

from datetime import UTC
from itertools import islice

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from contact_pipelines.defs.export_schedules import scheduled_export
from contact_pipelines.defs.feed_sensors import feed_definitions
from contact_pipelines.defs.pipelines import Pipelines
from tests.helpers.dagster_runs import everything_said
from tests.helpers.feeds import ScheduledExports, moment


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def exporting(importer, monkeypatch):
    def make(**feed):
        exports = ScheduledExports(importer, **feed)
        monkeypatch.setattr("contact_pipelines.defs.pipelines.load_settings", lambda: exports.settings)
        return exports

    return make


def definitions(exports):
    return feed_definitions((), (), exports.settings.exports)


def request_at(exports, instance, due):
    (schedule,) = definitions(exports).schedules
    return schedule(dg.build_schedule_context(instance=instance, scheduled_execution_time=due))


def run(exports, instance, request):
    return scheduled_export.execute_in_process(
        instance=instance, run_config=request.run_config, raise_on_error=False,
        resources={"pipelines": Pipelines(exports.settings, exports.store)},
    )  # fmt: skip


def test_a_tick_exports_and_the_asset_shows_rows_size_and_place(exporting, instance):
    exports = exporting(filter="lead_score > 50")
    (schedule,) = definitions(exports).schedules
    assert (schedule.name, schedule.default_status) == ("export_leads", dg.DefaultScheduleStatus.RUNNING)
    result = run(exports, instance, request_at(exports, instance, moment("2026-11-23T05:00:00")))
    assert result.success
    assert exports.files() == ["crm/leads_2026-11-23.csv"]
    (spec,) = definitions(exports).assets
    told = instance.get_latest_materialization_event(spec.key).asset_materialization.metadata
    (record,) = exports.listed()
    assert {name: told[name].value for name in ("rows", "size", "file", "export", "sha256")} == {
        "rows": 2, "size": (exports.folder / "crm/leads_2026-11-23.csv").stat().st_size,
        "file": "local://out/crm/leads_2026-11-23.csv", "export": "leads", "sha256": record.sha256,
    }  # fmt: skip
    assert "ann@example.com" not in everything_said(instance, result.run_id)


def test_one_that_fails_says_why(exporting, instance):
    exports = exporting(filter="properties.nowhere = 1")
    result = run(exports, instance, request_at(exports, instance, moment("2026-11-23T05:00:00")))
    assert not result.success
    assert "nowhere" in everything_said(instance, result.run_id)
    for form, said in [
        ({"name": "sales"}, "no usable export 'sales'"),
        ({"name": "leads", "due_at": "soon"}, "is not a time"),
    ]:
        result = run(exports, instance, dg.RunRequest(run_config={"ops": {"write_export": {"config": form}}}))
        assert not result.success
        assert said in everything_said(instance, result.run_id)


@pytest.mark.parametrize(
    ("cron", "start", "expected"),
    [
        # In New York, 8 March 2026 lacks the hour from 2 to 3, and 1 November has that from 1 to 2 twice.
        ("30 2 * * *", "2026-03-07T05:00", ["03-07T07:30", "03-08T07:00", "03-09T06:30"]),
        ("30 1 * * *", "2026-10-31T04:00", ["10-31T05:30", "11-01T06:30", "11-02T06:30"]),
    ],
)
def test_a_daily_export_is_due_once_on_every_day_of_the_year(exporting, instance, cron, start, expected):
    exports = exporting(schedule={"cron": cron, "timezone": "America/New_York"})
    (schedule,) = definitions(exports).schedules
    due = schedule_execution_time_iterator(
        moment(start).timestamp(), schedule.cron_schedule, schedule.execution_timezone
    )
    times = list(islice(due, 3))
    assert [f"{time.astimezone(UTC):%m-%dT%H:%M}" for time in times] == expected
    keys = [request_at(exports, instance, time).run_key for time in times for _ in range(2)]
    assert len(set(keys)) == 3  # Dagster runs a key once
    for time in times:
        assert run(exports, instance, request_at(exports, instance, time)).success
    days = [f"{time:%Y-%m-%d}" for time in times]
    assert exports.files() == [f"crm/leads_{day}.csv" for day in days]
    assert len(set(days)) == 3


def test_disabled_exports_have_no_schedule(exporting):
    exports = exporting(schedule={"cron": "@daily"})
    feed = exports.settings.exports[0].model_copy(update={"enabled": False})
    assert feed_definitions((), (), (feed,)).schedules == []
