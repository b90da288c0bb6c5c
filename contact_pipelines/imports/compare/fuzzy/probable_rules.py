"""What an update does to the fields of a contact that a row only probably is."""

from __future__ import annotations

from collections.abc import Mapping

from contact_pipelines.models import FieldRule, MatchKey, Resolve

IDENTITY = (MatchKey.EMAIL, MatchKey.PHONE, MatchKey.EXTERNAL_ID)
"""What recognises a contact. The row's own says that it may be somebody else, so it takes nobody else's place."""


def rules_of_probable(rules: Mapping[str, FieldRule], resolve: Resolve) -> dict[str, FieldRule]:
    """Return the rules for rows that are probably a contact: what they update of it, given the import's `rules`.

    Email, phone and external id are filled where the contact has none, and never replaced: mail goes where it went,
    and the contact is found by what it was found by. With MERGE_FIELDS that holds for all fields, and tags are added.
    What the import keeps (`keep`) is kept. The status has its own rule, as ever: the stricter one holds.
    """
    if resolve is Resolve.UPDATE_EXISTING:
        every = rules.get("*")
        return {**rules, **{field: _filled(rules.get(field) or every) for field in IDENTITY}}
    own = {field: _filled(rule) for field, rule in rules.items() if field != "status"}
    tags = rules.get("tags") or rules.get("*")
    kept = (FieldRule.KEEP, FieldRule.REMOVE)  # to take tags away is no filling, to add them the contrary
    own |= {"*": _filled(rules.get("*")), "tags": FieldRule.KEEP if tags in kept else FieldRule.APPEND}
    return own | ({"status": rules["status"]} if "status" in rules else {})


def _filled(rule: FieldRule | None) -> FieldRule:
    return FieldRule.KEEP if rule is FieldRule.KEEP else FieldRule.FILL_BLANK
