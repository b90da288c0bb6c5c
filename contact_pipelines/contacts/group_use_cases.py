"""Looking at lists, segments and topics, and adding them."""

from __future__ import annotations

from contact_pipelines.contacts import groups
from contact_pipelines.contacts.groups import Group
from contact_pipelines.models import DEFAULT_TENANT, GroupDefinition, GroupKind
from contact_pipelines.store.engine import Store
from contact_pipelines.store.tenants import ensure_tenant


def list_groups(
    store: Store, kind: GroupKind, *, name: str | None = None, tenant_id: str = DEFAULT_TENANT
) -> list[Group]:
    """Return the tenant's groups of a kind by name (or the named one), with how many contacts are in them now."""
    with store.connect() as connection:
        return groups.list_groups(connection, tenant_id, kind, name)


def create_group(store: Store, definition: GroupDefinition, *, tenant_id: str = DEFAULT_TENANT) -> None:
    """Add a group; one that is there stays with its members. A filter makes a segment dynamic, or replaces its filter.

    Raises InvalidOption for a topic's other default and for a filter on a segment with members, InvalidFilter for a
    filter that cannot be used.
    """
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        groups.add_group(connection, tenant_id, definition)
