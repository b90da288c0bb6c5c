"""The sensor that ends, in Dagster's books, runs whose process died.

Dagster notices a run worker that was killed. It does not notice a machine that lost its power, or a command line
that was killed with the run inside it: those stay *Started* and hold their tenant's place in the queue.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import ResourceParam, SensorEvaluationContext

from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.jobs import import_contacts
from contact_pipelines.defs.partitions_and_tags import PARTITION_TAG
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.errors import NotFound
from contact_pipelines.models import Import, ImportStatus

EVERY_SECONDS = 30
GRACE = timedelta(minutes=1)
REPORT_GRACE = timedelta(minutes=30)
"""After an import was applied, its report is still written; nothing shows then that the process lives."""


@dg.sensor(
    minimum_interval_seconds=EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks a run as failed when the process that did the import has died.",
)
def close_abandoned_runs(context: SensorEvaluationContext, pipelines: ResourceParam[Pipelines]) -> dg.SkipReason:
    """Compare the runs that Dagster believes in with the imports' signs of life."""
    from contact_pipelines import exports

    started = dg.RunsFilter(job_name=import_contacts.name, statuses=[dg.DagsterRunStatus.STARTED])
    runs = [run for run in context.instance.get_runs(started) if PARTITION_TAG in run.tags]
    closed = 0
    with plain_failures():
        exports.end_dead_exports(pipelines.store, pipelines.settings)  # so that their failure is told soon
        for run in runs:
            if _abandoned(pipelines, run.tags[PARTITION_TAG]):
                context.instance.report_run_failed(run, "The process that ran this import has died.")
                closed += 1
    return dg.SkipReason(f"{len(runs)} runs were going on; {closed} of them had died and were marked as failed.")


def _abandoned(pipelines: Pipelines, name: str) -> bool:
    from contact_pipelines.store import imports_table

    try:
        with pipelines.store.begin() as connection:
            record = imports_table.find_by_name(connection, name)
            imports_table.running(connection, record.tenant_id)  # those without a sign of life become failed
            record = imports_table.find_by_name(connection, name)
    except NotFound:
        return True
    return _ended_long_ago(record, datetime.now(UTC))


def _ended_long_ago(record: Import, now: datetime) -> bool:
    ended = record.times.get("finished_at")
    if record.status in (ImportStatus.PENDING, ImportStatus.RUNNING) or ended is None:
        return False
    grace = GRACE if record.status == ImportStatus.FAILED else REPORT_GRACE
    return bool(now - ended > grace)
