"""Everything we use of Dagster that is not public API, and why (watched by test_dagster_internals.py).

- `DAEMON`: the console script `dagster-daemon` need not be on the PATH; the module behind it can be run by Python.
- `open_from`: an instance for one process, with parts of its dagster.yaml replaced. The public ways know only one
  dagster.yaml, that of DAGSTER_HOME.
- `KeptOpenSqliteStorage`: Dagster's SQLite storage opens and closes the database for every event, and closing the
  last connection makes SQLite copy its journal into the file and wait for the disk: some 450 times in a run. That was
  2 of the 5 seconds that an import of 100 rows took from the command line. This one writes the same files, kept open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

DAEMON = "dagster._daemon"


def open_from(folder: Path, overrides: Mapping[str, object]) -> dg.DagsterInstance:
    """Open the instance of a folder with `overrides` over its dagster.yaml."""
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(folder), overrides=dict(overrides)))


def kept_open_storage(folder: Path) -> Mapping[str, object]:
    """Return the dagster.yaml entry of a KeptOpenSqliteStorage."""
    config = {"base_dir": str(folder)}
    return {"custom": {"module": __name__, "class": KeptOpenSqliteStorage.__name__, "config": config}}


class KeptOpenEventLogs(SqliteEventLogStorage):
    """Event logs whose engines keep their connection open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    def dispose(self) -> None:
        """Close the databases."""
        super().dispose()
        while self._engines:
            self._engines.popitem()[1].dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engines.get(shard)
            if engine is None:
                engine = self._engines[shard] = _engine(self.conn_string_for_shard(shard))
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection


class KeptOpenSqliteStorage(DagsterSqliteStorage):
    """Dagster's SQLite storage with such event logs."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = KeptOpenEventLogs(str(Path(base_dir, "history", "runs")))

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> KeptOpenSqliteStorage:
        """Create the storage from an instance's configuration."""
        return cls(inst_data=inst_data, **config_value)


def _engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False})
    # With a write-ahead log (Dagster sets it) NORMAL never corrupts; a power cut may lose the last events.
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=NORMAL"))
    return engine
