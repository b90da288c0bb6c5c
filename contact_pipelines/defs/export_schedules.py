"""Scheduled exports in Dagster: a schedule each, and an asset that shows rows, size and location."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster import OpExecutionContext, ResourceParam, ScheduleEvaluationContext
from pydantic import Field

from contact_pipelines.defs.asset_metadata import Stopwatch
from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.new_export import tell_export
from contact_pipelines.defs.partitions_and_tags import OWNERS
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.errors import InvalidOption
from contact_pipelines.settings.feed_settings import ExportFeed

GROUP = "exports"


class ScheduledExport(dg.Config):
    """The form."""

    name: str = Field(description="Name of an export in the settings file.")
    due_at: str = Field(default="", description="The scheduled time, used in the file name (ISO 8601). Empty: now.")


def asset_key(name: str) -> dg.AssetKey:
    """Return the asset on which a feed's exports are shown."""
    return dg.AssetKey([GROUP, name])


@dg.op(
    name="write_export",
    out=dg.Out(dg.Nothing),
    tags={"dagster/kind/postgres": ""},
    description="Run an export of the settings file and upload its file.",
)
def write_export(context: OpExecutionContext, config: ScheduledExport, pipelines: ResourceParam[Pipelines]) -> None:
    """Export, and report it on the feed's asset."""
    from contact_pipelines import feeds

    watch = Stopwatch()
    with plain_failures():
        settings = pipelines.settings
        feed = settings.export_feed(config.name)
        record = feeds.run_export_feed(pipelines.store, settings, feed, due_at=_moment(config.due_at))
    tell_export(context, record, asset_key(feed.name), watch)


@dg.job(
    name="scheduled_export",
    executor_def=dg.in_process_executor,
    description="Run an export of the settings file: on its schedule, or now from the Launchpad.",
)
def scheduled_export() -> None:
    """Export contacts."""
    write_export()


def export_schedules(feeds: Sequence[ExportFeed]) -> list[dg.ScheduleDefinition]:
    """Return a schedule for each enabled export."""
    return [_scheduled(feed) for feed in feeds if feed.enabled]


def export_assets(feeds: Sequence[ExportFeed]) -> list[dg.AssetSpec]:
    """Return an asset for each export; the job's runs report its materialisations."""
    return [
        dg.AssetSpec(
            asset_key(feed.name), description=f"{_told(feed)}.", group_name=GROUP, owners=OWNERS, kinds={feed.format}
        )
        for feed in feeds
    ]


def _scheduled(feed: ExportFeed) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"export_{feed.name}",
        job=scheduled_export,
        cron_schedule=feed.schedule.cron,
        execution_timezone=feed.schedule.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{_told(feed)}, as the settings file says.",
    )
    def tick(context: ScheduleEvaluationContext) -> dg.RunRequest:
        due = context.scheduled_execution_time.astimezone(UTC).isoformat()
        form = {"name": feed.name, "due_at": due}
        return dg.RunRequest(run_key=due, run_config={"ops": {"write_export": {"config": form}}})

    return tick


def _told(feed: ExportFeed) -> str:
    return f"Exports contacts as {feed.format} to " + (
        f"{feed.to.path} at {feed.to.location}" if feed.to else "the artifacts"
    )


def _moment(text: str) -> datetime:
    if not text.strip():
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidOption(f"The field due_at is not a time: {text!r}; write 2026-11-20T08:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
