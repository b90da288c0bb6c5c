"""Reading a contact with its memberships, and counting contacts."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from contact_pipelines.contacts import dynamic_segments
from contact_pipelines.contacts.filters import ContactFilter, load_filter
from contact_pipelines.errors import NotFound
from contact_pipelines.models import DEFAULT_TENANT
from contact_pipelines.store.engine import Store
from contact_pipelines.store.tables import contacts, group_members, groups
from contact_pipelines.store.tenants import ensure_tenant

_FIELDS = (
    "id", "external_id", "email", "phone", "first_name", "last_name", "company", "status", "lead_score", "tags",
    "properties", "created_at", "updated_at", "version",
)  # fmt: skip
_PHONE_PUNCTUATION = re.compile(r"[\s().-]+")


def find_contact(connection: sa.Connection, tenant_id: str, key: str) -> dict[str, Any]:
    """Return the contact whose id, email, external id or phone is `key`, tried in this order.

    Besides its fields it has `lists` and `segments` (names, of dynamic ones too) and `topics` (name -> subscription).
    Of several contacts with the key, the oldest that is not marked as a duplicate. Raises NotFound.
    """
    for condition in _conditions(key.strip()):
        statement = (
            sa.select(*(contacts.c[name] for name in _FIELDS))
            .where(contacts.c.tenant_id == tenant_id, condition)
            .order_by(contacts.c.is_duplicate, contacts.c.created_at, contacts.c.id)
            .limit(1)
        )
        row = connection.execute(statement).mappings().first()
        if row is not None:
            return {**row, "id": str(row["id"]), **_groups(connection, tenant_id, row["id"])}
    raise NotFound(  # without the key: it is an address or a phone number
        f"Tenant {tenant_id} has no contact with this id, email, external id or phone."
    )


def count_matching(connection: sa.Connection, tenant_id: str, wanted: ContactFilter | None = None) -> int:
    """Return how many contacts the tenant has, or how many match the filter."""
    condition = contacts.c.tenant_id == tenant_id if wanted is None else wanted.condition(tenant_id)
    statement = sa.select(sa.func.count()).select_from(contacts).where(condition)
    return int(connection.execute(statement).scalar_one())


def _conditions(key: str) -> Iterator[sa.ColumnElement[bool]]:
    if "\x00" in key:
        return  # PostgreSQL's text cannot hold it
    if (contact_id := _uuid(key)) is not None:
        yield contacts.c.id == contact_id
    yield contacts.c.email == key.lower()
    yield contacts.c.external_id == key
    yield contacts.c.phone == _PHONE_PUNCTUATION.sub("", key)


def _uuid(key: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(key)
    except ValueError:
        return None


def _groups(connection: sa.Connection, tenant_id: str, contact_id: uuid.UUID) -> dict[str, Any]:
    belongs = (group_members.c.tenant_id == groups.c.tenant_id) & (group_members.c.group_id == groups.c.id)
    statement = (
        sa.select(groups.c.kind, groups.c.name, group_members.c.subscription)
        .join(group_members, belongs)
        .where(group_members.c.tenant_id == tenant_id, group_members.c.contact_id == contact_id)
        .order_by(groups.c.name)
    )
    rows = connection.execute(statement).all()
    dynamic = dynamic_segments.segments_of(connection, tenant_id, contact_id)
    return {
        "lists": [row.name for row in rows if row.kind == "list"],
        "segments": sorted([*(row.name for row in rows if row.kind == "segment"), *dynamic]),
        "topics": {row.name: row.subscription for row in rows if row.kind == "topic"},
    }


def get_contact(store: Store, key: str, *, tenant_id: str = DEFAULT_TENANT) -> dict[str, Any]:
    """Return a contact, with its memberships, by its id, email, external id or phone. Raises NotFound."""
    with store.connect() as connection:
        return find_contact(connection, tenant_id, key)


def count_contacts(store: Store, *, filter_text: str | None = None, tenant_id: str = DEFAULT_TENANT) -> int:
    """Return how many contacts the tenant has, or how many match a filter expression. Raises InvalidFilter."""
    with store.begin() as connection:
        if filter_text is None:
            return count_matching(connection, tenant_id)
        ensure_tenant(connection, tenant_id)  # a filter may name its well-known properties
        return count_matching(connection, tenant_id, load_filter(connection, tenant_id, filter_text))
