"""What a schedule's five fields may be. When they are due, Dagster works out; this only finds a fault in time."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NAMED = ("@hourly", "@daily", "@weekly", "@monthly")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_PART = re.compile(r"(\*|(?P<low>\w+)(-(?P<high>\w+))?)(/(?P<step>\d+))?")


def check_cron(text: str) -> str:
    """Return a cron expression with single spaces. Raises ValueError that names the field at fault."""
    if text.strip() in _NAMED:
        return text.strip()
    fields = text.split()
    if len(fields) != len(_FIELDS):
        names = ", ".join(name for name, *_ in _FIELDS)
        raise ValueError(f"is not a cron expression of five fields ({names}), such as 0 2 * * *")
    for field, (name, lowest, highest, words) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            if not _fits(part.lower(), lowest, highest, words):
                raise ValueError(
                    f"has {field!r} as {name}, which is {lowest} to {highest}, a range such as 1-5, or */15"
                )
    return " ".join(fields)


def _fits(part: str, lowest: int, highest: int, words: Sequence[str]) -> bool:
    found = _PART.fullmatch(part)
    if found is None or (found["step"] is not None and not 0 < int(found["step"]) <= highest):
        return False
    if found["low"] is None:
        return True
    if found["step"] is not None and found["high"] is None:
        return False
    first = 1 if highest == 12 else 0  # noqa: PLR2004 - months count from 1
    named = {word: number for number, word in enumerate(words, start=first)}
    ends = [named.get(text, int(text) if text.isdigit() else -1) for text in (found["low"], found["high"]) if text]
    return all(lowest <= end <= highest for end in ends) and ends == sorted(ends)
