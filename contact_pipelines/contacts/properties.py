"""Properties: the contact fields that a tenant defines itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
from psycopg.errors import ForeignKeyViolation
from sqlalchemy import Connection, RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from contact_pipelines.errors import InvalidOption, NotFound
from contact_pipelines.files import duck
from contact_pipelines.models import DEFAULT_TENANT, PropertyDefinition
from contact_pipelines.property_types import PROPERTY_TYPES, types_that_take
from contact_pipelines.store.engine import Store
from contact_pipelines.store.tables import properties
from contact_pipelines.store.tenants import ensure_tenant

_OWN_COLUMNS = {"key", "type", "label", "required"}
_RULES = set(PropertyDefinition.model_fields) - _OWN_COLUMNS  # kept together as JSON


def list_properties(connection: Connection, tenant_id: str) -> list[PropertyDefinition]:
    """Return the tenant's properties by key, including the well-known ones."""
    wanted = select(properties).where(properties.c.tenant_id == tenant_id).order_by(properties.c.key)
    return [_definition(row) for row in connection.execute(wanted).mappings()]


def add_property(
    connection: Connection, tenant_id: str, definition: PropertyDefinition, import_id: str | None = None
) -> PropertyDefinition:
    """Add a property and return it; an existing one of the same type is returned as it is.

    Raises InvalidOption if it exists with another type or its rules make no sense, NotFound for an unknown tenant.
    """
    check_rules(definition)
    new = insert(properties).values(tenant_id=tenant_id, key=definition.key, import_id=import_id, **_stored(definition))
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
    _require_same_type(found, definition)
    return found


def ensure_properties(connection: Connection, tenant_id: str, definitions: Sequence[PropertyDefinition]) -> None:
    """Add or update the tenant's properties so that they are as defined.

    Raises InvalidOption, before anything is written, and NotFound as `add_property` does.
    """
    stored = list_properties(connection, tenant_id)
    merged = merged_properties(stored, definitions)
    known = {definition.key for definition in stored}
    for wanted in (definition for definition in merged if definition not in stored):
        if wanted.key in known:
            same = (properties.c.tenant_id == tenant_id) & (properties.c.key == wanted.key)
            connection.execute(update(properties).where(same).values(_stored(wanted)))
        else:
            add_property(connection, tenant_id, wanted)


def merged_properties(
    stored: Sequence[PropertyDefinition], definitions: Sequence[PropertyDefinition]
) -> list[PropertyDefinition]:
    """Return the stored properties as updated by `definitions`; one without a label keeps the stored label.

    Raises InvalidOption as `add_property` does.
    """
    merged = {definition.key: definition for definition in stored}
    for definition in definitions:
        check_rules(definition)
        found = merged.get(definition.key)
        if found is not None:
            _require_same_type(found, definition)
        label = definition.label or (found.label if found else "")
        merged[definition.key] = definition.model_copy(update={"label": label})
    return list(merged.values())


def check_rules(definition: PropertyDefinition) -> None:
    """Raise InvalidOption if the rules contradict each other or the type, or the pattern is not one for RE2."""
    name, limits = f"The property {definition.key}", (definition.min, definition.max)
    takes = PROPERTY_TYPES[definition.type].takes
    if limits != (None, None) and "min" not in takes:
        raise InvalidOption(f"{name} is of type {definition.type}; min and max are for numbers.")
    if None not in limits and definition.min > definition.max:  # type: ignore[operator]
        raise InvalidOption(f"{name} has a min of {definition.min:g}, above its max of {definition.max:g}.")
    if definition.options and "options" not in takes:
        raise InvalidOption(f"{name} is of type {definition.type}; options are for {types_that_take('options')}.")
    if definition.pattern is not None and not is_pattern(definition.pattern):
        raise InvalidOption(f"{name} has a pattern that is not a valid RE2 regular expression.")


def is_pattern(text: str) -> bool:
    """Whether RE2, with which DuckDB tests patterns, accepts this one."""
    with duck.connect() as con:
        try:
            con.execute("SELECT regexp_full_match('', ?)", [text]).fetchall()
        except duckdb.Error:
            return False
    return True


def _require_same_type(found: PropertyDefinition, wanted: PropertyDefinition) -> None:
    if found.type is not wanted.type:
        raise InvalidOption(
            f"The property {wanted.key} already exists with type {found.type.value}, not {wanted.type.value}."
        )


def _stored(definition: PropertyDefinition) -> dict[str, Any]:
    """Return a definition's columns other than its key."""
    return {
        "type": definition.type.value,
        "label": definition.label,
        "required": definition.required,
        "rules": definition.model_dump(mode="json", include=_RULES, exclude_defaults=True),
    }


def _definition(row: RowMapping) -> PropertyDefinition:
    stored: dict[str, Any] = {key: row[key] for key in _OWN_COLUMNS}
    rules = {rule: value for rule, value in row["rules"].items() if rule in _RULES}
    return PropertyDefinition.model_validate(stored | rules)


def list_property_definitions(store: Store, *, tenant_id: str = DEFAULT_TENANT) -> list[PropertyDefinition]:
    """Return the tenant's properties by key, including the well-known ones."""
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        return list_properties(connection, tenant_id)


def create_property(
    store: Store, definition: PropertyDefinition, *, tenant_id: str = DEFAULT_TENANT
) -> PropertyDefinition:
    """Add a property; an existing one of the same type is returned as it is. Raises InvalidOption."""
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        return add_property(connection, tenant_id, definition)
