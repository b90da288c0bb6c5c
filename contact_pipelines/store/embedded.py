"""The embedded PostgreSQL: started on demand, shared by the machine's processes, stopped by the last of them.

The users of the server are counted beside its data, in `<data>-users/`: each process locks a file there. The kernel
releases that lock however the process ends, so neither pids nor clocks matter; a file whose lock is free is removed.
Joining, leaving, starting and stopping happen under one exclusive lock.

A process that ends normally leaves by itself, and stops the server if it was the last. Killed processes are noticed by
a watcher, which whoever starts the server runs: `python -m contact_pipelines.store.embedded FOLDER`.
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fasteners import InterProcessLock  # type: ignore[import-untyped,unused-ignore]

from contact_pipelines.errors import StoreUnavailable
from contact_pipelines.store import embedded_server as server

_logger = logging.getLogger(__name__)

_WAIT = 150.0  # seconds for another process to start or stop the server
_WATCH_EVERY = 0.5  # seconds
_guard = threading.Lock()  # file locks exclude processes, not threads
_joined: dict[Path, InterProcessLock] = {}  # data folder -> this process's file in its users folder
_watchers: list[subprocess.Popen[bytes]] = []  # kept, or Python warns about them


def start_embedded(folder: Path) -> str:
    """Start the server of this data folder unless it runs, count this process as a user, and return its URL.

    Calling it again is cheap, and starts the server again if it has died. The URL begins `postgresql://`.
    Raises StoreUnavailable, which says where the log is.
    """
    folder = folder.expanduser().resolve()
    with _exclusively(folder):
        _join(folder)
        try:
            url = server.ensure_running(folder)
        except BaseException:
            _leave(folder)
            raise
        _ensure_watched(folder)
    return url


def stop_if_last_user(folder: Path) -> bool:
    """Stop counting this process as a user; stop the server, and return True, if there is no other.

    Raises StoreUnavailable if it cannot be stopped.
    """
    folder = folder.expanduser().resolve()
    if not users_folder(folder).exists():
        return False
    with _exclusively(folder):
        _leave(folder)
        if _others(folder):
            return False
        server.stop(folder)
    return True


def stop_embedded(folder: Path) -> None:
    """Stop the server now, even if it is in use. Raises StoreUnavailable if it cannot be stopped."""
    folder = folder.expanduser().resolve()
    if not users_folder(folder).exists():
        return
    with _exclusively(folder):
        _leave(folder)
        server.stop(folder)


def watch(folder: Path) -> None:
    """Return when the server has been stopped because nobody uses it, or if another process is watching."""
    watching = _watcher_lock(folder)
    if not users_folder(folder).exists() or not watching.acquire(blocking=False):
        return
    more = True
    while more:
        time.sleep(_WATCH_EVERY)
        if not users_folder(folder).exists():
            return  # the store was removed, which its server notices, too
        with suppress(StoreUnavailable):  # it is just being started, or does not stop: look again
            more = _watch_once(folder, watching)


def users_folder(folder: Path) -> Path:
    """Return the folder in which the users of a data folder are counted."""
    return folder.with_name(folder.name + "-users")


def _watch_once(folder: Path, watching: InterProcessLock) -> bool:
    """Stop the server if nobody uses it; return whether there is more to watch."""
    with _exclusively(folder):
        if _others(folder):
            return True
        server.stop(folder)
        watching.release()  # while nobody can start the server and think it watched
        return False


def _watcher_lock(folder: Path) -> InterProcessLock:
    return InterProcessLock(users_folder(folder) / "watcher.lock")


@contextmanager
def _exclusively(folder: Path) -> Iterator[None]:
    """Hold the lock under which users come and go. Raises StoreUnavailable if the file system refuses."""
    with _guard:
        lock = InterProcessLock(users_folder(folder) / "lock")
        try:
            users_folder(folder).mkdir(parents=True, exist_ok=True)
            if not lock.acquire(timeout=_WAIT):
                raise StoreUnavailable(f"Another process is still starting or stopping the store in {folder}.")
            try:
                yield
            finally:
                lock.release()
        except (OSError, threading.ThreadError) as error:
            reason = getattr(error, "strerror", None) or "locking failed"
            raise StoreUnavailable(
                f"The embedded store in {folder} cannot be used: {reason}. Choose another with CONTACT_PIPELINES_HOME."
            ) from error


def _join(folder: Path) -> None:
    mine = _joined.get(folder)
    if mine and Path(os.fsdecode(mine.path)).exists():
        return
    lock = InterProcessLock(users_folder(folder) / f"{os.getpid()}-{secrets.token_hex(4)}.user")
    if not lock.acquire(blocking=False):  # nobody else knows the name
        raise StoreUnavailable(f"The file system of {folder.parent} does not lock files.")
    _joined[folder] = lock


def _leave(folder: Path) -> None:
    lock = _joined.pop(folder, None)
    if lock:
        lock.release()
        Path(os.fsdecode(lock.path)).unlink(missing_ok=True)


def _others(folder: Path) -> bool:
    """Return whether another process uses the server, and forget those that have ended."""
    mine = _joined.get(folder)
    alive = False
    for path in users_folder(folder).glob("*.user"):
        # Opening and closing a file on which this process holds a POSIX lock would release the lock.
        if mine and path.name == Path(os.fsdecode(mine.path)).name:
            continue
        if _is_free(InterProcessLock(path)):
            path.unlink(missing_ok=True)
        else:
            alive = True
    return alive


def _is_free(lock: InterProcessLock) -> bool:
    if lock.acquire(blocking=False):
        lock.release()
        return True
    if lock.lockfile:  # fasteners leaves it open for the next attempt
        lock.lockfile.close()
    return False


def _ensure_watched(folder: Path) -> None:
    """Start a watcher unless there is one. It only matters for users that are killed."""
    if not sys.executable or not _is_free(_watcher_lock(folder)):
        return
    package = str(Path(__file__).parents[2])
    inherited = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": package + (os.pathsep + inherited if inherited else "")}
    try:
        watcher = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "contact_pipelines.store.embedded", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder.anchor,
            env=environment,
            **server.detached(),
        )
    except OSError:
        _logger.warning("The store's watcher could not be started; a killed process may leave the store running.")
        return
    _watchers.append(watcher)


def _leave_all() -> None:
    for folder in list(_joined):
        with suppress(StoreUnavailable):  # the process ends; the watcher will try again
            stop_if_last_user(folder)


def _after_fork() -> None:
    """Forget the parent's locks: a forked child does not inherit POSIX locks."""
    global _guard  # noqa: PLW0603
    _guard = threading.Lock()
    for lock in _joined.values():
        if lock.lockfile:
            lock.lockfile.close()
    _joined.clear()
    _watchers.clear()


atexit.register(_leave_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

if __name__ == "__main__":
    watch(Path(sys.argv[1]))
