"""Land: copy a source once into the artifact folder. Retries and reviews read this copy, never the source again."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from contact_pipelines.errors import FileChanged, FileNotImportable, FileUnreadable
from contact_pipelines.files import disk
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.files.locations import Location
from contact_pipelines.models import LandedFile

LANDED = "source"
"""Name of the landed copy among the artifacts; the file's own name stays in the import's record."""

_BLOCK = 4 * 1024 * 1024


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


def land(source: Path, artifacts: ArtifactFolder) -> LandedFile:
    """Copy the file and take its size and SHA-256 on the way. Raises FileUnreadable, also if it changes meanwhile."""
    require_file(source)
    digest, size = hashlib.sha256(), 0
    before = source.stat()
    with artifacts.writing(LANDED) as target:
        try:
            with source.open("rb") as reader, target.open("wb") as writer:
                while block := reader.read(_BLOCK):
                    digest.update(block)
                    size += writer.write(block)
        except OSError as error:
            if disk.is_full(error):
                raise
            raise FileUnreadable(f"The file {source} could not be copied: {error.strerror}.") from error
        after = source.stat()
        if (before.st_size, before.st_mtime_ns) != (
            after.st_size,
            after.st_mtime_ns,
        ) or size != after.st_size:
            raise FileChanged(f"The file {source} changed while it was read; import it again when it is complete.")
    return LandedFile(source.name, size, digest.hexdigest())


def land_from_location(
    location: Location,
    path: str,
    artifacts: ArtifactFolder,
    *,
    version: str | None = None,
    most_bytes: int | None = None,
) -> LandedFile:
    """Copy a file of a location, and take its size and SHA-256 from the copy.

    `version`: the one that is wanted, as the location told it; another one is refused. Raises FileUnreadable,
    FileChanged also if it changes meanwhile, FileNotImportable beyond `most_bytes`, and LocationError.
    """
    before = location.stat(path)
    if before is None:
        raise FileUnreadable(f"There is no file {path} at the location {location.name}; check the name and the folder.")
    if version not in (None, before.version):
        raise FileChanged(f"The file {path} at the location {location.name} has changed since it was chosen.")
    if most_bytes is not None and before.size > most_bytes:
        raise FileNotImportable(
            f"{PurePosixPath(path).name} has {before.size:,} bytes; at most {most_bytes:,} can be imported. Split"
            " it, or raise limits.file_bytes in the settings."
        )
    with artifacts.writing(LANDED) as target:
        location.download(path, target)
        size = target.stat().st_size
        if size != before.size or location.stat(path) != before:
            raise FileChanged(
                f"The file {path} at the location {location.name} changed while it was read; import it again when it is"
                " complete."
            )
        with target.open("rb") as copy:
            digest = hashlib.file_digest(copy, "sha256").hexdigest()
    return LandedFile(PurePosixPath(path).name, size, digest)
