"""Listing feeds and their files, and importing a file again."""

from __future__ import annotations

from dataclasses import dataclass

from contact_pipelines.errors import NotFound, WrongState
from contact_pipelines.feeds.watch import register_file
from contact_pipelines.files.locations import open_location
from contact_pipelines.files.locations.location import location_address, plain_path
from contact_pipelines.models import Import, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.settings.feed_settings import ImportFeed
from contact_pipelines.store import feed_checks, imports_table, watched_files
from contact_pipelines.store.engine import Store
from contact_pipelines.store.feed_checks import FeedCheck
from contact_pipelines.store.tenants import ensure_tenant
from contact_pipelines.store.watched_files import WatchedFile

_CAN_BE_RETRIED = (ImportStatus.FAILED, ImportStatus.CANCELLED, ImportStatus.EXPIRED, ImportStatus.ROLLED_BACK)


@dataclass(frozen=True)
class FeedState:
    """A feed, its last import, and the result of its last check."""

    feed: ImportFeed
    last_import: Import | None
    last_check: FeedCheck | None


def list_feeds(store: Store, settings: Settings) -> list[FeedState]:
    """Return the import feeds of the settings file, in its order."""
    found = []
    with store.connect() as connection:
        for feed in settings.imports:
            last = imports_table.latest_of_feed(connection, feed.tenant, feed.name)
            checks = feed_checks.latest(connection, feed.tenant, feed.name)
            found.append(FeedState(feed, last, checks[0] if checks else None))
    return found


def list_feed_files(store: Store, feed: ImportFeed, *, limit: int = 50) -> list[WatchedFile]:
    """Return a feed's files, the ones seen last first."""
    with store.connect() as connection:
        return watched_files.latest(connection, feed.tenant, feed.name, limit)


def retry_watched(store: Store, settings: Settings, feed: ImportFeed, path: str) -> Import:
    """Register a file's import again after it failed, was cancelled, expired or was undone.

    Raises NotFound if the feed has never seen the file, WrongState if there is nothing to retry, and LocationError.
    """
    with store.connect() as connection:
        file = watched_files.latest_of(connection, feed.tenant, feed.name, plain_path(path))
    if file is None:
        raise NotFound(
            f"The import {feed.name} has not seen a file {path}; `contact-pipelines feeds files` lists them."
        )
    config = settings.locations[feed.source.location]
    _require_failed(file, location_address(feed.source.location, config, file.path))
    with open_location(feed.source.location, config) as location:
        there = location.stat(file.path)
    if there is None or there.version != file.version:
        what = "is no longer at its location" if there is None else "has changed and will be imported automatically"
        raise WrongState(f"The file {file.path} {what}.")
    with store.begin() as connection:
        ensure_tenant(connection, feed.tenant)
        return register_file(connection, settings, feed, file, door="retry")


def _require_failed(file: WatchedFile, address: str) -> None:
    if file.status in _CAN_BE_RETRIED and file.error_code != "already_imported":
        return
    if file.import_id is None:
        raise WrongState(f"The file {file.path} is not quiet yet and will be imported automatically.")
    said = file.error or f"Its import {file.import_name} is {file.status}."
    raise WrongState(f"{said} To import it anyway: contact-pipelines import '{address}'.")
