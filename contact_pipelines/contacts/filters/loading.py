"""Reading a filter with all that the store knows: the tenant's properties, groups and dynamic segments."""

from __future__ import annotations

import sqlalchemy as sa

from contact_pipelines.contacts.filters.fields import KnownGroups
from contact_pipelines.contacts.filters.parsing import ContactFilter, parse_filter
from contact_pipelines.contacts.properties import list_properties
from contact_pipelines.models import GroupKind
from contact_pipelines.store.tables import groups


def load_filter(connection: sa.Connection, tenant_id: str, text: str) -> ContactFilter:
    """Read a filter expression of the tenant: dynamic segments count, groups that do not exist are refused.

    Raises InvalidFilter.
    """
    return parse_filter(text, list_properties(connection, tenant_id), known_groups(connection, tenant_id))


def known_groups(connection: sa.Connection, tenant_id: str) -> KnownGroups:
    """Return the tenant's groups, each with the filter of a dynamic segment or None."""
    wanted = sa.select(groups.c.kind, groups.c.name, groups.c.filter).where(groups.c.tenant_id == tenant_id)
    return {(GroupKind(row.kind), row.name): row.filter for row in connection.execute(wanted)}
