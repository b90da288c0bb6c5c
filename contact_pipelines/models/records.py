"""The records of an import, its file and its columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contact_pipelines.models.words import Consent, ImportStatus
from contact_pipelines.property_types import PropertyType

if TYPE_CHECKING:
    from contact_pipelines.options import ImportOptions


@dataclass(frozen=True)
class ColumnMapping:
    """The field of one column, with the confidence (0 to 1) and the reason."""

    column: str
    field: str
    confidence: float = 1.0
    reason: str = ""
    creates: PropertyType | None = None  # the type of the property that the import creates for it
    consent: Consent | None = None  # how to read a column mapped to status


@dataclass(frozen=True)
class FileReading:
    """How a file was read: format, encoding, dialect, position of the table, and notes.

    `format`: csv, xlsx, xls, xlsb, ods, json, jsonl or parquet. `container`: gz, zip or empty. `header_row`: the
    header's row number as a spreadsheet shows it; None if the file has no header. `confidence`: of the encoding,
    0 to 1. `notes`: sentences such as "rows 1 to 3 stand above the header and were left out".
    """

    format: str = "csv"
    container: str = ""
    sheet: str = ""
    encoding: str = "utf-8"
    confidence: float = 1.0
    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    header_row: int | None = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LandedFile:
    """The immutable copy of a source: its name at the source, size in bytes, SHA-256 (hex)."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Counts:
    """Rows of a file by outcome; `total` is always the sum of the others."""

    total: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def add_up(self) -> bool:
        """Whether every row has exactly one outcome."""
        return self.total == self.created + self.updated + self.unchanged + self.skipped + self.failed

    def as_dict(self) -> dict[str, int]:
        """Return the counts in the order of the JSON contract."""
        return {
            "total": self.total,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "failed": self.failed,
        }


@dataclass(frozen=True)
class RollbackCounts:
    """Contacts by what a rollback did: fully restored, deleted, or kept in full or in part.

    Also: how many were `gone` already, how many of the kept ones were kept because of an opt-out, how many properties
    of the import were removed, and how many addresses that it suppressed stay suppressed or were removed.
    """

    restored: int = 0
    deleted: int = 0
    kept: int = 0
    gone: int = 0
    opt_outs_kept: int = 0
    properties_removed: int = 0
    suppressions_kept: int = 0
    suppressions_removed: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the counts in the order of the JSON contract."""
        return {"restored": self.restored, "deleted": self.deleted, "kept": self.kept}


@dataclass(frozen=True)
class ImportProgress:
    """Progress of a running import, as other connections see it. Times in seconds."""

    step: str = ""
    rows_done: int = 0
    rows_total: int = 0
    elapsed: float = 0.0
    remaining: float | None = None


@dataclass(frozen=True)
class Import:
    """An import in the store: one version of a file, imported with one set of options."""

    id: str
    tenant_id: str
    name: str
    status: ImportStatus
    file_name: str
    source: str
    options: ImportOptions
    file: LandedFile | None = None
    rows: int | None = None
    reading: FileReading | None = None
    mapping: tuple[ColumnMapping, ...] = ()
    counts: Counts = field(default_factory=Counts)
    warnings: int = 0
    progress: ImportProgress = field(default_factory=ImportProgress)
    error: str | None = None
    error_code: str | None = None
    rollback: RollbackCounts | None = None
    plan_sha256: str | None = None  # of the plan under review, or reviewed
    feed: str | None = None  # the feed it came from
    held: tuple[str, ...] = ()  # why the feed's circuit breaker, or `columns: freeze`, holds it for review
    times: dict[str, Any] = field(default_factory=dict)

    @property
    def duration_seconds(self) -> float | None:
        """How long the import ran, from its first step to its end, without the wait for a review."""
        started, finished = self.times.get("started_at"), self.times.get("finished_at")
        if not (started and finished):
            return None
        awaiting, confirmed = self.times.get("awaiting_since"), self.times.get("confirmed_at")
        waited = ((confirmed or finished) - awaiting).total_seconds() if awaiting else 0.0
        seconds: float = (finished - started).total_seconds() - waited
        return round(seconds, 3)
