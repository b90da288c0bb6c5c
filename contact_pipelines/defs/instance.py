"""Dagster's instance (runs, events) on one machine: where it is, and opening it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from contact_pipelines.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

_CONFIG = "dagster.yaml"


def dagster_home(settings: Settings) -> Path:
    """Return the instance's folder: DAGSTER_HOME, or one in the data folder, created if missing."""
    named = os.environ.get("DAGSTER_HOME")
    folder = Path(named).expanduser().absolute() if named else settings.dagster_home
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / _CONFIG
    if not config.exists():
        config.write_text(files(__package__).joinpath(_CONFIG).read_text(encoding="utf-8"), encoding="utf-8")
    return folder


@contextmanager
def open_instance(settings: Settings, *, verbose: bool = False) -> Iterator[dg.DagsterInstance]:
    """Open the instance for a run in this process, which logs its events to standard error only if `verbose`.

    Standard output and error belong to the command line, so they are not captured to files as in other runs. That
    saves a second and three processes.
    """
    from contact_pipelines.defs.dagster_internals import kept_open_storage, open_from

    folder = dagster_home(settings)
    overrides: dict[str, object] = {
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
        "python_logs": {"python_log_level": "DEBUG" if verbose else "CRITICAL"},
    }
    if not _names_a_storage(folder / _CONFIG):
        overrides["storage"] = kept_open_storage(folder)
    with _first_alone(folder):
        instance = open_from(folder, overrides)
    with instance:
        yield instance


def prepare_instance(settings: Settings) -> Path:
    """Create the instance's tables if missing, and return its folder."""
    with open_instance(settings):
        return dagster_home(settings)


@contextmanager
def _first_alone(folder: Path) -> Iterator[None]:
    """Let only one process at a time open the instance.

    If two create its SQLite files at the same moment, both record the schema version, and nobody can open it again.
    """
    from fasteners import InterProcessLock  # type: ignore[import-untyped,unused-ignore]

    with InterProcessLock(folder / "opening.lock"):
        yield


def _names_a_storage(config: Path) -> bool:
    import yaml

    found = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    return any(key == "storage" or key.endswith("_storage") for key in found)
