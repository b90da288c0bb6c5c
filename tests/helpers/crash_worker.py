"""Imports that are disturbed at a named point: in a process of their own that is killed there, or in this one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from contact_pipelines import imports
from contact_pipelines.contacts import properties
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports import apply, columns, compare, land, report, stage, validate, way
from contact_pipelines.imports.apply import write_contacts
from contact_pipelines.imports.compare import matching
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.imports.undo import restore
from contact_pipelines.models import Import, ImportOptions, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import copying, imports_table, reviews
from contact_pipelines.store.engine import APPLICATION, Store, open_store
from contact_pipelines.store.tenants import ensure_tenant
from tests.helpers.importing import CONTACT_COLUMNS, Content, Importer

Patch = Callable[[object, str, object], None]
"""Sets an attribute, as `setattr` and pytest's `monkeypatch.setattr` do."""
Reach = Callable[[str], None]

SECRET = "s3cr3t-p4ss"
LINES_PER_BATCH = 4
TABLES = ("contacts", "import_changes", "properties", "groups", "group_members", "tenants")
"""What an import changes, and a killed one must not."""

_processes = multiprocessing.get_context("forkserver")  # the server has imported everything, so children start fast
_processes.set_forkserver_preload([__name__, "pandera.polars", "pandera.backends.polars.builtin_checks"])


# -- points


def install(patch: Patch, point: str, action: Callable[[], None]) -> None:
    """Have `action` called whenever an import or a rollback comes to `point`. `patch` is setattr or monkeypatch's.

    Points are `<artifact> written` (aside), `<artifact> in place`, `<file> published`,
    `<table> batch <n>` of a COPY, and the names below.
    """

    def reach(name: str) -> None:
        if name == point:
            action()

    _after(patch, reach, imports_table, "record_file", "file recorded")
    _after(patch, reach, imports_table, "record_rows", "rows recorded")
    _after(patch, reach, imports_table, "record_mapping", "mapping recorded")
    _after(patch, reach, matching, "find_matches", "matches found")
    _after(patch, reach, imports_table, "lock_tenant", "tenant locked")
    _after(patch, reach, properties, "add_property", "property added")
    _after(patch, reach, write_contacts, "_create", "contacts created")
    _after(patch, reach, write_contacts, "_update", "contacts updated")
    _after(patch, reach, write_contacts, "_journal", "journal written")
    _after(patch, reach, imports_table, "complete", "completed, not committed")
    _after(patch, reach, reviews, "await_review", "review recorded, not committed")
    _after(patch, reach, apply, "run", "committed")
    _before(patch, reach, restore, "_restore", "created contacts deleted")
    _after(patch, reach, restore, "_restore", "contacts restored")
    _after(patch, reach, imports_table, "record_rollback", "rollback recorded, not committed")
    _artifacts(patch, reach)
    _batches(patch, reach)


def _before(patch: Patch, reach: Reach, owner: object, function: str, name: str) -> None:
    real = getattr(owner, function)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        reach(name)
        return real(*args, **kwargs)

    patch(owner, function, wrapped)


def _after(patch: Patch, reach: Reach, owner: object, function: str, name: str) -> None:
    real = getattr(owner, function)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        reach(name)
        return result

    patch(owner, function, wrapped)


def _artifacts(patch: Patch, reach: Reach) -> None:
    real = Path.replace

    def replace(path: str | Path, target: Any) -> Any:
        reach(f"{Path(target).name} written")
        result = real(path, target)
        reach(f"{Path(target).name} in place")
        return result

    patch(Path, "replace", replace)
    real_rename = ArtifactFolder.rename

    def rename(folder: Any, name: str, new_name: str) -> Any:
        real_rename(folder, name, new_name)
        reach(f"{new_name} published")

    patch(ArtifactFolder, "rename", rename)


def _batches(patch: Patch, reach: Reach) -> None:
    real = copying.copy_in

    def copy_in(cursor: Any, statement: Any, rows: Any, columns: Any, progress: Any = None) -> Any:
        table, count = statement.split()[1], 0

        def batch_sent(done: int) -> None:
            nonlocal count
            count += 1
            if progress is not None:
                progress(done)
            reach(f"{table} batch {count}")

        return real(cursor, statement, rows, columns, batch_sent)

    patch(copying, "LINES_PER_BATCH", LINES_PER_BATCH)
    patch(copying, "copy_in", copy_in)


# -- processes of their own


def start(function: Callable[..., None], *args: object) -> multiprocessing.Process:
    """Start a function of this module in a process of its own."""
    process = _processes.Process(target=function, args=args, daemon=True)
    process.start()
    return process


def barrier(parties: int) -> threading.Barrier:
    """Return a barrier for processes that `start` starts."""
    return _processes.Barrier(parties)


def ended(process: multiprocessing.Process) -> int:
    """Wait for a process and return its exit code, `-signal` if it was killed."""
    process.join(150)
    assert process.exitcode is not None
    return process.exitcode


def import_killed_at(point: str, settings: Settings, record: Import) -> None:
    """Run an import, and die of SIGKILL at the point."""
    tempfile.tempdir = str(settings.home)  # what a killed process leaves behind goes with the test's folder
    install(setattr, point, _die)
    run_import(settings, record)


def roll_back_killed_at(point: str, settings: Settings, record: Import) -> None:
    """Undo an import, and die of SIGKILL at the point."""
    install(setattr, point, _die)
    imports.roll_back_import(open_store(settings), settings, record.id, tenant_id=record.tenant_id)
    if point == "rollback committed":
        _die()


def confirm_killed_at(point: str, settings: Settings, record: Import) -> None:
    """Confirm an import that awaits review, and die of SIGKILL at the point."""
    tempfile.tempdir = str(settings.home)
    install(setattr, point, _die)
    imports.confirm_import(open_store(settings), settings, record.id, tenant_id=record.tenant_id)


def die_in_scratch(root: Path) -> None:
    """Die of SIGKILL with something in a scratch folder."""
    (ArtifactFolder(root, "t", "i").scratch() / "spilled").write_text("x")
    _die()


def import_together(point: str, meeting: threading.Barrier, settings: Settings, record: Import) -> None:
    """Run an import; wait at the point (`start`, or one of `install`) until everybody is there."""
    store = open_store(settings)
    if point == "start":
        meeting.wait(30)
    else:
        times = iter([30])  # once: a plan may be made anew
        install(setattr, point, lambda: [meeting.wait(seconds) for seconds in times])
    imports.run_import(store, settings, record)


def run_import(settings: Settings, record: Import) -> None:
    """Run an import with a store opened for it."""
    imports.run_import(open_store(settings), settings, record)


def confirm(settings: Settings, record: Import) -> None:
    """Confirm an import with a store opened for it."""
    imports.confirm_import(open_store(settings), settings, record.id, tenant_id=record.tenant_id)


def run_job(environment: dict[str, str], record: Import) -> None:
    """Run Dagster's job for an import, as a run worker does."""
    os.environ.update(environment)
    import dagster as dg

    from tests.helpers import dagster_runs

    with dg.DagsterInstance.ephemeral() as instance:
        assert dagster_runs.run_job(instance, record).success


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# -- the world that imports come to

OLD = [f"old{n}@example.com" for n in range(1, 5)]
SAME = [f"same{n}@example.com" for n in range(1, 4)]
NEW = [f"new{n}@example.com" for n in range(1, 11)]
FILE = [
    ["email", "first_name", "company", "status", "custom_plan"],
    *([email, "Zaphod", "Acme", "", "pro"] for email in NEW),
    *([email, "Zaphod", "Acme", "unsubscribed" if email == OLD[0] else "", "pro"] for email in OLD),
    *([email, "Trillian", "Acme", "", ""] for email in SAME),
    [NEW[0].upper(), "Again", "", "", ""],
    ["nonsense", "Marvin", "", "", ""],
]
"""10 rows create, 4 update (one opts out), 3 change nothing, 1 is skipped, 1 fails; one property is new."""


class World(Importer):
    """One database for many tests, each with a tenant of its own that knows the OLD and the SAME contacts."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__(open_store(settings), settings, folder)
        self._tenants = 0

    def tenant(self) -> str:
        """Make a tenant with its contacts; one of them is in a list."""
        self._tenants += 1
        tenant = f"tenant{self._tenants}"
        with self.store.begin() as connection:
            ensure_tenant(connection, tenant)
        self.sql(
            "INSERT INTO contacts (tenant_id, id, email, first_name, company, lead_score, tags)"
            " SELECT :tenant, gen_random_uuid(), email, 'Trillian', 'Acme', 1, '{a,b}'"
            " FROM unnest(CAST(:emails AS text[])) AS email",
            tenant=tenant, emails=OLD + SAME,
        )  # fmt: skip
        self.sql(
            "INSERT INTO groups (tenant_id, id, kind, name) VALUES (:tenant, gen_random_uuid(), 'list', 'l')",
            tenant=tenant,
        )
        self.sql(
            "INSERT INTO group_members (tenant_id, group_id, contact_id) SELECT g.tenant_id, g.id, c.id"
            " FROM groups g JOIN contacts c USING (tenant_id) WHERE tenant_id = :tenant AND email = :email",
            tenant=tenant, email=OLD[0],
        )  # fmt: skip
        return tenant

    def register(self, tenant: str, content: Content = FILE, **options: Any) -> Import:
        """Register an import of a new file of this content, without the automatic tag, which no two have alike."""
        path = self.file(content)
        return imports.register_import(
            self.store, str(path), ImportOptions.model_validate({"import_tag": "none", **options}), tenant_id=tenant
        )

    def import_again(self, record: Import, settings: Settings | None = None) -> Import:
        """Run this very import here, to its end, as a retry does."""
        return imports.run_import(self.store, settings or self.settings, self.fresh(record))

    def fresh(self, record: Import) -> Import:
        """Return the import as the store has it now."""
        return imports.get_import(self.store, record.id, tenant_id=record.tenant_id)

    def compared(self, record: Import) -> ImportSession:
        """Run an import up to comparing; return its session, to be closed."""
        session = imports.open_import(self.store, self.settings, record)
        for step in (land, stage, columns, validate, compare):
            step.run(session)
        return session

    def finish(self, session: ImportSession) -> Import:
        """Apply and report what was compared."""
        with session:
            way.apply_import(session)
            report.run(session)
        return self.fresh(session.record)

    def found_failed(self, record: Import) -> Import:
        """Look at the history until the import is marked as failed, which a server may take a moment to allow."""
        deadline = time.monotonic() + 10
        while True:
            listed = {i.id: i for i in imports.list_imports(self.store, tenant_id=record.tenant_id)}
            if listed[record.id].status == ImportStatus.FAILED or time.monotonic() > deadline:
                return listed[record.id]
            time.sleep(0.05)

    def whole(self) -> dict[str, list[dict[str, Any]]]:
        """Return every row of what imports change, of all tenants."""
        return self.everything(*TABLES)

    def state(self, tenant: str) -> dict[str, object]:
        """Return what a tenant has, without ids and times: equal after equal imports."""
        contact = f"SELECT {CONTACT_COLUMNS}, version FROM contacts WHERE tenant_id = :tenant ORDER BY email"
        members = (
            "SELECT g.name, c.email FROM group_members m JOIN groups g ON g.id = m.group_id"
            " JOIN contacts c ON c.id = m.contact_id WHERE m.tenant_id = :tenant ORDER BY 1, 2"
        )
        properties = (
            "SELECT key, type, label, import_id IS NULL AS given FROM properties WHERE tenant_id = :tenant ORDER BY 1"
        )
        return {
            "contacts": self.sql(contact, tenant=tenant),
            "members": self.sql(members, tenant=tenant),
            "properties": self.sql(properties, tenant=tenant),
        }

    def journal(self, record: Import) -> list[dict[str, Any]]:
        """Return an import's journal, with emails for ids and without times."""
        return self.sql(
            "SELECT row_number, email, action, j.version, before - 'updated_at' AS before, after FROM import_changes j"
            " LEFT JOIN contacts c ON c.id = j.contact_id AND c.tenant_id = j.tenant_id"
            " WHERE j.tenant_id = :tenant AND j.import_id = CAST(:id AS uuid) ORDER BY 1",
            tenant=record.tenant_id, id=record.id,
        )  # fmt: skip

    def terminate_backends(self) -> None:
        """End every connection of ours, as a server's restart or an administrator does."""
        with psycopg.connect(self.store.url, application_name="administrator", autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = %s", [APPLICATION]
            )  # fmt: skip

    def free_life_lock(self, record: Import) -> None:
        """End the connection by which a running import shows that it is alive."""
        key = imports_table.life_lock(record.id)
        ended = self.sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid::bigint = :high AND objid::bigint = :low",
            high=key >> 32, low=key & 0xFFFF_FFFF,
        )  # fmt: skip
        assert len(ended) == 1

    def wait_for_waiter(self) -> None:
        """Return as soon as somebody waits for an advisory lock."""
        self._until("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

    def _until(self, query: str) -> None:
        deadline = time.monotonic() + 20
        while not self.sql(query):
            assert time.monotonic() < deadline, query
            time.sleep(0.02)


def chain(error: BaseException) -> str:
    """Return an error and all that Python would print with it."""
    texts = []
    while error is not None:
        texts.append(f"{error!r} {error}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(texts)


# -- a network that can be cut


class Network:
    """TCP connections to the embedded server's socket, which can be cut and mended."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._target = f"{parsed.query['host']}/.s.PGSQL.{parsed.query.get('port', 5432)}"
        self._listening = _listen(0)
        self._port = self._listening.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._left: int | None = None
        self._answerless: tuple[bytes, float | None] | None = None
        self._lock = threading.Lock()
        self.sent = 0
        """Bytes that clients have sent."""
        self.url = f"postgresql://{parsed.username}:{SECRET}@127.0.0.1:{self._port}/{parsed.database}"
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """Break every connection, and accept no more."""
        with suppress(OSError):  # it is cut
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connected in self._sockets:
            with suppress(OSError):  # its other end was first
                connected.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def cut_after(self, size: int) -> None:
        """Let clients send so many bytes more, then cut."""
        self._left = size

    def lose_answer(self, statement: bytes, *, delivered_after: float | None = 0) -> None:
        """Break the next connection that sends the statement. It arrives, after so many seconds, or never (None)."""
        self._answerless = (statement, delivered_after)

    def mend(self) -> None:
        """Accept connections again."""
        self._left = None
        self._listening = _listen(self._port)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._sockets += [client, server]
            threading.Thread(target=self._pump_up, args=(client, server), daemon=True).start()
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()

    def _pump_up(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while block := client.recv(65536):
                if self._answerless is not None and self._answerless[0] in block:
                    self._break(client, server, block)
                    return
                with self._lock:
                    self.sent += len(block)
                    whole = self._left is None or len(block) < self._left
                    part = block if whole else block[: self._left]
                    if self._left is not None:
                        self._left -= len(part)
                server.sendall(part)
                if not whole:
                    self.cut()
                    return
            server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # cut

    def _break(self, client: socket.socket, server: socket.socket, block: bytes) -> None:
        assert self._answerless is not None
        (_, delivered_after), self._answerless = self._answerless, None
        client.shutdown(socket.SHUT_RDWR)
        if delivered_after is not None:
            time.sleep(delivered_after)
            server.sendall(block)
        server.shutdown(socket.SHUT_WR)


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    return listening


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while block := source.recv(65536):
            target.sendall(block)
        target.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # cut


def store_behind(network: Network, settings: Settings) -> tuple[Store, object]:
    """Return a store that is reached through the network, and its settings."""
    behind = settings.model_copy(update={"database_url": network.url})
    return open_store(behind), behind
