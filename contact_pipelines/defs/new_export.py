"""The job `new_export`: one form in the launchpad that writes contacts to a file."""

from typing import TYPE_CHECKING

import dagster as dg
from dagster import OpExecutionContext, ResourceParam
from pydantic import Field, ValidationError

from contact_pipelines.defs.asset_metadata import Metadata, Stopwatch
from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.new_import import choices
from contact_pipelines.defs.partitions_and_tags import TENANT_TAG
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.errors import InvalidOption
from contact_pipelines.models import DEFAULT_TENANT, ExportFormat, ExportRecord, ExportRequest

EXPORTED_CONTACTS = dg.AssetKey("exported_contacts")
EXPORT_ID_TAG = "contact_pipelines/export_id"

if TYPE_CHECKING:
    from contact_pipelines.models import ExportFormat as FormatChoice
else:
    FormatChoice = choices("ExportFormat", ExportFormat)


class NewExport(dg.Config):
    """The form."""

    tenant: str = Field(default=DEFAULT_TENANT, description="Whose contacts.")
    name: str = Field(default="contacts", description="What the export is called; `changed_since: last` goes by it.")
    format: FormatChoice = Field(default=FormatChoice("csv"), description="csv, xlsx, json, jsonl or parquet.")
    fields: list[str] = Field(
        default=[],
        description="Fields in this order, for example [email, first_name, properties.plan, lists]. Empty: all.",
    )
    filter: str = Field(
        default="", description="Only contacts that fit: lead_score > 50 AND tags CONTAINS 'enterprise'. Empty: all."
    )
    segment: str = Field(default="", description="Only contacts in this segment.")
    list: str = Field(default="", description="Only contacts on this list.")
    topic: str = Field(default="", description="Only contacts who are opted in to this topic.")
    search: str = Field(default="", description="Only contacts with this text in a name, an address or a number.")
    changed_since: str = Field(
        default="",
        description="Only what changed since this moment (2026-11-20T08:00:00Z), with deleted contacts; last: since the"
        " last completed export of this name.",
    )


@dg.op(
    name="export_contacts",
    out=dg.Out(dg.Nothing),
    tags={"dagster/kind/postgres": ""},
    description="Write the contacts to a file among the artifacts, as the store is at one moment.",
)
def export_contacts(context: OpExecutionContext, config: NewExport, pipelines: ResourceParam[Pipelines]) -> None:
    """Export, and say so on the asset `exported_contacts`."""
    from contact_pipelines import exports

    watch = Stopwatch()
    with plain_failures():
        record = exports.export_contacts(
            pipelines.store,
            pipelines.settings,
            request_of(config),
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
    """Show the export with its run and on an asset. The tags come late: imports and exports need not queue together."""
    context.instance.add_run_tags(context.run_id, {TENANT_TAG: record.tenant_id, EXPORT_ID_TAG: record.id})
    metadata = export_metadata(record) | {"seconds": watch.seconds}
    context.add_output_metadata(metadata)
    told = dg.AssetMaterialization(asset_key=asset, description=f"The export {record.name}.", metadata=metadata)
    context.log_event(told)


def request_of(config: NewExport) -> ExportRequest:
    """Return the form's request. Raises InvalidOption, which names the field."""
    form = config.model_dump(exclude={"tenant"}) | {"format": config.format.value}
    try:
        return ExportRequest.model_validate({name: value for name, value in form.items() if value not in ("", [])})
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidOption(
            f"The field {first['loc'][0]} cannot be used: {first['msg'].removeprefix('Value error, ')}."
        ) from None


def export_metadata(record: ExportRecord) -> Metadata:
    """Tell what was exported, how much, and where it is. Not the filter: it may name a person."""
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
