"""Fixtures: one embedded PostgreSQL for the whole test run, and a clean database for every test that asks."""

from __future__ import annotations

import collections
import gc
import os
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from contact_pipelines import cli
from contact_pipelines.settings import Settings
from contact_pipelines.store import schema
from contact_pipelines.store.embedded import start_embedded, stop_embedded
from contact_pipelines.store.engine import open_store
from tests.helpers.databases import new_database
from tests.helpers.importing import Importer

_HOME = "CONTACT_PIPELINES_TEST_HOME"  # of this run; pytest-xdist's workers inherit it
_MEMORY, _ROOM = Path("/dev/shm"), 4 * 1024**3
"""With that much room in memory, all files are there: databases and Dagster's books are made by the thousand."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
            os.environ |= {"TMPDIR": str(_MEMORY), "PYTEST_DEBUG_TEMPROOT": str(_MEMORY)}
            tempfile.tempdir = None  # so that it is asked anew
        os.environ[_HOME] = tempfile.mkdtemp(prefix="cp-tests-")


def pytest_addoption(parser):
    parser.addoption(
        "--thorough",
        choices=["no", "also", "only"],
        default="no",
        help="Whether to run the tests marked thorough, which look closer at what others look at: no (the default,"
        " for ten minutes' sake), also, or only them.",
    )


def pytest_collection_modifyitems(config, items):
    """Choose by --thorough. Of a function with parameters that is `thorough(keep=n)`, n cases are run in any case."""
    which = config.getoption("--thorough")
    if which == "also":
        return
    cases = collections.Counter(_function_of(item) for item in items)
    seen = collections.Counter()
    kept, left = [], []
    for item in items:
        mark, function = item.get_closest_marker("thorough"), _function_of(item)
        keep = cases[function] if mark is None else mark.kwargs.get("keep", 0)
        # Spread evenly: the running share of what is kept steps up at this case.
        before, seen[function] = seen[function], seen[function] + 1
        quick = -(-seen[function] * keep // cases[function]) > -(-before * keep // cases[function])
        (kept if quick == (which == "no") else left).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def _function_of(item):
    return item.nodeid.partition("[")[0]


def pytest_collection_finish(session):
    """What is loaded by now stays: to look through it for garbage again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_sessionfinish():
    """Let it go, or modules written in C++ complain when they are unloaded."""
    gc.unfreeze()


def pytest_xdist_auto_num_workers(config):
    """Return one more than there are processors: many tests wait, for a daemon or a quiet file."""
    return (os.cpu_count() or 1) + 1


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        home = Path(os.environ.pop(_HOME))
        stop_embedded(home / "postgres")
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def embedded_server() -> str:
    """The URL of the run's PostgreSQL server, which is not durable, for speed."""
    url = start_embedded(Path(os.environ[_HOME]) / "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")  # another worker may do the same
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("ALTER SYSTEM SET max_wal_size = '512MB'")
        connection.execute("SELECT pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def template(embedded_server):
    """The name of a database with our tables and nothing in them, to be copied."""
    with new_database(embedded_server) as url:
        schema.upgrade(create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool))
        yield make_url(url).database


@pytest.fixture
def database_url(embedded_server, template):
    """The URL of a clean database of this test's own, with all tables."""
    with new_database(embedded_server, template) as url:
        yield url


@pytest.fixture
def empty_database_url(embedded_server):
    """The URL of a database of this test's own, without any table."""
    with new_database(embedded_server) as url:
        yield url


@pytest.fixture
def home():
    """A folder for an embedded store of this test's own.

    Not below `tmp_path`: when tests run as root, PostgreSQL runs as another user, and every pytest that
    starts shuts others out of the folder that holds them all.
    """
    folder = Path(tempfile.mkdtemp(prefix="cp-home-")).resolve()
    yield folder
    stop_embedded(folder / "postgres")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(database_url, tmp_path) -> Settings:
    """Settings with this test's database and a home of its own."""
    return Settings(home=tmp_path / "home", database_url=database_url, artifacts=str(tmp_path / "artifacts"))


@pytest.fixture
def store(settings):
    """A clean contact store."""
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def importer(store, settings, tmp_path) -> Importer:
    """A clean store to import files into."""
    return Importer(store, settings, tmp_path)


# -- the command line


@pytest.fixture(scope="module")
def dagster_home(tmp_path_factory):
    """One Dagster instance for all: making one takes longer than an import."""
    return str(tmp_path_factory.mktemp("dagster"))


@pytest.fixture
def run(capfd, monkeypatch, database_url, tmp_path, dagster_home):
    """Run a command in this process, against this test's clean database."""
    monkeypatch.setenv("CONTACT_PIPELINES_DATABASE_URL", database_url)
    monkeypatch.setenv("CONTACT_PIPELINES_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", dagster_home)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> SimpleNamespace:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return SimpleNamespace(code=ended.value.code, out=out, err=err)

    return run
