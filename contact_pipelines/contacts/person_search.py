"""Finds everything stored about a person: contacts, journal, and the files of imports."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import sqlalchemy as sa

from contact_pipelines.contacts.contact_lookup import find_contact
from contact_pipelines.errors import NotFound
from contact_pipelines.files import duck
from contact_pipelines.files.artifact_names import COMPARED, MAPPED, REPORT, SOURCE, STAGED
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.files.duck import ROW, file_literal, identifier, literal
from contact_pipelines.models import ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.store.tables import contacts, import_changes, imports

WITHOUT_ROWS = frozenset((REPORT,))
"""Artifacts without rows of the file: counts and column headers only."""

SHORTEST_PHONE = 7
"""Digits that a cell needs to be compared with the end of a phone number: a local number without its area code."""

_NOT_SEARCHED = frozenset((SOURCE, COMPARED)) | WITHOUT_ROWS
"""The source is searched as `staged_rows`: it may be packed, or in any encoding."""
_BLOCK = 1 << 20  # bytes read at once
_WITHOUT_TEXT = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "BOOLEAN", "DATE", "TIME")

# Values that imports changed from or to identify the person as well.
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


# Where an import's files are gone, its whole journal is searched for the address.
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
    """A person: their contacts (several if there are duplicates), and what else identifies them.

    `addresses` are trimmed and in lower case, `phones` are E.164.
    """

    contact_ids: tuple[uuid.UUID, ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class TenantImport:
    """What erasing needs to know of an import."""

    id: str
    name: str
    status: ImportStatus
    files_removed: bool = False  # because of their age


@dataclass(frozen=True)
class FoundInFiles:
    """The imports whose files hold a person. `rows`: import id -> numbers of the person's rows.

    `not_searched`: imports that were never read to the end, so that their files cannot be searched.
    """

    imports: tuple[TenantImport, ...]
    rows: dict[str, list[int]]
    not_searched: tuple[TenantImport, ...]


def find_person(connection: sa.Connection, tenant_id: str, key: str) -> Person:
    """Return the person whose id, email, external id or phone is `key`, with all contacts of the same email.

    An email address that no contact has is a person without contacts: an erasure may have been interrupted, or the
    contact was deleted but is still in the journal and in files. Raises NotFound for any other unknown key.
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
    """Add the person's contacts that are deleted but still in the journal.

    `rows`: import id -> numbers of the rows with one of the person's addresses; `without_files`: the ids of imports
    whose files are gone.
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
    mine = (import_changes.c.tenant_id == tenant_id, import_changes.c.contact_id.in_(person.contact_ids))
    statement = sa.select(import_changes.c.import_id).where(*mine)
    return {str(import_id) for import_id in connection.scalars(statement.distinct())}


def search_files(
    settings: Settings, tenant_id: str, everything: Sequence[TenantImport], person: Person
) -> FoundInFiles:
    """Search the files of every import that is not running for the person."""
    found, rows, not_searched = [], {}, []
    ArtifactFolder(settings.artifacts, tenant_id, "").remove_dead_scratch()
    con = duck.connect()
    try:
        for it in everything:
            artifacts = ArtifactFolder(settings.artifacts, tenant_id, it.id)
            names = artifacts.names() if it.status != ImportStatus.RUNNING else []
            if f"{STAGED}.parquet" in names:
                if holds(con, artifacts, names, person):
                    found.append(it)
                    rows[it.id] = _rows_of(con, artifacts, names, person)
            elif set(names) - WITHOUT_ROWS:
                not_searched.append(it)
            artifacts.close()
    finally:
        con.close()
    return FoundInFiles(tuple(found), rows, tuple(not_searched))


def holds(con: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, names: Sequence[str], person: Person) -> bool:
    """Return whether one of these files of an import holds the person."""
    for name in sorted(set(names) - _NOT_SEARCHED):
        found = _in_parquet if name.endswith(".parquet") else _in_text
        if found(con, artifacts, name, person):
            return True
    return False


def _rows_of(
    con: duckdb.DuckDBPyConnection, artifacts: ArtifactFolder, names: Sequence[str], person: Person
) -> list[int]:
    """Return the numbers of the rows with the person's address or, if a row has none, external id."""
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
    """Search a text file block by block, each with the end of the one before it."""
    needles = [needle.encode() for needle in _needles(person)]
    overlap = max((len(needle) for needle in needles), default=0)
    before = b""
    with artifacts.reading(name).open("rb") as file:
        while block := file.read(_BLOCK):
            text = (before + block).lower()  # ASCII only; rows with other letters are found in `staged_rows`
            if any(needle in text for needle in needles):
                return True
            before = text[-overlap:]
    return False


def _needles(person: Person) -> list[str]:
    return [*person.addresses, *(str(contact_id) for contact_id in person.contact_ids)]


def _recognised(columns: dict[str, str], person: Person) -> list[str]:
    conditions = []
    if columns.get("phone") == "VARCHAR" and person.phones:
        # A national number lacks the country code and may begin with a zero.
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


def _all_values(
    connection: sa.Connection, tenant_id: str, ids: Collection[uuid.UUID], field: str, now: Collection[str | None]
) -> tuple[str, ...]:
    before = connection.scalars(sa.text(_JOURNALLED), {"tenant": tenant_id, "ids": list(ids), "field": field})
    return tuple(dict.fromkeys(value for value in [*now, *before] if value))
