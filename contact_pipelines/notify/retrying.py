"""When a message that was not taken is tried again."""

from __future__ import annotations

FIRST_PAUSE = 30.0
LONGEST_PAUSE = 3600.0


def pause_after(attempts: int) -> float:
    """Return the seconds to wait after so many attempts: half a minute, twice as long each time, up to an hour."""
    return min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 16), LONGEST_PAUSE)
