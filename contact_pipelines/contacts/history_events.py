"""The history of one contact."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from contact_pipelines.contacts import contact_history, contact_lookup
from contact_pipelines.contacts.contact_history import FieldChange, HistoryEvent
from contact_pipelines.errors import NotFound
from contact_pipelines.models import DEFAULT_TENANT
from contact_pipelines.store.engine import Store

__all__ = ["FieldChange", "HistoryEvent", "get_contact_history"]


def get_contact_history(store: Store, key: str, *, tenant_id: str = DEFAULT_TENANT) -> tuple[str, list[HistoryEvent]]:
    """Return the id of the contact whose id, email, external id or phone is `key`, and its history, newest first.

    A contact that was deleted is found by its id, as rollback reports name it. Raises NotFound.
    """
    with store.connect() as connection:
        try:
            contact_id = contact_lookup.get_contact(connection, tenant_id, key)["id"]
        except NotFound:
            return _of_deleted(connection, tenant_id, key)
        return contact_id, contact_history.contact_history(connection, tenant_id, contact_id)


def _of_deleted(connection: sa.Connection, tenant_id: str, key: str) -> tuple[str, list[HistoryEvent]]:
    try:
        contact_id = str(uuid.UUID(key.strip()))
    except ValueError:
        contact_id = ""
    events = contact_history.contact_history(connection, tenant_id, contact_id) if contact_id else []
    if not events:
        raise NotFound(f"Tenant {tenant_id} has no contact with this id, email, external id or phone.")
    return contact_id, events
