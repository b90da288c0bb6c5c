"""A disk without room, told from other faults: Python and DuckDB each have their own way to say so."""

from __future__ import annotations

import errno
import re

import duckdb

_FULL = frozenset(getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name))
_WORDS = re.compile(
    r"no space left on device|disk quota exceeded|file too large|not enough space on the disk|max_temp_directory_size",
    re.IGNORECASE,
)


def is_full(error: BaseException) -> bool:
    """Say whether a file could not be written for want of room: the disk, a quota or a limit of file sizes."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return isinstance(error, duckdb.Error) and _WORDS.search(str(error)) is not None
