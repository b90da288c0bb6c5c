"""Tests the settings file: connects to each location and lists the files at each source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contact_pipelines.errors import ContactPipelinesError
from contact_pipelines.files.locations import Location, LocationConfig, open_location
from contact_pipelines.files.locations.location import is_temporary
from contact_pipelines.imports.register import prepared_options
from contact_pipelines.imports.validate.field_rules import check_policy
from contact_pipelines.settings import Settings
from contact_pipelines.settings.feed_settings import ExportFeed, ImportFeed


@dataclass(frozen=True)
class Tried:
    """One entry of the settings file: what was found, or the `error` if it cannot be used."""

    section: str
    name: str
    found: str = ""
    error: str | None = None
    files: int | None = None


def check_settings(settings: Settings) -> list[Tried]:
    """Try every location and list every feed's source, one after the other. Nothing is written."""
    tried = [Tried(entry.section, entry.name, error=entry.error) for entry in settings.broken]
    tried += [_try_location(name, config) for name, config in settings.locations.items()]
    tried += [_try_feed(feed, settings) for feed in settings.imports]
    tried += [_try_export(feed, settings) for feed in settings.exports]
    order = ("locations", "imports", "exports")
    return sorted(tried, key=lambda entry: order.index(entry.section))


def check_rules(settings: Settings) -> None:
    """Raise InvalidOption if a rule of the settings file on fields or properties makes no sense."""
    check_policy(settings.policy)


def _try_location(name: str, config: LocationConfig) -> Tried:
    def look(location: Location) -> tuple[str, None]:
        location.check()
        return config.type, None

    return _try("locations", name, config, look, name)


def _try_feed(feed: ImportFeed, settings: Settings) -> Tried:
    def look(location: Location) -> tuple[str, int]:
        prepared_options(feed.given_options, settings.options)
        files = [file for file in location.list(feed.source.path) if not is_temporary(file.path.rpartition("/")[2])]
        found = f"{_files(len(files))} at {feed.source.location} fit {feed.source.path}"
        return found + _remarks(feed, settings), len(files)

    return _try("imports", feed.name, settings.locations[feed.source.location], look, feed.source.location)


def _try_export(feed: ExportFeed, settings: Settings) -> Tried:
    """Read its filter; whether its properties and groups exist is only known when it runs."""
    from contact_pipelines.contacts.filters.filter_grammar import parse

    try:
        if feed.filter is not None:
            parse(feed.filter)
    except ContactPipelinesError as error:
        return Tried("exports", feed.name, error=str(error))
    to = f"to {feed.to.path} at {feed.to.location}" if feed.to else "to the artifacts"
    return Tried("exports", feed.name, f"{feed.format} {to}, {feed.schedule.cron}{_remarks(feed, settings)}")


def _remarks(feed: ImportFeed | ExportFeed, settings: Settings) -> str:
    off = "" if feed.enabled else "; not enabled"
    untold = feed.notify and settings.notifications.smtp is None
    return off + ("; its notify has no effect: there is no notifications.smtp" if untold else "")


def _try(
    section: str,
    name: str,
    config: LocationConfig,
    look: Callable[[Location], tuple[str, int | None]],
    location_name: str,
) -> Tried:
    try:
        with open_location(location_name, config) as location:
            found, files = look(location)
    except ContactPipelinesError as error:
        return Tried(section, name, error=str(error))
    return Tried(section, name, found, files=files)


def _files(number: int) -> str:
    return f"{number:,} file" + ("" if number == 1 else "s")
