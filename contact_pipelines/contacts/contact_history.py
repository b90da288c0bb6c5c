"""What imports, rollbacks and grants of consent did to a contact, from the journal."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from contact_pipelines.contacts import contact_lookup
from contact_pipelines.errors import NotFound
from contact_pipelines.models import DEFAULT_TENANT, PROPERTY_PREFIX, ImportStatus
from contact_pipelines.store.engine import Store
from contact_pipelines.store.tables import contacts

CREATED_VALUES_LOST = "values as created are not kept"

_JOURNAL = """
SELECT
    j.import_id::text, j.row_number, j.action, j.version, j.before, j.after, j.undone,
    i.name, i.file_name, i.status, coalesce(i.finished_at, i.created_at) AS applied_at, i.rolled_back_at
FROM import_changes j
JOIN imports i ON i.tenant_id = j.tenant_id AND i.id = j.import_id
WHERE j.tenant_id = :tenant AND j.contact_id = CAST(:contact AS uuid)
"""

_GRANTS = """
SELECT old_status, new_status, reason, granted_at, database_user
FROM consent_grants
WHERE tenant_id = :tenant AND contact_id = CAST(:contact AS uuid)
"""

_FIELDS = ("external_id", "email", "phone", "first_name", "last_name", "company", "status", "lead_score", "tags")


@dataclass(frozen=True)
class FieldChange:
    """A field (of the contact, or `properties.<key>`) before and after; None is empty."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class HistoryEvent:
    """One thing that happened to a contact.

    `event` is created, updated, rolled back or consent granted; `row` is a row of the import's file; `note` tells what
    a rollback kept and why, or the reason of a grant.
    """

    at: datetime
    event: str
    import_id: str | None = None
    import_name: str | None = None
    file: str | None = None
    row: int | None = None
    fields: tuple[FieldChange, ...] = ()
    note: str = ""


def get_contact_history(store: Store, key: str, *, tenant_id: str = DEFAULT_TENANT) -> tuple[str, list[HistoryEvent]]:
    """Return a contact's id and history, newest first, by its id, email, external id or phone.

    A deleted contact is found by its id, which rollback reports show. Raises NotFound.
    """
    with store.connect() as connection:
        try:
            contact_id = contact_lookup.find_contact(connection, tenant_id, key)["id"]
        except NotFound:
            return _of_deleted(connection, tenant_id, key)
        return contact_id, contact_history(connection, tenant_id, contact_id)


def _of_deleted(connection: sa.Connection, tenant_id: str, key: str) -> tuple[str, list[HistoryEvent]]:
    try:
        contact_id = str(uuid.UUID(key.strip()))
    except ValueError:
        contact_id = ""
    events = contact_history(connection, tenant_id, contact_id) if contact_id else []
    if not events:
        raise NotFound(f"Tenant {tenant_id} has no contact with this id, email, external id or phone.")
    return contact_id, events


def contact_history(connection: sa.Connection, tenant_id: str, contact_id: str) -> list[HistoryEvent]:
    """Return what happened to a contact, newest first; it may be deleted by now.

    The journal has no values of a created contact: they are known as long as it still is in its first version.
    """
    names = {"tenant": tenant_id, "contact": contact_id}
    statement = sa.select(contacts).where(contacts.c.tenant_id == tenant_id, contacts.c.id == contact_id)
    contact = connection.execute(statement).mappings().one_or_none()
    events = [
        event for row in connection.execute(sa.text(_JOURNAL), names).mappings() for event in _of_import(row, contact)
    ]
    events += [_grant(row) for row in connection.execute(sa.text(_GRANTS), names).mappings()]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _of_import(row: sa.RowMapping, contact: sa.RowMapping | None) -> Iterator[HistoryEvent]:
    where = {
        "import_id": row["import_id"],
        "import_name": row["name"],
        "file": row["file_name"],
        "row": row["row_number"],
    }
    if row["action"] == "created":
        known = contact is not None and contact["version"] == row["version"]
        fields = tuple(_values(contact)) if contact is not None and known else ()
        yield HistoryEvent(
            row["applied_at"], "created", **where, fields=fields, note="" if known else CREATED_VALUES_LOST
        )
    else:
        changed = tuple(FieldChange(field, row["before"].get(field), after) for field, after in row["after"].items())
        yield HistoryEvent(row["applied_at"], "updated", **where, fields=changed)
    if row["status"] == ImportStatus.ROLLED_BACK and row["rolled_back_at"] is not None:
        yield HistoryEvent(row["rolled_back_at"], "rolled back", **where, note=_undone(row))


def _values(contact: sa.RowMapping) -> Iterator[FieldChange]:
    for field in _FIELDS:
        if contact[field] not in (None, []):
            yield FieldChange(field, None, contact[field])
    for key, value in sorted(contact["properties"].items()):
        yield FieldChange(PROPERTY_PREFIX + key, None, value)


def _undone(row: sa.RowMapping) -> str:
    undone = row["undone"] or {"what": "deleted" if row["action"] == "created" else "restored"}
    kept = "; ".join(f"{field}: {why}" for field, why in sorted(undone.get("kept", {}).items()))
    why = undone.get("why") or kept
    return f"{undone['what']} ({why})" if why else str(undone["what"])


def _grant(row: sa.RowMapping) -> HistoryEvent:
    became = row["new_status"] or "deleted"
    note = f"{row['old_status']} -> {became}, by {row['database_user']}: {row['reason']}"
    return HistoryEvent(row["granted_at"], "consent granted", note=note)
