"""The artifact folder: `<artifacts>/<tenant>/<import id>/`, local or anywhere fsspec reaches (`s3://...`).

DuckDB, Polars and csv all work on local paths. On a local folder that is the artifact itself; elsewhere a file
is written aside and uploaded when complete, and downloaded once when read. A file appears whole or not at all.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec


class ArtifactFolder:
    """One import's files, by name. Names are ours (`staged_rows.parquet`), never a user's path."""

    def __init__(self, root: str | Path, tenant_id: str, import_id: str) -> None:
        """Take the folder of one import below `root`, a path or an fsspec URL."""
        self._fs, path = fsspec.core.url_to_fs(str(root))
        self._folder = f"{path.rstrip('/')}/{tenant_id}/{import_id}"
        self._local = "file" in (self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,))
        self._downloads: Path | None = None

    def url(self, name: str) -> str:
        """Where an artifact is, for people and metadata."""
        path = f"{self._folder}/{name}"
        return path if self._local else str(self._fs.unstrip_protocol(path))

    def exists(self, name: str) -> bool:
        """Whether the artifact is there, whole."""
        return bool(self._fs.exists(f"{self._folder}/{name}"))

    def size(self, name: str) -> int:
        """Return an artifact's size in bytes. Raises FileNotFoundError."""
        return int(self._fs.size(f"{self._folder}/{name}"))

    def names(self) -> list[str]:
        """Return the names of all files, also of what killed processes left; those in folders with their path."""
        return sorted(path.removeprefix(f"{self._folder}/") for path in self._fs.find(self._folder))

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Yield a local path to write to; the artifact appears under its name when the block ends well."""
        target = f"{self._folder}/{name}"
        if self._local:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            aside = Path(f"{target}.{uuid.uuid4().hex[:8]}.part")
        else:
            aside = self._download_folder() / f"{uuid.uuid4().hex}.part"
        try:
            yield aside
            if self._local:
                aside.replace(target)
            else:
                self._fs.put_file(str(aside), target)
                aside.replace(self._copy(name))  # what is read next is this version, not an earlier download
        finally:
            aside.unlink(missing_ok=True)

    def reading(self, name: str) -> Path:
        """Return a local path to read the artifact from. Raises FileNotFoundError."""
        source = f"{self._folder}/{name}"
        if self._local:
            if not Path(source).exists():
                raise FileNotFoundError(source)
            return Path(source)
        copy = self._copy(name)
        if not copy.exists():
            self._fs.get_file(source, str(copy))
        return copy

    def rename(self, name: str, new_name: str) -> None:
        """Give an artifact another name; one that had it is replaced. Raises FileNotFoundError."""
        self._forget_copy(name)
        self._forget_copy(new_name)
        self._fs.mv(f"{self._folder}/{name}", f"{self._folder}/{new_name}")

    def discard(self, name: str) -> None:
        """Remove an artifact, if it is there."""
        self._forget_copy(name)
        if self.exists(name):
            self._fs.rm_file(f"{self._folder}/{name}")

    def remove_empty_folders(self) -> None:
        """Remove what is left of the folder once its last file is gone; an object store has no folders."""
        if self._local and Path(self._folder).exists() and not self.names():
            shutil.rmtree(self._folder, ignore_errors=True)

    def scratch(self) -> Path:
        """Return a local folder for spilled data, to be removed by `close`."""
        return self._download_folder()

    def close(self) -> None:
        """Remove local scratch files; the artifacts stay."""
        if self._downloads is not None:
            shutil.rmtree(self._downloads, ignore_errors=True)
            self._downloads = None

    def _copy(self, name: str) -> Path:
        return self._download_folder() / name.replace("/", "_")

    def _forget_copy(self, name: str) -> None:
        if not self._local:
            self._copy(name).unlink(missing_ok=True)

    def _download_folder(self) -> Path:
        if self._downloads is None:
            # Beside the artifacts where that is possible: what a killed process leaves behind is removed with them,
            # and spilled contacts do not lie in a folder that the whole machine shares.
            beside = Path(self._folder) if self._local else None
            if beside is not None:
                beside.mkdir(parents=True, exist_ok=True)
            self._downloads = Path(tempfile.mkdtemp(prefix=".scratch-", dir=beside))
        return self._downloads
