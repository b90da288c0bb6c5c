"""Looking at contacts, managing properties and saved mappings."""

from __future__ import annotations

from typing import Any

from contact_pipelines.contacts import contact_lookup
from contact_pipelines.contacts.filters import load_filter
from contact_pipelines.contacts.properties import add_property, list_properties
from contact_pipelines.models import DEFAULT_TENANT, PropertyDefinition
from contact_pipelines.store import saved_mappings
from contact_pipelines.store.engine import Store
from contact_pipelines.store.saved_mappings import SavedMapping
from contact_pipelines.store.tenants import ensure_tenant


def get_contact(store: Store, key: str, *, tenant_id: str = DEFAULT_TENANT) -> dict[str, Any]:
    """Return a contact by its id, email, external id or phone, with all that is its. Raises NotFound."""
    with store.connect() as connection:
        return contact_lookup.get_contact(connection, tenant_id, key)


def count_contacts(store: Store, *, filter_text: str | None = None, tenant_id: str = DEFAULT_TENANT) -> int:
    """Return how many contacts the tenant has, or how many of them a filter expression means. Raises InvalidFilter."""
    with store.begin() as connection:
        if filter_text is None:
            return contact_lookup.count_contacts(connection, tenant_id)
        ensure_tenant(connection, tenant_id)  # its well-known properties can be named
        return contact_lookup.count_contacts(connection, tenant_id, load_filter(connection, tenant_id, filter_text))


def list_property_definitions(store: Store, *, tenant_id: str = DEFAULT_TENANT) -> list[PropertyDefinition]:
    """Return the tenant's properties by key, the well-known ones among them."""
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        return list_properties(connection, tenant_id)


def create_property(
    store: Store, definition: PropertyDefinition, *, tenant_id: str = DEFAULT_TENANT
) -> PropertyDefinition:
    """Add a property; one of the same type that is there is returned as it is. Raises InvalidOption."""
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        return add_property(connection, tenant_id, definition)


def list_saved_mappings(store: Store, *, tenant_id: str = DEFAULT_TENANT) -> list[SavedMapping]:
    """Return the latest version of every saved mapping, by name."""
    with store.connect() as connection:
        return saved_mappings.list_latest(connection, tenant_id)


def delete_saved_mapping(store: Store, name: str, *, tenant_id: str = DEFAULT_TENANT) -> None:
    """Delete a saved mapping with all its versions. Raises NotFound."""
    with store.begin() as connection:
        saved_mappings.delete(connection, tenant_id, name)
