"""The three dagster.yaml and the workspace: each is loaded by a real instance that then runs something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.instance.ref import InstanceRef
from sqlalchemy import make_url

from contact_pipelines.defs.partitions_and_tags import TENANT_TAG
from tests.helpers.dagster_runs import register, run_job, use_environment

ROOT = Path(__file__).parents[1]
PACKAGED = ROOT / "contact_pipelines" / "defs" / "dagster.yaml"
FILES = {"packaged": PACKAGED, "repository": ROOT / "dagster.yaml", "deploy": ROOT / "deploy" / "dagster.yaml"}


@pytest.fixture
def settings(monkeypatch, tmp_path, database_url):
    return use_environment(monkeypatch, tmp_path / "home", database_url)


@pytest.fixture
def postgres_of_dagster(monkeypatch, empty_database_url):
    """The variables that deploy/dagster.yaml names, for a database of its own on the test's server."""
    url = make_url(empty_database_url)
    monkeypatch.setenv("DAGSTER_POSTGRES_HOST", url.host or "")
    monkeypatch.setenv("PGHOST", str(url.query.get("host", "")))  # a folder of sockets has no place in the yaml
    monkeypatch.setenv("DAGSTER_POSTGRES_PORT", str(url.port or url.query.get("port", 5432)))
    monkeypatch.setenv("DAGSTER_POSTGRES_USER", url.username)
    monkeypatch.setenv("DAGSTER_POSTGRES_PASSWORD", url.password or "unused")
    monkeypatch.setenv("DAGSTER_POSTGRES_DB", url.database)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("which", FILES)
def test_an_import_runs_through_a_real_instance(which, store, tmp_path, monkeypatch, postgres_of_dagster):
    base = tmp_path / "dagster"
    base.mkdir()
    shutil.copy(FILES[which], base / "dagster.yaml")
    monkeypatch.chdir(tmp_path)
    record = register(store, tmp_path)
    for _ in range(2):  # the second time, everything is found again
        with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(base))) as instance:
            if not instance.get_runs():
                assert run_job(instance, record).success
            (run,) = instance.get_runs()
            assert run.status == dg.DagsterRunStatus.SUCCESS
            event = instance.get_latest_materialization_event(dg.AssetKey("applied_import"))
            assert event.asset_materialization.metadata["created"].value == 3
            assert instance.get_dynamic_partitions("imports") == [record.name]


@pytest.mark.parametrize("which", FILES)
def test_settings_of_the_instance(which, tmp_path, monkeypatch, postgres_of_dagster):
    shutil.copy(FILES[which], tmp_path / "dagster.yaml")
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path))) as instance:
        assert not instance.telemetry_enabled
        assert instance.run_coordinator.dequeue_interval_seconds == 1
        limits = instance.get_concurrency_config().run_queue_config.tag_concurrency_limits
        assert [(limit["key"], limit["limit"], limit["value"]) for limit in limits] == [
            (TENANT_TAG, 1, {"applyLimitPerUniqueValue": True})
        ]
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds > 0
        assert instance.run_retries_enabled
        assert not instance.run_retries_retry_on_asset_or_op_failure


def test_they_differ_in_their_storage_only():
    def without(path, *keys):
        return {key: value for key, value in yaml.safe_load(path.read_text()).items() if key not in keys}

    storage = ("storage", "local_artifact_storage", "compute_logs")
    assert without(FILES["repository"], *storage) == without(PACKAGED)
    assert set(without(FILES["deploy"], "storage", "sensors")) == set(without(PACKAGED))


def test_the_workspace_loads(settings, tmp_path):
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(PACKAGED, home / "dagster.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", str(ROOT / "workspace.yaml")],
        env={**os.environ, "DAGSTER_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "All code locations passed validation" in done.stdout + done.stderr


OPEN = """
from contact_pipelines.defs.instance import prepare_instance
from contact_pipelines.settings import load_settings
prepare_instance(load_settings())
"""


@pytest.mark.thorough
def test_processes_that_make_the_instance_at_the_same_time(settings):
    opening = [subprocess.Popen([sys.executable, "-c", OPEN], stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate()[1].decode() for process in opening] == [""] * 3
    assert [process.returncode for process in opening] == [0] * 3
