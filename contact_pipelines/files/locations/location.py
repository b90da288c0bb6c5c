"""A location: its settings, its operations, the paths within it, and the addresses of its files.

A new type needs an entry model in `LocationConfig`, a line in `_KINDS`, and a module named after it.
"""

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

GLOB = re.compile(r"[*?\[]")

_LONGEST_PATH = 1024
_TEMPORARY_ENDINGS = (
    ".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".download", ".swp", ".writing", ".uploading",
    ".inprogress", "._copying_", "~",
)  # fmt: skip
_TEMPORARY_BEGINNINGS = (".", "~$")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_SCHEMES = ("local", "s3", "sftp")


def _from_the_settings_folder(path: Path, info: ValidationInfo) -> Path:
    """Resolve a relative path from the settings file's folder, wherever the process was started."""
    folder = (info.context or {}).get("folder")
    expanded = path.expanduser()
    return (Path(folder) / expanded if folder is not None else expanded).absolute()


SettingsPath = Annotated[Path, AfterValidator(_from_the_settings_folder)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LocalLocation(_Strict):
    """A folder of this machine. Nothing outside of it is read or written, not even through a link."""

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
    """A file at a location: path, size in bytes, time of the last change, and version.

    The version changes when the file is written again, as far as the location can tell: it is made of size and time, or
    on S3 of ETag and time.
    """

    path: str
    size: int
    modified: datetime | None
    version: str


class Location(ABC):
    """An open location; `close` it, or use `with`. Connects on first use.

    Paths are those of `checked_path`. Every method raises LocationUnreachable (try again) or LocationError
    (something has to be changed), with a sentence that names the location and holds no secret.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def list(self, pattern: str) -> list[RemoteFile]:
        """Return a folder's files whose names match, by path. Raises LocationError if the folder is missing."""

    @abstractmethod
    def stat(self, path: str) -> RemoteFile | None:
        """Return a file's size and version; None if there is no such file."""

    @abstractmethod
    def download(self, path: str, to: Path) -> None:
        """Copy a file to a local path. Raises FileUnreadable if it is not there, FileChanged if it is cut short."""

    @abstractmethod
    def upload(self, source: Path, path: str, *, token: str) -> None:
        """Copy a local file here, replacing one of that name. It appears under its name only when it is complete.

        Until then it is called `aside_of(path, token)`; a killed process leaves that behind. On S3 nothing is visible
        before (the parts of a large upload stay until the bucket's lifecycle rule removes them).
        """

    @abstractmethod
    def move(self, path: str, new_path: str) -> None:
        """Move a file within this location, making folders; an existing file is replaced."""

    @abstractmethod
    def delete(self, path: str) -> None:
        """Delete a file, if it is there."""

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


_KINDS = {"local": ("LocalFolder", ""), "sftp": ("SftpFolder", "asyncssh"), "s3": ("S3Folder", "s3fs")}
"""By type: the class, in the module of that name, and the optional library that it needs."""


def open_location(name: str, config: LocationConfig) -> Location:
    """Return the location, not connected yet. Raises LocationError if its library is not installed."""
    kind, library = _KINDS[config.type]
    try:
        if library:
            import_module(library)
    except ImportError:
        raise LocationError(
            f"The location {name} needs a library that is not installed:"
            f" pip install 'contact-pipelines[{config.type}]'."
        ) from None
    location: Location = getattr(import_module(f"contact_pipelines.files.locations.{config.type}"), kind)(name, config)
    return location


def checked_path(path: str) -> str:
    """Return a path as locations take it, without leading slash. Raises InvalidOption if it might leave the folder."""
    relative = path.strip("/")
    parts = relative.split("/")
    if not relative or len(path) > _LONGEST_PATH:
        raise InvalidOption(f"A path within a location has 1 to {_LONGEST_PATH} characters.")
    if any(part in ("", ".", "..") for part in parts):
        raise InvalidOption(f"The path {path!r} has an empty part, . or .. in it; name folders and a file.")
    if "::" in path or "\\" in path or not path.isprintable():
        raise InvalidOption(f"The path {path!r} holds ::, a backslash or a control character, which no path may.")
    return relative


def plain_path(path: str) -> str:
    """Return `checked_path` of one file. Raises InvalidOption for a pattern as well."""
    if GLOB.search(path):
        raise InvalidOption(f"The path {path!r} is a pattern (* ? [); name one file.")
    return checked_path(path)


def checked_pattern(pattern: str) -> str:
    """Return a pattern as locations take it: folders, then a name with * ? []. Raises InvalidOption."""
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
    """Return whether a file's name matches the pattern, case-sensitively on every system."""
    return fnmatchcase(name, pattern)


def fixed_beginning(pattern: str) -> str:
    """Return the beginning that all names matching the pattern share."""
    found = GLOB.search(pattern)
    return pattern[: found.start()] if found else pattern


def aside_of(path: str, token: str) -> str:
    """Return the hidden path, next to its own, under which a file is written until it is complete."""
    folder, name = posixpath.split(path)
    return posixpath.join(folder, f".{name}.{token}.part")


def is_temporary(name: str) -> bool:
    """Return whether a name belongs to a hidden file or one still being written."""
    lower = name.lower()
    return lower.startswith(_TEMPORARY_BEGINNINGS) or lower.endswith(_TEMPORARY_ENDINGS)


@dataclass(frozen=True)
class ResolvedSource:
    """A file to import: `path` within the location, or, without one, of this machine."""

    location: str | None
    path: str
    scheme: str = ""

    @property
    def address(self) -> str:
        """The form stored in the import's record."""
        return self.path if self.location is None else f"{self.scheme}://{self.location}/{self.path}"


def is_address(text: str) -> bool:
    """Return whether a text is an address such as sftp://LOCATION/path, valid or not, rather than a path."""
    return _ADDRESS.match(text) is not None


def resolve_source(text: str, locations: Mapping[str, LocationConfig], *, trusted: bool) -> ResolvedSource:
    """Return the file that a door was asked to import. Raises InvalidOption, which says what may be named.

    `trusted`: only users of this machine reach the door, so it may name any local path; other doors may only name
    configured locations. No door may chain URLs, use a pattern or leave a location's folder.
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
    """Return a bucket's key as a path within the location, which is a folder of the bucket."""
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
