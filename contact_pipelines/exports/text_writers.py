"""CSV, JSON and JSON Lines: PostgreSQL writes the text, and its bytes go to the file as they come."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from contact_pipelines.exports.column_cells import Style
from contact_pipelines.exports.export_plan import ExportPlan
from contact_pipelines.exports.snapshot import Progress, Snapshot

_CSV = "FORMAT csv"
# CSV whose delimiter and quote cannot occur in JSON: no line is quoted.
_LINES = r"FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01'"


@dataclass(frozen=True)
class Written:
    """What a writer wrote: the number of contacts (and deleted ones), and the file's SHA-256."""

    rows: int
    sha256: str


def write_csv(plan: ExportPlan, snapshot: Snapshot, path: Path, progress: Progress | None = None) -> Written:
    """Write CSV in UTF-8 with commas and LF. What a spreadsheet would take for a formula is escaped."""
    header = ",".join(column.name for column in plan.columns).encode() + b"\n"
    blocks = (block for query in plan.queries(Style.CSV) for block in snapshot.copy(query, _CSV, progress))
    return _write(path, snapshot, chain([header], blocks))


def write_json_lines(plan: ExportPlan, snapshot: Snapshot, path: Path, progress: Progress | None = None) -> Written:
    """Write one object a line."""
    return _write(path, snapshot, _objects(plan, snapshot, progress, separator=""))


def write_json(plan: ExportPlan, snapshot: Snapshot, path: Path, progress: Progress | None = None) -> Written:
    """Write one array of objects, one object a line."""
    objects = _objects(plan, snapshot, progress, separator=",")
    # Each object comes after a comma, so that none has to be looked at; the first one is too many.
    first = next(objects, b",")[1:]
    return _write(path, snapshot, chain([b"[", first], objects, [b"]\n"]))


def _objects(plan: ExportPlan, snapshot: Snapshot, progress: Progress | None, *, separator: str) -> Iterator[bytes]:
    for query in plan.objects(separator=separator):
        yield from snapshot.copy(query, _LINES, progress)


def _write(path: Path, snapshot: Snapshot, blocks: Iterable[bytes]) -> Written:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for block in blocks:
            file.write(block)
            digest.update(block)
    return Written(snapshot.rows_read, digest.hexdigest())


def digest_of(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
