"""The sensor that ends reviews which nobody confirmed in time."""

import dagster as dg
from dagster import ResourceParam

from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.pipelines import Pipelines

EVERY_SECONDS = 30


@dg.sensor(
    minimum_interval_seconds=EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks imports as expired whose review nobody confirmed in time.",
)
def expire_overdue_reviews(pipelines: ResourceParam[Pipelines]) -> dg.SkipReason:
    """End the reviews whose time is over. Confirming one looks at its time as well: this is for those who watch."""
    from contact_pipelines import imports

    with plain_failures():
        expired = imports.expire_reviews(pipelines.store)
    return dg.SkipReason(f"{len(expired)} reviews were not confirmed in time and have expired.")
