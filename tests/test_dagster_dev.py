"""`dev`: webserver and daemon as real processes; an import through the form's GraphQL, started by the sensor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import deque
from contextlib import suppress

import psutil
import pytest

from contact_pipelines import imports
from contact_pipelines.defs.dev_servers import serve
from contact_pipelines.errors import InvalidOption
from contact_pipelines.models import ImportStatus
from tests.helpers.dagster_runs import PEOPLE, use_environment

SERVE = (
    "import sys\n"
    "from contact_pipelines.defs.dev_servers import serve\n"
    "from contact_pipelines.settings import load_settings\n"
    "try:\n"
    "    serve(load_settings(), port=int(sys.argv[1]))\n"
    "except Exception as error:\n"
    "    sys.exit(f'{type(error).__name__}: {error}')\n"
)
LAUNCH = """
mutation($config: RunConfigData!) {
  launchRun(executionParams: {
    selector: {
      repositoryLocationName: "contact_pipelines.definitions", repositoryName: "__repository__", jobName: "new_import"
    },
    runConfigData: $config
  }) { __typename }
}
"""


@pytest.fixture
def settings(monkeypatch, tmp_path, database_url):
    return use_environment(monkeypatch, tmp_path / "home", database_url)


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def dev(settings, port, tmp_path):
    """`dev` in a process of its own, started in a folder that has nothing to do with the project."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    process.said = deque(maxlen=200)
    threading.Thread(target=lambda: process.said.extend(process.stderr), daemon=True).start()
    yield process
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    for member in [*family, process]:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()


def graphql(port, query, **variables):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": query, "variables": variables}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError("it did not happen in time")


def test_an_import_from_the_form_to_the_store(dev, port, store, tmp_path):
    assert f"http://127.0.0.1:{port}" in dev.stdout.readline(), list(dev.said)
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    config = {"ops": {"register_import": {"config": {"file": str(path), "groups": {"tags": ["dev"]}}}}}
    assert graphql(port, LAUNCH, config=config)["launchRun"]["__typename"] == "LaunchRunSuccess"

    def completed():
        found = imports.list_imports(store)
        assert not found or found[0].status != ImportStatus.FAILED, found[0].error
        return found and found[0].status == ImportStatus.COMPLETED and found[0]

    record = wait_for(completed)
    assert record.counts.created == 3
    statuses = "{ runsOrError { ... on Runs { results { jobName status } } } }"

    def finished():
        runs = graphql(port, statuses)["runsOrError"]["results"]
        return sorted(run["jobName"] for run in runs if run["status"] == "SUCCESS") == ["import_contacts", "new_import"]

    wait_for(finished)

    family = psutil.Process(dev.pid).children(recursive=True)
    assert len(family) >= 4  # webserver, daemon and a code server for each
    dev.send_signal(signal.SIGTERM)
    assert dev.wait(timeout=40) == 0, list(dev.said)
    psutil.wait_procs(family, timeout=5)
    assert [member for member in family if member.is_running()] == []


def started(process, *words):
    """Say whether a child of a process with such words in its command runs."""
    with suppress(psutil.Error):
        return any(set(words) <= set(child.cmdline()) for child in psutil.Process(process.pid).children())
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize("when", ["modules", "store", "servers", "ready"])
def test_ctrl_c_ends_it_without_a_traceback(settings, port, tmp_path, monkeypatch, when):
    """Pressed in a terminal: it reaches the whole process group, so what has just been started there as well."""
    monkeypatch.delenv("CONTACT_PIPELINES_DATABASE_URL")  # an embedded store, which takes its time to start
    command = "import sys; from contact_pipelines import cli; print('begun', flush=True); cli.main(sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "dev", "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "begun\n"
        if when == "modules":
            time.sleep(0.1)  # it is in `main` by then, and still importing
        elif when == "store":
            wait_for(settings.store_folder.exists)
        elif when == "servers":
            wait_for(lambda: started(process, "dagster_webserver"))
        elif when == "ready":
            assert "is ready" in process.stdout.readline()
        family = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert "Traceback" not in said
    assert "Error" not in said.replace("Error: Interrupted;", "")
    assert process.returncode == (130 if when == "modules" else 0), said
    psutil.wait_procs(family, timeout=10)
    assert [member for member in family if member.is_running()] == []


@pytest.mark.thorough
def test_a_child_that_ends_ends_all(dev, port):
    dev.stdout.readline()
    family = psutil.Process(dev.pid).children(recursive=True)
    daemon = next(member for member in family if "dagster._daemon" in member.cmdline())
    daemon.kill()
    assert dev.wait(timeout=40) == 1
    assert "ServerEnded: Dagster's daemon exited unexpectedly" in "".join(dev.said)
    psutil.wait_procs(family, timeout=5)
    assert [member for member in family if member.is_running()] == []


def test_a_port_in_use(settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidOption, match=f"Port {port} of 127.0.0.1 cannot be used .* --port"):
            serve(settings, port=port)
    assert not settings.dagster_home.exists()


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [("no.such.host.invalid", 3000, "cannot be used"), ("127.0.0.1", 70000, "A port is a number from 1 to 65535")],
)
def test_an_impossible_place(settings, host, port, sentence):
    with pytest.raises(InvalidOption, match=sentence):
        serve(settings, host=host, port=port)
