"""Erasing a person from the database: what is theirs, and its deletion. The files of imports are `erasing`."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from contact_pipelines.contacts.contact_lookup import find_contact
from contact_pipelines.errors import NotFound
from contact_pipelines.models import ImportStatus
from contact_pipelines.store import exports_table
from contact_pipelines.store.tables import contact_deletions, contacts, group_members, import_changes, imports

_SUPPRESS = """
INSERT INTO suppressions (tenant_id, address_hash, reason)
SELECT DISTINCT :tenant, contact_pipelines_address_hash(:tenant, address), :reason
FROM unnest(CAST(:addresses AS text[])) AS given (address)
ON CONFLICT (tenant_id, address_hash) DO UPDATE SET reason = excluded.reason, import_id = NULL
"""

# What imports changed away from, or to, is the person's as well.
_JOURNALLED = """
SELECT DISTINCT value
FROM import_changes
CROSS JOIN LATERAL (VALUES (before ->> :field), (after ->> :field)) AS was (value)
WHERE tenant_id = :tenant AND contact_id = ANY(:ids) AND value IS NOT NULL
"""

_ORPHANS = """
SELECT DISTINCT j.contact_id
FROM import_changes j
JOIN (
    SELECT CAST(import_id AS uuid), row_number
    FROM unnest(CAST(:imports AS text[]), CAST(:rows AS integer[])) AS named (import_id, row_number)
) found (import_id, row_number) ON found.import_id = j.import_id AND found.row_number = j.row_number
WHERE j.tenant_id = :tenant
    AND NOT EXISTS (SELECT FROM contacts c WHERE c.tenant_id = j.tenant_id AND c.id = j.contact_id)
"""


# Of imports whose files are gone: by value, through their whole journal.
_ORPHANS_BY_ADDRESS = """
SELECT DISTINCT j.contact_id
FROM import_changes j
WHERE j.tenant_id = :tenant
    AND j.import_id = ANY(CAST(:imports AS uuid[]))
    AND ARRAY[j.before ->> 'email', j.after ->> 'email'] && CAST(:addresses AS text[])
    AND NOT EXISTS (SELECT FROM contacts c WHERE c.tenant_id = j.tenant_id AND c.id = j.contact_id)
"""


@dataclass(frozen=True)
class Person:
    """Whom to erase: their contacts (several if there are duplicates), and what else they are recognised by.

    `addresses` are trimmed and in lower case, `phones` E.164.
    """

    contact_ids: tuple[uuid.UUID, ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class TenantImport:
    """An import, as far as erasing is concerned."""

    id: str
    name: str
    status: ImportStatus
    files_removed: bool = False  # for their age


@dataclass(frozen=True)
class ErasedRows:
    """How many rows of the database were deleted."""

    contacts: int
    memberships: int
    changes: int


def find_person(connection: sa.Connection, tenant_id: str, key: str) -> Person:
    """Return the person whose id, email, external id or phone is `key`, with all contacts of the same email.

    An email address that no contact has is a person without contacts: an erasure may have been cut short, or the
    contact was deleted while journal and files still name it. Raises NotFound for any other unknown key.
    """
    try:
        contact = find_contact(connection, tenant_id, key)
    except NotFound:
        if "@" not in key or "\x00" in key:
            raise
        return Person(addresses=(key.strip().lower(),))
    same_email = contacts.c.email == contact["email"] if contact["email"] else sa.false()
    rows = connection.execute(
        sa.select(contacts.c.id, contacts.c.email, contacts.c.phone, contacts.c.external_id)
        .where(contacts.c.tenant_id == tenant_id, sa.or_(contacts.c.id == uuid.UUID(contact["id"]), same_email))
        .with_for_update()
    ).all()
    ids = tuple(row.id for row in rows)
    return Person(
        contact_ids=ids,
        addresses=_all_values(connection, tenant_id, ids, "email", [row.email for row in rows]),
        phones=_all_values(connection, tenant_id, ids, "phone", [row.phone for row in rows]),
        external_ids=_all_values(connection, tenant_id, ids, "external_id", [row.external_id for row in rows]),
    )


def with_deleted_contacts(
    connection: sa.Connection,
    tenant_id: str,
    person: Person,
    rows: Mapping[str, Collection[int]],
    *,
    without_files: Collection[str] = (),
) -> Person:
    """Add the contacts that are gone from the store, but not from the journal.

    `rows` are the row numbers with one of the person's addresses, by import id; `without_files` the ids of imports
    that have no files any more.
    """
    found: list[uuid.UUID] = []
    if named := [(import_id, number) for import_id, numbers in rows.items() for number in numbers]:
        values = {"imports": [name for name, _ in named], "rows": [number for _, number in named]}
        found += connection.scalars(sa.text(_ORPHANS), {"tenant": tenant_id, **values})
    if without_files and person.addresses:
        values = {"imports": list(without_files), "addresses": list(person.addresses)}
        found += connection.scalars(sa.text(_ORPHANS_BY_ADDRESS), {"tenant": tenant_id, **values})
    return replace(person, contact_ids=tuple(dict.fromkeys([*person.contact_ids, *found])))


def tenant_imports(connection: sa.Connection, tenant_id: str) -> list[TenantImport]:
    """Return the tenant's imports, oldest first."""
    removed = imports.c.results_removed_at.is_not(None).label("files_removed")
    statement = sa.select(imports.c.id, imports.c.name, imports.c.status, removed)
    rows = connection.execute(statement.where(imports.c.tenant_id == tenant_id).order_by(imports.c.id))
    return [TenantImport(str(row.id), row.name, ImportStatus(row.status), row.files_removed) for row in rows]


def imports_that_changed(connection: sa.Connection, tenant_id: str, person: Person) -> set[str]:
    """Return the ids of the imports that created or updated one of the person's contacts."""
    mine = _of(import_changes.c.contact_id, person)
    statement = sa.select(import_changes.c.import_id).where(import_changes.c.tenant_id == tenant_id, mine)
    return {str(import_id) for import_id in connection.scalars(statement.distinct())}


def erase_rows(connection: sa.Connection, tenant_id: str, person: Person, *, reason: str) -> ErasedRows:
    """Delete the person's contacts, memberships and journal; their addresses stay, hashed, as suppressions.

    A suppression that was there already gets this reason: the old one may have named the person.
    """
    connection.execute(sa.text(_SUPPRESS), {"tenant": tenant_id, "addresses": list(person.addresses), "reason": reason})
    deleted = _delete(connection, contacts, contacts.c.id, tenant_id, person)
    forget_deletions(connection, tenant_id, person)
    exports_table.forget_texts(connection, tenant_id, (*person.addresses, *person.phones))
    return ErasedRows(
        contacts=deleted,
        memberships=_delete(connection, group_members, group_members.c.contact_id, tenant_id, person),
        changes=_delete(connection, import_changes, import_changes.c.contact_id, tenant_id, person),
    )


def forget_deletions(connection: sa.Connection, tenant_id: str, person: Person) -> None:
    """Leave nothing of the person in what incremental exports tell of deleted contacts, but that a contact is gone."""
    connection.execute(
        sa.update(contact_deletions)
        .where(contact_deletions.c.tenant_id == tenant_id, _of(contact_deletions.c.contact_id, person))
        .values(external_id=None)
    )


def _delete(
    connection: sa.Connection, table: sa.Table, column: sa.Column[uuid.UUID], tenant_id: str, person: Person
) -> int:
    return connection.execute(sa.delete(table).where(table.c.tenant_id == tenant_id, _of(column, person))).rowcount


def _of(column: sa.Column[uuid.UUID], person: Person) -> sa.ColumnElement[bool]:
    return column.in_(person.contact_ids)


def _all_values(
    connection: sa.Connection, tenant_id: str, ids: Collection[uuid.UUID], field: str, now: Collection[str | None]
) -> tuple[str, ...]:
    before = connection.scalars(sa.text(_JOURNALLED), {"tenant": tenant_id, "ids": list(ids), "field": field})
    return tuple(dict.fromkeys(value for value in [*now, *before] if value))
