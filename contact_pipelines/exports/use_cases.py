"""Exports: contacts into a file, which exports there were, and the end of their files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from contact_pipelines.errors import ContactPipelinesError, ExportNotPossible, InvalidOption, StoreError, WrongState
from contact_pipelines.exports import links
from contact_pipelines.exports.export_plan import plan_export
from contact_pipelines.exports.snapshot import snapshot
from contact_pipelines.exports.targets import ArtifactFile, LocalFile, Target, artifact_folder, remove_leftovers
from contact_pipelines.exports.text_writers import Written
from contact_pipelines.exports.writing import writer_of
from contact_pipelines.models import DEFAULT_TENANT, LAST, ExportRecord, ExportRequest, ExportStatus
from contact_pipelines.outcomes import sentence
from contact_pipelines.settings import Settings
from contact_pipelines.store import exports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.imports_table import uuid7
from contact_pipelines.store.tenants import ensure_tenant

_ERASED = "A person was erased while it was written, and might have been in it; export again."


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
    """Write the contacts that are asked for to a file, as the store is at one moment; return the completed export.

    `out`: a local path, which must be free unless `overwrite`, or another target; without one the file is kept among
    the artifacts for `exports_expire` seconds. `requested_by`: the user by whom exports are limited. `progress` is
    told now and then how many rows were read. `export_id`: a new UUIDv7, if the caller has to know it beforehand.

    Raises InvalidOption (InvalidFilter), NotFound for a group that does not exist, TooManyExports (nothing is recorded
    then); ExportNotPossible, WrongState and StoreError, and the export is `failed`, with no file.
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
            exports_table.register(connection, record, per_hour=settings.house.limits.exports_per_hour)
        try:
            _write(store, settings, record, target, partial(writer_of(asked.format), plan, taken, progress=progress))
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
    """Return the latest exports, newest first. Those whose process died end here, and what they left is removed."""
    end_dead_exports(store, settings, tenant_id=tenant_id)
    with store.connect() as connection:
        return exports_table.recent(connection, tenant_id, limit)


def end_dead_exports(store: Store, settings: Settings, *, tenant_id: str | None = None) -> list[ExportRecord]:
    """End the exports, of one tenant or of all, whose process died; return them as they were."""
    with store.begin() as connection:
        dead = exports_table.end_dead(connection, tenant_id)
    for record in dead:
        _remove_artifact(settings, record)
        artifact_folder(settings.artifacts, record.tenant_id, record.id).remove_dead_scratch()
        if record.artifact is None and record.location is not None:
            remove_leftovers(record.location, record.id, settings.locations)
    return dead


def clean_up_exports(store: Store, settings: Settings) -> list[ExportRecord]:
    """Delete the files, of all tenants, whose time is over, and what died left behind; return the expired exports.

    Files outside the artifacts are their owners'.
    """
    end_dead_exports(store, settings)
    with store.connect() as connection:
        overdue = exports_table.overdue(connection)
    return _expire(store, settings, overdue)


def count_overdue_exports(store: Store) -> int:
    """Count the exports, of all tenants, whose file's time is over."""
    with store.connect() as connection:
        return len(exports_table.overdue(connection))


def expire_exports(store: Store, settings: Settings, *, tenant_id: str) -> list[ExportRecord]:
    """Delete all files of a tenant's exports among the artifacts; exports that run now end without a file.

    For an erasure: what was exported before may hold the person.
    """
    with store.begin() as connection:
        exports_table.end_running(connection, tenant_id, _ERASED)
        kept = exports_table.kept(connection, tenant_id)
    return _expire(store, settings, kept)


def sign_export_link(store: Store, record: ExportRecord, *, now: datetime | None = None) -> str:
    """Return a token by which whoever has it can fetch the export's file for an hour.

    Raises WrongState if there is no file among the artifacts.
    """
    if record.status != ExportStatus.COMPLETED or record.artifact is None:
        raise WrongState(f"The export {record.id} has no file among the artifacts; it is {record.status}.")
    with store.connect() as connection:
        secret = exports_table.link_secret(connection, record.tenant_id)
    return links.sign_link(secret, record.id, (now or datetime.now(UTC)) + links.LIFETIME)


def open_export_link(store: Store, token: str, *, tenant_id: str, now: datetime | None = None) -> ExportRecord:
    """Return the export that a token is for. Raises InvalidLink, NotFound."""
    with store.connect() as connection:
        secret = exports_table.link_secret(connection, tenant_id)
        return exports_table.get(connection, tenant_id, links.verify_link(secret, token, now))


def _target(settings: Settings, record: ExportRecord, out: Path | Target | None, *, overwrite: bool) -> Target:
    if out is None:
        return ArtifactFile(settings.artifacts, record.tenant_id, record.id, record.request.file_name)
    return LocalFile(out, overwrite=overwrite) if isinstance(out, Path) else out


def _since(last: datetime | None, request: ExportRequest) -> datetime | None:
    """Return from when on changes count; None for a full export, as the first of its name is."""
    if request.changed_since == LAST:
        return last
    if isinstance(request.changed_since, str):
        raise InvalidOption("changed_since is a moment, or last.")
    return request.changed_since


def _write(
    store: Store, settings: Settings, record: ExportRecord, target: Target, writer: Callable[[Path], Written]
) -> None:
    """Write the file and publish it. Raises ExportNotPossible if there is no room for it, or no right to write it."""
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
                    keep=timedelta(seconds=settings.house.exports_expire),
                )
                publish()  # before the commit: whoever sees a completed export finds its file
    except OSError as error:
        raise ExportNotPossible(f"The export cannot be written to {target.location}: {error.strerror}.") from None


def _record_failure(store: Store, record: ExportRecord, error: BaseException) -> None:
    """Say in the store why there is no file. If it cannot be reached, the export is found dead later."""
    code, message = "unexpected", sentence("unexpected.export")
    if isinstance(error, ContactPipelinesError):
        code, message = error.code, str(error)
    elif isinstance(error, KeyboardInterrupt):
        code, message = exports_table.INTERRUPTED, sentence("interrupted.export")
    with suppress(StoreError), store.begin() as connection:
        exports_table.fail(connection, record.tenant_id, record.id, code, message)


def _remove_artifact(settings: Settings, record: ExportRecord) -> None:
    if record.artifact is not None:
        artifact_folder(settings.artifacts, record.tenant_id, record.id).remove()


def _expire(store: Store, settings: Settings, records: list[ExportRecord]) -> list[ExportRecord]:
    for record in records:
        artifact_folder(settings.artifacts, record.tenant_id, record.id).remove()
        with store.begin() as connection:
            exports_table.expire(connection, record)
    return [get_export(store, record.id, tenant_id=record.tenant_id) for record in records]
