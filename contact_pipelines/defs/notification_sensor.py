"""The sensor that sends notifications: of what happened in runs, at the command line, or to a process that died."""

import dagster as dg
from dagster import ResourceParam

from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.pipelines import Pipelines

EVERY_SECONDS = 10
AT_MOST_SECONDS = 30.0
"""For one tick, which Dagster ends after a minute."""


@dg.sensor(
    minimum_interval_seconds=EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sends the emails and webhooks that tell what became of imports; what could not be sent is tried"
    " again. Recipients are in the settings file (`notifications`, and `notify` of a feed).",
)
def send_notifications(pipelines: ResourceParam[Pipelines]) -> dg.SkipReason:
    """Send what is due."""
    from contact_pipelines import notify

    with plain_failures():
        if not pipelines.settings.notifications.configured:
            return dg.SkipReason("The settings have neither mail server nor webhook, so nobody is notified.")
        done = notify.send_notifications(pipelines.store, pipelines.settings, within=AT_MOST_SECONDS)
    return dg.SkipReason(
        f"{done.sent} notifications were sent, {done.failed} attempts failed, {done.given_up} were given up;"
        f" {done.waiting} are waiting."
    )
