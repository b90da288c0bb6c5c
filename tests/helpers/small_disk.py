"""A disk that is soon full: a small tmpfs, where this user may mount one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_FILLER = "filler"


class SmallDisk:
    """A folder on a disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def leave(self, size: int) -> None:
        """Fill the disk up but for so many bytes."""
        self.empty()
        block = b"\0" * 4096
        with (self.folder / _FILLER).open("wb", buffering=0) as filler, suppress(OSError):
            for _ in range(max(shutil.disk_usage(self.folder).free - size, 0) // len(block)):
                filler.write(block)

    def empty(self) -> None:
        """Make room."""
        (self.folder / _FILLER).unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """Mount a tmpfs of so many bytes; the test is skipped where that is not allowed."""
    folder.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", f"size={size},nr_inodes=0", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount a tmpfs")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
