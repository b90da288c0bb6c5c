"""Dynamic segments: their members are whoever matches a filter now.

No membership is stored, so nothing can get stale.
"""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from contact_pipelines.contacts.filters import ContactFilter, KnownGroups, known_groups, parse_filter
from contact_pipelines.contacts.properties import list_properties
from contact_pipelines.errors import InvalidFilter, InvalidOption
from contact_pipelines.models import GroupKind
from contact_pipelines.store.tables import contacts, group_members, groups

# Segments per statement; more could exceed PostgreSQL's 65,535 parameters.
_AT_ONCE = 4


def make_dynamic(connection: sa.Connection, tenant_id: str, name: str, text: str) -> None:
    """Give an existing segment a filter, or a new one.

    Raises InvalidFilter, also for a filter that refers back to the segment or that would make another segment
    unusable; InvalidOption if imports have put members into the segment.
    """
    # One at a time, or two segments could be made to refer to each other.
    lock = sa.func.hashtextextended(f"segments/{tenant_id}", 0)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
    same = (groups.c.tenant_id == tenant_id) & (groups.c.kind == GroupKind.SEGMENT) & (groups.c.name == name)
    # Waits for an import that is putting members into it (`groups.ensure_groups`).
    segment = connection.execute(sa.select(groups.c.id).where(same).with_for_update()).one()
    _require_no_members(connection, tenant_id, name, segment.id)
    before = known_groups(connection, tenant_id)
    after = {**before, (GroupKind.SEGMENT, name): text}
    properties = list_properties(connection, tenant_id)
    wanted = parse_filter(text, properties, after)
    was, now = _parsed(connection, tenant_id, before), _parsed(connection, tenant_id, after)
    for other, found in now.items():
        if other != name and isinstance(found, InvalidFilter) and not isinstance(was[other], InvalidFilter):
            raise InvalidFilter(f"This filter would make the segment {other} unusable: {found}")
    connection.execute(sa.update(groups).where(same).values(filter=wanted.text))


def count_members(connection: sa.Connection, tenant_id: str, name: str | None = None) -> dict[str, int | InvalidFilter]:
    """Return the number of contacts in each dynamic segment (or the named one), or why its filter cannot be read."""
    parsed = _parsed(connection, tenant_id, known_groups(connection, tenant_id))
    return {
        each: found if isinstance(found, InvalidFilter) else _count(connection, found.condition(tenant_id))
        for each, found in parsed.items()
        if name in (None, each)
    }


def segments_of(connection: sa.Connection, tenant_id: str, contact_id: uuid.UUID) -> list[str]:
    """Return the dynamic segments that a contact is in now."""
    parsed = _parsed(connection, tenant_id, known_groups(connection, tenant_id))
    usable = [(name, found) for name, found in parsed.items() if isinstance(found, ContactFilter)]
    names: list[str] = []
    for start in range(0, len(usable), _AT_ONCE):
        some = usable[start : start + _AT_ONCE]
        found = [each.condition(tenant_id).is_(sa.true()) for _, each in some]
        same = (contacts.c.tenant_id == tenant_id) & (contacts.c.id == contact_id)
        row = connection.execute(sa.select(*found).where(same)).first()
        if row is None:  # deleted in the meantime
            break
        names += [name for (name, _), is_in in zip(some, row, strict=True) if is_in]
    return names


def _count(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> int:
    # One statement per segment: with the condition in WHERE, the planner can use an index or join the members.
    return connection.scalar(sa.select(sa.func.count()).select_from(contacts).where(condition)) or 0


def _parsed(connection: sa.Connection, tenant_id: str, known: KnownGroups) -> dict[str, ContactFilter | InvalidFilter]:
    texts = {name: text for (kind, name), text in known.items() if kind is GroupKind.SEGMENT and text is not None}
    properties = list_properties(connection, tenant_id) if texts else []
    parsed: dict[str, ContactFilter | InvalidFilter] = {}
    for name, text in texts.items():
        try:
            parsed[name] = parse_filter(text, properties, known)
        except InvalidFilter as error:
            parsed[name] = error
    return parsed


def _require_no_members(connection: sa.Connection, tenant_id: str, name: str, group_id: uuid.UUID) -> None:
    of_it = (group_members.c.tenant_id == tenant_id) & (group_members.c.group_id == group_id)
    members = connection.scalar(sa.select(sa.func.count()).select_from(group_members).where(of_it)) or 0
    if members:
        raise InvalidOption(
            f"The segment {name} has {members:,} members that imports put there, so it cannot get a filter;"
            " add a dynamic segment under another name."
        )
