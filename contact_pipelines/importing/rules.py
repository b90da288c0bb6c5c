"""The rules that an import names for its fields, checked before anything is done with them."""

from __future__ import annotations

from collections.abc import Mapping

from contact_pipelines.errors import InvalidOption
from contact_pipelines.importing.mapping import field_named
from contact_pipelines.models import (
    FULL_NAME,
    IGNORE,
    PROPERTY_PREFIX,
    FieldRule,
    ImportOptions,
    PropertyDefinition,
    PropertyType,
)

EVERY_FIELD = "*"
_RULELESS = {
    "email": "it recognises the contact and is never changed by an import",
    "created_at": "it is set for new contacts only",
    "updated_at": "the store keeps it itself",
    FULL_NAME: "name first_name and last_name instead",
    IGNORE: "it is no field",
}


def checked_rules(options: ImportOptions) -> ImportOptions:
    """Return the options with the fields of their rules as the store names them. Raises InvalidOption."""
    rules: dict[str, FieldRule] = {}
    for name, rule in options.rules.items():
        field = name if name == EVERY_FIELD else field_named(name)
        if field in _RULELESS:
            raise InvalidOption(f"There can be no rule for {field}: {_RULELESS[field]}.")
        if rule is FieldRule.APPEND and field != "tags" and not field.startswith(PROPERTY_PREFIX):
            raise InvalidOption(f"The rule append is for tags and multi_select properties, not for {field}.")
        rules[field] = rule
    return options.model_copy(update={"rules": rules})


def require_lists_to_append_to(options: ImportOptions, properties: Mapping[str, PropertyDefinition]) -> None:
    """Raise InvalidOption if a property that is to be appended to holds one value only."""
    for field, rule in options.rules.items():
        definition = properties.get(field.removeprefix(PROPERTY_PREFIX))
        if rule is FieldRule.APPEND and definition and definition.type is not PropertyType.MULTI_SELECT:
            raise InvalidOption(f"The rule append is for multi_select properties; {field} is a {definition.type}.")
