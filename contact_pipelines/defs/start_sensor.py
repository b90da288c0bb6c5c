"""The sensor that starts what any door has put in the queue."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import ResourceParam, SensorEvaluationContext

from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.jobs import import_contacts
from contact_pipelines.defs.partitions_and_tags import IMPORT_ID_TAG, IMPORTS, run_tags
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.models import Import

EVERY_SECONDS = 5
AT_ONCE = 1000
MAX_ATTEMPTS = 3
"""A run that ended before it reached the store (which was away, say) is followed by others, up to this."""

FEED_GRACE = timedelta(seconds=20)
"""The sensor or schedule that registers a feed's import requests its run itself; if it dies before, we do."""

_WILL_RETRY_TAG = "dagster/will_retry"

_Runs = Sequence[dg.DagsterRun]


@dg.sensor(
    job=import_contacts,
    minimum_interval_seconds=EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts `import_contacts` for every import that waits in the queue, whichever door it came through.",
)
def start_registered_imports(
    context: SensorEvaluationContext, pipelines: ResourceParam[Pipelines]
) -> dg.SensorResult | dg.SkipReason:
    """Request one run for each pending import that none was requested for, in the order of registration.

    The queue is the `imports` table: an import stays `pending` until its run has begun, so a crash at any
    point only means that the next tick looks at it again. The run key keeps Dagster from starting it twice.
    """
    from contact_pipelines.store import imports_table

    with plain_failures():
        with pipelines.store.connect() as connection:
            waiting = imports_table.pending(connection, AT_ONCE)
        runs = _runs_of(context.instance, waiting)
        on_their_way = {record.id for record in waiting if _on_its_way(runs[record.id])}
        given_up = {record.id for record in waiting if _give_up(pipelines, record, runs[record.id])}
    now = datetime.now(UTC)
    to_start = [
        record for record in waiting if record.id not in on_their_way | given_up and not _is_being_started(record, now)
    ]
    if to_start:
        return dg.SensorResult(
            run_requests=[run_request(record, len(runs[record.id]) + 1) for record in to_start],
            dynamic_partitions_requests=[IMPORTS.build_add_request([record.name for record in to_start])],
        )
    if not waiting:
        return dg.SkipReason("No import is waiting in the queue.")
    return dg.SkipReason(
        f"Of {len(waiting)} imports in the queue, {len(on_their_way)} have a run on its way already"
        f" and {len(given_up)} were given up."
    )


def run_request(record: Import, attempt: int = 1) -> dg.RunRequest:
    """Return the request for a run of an import."""
    return dg.RunRequest(run_key=f"{record.id}:{attempt}", partition_key=record.name, tags=run_tags(record))


def _runs_of(instance: dg.DagsterInstance, records: Sequence[Import]) -> Mapping[str, _Runs]:
    """Return the runs that were requested for each import, newest first."""
    found: dict[str, list[dg.DagsterRun]] = {record.id: [] for record in records}
    if found:
        wanted = dg.RunsFilter(job_name=import_contacts.name, tags={IMPORT_ID_TAG: list(found)})
        for run in instance.get_runs(wanted):
            found[run.tags[IMPORT_ID_TAG]].append(run)
    return found


def _is_being_started(record: Import, now: datetime) -> bool:
    return record.feed is not None and bool(now - record.times["created_at"] < FEED_GRACE)


def _on_its_way(runs: _Runs) -> bool:
    return bool(runs) and (not runs[0].is_finished or runs[0].tags.get(_WILL_RETRY_TAG) == "true")


def _give_up(pipelines: Pipelines, record: Import, runs: _Runs) -> bool:
    """Cancel an import whose run was cancelled in Dagster's queue; fail one that never gets to its first step."""
    from contact_pipelines.store import imports_table, reviews

    if not runs or _on_its_way(runs):
        return False
    if runs[0].status == dg.DagsterRunStatus.CANCELED:
        with pipelines.store.begin() as connection:
            reviews.cancel(connection, record, "The import's run was cancelled before it began; nothing was written.")
        return True
    if len(runs) < MAX_ATTEMPTS:
        return False
    why = f"{len(runs)} runs ended before the import began; nothing was written. Dagster's page of the last says why."
    with pipelines.store.begin() as connection:
        imports_table.record_failure(connection, record, "not_started", why)
    return True
