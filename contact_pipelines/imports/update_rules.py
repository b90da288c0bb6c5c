"""Checks the option `rules`: what an update does to each field."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from contact_pipelines.errors import InvalidOption
from contact_pipelines.imports.columns.mapping import field_named
from contact_pipelines.models import (
    FULL_NAME,
    IGNORE,
    PROPERTY_PREFIX,
    FieldRule,
    ImportOptions,
    MatchKey,
    PropertyDefinition,
)
from contact_pipelines.property_types import PROPERTY_TYPES

EVERY_FIELD = "*"
STATUS = "status"
_OF_LISTS = (FieldRule.APPEND, FieldRule.REMOVE)
_COMPARING = (FieldRule.KEEP_HIGHER, FieldRule.KEEP_LOWER, FieldRule.NEWER)
_RULELESS = {
    "id": "it recognises the contact and is never changed by an import",
    "created_at": "it is set for new contacts only",
    "updated_at": "the store keeps it itself",
    FULL_NAME: "name first_name and last_name instead",
    IGNORE: "it is no field",
}


def checked_rules(options: ImportOptions) -> dict[str, FieldRule]:
    """Return the options' rules by the fields' names in the store. Raises InvalidOption."""
    rules: dict[str, FieldRule] = {}
    for name, rule in options.rules.items():
        field = name if name == EVERY_FIELD else field_named(name)
        if field in _RULELESS:
            raise InvalidOption(f"There can be no rule for {field}: {_RULELESS[field]}.")
        if field == "email" and options.match_on == (MatchKey.EMAIL,):
            raise InvalidOption("There can be no rule for email: it is a match key (--match-on).")
        if rule in _OF_LISTS and field != "tags" and not field.startswith(PROPERTY_PREFIX):
            raise InvalidOption(f"The rule {rule} is for tags and multi_select properties, not for {field}.")
        if field == STATUS and rule in _COMPARING:
            raise InvalidOption(f"There can be no rule {rule} for status: of two, the stricter one holds anyway.")
        rules[field] = rule
    return rules


def require_fitting_columns(
    options: ImportOptions, fields: Collection[str], properties: Mapping[str, PropertyDefinition]
) -> None:
    """Raise InvalidOption if a rule of lists is for a property of one value, or `newer` has no times to compare.

    `fields` are those that the file fills.
    """
    for field, rule in options.rules.items():
        definition = properties.get(field.removeprefix(PROPERTY_PREFIX))
        if rule in _OF_LISTS and definition and not PROPERTY_TYPES[definition.type].is_list:
            raise InvalidOption(f"The rule {rule} is for multi_select properties; {field} is a {definition.type}.")
        if rule is FieldRule.NEWER and "updated_at" not in fields:
            raise InvalidOption(
                f"The rule newer of {field} needs a column with the time of each row's last change; say which it is, "
                'for example --map "Last modified=updated_at".'
            )
