"""Land: copy a source once into the artifact folder. Retries and reviews read this copy, never the source again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from contact_pipelines.errors import FileUnreadable
from contact_pipelines.files import disk
from contact_pipelines.files.artifacts import ArtifactFolder
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
            raise FileUnreadable(f"The file {source} changed while it was read; import it again when it is complete.")
    return LandedFile(source.name, size, digest.hexdigest())
