"""A local folder as a location."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG

from typing_extensions import override

from contact_pipelines.errors import FileUnreadable, LocationError
from contact_pipelines.files.locations.location import (
    LocalLocation,
    Location,
    RemoteFile,
    aside_of,
    checked_path,
    matches,
    plain_path,
    split_pattern,
)


class LocalFolder(Location):
    """A folder of this machine. Links are followed if they lead to something within it."""

    def __init__(self, name: str, config: LocalLocation) -> None:
        super().__init__(name)
        self._base = config.path

    @override
    def list(self, pattern: str) -> list[RemoteFile]:
        folder, wanted = split_pattern(pattern)
        with self._plain_errors(folder or "its folder"):
            here = self._inside(folder) if folder else self._root()
            names = [entry.name for entry in os.scandir(here) if matches(entry.name, wanted)]
            found = (self._stat(f"{folder}/{name}".lstrip("/")) for name in names)
            return sorted((file for file in found if file is not None), key=lambda file: file.path)

    @override
    def stat(self, path: str) -> RemoteFile | None:
        with self._plain_errors(path):
            return self._stat(plain_path(path))

    @override
    def download(self, path: str, to: Path) -> None:
        with self._plain_errors(path):
            source = self._inside(plain_path(path))
            if not source.is_file():
                raise FileUnreadable(f"There is no file {path} at the location {self.name}.")
            shutil.copyfile(source, to, follow_symlinks=False)

    @override
    def upload(self, source: Path, path: str, *, token: str) -> None:
        with self._plain_errors(path):
            target = self._target(path)
            aside = Path(aside_of(str(target), token))
            try:
                shutil.copyfile(source, aside)
                aside.replace(target)
            finally:
                aside.unlink(missing_ok=True)

    @override
    def move(self, path: str, new_path: str) -> None:
        with self._plain_errors(path):
            self._unresolved(path).replace(self._target(new_path))

    @override
    def delete(self, path: str) -> None:
        with self._plain_errors(path):
            self._unresolved(path).unlink(missing_ok=True)

    @override
    def check(self) -> None:
        with self._plain_errors("its folder"):
            next(os.scandir(self._root()), None)

    def _root(self) -> Path:
        return Path(os.path.realpath(self._base))

    def _inside(self, path: str) -> Path:
        """Resolve a path. Raises LocationError if it leads out of the folder."""
        root = self._root()
        real = Path(os.path.realpath(root / checked_path(path)))
        if not real.is_relative_to(root):
            raise LocationError(f"{path} leads out of the folder of the location {self.name}; it is not followed.")
        return real

    def _unresolved(self, path: str) -> Path:
        """Resolve a path's folder only, so that a link is moved or deleted rather than its target."""
        relative = plain_path(path)
        self._inside(relative)
        folder, _, name = relative.rpartition("/")
        return (self._inside(folder) if folder else self._root()) / name

    def _target(self, path: str) -> Path:
        relative = plain_path(path)
        self._inside(relative)
        if not self._root().is_dir():  # perhaps a disk that is not mounted
            raise LocationError(f"The folder of the location {self.name} does not exist; create it, or mount it.")
        folder = relative.rpartition("/")[0]
        if folder:
            self._inside(folder).mkdir(parents=True, exist_ok=True)
        return self._unresolved(path)

    def _stat(self, path: str) -> RemoteFile | None:
        try:
            found = self._inside(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except LocationError:
            return None  # a link that leads out: ignored
        if not S_ISREG(found.st_mode):
            return None
        modified = datetime.fromtimestamp(found.st_mtime, UTC)
        return RemoteFile(path, found.st_size, modified, f"{found.st_size}-{found.st_mtime_ns}")

    @contextmanager
    def _plain_errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError):
            raise LocationError(
                f"The location {self.name} is missing {what}; create it, or correct the path."
            ) from None
        except OSError as error:
            raise LocationError(f"The location {self.name} refuses {what}: {error.strerror}.") from None
