"""Progress of an import on standard error: a bar on a terminal, plain lines elsewhere.

The import runs in the main thread; a second thread reads its progress from the store, on a connection of its
own, as anybody else could.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import typer

from contact_pipelines import imports
from contact_pipelines.cli.printing import duration, rows
from contact_pipelines.errors import ContactPipelinesError
from contact_pipelines.models import Import, ImportStatus
from contact_pipelines.store.engine import Store

LOOK_EVERY_SECONDS = 0.5  # as often as an import updates its progress
LINE_EVERY_SECONDS = 10.0
STEPS = ("land", "stage", "map", "validate", "compare", "review", "apply", "report")


class _Display(Protocol):
    def show(self, record: Import) -> None: ...


@contextmanager
def shown_progress(store: Store, record: Import) -> Iterator[None]:
    """Show the import's progress for as long as the block runs."""
    ended = threading.Event()
    with _display() as display:
        watcher = threading.Thread(target=_watch, args=(store, record, display, ended), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join(timeout=5)


@contextmanager
def _display() -> Iterator[_Display]:
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[told]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Bar(bar)


def _watch(store: Store, record: Import, display: _Display, ended: threading.Event) -> None:
    while not ended.wait(LOOK_EVERY_SECONDS):
        try:
            current = imports.follow_import(store, record)
        except ContactPipelinesError:
            continue  # the import itself reports what is wrong with the store
        display.show(current)


class Lines:
    """Prints a line when a step begins, and one every ten seconds while it lasts."""

    def __init__(self) -> None:
        self._step = ""
        self._told = time.monotonic()

    def show(self, record: Import) -> None:
        """Print a line if there is news."""
        progress = record.progress
        confirmed = record.status == ImportStatus.AWAITING_REVIEW and progress.step != "review"
        if not progress.step or not (record.status == ImportStatus.RUNNING or confirmed):
            return
        if progress.step == self._step and time.monotonic() - self._told < LINE_EVERY_SECONDS:
            return
        self._step, self._told = progress.step, time.monotonic()
        typer.echo(f"{progress.step} ... {_amount(record)}".rstrip(), err=True)


class Bar:
    """One bar for all steps; within apply it advances by rows."""

    def __init__(self, bar: object) -> None:
        from rich.progress import Progress

        assert isinstance(bar, Progress)  # noqa: S101 - typed here, since rich is imported late
        self._bar = bar
        self._task = bar.add_task("starting", total=len(STEPS), told="")
        self._began = time.monotonic()

    def show(self, record: Import) -> None:
        """Advance the bar."""
        progress = record.progress
        if progress.step not in STEPS:
            return
        within = progress.rows_done / progress.rows_total if progress.rows_total else 0.0
        told = [_amount(record), duration(time.monotonic() - self._began)]
        if progress.remaining is not None:
            told.append(f"{duration(progress.remaining)} left")
        self._bar.update(
            self._task,
            description=f"{progress.step:<8}",
            completed=STEPS.index(progress.step) + min(within, 1.0),
            told="  ".join(part for part in told if part),
        )


def _amount(record: Import) -> str:
    progress = record.progress
    if progress.rows_total:
        return f"{progress.rows_done:,} of {rows(progress.rows_total)}"
    return rows(record.rows) if record.rows is not None else ""
