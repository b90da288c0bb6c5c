"""Saved mappings: a field for each column of a kind of file, in immutable versions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from contact_pipelines.errors import NotFound
from contact_pipelines.models import DEFAULT_TENANT, ImportOptions
from contact_pipelines.store.engine import Store
from contact_pipelines.store.tables import saved_mappings

NO_SAVED_MAPPING = "none"


@dataclass(frozen=True)
class SavedMapping:
    """One version of a mapping: column -> field, as `ImportOptions.columns` has it."""

    name: str
    version: int
    columns: dict[str, str]
    created_at: datetime


def header_hash(header: Sequence[str]) -> str:
    """Return what two files share whose headers are the same set, whatever their order and case (SHA-256, hex)."""
    labels = sorted(label.strip().casefold() for label in header)
    return hashlib.sha256("\x1f".join(labels).encode("utf-8", "surrogatepass")).hexdigest()


def save(
    connection: sa.Connection, tenant_id: str, name: str, header: Sequence[str], columns: Mapping[str, str]
) -> SavedMapping:
    """Save a mapping as the name's next version; if the latest version says the same, that is returned."""
    # Two imports that save under one name at the same moment get two versions, one after the other.
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"{tenant_id}/{name}", 0))))
    latest = _latest(connection, tenant_id, saved_mappings.c.name == name)
    if latest is not None and latest.columns == dict(columns):
        return latest
    row = connection.execute(
        sa.insert(saved_mappings)
        .values(
            tenant_id=tenant_id,
            name=name,
            version=latest.version + 1 if latest else 1,
            columns=dict(columns),
            header_hash=header_hash(header),
        )
        .returning(saved_mappings)
    ).one()
    return _mapping(row)


def find(
    connection: sa.Connection, tenant_id: str, header: Sequence[str], options: ImportOptions
) -> SavedMapping | None:
    """Return the saved mapping that the options name, or the one saved for the same headers.

    A whole mapping that was given (`only_given_columns`) needs none. Raises NotFound.
    """
    if options.saved_mapping == NO_SAVED_MAPPING:
        return None
    if options.saved_mapping is not None:
        return get(connection, tenant_id, options.saved_mapping)
    return None if options.only_given_columns else find_for_header(connection, tenant_id, header)


def get(connection: sa.Connection, tenant_id: str, name: str) -> SavedMapping:
    """Return the latest version of a mapping. Raises NotFound that lists what there is."""
    found = _latest(connection, tenant_id, saved_mappings.c.name == name)
    if found is None:
        known = ", ".join(mapping.name for mapping in list_latest(connection, tenant_id)) or "none"
        raise NotFound(f"There is no saved mapping {name!r}; the saved mappings are: {known}.")
    return found


def find_for_header(connection: sa.Connection, tenant_id: str, header: Sequence[str]) -> SavedMapping | None:
    """Return the mapping that was saved last for a file with these headers, if its latest version still is for them."""
    found = _latest(connection, tenant_id, saved_mappings.c.header_hash == header_hash(header))
    if found is None or get(connection, tenant_id, found.name).version != found.version:
        return None
    return found


def list_latest(connection: sa.Connection, tenant_id: str) -> list[SavedMapping]:
    """Return the latest version of every mapping, by name."""
    rows = connection.execute(
        sa.select(saved_mappings)
        .where(saved_mappings.c.tenant_id == tenant_id)
        .ext(distinct_on(saved_mappings.c.name))
        .order_by(saved_mappings.c.name, saved_mappings.c.version.desc())
    )
    return [_mapping(row) for row in rows]


def delete(connection: sa.Connection, tenant_id: str, name: str) -> None:
    """Delete all versions of a mapping. Raises NotFound. Imports keep the mapping that they were made with."""
    get(connection, tenant_id, name)
    mine = (saved_mappings.c.tenant_id == tenant_id) & (saved_mappings.c.name == name)
    connection.execute(sa.delete(saved_mappings).where(mine))


def _latest(connection: sa.Connection, tenant_id: str, which: sa.ColumnElement[bool]) -> SavedMapping | None:
    row = connection.execute(
        sa.select(saved_mappings)
        .where(saved_mappings.c.tenant_id == tenant_id, which)
        .order_by(saved_mappings.c.created_at.desc(), saved_mappings.c.version.desc())
        .limit(1)
    ).one_or_none()
    return _mapping(row) if row else None


def _mapping(row: sa.Row[tuple[object, ...]]) -> SavedMapping:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return SavedMapping(values["name"], values["version"], dict(values["columns"]), values["created_at"])


def list_saved_mappings(store: Store, *, tenant_id: str = DEFAULT_TENANT) -> list[SavedMapping]:
    """Return the latest version of every saved mapping, by name."""
    with store.connect() as connection:
        return list_latest(connection, tenant_id)


def delete_saved_mapping(store: Store, name: str, *, tenant_id: str = DEFAULT_TENANT) -> None:
    """Delete a saved mapping with all its versions. Raises NotFound."""
    with store.begin() as connection:
        delete(connection, tenant_id, name)
