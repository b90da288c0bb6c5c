"""What the tests of Dagster share: settings in the environment, files, and ways to look into a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa

from contact_pipelines import imports
from contact_pipelines.definitions import defs
from contact_pipelines.defs.partitions_and_tags import IMPORT_JOB, run_tags
from contact_pipelines.models import Import
from contact_pipelines.settings import Settings, load_settings
from contact_pipelines.store.engine import Store

PEOPLE = (
    "Email,First Name,Last Name,Phone,Score\n"
    "ada.lovelace@secret.example,Ada,Lovelace,+14155552671,10\n"
    "grace.hopper@secret.example,Grace,Hopper,+14155552672,20\n"
    "alan.turing@secret.example,Alan,Turing,+442079460958,30\n"
)
BROKEN = PEOPLE + "not-an-address-of-kurt,Kurt,Goedel,,40\n" + "edsger@secret.example,Edsger,Dijkstra,12,50\n"
SECRETS = ("secret.example", "Lovelace", "Hopper", "4155552671", "not-an-address", "Goedel", "Dijkstra")


def use_environment(monkeypatch: pytest.MonkeyPatch, home: Path, database_url: str) -> Settings:
    """Let this process find the test's home and database, as a run worker would; return the settings."""
    monkeypatch.setenv("CONTACT_PIPELINES_HOME", str(home))
    monkeypatch.setenv("CONTACT_PIPELINES_DATABASE_URL", database_url)
    monkeypatch.delenv("CONTACT_PIPELINES_CONFIG", raising=False)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return load_settings()


def register(store: Store, tmp_path: Path, text: str = PEOPLE, name: str = "people.csv", **options: Any) -> Import:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return imports.register_import(store, str(path), **options)


def run_job(
    instance: dg.DagsterInstance, record: Import, *, tags: dict[str, str] | None = None, **arguments: Any
) -> dg.ExecuteInProcessResult:
    """Run `import_contacts` as Dagster would, but in this process."""
    instance.add_dynamic_partitions("imports", [record.name])
    return defs.resolve_job_def(IMPORT_JOB).execute_in_process(
        instance=instance,
        partition_key=record.name,
        tags={**run_tags(record), **(tags or {})},
        raise_on_error=False,
        **arguments,
    )


def metadata_of(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """Return the metadata of an asset's materialisation in a run, as plain values."""
    events = [event for event in result.get_asset_materialization_events() if event.asset_key == dg.AssetKey(asset)]
    assert len(events) == 1, f"{asset} was materialised {len(events)} times"
    return {key: entry.value for key, entry in events[0].materialization.metadata.items()}


def checks_of(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], dg.AssetCheckEvaluation]:
    """Return a run's check results by (asset, check)."""
    found = result.get_asset_check_evaluations()
    return {(check.asset_key.to_user_string(), check.check_name): check for check in found}


def everything_said(instance: dg.DagsterInstance, run_id: str) -> str:
    """Return the text of all events and logs of a run, stacks and metadata included."""
    return "\n".join(entry.to_json() for entry in instance.all_logs(run_id))


def count_contacts(store: Store) -> int:
    with store.connect() as connection:
        return connection.scalar(sa.text("SELECT count(*) FROM contacts"))
