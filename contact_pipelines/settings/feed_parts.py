"""The parts of feeds: times, names, places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from contact_pipelines.models.option_values import known_zone
from contact_pipelines.settings.notification_settings import Address
from contact_pipelines.settings.yaml_values import Strict

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


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")


def _seconds(value: Any) -> Any:  # noqa: ANN401 - YAML
    """Read 30s, 5m, 1h, 2d; a number is seconds."""
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip().lower())
    if found is None:
        raise ValueError("is not a time such as 30s, 5m, 1h or 2d")
    return float(found[1]) * _UNITS[found[2]]


Seconds = Annotated[float, BeforeValidator(_seconds)]
TimeZone = Annotated[str, AfterValidator(known_zone)]
Cron = Annotated[str, AfterValidator(check_cron)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
"""The name of a feed or a location; also used in Dagster's names."""
Recipients = Annotated[tuple[Address, ...], Field(description="Addresses to notify of the results")]
TenantId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,63}$")]


class Place(Strict):
    """A path at a location."""

    location: Name = Field(description="A location of the settings file")
    path: str = Field(
        description="Path from the location's folder; in a source the file's name may have * ? []", min_length=1
    )


class Schedule(Strict):
    """Run at set times."""

    cron: Cron = Field(description="Minute, hour, day of month, month, day of week")
    timezone: TimeZone = "UTC"


Section = Literal["locations", "imports", "exports"]
"""A section of the settings file whose entries can fail one by one."""


class BrokenEntry(Strict):
    """An entry of the settings file that cannot be used."""

    section: Section
    name: str
    error: str
