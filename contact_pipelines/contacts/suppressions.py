"""The suppression list: addresses that are never subscribed again, even if their contact is deleted or erased.

The database enforces it (migration 0003) and stores a keyed hash of each address: the list can tell whether it has an
address, but not which ones it has. Addresses compare trimmed and in lower case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import sqlalchemy as sa

from contact_pipelines.contacts import consent_grants
from contact_pipelines.errors import InvalidOption, NotFound
from contact_pipelines.models import DEFAULT_TENANT
from contact_pipelines.store.engine import Store
from contact_pipelines.store.imports_table import lock_tenant
from contact_pipelines.store.tables import suppressions
from contact_pipelines.store.tenants import ensure_tenant

BATCH = 10_000
"""Addresses in one statement: a few hundred kilobytes."""

HASH_PREFIX = 12
"""Hexadecimal digits of a hash shown to people: enough to tell entries apart."""

# An address that a second import adds no longer belongs to the first one, whose rollback must leave it on the list.
_ADD = """
WITH done AS (
    INSERT INTO suppressions AS s (tenant_id, address_hash, reason, import_id)
    SELECT DISTINCT
        :tenant,
        contact_pipelines_keyed_hash(p.inner_pad, p.outer_pad, a.address) AS address_hash,
        :reason,
        CAST(:import AS uuid)
    FROM {table} a
    CROSS JOIN contact_pipelines_hash_pads(:tenant) p
    WHERE btrim(a.address) <> ''
    ORDER BY address_hash
    ON CONFLICT (tenant_id, address_hash) DO UPDATE SET import_id = NULL
        WHERE s.import_id IS NOT NULL AND s.import_id IS DISTINCT FROM excluded.import_id
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FROM done WHERE is_new
"""

# Contacts and marked duplicates have separate indexes of addresses; a condition that names neither uses none.
_OPT_OUT = """
WITH given AS MATERIALIZED (
    SELECT DISTINCT lower(btrim(address) COLLATE "default") COLLATE "C" AS email FROM {table}
)
UPDATE contacts c
SET status = 'unsubscribed'
FROM (
    SELECT h.id
    FROM given g
    JOIN contacts h ON h.tenant_id = :tenant AND h.email = g.email AND NOT h.is_duplicate
    UNION ALL
    SELECT h.id
    FROM given g
    JOIN contacts h ON h.tenant_id = :tenant AND h.email = g.email AND h.is_duplicate
) a
WHERE c.tenant_id = :tenant AND c.id = a.id AND c.status = 'subscribed'
"""

SUPPRESSED_ROWS = """
SELECT a.{row}
FROM {table} a
CROSS JOIN contact_pipelines_hash_pads({tenant}) p
WHERE (
    SELECT true
    FROM suppressions s
    WHERE s.tenant_id = {tenant}
        AND s.address_hash
            = contact_pipelines_keyed_hash(p.inner_pad, p.outer_pad, a.{address}) COLLATE "default"
)
"""
"""The rows of a table whose address is suppressed; to be formatted with quoted names and literals. About 4 µs a row:
call `count` first."""


@dataclass(frozen=True)
class Suppressed:
    """How many addresses were added to the list, and how many contacts unsubscribed."""

    added: int
    opted_out: int


@dataclass(frozen=True)
class Suppression:
    """An entry of the list. `hash_prefix`: the first digits of the address's keyed hash."""

    hash_prefix: str
    reason: str
    created_at: datetime


def suppress(connection: sa.Connection, tenant_id: str, addresses: Iterable[str], *, reason: str = "") -> Suppressed:
    """Put addresses on the list and unsubscribe the contacts that have them; no contact is created.

    Waits while an import of the tenant is applied. An address that is already on the list keeps its reason.
    """
    connection.execute(sa.text("CREATE TEMPORARY TABLE given_addresses (address text NOT NULL) ON COMMIT DROP"))
    remaining = iter(addresses)
    while batch := list(islice(remaining, BATCH)):
        connection.execute(
            sa.text("INSERT INTO given_addresses SELECT unnest(CAST(:batch AS text[]))"), {"batch": batch}
        )
    done = suppress_table(connection, tenant_id, "given_addresses", reason=reason)
    connection.execute(sa.text("DROP TABLE given_addresses"))
    return done


def suppress_table(connection: sa.Connection, tenant_id: str, table: str, *, reason: str = "") -> Suppressed:
    """Do what `suppress` does for the column `address` of a temporary table. `table` is never a user's text."""
    ensure_tenant(connection, tenant_id)
    lock_tenant(connection, tenant_id)  # no import may create a contact with such an address between the two statements
    added = add_table(connection, tenant_id, table, reason=reason)
    opted_out = connection.execute(sa.text(_OPT_OUT.format(table=table)), {"tenant": tenant_id}).rowcount
    return Suppressed(added, opted_out)


def add_table(
    connection: sa.Connection, tenant_id: str, table: str, *, reason: str, import_id: str | None = None
) -> int:
    """Put the column `address` of a temporary table on the list; return how many are new.

    `import_id`: the import that adds them, whose rollback may remove them.
    """
    names = {"tenant": tenant_id, "reason": reason.strip(), "import": import_id}
    return int(connection.execute(sa.text(_ADD.format(table=table)), names).scalar_one())


def release(connection: sa.Connection, tenant_id: str, address: str, *, reason: str) -> None:
    """Remove an address from the list and record the reason. Its contact stays unsubscribed.

    Raises InvalidOption without a reason, NotFound if the address is not on the list.
    """
    with consent_grants.granted(connection, reason):
        deleted = connection.execute(sa.delete(suppressions).where(_is(tenant_id, address))).rowcount
    if not deleted:
        raise NotFound(f"This address is not on the suppression list of tenant {tenant_id}.")


def is_suppressed(connection: sa.Connection, tenant_id: str, address: str) -> bool:
    """Return whether an address is on the list."""
    return bool(connection.scalar(sa.select(sa.exists().where(_is(tenant_id, address)))))


def count(connection: sa.Connection, tenant_id: str) -> int:
    """Return how many addresses are on the list."""
    statement = sa.select(sa.func.count()).select_from(suppressions).where(suppressions.c.tenant_id == tenant_id)
    return int(connection.execute(statement).scalar_one())


def list_suppressions(connection: sa.Connection, tenant_id: str, *, limit: int = 50) -> list[Suppression]:
    """Return the latest entries, newest first."""
    rows = connection.execute(
        sa.select(
            sa.func.left(suppressions.c.address_hash, HASH_PREFIX), suppressions.c.reason, suppressions.c.created_at
        )
        .where(suppressions.c.tenant_id == tenant_id)
        .order_by(suppressions.c.created_at.desc(), suppressions.c.address_hash)
        .limit(limit)
    )
    return [Suppression(*row) for row in rows]


def require_address(text: str) -> str:
    """Return an address trimmed and in lower case. Raises InvalidOption if it is not an address."""
    address = text.strip().lower()
    local, _, domain = address.rpartition("@")
    if not local or not domain or "\x00" in address:
        raise InvalidOption("This is not an email address such as name@example.com.")
    return address


def _is(tenant_id: str, address: str) -> sa.ColumnElement[bool]:
    hashed = sa.func.contact_pipelines_address_hash(tenant_id, address)
    return sa.and_(suppressions.c.tenant_id == tenant_id, suppressions.c.address_hash == hashed)


def suppress_address(store: Store, address: str, *, reason: str, tenant_id: str = DEFAULT_TENANT) -> Suppressed:
    """Do what `suppress` does for one address. Raises InvalidOption if it is not an address."""
    normal = require_address(address)
    with store.begin() as connection:
        return suppress(connection, tenant_id, [normal], reason=reason)


def is_address_suppressed(store: Store, address: str, *, tenant_id: str = DEFAULT_TENANT) -> bool:
    """Return whether an address is on the list. Raises InvalidOption if it is not an address."""
    normal = require_address(address)
    with store.connect() as connection:
        return is_suppressed(connection, tenant_id, normal)


def release_address(store: Store, address: str, *, reason: str, tenant_id: str = DEFAULT_TENANT) -> None:
    """Do what `release` does. Raises InvalidOption, also if it is not an address, and NotFound."""
    normal = require_address(address)
    with store.begin() as connection:
        release(connection, tenant_id, normal, reason=reason)


def count_suppressed(store: Store, *, tenant_id: str = DEFAULT_TENANT) -> int:
    """Return how many addresses are on the list."""
    with store.connect() as connection:
        return count(connection, tenant_id)
