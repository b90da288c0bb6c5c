"""The job that does all steps of one import."""

import dagster as dg

from contact_pipelines.defs.import_assets import IMPORT_ASSETS
from contact_pipelines.defs.partitions_and_tags import IMPORT_JOB

import_contacts = dg.define_asset_job(
    IMPORT_JOB,
    selection=dg.AssetSelection.assets(*IMPORT_ASSETS),
    executor_def=dg.in_process_executor,
    description="All steps of one import, from the file to its report. Started by `start_registered_imports` for"
    " each import in the queue; to bring a file in, launch `new_import`.",
)
