"""The embedded PostgreSQL under real processes that come, go and are killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import text

from contact_pipelines.errors import StoreUnavailable
from contact_pipelines.settings import Settings
from contact_pipelines.store import embedded, embedded_server
from contact_pipelines.store.embedded import start_embedded, stop_if_last_user
from contact_pipelines.store.engine import open_store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

_ROOT = str(Path(__file__).parents[1])
_USER = """
import sys
from pathlib import Path
from contact_pipelines.store.embedded import start_embedded
print(start_embedded(Path(sys.argv[1])), flush=True)
sys.stdin.readline()
"""
_FORKING_USER = """
import os, sys, time
from pathlib import Path
from contact_pipelines.store.embedded import start_embedded
start_embedded(Path(sys.argv[1]))
if os.fork() == 0:
    if sys.argv[2] == "uses":
        start_embedded(Path(sys.argv[1]))
        print("child", flush=True)
        time.sleep(1.5)
    sys.exit()
os.wait() if sys.argv[2] != "uses" else None
print("parent", flush=True)
sys.stdin.readline()
"""


class _Process:
    """A process that uses the server until it is told, or made, to end."""

    def __init__(self, folder, program=_USER, *arguments):
        self.popen = subprocess.Popen(
            [sys.executable, "-c", program, str(folder), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": _ROOT},
        )

    def line(self):
        return self.popen.stdout.readline().strip()

    def end(self):
        self.popen.communicate("\n", timeout=60)
        assert self.popen.returncode == 0

    def kill(self, how=signal.SIGKILL):
        self.popen.send_signal(how)
        self.popen.communicate(timeout=60)
        assert self.popen.returncode == -how


@pytest.fixture(scope="module")
def made():
    """A data folder that was made once, to be copied: making one takes a second."""
    with tempfile.TemporaryDirectory(prefix="cp-made-") as home:
        folder = Path(home) / "postgres"
        start_embedded(folder)
        assert stop_if_last_user(folder)
        yield folder


@pytest.fixture
def new_folder(home):
    return home / "postgres"


@pytest.fixture
def folder(made, new_folder):
    subprocess.run(["cp", "-a", str(made), str(new_folder)], check=True)
    return new_folder


def _pid(folder):
    """The server's pid, None if none runs."""
    found = embedded_server._running(folder)
    return found.pid if found else None


def _wait_for(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _watchers(folder):
    wanted = ["-m", "contact_pipelines.store.embedded", str(folder)]
    return [p for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [])[1:] == wanted]


def test_several_first_users_at_once_make_one_server_and_the_last_stops_it(new_folder):
    users = [_Process(new_folder) for _ in range(3)]
    urls = {user.line() for user in users}
    assert len(urls) == 1
    with psycopg.connect(urls.pop()) as connection:
        assert Path(connection.execute("SHOW data_directory").fetchone()[0]).samefile(new_folder)
    server = _pid(new_folder)
    users.pop().end()
    users.pop().end()
    assert _pid(new_folder) == server
    users.pop().end()
    assert _pid(new_folder) is None
    assert not (new_folder / "postmaster.pid").exists()
    _wait_for(lambda: not _watchers(new_folder))


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_server_survives_a_killed_user_and_is_stopped_by_the_last(folder, how):
    first, second = _Process(folder), _Process(folder)
    assert first.line() == second.line()
    server = _pid(folder)
    first.kill(how)
    time.sleep(1)  # the watcher looks, and sees the second
    assert _pid(folder) == server
    second.end()
    assert _pid(folder) is None


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_watcher_stops_the_server_when_the_only_user_is_killed(folder, how):
    user = _Process(folder)
    user.line()
    _wait_for(lambda: _watchers(folder))
    user.kill(how)
    _wait_for(lambda: _pid(folder) is None)
    assert not list(embedded.users_folder(folder).glob("*.user"))


def test_without_a_watcher_the_next_user_adopts_the_server_and_stops_it(folder):
    user = _Process(folder)
    user.line()
    _wait_for(lambda: _watchers(folder))
    server = _pid(folder)
    for watcher in _watchers(folder):
        watcher.kill()
    user.kill()
    assert _pid(folder) == server
    start_embedded(folder)
    assert _pid(folder) == server
    _wait_for(lambda: _watchers(folder))
    assert stop_if_last_user(folder)
    assert _pid(folder) is None


def test_a_killed_server_is_started_again_with_what_was_committed(folder):
    store = open_store(Settings(home=folder.parent, artifacts=""))
    assert store.embedded
    with store.begin() as connection:
        connection.execute(text("INSERT INTO tenants (id) VALUES ('kept')"))
    other = _Process(folder)
    other.line()
    with pytest.raises(StoreUnavailable, match="cannot be reached"), store.begin() as connection:
        _insert_and_kill_the_server(connection, folder)
    with store.connect() as connection:
        assert connection.execute(text("SELECT id FROM tenants")).scalars().all() == ["kept"]
    with store.raw() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    store.close()
    assert not stop_if_last_user(folder)
    other.end()
    assert _pid(folder) is None


def _insert_and_kill_the_server(connection, folder):
    connection.execute(text("INSERT INTO tenants (id) VALUES ('lost')"))
    os.kill(_pid(folder), signal.SIGKILL)
    _wait_for(lambda: _pid(folder) is None)
    connection.execute(text("SELECT pg_sleep(5)"))


@pytest.mark.thorough
def test_a_crash_of_one_backend_is_waited_for(folder):
    store = open_store(Settings(home=folder.parent, artifacts=""))
    with store.raw() as connection:
        pid = connection.info.backend_pid
        os.kill(pid, signal.SIGKILL)  # PostgreSQL restarts itself: everybody is thrown out for a moment
        _wait_for(lambda: "all server processes terminated" in (folder / "server.log").read_text())
    with store.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    store.close()
    stop_if_last_user(folder)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("after", [0, 0.3])
def test_a_user_killed_while_the_folder_is_made(new_folder, after):
    user = _Process(new_folder)
    making = new_folder.with_name("postgres.new")
    _wait_for(lambda: (making / "PG_VERSION").exists() or (making / "base").exists() or new_folder.exists())
    time.sleep(after)
    user.kill()
    assert "SELECT" not in start_embedded(new_folder)
    with psycopg.connect(start_embedded(new_folder)) as connection:
        assert connection.execute("SELECT count(*) FROM pg_database").fetchone() == (3,)
    assert not making.exists()
    assert stop_if_last_user(new_folder)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize(
    "name",
    ["x" * 200, "with space", "quote'and\"double,ünï-名", "$(touch oops)`id`per%20cent+@"],
)
def test_homes_with_difficult_names(made, home, name):
    home /= name
    home.mkdir()
    folder = home / "postgres"
    subprocess.run(["cp", "-a", str(made), str(folder)], check=True)
    store = open_store(Settings(home=home, artifacts=""))
    with store.connect() as connection:
        assert connection.execute(text("SHOW data_directory")).scalar() == str(folder)
    socket_folder = embedded_server._running(folder).socket_folder
    assert psycopg.connect(store.url).info.host == socket_folder
    store.close()
    assert stop_if_last_user(folder)
    assert _pid(folder) is None
    assert socket_folder == str(folder) or not Path(socket_folder).exists()


@pytest.mark.thorough
def test_a_folder_with_a_difficult_name_is_made_too(home):
    folder = home / "a 'quoted\" näme $HOME" / "postgres"
    start_embedded(folder)
    assert stop_if_last_user(folder)


@pytest.mark.thorough
def test_a_stale_pid_file_with_a_reused_number(folder):
    start_embedded(folder)
    stop_if_last_user(folder)
    sleeper = subprocess.Popen(["sleep", "60"], **({"user": folder.stat().st_uid} if os.geteuid() == 0 else {}))
    lines = [sleeper.pid, folder, int(time.time()), 5432, folder, "", "   123456 1", "ready"]
    (folder / "postmaster.pid").write_text("\n".join(map(str, lines)) + "\n")
    try:
        with psycopg.connect(start_embedded(folder)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()
    assert stop_if_last_user(folder)


@pytest.mark.thorough
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_that_uses_the_server_keeps_it(folder):
    user = _Process(folder, _FORKING_USER, "uses")
    assert {user.line(), user.line()} == {"child", "parent"}
    user.popen.stdin.write("\n")
    user.popen.stdin.close()
    user.popen.wait(30)
    assert _pid(folder) is not None
    _wait_for(lambda: _pid(folder) is None)
    user.popen.stdout.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_that_does_not_use_it_leaves_it_alone(folder):
    user = _Process(folder, _FORKING_USER, "ignores")
    assert user.line() == "parent"
    assert _pid(folder) is not None
    user.end()
    assert _pid(folder) is None


def test_starting_again_is_cheap_and_the_settings_are_durable(folder):
    url = start_embedded(folder)
    began = time.perf_counter()
    assert start_embedded(folder) == url
    assert time.perf_counter() - began < 0.05
    with psycopg.connect(url) as connection:
        wanted = {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "jit": "off",
            "max_wal_size": "4GB",
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
        }
        for name, value in wanted.items():
            assert connection.execute(f"SHOW {name}").fetchone() == (value,)
    assert stop_if_last_user(folder)


def test_the_log_holds_no_data(folder):
    with psycopg.connect(start_embedded(folder), autocommit=True) as connection:
        connection.execute("CREATE TABLE t (a text PRIMARY KEY)")
        for statement in (
            "INSERT INTO t VALUES ('anna@example.com'), ('anna@example.com')",
            "SELECT 'anna@example.com'::int",
            "DO $$ BEGIN RAISE WARNING 'anna@example.com'; END $$",
        ):
            with contextlib.suppress(psycopg.Error):
                connection.execute(statement)
    stop_if_last_user(folder)
    log = (folder / "server.log").read_text()
    assert "ready to accept connections" in log
    assert "anna" not in log


def test_a_server_that_does_not_start_says_where_the_log_is(folder):
    (folder / "postgresql.auto.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StoreUnavailable, match=r"did not start; its log is .*server\.log"):
        start_embedded(folder)
    assert "no_such_setting" in (folder / "server.log").read_text()


def test_a_folder_with_other_files_or_another_version_is_left_alone(folder):
    (folder / "PG_VERSION").write_text("16\n")
    with pytest.raises(StoreUnavailable, match="written by PostgreSQL 16"):
        start_embedded(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "my.txt").touch()
    with pytest.raises(StoreUnavailable, match="not a PostgreSQL data folder"):
        start_embedded(folder)
    assert (folder / "my.txt").exists()


def test_a_home_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        start_embedded(tmp_path / "file" / "postgres")
