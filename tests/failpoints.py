"""Failpoints: places at which an import, a confirmation or a rollback is killed, found by watching one undisturbed.

A point stands before every statement that goes to PostgreSQL, after every batch of a `COPY`, before every COMMIT and
after its answer, before and after an artifact gets its name, and at the boundaries of the steps. The product has no
hook for this: the driver's connections and the artifact folder are wrapped from outside.

The environment variable CONTACT_PIPELINES_FAILPOINT names the point at which a process that called `install_here` dies
of SIGKILL, for example `apply: COMMIT answered`. `python -m tests.failpoints ARGUMENTS` is `contact-pipelines` with
the points in it.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from contact_pipelines.files import sql_log
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.store import copying, import_life

Patch = Callable[[object, str, object], None]
"""Sets an attribute, as `setattr` and pytest's `monkeypatch.setattr` do."""

VARIABLE = "CONTACT_PIPELINES_FAILPOINT"
LINES_PER_BATCH = 6
_NOT_OURS = re.compile(r"\s*SELECT set_config\('TimeZone'|SELECT 1$|;?$")
"""Of a new connection, and of the pool that asks whether one is alive."""


class Failpoints:
    """Names every point that is come to, and calls `action` there.

    A name that comes again gets a number, so that it does not depend on how threads take turns.
    """

    def __init__(self, action: Callable[[str], None]) -> None:
        self._action = action
        self.step: str | None = None
        """What the points' names begin with; nothing counts until it is set."""
        self._times: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reach(self, what: str) -> None:
        if self.step is None:
            return
        with self._lock:
            beside = "" if threading.current_thread() is threading.main_thread() else " (drafting)"
            name = f"{self.step}{beside}: {what}"
            self._times[name] += 1
            if self._times[name] > 1:
                name += f" ({self._times[name]})"
            self._action(name)

    def install(self, patch: Patch) -> None:
        """Put the points in. `patch` is setattr or monkeypatch's."""
        self._watch_steps(patch)
        self._watch_artifacts(patch)
        connection = _connection_class(self.reach)
        patch(sql_log, "postgres_class", lambda: connection)
        patch(copying, "LINES_PER_BATCH", LINES_PER_BATCH)
        # A sign of life after each batch, whatever the clock says.
        patch(import_life.Heartbeat, "WRITE_EVERY_SECONDS", 0)

    def _watch_steps(self, patch: Patch) -> None:
        real = ImportSession.step

        @contextmanager
        def step(session: Any, name: str, *args: Any, **kwargs: Any) -> Any:
            self.step = name
            with real(session, name, *args, **kwargs) as heartbeat:
                self.reach("step begun")
                yield heartbeat
                self.reach("step done")

        patch(ImportSession, "step", step)

    def _watch_artifacts(self, patch: Patch) -> None:
        real_replace, real_rename, real_discard = Path.replace, ArtifactFolder.rename, ArtifactFolder.discard

        def replace(path: str | Path, target: Any) -> Any:
            self.reach(f"{Path(target).name} written aside")
            result = real_replace(path, target)
            self.reach(f"{Path(target).name} in place")
            return result

        def rename(folder: Any, name: str, new_name: str) -> Any:
            self.reach(f"{name} to become {new_name}")
            real_rename(folder, name, new_name)
            self.reach(f"{new_name} in place")

        def discard(folder: Any, name: str) -> Any:
            there = folder.exists(name)
            real_discard(folder, name)
            if there:
                self.reach(f"{name} discarded")

        patch(Path, "replace", replace)
        patch(ArtifactFolder, "rename", rename)
        patch(ArtifactFolder, "discard", discard)


def _connection_class(reach: Callable[[str], None]) -> type[psycopg.Connection]:
    class Cursor(psycopg.Cursor):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            if not _NOT_OURS.match(_text(query)):
                reach(summary(_text(query)))
            return super().execute(query, params, **options)

        def executemany(self, query: Any, *args: Any, **options: Any) -> Any:
            reach(summary(_text(query)))
            return super().executemany(query, *args, **options)

        @contextmanager
        def copy(self, statement: Any, *args: Any, **options: Any) -> Any:
            name = summary(_text(statement))
            reach(name)
            with super().copy(statement, *args, **options) as copy:
                real_write = copy.write

                def write(buffer: Any) -> Any:
                    real_write(buffer)
                    reach(f"{name}: a batch sent")

                copy.write = write
                yield copy
                reach(f"{name}: all sent" if " FROM STDIN" in _text(statement) else f"{name}: all received")

    class Connection(psycopg.Connection):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.cursor_factory = Cursor

        def commit(self) -> None:
            changes = self.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
            if changes:
                reach("COMMIT")
            super().commit()
            if changes:
                reach("COMMIT answered")

    return Connection


def _text(query: Any) -> str:
    return query.decode() if isinstance(query, bytes) else str(query)


def summary(statement: str) -> str:
    """Return what a statement does, in a few words: `UPDATE contacts`, `SELECT contacts`, `CREATE TABLE restorable`."""
    text = " ".join(re.sub(r"--[^\n]*", " ", statement).split())
    patterns = (
        r"(COPY) \(.*(TO STDOUT)",
        r"(COPY|ANALYZE|UPDATE|INSERT INTO|DELETE FROM|CREATE INDEX ON|DROP TABLE(?: IF EXISTS)?|SET LOCAL) ([a-z_]+)",
        r"CREATE TEMPORARY (TABLE) ([a-z_]+)",
        r"(SELECT) (?:.*?\b(?:FROM|JOIN) )?(?:\()?([a-z_]+)",
        r"(WITH) ([a-z_]+)",
    )
    for pattern in patterns:
        if found := re.match(pattern, text):
            verb = "CREATE TABLE" if found[1] == "TABLE" else found[1]
            return f"{verb} {found[2]}"
    return text[:40]


def install_here() -> Failpoints:
    """Let this process die at the point that the environment names."""
    wanted = os.environ.get(VARIABLE)

    def die(name: str) -> None:
        if name == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    points = Failpoints(die)
    points.install(setattr)
    return points


if __name__ == "__main__":
    from contact_pipelines import cli

    install_here().step = sys.argv[1]
    cli.main(sys.argv[1:])
