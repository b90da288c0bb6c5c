"""The plan of an export: its columns, and the queries that give their values in the spelling of a format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from contact_pipelines.errors import InvalidOption
from contact_pipelines.exporting import selecting
from contact_pipelines.exporting.cells import Style, cell, gone_cell
from contact_pipelines.exporting.columns import MEMBERSHIPS, ExportColumn, chosen_columns
from contact_pipelines.exporting.memberships import Memberships
from contact_pipelines.models import ExportRequest, PropertyDefinition
from contact_pipelines.exporting.selecting import known_groups
from contact_pipelines.store.filters import KnownGroups
from contact_pipelines.store.properties import list_properties
from contact_pipelines.store.tables import contact_deletions, contacts

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

    def queries(self, style: Style, spelled: Mapping[str, str] | None = None) -> list[sa.Select[Any]]:
        """Return the query of the contacts and, of an incremental export, that of the deleted ones: the same columns.

        `spelled`: SQL of columns, by name, that are to be written in another way.
        """
        if len(self.columns) > MOST_COLUMNS:
            raise InvalidOption(
                f"The export has {len(self.columns):,} columns; {MOST_COLUMNS:,} are possible. Choose fields, or export"
                " as JSON."
            )
        memberships = self._memberships(style)
        values = [self._value(column, style, memberships, spelled or {}) for column in self.columns]
        live = (
            sa.select(*values)
            .select_from(memberships.join_to(contacts))
            .where(*self.conditions)
            .order_by(contacts.c.id)  # an unchanged store gives the same file
        )
        if self.since is None:
            return [live]
        return [live.where(selecting.changed(self.since, self.tenant_id)), self._gone(spelled or {})]

    def objects(self, *, separator: str) -> list[sa.Select[Any]]:
        """Return the same as queries of one column: each row a JSON object, behind a separator."""
        memberships = self._memberships(Style.JSON)
        custom = any(column.property_key for column in self.columns)
        values = [
            self._value(column, Style.JSON, memberships, {}, name=column.json_key)
            for column in self.columns
            if not column.property_key
        ]
        if custom:
            values.insert(_place(self.columns), sa.literal_column(self._custom_fields()).label(CUSTOM_FIELDS))
        live = (
            sa.select(*values)
            .select_from(memberships.join_to(contacts))
            .where(*self.conditions)
            .order_by(contacts.c.id)
        )
        if self.since is None:
            return [_as_objects(live, separator)]
        changed, gone = live.where(selecting.changed(self.since, self.tenant_id)), self._gone({}, json=True)
        return [_as_objects(query, separator) for query in (changed, gone)]

    def _memberships(self, style: Style) -> Memberships:
        columns = [column for column in self.columns if column.name in MEMBERSHIPS]
        dynamic = selecting.dynamic_segments(self.properties, self.groups, self.tenant_id) if columns else {}
        return Memberships(self.tenant_id, columns, style, [name for _, name in self.groups], dynamic)

    def _value(
        self,
        column: ExportColumn,
        style: Style,
        memberships: Memberships,
        spelled: Mapping[str, str],
        *,
        name: str | None = None,
    ) -> sa.Label[Any]:
        if column.name in MEMBERSHIPS:
            sql = memberships.value(column)
        else:
            sql = spelled.get(column.name) or cell(column, style)
        return sa.literal_column(sql).label(name or column.name)

    def _gone(self, spelled: Mapping[str, str], *, json: bool = False) -> sa.Select[Any]:
        deleted = selecting.gone(self.since, self.tenant_id).subquery(contact_deletions.name) if self.since else None
        assert deleted is not None  # noqa: S101 - only incremental exports ask
        columns = [column for column in self.columns if not (json and column.property_key)]
        values = [
            sa.literal_column(_of_deletion(column, spelled)).label(column.json_key if json else column.name)
            for column in columns
        ]
        return sa.select(*values).select_from(deleted).order_by(deleted.c.contact_id)

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


def _of_deletion(column: ExportColumn, spelled: Mapping[str, str]) -> str:
    sql = gone_cell(column)
    return spelled[column.name].replace(f"contacts.{column.name}", sql) if column.name in spelled else sql


def _place(columns: Sequence[ExportColumn]) -> int:
    """Return before which of the other columns the first property stands."""
    first = next(at for at, column in enumerate(columns) if column.property_key)
    return sum(1 for column in columns[:first] if not column.property_key)


def _as_objects(query: sa.Select[Any], separator: str) -> sa.Select[Any]:
    row = query.subquery("contact")
    return sa.select(sa.literal_column(f"'{separator}' || row_to_json(contact)::text")).select_from(row)
