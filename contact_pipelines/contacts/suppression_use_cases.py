"""The suppression list, address by address. A whole file of them is an import with the option `suppress`."""

from __future__ import annotations

from contact_pipelines.contacts import suppressions
from contact_pipelines.contacts.suppressions import Suppressed
from contact_pipelines.models import DEFAULT_TENANT
from contact_pipelines.store.engine import Store


def suppress_address(store: Store, address: str, *, reason: str, tenant_id: str = DEFAULT_TENANT) -> Suppressed:
    """Put an address on the list and opt out the subscribed contacts that have it; waits while an import is applied.

    Raises InvalidOption if it cannot be an address.
    """
    normal = suppressions.require_address(address)
    with store.begin() as connection:
        return suppressions.suppress(connection, tenant_id, [normal], reason=reason)


def is_address_suppressed(store: Store, address: str, *, tenant_id: str = DEFAULT_TENANT) -> bool:
    """Say whether an address is on the list. Raises InvalidOption if it cannot be an address."""
    normal = suppressions.require_address(address)
    with store.connect() as connection:
        return suppressions.is_suppressed(connection, tenant_id, normal)


def release_address(store: Store, address: str, *, reason: str, tenant_id: str = DEFAULT_TENANT) -> None:
    """Take an address off the list, which is recorded with the reason; a contact that has it stays opted out.

    Raises InvalidOption without a reason or if it cannot be an address, NotFound if it is not on the list.
    """
    normal = suppressions.require_address(address)
    with store.begin() as connection:
        suppressions.release(connection, tenant_id, normal, reason=reason)


def count_suppressed(store: Store, *, tenant_id: str = DEFAULT_TENANT) -> int:
    """Return how many addresses are on the list."""
    with store.connect() as connection:
        return suppressions.count(connection, tenant_id)
