"""CSV, JSON and JSON Lines: PostgreSQL spells the bytes, and they go to the file as they come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from contact_pipelines.exports.column_cells import Style
from contact_pipelines.exports.export_plan import ExportPlan
from contact_pipelines.exports.snapshot import Progress, Snapshot

_CSV = "FORMAT csv"
# Of CSV, but neither sign can be in JSON text: so no line is quoted.
_LINES = r"FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01'"


@dataclass(frozen=True)
class Written:
    """What a writer wrote: how many contacts (and deleted ones), and the file's SHA-256."""

    rows: int
    sha256: str


@dataclass
class HashedFile:
    """A file that is written from its beginning to its end, and its SHA-256."""

    file: BinaryIO

    def __post_init__(self) -> None:
        self._digest = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        self.file.write(data)
        self._digest.update(data)

    @property
    def sha256(self) -> str:
        """The digest of all that was written, in hexadecimal."""
        return self._digest.hexdigest()


def write_csv(plan: ExportPlan, snapshot: Snapshot, path: Path, progress: Progress | None = None) -> Written:
    """Write UTF-8, comma, LF. What a spreadsheet would take for a formula is escaped."""
    with path.open("wb") as file:
        out = HashedFile(file)
        out.write(",".join(column.name for column in plan.columns).encode() + b"\n")
        for query in plan.queries(Style.CSV):
            for block in snapshot.copy(query, _CSV, progress):
                out.write(block)
    return Written(snapshot.rows_read, out.sha256)


def write_json_lines(plan: ExportPlan, snapshot: Snapshot, path: Path, progress: Progress | None = None) -> Written:
    """Write one object a line."""
    with path.open("wb") as file:
        out = HashedFile(file)
        for query in plan.objects(separator=""):
            for block in snapshot.copy(query, _LINES, progress):
                out.write(block)
    return Written(snapshot.rows_read, out.sha256)


def write_json(plan: ExportPlan, snapshot: Snapshot, path: Path, progress: Progress | None = None) -> Written:
    """Write one array of objects, one a line."""
    with path.open("wb") as file:
        out = HashedFile(file)
        out.write(b"[")
        first = True
        for query in plan.objects(separator=","):
            for block in snapshot.copy(query, _LINES, progress):
                # Each object comes behind a comma, so that none has to be looked at; the first one is too many.
                out.write(memoryview(block)[1:] if first else block)
                first = False
        out.write(b"]\n")
    return Written(snapshot.rows_read, out.sha256)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file that was not written from its beginning to its end."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
