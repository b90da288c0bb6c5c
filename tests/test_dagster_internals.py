"""What we use of Dagster without its promise to keep it: these tests fail when a new version of Dagster changes it."""

from __future__ import annotations

import importlib.metadata
import inspect
import re
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from sqlalchemy import event
from sqlalchemy.pool import Pool

import contact_pipelines
from contact_pipelines.defs import dagster_internals

PACKAGE = Path(contact_pipelines.__file__).parent
PRIVATE = re.compile(r"^\s*(?:from|import) dagster[\w.]*\._|asset_layer", re.MULTILINE)


def test_one_module_uses_what_is_private():
    found = [path.name for path in PACKAGE.rglob("*.py") if PRIVATE.search(path.read_text(encoding="utf-8"))]
    assert found == ["dagster_internals.py"]


def test_the_daemon_is_the_module_that_we_run():
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="dagster-daemon")
    assert script.module == f"{dagster_internals.DAEMON}.cli"


def test_what_the_storage_overrides_is_as_it_was():
    def parameters(function):
        return list(inspect.signature(function).parameters)

    assert {"base_dir", "overrides"} <= set(parameters(InstanceRef.from_dir))
    for storage in (SqliteEventLogStorage, DagsterSqliteStorage):
        assert parameters(storage.__init__) == ["self", "base_dir", "inst_data"]
        assert parameters(storage.from_config_value) == ["inst_data", "config_value"]
    assert parameters(SqliteEventLogStorage._connect) == ["self", "shard"]
    assert parameters(SqliteEventLogStorage._initdb)[:2] == ["self", "engine"]
    assert "self._connect(" in inspect.getsource(SqliteEventLogStorage.run_connection)
    assert "self._connect(" in inspect.getsource(SqliteEventLogStorage.index_connection)


@pytest.fixture
def opened():
    """The name of the SQLite file of every connection that SQLAlchemy opens."""
    found = []

    def count(connection, _):
        found.append(Path(connection.execute("PRAGMA database_list").fetchone()[2]).name)

    event.listen(Pool, "connect", count)
    yield found
    event.remove(Pool, "connect", count)


def test_event_logs_stay_open_and_dagster_reads_what_they_wrote(tmp_path, opened):
    @dg.op
    def talk(context):
        for number in range(20):
            context.log.info("line %s", number)

    @dg.job
    def talking():
        talk()

    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    overrides = {"storage": dagster_internals.kept_open_storage(tmp_path)}
    with dagster_internals.open_from(tmp_path, overrides) as instance:
        assert isinstance(instance.event_log_storage, dagster_internals.KeptOpenEventLogs)
        run_id = talking.execute_in_process(instance=instance).run_id
        events = instance.all_logs(run_id)
    assert opened.count(f"{run_id}.db") <= 2
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path))) as plain:
        assert type(plain.event_log_storage) is not type(instance.event_log_storage)
        assert plain.all_logs(run_id) == events
        assert plain.get_run_by_id(run_id).status == dg.DagsterRunStatus.SUCCESS
        assert opened.count(f"{talking.execute_in_process(instance=plain).run_id}.db") > 10  # still worth its while
