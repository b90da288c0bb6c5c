"""Land: copy the file once to the artifact folder; retries and reviews read the copy.

A source is a path of this machine, or an address at one of the settings' locations (`sftp://LOCATION/path`).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from contact_pipelines.errors import AlreadyImported, FileChanged, FileUnreadable
from contact_pipelines.files import duck
from contact_pipelines.files.artifact_names import SOURCE
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.files.locations import (
    Location,
    LocationConfig,
    ResolvedSource,
    open_location,
    resolve_source,
)
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.imports.stage.archives import require_size
from contact_pipelines.models import LandedFile
from contact_pipelines.settings.policy import Limits
from contact_pipelines.store import imports_table, reviews, watched_files

_BLOCK = 4 * 1024 * 1024


def run(session: ImportSession) -> LandedFile:
    """Copy the source into the artifacts, unless an earlier attempt has done so.

    Raises FileUnreadable, FileChanged if it changes meanwhile, FileNotImportable beyond `limits.file_bytes`,
    LocationError, and AlreadyImported if a feed took a file whose bytes it brought before; the import is `cancelled`
    then.
    """
    with session.step("land"):
        if session.record.file is not None and session.artifacts.exists(SOURCE):
            return session.record.file
        file = _land(session)
        with session.store.begin() as connection:
            imports_table.record_file(connection, session.record, file)
        session.update(file=file)
        _refuse_same_bytes(session, file)
        return file


def require_file(path: Path) -> None:
    """Raise FileUnreadable unless `path` is a file that this process may read."""
    if not path.exists():
        raise FileUnreadable(f"There is no file {path}; check the name and the folder.")
    if not path.is_file():
        raise FileUnreadable(f"{path} is not a file; name one file to import.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise FileUnreadable(f"The file {path} cannot be opened: {error.strerror}.") from None


def require_source(source: ResolvedSource, locations: Mapping[str, LocationConfig]) -> None:
    """Raise FileUnreadable if the file is missing, LocationError if its location cannot be checked."""
    if source.location is None:
        require_file(Path(source.path))
        return
    with open_location(source.location, locations[source.location]) as location:
        if location.stat(source.path) is None:
            raise _missing(location, source.path)


@contextmanager
def local_copy(source: str, locations: Mapping[str, LocationConfig]) -> Iterator[Path]:
    """Yield a local path to read a source from, downloading a location's file. For trusted doors only.

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


def _land(session: ImportSession) -> LandedFile:
    record, limits = session.record, session.policy.limits
    found = resolve_source(record.source, session.locations, trusted=True)  # checked at registration
    if found.location is None:
        return _copy(Path(found.path), session.artifacts, limits)
    wanted = None
    if record.feed is not None:
        with session.store.connect() as connection:
            wanted = watched_files.version_of(connection, record)
    with open_location(found.location, session.locations[found.location]) as location:
        return _download(location, found.path, session.artifacts, limits, wanted=wanted)


def _copy(source: Path, artifacts: ArtifactFolder, limits: Limits) -> LandedFile:
    """Copy a local file, hashing it on the way; if it grows, only its original size."""
    require_file(source)
    digest, size = hashlib.sha256(), 0
    before = source.stat()
    require_size(before.st_size, name=source.name, limits=limits)
    with artifacts.writing(SOURCE) as target:
        try:
            with source.open("rb") as reader, target.open("wb") as writer:
                while size <= before.st_size and (block := reader.read(_BLOCK)):
                    digest.update(block)
                    size += writer.write(block)
        except OSError as error:
            if duck.disk_is_full(error):
                raise
            raise FileUnreadable(f"The file {source} could not be copied: {error.strerror}.") from error
        after = source.stat()
        if size != before.st_size or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise FileChanged(f"The file {source} changed while it was read; import it again when it is complete.")
    return LandedFile(source.name, size, digest.hexdigest())


def _download(
    location: Location, path: str, artifacts: ArtifactFolder, limits: Limits, *, wanted: str | None
) -> LandedFile:
    """Copy a file from a location, and hash the copy. `wanted`: the version that the feed selected."""
    name = PurePosixPath(path).name
    before = location.stat(path)
    if before is None:
        raise _missing(location, path)
    if wanted not in (None, before.version):
        raise FileChanged(f"The file {path} at the location {location.name} has changed since it was selected.")
    require_size(before.size, name=name, limits=limits)
    with artifacts.writing(SOURCE) as target:
        location.download(path, target)
        size = target.stat().st_size
        if size != before.size or location.stat(path) != before:
            raise FileChanged(
                f"The file {path} at the location {location.name} changed while it was read; import it again when it is"
                " complete."
            )
        with target.open("rb") as copy:
            digest = hashlib.file_digest(copy, "sha256").hexdigest()
    return LandedFile(name, size, digest)


def _refuse_same_bytes(session: ImportSession, file: LandedFile) -> None:
    """Cancel the import if its feed has imported the same file before. A person's imports always run."""
    record = session.record
    if record.feed is None:
        return
    with session.store.begin() as connection:
        before = watched_files.imported_before(connection, record, file.sha256)
        if before is None:
            return
        why = f"{record.file_name} was already imported as {before.name}: it has the same bytes. Nothing was written."
        reviews.cancel(connection, record, why, code=AlreadyImported.code)
    session.artifacts.discard(SOURCE)
    raise AlreadyImported(why)


def _missing(location: Location, path: str) -> FileUnreadable:
    return FileUnreadable(f"There is no file {path} at the location {location.name}; check the name and the folder.")
