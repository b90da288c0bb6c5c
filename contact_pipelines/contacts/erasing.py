"""Erasing a person: from the contacts, the memberships, the journal, and the files that imports left behind.

What stays is a suppression, the keyed hash of the address, so that no later import brings the person back.

The files of an import hold whole rows and are not rewritten: of an import that read the person, all files with rows
are removed. It can still be rolled back, which needs the journal only; its results can no longer be had.

Nor are files of exports: those among the artifacts are all deleted, whoever is in them, and exports that run at that
moment end without a file.

PostgreSQL's old row versions go with the next VACUUM; backups and files outside the artifact folder (the sources,
exports to a path of one's own) are their owner's to clean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import duckdb
import sqlalchemy as sa

from contact_pipelines.contacts import erased_rows, suppressions
from contact_pipelines.contacts.erased_rows import Person, TenantImport
from contact_pipelines.errors import NotFound, WrongState
from contact_pipelines.exports.use_cases import expire_exports
from contact_pipelines.files import duck
from contact_pipelines.files.artifact_names import COMPARED, MAPPED, REPORT, SOURCE, STAGED
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.files.duck import ROW, file_literal, identifier, literal
from contact_pipelines.models import DEFAULT_TENANT, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store import imports_table
from contact_pipelines.store.engine import Store

ERASED = "erased"
"""The reason of the suppression that stays, before the one that was given."""


@dataclass(frozen=True)
class Erasure:
    """What was removed. `imports` are the names of those whose files are gone, `files` how many files that were.

    `not_searched` are imports whose file could not be looked into, because it was never read to its end. `exports`: how
    many exports' files were deleted.
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
class _Search:
    """What the imports' files hold of a person. `rows`: by import id, the numbers of the rows that are theirs."""

    found: tuple[TenantImport, ...]
    rows: dict[str, list[int]]
    not_searched: tuple[TenantImport, ...]


def erase_contact(
    store: Store, settings: Settings, key: str, *, tenant_id: str = DEFAULT_TENANT, reason: str = ""
) -> Erasure:
    """Erase the person whose id, email, external id or phone is `key`; waits while imports of the tenant run.

    The database's part is one transaction, and the files go before it is committed: whatever is interrupted, the
    journal still names the imports when it is done again. Raises NotFound, and WrongState if an import that awaits
    review holds the person.
    """
    from contact_pipelines.store.waiting import wait_for_running_imports

    wait_for_running_imports(store, tenant_id)
    with store.begin() as connection:
        imports_table.lock_tenant(connection, tenant_id)
        person = erased_rows.find_person(connection, tenant_id, key)
        everything = erased_rows.tenant_imports(connection, tenant_id)
        search = _search(settings, tenant_id, everything, person)
        known = person.contact_ids
        without_files = [it.id for it in everything if it.files_removed]
        person = erased_rows.with_deleted_contacts(
            connection, tenant_id, person, search.rows, without_files=without_files
        )
        if person.contact_ids != known:  # whom files may name by these ids only
            search = _search(settings, tenant_id, everything, person)
        if not (person.contact_ids or search.found) and not _is_erased(connection, tenant_id, person):
            raise NotFound(f"Tenant {tenant_id} has no contact with this id, email, external id or phone.")
        changed = erased_rows.imports_that_changed(connection, tenant_id, person)
        touched = [it for it in everything if it.id in changed or it in search.found]
        _require_none_in_review(touched)
        told = f"{ERASED}: {reason.strip()}" if reason.strip() else ERASED
        rows = erased_rows.erase_rows(connection, tenant_id, person, reason=told)
        removed = {it.name: _remove_rows(settings, tenant_id, it) for it in touched}
    # After the commit: no export that begins from here on sees the person.
    expired = expire_exports(store, settings, tenant_id=tenant_id)
    return Erasure(
        **asdict(rows),
        files=sum(removed.values()),
        imports=tuple(name for name, files in removed.items() if files),
        not_searched=tuple(it.name for it in search.not_searched if it not in touched),
        exports=len(expired),
    )


def _is_erased(connection: sa.Connection, tenant_id: str, person: Person) -> bool:
    return any(suppressions.is_suppressed(connection, tenant_id, address) for address in person.addresses)


def _require_none_in_review(touched: Sequence[TenantImport]) -> None:
    waiting = [it.name for it in touched if it.status == ImportStatus.AWAITING_REVIEW]
    if waiting:
        raise WrongState(
            f"The import {waiting[0]} awaits review and holds this person; confirm or cancel it, then erase."
            " Nothing was erased."
        )


def _search(settings: Settings, tenant_id: str, everything: Sequence[TenantImport], person: Person) -> _Search:
    """Look for the person in the rows of every import that is not running at this moment."""
    found, rows, not_searched = [], {}, []
    ArtifactFolder(settings.artifacts, tenant_id, "").remove_dead_scratch()
    con = duck.connect()
    try:
        for it in everything:
            artifacts = ArtifactFolder(settings.artifacts, tenant_id, it.id)
            names = artifacts.names() if it.status != ImportStatus.RUNNING else []
            if is_searchable(names):
                if holds(con, artifacts, names, person):
                    found.append(it)
                    rows[it.id] = rows_of(con, artifacts, names, person)
            elif set(names) - WITHOUT_ROWS:
                not_searched.append(it)
            artifacts.close()
    finally:
        con.close()
    return _Search(tuple(found), rows, tuple(not_searched))


def _remove_rows(settings: Settings, tenant_id: str, it: TenantImport) -> int:
    """Remove the import's files that hold rows; return how many."""
    artifacts = ArtifactFolder(settings.artifacts, tenant_id, it.id)
    names = [name for name in artifacts.names() if name not in WITHOUT_ROWS]
    for name in names:
        artifacts.discard(name)
    artifacts.close()
    return len(names)


WITHOUT_ROWS = frozenset((REPORT,))
"""Artifacts that hold no rows of the file: counts and column headers only. All others do, whatever they are."""

SHORTEST_PHONE = 7
"""Digits of a cell that is compared with the end of a phone number: a subscriber's number without its area code."""

_NOT_SEARCHED = frozenset((SOURCE, COMPARED)) | WITHOUT_ROWS
"""The source is searched as it was read (`staged_rows`): it may be packed, or in any encoding."""
_BLOCK = 1 << 20  # bytes read at once
_WITHOUT_TEXT = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "BOOLEAN", "DATE", "TIME")


def is_searchable(names: Sequence[str]) -> bool:
    """Say whether an import with these files was read to its end, so that its rows can be looked into."""
    return f"{STAGED}.parquet" in names


def holds(con: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, names: Sequence[str], person: Person) -> bool:
    """Say whether one of an import's files, given by their names, holds the person."""
    for name in sorted(set(names) - _NOT_SEARCHED):
        found = _in_parquet if name.endswith(".parquet") else _in_text
        if found(con, artifacts, name, person):
            return True
    return False


def rows_of(
    con: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, names: Sequence[str], person: Person
) -> list[int]:
    """Return the numbers of the rows that are the person's by their address or, where they have none, external id."""
    if f"{MAPPED}.parquet" not in names:
        return []
    columns = _columns(con, artifacts, f"{MAPPED}.parquet")
    email = "lower(trim(email))" if "email" in columns else "NULL"
    conditions = []
    if "email" in columns and person.addresses:
        conditions.append(f"{email} IN ({_list(person.addresses)})")
    if "external_id" in columns and person.external_ids:
        conditions.append(f"(coalesce({email}, '') = '' AND trim(external_id) IN ({_list(person.external_ids)}))")
    if not conditions:
        return []
    table = _table(artifacts, f"{MAPPED}.parquet")
    return [number for (number,) in con.sql(f"SELECT {ROW} FROM {table} WHERE {' OR '.join(conditions)}").fetchall()]


def _in_parquet(con: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, name: str, person: Person) -> bool:
    columns = _columns(con, artifacts, name)
    texts = [identifier(column) for column, kind in columns.items() if not kind.startswith(_WITHOUT_TEXT)]
    if len(texts) > duck.WIDE:
        duck.make_room(con)
    conditions = _recognised(columns, person)
    needles = _needles(person)
    if texts and needles:
        text = f"lower(concat_ws(' ', {', '.join(f'CAST({column} AS VARCHAR)' for column in texts)}))"
        conditions += [f"contains({text}, {literal(needle)})" for needle in needles]
    if not conditions:
        return False
    query = f"SELECT EXISTS (FROM {_table(artifacts, name)} WHERE {' OR '.join(conditions)})"
    return bool(con.sql(query).fetchall()[0][0])


def _in_text(_: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, name: str, person: Person) -> bool:
    """Look through a file of text, block by block; each is searched with the end of the one before."""
    needles = [needle.encode() for needle in _needles(person)]
    overlap = max((len(needle) for needle in needles), default=0)
    before = b""
    with artifacts.reading(name).open("rb") as file:
        while block := file.read(_BLOCK):
            text = (before + block).lower()  # of ASCII letters; the rows with others are found in `staged_rows`
            if any(needle in text for needle in needles):
                return True
            before = text[-overlap:]
    return False


def _needles(person: Person) -> list[str]:
    return [*person.addresses, *(str(contact_id) for contact_id in person.contact_ids)]


def _recognised(columns: dict[str, str], person: Person) -> list[str]:
    conditions = []
    if columns.get("phone") == "VARCHAR" and person.phones:
        # Written nationally, a number lacks its country code and may begin with a zero.
        digits = r"ltrim(regexp_replace(phone, '[^0-9]', '', 'g'), '0')"
        conditions += [
            f"(length({digits}) >= {SHORTEST_PHONE} AND ends_with({literal(phone)}, {digits}))"
            for phone in person.phones
        ]
    if columns.get("external_id") == "VARCHAR" and person.external_ids:
        conditions.append(f"trim(external_id) IN ({_list(person.external_ids)})")
    return conditions


def _list(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)


def _columns(con: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, name: str) -> dict[str, str]:
    relation = con.sql(f"FROM {_table(artifacts, name)}")
    return dict(zip(relation.columns, (str(kind) for kind in relation.types), strict=True))


def _table(artifacts: ArtifactFolder, name: str) -> str:
    return f"read_parquet({file_literal(artifacts.reading(name))})"
