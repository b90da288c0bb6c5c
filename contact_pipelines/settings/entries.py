"""The entries of `locations`, `imports` and `exports` in the settings file.

Each is read by itself: a wrong one becomes a BrokenEntry, with a sentence that names the file, the key and what is
allowed, and does not affect the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from contact_pipelines.errors import ContactPipelinesError, InvalidOption
from contact_pipelines.files.locations.location import SECRETS, LocationConfig, checked_pattern, plain_path
from contact_pipelines.settings.feed_parts import BrokenEntry, Name, Section
from contact_pipelines.settings.feed_settings import ExportFeed, ImportFeed
from contact_pipelines.settings.yaml_values import fault, require_no_secret, with_environment

_Feed = TypeVar("_Feed", ImportFeed, ExportFeed)

_LOCATION: TypeAdapter[Any] = TypeAdapter(LocationConfig)
_NAME: TypeAdapter[str] = TypeAdapter(Name)


@dataclass
class Entries:
    """The usable entries of the three sections, and the broken ones."""

    locations: dict[str, LocationConfig] = field(default_factory=dict)
    imports: tuple[ImportFeed, ...] = ()
    exports: tuple[ExportFeed, ...] = ()
    broken: tuple[BrokenEntry, ...] = ()


def read_entries(content: Mapping[str, Any], environment: Mapping[str, str], path: Path) -> Entries:
    """Read the sections. Never raises: errors are in `broken`."""
    reader = _Reader(environment, path)
    found = Entries(
        locations=reader.locations(content.get("locations")),
        imports=tuple(reader.feeds("imports", ImportFeed, content.get("imports"))),
        exports=tuple(reader.feeds("exports", ExportFeed, content.get("exports"))),
    )
    found.imports = tuple(feed for feed in found.imports if reader.fits(feed, found.locations))
    found.exports = tuple(feed for feed in found.exports if reader.fits(feed, found.locations))
    found.broken = tuple(reader.broken)
    return found


class _Reader:
    def __init__(self, environment: Mapping[str, str], path: Path) -> None:
        self.broken: list[BrokenEntry] = []
        self._environment = environment
        self._path = path

    def locations(self, given: Any) -> dict[str, LocationConfig]:  # noqa: ANN401 - YAML
        if given is not None and not isinstance(given, dict):
            self._breaks("locations", "locations", "has a wrong value at locations: it is NAME: {type: ...}.")
            return {}
        return {
            str(name): config for name, entry in (given or {}).items() if (config := self._location(str(name), entry))
        }

    def feeds(self, section: Section, model: type[_Feed], given: Any) -> Iterator[_Feed]:  # noqa: ANN401 - YAML
        if given is not None and not isinstance(given, list):
            self._breaks(section, section, f"has a wrong value at {section}: it is a list of `- name: ...`.")
            return
        taken: set[str] = set()
        for at, entry in enumerate(given or ()):
            name = str(entry["name"]) if isinstance(entry, dict) and entry.get("name") else str(at)
            if name in taken:
                self._breaks(section, name, f"has two entries named {name} in {section}; this is the second.")
                continue
            taken.add(name)
            keys = (section, name)
            try:
                value = with_environment(entry, self._environment, self._path, keys)
                yield model.model_validate(value)
            except ValidationError as error:
                self._breaks(section, name, fault(error, model, keys))
            except InvalidOption as error:
                self._breaks(section, name, error)

    def fits(self, feed: ImportFeed | ExportFeed, locations: Mapping[str, LocationConfig]) -> bool:
        """Return whether a feed's location exists and its path stays inside; else it is broken."""
        section: Section = "imports" if isinstance(feed, ImportFeed) else "exports"
        place, key = (feed.source, "source") if isinstance(feed, ImportFeed) else (feed.to, "to")
        if place is None:
            return True
        where = f"{section}.{feed.name}.{key}"
        if place.location not in locations:
            known = ", ".join(locations) or "none"
            said = f"there is no usable location {place.location}; there are: {known}."
            self._breaks(section, feed.name, f"has a wrong value at {where}.location: {said}")
            return False
        try:
            if isinstance(feed, ImportFeed):
                checked_pattern(place.path)
            else:
                plain_path(place.path)
        except ContactPipelinesError as error:
            self._breaks(section, feed.name, f"has a wrong value at {where}.path: {error}")
            return False
        return True

    def _location(self, name: str, entry: Any) -> LocationConfig | None:  # noqa: ANN401 - YAML
        keys = ("locations", name)
        try:
            _NAME.validate_python(name)
        except ValidationError:
            allowed = "a name is a to z, 0 to 9 and _, begins with a letter and has at most 50 characters."
            self._breaks("locations", name, f"has a wrong key at locations.{name}: {allowed}")
            return None
        try:
            if isinstance(entry, dict):
                require_no_secret(entry, SECRETS, self._path, keys)
            value = with_environment(entry, self._environment, self._path, keys)
            config: LocationConfig = _LOCATION.validate_python(value, context={"folder": self._path.absolute().parent})
        except ValidationError as error:
            self._breaks("locations", name, fault(error, LocationConfig, keys))
        except InvalidOption as error:
            self._breaks("locations", name, error)
        else:
            return config
        return None

    def _breaks(self, section: Section, name: str, error: str | InvalidOption) -> None:
        """Note what is wrong: a whole sentence in an exception, or the end of one that begins with the file."""
        said = f"The settings file {self._path} {error}" if isinstance(error, str) else str(error)
        self.broken.append(BrokenEntry(section=section, name=name, error=said))
