"""The columns of an export: their names, their order, and which ones `fields` selects.

They have the names of the importer's fields (`first_name`, `properties.plan`), so that an exported file maps back by
itself; an import ignores the others (`id`, `lists`, ...).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import process

from contact_pipelines.errors import InvalidOption
from contact_pipelines.models import PROPERTY_PREFIX, PropertyDefinition
from contact_pipelines.property_types import PROPERTY_TYPES


class Kind(StrEnum):
    """What a column's values are."""

    ID = "id"
    TEXT = "text"
    PHONE = "phone"
    WORD = "word"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"
    TAGS = "tags"
    OPTIONS = "options"
    GROUPS = "groups"
    TOPICS = "topics"


@dataclass(frozen=True)
class ExportColumn:
    """One column. `property_key` is set for a property."""

    name: str
    kind: Kind
    property_key: str | None = None

    @property
    def json_key(self) -> str:
        """The name in JSON, in camelCase; a property is inside `customFields` under its own key."""
        first, *rest = self.name.split("_")
        return first + "".join(word.capitalize() for word in rest)


MEMBERSHIPS = ("lists", "segments", "topics")

_BEFORE = (
    ExportColumn("id", Kind.ID),
    ExportColumn("external_id", Kind.TEXT),
    ExportColumn("email", Kind.TEXT),
    ExportColumn("phone", Kind.PHONE),
    ExportColumn("first_name", Kind.TEXT),
    ExportColumn("last_name", Kind.TEXT),
    ExportColumn("company", Kind.TEXT),
    ExportColumn("status", Kind.WORD),
    ExportColumn("lead_score", Kind.INTEGER),
    ExportColumn("tags", Kind.TAGS),
    ExportColumn("segments", Kind.GROUPS),
    ExportColumn("lists", Kind.GROUPS),
    ExportColumn("topics", Kind.TOPICS),
)
_AFTER = (ExportColumn("created_at", Kind.MOMENT), ExportColumn("updated_at", Kind.MOMENT))
DELETED_AT = ExportColumn("deleted_at", Kind.MOMENT)
"""In incremental exports only. A deleted contact has just its id, external id and this."""


def chosen_columns(
    fields: Sequence[str], properties: Sequence[PropertyDefinition], *, incremental: bool
) -> list[ExportColumn]:
    """Return the named columns in their order, or all: contact fields, memberships, properties, times.

    A property may be named without `properties.`; `properties.*` stands for all of them. An incremental export always
    has `id` and `deleted_at`. Raises InvalidOption for an unknown name.
    """
    own = [_property(definition) for definition in properties]
    known = {column.name: column for column in (*_BEFORE, *own, *_AFTER)}
    chosen: dict[str, ExportColumn] = {}
    for name in fields or known:
        if name == f"{PROPERTY_PREFIX}*":
            chosen |= {column.name: column for column in own}
        else:
            column = known.get(name) or known.get(PROPERTY_PREFIX + name)
            if column is None:
                raise InvalidOption(_unknown(name, list(known)))
            chosen[column.name] = column
    if not incremental:
        return list(chosen.values())
    return list({"id": known["id"], **chosen, DELETED_AT.name: DELETED_AT}.values())


def _property(definition: PropertyDefinition) -> ExportColumn:
    kind = Kind(PROPERTY_TYPES[definition.type].exported_as)
    return ExportColumn(PROPERTY_PREFIX + definition.key, kind, definition.key)


def _unknown(name: str, known: Sequence[str]) -> str:
    near = process.extractOne(name, known, score_cutoff=70)
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"There is no field {name[:100]} to export.{meant} The fields are {', '.join(known)}."
