"""Groups: the lists, segments and topics of a tenant."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contact_pipelines.contacts import dynamic_segments
from contact_pipelines.errors import InvalidFilter, InvalidOption
from contact_pipelines.models import DEFAULT_TENANT, GroupDefinition, GroupKind, Subscription
from contact_pipelines.store.engine import Store
from contact_pipelines.store.imports_table import uuid7
from contact_pipelines.store.tables import group_members, groups
from contact_pipelines.store.tenants import ensure_tenant


@dataclass(frozen=True)
class Group:
    """A list, segment or topic. Contacts who opted out of a topic count as `opted_out`, not as `members`.

    The members of a dynamic segment are those its filter matches now; None, with the `problem`, if the filter can no
    longer be read.
    """

    definition: GroupDefinition
    members: int | None
    opted_out: int
    created_at: datetime
    problem: str | None = None


def add_group(connection: sa.Connection, tenant_id: str, definition: GroupDefinition) -> None:
    """Add a group, or update its description and filter; what is not given stays.

    An existing group no longer belongs to the import that created it, so that undoing the import does not remove it.
    Raises InvalidOption if a topic exists with another default subscription, and as `make_dynamic`. The tenant must
    exist.
    """
    values = definition.model_dump(mode="json", exclude={"filter"})
    new = insert(groups).values(tenant_id=tenant_id, id=uuid7(), **values)
    kept = new.on_conflict_do_update(
        index_elements=["tenant_id", "kind", "name"],
        set_={
            "import_id": None,
            "description": sa.func.coalesce(sa.func.nullif(new.excluded.description, ""), groups.c.description),
        },
    )
    default = connection.scalar(kept.returning(groups.c.default_subscription))
    if default != values["default_subscription"]:
        raise InvalidOption(
            f"The topic {definition.name} has the default {default};"
            f" it cannot be added as {definition.default_subscription}."
        )
    if definition.filter is not None:
        dynamic_segments.make_dynamic(connection, tenant_id, definition.name, definition.filter)


def find_groups(
    connection: sa.Connection, tenant_id: str, names: Mapping[GroupKind, Sequence[str]], *, hold: bool = False
) -> dict[tuple[GroupKind, str], uuid.UUID]:
    """Return the ids of the named groups that exist. Raises InvalidOption for a dynamic segment.

    With `hold`, none of them can become dynamic before the transaction ends.
    """
    wanted = [(kind.value, name) for kind, each in names.items() for name in each]
    statement = sa.select(groups.c.kind, groups.c.name, groups.c.id, groups.c.filter).where(
        groups.c.tenant_id == tenant_id, sa.tuple_(groups.c.kind, groups.c.name).in_(wanted)
    )
    if hold:
        statement = statement.with_for_update(read=True, key_share=True)
    rows = connection.execute(statement).all() if wanted else []
    for row in rows:
        if row.filter is not None:
            raise InvalidOption(
                f"The segment {row.name} is dynamic: its filter says who belongs to it, so an import cannot add"
                " members. Name a static segment."
            )
    return {(GroupKind(row.kind), row.name): row.id for row in rows}


def ensure_groups(
    connection: sa.Connection, tenant_id: str, names: Mapping[GroupKind, Sequence[str]], import_id: str
) -> dict[tuple[GroupKind, str], uuid.UUID]:
    """Create the missing groups as this import's; return the ids of all. Raises as `find_groups`.

    A topic created by an import defaults to `opt_out`: only contacts of imports that name it get it.
    """
    known = find_groups(connection, tenant_id, names, hold=True)
    missing = [(kind, name) for kind, each in names.items() for name in each if (kind, name) not in known]
    if not missing:
        return known
    values = [
        {
            "tenant_id": tenant_id,
            "id": uuid7(),
            "kind": kind,
            "name": name,
            "default_subscription": Subscription.OPT_OUT if kind is GroupKind.TOPIC else None,
            "import_id": uuid.UUID(import_id),
        }
        for kind, name in missing
    ]
    connection.execute(insert(groups).values(values).on_conflict_do_nothing())
    return find_groups(connection, tenant_id, names, hold=True)  # another process may have created one just now


def opt_in_topics(connection: sa.Connection, tenant_id: str) -> list[uuid.UUID]:
    """Return the ids of the topics that every new contact is opted in to."""
    statement = sa.select(groups.c.id).where(
        groups.c.tenant_id == tenant_id,
        groups.c.kind == GroupKind.TOPIC,
        groups.c.default_subscription == Subscription.OPT_IN,
    )
    return list(connection.scalars(statement.order_by(groups.c.id)))


def _group(row: sa.RowMapping, dynamic: int | InvalidFilter | None) -> Group:
    definition = GroupDefinition(
        kind=row["kind"],
        name=row["name"],
        description=row["description"],
        default_subscription=row["default_subscription"],
        filter=row["filter"],
    )
    if isinstance(dynamic, InvalidFilter):
        return Group(definition, None, 0, row["created_at"], str(dynamic))
    members = row["members"] or 0 if dynamic is None else dynamic
    return Group(definition, members, row["opted_out"] or 0, row["created_at"])


def list_groups(
    store: Store, kind: GroupKind, *, name: str | None = None, tenant_id: str = DEFAULT_TENANT
) -> list[Group]:
    """Return the tenant's groups of a kind (or the named one), with the number of their members now."""
    left = group_members.c.subscription.is_not_distinct_from(Subscription.OPT_OUT)
    counted = (
        sa.select(
            group_members.c.group_id,
            sa.func.count().filter(~left).label("members"),
            sa.func.count().filter(left).label("opted_out"),
        )
        .where(group_members.c.tenant_id == tenant_id)
        .group_by(group_members.c.group_id)
        .subquery()
    )
    statement = (
        sa.select(groups, counted.c.members, counted.c.opted_out)
        .outerjoin(counted, counted.c.group_id == groups.c.id)
        .where(groups.c.tenant_id == tenant_id, groups.c.kind == kind)
        .order_by(groups.c.name)
    )
    if name is not None:
        statement = statement.where(groups.c.name == name)
    with store.connect() as connection:
        rows = connection.execute(statement).mappings().all()
        dynamic = dynamic_segments.count_members(connection, tenant_id, name) if kind is GroupKind.SEGMENT else {}
    return [_group(row, dynamic.get(row["name"])) for row in rows]


def create_group(store: Store, definition: GroupDefinition, *, tenant_id: str = DEFAULT_TENANT) -> None:
    """Add a group, or update an existing one, which keeps its members (see `add_group`)."""
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        add_group(connection, tenant_id, definition)
