"""The record of an export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contact_pipelines.options import ExportRequest

SCHEDULED_BY = "schedule:"
"""Prefix of a scheduled export's name, as the user that requests it."""


class ExportStatus(StrEnum):
    """Status of an export. The file of an expired one was deleted."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class ExportRecord:
    """An export in the store. `size` in bytes and `sha256` in hexadecimal are those of the finished file.

    `rows`: contacts, including deleted ones in an incremental export. `location`: the path or URL of the file, or
    where it should have gone. `artifact`: the file's name if it is kept with the artifacts, until `expires_at`.
    `snapshot_at`: everything committed before is included; the next incremental export starts here. `changed_since`:
    where this one started, if incremental.
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
        """The scheduled export in the settings file that this belongs to; None if a person requested it."""
        return self.requested_by.removeprefix(SCHEDULED_BY) if self.requested_by.startswith(SCHEDULED_BY) else None

    @property
    def described_filter(self) -> str:
        """The requested contacts in one line; empty for all."""
        asked: dict[str, Any] = {
            name: getattr(self.request, name) for name in ("segment", "list", "topic", "search", "changed_since")
        }
        parts = [f"{name.replace('_', ' ')} {value}" for name, value in asked.items() if value]
        return "; ".join([*([self.request.filter] if self.request.filter else []), *parts])
