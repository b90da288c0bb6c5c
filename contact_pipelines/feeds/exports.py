"""An export feed: an export that is written by itself."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from contact_pipelines.feeds.parts import Name, Place, Schedule, Strict, TenantId
from contact_pipelines.models import DEFAULT_TENANT

ExportFileFormat = Literal["csv", "xlsx", "json", "jsonl", "parquet"]
_PLACEHOLDERS = {"date": "%Y-%m-%d", "time": "%H%M%S", "name": ""}
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class ExportFeed(Strict):
    """An export that is written by itself."""

    name: Name
    tenant: TenantId = DEFAULT_TENANT
    enabled: bool = True
    schedule: Schedule
    format: ExportFileFormat = "csv"
    filter: str | None = Field(None, description="Which contacts, such as status = 'subscribed' AND lead_score > 50")
    fields: tuple[str, ...] = Field((), description="Which fields; all unless given")
    list: str | None = None
    segment: str | None = None
    topic: str | None = None
    search: str | None = None
    changed_since: str | None = Field(None, description="A time, or last: since this export was last written")
    to: Place | None = Field(None, description="Where to; {date}, {time} and {name} are put in; else the artifacts")
    notify: tuple[str, ...] = ()

    @field_validator("to")
    @classmethod
    def _known_placeholders(cls, value: Place | None) -> Place | None:
        for word in _PLACEHOLDER.findall(value.path) if value else ():
            if word not in _PLACEHOLDERS:
                raise ValueError(f"has an unknown placeholder {{{word}}}; there are {{date}}, {{time}} and {{name}}")
        return value

    def path_at(self, moment: datetime) -> str | None:
        """Return the path that the export of this moment has at its location, in the schedule's time zone."""
        if self.to is None:
            return None
        local = moment.astimezone(ZoneInfo(self.schedule.timezone))
        words = {word: local.strftime(form) if form else self.name for word, form in _PLACEHOLDERS.items()}
        return _PLACEHOLDER.sub(lambda found: words[found[1]], self.to.path)
