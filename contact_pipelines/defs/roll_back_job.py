"""The job `roll_back_import`: undoes one import."""

from dataclasses import asdict

import dagster as dg
from dagster import OpExecutionContext, ResourceParam
from pydantic import Field

from contact_pipelines.defs.asset_metadata import Metadata, Stopwatch
from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.partitions_and_tags import run_tags
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.models import DEFAULT_TENANT


class Rollback(dg.Config):
    """The form."""

    import_name: str = Field(
        default="2026-11-20-contacts_nov-efd14a3f2a91",
        description="The import to undo: its readable name (the partition key) or its id.",
    )
    tenant: str = Field(default=DEFAULT_TENANT, description="The tenant of the import.")
    dry_run: bool = Field(default=False, description="Only count what would change.")
    restore_consent: str = Field(
        default="",
        description="Also undo the import's opt-outs, for this reason (name nobody). Empty: they are kept.",
    )


@dg.op(
    name="roll_back",
    out=dg.Out(dg.Nothing),
    tags={"dagster/kind/postgres": ""},
    description="Restore what the import changed and delete what it created, except for contacts that somebody"
    " has changed since: those are kept.",
)
def roll_back(context: OpExecutionContext, config: Rollback, pipelines: ResourceParam[Pipelines]) -> None:
    """Undo an import and report it on its partition of `applied_import`."""
    from contact_pipelines import imports

    watch = Stopwatch()
    with plain_failures():
        done = imports.roll_back_import(
            pipelines.store,
            pipelines.settings,
            config.import_name,
            tenant_id=config.tenant,
            dry_run=config.dry_run,
            restore_consent=config.restore_consent or None,
        )
        record = done.record
        context.instance.add_run_tags(context.run_id, run_tags(record))
    metadata: Metadata = {
        "import": record.name,
        "status": record.status.value,
        "dry_run": config.dry_run,
        **asdict(done.counts),
        **({"report_file": dg.MetadataValue.path(done.report_file)} if done.report_file else {}),
        "seconds": watch.seconds,
    }
    context.add_output_metadata(metadata)
    if not config.dry_run:
        context.log_event(
            dg.AssetObservation(
                asset_key="applied_import",
                partition=record.name,
                description="This import was rolled back.",
                metadata=metadata,
            )
        )


@dg.job(
    name="roll_back_import",
    executor_def=dg.in_process_executor,
    description="Undo an import: contacts that it created are deleted, fields that it changed are restored."
    " What anybody changed since is kept. `dry_run` tells the numbers beforehand.",
)
def roll_back_import() -> None:
    """Undo an import."""
    roll_back()
