"""The partitions, run tags and asset groups that several modules of `defs` use."""

import dagster as dg

from contact_pipelines.models import Import

IMPORTS = dg.DynamicPartitionsDefinition(name="imports")
"""One partition an import; its key is the import's readable name (`record.name`)."""

IMPORT_JOB = "import_contacts"

TENANT_TAG = "contact_pipelines/tenant"
IMPORT_ID_TAG = "contact_pipelines/import_id"
PARTITION_TAG = "dagster/partition"
BACKFILL_TAG = "dagster/backfill"

GROUP = "imports"
OWNERS = ["team:contacts"]


def run_tags(record: Import) -> dict[str, str]:
    """Return the tags by which a run is found, and limited to one at a time for each tenant."""
    return {TENANT_TAG: record.tenant_id, IMPORT_ID_TAG: record.id}
