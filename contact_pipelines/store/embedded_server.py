"""One PostgreSQL server in one data folder: creating, starting, finding and stopping it.

Everything here runs under the exclusive lock of `embedded`. PostgreSQL gets `.` as the data folder, in which it runs:
`pg_ctl` puts paths into a shell command without quoting them.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil  # type: ignore[import-untyped,unused-ignore]

from contact_pipelines.errors import StoreUnavailable
from contact_pipelines.store.embedded_programs import PATIENCE, VERSION, account_of, hand_over, run_postgres

_logger = logging.getLogger(__name__)

_STOP_PATIENCE = 30  # seconds for it to flush its memory
_PATH_LIMIT = 103  # bytes of a Unix socket's path on the strictest system
_SOCKET = ".s.PGSQL.5432"
_SOCKET_PREFIX = "contact-pipelines-socket-"
_LOG = "server.log"
_LOG_LIMIT = 10_000_000
_SETTINGS = "contact_pipelines.conf"
_WINDOWS = sys.platform == "win32"

_SETTINGS_TEXT = """\
# Written by Contact Pipelines whenever it starts this server. Change settings with ALTER SYSTEM, which wins.
max_connections = 100
shared_buffers = '{shared_buffers}MB'
maintenance_work_mem = '256MB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
# A message of level ERROR may quote a value of a row; those of LOG, FATAL and PANIC do not.
log_min_messages = log
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
unix_socket_permissions = 0700
port = 5432
"""


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says about a server."""

    pid: int
    socket_folder: str
    host: str
    port: int
    ready: bool

    @property
    def url(self) -> str:
        """Where it listens, as libpq and SQLAlchemy read it."""
        if self.socket_folder:
            return f"postgresql://postgres@/postgres?host={quote(self.socket_folder, safe='')}&port={self.port}"
        return f"postgresql://postgres@{self.host}:{self.port}/postgres"


def ensure_running(folder: Path) -> str:
    """Create the data folder and start its server, unless they exist; return the URL. Raises StoreUnavailable."""
    running = _running(folder)
    if running and running.ready:
        return running.url
    if running is None:
        if not (folder / "PG_VERSION").exists():
            _initialise(folder)
        _start(folder)
    return _wait_until_ready(folder).url


def stop(folder: Path) -> None:
    """Stop the server if it runs. Raises StoreUnavailable if it does not stop."""
    running = _running(folder)
    if running is None:
        return
    # PostgreSQL may miss a fast stop while it recovers from a crash of one of its processes. An immediate stop loses
    # nothing: the next start recovers from the write-ahead log.
    for mode in ("fast", "immediate"):
        try:
            run_postgres("pg_ctl", ["-D", ".", "-s", "-w", "-t", str(_STOP_PATIENCE), "-m", mode, "stop"], folder)
        except subprocess.SubprocessError:
            _logger.warning("The embedded store in %s did not stop in mode %s.", folder, mode)
        if _running(folder) is None:
            _remove_socket_folder(running.socket_folder)
            return
    raise StoreUnavailable(f"The embedded store in {folder} does not stop; see {folder / _LOG}.")


def detached() -> dict[str, Any]:
    """Return the arguments of Popen that let a child outlive its parent and its terminal."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


# -- finding it


def _postmaster(folder: Path) -> Postmaster | None:
    try:
        lines = (folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    lines = [line.strip() for line in lines] + [""] * 8  # it grows line by line while the server starts
    number = [int(line) if line.isdigit() else 0 for line in lines]
    return Postmaster(number[0], lines[4], lines[5] or "127.0.0.1", number[3], lines[7] == "ready")


def _running(folder: Path) -> Postmaster | None:
    found = _postmaster(folder)
    return found if found and _is_server(found.pid, folder) else None


def _is_server(pid: int, folder: Path) -> bool:
    """Return whether the process is this folder's PostgreSQL, and not another process with a reused pid."""
    if pid == 0:
        return False
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
            return False
        return _same(process.cwd(), folder)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True  # another account's PostgreSQL: better to fail than to open its data twice


def _same(path: str, folder: Path) -> bool:
    try:
        return Path(path).samefile(folder)
    except OSError:
        return False


def _wait_until_ready(folder: Path) -> Postmaster:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        running = _running(folder)
        if running is None:
            break
        if running.ready:
            return running
        time.sleep(0.02)
    raise StoreUnavailable(f"The embedded store in {folder} did not start; its log is {folder / _LOG}.")


# -- making it


def _initialise(folder: Path) -> None:
    """Create the data folder under another name first, so that an existing one is always complete."""
    _require_nothing_in(folder)
    making = folder.with_name(folder.name + ".new")
    if making.exists():
        _end_processes_in(making, grace=0)
        shutil.rmtree(making)
    making.mkdir(mode=0o700, parents=True)
    hand_over(making)
    collation = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # the same everywhere
    # One sync of the file system instead of a thousand of single files.
    syncing = ["--sync-method=syncfs"] if sys.platform == "linux" else []
    arguments = ["-D", ".", "-U", "postgres", "--auth=trust", "-E", "UTF8", *collation, *syncing]
    try:
        run_postgres("initdb", arguments, making)
    except subprocess.SubprocessError as error:
        log = folder.with_name(folder.name + "-initdb.log")
        log.write_text(f"{error}\n{getattr(error, 'stderr', '')}", encoding="utf-8")
        raise StoreUnavailable(f"The embedded store in {folder} could not be made; see {log}.") from None
    with (making / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(f"\ninclude_if_exists = '{_SETTINGS}'\n")
    if folder.exists():
        folder.rmdir()  # it is empty
    making.rename(folder)


def _require_nothing_in(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise StoreUnavailable(
            f"{folder} is not a PostgreSQL data folder but has files in it. Move them away,"
            " or choose another home with CONTACT_PIPELINES_HOME."
        )


def _start(folder: Path) -> None:
    version = (folder / "PG_VERSION").read_text(encoding="ascii").strip()
    if version != str(VERSION):
        raise StoreUnavailable(
            f"{folder} was written by PostgreSQL {version}, and this is PostgreSQL {VERSION}."
            " Move its data with pg_dump and pg_restore."
        )
    hand_over(folder)
    _clear_after_crash(folder)
    socket_folder = "" if _WINDOWS else _socket_folder(folder)
    _write_settings(folder, socket_folder)
    log = folder / _LOG
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(folder / (_LOG + ".old"))
    try:
        run_postgres("pg_ctl", ["-D", ".", "-s", "-w", "-t", str(PATIENCE), "-l", _LOG, "start"], folder)
    except subprocess.SubprocessError:
        _remove_socket_folder(socket_folder)
        raise StoreUnavailable(f"The embedded store in {folder} did not start; its log is {log}.") from None


def _clear_after_crash(folder: Path) -> None:
    """Clean up after a killed server: end its orphans, remove its pid file."""
    stale = _postmaster(folder)
    if stale is None:
        return
    _end_processes_in(folder, grace=2)  # orphaned server processes end by themselves
    _remove_socket_folder(stale.socket_folder)
    # Its pid may belong to another process by now, which PostgreSQL would take for the server.
    for name in ("postmaster.pid", _SOCKET + ".lock", _SOCKET):
        (folder / name).unlink(missing_ok=True)


def _end_processes_in(folder: Path, *, grace: float) -> None:
    """End the PostgreSQL programs that a killed process left running in this folder."""
    psutil.wait_procs(list(_processes_in(folder)), timeout=grace)
    deadline = time.monotonic() + 10
    while left := list(_processes_in(folder)):  # repeatedly, since initdb starts others
        if time.monotonic() > deadline:
            raise StoreUnavailable(
                f"Processes of an earlier server in {folder} do not end: {[process.pid for process in left]}."
            )
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=1)


def _processes_in(folder: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            ours = process.name().startswith(("postgres", "initdb")) and _same(process.cwd(), folder)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except psutil.Error:
            continue


def _write_settings(folder: Path, socket_folder: str) -> None:
    lines = _SETTINGS_TEXT.format(shared_buffers=_shared_buffers())
    if _compresses(folder):
        lines += "wal_compression = lz4\n"
    if _WINDOWS:
        lines += "listen_addresses = '127.0.0.1'\n" + f"port = {_free_port()}\n"
    else:
        lines += f"listen_addresses = ''\nunix_socket_directories = {_quoted(socket_folder)}\n"
    (folder / _SETTINGS).write_text(lines, encoding="utf-8")
    (folder / _SETTINGS).chmod(0o644)  # the folder itself is private


def _shared_buffers() -> int:
    """Return the size of PostgreSQL's cache in MB: an eighth of the memory, from 128 MB to 1 GB.

    Bulk loads access indexes at random: those of ten million contacts need more than 256 MB.
    """
    eighth = psutil.virtual_memory().total // 8 // 1024**2
    return int(min(max(eighth, 128), 1024))


def _compresses(folder: Path) -> bool:
    try:
        return "--with-lz4" in run_postgres("pg_config", ["--configure"], folder)
    except (OSError, subprocess.SubprocessError):
        return False


def _quoted(path: str) -> str:
    return "'" + path.replace("\\", "\\\\").replace("'", "''") + "'"


def _free_port() -> int:
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


# -- its socket


def _socket_folder(folder: Path) -> str:
    """Return the data folder, which is private, or a short path if the socket cannot be there.

    The system limits the length of a socket's path, and libpq splits hosts at commas.
    """
    if _fits(str(folder)) and re.fullmatch(r"[\w./ -]+", str(folder), re.ASCII):
        return str(folder)
    short = tempfile.mkdtemp(prefix=_SOCKET_PREFIX)
    if not _fits(short):
        Path(short).rmdir()
        short = tempfile.mkdtemp(prefix=_SOCKET_PREFIX, dir="/tmp")
    hand_over(Path(short), account_of(folder))
    return short


def _fits(folder: str) -> bool:
    return len(os.fsencode(os.path.join(folder, _SOCKET))) <= _PATH_LIMIT  # noqa: PTH118


def _remove_socket_folder(folder: str) -> None:
    if Path(folder).name.startswith(_SOCKET_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
