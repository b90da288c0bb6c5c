"""What every kind of location can do."""

from __future__ import annotations

import posixpath
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, model_validator

from contact_pipelines.errors import InvalidOption, LocationError


def _from_the_settings_folder(path: Path, info: ValidationInfo) -> Path:
    """Let a relative path start at the folder of the settings file, wherever the process was started."""
    folder = (info.context or {}).get("folder")
    expanded = path.expanduser()
    return (Path(folder) / expanded if folder is not None else expanded).absolute()


SettingsPath = Annotated[Path, AfterValidator(_from_the_settings_folder)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LocalLocation(_Strict):
    """A folder that this machine sees. Nothing outside of it is ever read or written, also not through a link."""

    type: Literal["local"]
    path: SettingsPath = Field(description="The folder; a relative one starts at the settings file's folder")


class SftpLocation(_Strict):
    """A folder of an SFTP server. Signs in with a password, or a key: a file, or its text from the environment."""

    type: Literal["sftp"]
    host: str = Field(min_length=1)
    port: int = Field(22, ge=1, le=65535)
    username: str = Field(min_length=1)
    known_hosts: SettingsPath = Field(description="File of the host keys that are trusted, as ssh-keyscan prints them")
    password: SecretStr | None = Field(None, description="From the environment only")
    key_file: SettingsPath | None = Field(None, description="The private key's file")
    key: SecretStr | None = Field(None, description="The private key's text, from the environment only")
    passphrase: SecretStr | None = Field(None, description="Of the private key; from the environment only")
    path: str = Field("/", description="The folder on the server; . is the one that signing in leads to", min_length=1)
    timeout: float = Field(20.0, gt=0, le=600, description="Seconds to connect and to sign in")

    @model_validator(mode="after")
    def _one_way_in(self) -> SftpLocation:
        given = [name for name in ("password", "key_file", "key") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("needs one of password, key_file and key, to sign in with")
        return self


class S3Location(_Strict):
    """A bucket of S3 or of a store that speaks its protocol. Without `key` the environment's credentials are used."""

    type: Literal["s3"]
    bucket: str = Field(min_length=3, max_length=63, pattern=r"^[a-z0-9][a-z0-9.-]+$")
    prefix: str = Field("", description="The folder in the bucket; all of it unless given")
    endpoint_url: str | None = Field(None, description="Of a compatible store: https://...", pattern=r"^https?://")
    region: str | None = None
    key: SecretStr | None = Field(None, description="The access key's id, from the environment only")
    secret: SecretStr | None = Field(None, description="The secret access key, from the environment only")
    token: SecretStr | None = Field(None, description="A session's token, from the environment only")
    timeout: float = Field(20.0, gt=0, le=600, description="Seconds to connect, and for each answer")

    @model_validator(mode="after")
    def _whole_key(self) -> S3Location:
        if (self.key is None) is not (self.secret is None):
            raise ValueError("needs key and secret together, or neither")
        return self


LocationConfig = Annotated[LocalLocation | SftpLocation | S3Location, Field(discriminator="type")]

SECRETS = frozenset({"password", "key", "passphrase", "secret", "token"})
"""Keys of a location that may be written as {env: NAME} only."""


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


GLOB = re.compile(r"[*?\[]")

_LONGEST = 1024
_TEMPORARY_ENDINGS = (
    ".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".download", ".swp", ".writing", ".uploading",
    ".inprogress", "._copying_", "~",
)  # fmt: skip
_TEMPORARY_BEGINNINGS = (".", "~$")


def checked_path(path: str) -> str:
    """Return a path as a location takes it, without leading slash. Raises InvalidOption if it might lead out."""
    relative = path.strip("/")
    parts = relative.split("/")
    if not relative or len(path) > _LONGEST:
        raise InvalidOption(f"A path within a location has 1 to {_LONGEST} characters.")
    if any(part in ("", ".", "..") for part in parts):
        raise InvalidOption(f"The path {path!r} has an empty part, . or .. in it; name folders and a file.")
    if "::" in path or "\\" in path or not path.isprintable():
        raise InvalidOption(f"The path {path!r} holds ::, a backslash or a control character, which no path may.")
    return relative


def plain_path(path: str) -> str:
    """Return `checked_path` of one file. Raises InvalidOption for a pattern too."""
    if GLOB.search(path):
        raise InvalidOption(f"The path {path!r} is a pattern (* ? [); name one file.")
    return checked_path(path)


def checked_pattern(pattern: str) -> str:
    """Return a pattern as a location takes it: folders, then a name with * ? []. Raises InvalidOption."""
    relative = checked_path(pattern)
    folder = posixpath.dirname(relative)
    if GLOB.search(folder):
        raise InvalidOption(
            f"The pattern {pattern!r} has * ? or [ in a folder; they may stand in the file's name only."
        )
    return relative


def split_pattern(pattern: str) -> tuple[str, str]:
    """Return the folder (empty: the location's own) and the name's pattern."""
    folder, name = posixpath.split(checked_pattern(pattern))
    return folder, name


def matches(name: str, pattern: str) -> bool:
    """Say whether a file's name fits the pattern; upper and lower case differ, on every system."""
    return fnmatchcase(name, pattern)


def fixed_beginning(pattern: str) -> str:
    """Return what every name that fits the pattern begins with."""
    found = GLOB.search(pattern)
    return pattern[: found.start()] if found else pattern


def aside_of(path: str, token: str) -> str:
    """Return the hidden path under which a file is written, beside its own, until it is whole."""
    folder, name = posixpath.split(path)
    return posixpath.join(folder, f".{name}.{token}.part")


def is_temporary(name: str) -> bool:
    """Say whether a file's name shows that somebody is still writing it, or that it is hidden."""
    lower = name.lower()
    return lower.startswith(_TEMPORARY_BEGINNINGS) or lower.endswith(_TEMPORARY_ENDINGS)


_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_SCHEMES = ("local", "s3", "sftp")


@dataclass(frozen=True)
class ResolvedSource:
    """A file to import: `path` within the location, or, without one, of this machine."""

    location: str | None
    path: str
    scheme: str = ""

    @property
    def address(self) -> str:
        """What is kept in the import's record."""
        return self.path if self.location is None else f"{self.scheme}://{self.location}/{self.path}"


def is_address(text: str) -> bool:
    """Say whether a text is an address such as sftp://LOCATION/path, right or wrong, and not a path."""
    return _ADDRESS.match(text) is not None


def resolve_source(text: str, locations: Mapping[str, LocationConfig], *, trusted: bool) -> ResolvedSource:
    """Return what a door was given as the file to import. Raises InvalidOption that says what may be named.

    `trusted`: the door is one that only people of this machine reach; it may name any local path. Others may name
    configured locations only. Neither may chain URLs, use a pattern or lead out of a location's folder.
    """
    found = _ADDRESS.match(text)
    if found is None:
        if not trusted:
            raise InvalidOption(f"Files of the server's own folders cannot be named here; {_how(locations)}")
        return ResolvedSource(None, str(Path(text).expanduser().absolute()))
    scheme, rest = found[1].lower(), found[2]
    if scheme not in _SCHEMES:
        raise InvalidOption(f"Files cannot be taken from {scheme}://; {_how(locations)}")
    name, _, path = rest.partition("/")
    if "@" in name or ":" in name:
        raise InvalidOption(f"An address names a location, no user, password or port; {_how(locations)}")
    return _at_location(scheme, name, path, locations)


def location_address(name: str, config: LocationConfig, path: str) -> str:
    """Return the address of a file at a location."""
    return ResolvedSource(name, path, config.type).address


def _at_location(scheme: str, name: str, path: str, locations: Mapping[str, LocationConfig]) -> ResolvedSource:
    config = locations.get(name)
    if config is not None and config.type == scheme:
        return ResolvedSource(name, plain_path(path), scheme)
    if scheme == "s3":
        for known, other in locations.items():
            if isinstance(other, S3Location) and other.bucket == name:
                return ResolvedSource(known, _below(other.prefix.strip("/"), plain_path(path), known), scheme)
    raise InvalidOption(f"There is no {scheme} location {name!r}; {_how(locations)}")


def _below(prefix: str, key: str, name: str) -> str:
    """Return a bucket's key as a path of the location that is a folder of it."""
    if not prefix:
        return key
    if not key.startswith(f"{prefix}/"):
        raise InvalidOption(f"The location {name} is the folder {prefix} of its bucket; {key!r} is outside of it.")
    return key.removeprefix(f"{prefix}/")


def _how(locations: Mapping[str, LocationConfig]) -> str:
    if not locations:
        return "name a location of the settings file, such as sftp://LOCATION/file.csv; there is none yet."
    known = ", ".join(f"{config.type}://{name}/" for name, config in sorted(locations.items()))
    return f"the locations of the settings file are {known}"
