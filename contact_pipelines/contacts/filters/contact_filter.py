"""Turns the text of a filter into a SQL condition on a tenant's contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from contact_pipelines.contacts.filters.filter_conditions import ConditionBuilder
from contact_pipelines.contacts.filters.filter_fields import KnownGroups, Vocabulary
from contact_pipelines.contacts.filters.filter_tree import Node, spelled
from contact_pipelines.contacts.properties import list_properties
from contact_pipelines.models import GroupKind, PropertyDefinition
from contact_pipelines.store.tables import contacts, groups


@dataclass(frozen=True)
class ContactFilter:
    """A filter that can be used: `text` is its canonical spelling."""

    text: str
    _tree: Node = field(repr=False)
    _dynamic: Mapping[str, Node] = field(repr=False, compare=False, default_factory=dict)

    def condition(self, tenant_id: str) -> sa.ColumnElement[bool]:
        """Return the condition on `store.tables.contacts` for a WHERE: the tenant's contacts that are meant."""
        meant = ConditionBuilder(tenant_id, self._dynamic).condition(self._tree)
        return sa.and_(contacts.c.tenant_id == tenant_id, meant)


def parse_filter(
    text: str, properties: Sequence[PropertyDefinition], groups: KnownGroups | None = None
) -> ContactFilter:
    """Read a filter expression over the contact fields, the tenant's properties and its groups.

    With `groups`, a dynamic segment stands for its filter, and a list, segment or topic that does not exist is refused.
    Without, nothing is known of groups: a name that does not exist matches nobody, and so does a dynamic segment.
    Raises InvalidFilter, which says where and what is allowed; for any text, nothing else.
    """
    from contact_pipelines.contacts.filters.filter_grammar import check_length  # lark takes a while to load
    from contact_pipelines.contacts.filters.filter_reader import read_filter

    tree, dynamic = read_filter(text, Vocabulary(properties), groups)
    canonical = spelled(tree)
    check_length(canonical)  # it is stored, and must be readable again
    return ContactFilter(canonical, tree, dynamic)


def load_filter(connection: sa.Connection, tenant_id: str, text: str) -> ContactFilter:
    """Read a filter expression of the tenant: dynamic segments count, groups that do not exist are refused.

    Raises InvalidFilter.
    """
    return parse_filter(text, list_properties(connection, tenant_id), known_groups(connection, tenant_id))


def known_groups(connection: sa.Connection, tenant_id: str) -> KnownGroups:
    """Return the tenant's groups, each with the filter of a dynamic segment or None."""
    wanted = sa.select(groups.c.kind, groups.c.name, groups.c.filter).where(groups.c.tenant_id == tenant_id)
    return {(GroupKind(row.kind), row.name): row.filter for row in connection.execute(wanted)}
