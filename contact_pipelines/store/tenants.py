"""Tenants: the owners of contacts."""

from __future__ import annotations

import re

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from contact_pipelines.errors import InvalidOption
from contact_pipelines.models import WELL_KNOWN_PROPERTIES, PropertyType
from contact_pipelines.store.tables import properties, tenants

_TENANT_ID = re.compile(r"[A-Za-z0-9_-]{1,63}")
_WELL_KNOWN_TYPES = {  # all others are text
    "birthday": PropertyType.DATE,
    "last_opened_at": PropertyType.DATE,
    "last_activity_at": PropertyType.DATE,
    "emails_sent": PropertyType.NUMBER,
    "opens": PropertyType.NUMBER,
    "clicks": PropertyType.NUMBER,
}


def ensure_tenant(connection: Connection, tenant_id: str) -> None:
    """Create the tenant and its well-known properties, if missing. Raises InvalidOption for a wrong id."""
    if not _TENANT_ID.fullmatch(tenant_id):
        raise InvalidOption("A tenant's id is 1 to 63 letters, digits, _ and -.")
    connection.execute(insert(tenants).values(id=tenant_id).on_conflict_do_nothing())
    well_known = [
        {"tenant_id": tenant_id, "key": key, "label": label, "type": _WELL_KNOWN_TYPES.get(key, PropertyType.TEXT)}
        for key, label in WELL_KNOWN_PROPERTIES.items()
    ]
    connection.execute(insert(properties).values(well_known).on_conflict_do_nothing())
