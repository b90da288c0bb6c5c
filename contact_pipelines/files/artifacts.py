"""The artifact folder `<artifacts>/<tenant>/<import id>/`, local or on any fsspec file system.

DuckDB, Polars and csv work on local paths. In a local folder that is the artifact itself; elsewhere a file is uploaded
when complete and downloaded once when read. A file appears whole or not at all.

Scratch folders are local and belong to one process, which holds the lock of a file in them. The operating system frees
the lock when the process ends, however that happens; the next process removes a folder whose lock is free.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import fsspec

if sys.platform != "win32":
    import fcntl

_IN_USE = ".in_use"

SCRATCH = ".scratch"
"""The folder next to a tenant's imports for the temporary files of processes."""


class ScratchFolder:
    """A temporary folder of this process; `close` removes it."""

    def __init__(self, parent: Path, prefix: str) -> None:
        """Make it in `parent`, with a name that begins with `prefix`, and remove what dead processes left there."""
        parent.mkdir(parents=True, exist_ok=True)
        remove_dead(parent, prefix)
        self._lock: IO[bytes] | None = None
        while self._lock is None:  # another process may have taken ours for a dead one's before it was locked
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            self._lock = _locked(self.path / _IN_USE)

    def close(self) -> None:
        """Remove the folder and its content."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        shutil.rmtree(self.path, ignore_errors=True)


def remove_dead(parent: Path, prefix: str) -> None:
    """Remove the scratch folders there whose processes have died."""
    for folder in parent.glob(f"{prefix}*"):
        _remove_if_dead(folder)


def _locked(path: Path) -> IO[bytes] | None:
    """Create the file and lock it; None if another process removes it at that moment."""
    try:
        file = path.open("xb")
    except FileNotFoundError:
        return None
    if sys.platform != "win32":  # there, an open file cannot be removed, and that is lock enough
        fcntl.flock(file, fcntl.LOCK_EX)
    if not path.exists():
        file.close()
        return None
    return file


def _remove_if_dead(folder: Path) -> None:
    with suppress(OSError):  # in use, another user's, or gone by now
        if not (folder / _IN_USE).exists():
            folder.rmdir()  # only if empty: it is just being made, or its process died then
        elif sys.platform == "win32":
            (folder / _IN_USE).unlink()
            shutil.rmtree(folder)
        else:
            with (folder / _IN_USE).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)


class ArtifactFolder:
    """One import's files, by name. Names are ours (`staged_rows.parquet`), never a user's path."""

    def __init__(self, root: str | Path, tenant_id: str, import_id: str) -> None:
        """Take the folder of one import below `root`, a path or an fsspec URL."""
        self._fs, path = fsspec.core.url_to_fs(str(root))
        self._tenant_folder = f"{path.rstrip('/')}/{tenant_id}"
        self._folder = f"{self._tenant_folder}/{import_id}"
        self._local = "file" in (self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,))
        self._scratch: ScratchFolder | None = None

    def url(self, name: str) -> str:
        """Where an artifact is, for people and metadata."""
        path = f"{self._folder}/{name}"
        return path if self._local else str(self._fs.unstrip_protocol(path))

    @property
    def local_folder(self) -> Path:
        """The folder on the disk that fills up: of all artifacts, or of temporary files if those are elsewhere."""
        return Path(self._tenant_folder).parent if self._local else Path(tempfile.gettempdir())

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
        aside = self.scratch() / f"{uuid.uuid4().hex}.part"
        try:
            yield aside
            if self._local:
                Path(target).parent.mkdir(parents=True, exist_ok=True)
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
        """Rename an artifact; an existing one of that name is replaced. Raises FileNotFoundError."""
        self._forget_copy(name)
        self._forget_copy(new_name)
        self._fs.mv(f"{self._folder}/{name}", f"{self._folder}/{new_name}")

    def discard(self, name: str) -> None:
        """Remove an artifact, if it is there."""
        self._forget_copy(name)
        if self.exists(name):
            self._fs.rm_file(f"{self._folder}/{name}")

    def remove(self) -> None:
        """Remove the whole folder, including what killed processes left in it."""
        self.close()
        if self._fs.exists(self._folder):
            self._fs.rm(self._folder, recursive=True)

    def remove_empty_folders(self) -> None:
        """Remove the folder if its last file is gone; object stores have no folders."""
        if self._local and Path(self._folder).exists() and not self.names():
            shutil.rmtree(self._folder, ignore_errors=True)

    def scratch(self) -> Path:
        """Return a local folder for spilled data, to be removed by `close`. Those of dead processes are removed."""
        if self._scratch is None:
            self._scratch = ScratchFolder(*self._scratch_place())
        return self._scratch.path

    def remove_dead_scratch(self) -> None:
        """Remove the local files that dead processes left of this tenant's imports."""
        remove_dead(*self._scratch_place())

    def close(self) -> None:
        """Remove local scratch files; the artifacts stay."""
        if self._scratch is not None:
            self._scratch.close()
            self._scratch = None

    def _scratch_place(self) -> tuple[Path, str]:
        # Beside the artifacts where that is possible: an artifact is renamed into its place, and spilled contacts do
        # not lie in a folder that the whole machine shares.
        if self._local:
            return Path(self._tenant_folder) / SCRATCH, ""
        return Path(tempfile.gettempdir()), "contact-pipelines-scratch-"

    def _copy(self, name: str) -> Path:
        return self.scratch() / name.replace("/", "_")

    def _forget_copy(self, name: str) -> None:
        if not self._local:
            self._copy(name).unlink(missing_ok=True)


def export_folder(root: str, tenant_id: str, export_id: str) -> ArtifactFolder:
    """Return the folder of one export."""
    return ArtifactFolder(root, f"{tenant_id}/exports", export_id)
