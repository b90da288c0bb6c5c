"""The plan of an export: its columns, and the queries that give their values in the spelling of a format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from contact_pipelines.contacts.filters import KnownGroups, known_groups
from contact_pipelines.contacts.properties import list_properties
from contact_pipelines.errors import InvalidOption
from contact_pipelines.exports import selecting
from contact_pipelines.exports.column_cells import PROPERTIES, Style, cell, gone_cell, property_text
from contact_pipelines.exports.export_columns import MEMBERSHIPS, ExportColumn, chosen_columns
from contact_pipelines.exports.memberships import Memberships
from contact_pipelines.models import ExportRequest, GroupKind, PropertyDefinition
from contact_pipelines.store.tables import contact_deletions, contacts, group_members, groups

CUSTOM_FIELDS = "customFields"
MOST_COLUMNS = 1_600
"""PostgreSQL selects 1,664 at most."""
_MEMBERS = 50
"""Of an object that is built at once: a function of PostgreSQL takes 100 arguments."""


@dataclass(frozen=True)
class ExportPlan:
    """What is exported. `since`: of an incremental export, the moment from which on changes count."""

    tenant_id: str
    columns: Sequence[ExportColumn]
    properties: Sequence[PropertyDefinition]
    groups: KnownGroups
    conditions: Sequence[sa.ColumnElement[bool]]
    since: datetime | None = None
    every_property: bool = True

    def queries(self, style: Style) -> list[sa.Select[Any]]:
        """Return the query of the contacts and, of an incremental export, that of the deleted ones: the same columns.

        Raises InvalidOption if there are more columns than PostgreSQL selects.
        """
        if len(self.columns) > MOST_COLUMNS:
            raise InvalidOption(
                f"The export has {len(self.columns):,} columns; {MOST_COLUMNS:,} are possible. Choose fields, or export"
                " as JSON."
            )
        memberships = self._memberships(style)
        values = [self._value(column, style, memberships) for column in self.columns]
        return self._both(values, memberships, style, self.columns)

    def objects(self, *, separator: str) -> list[sa.Select[Any]]:
        """Return the same as queries of one column: each row a JSON object, behind a separator."""
        memberships = self._memberships(Style.JSON)
        plain = [column for column in self.columns if not column.property_key]
        values = [self._value(column, Style.JSON, memberships, name=column.json_key) for column in plain]
        if len(plain) < len(self.columns):
            values.insert(_place(self.columns), sa.literal_column(self._custom_fields()).label(CUSTOM_FIELDS))
        return [_as_objects(query, separator) for query in self._both(values, memberships, Style.JSON, plain)]

    def group_sizes(self, connection: sa.Connection) -> dict[tuple[GroupKind, str], int]:
        """Return how many contacts are in each group; those who opted out of a topic are not."""
        belongs = (group_members.c.tenant_id == groups.c.tenant_id) & (group_members.c.group_id == groups.c.id)
        counted = (
            sa.select(groups.c.kind, groups.c.name, sa.func.count())
            .join(group_members, belongs)
            .where(groups.c.tenant_id == self.tenant_id, group_members.c.subscription.is_distinct_from("opt_out"))
            .group_by(groups.c.kind, groups.c.name)
        )
        sizes = {(GroupKind(kind), name): number for kind, name, number in connection.execute(counted)}
        dynamic = selecting.dynamic_segments(self.properties, self.groups, self.tenant_id)
        for name, condition in dynamic.items():
            number = connection.scalar(sa.select(sa.func.count()).select_from(contacts).where(condition))
            sizes[GroupKind.SEGMENT, name] = number or 0
        return sizes

    def _memberships(self, style: Style) -> Memberships:
        columns = [column for column in self.columns if column.name in MEMBERSHIPS]
        dynamic = selecting.dynamic_segments(self.properties, self.groups, self.tenant_id) if columns else {}
        return Memberships(self.tenant_id, columns, style, [name for _, name in self.groups], dynamic)

    def _both(
        self, values: Sequence[Any], memberships: Memberships, style: Style, columns: Sequence[ExportColumn]
    ) -> list[sa.Select[Any]]:
        """Return the query of these values of contacts and, of an incremental export, of columns of deleted ones."""
        live = (
            sa.select(*values)
            .select_from(self._with_properties(memberships.join_to(contacts), style))
            .where(*self.conditions)
            .order_by(contacts.c.id)  # an unchanged store gives the same file
        )
        if self.since is None:
            return [live]
        deleted = selecting.gone(self.since, self.tenant_id).subquery(contact_deletions.name)
        named: list[sa.Label[Any]] = [
            sa.literal_column(gone_cell(column, style)).label(column.json_key if style is Style.JSON else column.name)
            for column in columns
        ]
        gone = sa.select(*named).select_from(deleted).order_by(deleted.c.contact_id)
        return [live.where(selecting.changed(self.since, self.tenant_id)), gone]

    def _value(
        self, column: ExportColumn, style: Style, memberships: Memberships, *, name: str | None = None
    ) -> sa.Label[Any]:
        sql = memberships.value(column) if column.name in MEMBERSHIPS else cell(column, style)
        return sa.literal_column(sql).label(name or column.name)

    def _with_properties(self, source: sa.FromClause, style: Style) -> sa.FromClause:
        """Return the contacts with the texts of their properties beside them, where these are looked at several times.

        With OFFSET, PostgreSQL takes each out of the JSON once; else it would put the expressions back into the cells.
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
    """Plan an export as the store is at this moment. Raises InvalidOption (InvalidFilter) and NotFound."""
    properties = list_properties(connection, tenant_id)
    groups = known_groups(connection, tenant_id)
    columns = chosen_columns(request.fields, properties, incremental=since is not None)
    return ExportPlan(
        tenant_id,
        columns,
        properties,
        groups,
        selecting.conditions(request, properties, groups, tenant_id),
        since,
        every_property={definition.key for definition in properties}
        <= {column.property_key for column in columns if column.property_key},
    )


def _place(columns: Sequence[ExportColumn]) -> int:
    """Return before which of the other columns the first property stands."""
    first = next(at for at, column in enumerate(columns) if column.property_key)
    return sum(1 for column in columns[:first] if not column.property_key)


def _as_objects(query: sa.Select[Any], separator: str) -> sa.Select[Any]:
    row = query.subquery("contact")
    return sa.select(sa.literal_column(f"'{separator}' || row_to_json(contact)::text")).select_from(row)
