"""What every kind of location can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from types import TracebackType

from contact_pipelines.errors import LocationError
from contact_pipelines.files.locations.configs import LocalLocation, LocationConfig, S3Location, SftpLocation


@dataclass(frozen=True)
class RemoteFile:
    """A file at a location: its path there, size in bytes, when it was last changed, and its version.

    The version is a text that differs whenever the file was written again, as far as the place can tell: from size and
    time, or on S3 from ETag and time.
    """

    path: str
    size: int
    modified: datetime | None
    version: str


class Location(ABC):
    """One opened location; `close` it, or use `with`. Connects when it is first asked for something.

    Paths are those of `paths.checked_path`. Every method raises LocationUnreachable (try again) or LocationError
    (somebody has to change something), with a sentence that names the location and holds no secret.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def list(self, pattern: str) -> list[RemoteFile]:
        """Return the files of one folder whose names fit, by path. Raises LocationError if there is no such folder."""

    @abstractmethod
    def stat(self, path: str) -> RemoteFile | None:
        """Return what is known of a file; None if there is none."""

    @abstractmethod
    def download(self, path: str, to: Path) -> None:
        """Copy a file to a local path. Raises FileUnreadable if it is not there, FileChanged if it is cut short."""

    @abstractmethod
    def upload(self, source: Path, path: str, *, token: str) -> None:
        """Copy a local file here. It appears under its name when it is whole, replacing one of that name.

        Until then it is `paths.aside_of(path, token)`, which a process that is killed leaves behind. On S3 nothing is
        seen of it (the parts of a large one stay until the bucket's lifecycle rule for them).
        """

    @abstractmethod
    def move(self, path: str, new_path: str) -> None:
        """Give a file another path at this location, making folders; one that has it already is replaced."""

    @abstractmethod
    def delete(self, path: str) -> None:
        """Delete a file; one that is not there is no error."""

    @abstractmethod
    def check(self) -> None:
        """Raise LocationError unless the location's folder can be listed."""

    def close(self) -> None:  # noqa: B027 - most have nothing to close
        """End the connection."""

    def __enter__(self) -> Location:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_location(name: str, config: LocationConfig) -> Location:
    """Return the location, not connected yet. Raises LocationError if the library that it needs is not installed."""
    if isinstance(config, LocalLocation):
        from contact_pipelines.files.locations.local import LocalFolder

        return LocalFolder(name, config)
    if isinstance(config, SftpLocation):
        _require("asyncssh", "sftp", name)
        from contact_pipelines.files.locations.sftp import SftpFolder

        return SftpFolder(name, config)
    assert isinstance(config, S3Location)  # noqa: S101 - the settings know no other
    _require("s3fs", "s3", name)
    from contact_pipelines.files.locations.s3 import S3Folder

    return S3Folder(name, config)


def _require(module: str, extra: str, name: str) -> None:
    try:
        import_module(module)
    except ImportError:
        raise LocationError(
            f"The location {name} needs a library that is not installed: pip install 'contact-pipelines[{extra}]'."
        ) from None
