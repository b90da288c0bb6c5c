"""The job `new_import`: a launchpad form that queues a file for import."""

from typing import Any

import dagster as dg
from dagster import OpExecutionContext, ResourceParam
from pydantic import Field

from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.option_forms import form_options, grouped_form
from contact_pipelines.defs.partitions_and_tags import IMPORTS, run_tags
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.models import DEFAULT_TENANT
from contact_pipelines.options import ImportOptions

EXAMPLE_FILE = "examples/contacts_nov.csv"

NewImport: Any = grouped_form(
    "NewImport",
    ImportOptions,
    "What to import, and the options of the import.",
    file=(
        str,
        Field(
            default=EXAMPLE_FILE,
            description="The file to import, as seen from the machine that runs Dagster. A relative path starts at"
            " the folder in which Dagster was started. Or a file of a location of the settings file, such as"
            " sftp://LOCATION/folder/contacts.csv.",
        ),
    ),
    tenant=(str, Field(default=DEFAULT_TENANT, description="The tenant that owns the contacts.")),
    idempotency_key=(
        str | None,
        Field(
            default=None,
            description="A name for this import: a second launch with the same one does not import the file again.",
        ),
    ),
)
"""The form. Empty fields have the settings file's defaults."""


@dg.op(
    name="register_import",
    out=dg.Out(dg.Nothing),
    tags={"dagster/kind/postgres": ""},
    description="Put the file in the queue. The sensor `start_registered_imports` starts it within seconds.",
)
def register_import(context: OpExecutionContext, config: NewImport, pipelines: ResourceParam[Pipelines]) -> None:
    """Register an import and its partition."""
    from contact_pipelines import imports

    with plain_failures():
        record = imports.register_import(
            pipelines.store,
            config.file,
            form_options(config, ImportOptions),
            tenant_id=config.tenant,
            door="dagster",
            idempotency_key=config.idempotency_key or None,
            defaults=pipelines.settings.options,
            locations=pipelines.settings.locations,
            trusted=pipelines.settings.local_paths_in_dagster,
        )
        # The sensor adds missing partitions too, so a crash here loses nothing.
        context.instance.add_dynamic_partitions(str(IMPORTS.name), [record.name])
        context.instance.add_run_tags(context.run_id, run_tags(record))
    context.add_output_metadata(
        {
            "import": record.name,
            "import_id": record.id,
            "tenant": record.tenant_id,
            "status": record.status.value,
        }
    )
    context.log.info("Registered as %s; start_registered_imports starts it within seconds.", record.name)


@dg.job(
    name="new_import",
    executor_def=dg.in_process_executor,
    description="Import a contact file. Fill in the form in the Launchpad and launch; the import then"
    " appears as a partition of the asset group `imports`, named after its date and file. Where nothing is filled in,"
    " the defaults of the settings file (`options`) hold; an empty text, list or mapping takes one of them back.",
)
def new_import() -> None:
    """Register an import."""
    register_import()
