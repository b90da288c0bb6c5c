"""Erasing a person: their contacts, memberships, journal, and the files of imports and exports.

A suppression stays, the keyed hash of the address, so that no later import brings the person back.

Files with whole rows are not rewritten but removed. An import that read the person loses all its files with rows: its
results are gone, but it can still be rolled back, since that needs the journal only. All exports among the artifacts
are deleted, whoever is in them, and exports that are running end without a file.

PostgreSQL removes old row versions at its next VACUUM. Backups and files outside the artifact folder (sources, exports
to other paths) are their owner's responsibility.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from contact_pipelines.contacts import person_search, suppressions
from contact_pipelines.contacts.person_search import WITHOUT_ROWS, Person, TenantImport
from contact_pipelines.errors import NotFound, WrongState
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.models import DEFAULT_TENANT, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import exports_table, imports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.import_life import wait_for_running_imports
from contact_pipelines.store.tables import contact_deletions, contacts, group_members, import_changes

ERASED = "erased"
"""How the reason of the suppression that stays begins."""

_EXPORT_ENDED = "A person who might be in it was erased while it was written; export again."

_SUPPRESS = """
INSERT INTO suppressions (tenant_id, address_hash, reason)
SELECT DISTINCT :tenant, contact_pipelines_address_hash(:tenant, address), :reason
FROM unnest(CAST(:addresses AS text[])) AS given (address)
ON CONFLICT (tenant_id, address_hash) DO UPDATE SET reason = excluded.reason, import_id = NULL
"""


@dataclass(frozen=True)
class Erasure:
    """What was removed. `imports`: names of those that lost files; `files`: how many they lost.

    `not_searched`: imports that were never read to the end, so that their files could not be searched. `exports`: how
    many exports lost their file.
    """

    contacts: int
    memberships: int
    changes: int
    files: int
    imports: tuple[str, ...]
    not_searched: tuple[str, ...]
    exports: int = 0

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class ErasedRows:
    """How many rows of the database were deleted."""

    contacts: int
    memberships: int
    changes: int


def erase_contact(
    store: Store, settings: Settings, key: str, *, tenant_id: str = DEFAULT_TENANT, reason: str = ""
) -> Erasure:
    """Erase the person whose id, email, external id or phone is `key`; waits while imports of the tenant run.

    The database's part is one transaction, and the files are removed before its commit: after an interruption the
    journal still names the imports. Raises NotFound, and WrongState if an import that awaits review holds the person.
    """
    wait_for_running_imports(store, tenant_id)
    with store.begin() as connection:
        imports_table.lock_tenant(connection, tenant_id)
        person = person_search.find_person(connection, tenant_id, key)
        everything = person_search.tenant_imports(connection, tenant_id)
        found = person_search.search_files(settings, tenant_id, everything, person)
        known = person.contact_ids
        without_files = [it.id for it in everything if it.files_removed]
        person = person_search.with_deleted_contacts(
            connection, tenant_id, person, found.rows, without_files=without_files
        )
        if person.contact_ids != known:  # files may name them by these ids only
            found = person_search.search_files(settings, tenant_id, everything, person)
        if not (person.contact_ids or found.imports) and not _is_erased(connection, tenant_id, person):
            raise NotFound(f"Tenant {tenant_id} has no contact with this id, email, external id or phone.")
        changed = person_search.imports_that_changed(connection, tenant_id, person)
        touched = [it for it in everything if it.id in changed or it in found.imports]
        _require_none_in_review(touched)
        noted = f"{ERASED}: {reason.strip()}" if reason.strip() else ERASED
        rows = erase_rows(connection, tenant_id, person, reason=noted)
        removed = {it.name: _remove_files(settings, tenant_id, it) for it in touched}
    return Erasure(
        **asdict(rows),
        files=sum(removed.values()),
        imports=tuple(name for name, files in removed.items() if files),
        not_searched=tuple(it.name for it in found.not_searched if it not in touched),
        exports=_expire_exports(store, settings, tenant_id),  # after the commit: later exports do not see the person
    )


def erase_rows(connection: sa.Connection, tenant_id: str, person: Person, *, reason: str) -> ErasedRows:
    """Delete the person's contacts, memberships and journal; their addresses stay, hashed, as suppressions.

    An existing suppression gets this reason: the old one may have named the person.
    """
    connection.execute(sa.text(_SUPPRESS), {"tenant": tenant_id, "addresses": list(person.addresses), "reason": reason})
    deleted = _delete(connection, contacts, contacts.c.id, tenant_id, person)
    _forget_deletions(connection, tenant_id, person)
    exports_table.forget_texts(connection, tenant_id, (*person.addresses, *person.phones))
    return ErasedRows(
        contacts=deleted,
        memberships=_delete(connection, group_members, group_members.c.contact_id, tenant_id, person),
        changes=_delete(connection, import_changes, import_changes.c.contact_id, tenant_id, person),
    )


def _forget_deletions(connection: sa.Connection, tenant_id: str, person: Person) -> None:
    """Keep of the person's deleted contacts, for incremental exports, only that they were deleted."""
    connection.execute(
        sa.update(contact_deletions)
        .where(contact_deletions.c.tenant_id == tenant_id, contact_deletions.c.contact_id.in_(person.contact_ids))
        .values(external_id=None)
    )


def _delete(
    connection: sa.Connection, table: sa.Table, column: sa.Column[uuid.UUID], tenant_id: str, person: Person
) -> int:
    mine = (table.c.tenant_id == tenant_id, column.in_(person.contact_ids))
    return connection.execute(sa.delete(table).where(*mine)).rowcount


def _is_erased(connection: sa.Connection, tenant_id: str, person: Person) -> bool:
    return any(suppressions.is_suppressed(connection, tenant_id, address) for address in person.addresses)


def _require_none_in_review(touched: Sequence[TenantImport]) -> None:
    waiting = [it.name for it in touched if it.status == ImportStatus.AWAITING_REVIEW]
    if waiting:
        raise WrongState(
            f"The import {waiting[0]} awaits review and holds this person; confirm or cancel it, then erase."
            " Nothing was erased."
        )


def _remove_files(settings: Settings, tenant_id: str, it: TenantImport) -> int:
    """Remove the import's files with rows; return how many."""
    artifacts = ArtifactFolder(settings.artifacts, tenant_id, it.id)
    names = [name for name in artifacts.names() if name not in WITHOUT_ROWS]
    for name in names:
        artifacts.discard(name)
    artifacts.close()
    return len(names)


def _expire_exports(store: Store, settings: Settings, tenant_id: str) -> int:
    """Delete the tenant's files of exports, and end the exports that are running; return how many files."""
    with store.begin() as connection:
        exports_table.end_running(connection, tenant_id, _EXPORT_ENDED)
        kept = exports_table.kept(connection, tenant_id)
    exports_table.expire_files(store, settings.artifacts, kept)
    return len(kept)
