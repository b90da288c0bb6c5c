"""Where an export's file goes, and publishing it under its name only when complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from contact_pipelines.errors import InvalidOption, LocationError
from contact_pipelines.files.artifacts import ArtifactFolder, export_folder
from contact_pipelines.files.locations import LocationConfig, is_address, open_location, resolve_source
from contact_pipelines.files.locations.location import aside_of, location_address, plain_path


class Target(Protocol):
    """A place for one file."""

    @property
    def location(self) -> str:
        """Where the file will be, for people: a path or URL."""

    @property
    def artifact(self) -> str | None:
        """The file's name among the artifacts; None if it goes elsewhere."""

    @contextmanager
    def writing(self, export_id: str) -> Iterator[tuple[Path, Callable[[], None]]]:
        """Yield a local path to write to, and a function that publishes the file under its name.

        A file that was not published is removed when the block ends.
        """


class LocalFile:
    """A local path."""

    artifact = None

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        """Raise InvalidOption if the file exists (unless `overwrite`), or its folder does not."""
        self._path, self._overwrite = path.expanduser().absolute(), overwrite
        if self._path.is_dir():
            raise InvalidOption(f"{path} is a folder; name a file in it.")
        if not self._path.parent.is_dir():
            raise InvalidOption(f"The folder {self._path.parent} does not exist.")
        if not overwrite and self._path.exists():
            raise self._exists()

    @property
    def location(self) -> str:
        """The path."""
        return str(self._path)

    @contextmanager
    def writing(self, export_id: str) -> Iterator[tuple[Path, Callable[[], None]]]:
        """Write to a temporary file next to the path; it is on disk before it is renamed."""
        aside = _aside(self._path, export_id)

        def publish() -> None:
            _to_disk(aside)
            if self._overwrite:
                aside.replace(self._path)
            else:
                self._link(aside)
            _to_disk(self._path.parent)

        try:
            yield aside, publish
        finally:
            _remove(aside)

    def _link(self, aside: Path) -> None:
        """Give the file its name, unless it is taken by now."""
        try:
            os.link(aside, self._path)
        except FileExistsError:
            raise self._exists() from None
        except OSError:  # a file system without hard links
            if self._path.exists():
                raise self._exists() from None
            aside.replace(self._path)

    def _exists(self) -> InvalidOption:
        return InvalidOption(f"{self._path} already exists; replace it with --overwrite, or choose another name.")


class ArtifactFile:
    """A file among the artifacts, kept for a time: `<artifacts>/<tenant>/exports/<id>/<name>`."""

    def __init__(self, root: str, tenant_id: str, export_id: str, name: str) -> None:
        self._folder = export_folder(root, tenant_id, export_id)
        self.artifact: str | None = name
        self._name = name

    @property
    def location(self) -> str:
        """The path or URL."""
        return self._folder.url(self._name)

    @contextmanager
    def writing(self, export_id: str) -> Iterator[tuple[Path, Callable[[], None]]]:
        """Write to a scratch file; publishing is a rename, or an upload where the artifacts are not local."""
        scratch = self._folder.scratch() / f"{export_id}.part"

        def publish() -> None:
            _to_disk(scratch)
            with self._folder.writing(self._name) as path:
                scratch.replace(path)

        try:
            yield scratch, publish
        finally:
            self._folder.close()


class LocationFile:
    """A file at a location of the settings file; an existing one is replaced."""

    artifact = None

    def __init__(self, name: str, config: LocationConfig, path: str, scratch: ArtifactFolder) -> None:
        """Write in the scratch folder of `scratch` first. Raises InvalidOption for a path with `..`."""
        self._name, self._config, self._path = name, config, plain_path(path)
        self._folder = scratch

    @property
    def location(self) -> str:
        """The address, such as sftp://LOCATION/path."""
        return location_address(self._name, self._config, self._path)

    @contextmanager
    def writing(self, export_id: str) -> Iterator[tuple[Path, Callable[[], None]]]:
        """Write on this machine; publishing is an upload, which gets its name when it is complete.

        Raises LocationError.
        """
        scratch = self._folder.scratch() / f"{export_id}.part"

        def publish() -> None:
            with open_location(self._name, self._config) as location:
                location.upload(scratch, self._path, token=export_id)

        try:
            yield scratch, publish
        finally:
            self._folder.close()


def remove_leftovers(location: str, export_id: str, locations: Mapping[str, LocationConfig]) -> None:
    """Remove the unfinished file that a killed process left next to a local path or at a location.

    A location that cannot be reached, or is no longer in the settings, keeps it.
    """
    if not is_address(location):
        _remove(_aside(Path(location), export_id))
        return
    with suppress(InvalidOption, LocationError):
        found = resolve_source(location, locations, trusted=False)
        assert found.location is not None  # noqa: S101 - an address names one
        with open_location(found.location, locations[found.location]) as place:
            place.delete(aside_of(found.path, export_id))


def _aside(path: Path, export_id: str) -> Path:
    return path.with_name(f".{path.name}.{export_id}.part")


def _remove(aside: Path) -> None:
    aside.unlink(missing_ok=True)
    shutil.rmtree(f"{aside}.d", ignore_errors=True)


def _to_disk(path: Path) -> None:
    """Flush a file, or the entries of a folder, to disk."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
