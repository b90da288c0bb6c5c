"""Paths and patterns within a location: checked, so that none leads out of it."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase

from contact_pipelines.errors import InvalidOption

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
