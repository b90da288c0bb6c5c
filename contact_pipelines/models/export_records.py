"""The record of an export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contact_pipelines.options import ExportRequest

SCHEDULED_BY = "schedule:"
"""Before the name of an export of the settings file, as the user by whom its exports are made."""


class ExportStatus(StrEnum):
    """Where an export stands. Of an expired one the file was deleted."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"


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
