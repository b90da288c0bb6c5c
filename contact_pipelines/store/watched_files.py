"""The `watched_files` table: the file versions that a feed has seen, and the imports made of them.

It decides what is imported: a row (tenant, feed, path, version) becomes an import once, in the transaction that holds
the feed's lock, however many processes check at the same time and however often they are restarted.
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
"""Failures of an import that are the source's: the file is imported again automatically."""
MAX_ATTEMPTS = 5
BACK_OFF_SECONDS = 20
"""Before the second attempt; doubled before each further one."""


# A waiting version that is gone (overwritten, renamed, deleted) was never complete.
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
    """A version of a file. `status`, `error` and `error_code` are those of its latest import."""

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
    """Lock the feed until the transaction ends; return whether it was free."""
    key = sa.func.hashtextextended(f"feed:{tenant_id}/{feed}", 0)
    return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(key))))


def see(connection: sa.Connection, tenant_id: str, feed: str, files: Sequence[tuple[str, str]]) -> None:
    """Record the files (path, version) that are there now. The lock must be held.

    A new version starts its quiet time; a waiting one that is gone is forgotten.
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
    """Return the files to be imported, by path; `ripe` are those that can be imported now.

    These are files never imported, once they have been quiet for so many seconds (`quiet_in`: how many are left), and
    files whose import failed because of the source, once it is time to try again.
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
    """Record the import that was registered for a file. The lock must be held."""
    values = {"import_id": uuid.UUID(record.id), "attempts": file.attempts + 1, "settled_at": None, "settled": None}
    connection.execute(sa.update(watched_files).where(_is(tenant_id, feed, file)).values(values))


def version_of(connection: sa.Connection, record: Import) -> str | None:
    """Return the version of the file that an import was registered for; None if no feed brought it."""
    statement = sa.select(watched_files.c.file_version).where(
        watched_files.c.tenant_id == record.tenant_id, watched_files.c.import_id == uuid.UUID(record.id)
    )
    return connection.scalar(statement)


def imported_before(connection: sa.Connection, record: Import, sha256: str) -> Import | None:
    """Return an earlier import of the same bytes, if it is the latest of this file or of the feed.

    Older ones do not count: a file that returns to an old content is a change. Nor do undone ones.
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
    """Return the imported files that are still to be archived or deleted at the source."""
    done = sa.or_(
        imports.c.status.in_((ImportStatus.COMPLETED, ImportStatus.ROLLED_BACK)),
        imports.c.error_code == "already_imported",
    )
    statement = _select(tenant_id, feed, watched_files.c.settled_at.is_(None), done).limit(limit)
    return [_file(row) for row in connection.execute(statement)]


def settle(connection: sa.Connection, tenant_id: str, feed: str, file: WatchedFile, what: str) -> None:
    """Record what was done with an imported file at the source."""
    statement = sa.update(watched_files).where(_is(tenant_id, feed, file), watched_files.c.settled_at.is_(None))
    connection.execute(statement.values(settled_at=sa.func.now(), settled=what))


def latest(connection: sa.Connection, tenant_id: str, feed: str, limit: int) -> list[WatchedFile]:
    """Return the feed's files, the ones seen last first."""
    statement = _select(tenant_id, feed).order_by(None)
    order = (watched_files.c.created_at.desc(), watched_files.c.path)
    return [_file(row) for row in connection.execute(statement.order_by(*order).limit(limit))]


def latest_of(connection: sa.Connection, tenant_id: str, feed: str, path: str) -> WatchedFile | None:
    """Return the version of a file that was seen last."""
    statement = _select(tenant_id, feed, watched_files.c.path == path).order_by(None)
    row = connection.execute(statement.order_by(watched_files.c.created_at.desc()).limit(1)).one_or_none()
    return None if row is None else _file(row)


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
    same = ("path", "quiet_since", "attempts", "error", "error_code", "settled")
    return WatchedFile(
        version=values["file_version"],
        import_id=str(values["import_id"]) if values["import_id"] else None,
        import_name=values["name"],
        status=ImportStatus(values["status"]) if values["status"] else None,
        ripe=bool(values.get("ripe")),
        quiet_in=None if values.get("quiet_in") is None else max(float(values["quiet_in"]), 0.0),
        **{name: values[name] for name in same},
    )
