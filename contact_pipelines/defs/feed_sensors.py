"""Feeds in Dagster: a sensor for each watched one, a schedule for each scheduled one.

They are made when the code location is loaded: reload it after feeds were added, removed or rescheduled. What a feed
takes, and with which options, is read again at every tick. Which files are taken is decided by the database; cursors
are not used and run keys only keep the event log tidy.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import dagster as dg
from dagster import ResourceParam, ScheduleEvaluationContext, SensorEvaluationContext

from contact_pipelines.defs.export_schedules import export_assets, export_schedules
from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.import_assets import import_contacts
from contact_pipelines.defs.partitions_and_tags import IMPORTS
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.defs.sensors import Tick, requested, run_request, sensor_every
from contact_pipelines.errors import ContactPipelinesError
from contact_pipelines.models import Import
from contact_pipelines.settings import load_settings
from contact_pipelines.settings.feed_parts import BrokenEntry
from contact_pipelines.settings.feed_settings import ExportFeed, ImportFeed

WAIT_AT_MOST_SECONDS = 1.5
"""How long a tick waits for a file that is about to be quiet, rather than leave it to the next one."""


@dataclass(frozen=True)
class FeedDefinitions:
    """The definitions that the settings file adds to the code location."""

    sensors: Sequence[dg.SensorDefinition] = ()
    schedules: Sequence[dg.ScheduleDefinition] = ()
    assets: Sequence[dg.AssetSpec] = ()


def load_feeds() -> FeedDefinitions:
    """Read the settings file. Never raises: an error becomes a sensor that fails with it."""
    try:
        settings = load_settings()
    except ContactPipelinesError as error:
        return FeedDefinitions(sensors=[_broken("settings_file", str(error))])
    return feed_definitions(settings.imports, settings.broken, settings.exports)


def feed_definitions(
    feeds: Sequence[ImportFeed], broken: Sequence[BrokenEntry] = (), exports: Sequence[ExportFeed] = ()
) -> FeedDefinitions:
    """Return the sensors and schedules of the enabled feeds, and a sensor for each invalid entry."""
    enabled = [feed for feed in feeds if feed.enabled]
    sensors = [_watching(feed) for feed in enabled if feed.watch is not None]
    sensors += [_broken(f"{entry.section}_{entry.name}", entry.error) for entry in broken]
    if enabled:
        sensors.append(tend_feeds)
    schedules = [_scheduled(feed) for feed in enabled if feed.schedule is not None]
    return FeedDefinitions(sensors, [*schedules, *export_schedules(exports)], export_assets(exports))


def _watching(feed: ImportFeed) -> dg.SensorDefinition:
    assert feed.watch is not None  # noqa: S101 - checked by the caller

    @sensor_every(
        feed.watch.every,
        name=f"watch_{feed.name}",
        job=import_contacts,
        description=f"Looks for {feed.source.path} at {feed.source.location} and imports each version of a file once,"
        f" when it has been quiet for {feed.watch.quiet:g} seconds.",
    )
    def watch(context: SensorEvaluationContext, pipelines: ResourceParam[Pipelines]) -> Tick:
        from contact_pipelines import feeds

        with plain_failures():
            settings = pipelines.settings
            look = feeds.look_at_feed(pipelines.store, settings, settings.import_feed(feed.name))
            if not look.taken and look.quiet_in is not None and look.quiet_in <= WAIT_AT_MOST_SECONDS:
                time.sleep(look.quiet_in)
                look = feeds.look_at_feed(pipelines.store, settings, settings.import_feed(feed.name))
        context.log.info("%s", look)
        return _started(look.taken, str(look))

    return watch


def _scheduled(feed: ImportFeed) -> dg.ScheduleDefinition:
    assert feed.schedule is not None  # noqa: S101 - checked by the caller

    @dg.schedule(
        name=f"schedule_{feed.name}",
        job=import_contacts,
        cron_schedule=feed.schedule.cron,
        execution_timezone=feed.schedule.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Imports new files {feed.source.path} at {feed.source.location}. What is still being written"
        " at that time is finished by the sensor tend_feeds.",
    )
    def tick(
        context: ScheduleEvaluationContext, pipelines: ResourceParam[Pipelines]
    ) -> list[dg.RunRequest] | dg.SkipReason:
        from contact_pipelines import feeds

        with plain_failures():
            settings = pipelines.settings
            look = feeds.look_at_feed(
                pipelines.store,
                settings,
                settings.import_feed(feed.name),
                due_at=context.scheduled_execution_time.astimezone(UTC),
                door="schedule",
            )
        context.log.info("%s", look)
        if not look.taken:
            return dg.SkipReason(str(look))
        context.instance.add_dynamic_partitions(str(IMPORTS.name), [record.name for record in look.taken])
        return [run_request(record) for record in look.taken]

    return tick


@sensor_every(
    10,
    job=import_contacts,
    description="Finishes scheduled imports (files that were still being written, unreachable locations),"
    " and archives or deletes imported files where their feed says so.",
)
def tend_feeds(context: SensorEvaluationContext, pipelines: ResourceParam[Pipelines]) -> Tick:
    """Finish pending work of all feeds; errors of one do not hold up the others."""
    from contact_pipelines import feeds

    with plain_failures():
        done = feeds.tend_feeds(pipelines.store, pipelines.settings)
    taken = [record for look in done.looks for record in look.taken]
    told = [str(look) for look in done.looks]
    told += [f"{done.settled} imported files were archived, deleted or found gone."] if done.settled else []
    for line in told:
        context.log.info("%s", line)
    for error in done.errors:
        context.log.error("%s", error)
    if done.errors and not taken:
        raise dg.Failure(description=" ".join(done.errors), allow_retries=False)
    return _started(taken, " ".join(told) or "Nothing is pending.")


def _broken(name: str, error: str) -> dg.SensorDefinition:
    @sensor_every(
        600,
        name=f"broken_{re.sub(r'[^A-Za-z0-9_]', '_', name)}",
        description=f"Not a sensor: an entry of the settings file that cannot be used. {error}",
    )
    def tell(context: SensorEvaluationContext) -> Any:  # noqa: ANN401 - it never returns
        context.log.error("%s", error)
        raise dg.Failure(description=f"{error} Correct it and reload the code location.", allow_retries=False)

    return tell


def _started(taken: Sequence[Import], otherwise: str) -> Tick:
    return requested([run_request(record) for record in taken]) if taken else dg.SkipReason(otherwise)
