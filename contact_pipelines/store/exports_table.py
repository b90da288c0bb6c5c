"""The `exports` table: registering exports within the limit, their ends, and the expiry of their files."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from contact_pipelines.errors import NotFound, TooManyExports, WrongState
from contact_pipelines.files.artifacts import export_folder
from contact_pipelines.models import EventKind, ExportRecord, ExportRequest, ExportStatus
from contact_pipelines.outcomes import sentence
from contact_pipelines.store import notification_events
from contact_pipelines.store.engine import Store
from contact_pipelines.store.imports_table import life_lock
from contact_pipelines.store.tables import exports, tenants

WINDOW = timedelta(hours=1)
"""The time in which the exports of a user are counted."""

INTERRUPTED = "interrupted"
"""The code of an export that a person interrupted."""

EXPORT_EVENTS = (EventKind.EXPORT_COMPLETED, EventKind.EXPORT_FAILED)

DIED = sentence("process_died.export")


def register(connection: sa.Connection, record: ExportRecord, *, per_hour: int) -> None:
    """Add a running export. Raises TooManyExports if its user has made `per_hour` in the last hour, failed or not."""
    _require_within_limit(connection, record, per_hour)
    request = record.request
    connection.execute(
        sa.insert(exports).values(
            tenant_id=record.tenant_id,
            id=uuid.UUID(record.id),
            name=record.name,
            status=ExportStatus.RUNNING,
            requested_by=record.requested_by,
            format=request.format,
            filter=record.described_filter or None,
            fields=list(request.fields) or None,
            request=request.model_dump(mode="json", exclude_defaults=True),
            location=record.location,
            artifact=record.artifact,
            snapshot_at=record.snapshot_at,
            changed_since=record.changed_since,
        )
    )


def complete(
    connection: sa.Connection, record: ExportRecord, *, rows: int, size: int, sha256: str, keep: timedelta
) -> None:
    """Make a running export `completed`. A file among the artifacts is kept for `keep`.

    Raises WrongState if it is no longer running: a person was erased in the meantime, and may be in the file.
    """
    now = sa.func.clock_timestamp()
    statement = (
        sa.update(exports)
        .where(_is(record.tenant_id, record.id), exports.c.status == ExportStatus.RUNNING)
        .values(
            status=ExportStatus.COMPLETED,
            rows=rows,
            size=size,
            sha256=sha256,
            finished_at=now,
            expires_at=None if record.artifact is None else now + keep,
        )
    )
    if connection.execute(statement).rowcount != 1:
        found = get(connection, record.tenant_id, record.id)
        raise WrongState(
            f"The export was ended while it was being written; there is no file. {found.error or ''}".strip()
        )
    _tell(connection, EventKind.EXPORT_COMPLETED, get(connection, record.tenant_id, record.id))


def fail(connection: sa.Connection, tenant_id: str, export_id: str, code: str, message: str) -> None:
    """Make a running export `failed`, with a sentence that says why."""
    statement = sa.update(exports).where(_is(tenant_id, export_id), exports.c.status == ExportStatus.RUNNING)
    done = connection.execute(
        statement.values(
            status=ExportStatus.FAILED, error_code=code, error=message, finished_at=sa.func.clock_timestamp()
        )
    )
    if done.rowcount and code != INTERRUPTED:  # no event: nobody needs to know
        _tell(connection, EventKind.EXPORT_FAILED, get(connection, tenant_id, export_id))


def is_known(connection: sa.Connection, tenant_id: str, export_id: str) -> bool:
    """Return whether an export was registered."""
    return bool(connection.scalar(sa.select(sa.exists().where(_is(tenant_id, export_id)))))


def tell_refused(connection: sa.Connection, tenant_id: str, feed: str, code: str, message: str) -> None:
    """Record the event that an export of the settings file could not start."""
    facts = {"name": feed, "message": message, "code": code}
    notification_events.record(connection, tenant_id, EventKind.EXPORT_FAILED, facts, feed=feed)


def get(connection: sa.Connection, tenant_id: str, export_id: str) -> ExportRecord:
    """Return an export by its id. Raises NotFound."""
    try:
        key = uuid.UUID(export_id)
    except ValueError:
        key = None
    statement = sa.select(exports).where(exports.c.tenant_id == tenant_id, exports.c.id == key)
    row = connection.execute(statement).one_or_none() if key else None
    if row is None:
        raise NotFound(f"There is no export {export_id} of tenant {tenant_id}; `contact-pipelines exports` lists them.")
    return _record(row)


def recent(connection: sa.Connection, tenant_id: str, limit: int) -> list[ExportRecord]:
    """Return the tenant's latest exports, newest first."""
    statement = sa.select(exports).where(exports.c.tenant_id == tenant_id).order_by(exports.c.id.desc()).limit(limit)
    return [_record(row) for row in connection.execute(statement)]


def last_snapshot(connection: sa.Connection, tenant_id: str, name: str) -> datetime | None:
    """Return the time from which the next incremental export of this name counts; None if there was no export yet."""
    done = (ExportStatus.COMPLETED, ExportStatus.EXPIRED)
    statement = sa.select(sa.func.max(exports.c.snapshot_at)).where(
        exports.c.tenant_id == tenant_id, exports.c.name == name, exports.c.status.in_(done)
    )
    found: datetime | None = connection.scalar(statement)
    return found


def end_dead(connection: sa.Connection, tenant_id: str | None = None) -> list[ExportRecord]:
    """Make the exports `failed` whose process has died, of one tenant or of all; return them as they were.

    An export holds its life lock from before it is registered to its end.
    """
    statement = sa.select(exports).where(exports.c.status == ExportStatus.RUNNING)
    if tenant_id is not None:
        statement = statement.where(exports.c.tenant_id == tenant_id)
    dead = []
    for row in connection.execute(statement).all():
        record = _record(row)
        if connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(life_lock(record.id)))):
            fail(connection, record.tenant_id, record.id, "process_died", DIED)
            dead.append(record)
    return dead


def overdue(connection: sa.Connection) -> list[ExportRecord]:
    """Return the exports of all tenants whose file has expired."""
    return _with_files(connection, exports.c.expires_at <= sa.func.now())


def kept(connection: sa.Connection, tenant_id: str) -> list[ExportRecord]:
    """Return the tenant's exports whose file is among the artifacts."""
    return _with_files(connection, exports.c.tenant_id == tenant_id)


def expire(connection: sa.Connection, record: ExportRecord) -> None:
    """Make a completed export `expired`: its file is gone."""
    connection.execute(
        sa.update(exports)
        .where(_is(record.tenant_id, record.id), exports.c.status == ExportStatus.COMPLETED)
        .values(status=ExportStatus.EXPIRED, expires_at=sa.func.least(exports.c.expires_at, sa.func.now()))
    )


def expire_files(store: Store, artifacts: str, records: Sequence[ExportRecord]) -> None:
    """Delete the files of these exports among the artifacts, and mark the exports as `expired`."""
    for record in records:
        export_folder(artifacts, record.tenant_id, record.id).remove()
        with store.begin() as connection:
            expire(connection, record)


def end_running(connection: sa.Connection, tenant_id: str, message: str) -> None:
    """Make all running exports of a tenant `failed`, so that none publishes its file."""
    running = sa.select(exports.c.id).where(exports.c.tenant_id == tenant_id, exports.c.status == ExportStatus.RUNNING)
    for export_id in connection.scalars(running).all():
        fail(connection, tenant_id, str(export_id), "person_erased", message)


def forget_texts(connection: sa.Connection, tenant_id: str, texts: Sequence[str]) -> None:
    """Blank the requests of exports whose filter, search or name contains one of these texts."""
    said = sa.func.lower(sa.func.concat_ws(" ", exports.c.request.cast(sa.Text), exports.c.filter, exports.c.name))
    for text in texts:
        connection.execute(
            sa.update(exports)
            .where(exports.c.tenant_id == tenant_id, sa.func.strpos(said, text.lower()) > 0)
            .values(filter="(erased)", name="erased", request=sa.text('\'{"name": "erased"}\'::jsonb'))
        )
    notification_events.forget_texts(connection, tenant_id, EXPORT_EVENTS, texts)


def _tell(connection: sa.Connection, kind: EventKind, record: ExportRecord) -> None:
    """Record the event that an export ended, without its request, which may name a person."""
    facts = {
        "name": record.name,
        "message": record.error or f"{record.rows:,} rows were exported.",
        "code": record.error_code,
        "export_id": record.id,
        "format": record.request.format.value,
        "rows": record.rows,
        "size": record.size,
        "sha256": record.sha256,
        "file": record.location if kind == EventKind.EXPORT_COMPLETED else None,
        "expires_at": record.expires_at and record.expires_at.isoformat(),
    }
    notification_events.record(connection, record.tenant_id, kind, facts, feed=record.feed)


def safe_time(connection: sa.Connection) -> datetime:
    """Return a time before which every change will be in the next snapshot.

    Contacts have the time at which the transaction that changed them began, not of its commit. So this is the start of
    the oldest running transaction, less a second since it is reported late. Starts that this role may not see are taken
    to be an hour ago.
    """
    statement = sa.text(
        "SELECT least(clock_timestamp(), min(coalesce(xact_start,"
        " CASE WHEN query = '<insufficient privilege>' THEN clock_timestamp() - interval '1 hour' END)))"
        " - interval '1 second' FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    found: datetime = connection.execute(statement).scalar_one()
    return found


def link_secret(connection: sa.Connection, tenant_id: str) -> bytes:
    """Return the tenant's secret, from which the key of its links is derived. Raises NotFound."""
    secret = connection.scalar(sa.select(tenants.c.suppression_key).where(tenants.c.id == tenant_id))
    if secret is None:
        raise NotFound(f"There is no tenant {tenant_id}.")
    return bytes(secret)


def _with_files(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[ExportRecord]:
    statement = sa.select(exports).where(
        exports.c.status == ExportStatus.COMPLETED, exports.c.artifact.is_not(None), condition
    )
    return [_record(row) for row in connection.execute(statement.order_by(exports.c.id))]


def _require_within_limit(connection: sa.Connection, record: ExportRecord, per_hour: int) -> None:
    # Exports that start at once are counted one after the other.
    key = f"exports:{record.tenant_id}:{record.requested_by}"
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
    latest = (
        sa.select(exports.c.created_at)
        .where(
            exports.c.tenant_id == record.tenant_id,
            exports.c.requested_by == record.requested_by,
            exports.c.created_at > sa.func.now() - WINDOW,
        )
        .order_by(exports.c.created_at.desc())
        .limit(per_hour)
    )
    made: Sequence[datetime] = connection.scalars(latest).all()
    if len(made) >= per_hour:
        again = (made[-1] + WINDOW).astimezone(UTC) + timedelta(seconds=1)
        raise TooManyExports(
            f"{record.requested_by or 'This user'} has made {per_hour} exports in the last hour, which is the limit"
            f" (limits.exports_per_hour); the next may run at {again:%H:%M:%S} UTC."
        )


def _is(tenant_id: str, export_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(exports.c.tenant_id == tenant_id, exports.c.id == uuid.UUID(export_id))


def _record(row: sa.Row[Any]) -> ExportRecord:
    same = (
        "tenant_id", "name", "requested_by", "created_at", "location", "artifact", "rows", "size", "sha256",
        "snapshot_at", "changed_since", "finished_at", "expires_at", "error", "error_code",
    )  # fmt: skip
    return ExportRecord(
        id=str(row.id),
        status=ExportStatus(row.status),
        request=ExportRequest.model_validate({"name": row.name, "format": row.format, **row.request}),
        **{name: getattr(row, name) for name in same},
    )
