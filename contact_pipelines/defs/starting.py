"""The sensor that starts what any door has put in the queue."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg
from dagster import ResourceParam, SensorEvaluationContext

from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.jobs import import_contacts
from contact_pipelines.defs.names import ATTEMPT_TAG, IMPORT_ID_TAG, IMPORTS, run_tags
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.models import Import

EVERY_SECONDS = 5
MAX_ATTEMPTS = 3
"""Runs that ended before they reached the store (it was away, the machine died) are followed by others, up to this."""

_WILL_RETRY_TAG = "dagster/will_retry"


@dataclass(frozen=True)
class _Earlier:
    """What is known of the runs that were requested for an import."""

    attempts: int
    on_its_way: bool
    cancelled: bool

    @property
    def startable(self) -> bool:
        return not self.on_its_way and not self.cancelled and self.attempts < MAX_ATTEMPTS


@dg.sensor(
    job=import_contacts,
    minimum_interval_seconds=EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts `import_contacts` for every import that waits in the queue, whichever door it came through.",
)
def start_registered_imports(
    context: SensorEvaluationContext, pipelines: ResourceParam[Pipelines]
) -> dg.SensorResult | dg.SkipReason:
    """Request one run for each pending import that none was requested for.

    The queue is the `imports` table: an import stays `pending` until its run has begun, so a crash at any point
    only means that the next tick looks at it again. The run key then keeps Dagster from starting it twice.
    """
    from contact_pipelines.store import imports

    with plain_failures(), pipelines.store.connect() as connection:
        waiting = imports.pending(connection)
    earlier = {record.id: _earlier_runs(context.instance, record) for record in waiting}
    to_start = [record for record in waiting if earlier[record.id].startable]
    if not to_start:
        return dg.SkipReason(_why_nothing(list(earlier.values())))
    return dg.SensorResult(
        run_requests=[_request(record, earlier[record.id].attempts + 1) for record in to_start],
        dynamic_partitions_requests=[IMPORTS.build_add_request([record.name for record in to_start])],
    )


def _request(record: Import, attempt: int) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{record.id}:{attempt}",
        partition_key=record.name,
        tags={**run_tags(record), ATTEMPT_TAG: str(attempt)},
    )


def _earlier_runs(instance: dg.DagsterInstance, record: Import) -> _Earlier:
    runs = instance.get_runs(dg.RunsFilter(job_name=import_contacts.name, tags={IMPORT_ID_TAG: record.id}))
    return _Earlier(
        attempts=len(runs),
        on_its_way=any(not run.is_finished or run.tags.get(_WILL_RETRY_TAG) == "true" for run in runs[:1]),
        cancelled=any(run.status == dg.DagsterRunStatus.CANCELED for run in runs[:1]),
    )


def _why_nothing(looked_at: Sequence[_Earlier]) -> str:
    if not looked_at:
        return "No import is waiting in the queue."
    on_its_way = sum(run.on_its_way for run in looked_at)
    cancelled = sum(run.cancelled for run in looked_at)
    given_up = len(looked_at) - on_its_way - cancelled
    parts = [
        f"{on_its_way} have a run on its way" if on_its_way else "",
        f"{cancelled} had their run cancelled" if cancelled else "",
        f"{given_up} failed to start {MAX_ATTEMPTS} times" if given_up else "",
    ]
    return f"{len(looked_at)} imports are waiting in the queue: {', '.join(part for part in parts if part)}."
