"""A tenant's properties: the fields of contacts that it defines itself."""

from __future__ import annotations

from typing import Any

from psycopg.errors import ForeignKeyViolation
from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from contact_pipelines.errors import InvalidOption, NotFound
from contact_pipelines.models import PropertyDefinition
from contact_pipelines.store.tables import properties

_OWN_COLUMNS = {"key", "type", "label"}
_RULES = set(PropertyDefinition.model_fields) - _OWN_COLUMNS  # kept together as JSON


def list_properties(connection: Connection, tenant_id: str) -> list[PropertyDefinition]:
    """Return the tenant's properties by key, the well-known ones among them."""
    wanted = select(properties).where(properties.c.tenant_id == tenant_id).order_by(properties.c.key)
    return [_definition(row) for row in connection.execute(wanted).mappings()]


def add_property(
    connection: Connection, tenant_id: str, definition: PropertyDefinition, import_id: str | None = None
) -> PropertyDefinition:
    """Add a property and return it; one that is there with the same type is returned as it is.

    Raises InvalidOption if it is there with another type, NotFound if there is no such tenant.
    """
    new = insert(properties).values(
        tenant_id=tenant_id,
        key=definition.key,
        type=definition.type.value,
        label=definition.label,
        rules=definition.model_dump(mode="json", include=_RULES, exclude_defaults=True),
        import_id=import_id,
    )
    try:
        added = connection.execute(new.on_conflict_do_nothing().returning(properties.c.key)).first()
    except IntegrityError as error:
        if isinstance(error.orig, ForeignKeyViolation):
            raise NotFound(f"There is no tenant {tenant_id}.") from None
        raise
    if added:
        return definition
    same = (properties.c.tenant_id == tenant_id) & (properties.c.key == definition.key)
    found = _definition(connection.execute(select(properties).where(same)).mappings().one())
    if found.type is not definition.type:
        raise InvalidOption(
            f"The property {definition.key} is of type {found.type.value}; it cannot be added"
            f" as {definition.type.value}."
        )
    return found


def _definition(row: RowMapping) -> PropertyDefinition:
    stored: dict[str, Any] = {key: row[key] for key in _OWN_COLUMNS}
    rules = {rule: value for rule, value in row["rules"].items() if rule in _RULES}
    return PropertyDefinition.model_validate(stored | rules)
