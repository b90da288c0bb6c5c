"""The job `new_export`: a launchpad form that exports contacts to a file."""

from typing import Any

import dagster as dg
from dagster import OpExecutionContext, ResourceParam
from pydantic import Field

from contact_pipelines.defs.asset_metadata import Metadata, Stopwatch
from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.option_forms import form_options, grouped_form
from contact_pipelines.defs.partitions_and_tags import TENANT_TAG
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.models import DEFAULT_TENANT, ExportRecord
from contact_pipelines.options import ExportRequest

EXPORTED_CONTACTS = dg.AssetKey("exported_contacts")
EXPORT_ID_TAG = "contact_pipelines/export_id"

NewExport: Any = grouped_form(
    "NewExport",
    ExportRequest,
    "Which contacts to export, and how.",
    tenant=(str, Field(default=DEFAULT_TENANT, description="The tenant that owns the contacts.")),
)
"""The form. Empty fields have their built-in defaults."""


@dg.op(
    name="export_contacts",
    out=dg.Out(dg.Nothing),
    tags={"dagster/kind/postgres": ""},
    description="Write contacts to a file in the artifacts, from one snapshot of the store.",
)
def export_contacts(context: OpExecutionContext, config: NewExport, pipelines: ResourceParam[Pipelines]) -> None:
    """Export, and report it on the asset `exported_contacts`."""
    from contact_pipelines import exports

    watch = Stopwatch()
    with plain_failures():
        record = exports.export_contacts(
            pipelines.store,
            pipelines.settings,
            form_options(config, ExportRequest),
            tenant_id=config.tenant,
            requested_by="dagster",
        )
    tell_export(context, record, EXPORTED_CONTACTS, watch)


@dg.job(
    name="new_export",
    executor_def=dg.in_process_executor,
    description="Write contacts to a file. Fill in the form in the Launchpad and launch; rows, size and where the file"
    " is are told with the run and on the asset `exported_contacts`.",
)
def new_export() -> None:
    """Export contacts."""
    export_contacts()


def tell_export(context: OpExecutionContext, record: ExportRecord, asset: dg.AssetKey, watch: Stopwatch) -> None:
    """Show the export with its run and on an asset. Tags are added late, so that exports do not queue with imports."""
    context.instance.add_run_tags(context.run_id, {TENANT_TAG: record.tenant_id, EXPORT_ID_TAG: record.id})
    metadata = export_metadata(record) | {"seconds": watch.seconds}
    context.add_output_metadata(metadata)
    told = dg.AssetMaterialization(asset_key=asset, description=f"The export {record.name}.", metadata=metadata)
    context.log_event(told)


def export_metadata(record: ExportRecord) -> Metadata:
    """Describe the export: request, size and location. Without the filter, which may name a person."""
    facts: Metadata = {
        "export": record.name,
        "export_id": record.id,
        "tenant": record.tenant_id,
        "format": record.request.format.value,
        "rows": record.rows or 0,
        "size": record.size or 0,
        "sha256": record.sha256 or "",
        "file": dg.MetadataValue.path(record.location or ""),
    }
    if record.expires_at is not None:
        facts["expires_at"] = record.expires_at.isoformat()
    if record.changed_since is not None:
        facts["changed_since"] = record.changed_since.isoformat()
    return facts
