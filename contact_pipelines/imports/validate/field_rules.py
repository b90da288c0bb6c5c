"""The settings' rules on contact fields, and checking them."""

from __future__ import annotations

from collections.abc import Mapping

from contact_pipelines.contacts.properties import check_rules, is_pattern
from contact_pipelines.errors import InvalidOption
from contact_pipelines.settings.policy import FieldRules, Policy

TEXT_FIELDS = ("email", "phone", "external_id", "first_name", "last_name", "company")
ALWAYS_THERE = ("status", "created_at", "updated_at")
"""Fields that every contact has; requiring them changes nothing."""


def check_policy(policy: Policy) -> None:
    """Raise InvalidOption if the settings' rules on a field or property are invalid."""
    check_field_rules(policy.fields)
    for definition in policy.properties:
        check_rules(definition)


def check_field_rules(rules: Mapping[str, FieldRules]) -> None:
    """Raise InvalidOption, naming the field, for rules that do not apply to it or contradict each other.

    Lengths and patterns (RE2) are for texts, country codes for the phone.
    """
    for name, own in rules.items():
        shortest, longest = own.min_length, own.max_length
        if name not in TEXT_FIELDS and (shortest, longest, own.pattern) != (None, None, None):
            raise InvalidOption(f"The rules of {name} do not apply: lengths and patterns are for texts.")
        if shortest is not None and longest is not None and shortest > longest:
            raise InvalidOption(f"The rules of {name} contradict each other: min_length is above max_length.")
        if own.country_code_required and name != "phone":
            raise InvalidOption(f"The rules of {name} do not apply: country_code_required is for the phone.")
        if own.pattern is not None and not is_pattern(own.pattern):
            raise InvalidOption(f"The pattern of {name} is not a valid RE2 regular expression.")
