"""Where an export's file goes: it is written aside and appears under its name whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from contact_pipelines.errors import InvalidOption, LocationError
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.files.locations import LocationConfig, is_address, open_location, resolve_source
from contact_pipelines.files.locations.location import aside_of, location_address, plain_path


class Target(Protocol):
    """A place for one file. `location` is what people are told, `artifact` its name if it is kept by us."""

    @property
    def location(self) -> str:
        """Where the file will be: a path or URL."""

    @property
    def artifact(self) -> str | None:
        """The file's name among the artifacts; None if it belongs to somebody else."""

    @contextmanager
    def writing(self, export_id: str) -> Iterator[tuple[Path, Callable[[], None]]]:
        """Yield a local path to write to, and what publishes the file there under its name.

        What was not published when the block ends is removed.
        """


class LocalFile:
    """A path of the person's own."""

    artifact = None

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        """Raise InvalidOption if there is a file already (unless `overwrite`), or no folder for it."""
        self._path, self._overwrite = path.expanduser().absolute(), overwrite
        if self._path.is_dir():
            raise InvalidOption(f"{path} is a folder; name a file in it.")
        if not self._path.parent.is_dir():
            raise InvalidOption(f"There is no folder {self._path.parent}; make it, or write the file elsewhere.")
        if not overwrite and self._path.exists():
            raise self._exists()

    @property
    def location(self) -> str:
        """The path."""
        return str(self._path)

    @contextmanager
    def writing(self, export_id: str) -> Iterator[tuple[Path, Callable[[], None]]]:
        """Write beside the path. The file is on the disk before it has its name."""
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
        """Give the file its name unless another has it by now."""
        try:
            os.link(aside, self._path)
        except FileExistsError:
            raise self._exists() from None
        except OSError:  # a file system without hard links
            if self._path.exists():
                raise self._exists() from None
            aside.replace(self._path)

    def _exists(self) -> InvalidOption:
        return InvalidOption(f"{self._path} exists; replace it with --overwrite, or choose another name.")


class ArtifactFile:
    """A file among the artifacts: `<artifacts>/<tenant>/exports/<id>/<name>`, where it is kept for a time."""

    def __init__(self, root: str, tenant_id: str, export_id: str, name: str) -> None:
        self._folder = artifact_folder(root, tenant_id, export_id)
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
    """A file at a location of the settings file; one that has its name already is replaced."""

    artifact = None

    def __init__(self, name: str, config: LocationConfig, path: str, scratch: ArtifactFolder) -> None:
        """`scratch`: of which artifacts the file is written aside. Raises InvalidOption for a path that leads out."""
        self._name, self._config, self._path = name, config, plain_path(path)
        self._folder = scratch

    @property
    def location(self) -> str:
        """Its address: sftp://LOCATION/path."""
        return location_address(self._name, self._config, self._path)

    @contextmanager
    def writing(self, export_id: str) -> Iterator[tuple[Path, Callable[[], None]]]:
        """Write on this machine; publishing is an upload, which appears under its name when it is whole.

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


def artifact_folder(root: str, tenant_id: str, export_id: str) -> ArtifactFolder:
    """Return the folder of one export."""
    return ArtifactFolder(root, f"{tenant_id}/exports", export_id)


def remove_leftovers(location: str, export_id: str, locations: Mapping[str, LocationConfig]) -> None:
    """Remove what a killed process left beside the file's place: a path of this machine, or one at a location.

    A location that is away, or is not in the settings any more, keeps its hidden file.
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
    """Let the disk have a file, or the names in a folder."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
