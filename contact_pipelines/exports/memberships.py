"""The lists, segments and topics of all contacts, aggregated once for the whole export.

As text they look like tags (`a|b`), topics with their subscription (`Newsletter: opt_in`). Members of dynamic segments
are not stored: their filters find them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from contact_pipelines.exports.column_cells import Style
from contact_pipelines.exports.export_columns import ExportColumn, Kind
from contact_pipelines.files.formula_escape import postgres_escape_expression
from contact_pipelines.models import GroupKind
from contact_pipelines.store.tables import contacts, group_members, groups

_KINDS = {"lists": GroupKind.LIST, "segments": GroupKind.SEGMENT, "topics": GroupKind.TOPIC}
_FORMULA_FIRST = tuple("=+-@\t\r'")


@dataclass(frozen=True)
class Memberships:
    """The group columns of an export. `names`: of all groups. `dynamic`: segment -> condition on contacts."""

    tenant_id: str
    columns: Sequence[ExportColumn]
    style: Style
    names: Sequence[str] = ()
    dynamic: Mapping[str, sa.ColumnElement[bool]] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether the export has group columns, and the tenant has groups."""
        return bool(self.columns) and bool(self.names)

    def join_to(self, source: sa.FromClause) -> sa.FromClause:
        """Join the memberships to the contacts."""
        if not self.any:
            return source
        members = self._members()
        columns: list[sa.Label[str]] = [
            sa.literal_column(self._gathered(column)).label(column.name) for column in self.columns
        ]
        gathered = sa.select(members.c.contact_id, *columns).group_by(members.c.contact_id).subquery("memberships")
        return source.outerjoin(gathered, gathered.c.contact_id == contacts.c.id)

    def value(self, column: ExportColumn) -> str:
        """Return SQL of a group column's value."""
        stored = f"memberships.{column.name}" if self.any else "NULL"
        if self.style not in (Style.JSON, Style.TYPED):
            return stored
        return f"coalesce({stored}, '[]'{'::jsonb' if self.style is Style.JSON else ''})"

    def _members(self) -> sa.Subquery:
        stored = (
            sa.select(group_members.c.contact_id, groups.c.kind, groups.c.name, group_members.c.subscription)
            .join(
                groups,
                (groups.c.tenant_id == group_members.c.tenant_id) & (groups.c.id == group_members.c.group_id),
            )
            .where(group_members.c.tenant_id == self.tenant_id)
        )
        worked_out = [
            sa.select(contacts.c.id, sa.literal(GroupKind.SEGMENT.value), sa.literal(name), sa.null()).where(condition)
            for name, condition in self.dynamic.items()
        ]
        if not worked_out or "segments" not in [column.name for column in self.columns]:
            return stored.subquery("members")
        return sa.union_all(stored, *worked_out).subquery("members")

    def _gathered(self, column: ExportColumn) -> str:
        """Return SQL that aggregates one contact's groups, by name."""
        name, order = "members.name", "ORDER BY members.name"
        only = f"FILTER (WHERE members.kind = '{_KINDS[column.name].value}')"
        if column.kind is Kind.TOPICS:
            name = "members.name || ': ' || members.subscription"
        if self.style in (Style.JSON, Style.TYPED):
            if column.kind is Kind.TOPICS:
                name = "jsonb_build_object('name', members.name, 'subscription', members.subscription)"
            array = f"jsonb_agg({name} {order}) {only}"
            return f"({array})::text" if self.style is Style.TYPED else array
        if any("|" in text or text[:1] in '["' for text in self.names):
            return f"(jsonb_agg({name} {order}) {only})::text"
        joined = f"string_agg({name}, '|' {order}) {only}"
        if self.style is Style.CSV and any(text.startswith(_FORMULA_FIRST) for text in self.names):
            return postgres_escape_expression(f"({joined})")
        return joined
