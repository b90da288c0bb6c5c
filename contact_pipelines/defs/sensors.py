"""The sensors that are always on: start queued imports, end dead or expired ones, send notifications.

Those of feeds are in `feed_sensors`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
from dagster import ResourceParam, SensorEvaluationContext

from contact_pipelines import exports, imports, notify
from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.import_assets import import_contacts
from contact_pipelines.defs.partitions_and_tags import IMPORT_ID_TAG, IMPORTS, PARTITION_TAG, run_tags
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.errors import NotFound
from contact_pipelines.models import Import, ImportStatus
from contact_pipelines.outcomes import sentence

AT_ONCE = 1000
MAX_ATTEMPTS = 3
"""How many runs are tried for an import whose runs end before they reach the store (because it is down, say)."""

FEED_GRACE = timedelta(seconds=20)
"""Feeds request the runs of their imports themselves; if that takes longer (the process died), this sensor does."""

FAILED_GRACE = timedelta(minutes=1)
REPORT_GRACE = timedelta(minutes=30)
"""An applied import still writes its report, during which it has no heartbeat."""

SEND_AT_MOST_SECONDS = 30.0
"""Per tick; Dagster ends ticks after a minute."""

_WILL_RETRY_TAG = "dagster/will_retry"

Tick = dg.SensorResult | dg.SkipReason
_Runs = Sequence[dg.DagsterRun]


def sensor_every(seconds: float, **arguments: Any) -> Callable[[Callable[..., Any]], dg.SensorDefinition]:
    """Return the decorator of a running sensor that ticks every `seconds`; `arguments`: see `dg.sensor`.

    Dagster's daemon checks every five seconds, give or take milliseconds, which sensors are due. One due after exactly
    five seconds would miss every other check, so it is made due a second earlier.
    """
    return dg.sensor(
        minimum_interval_seconds=max(1, round(seconds) - 1),
        default_status=dg.DefaultSensorStatus.RUNNING,
        **arguments,
    )


def run_request(record: Import, attempt: int = 1) -> dg.RunRequest:
    """Return the request for a run of an import."""
    return dg.RunRequest(run_key=f"{record.id}:{attempt}", partition_key=record.name, tags=run_tags(record))


def requested(requests: Sequence[dg.RunRequest]) -> dg.SensorResult:
    """Return what a tick requests: runs of imports, and partitions for them."""
    names = [str(request.partition_key) for request in requests]
    return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=[IMPORTS.build_add_request(names)])


@sensor_every(
    5,
    job=import_contacts,
    description="Starts `import_contacts` for every queued import, however it was registered.",
)
def start_registered_imports(context: SensorEvaluationContext, pipelines: ResourceParam[Pipelines]) -> Tick:
    """Request a run for each pending import that has none, in the order of registration.

    The queue is the `imports` table: an import stays `pending` until its run has begun, so after a crash at any point
    the next tick picks it up again. The run key keeps Dagster from starting it twice.
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
        return requested([run_request(record, len(runs[record.id]) + 1) for record in to_start])
    if not waiting:
        return dg.SkipReason("No import is waiting in the queue.")
    return dg.SkipReason(
        f"Of {len(waiting)} imports in the queue, {len(on_their_way)} have a run on its way already"
        f" and {len(given_up)} were given up."
    )


@sensor_every(30, description="Marks a run as failed when the import's process has died.")
def close_abandoned_runs(context: SensorEvaluationContext, pipelines: ResourceParam[Pipelines]) -> dg.SkipReason:
    """Compare the runs in progress with the imports' heartbeats.

    Dagster notices a killed run worker. It does not notice a machine that lost power, or a killed command line with
    the run inside it: those runs stay *Started* and block their tenant's queue.
    """
    started = dg.RunsFilter(job_name=import_contacts.name, statuses=[dg.DagsterRunStatus.STARTED])
    runs = [run for run in context.instance.get_runs(started) if PARTITION_TAG in run.tags]
    closed = 0
    with plain_failures():
        exports.end_dead_exports(pipelines.store, pipelines.settings)  # so that their failure is reported soon
        for run in runs:
            if _abandoned(pipelines, run.tags[PARTITION_TAG]):
                context.instance.report_run_failed(run, "The process that ran this import has died.")
                closed += 1
    return dg.SkipReason(f"{len(runs)} runs were in progress; {closed} of them had died and were marked as failed.")


@sensor_every(30, description="Marks imports as expired if their review was not confirmed in time.")
def expire_overdue_reviews(pipelines: ResourceParam[Pipelines]) -> dg.SkipReason:
    """Expire overdue reviews. Confirming checks the expiry too; this only updates what people see."""
    with plain_failures():
        expired = imports.expire_reviews(pipelines.store)
    return dg.SkipReason(f"{len(expired)} reviews were not confirmed in time and have expired.")


@sensor_every(
    10,
    description="Sends the emails and webhooks about imports and exports; what could not be sent is tried"
    " again. Recipients are in the settings file (`notifications`, and `notify` of a feed).",
)
def send_notifications(pipelines: ResourceParam[Pipelines]) -> dg.SkipReason:
    """Send due notifications: of runs, of the command line, and of processes that died."""
    with plain_failures():
        if not pipelines.settings.notifications.configured:
            return dg.SkipReason("The settings have neither a mail server nor a webhook, so nobody is notified.")
        done = notify.send_notifications(pipelines.store, pipelines.settings, within=SEND_AT_MOST_SECONDS)
    return dg.SkipReason(
        f"{done.sent} notifications were sent, {done.failed} attempts failed, {done.given_up} were given up;"
        f" {done.waiting} are waiting."
    )


SENSORS = [start_registered_imports, close_abandoned_runs, expire_overdue_reviews, send_notifications]


def _runs_of(instance: dg.DagsterInstance, records: Sequence[Import]) -> Mapping[str, _Runs]:
    """Return the runs requested for each import, newest first."""
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
    """Cancel an import whose run was cancelled in Dagster's queue; fail one that never reaches its first step."""
    from contact_pipelines.store import imports_table, reviews

    if not runs or _on_its_way(runs):
        return False
    if runs[0].status == dg.DagsterRunStatus.CANCELED:
        with pipelines.store.begin() as connection:
            reviews.cancel(connection, record, "The import's run was cancelled before it began; nothing was written.")
        return True
    if len(runs) < MAX_ATTEMPTS:
        return False
    why = sentence("not_started", runs=len(runs))
    with pipelines.store.begin() as connection:
        imports_table.record_failure(connection, record, "not_started", why)
    return True


def _abandoned(pipelines: Pipelines, name: str) -> bool:
    from contact_pipelines.store import import_life, imports_table

    try:
        with pipelines.store.begin() as connection:
            record = imports_table.find_by_name(connection, name)
            import_life.running(connection, record.tenant_id)  # those without a heartbeat become failed
            record = imports_table.find_by_name(connection, name)
    except NotFound:
        return True
    ended = record.times.get("finished_at")
    if record.status in (ImportStatus.PENDING, ImportStatus.RUNNING) or ended is None:
        return False
    grace = FAILED_GRACE if record.status == ImportStatus.FAILED else REPORT_GRACE
    return bool(datetime.now(UTC) - ended > grace)
