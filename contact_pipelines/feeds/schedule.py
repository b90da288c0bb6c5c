"""What feeds need between checks: finishing schedules, archiving files, running exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from contact_pipelines.errors import ContactPipelinesError, LocationError, LocationUnreachable, StoreError
from contact_pipelines.exports.export_runs import export_contacts
from contact_pipelines.exports.targets import LocationFile
from contact_pipelines.feeds.watch import Look, look_at_feed
from contact_pipelines.files.artifacts import export_folder
from contact_pipelines.files.locations import Location, open_location
from contact_pipelines.models import SCHEDULED_BY, ExportRecord
from contact_pipelines.settings import Settings
from contact_pipelines.settings.feed_settings import ExportFeed, ImportFeed
from contact_pipelines.store import exports_table, feed_checks, watched_files
from contact_pipelines.store.engine import Store
from contact_pipelines.store.feed_checks import FeedCheck
from contact_pipelines.store.imports_table import uuid7
from contact_pipelines.store.tenants import ensure_tenant
from contact_pipelines.store.watched_files import WatchedFile

OPEN_FOR = timedelta(hours=1)
"""How long after its time a schedule waits for files that are not quiet, or for an unreachable location."""

_PAUSE = {"waiting": 0.0, "taken": 15.0, "unreachable": 60.0, "missing": 60.0}
"""Seconds between two checks for the same time, by the result of the first."""


@dataclass(frozen=True)
class Tending:
    """What was done: checks for schedules, files archived or deleted, and what failed."""

    looks: tuple[Look, ...] = ()
    settled: int = 0
    errors: tuple[str, ...] = ()


def tend_feeds(store: Store, settings: Settings) -> Tending:
    """Do what is due for all feeds. A failure of one is in `errors` and does not affect the others."""
    looks: list[Look] = []
    errors: list[str] = []
    settled = 0
    for feed in settings.imports:
        if not feed.enabled:
            continue
        try:
            looks += _finish_schedule(store, settings, feed)
        except LocationError as error:
            errors.append(f"{feed.name}: {error}")
        try:
            for _ in settle_files(store, settings, feed):
                settled += 1
        except LocationError as error:
            errors.append(f"{feed.name}: {error}")
    return Tending(tuple(looks), settled, tuple(errors))


def settle_files(store: Store, settings: Settings, feed: ImportFeed) -> Iterator[WatchedFile]:
    """Archive or delete the feed's imported files at the source, if it says so; yield each.

    A file that has changed since is left alone. Raises LocationUnreachable; what was done before is recorded.
    """
    if feed.archive is None and not feed.delete:
        return
    with store.connect() as connection:
        files = watched_files.to_settle(connection, feed.tenant, feed.name)
    if not files:
        return
    with open_location(feed.source.location, settings.locations[feed.source.location]) as location:
        for file in files:
            what = _settle(location, feed, file)
            with store.begin() as connection:
                watched_files.settle(connection, feed.tenant, feed.name, file, what)
            yield file


def _finish_schedule(store: Store, settings: Settings, feed: ImportFeed) -> list[Look]:
    if feed.schedule is None:
        return []
    with store.connect() as connection:
        checks = feed_checks.latest(connection, feed.tenant, feed.name)
        waiting = watched_files.waiting(connection, feed.tenant, feed.name, quiet=feed.quiet)
    if not checks or not _is_open(feed, checks[0], waits=bool(waiting), now=datetime.now(UTC)):
        return []
    return [look_at_feed(store, settings, feed, due_at=checks[0].due_at, door="schedule")]


def _is_open(feed: ImportFeed, check: FeedCheck, *, waits: bool, now: datetime) -> bool:
    """Return whether to check again for a scheduled time."""
    assert feed.schedule is not None  # noqa: S101 - only schedules have checks to be finished
    if (now - check.checked_at).total_seconds() < _PAUSE.get(check.status, 0.0):
        return False
    if check.status == "missing":
        return now < check.due_at + timedelta(seconds=feed.schedule.late)
    return now < check.due_at + OPEN_FOR and (check.status in ("waiting", "unreachable") or waits)


def _settle(location: Location, feed: ImportFeed, file: WatchedFile) -> str:
    """Archive or delete a file; return what was done."""
    try:
        there = location.stat(file.path)
        if there is None:
            return "gone"
        if there.version != file.version:
            return "left: it has changed"
        target = None if feed.archive is None else _free_path(location, feed.archive, file)
        what = _put_away(location, file.path, target)
        if feed.done_file is not None:
            mark = _neighbour(file.path, feed.done_file.replace("{name}", PurePosixPath(file.path).name))
            if location.stat(mark) is not None:
                folder = None if target is None else str(PurePosixPath(target).with_name(PurePosixPath(mark).name))
                _put_away(location, mark, folder)
    except LocationUnreachable:
        raise
    except LocationError as error:
        return f"left: {error}"
    return what


def _put_away(location: Location, path: str, target: str | None) -> str:
    if target is None:
        location.delete(path)
        return "deleted"
    location.move(path, target)
    return f"moved to {target}"


def _free_path(location: Location, archive: str, file: WatchedFile) -> str:
    """Return a free path in the archive for a file."""
    name = PurePosixPath(file.path)
    target = _neighbour(file.path, f"{archive}/{name.name}")
    if location.stat(target) is None:
        return target
    return _neighbour(file.path, f"{archive}/{name.stem}-{(file.import_id or '')[-6:]}{name.suffix}")


def _neighbour(path: str, relative: str) -> str:
    folder = str(PurePosixPath(path).parent)
    return relative if folder == "." else f"{folder}/{relative}"


def run_export_feed(
    store: Store,
    settings: Settings,
    feed: ExportFeed,
    *,
    due_at: datetime,
    progress: Callable[[int], None] | None = None,
) -> ExportRecord:
    """Run an export of the settings file, to its location or to the artifacts.

    `due_at`: the scheduled time, with a zone, for the file's name; running it again for the same time replaces the
    file. Success and failure are recorded as events. Raises as `export_contacts` does, and LocationError if the file
    cannot be uploaded; there is no file then.
    """
    export_id = str(uuid7())
    try:
        return export_contacts(
            store,
            settings,
            feed.request,
            tenant_id=feed.tenant,
            requested_by=f"{SCHEDULED_BY}{feed.name}",
            out=_target(settings, feed, export_id, due_at),
            export_id=export_id,
            progress=progress,
        )
    except ContactPipelinesError as error:
        with suppress(StoreError), store.begin() as connection:
            ensure_tenant(connection, feed.tenant)
            if not exports_table.is_known(connection, feed.tenant, export_id):
                exports_table.tell_refused(connection, feed.tenant, feed.name, error.code, str(error))
        raise


def _target(settings: Settings, feed: ExportFeed, export_id: str, due_at: datetime) -> LocationFile | None:
    path = feed.path_at(due_at)
    if feed.to is None or path is None:
        return None
    scratch = export_folder(settings.artifacts, feed.tenant, export_id)
    return LocationFile(feed.to.location, settings.locations[feed.to.location], path, scratch)
