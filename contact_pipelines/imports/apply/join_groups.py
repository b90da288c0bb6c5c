"""Adds an import's contacts to its lists, segments and topics, and removes them on rollback.

A membership is not a field: a contact that only joins a group keeps its version and its time of change. Every new
contact joins the opt-in topics. Contacts who opted out of a topic are not opted in again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg
import sqlalchemy as sa

from contact_pipelines.contacts import groups
from contact_pipelines.files.duck import identifier, literal, sql_blocks
from contact_pipelines.models import GroupKind, Import, ImportOptions, Subscription
from contact_pipelines.store import copying

MEMBER_COLUMNS = ("tenant_id", "group_id", "contact_id", "subscription", "import_id")


@dataclass(frozen=True)
class WantedGroups:
    """The groups that an import names, as matching sees them.

    `ids` are those that exist. `some_missing`: at least one does not exist yet, so nobody is in all of them.
    """

    ids: tuple[uuid.UUID, ...] = ()
    some_missing: bool = False

    def lacking(self) -> str:
        """Return SQL (PostgreSQL) that says whether a contact is missing from one of them."""
        if self.some_missing:
            return "true"
        return " OR ".join(f"g{place}.contact_id IS NULL" for place in range(len(self.ids))) or "false"

    def joined_members(self, tenant_id: str) -> str:
        """Return the joins that `lacking` needs; the contact is `c`."""
        block = "\n    " + sql_blocks("join_groups")["joined_members"]
        ids = () if self.some_missing else self.ids
        return "".join(
            block.format(alias=f"g{place}", tenant=literal(tenant_id), group=literal(str(group_id)))
            for place, group_id in enumerate(ids)
        )


@dataclass(frozen=True)
class JoinedGroup:
    """A group that new contacts join and, if the import names it, contacts that existed as well."""

    id: uuid.UUID
    subscription: Subscription | None
    named: bool


def wanted_groups(connection: sa.Connection, record: Import) -> WantedGroups:
    """Look up the groups that the import names. Raises InvalidOption for a dynamic segment."""
    names = _names(record.options)
    found = groups.find_groups(connection, record.tenant_id, names)
    return WantedGroups(tuple(sorted(found.values())), some_missing=len(found) < sum(map(len, names.values())))


def prepare_groups(connection: sa.Connection, record: Import) -> list[JoinedGroup]:
    """Create the groups that the import names and that are missing; return all that its contacts join.

    For the transaction that applies the import. Raises as `wanted_groups`.
    """
    made = groups.ensure_groups(connection, record.tenant_id, _names(record.options), record.id)
    named = {group_id: kind for (kind, _), group_id in made.items()}
    joined = [
        JoinedGroup(group_id, Subscription.OPT_IN if kind is GroupKind.TOPIC else None, named=True)
        for group_id, kind in named.items()
    ]
    topics = groups.opt_in_topics(connection, record.tenant_id)
    return joined + [JoinedGroup(it, Subscription.OPT_IN, named=False) for it in topics if it not in named]


def join_groups(
    cursor: psycopg.Cursor[tuple[Any, ...]],
    con: duckdb.DuckDBPyConnection,
    record: Import,
    joined: Sequence[JoinedGroup],
    *,
    planned: str,
) -> int:
    """Make the planned contacts members; return how many of them join only and are not updated.

    `planned` is the view of the plan with all ids. Those who join only are counted if they still have the version that
    was compared, so that the caller finds out about the others.
    """
    for group in joined:
        _join_new(cursor, con, record, group, planned)
    named = [group for group in joined if group.named]
    return _join_known(cursor, con, record, named, planned) if named else 0


def roll_back_groups(connection: sa.Connection, record: Import) -> None:
    """Take back the memberships that the import added, and the groups that it made if they are empty now.

    Who opted out of a topic since stays opted out. In the transaction of `connection`, after the contacts.
    """
    names = {"tenant": record.tenant_id, "import": record.id}
    for block in ("delete_added_members", "delete_made_groups"):
        connection.execute(sa.text(sql_blocks("join_groups")[block]), names)


def _join_new(
    cursor: psycopg.Cursor[tuple[Any, ...]],
    con: duckdb.DuckDBPyConnection,
    record: Import,
    group: JoinedGroup,
    planned: str,
) -> None:
    rows = con.sql(
        sql_blocks("join_groups")["new_members"].format(
            tenant=literal(record.tenant_id),
            group=literal(str(group.id)),
            subscription=_subscription(group),
            import_id=literal(record.id),
            planned=identifier(planned),
        )
    )
    copying.copy_in(cursor, f"COPY group_members ({', '.join(MEMBER_COLUMNS)}) FROM STDIN", rows, MEMBER_COLUMNS)


def _join_known(
    cursor: psycopg.Cursor[tuple[Any, ...]],
    con: duckdb.DuckDBPyConnection,
    record: Import,
    named: Sequence[JoinedGroup],
    planned: str,
) -> int:
    blocks, tenant = sql_blocks("join_groups"), literal(record.tenant_id)
    cursor.execute(blocks["create_import_joins"].encode())
    columns = ("contact_id", "version")
    joining = con.sql(blocks["known_members"].format(planned=identifier(planned)))
    if not copying.copy_in(cursor, f"COPY import_joins ({', '.join(columns)}) FROM STDIN", joining, columns):
        return 0
    cursor.execute("ANALYZE import_joins")
    unwritten: int = cursor.execute(blocks["hold_unwritten"].format(tenant=tenant).encode()).fetchall()[0][0]
    joined = ", ".join(f"(CAST({literal(str(it.id))} AS uuid), {_subscription(it)})" for it in named)
    added = blocks["add_known_members"].format(tenant=tenant, joined=joined, import_id=literal(record.id))
    cursor.execute(added.encode())
    return unwritten


def _names(options: ImportOptions) -> dict[GroupKind, tuple[str, ...]]:
    return {GroupKind.LIST: options.lists, GroupKind.SEGMENT: options.segments, GroupKind.TOPIC: options.topics}


def _subscription(group: JoinedGroup) -> str:
    return "CAST(NULL AS text)" if group.subscription is None else literal(group.subscription)
