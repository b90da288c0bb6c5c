"""Undoing an import."""

from __future__ import annotations

from contact_pipelines.errors import WrongState
from contact_pipelines.importing import grouping, rolling_back
from contact_pipelines.models import (
    DEFAULT_TENANT,
    Import,
    ImportStatus,
    RollbackCounts,
)
from contact_pipelines.operations.lookups import get_import
from contact_pipelines.store import imports
from contact_pipelines.store.engine import Store


def roll_back_import(
    store: Store, key: str, *, tenant_id: str = DEFAULT_TENANT, dry_run: bool = False
) -> tuple[Import, RollbackCounts]:
    """Undo a completed import, in one transaction; waits while another import of the tenant is applied.

    A dry run counts what would happen and changes nothing. Raises NotFound, and WrongState if the import is not
    completed (a second rollback, for instance).
    """
    from contact_pipelines.store.waiting import wait_for_running_imports

    record = get_import(store, key, tenant_id=tenant_id)
    _require_completed(record)
    wait_for_running_imports(store, tenant_id)
    with store.connect() as connection, connection.begin() as transaction:
        imports.lock_tenant(connection, tenant_id)
        _require_completed(imports.get(connection, tenant_id, record.id))
        counts = rolling_back.roll_back(connection, record)
        grouping.roll_back_groups(connection, record)
        if dry_run:
            transaction.rollback()
        else:
            imports.record_rollback(connection, record, counts)
    return get_import(store, record.id, tenant_id=tenant_id), counts


def _require_completed(record: Import) -> None:
    if record.status == ImportStatus.ROLLED_BACK:
        raise WrongState(f"The import {record.name} was rolled back already; there is nothing left to undo.")
    if record.status != ImportStatus.COMPLETED:
        raise WrongState(f"The import {record.name} is {record.status}; only a completed import can be rolled back.")
