"""The plan of an export: columns, conditions, and the queries that produce both for a format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from contact_pipelines.contacts.filters import KnownGroups, known_groups, parse_filter
from contact_pipelines.contacts.properties import list_properties
from contact_pipelines.errors import InvalidOption, NotFound
from contact_pipelines.exports.column_cells import PROPERTIES, Style, cell, gone_cell, property_text
from contact_pipelines.exports.export_columns import MEMBERSHIPS, ExportColumn, chosen_columns
from contact_pipelines.exports.memberships import Memberships
from contact_pipelines.files.duck import literal
from contact_pipelines.models import ExportRequest, GroupKind, PropertyDefinition
from contact_pipelines.store.tables import contact_deletions, contacts, group_members, groups, import_changes, imports

CUSTOM_FIELDS = "customFields"
MOST_COLUMNS = 1_600
"""PostgreSQL selects 1,664 at most."""
_MEMBERS = 50
"""Keys of one jsonb_build_object: a PostgreSQL function takes 100 arguments."""


@dataclass(frozen=True)
class ExportPlan:
    """What is exported. `since`: the time from which changes count, in an incremental export."""

    tenant_id: str
    columns: Sequence[ExportColumn]
    properties: Sequence[PropertyDefinition]
    groups: KnownGroups
    conditions: Sequence[sa.ColumnElement[bool]]
    since: datetime | None = None
    every_property: bool = True

    def queries(self, style: Style) -> list[sa.Select[Any]]:
        """Return the query for the contacts and, in an incremental export, for deleted contacts, in the same columns.

        Raises InvalidOption if there are more columns than PostgreSQL selects.
        """
        if len(self.columns) > MOST_COLUMNS:
            raise InvalidOption(
                f"The export has {len(self.columns):,} columns; the most is {MOST_COLUMNS:,}. Choose fields, or export"
                " as JSON."
            )
        memberships = self._memberships(style)
        values = [self._value(column, style, memberships) for column in self.columns]
        return self._both(values, memberships, style, self.columns)

    def objects(self, *, separator: str) -> list[sa.Select[Any]]:
        """Return the same queries with one column: each row a JSON object after a separator."""
        memberships = self._memberships(Style.JSON)
        plain = [column for column in self.columns if not column.property_key]
        values = [self._value(column, Style.JSON, memberships, name=column.json_key) for column in plain]
        if len(plain) < len(self.columns):
            values.insert(_place(self.columns), sa.literal_column(self._custom_fields()).label(CUSTOM_FIELDS))
        return [_as_objects(query, separator) for query in self._both(values, memberships, Style.JSON, plain)]

    def group_sizes(self, connection: sa.Connection) -> dict[tuple[GroupKind, str], int]:
        """Return the number of contacts in each group, without those who opted out of a topic."""
        belongs = (group_members.c.tenant_id == groups.c.tenant_id) & (group_members.c.group_id == groups.c.id)
        counted = (
            sa.select(groups.c.kind, groups.c.name, sa.func.count())
            .join(group_members, belongs)
            .where(groups.c.tenant_id == self.tenant_id, group_members.c.subscription.is_distinct_from("opt_out"))
            .group_by(groups.c.kind, groups.c.name)
        )
        sizes = {(GroupKind(kind), name): number for kind, name, number in connection.execute(counted)}
        for name, condition in self._dynamic_segments().items():
            number = connection.scalar(sa.select(sa.func.count()).select_from(contacts).where(condition))
            sizes[GroupKind.SEGMENT, name] = number or 0
        return sizes

    def _dynamic_segments(self) -> dict[str, sa.ColumnElement[bool]]:
        """Return the dynamic segments by name, as conditions on `contacts`."""
        return {
            name: parse_filter(text, self.properties, self.groups).condition(self.tenant_id)
            for (_, name), text in self.groups.items()
            if text is not None
        }

    def _memberships(self, style: Style) -> Memberships:
        columns = [column for column in self.columns if column.name in MEMBERSHIPS]
        dynamic = self._dynamic_segments() if columns else {}
        return Memberships(self.tenant_id, columns, style, [name for _, name in self.groups], dynamic)

    def _both(
        self, values: Sequence[Any], memberships: Memberships, style: Style, columns: Sequence[ExportColumn]
    ) -> list[sa.Select[Any]]:
        """Return the query for these values and, in an incremental export, the one for deleted contacts."""
        live = (
            sa.select(*values)
            .select_from(self._with_properties(memberships.join_to(contacts), style))
            .where(*self.conditions)
            .order_by(contacts.c.id)  # an unchanged store gives the same file
        )
        if self.since is None:
            return [live]
        deleted = _deletions(self.since, self.tenant_id).subquery(contact_deletions.name)
        named: list[sa.Label[Any]] = [
            sa.literal_column(gone_cell(column, style)).label(column.json_key if style is Style.JSON else column.name)
            for column in columns
        ]
        gone = sa.select(*named).select_from(deleted).order_by(deleted.c.contact_id)
        return [live.where(_changed(self.since, self.tenant_id)), gone]

    def _value(
        self, column: ExportColumn, style: Style, memberships: Memberships, *, name: str | None = None
    ) -> sa.Label[Any]:
        sql = memberships.value(column) if column.name in MEMBERSHIPS else cell(column, style)
        return sa.literal_column(sql).label(name or column.name)

    def _with_properties(self, source: sa.FromClause, style: Style) -> sa.FromClause:
        """Join the texts of the properties, which CSV looks at several times.

        OFFSET makes PostgreSQL take each out of the JSON once, instead of inlining the expression into every use.
        """
        keys = [column.property_key for column in self.columns if column.property_key]
        if style is not Style.CSV or not keys:
            return source
        texts: list[sa.Label[str]] = [sa.literal_column(property_text(key)).label(key) for key in keys]
        return source.join(sa.select(*texts).offset(sa.literal_column("0")).lateral(PROPERTIES), sa.true())

    def _custom_fields(self) -> str:
        if self.every_property:
            return "contacts.properties"
        keys = [column.property_key for column in self.columns if column.property_key]
        members = [f"'{key}', contacts.properties -> '{key}'" for key in keys]
        parts = (members[at : at + _MEMBERS] for at in range(0, len(members), _MEMBERS))
        objects = " || ".join(f"jsonb_build_object({', '.join(part)})" for part in parts)
        return f"jsonb_strip_nulls({objects})"


def plan_export(
    connection: sa.Connection, tenant_id: str, request: ExportRequest, since: datetime | None
) -> ExportPlan:
    """Plan an export of the store as it is now. Raises InvalidOption (InvalidFilter) and NotFound."""
    properties = list_properties(connection, tenant_id)
    groups = known_groups(connection, tenant_id)
    columns = chosen_columns(request.fields, properties, incremental=since is not None)
    return ExportPlan(
        tenant_id,
        columns,
        properties,
        groups,
        _conditions(request, properties, groups, tenant_id),
        since,
        every_property={definition.key for definition in properties}
        <= {column.property_key for column in columns if column.property_key},
    )


def _place(columns: Sequence[ExportColumn]) -> int:
    """Return the index, among the other columns, at which the first property stands."""
    first = next(at for at, column in enumerate(columns) if column.property_key)
    return sum(1 for column in columns[:first] if not column.property_key)


def _as_objects(query: sa.Select[Any], separator: str) -> sa.Select[Any]:
    row = query.subquery("contact")
    return sa.select(sa.literal_column(f"'{separator}' || row_to_json(contact)::text")).select_from(row)


def _conditions(
    request: ExportRequest, properties: Sequence[PropertyDefinition], groups: KnownGroups, tenant_id: str
) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on `contacts`. Raises InvalidFilter, and NotFound for a group that does not exist."""
    filters = (parse_filter(text, properties, groups) for text in _filters(request, groups))
    return [contacts.c.tenant_id == tenant_id, *(each.condition(tenant_id) for each in filters)]


def _changed(since: datetime, tenant_id: str) -> sa.ColumnElement[bool]:
    """Return the condition that a contact, or a membership of it, may have changed since.

    A rollback puts `updated_at` back, so contacts of imports undone since then count as changed. Leaving a group
    leaves no trace and is not found.
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


def _deletions(since: datetime, tenant_id: str) -> sa.Select[tuple[object, ...]]:
    """Return the last deletion since of each contact that does not exist again."""
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
    """Return everything that narrows the request as filter expressions."""
    texts = [request.filter] if request.filter else []
    for kind in GroupKind:
        name = getattr(request, kind.value)
        if name is None:
            continue
        if (kind, name) not in groups:
            raise NotFound(f"There is no {kind.value} {name}; `contact-pipelines {kind.value} list` shows them.")
        texts.append(f"{kind.value} = {literal(name)}")
    return [*texts, f"search {literal(request.search)}"] if request.search else texts
