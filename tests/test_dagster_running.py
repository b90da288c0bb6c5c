"""`run_import_here`: an import as a Dagster run in this process, as the command line does it."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import dagster as dg
import pytest

from contact_pipelines import imports
from contact_pipelines.defs.instance import dagster_home, open_instance
from contact_pipelines.defs.run_here import UnexpectedFailure, run_import_here
from contact_pipelines.errors import FileNotImportable, StoreUnavailable, WrongState
from contact_pipelines.imports import land, validate
from contact_pipelines.models import ImportStatus
from contact_pipelines.store import imports_table
from tests.helpers.dagster_runs import SECRETS, count_contacts, everything_said, register, use_environment


@pytest.fixture
def settings(monkeypatch, tmp_path, database_url):
    return use_environment(monkeypatch, tmp_path / "home", database_url)


def the_run(settings):
    with open_instance(settings) as instance:
        (run,) = instance.get_runs()
        return run, everything_said(instance, run.run_id)


def test_it_runs_quietly_and_is_seen_in_dagster(settings, store, tmp_path, capfd):
    record = register(store, tmp_path)
    run_import_here(settings, store, record)
    assert capfd.readouterr() == ("", "")
    assert imports.get_import(store, record.id).status == ImportStatus.COMPLETED
    run, _ = the_run(settings)
    assert run.status == dg.DagsterRunStatus.SUCCESS
    assert run.tags["contact_pipelines/import_id"] == record.id
    assert run.tags["dagster/partition"] == record.name
    with open_instance(settings) as instance:
        assert instance.has_dynamic_partition("imports", record.name)
        event = instance.get_latest_materialization_event(dg.AssetKey("applied_import"))
    assert event.asset_materialization.metadata["created"].value == 3


def test_verbose(settings, store, tmp_path, capfd):
    run_import_here(settings, store, register(store, tmp_path), verbose=True)
    assert "STEP_SUCCESS" in capfd.readouterr().err


def test_the_original_error_comes_out(settings, store, tmp_path, capfd):
    record = register(store, tmp_path, "Email,Name\n")
    with pytest.raises(FileNotImportable, match="no data rows") as caught:
        run_import_here(settings, store, record)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert capfd.readouterr() == ("", "")
    assert the_run(settings)[0].status == dg.DagsterRunStatus.FAILURE


def test_an_unexpected_error_comes_out_without_its_text(settings, store, tmp_path, monkeypatch):
    def broken(session):
        raise ValueError("could not convert ada.lovelace@secret.example")

    monkeypatch.setattr(validate, "run", broken)
    record = register(store, tmp_path)
    with pytest.raises(UnexpectedFailure, match="ValueError") as caught:
        run_import_here(settings, store, record)
    assert "secret.example" not in str(caught.value)
    assert imports.get_import(store, record.id).status == ImportStatus.FAILED
    assert [secret for secret in SECRETS if secret in the_run(settings)[1]] == []


def test_the_sensor_has_nothing_left_to_start(settings, store, tmp_path, monkeypatch):
    waiting = []

    def looked(session):
        with store.connect() as connection:
            waiting.extend(imports_table.pending(connection))
        raise StoreUnavailable("The contact store is away.")

    monkeypatch.setattr(land, "run", looked)
    with pytest.raises(StoreUnavailable):
        run_import_here(settings, store, register(store, tmp_path))
    assert waiting == []


def test_a_fault_of_dagster_leaves_no_import_running(settings, store, tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "broken"))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "dagster.yaml").write_text("no_such_section: {}\n")
    record = register(store, tmp_path)
    with pytest.raises(Exception, match=r"dagster\.yaml"):
        run_import_here(settings, store, record)
    assert imports.get_import(store, record.id).status == ImportStatus.FAILED


def test_a_completed_import_is_left_alone(settings, store, tmp_path):
    record = register(store, tmp_path, idempotency_key="k")
    run_import_here(settings, store, record)
    again = register(store, tmp_path, idempotency_key="k")
    assert again.id == record.id
    run_import_here(settings, store, again)
    the_run(settings)  # there is one
    assert count_contacts(store) == 3
    imports.roll_back_import(store, settings, record.id)
    with pytest.raises(WrongState, match="rolled_back"):
        run_import_here(settings, store, register(store, tmp_path, idempotency_key="k"))


def test_home_of_dagster(settings, monkeypatch, tmp_path):
    assert dagster_home(settings) == settings.dagster_home
    config = settings.dagster_home / "dagster.yaml"
    assert "telemetry" in config.read_text()
    config.write_text("telemetry: {enabled: false}\n")
    dagster_home(settings)
    assert config.read_text() == "telemetry: {enabled: false}\n"
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "elsewhere"))
    assert dagster_home(settings) == tmp_path / "elsewhere"


SCRIPT = """
import sys
from contact_pipelines import imports
from contact_pipelines.defs.run_here import run_import_here
from contact_pipelines.settings import load_settings
from contact_pipelines.store.engine import open_store
settings = load_settings()
store = open_store(settings)
run_import_here(settings, store, imports.register_import(store, sys.argv[1]))
"""


def test_a_hundred_rows_in_a_new_process(settings, tmp_path):
    """CPU seconds: wall time depends on what else the machine does."""
    rows = "".join(f"person{n}@example.com,Person {n}\n" for n in range(100))
    (tmp_path / "hundred.csv").write_text(f"Email,Full name\n{rows}")
    before = os.times()
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "hundred.csv")], capture_output=True, text=True, check=False
    )
    wall = time.monotonic() - started
    after = os.times()
    seconds = (after.children_user - before.children_user) + (after.children_system - before.children_system)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert seconds < 8, f"{seconds:.1f} s CPU, {wall:.1f} s wall"
