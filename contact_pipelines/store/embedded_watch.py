"""Stops the embedded PostgreSQL when the last process that used it is gone, however it went.

Run as `python -m contact_pipelines.store.embedded_watch FOLDER` by whoever starts the server; see `embedded`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from contact_pipelines.errors import StoreUnavailable
from contact_pipelines.store.embedded import users_folder, watch_once, watcher_lock

_EVERY = 0.5  # seconds


def watch(folder: Path) -> None:
    """Return when the server has been stopped because nobody uses it, or when somebody else watches."""
    watching = watcher_lock(folder)
    if not users_folder(folder).exists() or not watching.acquire(blocking=False):
        return
    more = True
    while more:
        time.sleep(_EVERY)
        if not users_folder(folder).exists():
            return  # somebody removed the store; its server notices, too
        try:
            more = watch_once(folder, watching)
        except StoreUnavailable:  # somebody is starting it, or it does not stop: look again
            continue


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
