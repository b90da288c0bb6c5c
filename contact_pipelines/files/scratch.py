"""Scratch folders: local, of one process each, and removed by the next one if that process died.

Whoever uses a folder holds the lock of a file in it, which the operating system frees with the process, however that
ends. So a folder whose lock is free is nobody's, and its contacts' data goes.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

_IN_USE = ".in_use"


class ScratchFolder:
    """A folder of this process; `close` removes it."""

    def __init__(self, parent: Path, prefix: str) -> None:
        """Make it in `parent`, with a name that begins with `prefix`, and remove what dead processes left there."""
        parent.mkdir(parents=True, exist_ok=True)
        remove_dead(parent, prefix)
        self._lock: IO[bytes] | None = None
        while self._lock is None:  # another process may have taken ours for a dead one's before it was locked
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            self._lock = _locked(self.path / _IN_USE)

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        shutil.rmtree(self.path, ignore_errors=True)


def remove_dead(parent: Path, prefix: str) -> None:
    """Remove the scratch folders there whose processes have died."""
    for folder in parent.glob(f"{prefix}*"):
        _remove_if_dead(folder)


def _locked(path: Path) -> IO[bytes] | None:
    """Make the file and lock it; None if somebody removes it at this moment."""
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
    with suppress(OSError):  # in use, somebody else's, or gone by now
        if not (folder / _IN_USE).exists():
            folder.rmdir()  # only if empty: it is just being made, or its process died then
        elif sys.platform == "win32":
            (folder / _IN_USE).unlink()
            shutil.rmtree(folder)
        else:
            with (folder / _IN_USE).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
