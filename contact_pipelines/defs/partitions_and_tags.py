"""The partitions, run tags and asset groups that several modules of `defs` use."""

import dagster as dg

from contact_pipelines.models import Import

IMPORTS = dg.DynamicPartitionsDefinition(name="imports")
"""One partition per import; its key is the import's readable name (`record.name`)."""

IMPORT_JOB = "import_contacts"

TENANT_TAG = "contact_pipelines/tenant"
IMPORT_ID_TAG = "contact_pipelines/import_id"
PARTITION_TAG = "dagster/partition"
BACKFILL_TAG = "dagster/backfill"

GROUP = "imports"
OWNERS = ["team:contacts"]


def run_tags(record: Import) -> dict[str, str]:
    """Return the tags that identify a run and limit each tenant to one at a time."""
    return {TENANT_TAG: record.tenant_id, IMPORT_ID_TAG: record.id}
