"""Checks a feed's source and registers an import for each file that is new and complete.

It works the same for a sensor, a schedule and a person, and however often: the database decides which files are
imported (see `store.watched_files`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

import sqlalchemy as sa

from contact_pipelines.errors import LocationError, SourceMissing
from contact_pipelines.files.locations import RemoteFile, open_location
from contact_pipelines.files.locations.location import is_temporary, location_address, matches
from contact_pipelines.imports.register import prepared_options
from contact_pipelines.models import Import
from contact_pipelines.settings import Settings
from contact_pipelines.settings.feed_settings import ImportFeed
from contact_pipelines.store import feed_checks, imports_table, watched_files
from contact_pipelines.store.engine import Store
from contact_pipelines.store.feed_checks import CheckStatus
from contact_pipelines.store.tenants import ensure_tenant
from contact_pipelines.store.watched_files import WatchedFile

AT_ONCE = 100
"""How many files are imported at once; the next check takes the next ones."""


@dataclass(frozen=True)
class Look:
    """The result of checking a source, in numbers of files. `taken`: the imports that were registered.

    `quiet_in`: seconds until the first of the files that are not quiet yet will be.
    """

    feed: ImportFeed
    files: int = 0
    temporary: int = 0
    not_done: int = 0
    not_quiet: int = 0
    failed: int = 0
    taken: tuple[Import, ...] = ()
    busy: bool = False
    quiet_in: float | None = None

    @property
    def known(self) -> int:
        """Files whose version was imported or refused before."""
        return self.files - self.not_done - self.not_quiet - self.failed - len(self.taken)

    def __str__(self) -> str:
        """Describe it to people."""
        where = f"{self.feed.source.path} at {self.feed.source.location}"
        if self.busy:
            return f"Another process is checking {where}."
        parts = [
            (len(self.taken), "taken"),
            (self.known, "already known"),
            (self.not_quiet, f"not quiet for {self.feed.quiet:g} s yet"),
            (self.not_done, "without their done-file"),
            (self.failed, "to be tried again later"),
        ]
        told = ", ".join(f"{number:,} {what}" for number, what in parts if number)
        aside = f" {self.temporary:,} temporary names were left alone." if self.temporary else ""
        return f"{_files(self.files)} fit {where}{f': {told}' if told else ''}.{aside}"


def look_at_feed(
    store: Store, settings: Settings, feed: ImportFeed, *, due_at: datetime | None = None, door: str = "watch"
) -> Look:
    """Check a feed's source once, and register an import of each file that is new, complete and quiet.

    `due_at`: the scheduled time that this is for. The result is recorded in `feed_checks`; a second check for the same
    time imports only what was still waiting. Raises LocationError: SourceMissing if a required file is missing.
    """
    try:
        present, temporary, done = _list(settings, feed)
    except LocationError as error:
        with store.begin() as connection:
            ensure_tenant(connection, feed.tenant)
            _record_unreachable(connection, feed, due_at, error)
        raise
    with store.begin() as connection:
        ensure_tenant(connection, feed.tenant)
        if not watched_files.lock_feed(connection, feed.tenant, feed.name):
            return Look(feed, busy=True)
        look = _take(connection, settings, feed, present, done, door=door)
        look = replace(look, temporary=temporary)
        status, message = _outcome(look, due_at, connection)
        if due_at is not None:
            feed_checks.record(connection, feed.tenant, feed.name, due_at, status, message=message)
        elif feed.watch is not None:
            feed_checks.record_recovery(connection, feed.tenant, feed.name)
    if status == "missing":
        raise SourceMissing(message)
    return look


def _list(settings: Settings, feed: ImportFeed) -> tuple[list[RemoteFile], int, set[str] | None]:
    """Return the files, the number of temporary ones left out, and the files with a done-file (None: none needed)."""
    place = feed.source
    with open_location(place.location, settings.locations[place.location]) as location:
        found = location.list(place.path)
        done = None
        if feed.done_file is not None:
            folder = PurePosixPath(place.path).parent
            marks = {file.path for file in location.list(str(folder / feed.done_file.replace("{name}", "*")))}
            done = {file.path for file in found if _beside(file.path, feed.done_file) in marks}
    lasting = [file for file in found if not is_temporary(PurePosixPath(file.path).name)]
    present = [file for file in lasting if not _is_done_file(file.path, feed)]
    return present, len(found) - len(lasting), done


def _take(
    connection: sa.Connection,
    settings: Settings,
    feed: ImportFeed,
    present: Sequence[RemoteFile],
    done: set[str] | None,
    *,
    door: str,
) -> Look:
    versions = {(file.path, file.version) for file in present}
    watched_files.see(connection, feed.tenant, feed.name, sorted(versions))
    waiting = [
        file
        for file in watched_files.waiting(connection, feed.tenant, feed.name, quiet=feed.quiet)
        if (file.path, file.version) in versions
    ]
    complete = [file for file in waiting if done is None or file.path in done]
    ripe = [file for file in complete if file.ripe][:AT_ONCE]
    taken = tuple(register_file(connection, settings, feed, file, door=door) for file in ripe)
    later = [file for file in complete if file not in ripe]
    return Look(
        feed,
        files=len(present),
        not_done=len(waiting) - len(complete),
        not_quiet=sum(file.import_id is None for file in later),
        failed=sum(file.import_id is not None for file in later),
        taken=taken,
        quiet_in=min((file.quiet_in for file in later if file.quiet_in is not None), default=None),
    )


def register_file(
    connection: sa.Connection, settings: Settings, feed: ImportFeed, file: WatchedFile, *, door: str
) -> Import:
    """Register the import of a file version. The idempotency key prevents a second one of the same attempt."""
    config = settings.locations[feed.source.location]
    digest = hashlib.sha256(f"{file.path}\0{file.version}".encode()).hexdigest()[:32]
    record = imports_table.register(
        connection,
        tenant_id=feed.tenant,
        source=location_address(feed.source.location, config, file.path),
        options=prepared_options(feed.given_options, settings.options),
        door=door,
        idempotency_key=f"feed/{feed.name}/{digest}/{file.attempts + 1}",
        feed=feed.name,
    )
    watched_files.take(connection, feed.tenant, feed.name, file, record)
    return record


def _outcome(look: Look, due_at: datetime | None, connection: sa.Connection) -> tuple[CheckStatus, str]:
    """Return the result of a check, and the sentence for it."""
    feed = look.feed
    require = feed.schedule.require if feed.schedule else "nothing"
    if look.taken:
        return "taken", str(look)
    if look.not_quiet or look.not_done or look.failed:
        return "waiting", str(look)
    before = feed_checks.get(connection, feed.tenant, feed.name, due_at) if due_at is not None else None
    if before is not None and before.status == "taken":
        return "taken", before.message
    if due_at is not None and ((require == "file" and not look.files) or require == "new_file"):
        what = "no file fits" if not look.files else f"none of the {_files(look.files)} is new that fit"
        return "missing", (
            f"At its time ({due_at:%Y-%m-%d %H:%M %Z}) the import {feed.name} had nothing to import: {what}"
            f" {feed.source.path} at {feed.source.location}."
        )
    return "nothing_new", str(look)


def _record_unreachable(
    connection: sa.Connection, feed: ImportFeed, due_at: datetime | None, error: LocationError
) -> None:
    if due_at is not None:
        feed_checks.record(connection, feed.tenant, feed.name, due_at, "unreachable", message=str(error))
    elif feed.watch is not None:
        feed_checks.record_trouble(connection, feed.tenant, feed.name, str(error))


def _beside(path: str, done_file: str) -> str:
    found = PurePosixPath(path)
    return str(found.with_name(done_file.replace("{name}", found.name)))


def _is_done_file(path: str, feed: ImportFeed) -> bool:
    name = PurePosixPath(path).name
    return feed.done_file is not None and matches(name, feed.done_file.replace("{name}", "*"))


def _files(number: int) -> str:
    return f"{number:,} file" + ("" if number == 1 else "s")
