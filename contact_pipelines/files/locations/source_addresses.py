"""What a person or a program names as a file to import: a path of this machine, or an address at a location.

An address is `sftp://LOCATION/path`, `s3://LOCATION/key` (or a location's bucket instead of its name) or
`local://LOCATION/path`. It never holds a user name or a secret, so it may be kept and shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contact_pipelines.errors import InvalidOption
from contact_pipelines.files.locations.configs import LocationConfig, S3Location
from contact_pipelines.files.locations.paths import plain_path

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
