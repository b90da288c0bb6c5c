"""Which contacts an export has, and since when: the WHERE of its query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from contact_pipelines.contacts.filters import KnownGroups, parse_filter
from contact_pipelines.errors import NotFound
from contact_pipelines.files.duck import literal
from contact_pipelines.models import ExportRequest, GroupKind, PropertyDefinition
from contact_pipelines.store.tables import contact_deletions, contacts, group_members, import_changes, imports


def conditions(
    request: ExportRequest, properties: Sequence[PropertyDefinition], groups: KnownGroups, tenant_id: str
) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on `contacts`. Raises InvalidFilter, and NotFound for a group that does not exist."""
    filters = (parse_filter(text, properties, groups) for text in _filters(request, groups))
    return [contacts.c.tenant_id == tenant_id, *(each.condition(tenant_id) for each in filters)]


def dynamic_segments(
    properties: Sequence[PropertyDefinition], groups: KnownGroups, tenant_id: str
) -> dict[str, sa.ColumnElement[bool]]:
    """Return the dynamic segments by name, as conditions on `contacts`."""
    return {
        name: parse_filter(text, properties, groups).condition(tenant_id)
        for (_, name), text in groups.items()
        if text is not None
    }


def changed(since: datetime, tenant_id: str) -> sa.ColumnElement[bool]:
    """Return the condition that a contact may have changed at this moment or later, its memberships included.

    A rollback gives contacts their earlier time of change back, so those count that were in an import undone since
    then. That a contact left a group leaves no trace and is not found.
    """
    joined = sa.select(group_members.c.contact_id).where(
        group_members.c.tenant_id == tenant_id, group_members.c.added_at >= since
    )
    undone = (
        sa.select(import_changes.c.contact_id)
        .join(
            imports,
            (imports.c.tenant_id == import_changes.c.tenant_id) & (imports.c.id == import_changes.c.import_id),
        )
        .where(imports.c.tenant_id == tenant_id, imports.c.rolled_back_at >= since)
    )
    return sa.or_(contacts.c.updated_at >= since, contacts.c.id.in_(joined), contacts.c.id.in_(undone))


def gone(since: datetime, tenant_id: str) -> sa.Select[tuple[object, ...]]:
    """Return the deletions at this moment or later, the last one of each contact that is not there again."""
    again = sa.exists().where(contacts.c.tenant_id == tenant_id, contacts.c.id == contact_deletions.c.contact_id)
    return (
        sa.select(
            contact_deletions.c.contact_id,
            sa.func.max(contact_deletions.c.deleted_at).label("deleted_at"),
            sa.func.max(contact_deletions.c.external_id).label("external_id"),
        )
        .where(contact_deletions.c.tenant_id == tenant_id, contact_deletions.c.deleted_at >= since, ~again)
        .group_by(contact_deletions.c.contact_id)
    )


def _filters(request: ExportRequest, groups: KnownGroups) -> list[str]:
    """Return all that was asked for as filter expressions."""
    texts = [request.filter] if request.filter else []
    for kind in GroupKind:
        name = getattr(request, kind.value)
        if name is None:
            continue
        if (kind, name) not in groups:
            raise NotFound(f"There is no {kind.value} {name}; `contact-pipelines {kind.value} list` shows them.")
        texts.append(f"{kind.value} = {literal(name)}")
    return [*texts, f"search {literal(request.search)}"] if request.search else texts
