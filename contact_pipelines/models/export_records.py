"""What an export is asked for, and what is known of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

LAST = "last"
"""Of `changed_since`: since the last completed export of the same name."""

SCHEDULED_BY = "schedule:"
"""Before the name of an export of the settings file, as the user by whom its exports are made."""

_NOT_FOR_FILES = re.compile(r"[^A-Za-z0-9_-]+")


class ExportFormat(StrEnum):
    """How a file of contacts is written; each is the ending of its name."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


class ExportStatus(StrEnum):
    """Where an export stands. Of an expired one the file was deleted."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"


class ExportRequest(BaseModel):
    """Which contacts are exported, what of them, and how. Immutable, and stored with the export as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        "contacts", description="What the export is called; incremental exports go by it", min_length=1, max_length=100
    )
    format: ExportFormat = Field(ExportFormat.CSV, description="csv, xlsx, json, jsonl or parquet")
    fields: tuple[str, ...] = Field(
        (), description="Contact fields, properties.<key>, lists, segments, topics, in this order; all unless given"
    )
    filter: str | None = Field(None, description="Filter expression: only contacts that fit it")
    segment: str | None = Field(None, description="Only contacts in this segment")
    list: str | None = Field(None, description="Only contacts on this list")
    topic: str | None = Field(None, description="Only contacts who are opted in to this topic")
    search: str | None = Field(None, description="Only contacts in whose names, addresses or numbers this text occurs")
    changed_since: datetime | Literal["last"] | None = Field(
        None, description="Only what changed since then, with deleted contacts; last: since the last export of the name"
    )

    @field_validator("name", "filter", "segment", "list", "topic", "search")
    @classmethod
    def _text(cls, value: str | None) -> str | None:
        if value is not None and (not value.strip() or "\x00" in value):
            raise ValueError("is empty, or holds a character that cannot be")
        return value and value.strip()

    @field_validator("changed_since")
    @classmethod
    def _with_zone(cls, value: datetime | str | None) -> datetime | str | None:
        """Take a moment without a zone to be in UTC."""
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value

    @property
    def file_name(self) -> str:
        """The name of the export's file, where nobody gave one."""
        return f"{_NOT_FOR_FILES.sub('_', self.name).strip('_') or 'contacts'}.{self.format}"


@dataclass(frozen=True)
class ExportRecord:
    """An export as the store knows it. `size` in bytes, `sha256` in hexadecimal, both of the finished file.

    `rows`: contacts, and of an incremental export deleted ones too. `location`: the path or URL of the file, or where
    it was to be. `artifact`: the file's name if it is kept among the artifacts, and then until `expires_at`.
    `snapshot_at`: all that was committed before is in it; what may have changed later is what the next incremental
    export begins with. `changed_since`: what an incremental one itself began with.
    """

    id: str
    tenant_id: str
    name: str
    status: ExportStatus
    requested_by: str
    request: ExportRequest
    created_at: datetime
    location: str | None = None
    artifact: str | None = None
    rows: int | None = None
    size: int | None = None
    sha256: str | None = None
    snapshot_at: datetime | None = None
    changed_since: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    error: str | None = None
    error_code: str | None = None

    @property
    def feed(self) -> str | None:
        """The export of the settings file that this is one of; None if a person asked for it."""
        return self.requested_by.removeprefix(SCHEDULED_BY) if self.requested_by.startswith(SCHEDULED_BY) else None

    @property
    def described_filter(self) -> str:
        """Which contacts were asked for, as one line; empty for all."""
        asked: dict[str, Any] = {
            name: getattr(self.request, name) for name in ("segment", "list", "topic", "search", "changed_since")
        }
        parts = [f"{name.replace('_', ' ')} {value}" for name, value in asked.items() if value]
        return "; ".join([*([self.request.filter] if self.request.filter else []), *parts])
