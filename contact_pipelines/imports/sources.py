"""Where a file to import comes from: a path of this machine, or a location of the settings."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from contact_pipelines.errors import FileUnreadable
from contact_pipelines.files.locations import LocationConfig, ResolvedSource, is_address, open_location, resolve_source
from contact_pipelines.imports import landing
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.models import LandedFile


def require_source(source: ResolvedSource, locations: Mapping[str, LocationConfig]) -> None:
    """Raise FileUnreadable unless the file is there; LocationError if its location cannot be asked."""
    if source.location is None:
        landing.require_file(Path(source.path))
        return
    with open_location(source.location, locations[source.location]) as location:
        if location.stat(source.path) is None:
            raise FileUnreadable(
                f"There is no file {source.path} at the location {location.name}; check the name and the folder."
            )


def land_source(session: ImportSession, *, version: str | None = None) -> LandedFile:
    """Copy the import's source into its artifacts. `version`: the only one that is wanted. Raises as `landing` does."""
    source = session.record.source
    if not is_address(source):
        return landing.land(Path(source), session.artifacts)
    found = resolve_source(source, session.locations, trusted=False)
    assert found.location is not None  # noqa: S101 - an address names one
    with open_location(found.location, session.locations[found.location]) as location:
        return landing.land_from_location(
            location,
            found.path,
            session.artifacts,
            version=version,
            most_bytes=session.house.limits.file_bytes,
        )


@contextmanager
def local_copy(source: str, locations: Mapping[str, LocationConfig]) -> Iterator[Path]:
    """Lend a local path to read a source from, which a trusted door named; a location's file is copied for it.

    Raises FileUnreadable, InvalidOption and LocationError.
    """
    found = resolve_source(source, locations, trusted=True)
    if found.location is None:
        yield Path(found.path)
        return
    with tempfile.TemporaryDirectory(prefix="contact-pipelines-") as folder:
        path = Path(folder) / PurePosixPath(found.path).name
        with open_location(found.location, locations[found.location]) as location:
            location.download(found.path, path)
        yield path
