"""The `imports` table: registering, reading and recording imports. The database decides who runs what."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contact_pipelines.errors import ImportCancelled, NotFound, WrongState
from contact_pipelines.models import (
    ColumnMapping,
    Consent,
    Counts,
    FileReading,
    Import,
    ImportOptions,
    ImportProgress,
    ImportStatus,
    LandedFile,
    PropertyType,
    RollbackCounts,
)
from contact_pipelines.store.tables import imports

TIMES = (
    "created_at", "started_at", "awaiting_since", "review_expires_at", "confirmed_at", "finished_at", "rolled_back_at",
    "artifacts_removed_at", "results_removed_at",
)  # fmt: skip
"""The keys of `Import.times`: when an import changed its status, and when its old files were removed."""

STARTABLE = (ImportStatus.PENDING, ImportStatus.RUNNING, ImportStatus.FAILED)


def register(
    connection: sa.Connection,
    *,
    tenant_id: str,
    source: str,
    options: ImportOptions,
    door: str,
    idempotency_key: str | None = None,
    feed: str | None = None,
) -> Import:
    """Add an import as `pending`, or return the one that has this idempotency key."""
    file_name = PurePosixPath(source.replace("\\", "/")).name
    values = {
        "tenant_id": tenant_id,
        "status": ImportStatus.PENDING,
        "door": door,
        "source": source,
        "file_name": file_name,
        "options": options.model_dump(mode="json"),
        "idempotency_key": idempotency_key,
        "feed_name": feed,
    }
    statement = insert(imports).values(values).on_conflict_do_nothing().returning(*imports.c)
    with_key = sa.select(imports).where(
        imports.c.tenant_id == tenant_id,
        imports.c.idempotency_key == idempotency_key,
        sa.literal(idempotency_key is not None),
    )
    row = None
    while row is None:  # until the name is one that no other import has
        import_id = uuid7()
        row = connection.execute(
            statement, {"id": import_id, "name": readable_name(file_name, import_id)}
        ).one_or_none()
        row = row or connection.execute(with_key).one_or_none()
    return from_row(row)


def get(connection: sa.Connection, tenant_id: str, key: str) -> Import:
    """Return the import with this id or name. Raises NotFound."""
    by = imports.c.id == uuid.UUID(key) if _is_uuid(key) else imports.c.name == key
    row = connection.execute(sa.select(imports).where(imports.c.tenant_id == tenant_id, by)).one_or_none()
    if row is None:
        raise NotFound(f"There is no import {key} of tenant {tenant_id}; `contact-pipelines history` lists them.")
    return from_row(row)


def with_progress(connection: sa.Connection, record: Import) -> Import:
    """Return the import with its status, rows and progress as they are now. Nothing else is read."""
    columns = ("status", "rows_total", "started_at", "step", "step_started_at", "progress_done", "progress_total")
    row = connection.execute(sa.select(*(imports.c[name] for name in columns)).where(is_import(record))).one()
    return replace(record, status=ImportStatus(row.status), rows=row.rows_total, progress=_progress(row))


def get_settled(connection: sa.Connection, record: Import) -> Import:
    """Return the import once no other transaction is changing it.

    A process that lost its connection during a COMMIT checks with this whether it was committed.
    """
    return from_row(connection.execute(sa.select(imports).where(is_import(record)).with_for_update(read=True)).one())


def find_by_name(connection: sa.Connection, name: str) -> Import:
    """Return the import whose Dagster partition is `name`, whichever tenant's. Raises NotFound."""
    row = connection.execute(sa.select(imports).where(imports.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"There is no import named {name} in this contact store.")
    return from_row(row)


def recent(connection: sa.Connection, tenant_id: str, limit: int = 50) -> list[Import]:
    """Return the tenant's latest imports, newest first."""
    statement = sa.select(imports).where(imports.c.tenant_id == tenant_id)
    rows = connection.execute(statement.order_by(imports.c.id.desc()).limit(limit))
    return [from_row(row) for row in rows]


def latest_of_feed(connection: sa.Connection, tenant_id: str, feed: str) -> Import | None:
    """Return a feed's latest import."""
    statement = sa.select(imports).where(imports.c.tenant_id == tenant_id, imports.c.feed_name == feed)
    row = connection.execute(statement.order_by(imports.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else from_row(row)


def pending(connection: sa.Connection, limit: int = 100) -> list[Import]:
    """Return the pending imports of all tenants, in the order of their registration."""
    statement = sa.select(imports).where(imports.c.status == ImportStatus.PENDING)
    in_order = statement.order_by(imports.c.created_at, imports.c.id)  # the database's clock, not the doors'
    return [from_row(row) for row in connection.execute(in_order.limit(limit))]


def claim(connection: sa.Connection, record: Import) -> None:
    """Make the import `running`. Raises WrongState if it was applied, undone or ended."""
    statement = (
        sa.update(imports)
        .where(is_import(record), imports.c.status.in_(STARTABLE))
        .values(
            status=ImportStatus.RUNNING,
            started_at=sa.func.coalesce(imports.c.started_at, sa.func.now()),
            finished_at=None,
            heartbeat_at=sa.func.now(),
            error=None,
            error_code=None,
            artifacts_removed_at=None,  # they are made again
            results_removed_at=None,
        )
    )
    if connection.execute(statement).rowcount == 0:
        raise _not_startable(get(connection, record.tenant_id, record.id))


def record_file(connection: sa.Connection, record: Import, file: LandedFile) -> None:
    """Record what was landed."""
    _update(connection, record, file_size=file.size, file_sha256=file.sha256)


def record_rows(connection: sa.Connection, record: Import, rows: int, reading: FileReading) -> None:
    """Record how many data rows the file has, and how it was read."""
    _update(connection, record, rows_total=rows, reading=asdict(reading))


def record_mapping(
    connection: sa.Connection, record: Import, mapping: Sequence[ColumnMapping], options: ImportOptions
) -> None:
    """Record the mapping, and the options including those that the file itself sets."""
    columns = [asdict(column) for column in mapping]
    _update(connection, record, mapping=columns, options=options.model_dump(mode="json"))


def record_failure(connection: sa.Connection, record: Import, code: str, message: str) -> None:
    """Make a running import `failed`, with a sentence that says why."""
    statement = sa.update(imports).where(is_import(record), imports.c.status.in_(STARTABLE))
    values = {
        "status": ImportStatus.FAILED,
        "error_code": code,
        "error": message,
        "finished_at": sa.func.now(),
    }
    connection.execute(statement.values(values))


def require_status(connection: sa.Connection, record: Import, status: ImportStatus) -> None:
    """Raise WrongState if another process has changed the import's status."""
    if get(connection, record.tenant_id, record.id).status != status:
        raise stopped(connection, record)


def complete(connection: sa.Connection, record: Import, counts: Counts, warnings: int, *, was: ImportStatus) -> None:
    """Make an import that `was` running or awaiting review `completed`, in the transaction that applies it.

    Raises WrongState if its status has changed.
    """
    confirmed = {"confirmed_at": sa.func.now()} if was == ImportStatus.AWAITING_REVIEW else {}
    statement = (
        sa.update(imports)
        .where(is_import(record), imports.c.status == was)
        .values(
            status=ImportStatus.COMPLETED,
            finished_at=sa.func.clock_timestamp(),
            **confirmed,
            warnings=warnings,
            **{f"rows_{name}": count for name, count in counts.as_dict().items()},
        )
    )
    if connection.execute(statement).rowcount != 1:
        raise stopped(connection, record)


def record_rollback(connection: sa.Connection, record: Import, counts: RollbackCounts) -> None:
    """Make an import `rolled_back`, in the transaction that undoes it (or the opt-outs it kept at first)."""
    values = {
        "status": ImportStatus.ROLLED_BACK,
        "rolled_back_at": sa.func.clock_timestamp(),
        "rollback_counts": asdict(counts),
        "results_removed_at": None,  # there will be a report
    }
    connection.execute(sa.update(imports).where(is_import(record)).values(values))


def life_lock(import_id: str) -> int:
    """Return the key (63 bits) of the advisory lock that a running import or export holds."""
    return uuid.UUID(import_id).int & 0x7FFF_FFFF_FFFF_FFFF


def lock_tenant(connection: sa.Connection, tenant_id: str) -> None:
    """Wait until no other transaction is applying or undoing an import of this tenant."""
    connection.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"apply:{tenant_id}"}
    )


def applied_mark(connection: sa.Connection, tenant_id: str) -> str:
    """Return a text that changes whenever an import of the tenant changes contacts or is undone."""
    applied = sa.and_(imports.c.status == ImportStatus.COMPLETED, imports.c.rows_created + imports.c.rows_updated > 0)
    undone = imports.c.status == ImportStatus.ROLLED_BACK
    statement = sa.select(
        sa.func.count().filter(applied),
        sa.func.count().filter(undone),
        sa.func.max(imports.c.finished_at).filter(applied),  # so that deleting old imports cannot restore a mark
        sa.func.max(imports.c.rolled_back_at),
    )
    row = connection.execute(statement.where(imports.c.tenant_id == tenant_id)).one()
    return " ".join(str(value) for value in row)


def readable_name(file_name: str, import_id: uuid.UUID) -> str:
    """Return a name that people can tell apart, such as `2026-11-20-contacts_nov-efd14a3f2a91`.

    It ends in 48 of the id's random bits: a store has no two imports of one name.
    """
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", file_name.split(".", maxsplit=1)[0]).strip("_-")[:60] or "file"
    return f"{datetime.now(UTC):%Y-%m-%d}-{stem}-{import_id.hex[-12:]}"


def uuid7() -> uuid.UUID:
    """Return a time-ordered UUID (RFC 9562, version 7); Python's own comes with 3.14."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


def stopped(connection: sa.Connection, record: Import) -> WrongState:
    """Return the error for a process whose import was ended, or applied, by another one."""
    if get(connection, record.tenant_id, record.id).status == ImportStatus.CANCELLED:
        return cancelled(record)
    return WrongState(f"The import {record.name} was stopped while it was being applied; nothing was written.")


def _not_startable(record: Import) -> WrongState:
    if record.status == ImportStatus.CANCELLED:
        return cancelled(record)
    if record.status == ImportStatus.AWAITING_REVIEW:
        return WrongState(
            f"The import {record.name} awaits review and cannot be started again; confirm it"
            f" (contact-pipelines confirm {record.name}) or cancel it."
        )
    return WrongState(
        f"The import {record.name} is {record.status} and cannot be started again; import the file again."
    )


def cancelled(record: Import) -> ImportCancelled:
    """Return the error for a process whose import was cancelled."""
    return ImportCancelled(f"The import {record.name} was cancelled; nothing was written.")


def is_import(record: Import) -> sa.ColumnElement[bool]:
    """Return the condition that a row is this import."""
    return sa.and_(imports.c.tenant_id == record.tenant_id, imports.c.id == uuid.UUID(record.id))


def _update(connection: sa.Connection, record: Import, **values: Any) -> None:
    connection.execute(sa.update(imports).where(is_import(record)).values(values))


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def from_row(row: sa.Row[Any]) -> Import:
    """Return the import in a row of the whole table."""
    file = LandedFile(row.file_name, row.file_size, row.file_sha256) if row.file_sha256 else None
    counts = {name: getattr(row, f"rows_{name}") or 0 for name in Counts().as_dict()}
    same = ("tenant_id", "name", "file_name", "source", "warnings", "error", "error_code", "plan_sha256")
    return Import(
        id=str(row.id),
        status=ImportStatus(row.status),
        options=ImportOptions.model_validate(row.options),
        file=file,
        rows=row.rows_total,
        reading=_reading(row.reading),
        mapping=tuple(_column(column) for column in row.mapping),
        counts=Counts(**counts),
        progress=_progress(row),
        rollback=RollbackCounts(**row.rollback_counts) if row.rollback_counts else None,
        feed=row.feed_name,
        held=tuple(row.held or ()),
        times={name: getattr(row, name) for name in TIMES},
        **{name: getattr(row, name) for name in same},
    )


def _reading(stored: dict[str, Any] | None) -> FileReading | None:
    return FileReading(**(stored | {"notes": tuple(stored["notes"])})) if stored else None


def _column(stored: dict[str, Any]) -> ColumnMapping:
    creates, consent = stored.get("creates"), stored.get("consent")
    kinds = {"creates": creates and PropertyType(creates), "consent": consent and Consent(consent)}
    return ColumnMapping(**(stored | kinds))


def _progress(row: sa.Row[Any]) -> ImportProgress:
    if row.status not in (ImportStatus.RUNNING, ImportStatus.AWAITING_REVIEW) or row.started_at is None:
        return ImportProgress(step=row.step)
    now = datetime.now(UTC)
    in_step = (now - (row.step_started_at or now)).total_seconds()
    began = row.started_at if row.status == ImportStatus.RUNNING else row.step_started_at or now
    done, total = row.progress_done, row.progress_total
    return ImportProgress(
        step=row.step,
        rows_done=done,
        rows_total=total,
        elapsed=round((now - began).total_seconds(), 1),
        remaining=round(in_step * (total - done) / done, 1) if done and total else None,
    )
