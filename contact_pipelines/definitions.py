"""Dagster's entry point: `dagster dev -m contact_pipelines.definitions`. Wiring only."""

import dagster as dg

from contact_pipelines.defs.cleanup_job import clean_up, clean_up_daily
from contact_pipelines.defs.export_schedules import scheduled_export
from contact_pipelines.defs.feed_sensors import load_feeds
from contact_pipelines.defs.import_assets import IMPORT_ASSETS, import_contacts
from contact_pipelines.defs.new_export import new_export
from contact_pipelines.defs.new_import import new_import
from contact_pipelines.defs.pipelines import PipelinesResource
from contact_pipelines.defs.roll_back_job import roll_back_import
from contact_pipelines.defs.sensors import SENSORS

_feeds = load_feeds()

defs = dg.Definitions(
    assets=[*IMPORT_ASSETS, *_feeds.assets],
    jobs=[import_contacts, new_import, new_export, scheduled_export, roll_back_import, clean_up],
    sensors=[*SENSORS, *_feeds.sensors],
    schedules=[clean_up_daily, *_feeds.schedules],
    resources={"pipelines": PipelinesResource()},
    # Also for the implicit job behind the button Materialize: the steps are a chain, processes only cost time.
    executor=dg.in_process_executor,
)
