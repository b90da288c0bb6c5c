"""The `watched_files` table: which version of which file a feed has seen, and which import was made of it.

It decides what is taken: a row (tenant, feed, path, version) becomes an import once, in the transaction that holds the
feed's lock, whichever processes look at the same time and how often they start anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from contact_pipelines.models import Import, ImportStatus
from contact_pipelines.store.tables import imports, watched_files

TAKEN_AGAIN = ("file_changed", "location_unreachable")
"""Failures of an import that are the source's: the file is taken again by itself."""
MAX_ATTEMPTS = 5
BACK_OFF_SECONDS = 20
"""Before the second attempt; twice that before the third, and so on."""


# A version that waits and is not there any more: overwritten, renamed, deleted. It never was whole.
_FORGET_GONE = sa.text("""
DELETE FROM watched_files AS known
WHERE tenant_id = :tenant AND source_name = :feed AND import_id IS NULL
  AND NOT EXISTS (
    SELECT FROM unnest(CAST(:paths AS text[]), CAST(:versions AS text[])) AS seen(path, version)
    WHERE seen.path = known.path AND seen.version = known.file_version
  )
""")
_NOTE_SEEN = sa.text("""
INSERT INTO watched_files (tenant_id, source_name, path, file_version, quiet_since)
SELECT :tenant, :feed, path, version, now()
FROM unnest(CAST(:paths AS text[]), CAST(:versions AS text[])) AS seen(path, version)
ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True)
class WatchedFile:
    """A version of a file, and what became of it. `status`, `error` and `error_code` are those of the latest import."""

    path: str
    version: str
    quiet_since: datetime | None = None
    attempts: int = 0
    import_id: str | None = None
    import_name: str | None = None
    status: ImportStatus | None = None
    error: str | None = None
    error_code: str | None = None
    settled: str | None = None
    ripe: bool = False
    quiet_in: float | None = None


def lock_feed(connection: sa.Connection, tenant_id: str, feed: str) -> bool:
    """Hold the feed until the transaction ends; say whether nobody else did."""
    key = sa.func.hashtextextended(f"feed:{tenant_id}/{feed}", 0)
    return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(key))))


def see(connection: sa.Connection, tenant_id: str, feed: str, files: Sequence[tuple[str, str]]) -> None:
    """Note the files (path, version) that are there now. The lock must be held.

    A version that was not there before begins to be quiet; one that waited and is gone is forgotten.
    """
    values = {
        "tenant": tenant_id,
        "feed": feed,
        "paths": [path for path, _ in files],
        "versions": [version for _, version in files],
    }
    for statement in (_FORGET_GONE, _NOTE_SEEN):
        connection.execute(statement, values)


def waiting(connection: sa.Connection, tenant_id: str, feed: str, *, quiet: float) -> list[WatchedFile]:
    """Return the files that are to be taken, by path; `ripe` are those whose time has come.

    They were never taken, and are ripe when they have been quiet for so many seconds (`quiet_in`: how many are left);
    or their import failed for the source's sake, and it is time to try again.
    """
    never = watched_files.c.import_id.is_(None)
    ripe = sa.case(
        (never, watched_files.c.quiet_since <= sa.func.now() - _seconds(sa.literal(quiet, sa.Double))),
        else_=imports.c.finished_at
        <= sa.func.now() - _seconds(BACK_OFF_SECONDS * sa.func.power(2, watched_files.c.attempts - 1)),
    )
    again = sa.and_(
        imports.c.status == ImportStatus.FAILED,
        imports.c.error_code.in_(TAKEN_AGAIN),
        watched_files.c.attempts < MAX_ATTEMPTS,
    )
    quiet_at = watched_files.c.quiet_since + _seconds(sa.literal(quiet, sa.Double))
    left = sa.case((never, sa.extract("epoch", quiet_at - sa.func.now())))
    statement = _select(tenant_id, feed, sa.or_(never, again)).add_columns(ripe.label("ripe"), left.label("quiet_in"))
    return [_file(row) for row in connection.execute(statement)]


def take(connection: sa.Connection, tenant_id: str, feed: str, file: WatchedFile, record: Import) -> None:
    """Note the import that was registered for a file. The lock must be held."""
    values = {"import_id": uuid.UUID(record.id), "attempts": file.attempts + 1, "settled_at": None, "settled": None}
    connection.execute(sa.update(watched_files).where(_is(tenant_id, feed, file)).values(values))


def version_of(connection: sa.Connection, record: Import) -> str | None:
    """Return the version of the file that an import was registered for; None if no feed brought it."""
    statement = sa.select(watched_files.c.file_version).where(
        watched_files.c.tenant_id == record.tenant_id, watched_files.c.import_id == uuid.UUID(record.id)
    )
    return connection.scalar(statement)


def imported_before(connection: sa.Connection, record: Import, sha256: str) -> Import | None:
    """Return the import that brought these bytes already: the latest of the same file, or the latest of the feed.

    Older ones do not count: a file that becomes again what it was long ago brings news. Nor do those that were undone.
    """
    from contact_pipelines.store.imports_table import from_row

    statement = sa.select(imports).where(
        imports.c.tenant_id == record.tenant_id,
        imports.c.feed_name == record.feed,
        imports.c.id < uuid.UUID(record.id),
        imports.c.status.in_((ImportStatus.COMPLETED, ImportStatus.AWAITING_REVIEW)),
    )
    latest = statement.order_by(imports.c.id.desc()).limit(1)
    for which in (latest.where(imports.c.source == record.source), latest):
        row = connection.execute(which).one_or_none()
        if row is not None and row.file_sha256 == sha256:
            return from_row(row)
    return None


def to_settle(connection: sa.Connection, tenant_id: str, feed: str, limit: int = 100) -> list[WatchedFile]:
    """Return the files that are imported, and still to be archived or deleted at the source."""
    done = sa.or_(
        imports.c.status.in_((ImportStatus.COMPLETED, ImportStatus.ROLLED_BACK)),
        imports.c.error_code == "already_imported",
    )
    return _files(connection, tenant_id, feed, watched_files.c.settled_at.is_(None), done)[:limit]


def settle(connection: sa.Connection, tenant_id: str, feed: str, file: WatchedFile, what: str) -> None:
    """Note what was done with an imported file at the source."""
    statement = sa.update(watched_files).where(_is(tenant_id, feed, file), watched_files.c.settled_at.is_(None))
    connection.execute(statement.values(settled_at=sa.func.now(), settled=what))


def latest(connection: sa.Connection, tenant_id: str, feed: str, limit: int) -> list[WatchedFile]:
    """Return what is known of the feed's files, the ones seen last first."""
    statement = _select(tenant_id, feed).order_by(None)
    order = (watched_files.c.created_at.desc(), watched_files.c.path)
    return [_file(row) for row in connection.execute(statement.order_by(*order).limit(limit))]


def latest_of(connection: sa.Connection, tenant_id: str, feed: str, path: str) -> WatchedFile | None:
    """Return the version of a file that was seen last."""
    statement = _select(tenant_id, feed, watched_files.c.path == path).order_by(None)
    row = connection.execute(statement.order_by(watched_files.c.created_at.desc()).limit(1)).one_or_none()
    return None if row is None else _file(row)


def _files(
    connection: sa.Connection, tenant_id: str, feed: str, *conditions: sa.ColumnElement[bool]
) -> list[WatchedFile]:
    return [_file(row) for row in connection.execute(_select(tenant_id, feed, *conditions))]


def _select(tenant_id: str, feed: str, *conditions: sa.ColumnElement[bool]) -> sa.Select[tuple[object, ...]]:
    same = sa.and_(imports.c.tenant_id == watched_files.c.tenant_id, imports.c.id == watched_files.c.import_id)
    columns = (imports.c.name, imports.c.status, imports.c.error, imports.c.error_code)
    statement = sa.select(watched_files, *columns).select_from(watched_files.outerjoin(imports, same))
    mine = (watched_files.c.tenant_id == tenant_id, watched_files.c.source_name == feed)
    return statement.where(*mine, *conditions).order_by(watched_files.c.path, watched_files.c.file_version)


def _seconds(amount: sa.ColumnElement[float]) -> sa.ColumnElement[timedelta]:
    return sa.func.make_interval(0, 0, 0, 0, 0, 0, amount)


def _is(tenant_id: str, feed: str, file: WatchedFile) -> sa.ColumnElement[bool]:
    return sa.and_(
        watched_files.c.tenant_id == tenant_id,
        watched_files.c.source_name == feed,
        watched_files.c.path == file.path,
        watched_files.c.file_version == file.version,
    )


def _file(row: sa.Row[tuple[object, ...]]) -> WatchedFile:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return WatchedFile(
        path=values["path"],
        version=values["file_version"],
        quiet_since=values["quiet_since"],
        attempts=values["attempts"],
        import_id=str(values["import_id"]) if values["import_id"] else None,
        import_name=values["name"],
        status=ImportStatus(values["status"]) if values["status"] else None,
        error=values["error"],
        error_code=values["error_code"],
        settled=values["settled"],
        ripe=bool(values.get("ripe")),
        quiet_in=None if values.get("quiet_in") is None else max(float(values["quiet_in"]), 0.0),
    )
