"""Noticing Ctrl-C, whoever handles it: Dagster and DuckDB do it themselves and raise what they like."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def noticed_interrupts() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether Ctrl-C was pressed since the block began. Main thread only."""
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.settimeout(0)
        writing.settimeout(0)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield lambda: signal.SIGINT in _received(reading)
        finally:
            signal.set_wakeup_fd(before)


def _received(reading: socket.socket) -> bytes:
    """Return the numbers of the signals that came, one byte each."""
    try:
        return reading.recv(4096)
    except BlockingIOError:
        return b""
