"""The nightly job `clean_up`, which also deletes old partitions and runs in Dagster."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import OpExecutionContext, ResourceParam
from pydantic import Field

from contact_pipelines.defs.asset_metadata import Stopwatch
from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.partitions_and_tags import IMPORTS
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.settings import Settings
from contact_pipelines.store.engine import Store

AT_NIGHT = "17 3 * * *"
BATCH = 100

_FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@dataclass(frozen=True)
class DagsterCleanUp:
    """How much was deleted from Dagster, or would be."""

    partitions: int = 0
    runs: int = 0


class CleaningUp(dg.Config):
    """The form."""

    dry_run: bool = Field(default=False, description="Only count what would be removed; remove nothing.")


def clean_up_dagster(
    instance: dg.DagsterInstance, store: Store, settings: Settings, *, dry_run: bool = False
) -> DagsterCleanUp:
    """Delete old imports' partitions, and old runs with their events and logs. dagster.yaml handles ticks."""
    keep = settings.retention
    partitions = _old_partitions(instance, store, keep.partitions_days)
    if dry_run:
        return DagsterCleanUp(len(partitions), _count_old_runs(instance, keep.runs_days))
    for name in partitions:
        instance.delete_dynamic_partition(str(IMPORTS.name), name)
    return DagsterCleanUp(len(partitions), _delete_old_runs(instance, keep.runs_days))


@dg.op(
    name="remove_old_files",
    out=dg.Out(dg.Nothing),
    description="Delete what is past the settings' `retention`: files of imports, notifications, partitions"
    " and runs. What imports did can be undone as before.",
)
def remove_old_files(context: OpExecutionContext, config: CleaningUp, pipelines: ResourceParam[Pipelines]) -> None:
    """Clean up, and report how much was deleted."""
    from contact_pipelines import cleanup

    watch = Stopwatch()
    with plain_failures():
        done = cleanup.clean_up(pipelines.store, pipelines.settings, dry_run=config.dry_run)
        ours = clean_up_dagster(context.instance, pipelines.store, pipelines.settings, dry_run=config.dry_run)
    context.add_output_metadata({"dry_run": config.dry_run, **asdict(done), **asdict(ours), "seconds": watch.seconds})


@dg.job(
    name="clean_up",
    executor_def=dg.in_process_executor,
    description="Remove old files, notifications, partitions and runs, as the settings' `retention` says.",
)
def clean_up() -> None:
    """Clean up."""
    remove_old_files()


clean_up_daily = dg.ScheduleDefinition(
    name="clean_up_daily",
    job=clean_up,
    cron_schedule=AT_NIGHT,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Cleans up every night.",
)


def _old_partitions(instance: dg.DagsterInstance, store: Store, days: int | None) -> Sequence[str]:
    from contact_pipelines import cleanup

    if days is None:
        return []
    known = instance.get_dynamic_partitions(str(IMPORTS.name))
    old = cleanup.names_of_old_imports(store, days) if known else set()
    return [name for name in known if name in old]


def _delete_old_runs(instance: dg.DagsterInstance, days: int | None) -> int:
    deleted = 0
    while days is not None and (runs := instance.get_runs(_older_than(days), limit=BATCH)):
        for run in runs:
            instance.compute_log_manager.delete_logs(prefix=[run.run_id])
            instance.delete_run(run.run_id)
        deleted += len(runs)
    return deleted


def _count_old_runs(instance: dg.DagsterInstance, days: int | None) -> int:
    return 0 if days is None else instance.get_runs_count(_older_than(days))


def _older_than(days: int) -> dg.RunsFilter:
    return dg.RunsFilter(statuses=_FINISHED, updated_before=datetime.now(UTC) - timedelta(days=days))
