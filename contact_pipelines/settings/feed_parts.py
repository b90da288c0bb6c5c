"""What feeds are made of: times, names, places."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from contact_pipelines.models.option_values import known_zone
from contact_pipelines.settings.cron import check_cron
from contact_pipelines.settings.notification_settings import Address

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
"""Of a feed or a location: also part of names in Dagster."""
Recipients = Annotated[tuple[Address, ...], Field(description="Addresses that are told what became of it")]
TenantId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,63}$")]


class Strict(BaseModel):
    """Immutable, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(Strict):
    """Where at which location."""

    location: Name = Field(description="A location of the settings file")
    path: str = Field(
        description="From the location's folder; of a source the file's name may hold * ? []", min_length=1
    )


class Schedule(Strict):
    """Look at set times."""

    cron: Cron = Field(description="Minute, hour, day of month, month, day of week")
    timezone: TimeZone = "UTC"


Section = Literal["locations", "imports", "exports"]
"""A section of the settings file whose entries fail one by one."""


class BrokenEntry(Strict):
    """An entry of the settings file that cannot be used: the others go on without it."""

    section: Section
    name: str
    error: str
