"""A bound on the whole of an exchange: a socket's own timeout starts anew with every byte that dribbles in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_off_after(seconds: float, connected: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut the socket down when the time is over; whoever reads from it then gets an end of file or an OSError."""

    def cut() -> None:
        found = connected()
        if found is not None:
            with suppress(OSError):
                socket.socket.shutdown(found, socket.SHUT_RDWR)  # not TLS's own, which is for its own thread only

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
