"""An export feed: an export that is written by itself."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from contact_pipelines.models import DEFAULT_TENANT
from contact_pipelines.options import LAST, ExportRequest
from contact_pipelines.settings.feed_parts import Name, Place, Recipients, Schedule, TenantId

_PLACEHOLDERS = {"date": "%Y-%m-%d", "time": "%H%M%S", "name": ""}
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class ExportFeed(ExportRequest):
    """An export that is written by itself."""

    name: Name
    tenant: TenantId = DEFAULT_TENANT
    enabled: bool = True
    schedule: Schedule
    to: Place | None = Field(None, description="Where to; {date}, {time} and {name} are put in; else the artifacts")
    notify: Recipients = ()

    @field_validator("changed_since", mode="before")
    @classmethod
    def _a_moment_or_last(cls, value: Any) -> Any:  # noqa: ANN401 - YAML, which knows times and dates
        if value is None or value == LAST:
            return value
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            raise ValueError("is neither a time such as 2026-11-20T08:00:00Z nor last") from None

    @field_validator("to")
    @classmethod
    def _known_placeholders(cls, value: Place | None) -> Place | None:
        for word in _PLACEHOLDER.findall(value.path) if value else ():
            if word not in _PLACEHOLDERS:
                raise ValueError(f"has an unknown placeholder {{{word}}}; there are {{date}}, {{time}} and {{name}}")
        return value

    @property
    def request(self) -> ExportRequest:
        """What is exported each time."""
        asked = {name: getattr(self, name) for name in ExportRequest.model_fields}
        return ExportRequest.model_validate(asked)

    def path_at(self, moment: datetime) -> str | None:
        """Return the path that the export of this moment has at its location, in the schedule's time zone."""
        if self.to is None:
            return None
        local = moment.astimezone(ZoneInfo(self.schedule.timezone))
        words = {word: local.strftime(form) if form else self.name for word, form in _PLACEHOLDERS.items()}
        return _PLACEHOLDER.sub(lambda found: words[found[1]], self.to.path)
