"""Servers of `contact-pipelines dev`: the store, Dagster's webserver and its daemon, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress

from contact_pipelines.defs.instance import prepare_instance
from contact_pipelines.errors import ContactPipelinesError, InvalidOption
from contact_pipelines.settings import Settings

_CODE = ["-m", "contact_pipelines.definitions"]
_DAEMON_LOG = ["--log-level", "warning", "--code-server-log-level", "warning"]
_WEBSERVER_LOG = [*_DAEMON_LOG, "--dagster-log-level", "warning"]
_HIGHEST_PORT = 65535
_READY_SECONDS = 120.0
_STOP_SECONDS = 20.0
_LOOK_EVERY_SECONDS = 0.2


class ServerEnded(ContactPipelinesError):
    """A server of `dev` exited on its own, or never became ready."""

    code = "server_ended"


def serve(settings: Settings, *, host: str = "127.0.0.1", port: int = 3000) -> None:
    """Run everything on this machine; return after Ctrl-C or SIGTERM, once everything has stopped.

    Prints the URL when the webserver answers; the servers log to standard error. Raises InvalidOption if the port is
    taken, StoreError, and ServerEnded if a server exits on its own.
    """
    _require_free(host, port)
    with _stop_on_signals() as stop:
        try:
            with _store(settings):
                _run_servers(settings, host, port, stop)
        except ContactPipelinesError:
            if not stop.is_set():  # Ctrl-C also reaches a server that is just starting
                raise


def _run_servers(settings: Settings, host: str, port: int, stop: threading.Event) -> None:
    from contact_pipelines.defs.dagster_internals import DAEMON

    commands = {
        "webserver": ["dagster_webserver", *_CODE, "--host", host, "--port", str(port), *_WEBSERVER_LOG],
        "daemon": [DAEMON, "run", *_CODE, *_DAEMON_LOG],
    }
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        environment = _environment(settings)
        for name, command in commands.items():
            if not stop.is_set():
                children[name] = _start(command, environment)
        url = f"http://{_reachable(host)}:{port}"
        if _wait_until_ready(url, children, stop):
            print(f"Contact Pipelines is ready: {url} (Ctrl-C stops it)", flush=True)  # noqa: T201
        _watch(children, stop)
    finally:
        _end(list(children.values()))


def _require_free(host: str, port: int) -> None:
    """Raise InvalidOption if the port is not free."""
    if not 0 < port <= _HIGHEST_PORT:
        raise InvalidOption(f"A port is a number from 1 to {_HIGHEST_PORT}, not {port}.")
    try:
        place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(place[0], place[1]) as probe:
            if os.name == "posix":  # as the webserver does; on Windows the option would hide that it is taken
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place[4])
    except OSError as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidOption(
            f"Port {port} of {host} cannot be used ({reason}); free it, or choose another with --port."
        ) from None


def _environment(settings: Settings) -> Mapping[str, str]:
    """Return the children's environment: the same settings, regardless of their working directory."""
    environment = {
        **os.environ,
        "CONTACT_PIPELINES_HOME": str(settings.home),
        "DAGSTER_HOME": str(prepare_instance(settings)),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "PYTHONWARNINGS": "ignore",
    }
    if settings.file is not None:
        environment["CONTACT_PIPELINES_CONFIG"] = str(settings.file)
    if settings.database_url:
        environment["CONTACT_PIPELINES_DATABASE_URL"] = settings.database_url
    return environment


def _start(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a child in its own process group: Ctrl-C in the terminal reaches only us, and we stop it cleanly."""
    flags = 0 if os.name == "posix" else subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined,unused-ignore]
    return subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, "-m", *command],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno() if _has_descriptor(sys.stderr) else subprocess.DEVNULL,
        start_new_session=os.name == "posix",
        creationflags=flags,
    )


def _has_descriptor(stream: object) -> bool:
    try:
        stream.fileno()  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False
    return True


def _wait_until_ready(url: str, children: Mapping[str, subprocess.Popen[bytes]], stop: threading.Event) -> bool:
    """Wait for the webserver's first answer; return whether it came before we were asked to stop."""
    deadline = time.monotonic() + _READY_SECONDS
    while not stop.wait(_LOOK_EVERY_SECONDS):
        _require_alive(children)
        try:
            with urllib.request.urlopen(f"{url}/server_info", timeout=2):  # noqa: S310 - our own server
                return True
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise ServerEnded(f"The webserver did not answer within {_READY_SECONDS:.0f} seconds.") from None
    return False


def _watch(children: Mapping[str, subprocess.Popen[bytes]], stop: threading.Event) -> None:
    while not stop.wait(_LOOK_EVERY_SECONDS):
        _require_alive(children)


def _require_alive(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            raise ServerEnded(
                f"Dagster's {name} exited unexpectedly (exit code {child.returncode}); its last log lines say why."
            )


def _end(children: Collection[subprocess.Popen[bytes]]) -> None:
    """Stop the children cleanly, then any processes that they left behind."""
    for child in children:
        _signal(child, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if os.name == "posix":  # code servers and runs are in their parents' groups
        _end_groups([child.pid for child in children], deadline)


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        child.send_signal(number)


def _end_groups(groups: Collection[int], deadline: float) -> None:
    left = [group for group in groups if _signal_group(group, signal.SIGTERM)]
    while left and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_SECONDS)
        left = [group for group in left if _signal_group(group, 0)]
    for group in left:
        _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group; return whether it has any processes."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _reachable(host: str) -> str:
    """Return the host as a browser on this machine can reach it."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


@contextmanager
def _store(settings: Settings) -> Iterator[None]:
    """Keep the store open; stop an embedded one at the end, unless another process uses it."""
    from contact_pipelines.store.embedded import stop_if_last_user
    from contact_pipelines.store.engine import open_store

    store = open_store(settings)
    try:
        yield
    finally:
        store.close()
        if store.embedded:
            stop_if_last_user(settings.store_folder)


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C and SIGTERM set (in the main thread, where signals arrive)."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
