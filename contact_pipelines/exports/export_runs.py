"""Running and listing exports, expiring their files, and signed download links.

A token is `<export id>.<end, in seconds since 1970>.<HMAC-SHA-256>`; its key is derived from the tenant's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from contact_pipelines.errors import (
    ContactPipelinesError,
    ExportNotPossible,
    InvalidLink,
    InvalidOption,
    StoreError,
    WrongState,
)
from contact_pipelines.exports import text_writers
from contact_pipelines.exports.export_plan import plan_export
from contact_pipelines.exports.snapshot import snapshot
from contact_pipelines.exports.targets import ArtifactFile, LocalFile, Target, remove_leftovers
from contact_pipelines.exports.text_writers import Written
from contact_pipelines.files.artifacts import export_folder
from contact_pipelines.models import DEFAULT_TENANT, LAST, ExportFormat, ExportRecord, ExportRequest, ExportStatus
from contact_pipelines.outcomes import sentence
from contact_pipelines.settings import Settings
from contact_pipelines.store import exports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.imports_table import uuid7
from contact_pipelines.store.tenants import ensure_tenant

LINK_LIFETIME = timedelta(hours=1)

_LINK_PURPOSE = b"contact-pipelines export links"
_LINK_PARTS = 3


def export_contacts(
    store: Store,
    settings: Settings,
    request: ExportRequest | None = None,
    *,
    tenant_id: str = DEFAULT_TENANT,
    requested_by: str = "",
    out: Path | Target | None = None,
    overwrite: bool = False,
    export_id: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> ExportRecord:
    """Write the requested contacts to a file, as the store is at one moment; return the completed export.

    `out`: a local path, which must be free unless `overwrite`, or another target; without one the file is kept among
    the artifacts for `exports_expire` seconds. `requested_by`: the user whose exports are limited. `progress` is
    called now and then with the number of rows read. `export_id`: a new UUIDv7, if the caller needs it beforehand.

    Raises InvalidOption (InvalidFilter), NotFound for a missing group and TooManyExports, and records nothing then;
    with ExportNotPossible, WrongState and StoreError the export is recorded as `failed`, without a file.
    """
    asked = request or ExportRequest()
    record = ExportRecord(
        id=export_id or str(uuid7()),
        tenant_id=tenant_id,
        name=asked.name,
        status=ExportStatus.RUNNING,
        requested_by=requested_by,
        request=asked,
        created_at=datetime.now(UTC),
    )
    target = _target(settings, record, out, overwrite=overwrite)
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        since = _since(exports_table.last_snapshot(connection, tenant_id, asked.name), asked)
    record = replace(record, location=target.location, artifact=target.artifact, changed_since=since)
    with snapshot(store, record.id) as taken:
        plan = plan_export(taken.connection, tenant_id, asked, since)
        record = replace(record, snapshot_at=taken.safe_time)
        with store.begin() as connection:
            exports_table.register(connection, record, per_hour=settings.policy.limits.exports_per_hour)
        try:
            _write(store, settings, record, target, partial(_writer(asked.format), plan, taken, progress=progress))
        except BaseException as error:
            _record_failure(store, record, error)
            _remove_artifact(settings, record)
            raise
    return get_export(store, record.id, tenant_id=tenant_id)


def get_export(store: Store, export_id: str, *, tenant_id: str = DEFAULT_TENANT) -> ExportRecord:
    """Return an export by its id. Raises NotFound."""
    with store.connect() as connection:
        return exports_table.get(connection, tenant_id, export_id)


def list_exports(
    store: Store, settings: Settings, *, tenant_id: str = DEFAULT_TENANT, limit: int = 50
) -> list[ExportRecord]:
    """Return the latest exports, newest first, once those whose process died are marked as failed."""
    end_dead_exports(store, settings, tenant_id=tenant_id)
    with store.connect() as connection:
        return exports_table.recent(connection, tenant_id, limit)


def end_dead_exports(store: Store, settings: Settings, *, tenant_id: str | None = None) -> list[ExportRecord]:
    """Fail the exports, of one tenant or of all, whose process died, and remove what they left; return them."""
    with store.begin() as connection:
        dead = exports_table.end_dead(connection, tenant_id)
    for record in dead:
        _remove_artifact(settings, record)
        export_folder(settings.artifacts, record.tenant_id, record.id).remove_dead_scratch()
        if record.artifact is None and record.location is not None:
            remove_leftovers(record.location, record.id, settings.locations)
    return dead


def clean_up_exports(store: Store, settings: Settings) -> int:
    """Delete the expired files of all tenants' exports, and what dead processes left; return how many files expired.

    Only files among the artifacts are deleted.
    """
    end_dead_exports(store, settings)
    with store.connect() as connection:
        overdue = exports_table.overdue(connection)
    exports_table.expire_files(store, settings.artifacts, overdue)
    return len(overdue)


def count_overdue_exports(store: Store) -> int:
    """Return how many files of exports have expired, of all tenants."""
    with store.connect() as connection:
        return len(exports_table.overdue(connection))


def sign_export_link(store: Store, record: ExportRecord, *, now: datetime | None = None) -> str:
    """Return a token with which anyone can download the export's file for an hour.

    Raises WrongState if there is no file among the artifacts.
    """
    if record.status != ExportStatus.COMPLETED or record.artifact is None:
        raise WrongState(f"The export {record.id} is {record.status} and has no file among the artifacts.")
    with store.connect() as connection:
        secret = exports_table.link_secret(connection, record.tenant_id)
    ends = int(((now or datetime.now(UTC)) + LINK_LIFETIME).timestamp())
    return f"{record.id}.{ends}.{_signature(secret, record.id, ends)}"


def open_export_link(store: Store, token: str, *, tenant_id: str, now: datetime | None = None) -> ExportRecord:
    """Return the export that a token is for. Raises InvalidLink if it was not signed here or has expired, NotFound."""
    with store.connect() as connection:
        secret = exports_table.link_secret(connection, tenant_id)
        return exports_table.get(connection, tenant_id, _verified_id(secret, token, now or datetime.now(UTC)))


def _verified_id(secret: bytes, token: str, now: datetime) -> str:
    parts = token.split(".")
    wrong = InvalidLink("This link is not valid.")
    if len(parts) != _LINK_PARTS or not (parts[1].isascii() and parts[1].isdigit()):
        raise wrong
    export_id, ends, signature = parts[0], int(parts[1]), parts[2]
    try:
        uuid.UUID(export_id)
    except ValueError:
        raise wrong from None
    if not hmac.compare_digest(signature.encode(), _signature(secret, export_id, ends).encode()):
        raise wrong
    if now.timestamp() >= ends:
        raise InvalidLink("This link has expired; links last one hour. Ask for a new one.")
    return export_id


def _signature(secret: bytes, export_id: str, ends: int) -> str:
    key = hmac.digest(secret, _LINK_PURPOSE, hashlib.sha256)
    return hmac.digest(key, f"{export_id}.{ends}".encode(), hashlib.sha256).hex()


def _target(settings: Settings, record: ExportRecord, out: Path | Target | None, *, overwrite: bool) -> Target:
    if out is None:
        return ArtifactFile(settings.artifacts, record.tenant_id, record.id, record.request.file_name)
    return LocalFile(out, overwrite=overwrite) if isinstance(out, Path) else out


def _since(last: datetime | None, request: ExportRequest) -> datetime | None:
    """Return the time from which changes count; None for a full export, as is the first of its name."""
    if request.changed_since == LAST:
        return last
    if isinstance(request.changed_since, str):
        raise InvalidOption("changed_since is a time, or last.")
    return request.changed_since


def _writer(file_format: ExportFormat) -> Callable[..., Written]:
    """Return the function that writes a format. Only here are the libraries for workbooks and Parquet imported."""
    match file_format:
        case ExportFormat.CSV:
            return text_writers.write_csv
        case ExportFormat.JSON:
            return text_writers.write_json
        case ExportFormat.JSONL:
            return text_writers.write_json_lines
        case ExportFormat.XLSX:
            from contact_pipelines.exports.workbook_writer import write_workbook

            return write_workbook
        case ExportFormat.PARQUET:
            from contact_pipelines.exports.parquet_writer import write_parquet

            return write_parquet


def _write(
    store: Store, settings: Settings, record: ExportRecord, target: Target, writer: Callable[[Path], Written]
) -> None:
    """Write the file and publish it. Raises ExportNotPossible if the file system refuses."""
    try:
        with target.writing(record.id) as (path, publish):
            written = writer(path)
            with store.begin() as connection:
                exports_table.complete(
                    connection,
                    record,
                    rows=written.rows,
                    size=path.stat().st_size,
                    sha256=written.sha256,
                    keep=timedelta(seconds=settings.policy.exports_expire),
                )
                publish()  # before the commit: whoever sees a completed export finds its file
    except OSError as error:
        raise ExportNotPossible(f"The export cannot be written to {target.location}: {error.strerror}.") from None


def _record_failure(store: Store, record: ExportRecord, error: BaseException) -> None:
    """Record why there is no file. If the store cannot be reached, `end_dead_exports` finds the export later."""
    code, message = "unexpected", sentence("unexpected.export")
    if isinstance(error, ContactPipelinesError):
        code, message = error.code, str(error)
    elif isinstance(error, KeyboardInterrupt):
        code, message = exports_table.INTERRUPTED, sentence("interrupted.export")
    with suppress(StoreError), store.begin() as connection:
        exports_table.fail(connection, record.tenant_id, record.id, code, message)


def _remove_artifact(settings: Settings, record: ExportRecord) -> None:
    if record.artifact is not None:
        export_folder(settings.artifacts, record.tenant_id, record.id).remove()
