"""A filter expression, from its text to the condition on a tenant's contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from contact_pipelines.contacts.filters.conditions import ConditionBuilder
from contact_pipelines.contacts.filters.fields import KnownGroups, Vocabulary
from contact_pipelines.contacts.filters.places import check_length
from contact_pipelines.contacts.filters.spelling import spelled
from contact_pipelines.contacts.filters.tree import Node, comparisons
from contact_pipelines.errors import InvalidFilter
from contact_pipelines.models import GroupKind, PropertyDefinition
from contact_pipelines.store.tables import contacts

DEEPEST_SEGMENTS = 5
MOST_COMPARISONS_WITH_SEGMENTS = 1_000


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
    from contact_pipelines.contacts.filters.reading import Reader

    reader = Reader(text, Vocabulary(properties), groups)
    tree = reader.read()
    dynamic = _Segments(Vocabulary(properties), groups or {})
    for name, place in reader.segments.items():
        try:
            dynamic.add(name, ())
        except InvalidFilter as error:
            raise reader.wrong(place, f"the segment {name} cannot be used. {error}") from None
    if dynamic.size(tree) > MOST_COMPARISONS_WITH_SEGMENTS:
        raise InvalidFilter(
            f"The filter has {dynamic.size(tree):,} comparisons with those of the segments that it names;"
            f" {MOST_COMPARISONS_WITH_SEGMENTS:,} are allowed."
        )
    canonical = spelled(tree)
    check_length(canonical)  # it is stored, and must be readable again
    return ContactFilter(canonical, tree, dynamic.trees)


class _Segments:
    """The dynamic segments that a filter needs, each read once."""

    def __init__(self, vocabulary: Vocabulary, groups: KnownGroups) -> None:
        self._vocabulary, self._groups = vocabulary, groups
        self.trees: dict[str, Node] = {}
        self._sizes: dict[str, int] = {}

    def add(self, name: str, above: tuple[str, ...]) -> None:
        """Read a segment's filter and those of the segments in it. Raises InvalidFilter.

        `above`: the segments through which one comes here.
        """
        from contact_pipelines.contacts.filters.reading import Reader

        text = self._groups.get((GroupKind.SEGMENT, name))
        if text is None or name in self.trees:
            return
        if name in above:
            raise InvalidFilter(f"The filter of the segment {name} leads back to itself.")
        if len(above) >= DEEPEST_SEGMENTS:
            raise InvalidFilter(f"Segments are nested deeper than {DEEPEST_SEGMENTS} times.")
        reader = Reader(text, self._vocabulary, self._groups)
        tree = reader.read()
        for inner in reader.segments:
            self.add(inner, (*above, name))
        self.trees[name] = tree
        self._sizes[name] = self.size(tree)

    def size(self, tree: Node) -> int:
        """Return how many comparisons the tree has once segments are replaced by their filters."""
        return sum(
            sum(self._sizes.get(str(value), 0) for value in each.values) + 1
            if each.field.name == GroupKind.SEGMENT
            else 1
            for each in comparisons(tree)
        )
