"""The update rule of each field; the rules' SQL is in `merging.sql`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb

from contact_pipelines.files.duck import identifier, literal, sql_blocks
from contact_pipelines.imports.apply import import_tag
from contact_pipelines.imports.validate import consent
from contact_pipelines.imports.validate.field_rules import ALWAYS_THERE
from contact_pipelines.models import (
    CONTACT_ID,
    PROPERTY_PREFIX,
    Blank,
    ContactStatus,
    FieldRule,
    ImportOptions,
    MatchKey,
    Mode,
    PropertyDefinition,
    PropertyType,
    Resolve,
)
from contact_pipelines.property_types import PROPERTY_TYPES, Traits
from contact_pipelines.settings.policy import FieldRules

BY_EMAIL = (MatchKey.EMAIL,)

NEVER_UPDATED = (CONTACT_ID, "created_at", "updated_at")
"""The id is the store's own. Times, if mapped, describe a new contact; the store keeps its own for one it knows."""

IDENTITY = (MatchKey.EMAIL, MatchKey.PHONE, MatchKey.EXTERNAL_ID)
"""Fields that identify a contact. A fuzzy match may be wrong about them, so it only fills them if empty."""


def add_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Create the macros that the SQL of the comparison uses."""
    statuses = ", ".join(literal(status) for status in consent.RANKS)  # in the order of their ranks
    con.execute(sql_blocks("merging")["macros"].format(statuses=statuses, automatic_tags=import_tag.LIKE))


@dataclass(frozen=True)
class Difference:
    """What a comparison needs: the file's fields and their types, the options, the settings' rules.

    `import_tag` is added to created and updated contacts, but does not by itself make a contact updated.

    `has_opt_in`: the file has an opt-in column, so a new contact without a value in it is created unsubscribed.
    """

    fields: Sequence[str]
    properties: Mapping[str, PropertyDefinition]
    options: ImportOptions
    rules: Mapping[str, FieldRules] = dataclasses.field(default_factory=dict)
    has_opt_in: bool = False
    import_tag: str | None = None

    @property
    def keys(self) -> list[MatchKey]:
        """The match keys that the file has, in their order."""
        return [key for key in self.options.match_on if key in self.fields]

    @property
    def gives_tags(self) -> bool:
        """Whether the import adds tags of its own."""
        return bool(self.options.tags) or self.import_tag is not None

    @property
    def gives_groups(self) -> bool:
        """Whether contacts join groups, so that one who is not in them yet is updated (`joins`)."""
        return bool(self.options.lists or self.options.segments or self.options.topics)

    @property
    def marks(self) -> bool:
        """Whether each row says if it becomes a marked duplicate, and what its status will be (see `creating_all`)."""
        return self.options.mode is Mode.CREATE_ALL and MatchKey.EMAIL in self.fields

    @property
    def brings_emails(self) -> bool:
        """Whether a row can bring an email that is not its contact's, and that somebody else may have."""
        return MatchKey.EMAIL in self.fields and MatchKey.EMAIL not in self.keys and not self.marks

    @property
    def contact_fields(self) -> list[str]:
        """The contact columns that the plan carries: those mapped, and those that options set."""
        given = [
            field
            for field in self.fields
            if not field.startswith(PROPERTY_PREFIX) and field not in (CONTACT_ID, "updated_at")
        ]
        extra = ["status"] + (["tags"] if self.gives_tags else []) + (["is_duplicate"] if self.marks else [])
        return list(dict.fromkeys([*given, *extra]))

    @property
    def hashed(self) -> list[str]:
        """The fields of the file that can change an existing contact. The only key of all rows is the same in both."""
        same = self.options.match_on[:1] if len(self.options.match_on) == 1 else ()
        return [field for field in self.fields if field not in (*same, *NEVER_UPDATED)]

    @property
    def compared(self) -> list[str]:
        """The fields that are compared with an existing contact's."""
        fuzzy = self.options.fuzzy  # where it matches, the key of all rows may differ, too
        fields = [f for f in self.fields if f not in NEVER_UPDATED] if fuzzy and fuzzy.updates else self.hashed
        return list(dict.fromkeys([*fields, *(["tags"] if self.gives_tags else [])]))

    @property
    def compared_properties(self) -> list[str]:
        """The properties among the fields that are compared."""
        return [field for field in self.compared if field.startswith(PROPERTY_PREFIX)]

    @property
    def updated_columns(self) -> list[str]:
        """The contact columns that an update sets."""
        return [field for field in self.compared if not field.startswith(PROPERTY_PREFIX)]

    @property
    def required(self) -> list[str]:
        """The fields without which no contact is created, and which no update erases."""
        fields = [name for name, rules in self.rules.items() if rules.required and name not in ALWAYS_THERE]
        keys = [key for key, definition in self.properties.items() if definition.required]
        return [*fields, *(PROPERTY_PREFIX + key for key in keys)]

    @property
    def default_status(self) -> ContactStatus:
        """The status of a new contact whose row has none."""
        given = self.options.status
        return consent.stricter(given, ContactStatus.UNSUBSCRIBED) if self.has_opt_in else given

    @property
    def given_tags(self) -> str:
        """SQL of the tags that the import puts on every contact, its automatic tag left out."""
        return f"CAST([{', '.join(literal(tag) for tag in self.options.tags)}] AS VARCHAR[])"

    @property
    def own_tag(self) -> str:
        """SQL of the automatic tag."""
        return "NULL" if self.import_tag is None else literal(self.import_tag)

    @property
    def new_tags(self) -> str:
        """SQL of a row's tags for a new contact, without those that the rule `remove` removes."""
        named = "tags" in self.fields and self.rule("tags") is not FieldRule.REMOVE
        return "tags" if named else "CAST([] AS VARCHAR[])"

    @property
    def missing(self) -> str:
        """SQL of the message about a new contact's missing fields; NULL if none is missing."""
        told = [
            f"CASE WHEN {self._lacks(field)} THEN sentence('required', 'field', {literal(field)}) END"
            for field in self.required
        ]
        return f"nullif(concat_ws('; ', {', '.join(told)}), '')" if told else "NULL"

    def _lacks(self, field: str) -> str:
        if field == "tags":
            return f"len(with_given(coalesce({self.new_tags}, []), {self.given_tags})) = 0"
        return f"{identifier(field)} IS NULL" if field in self.fields else "true"

    @cached_property
    def of_probable(self) -> Difference | None:
        """The same for rows that fuzzy matching has matched; None if it matches none."""
        fuzzy = self.options.fuzzy
        if fuzzy is None or not fuzzy.updates:
            return None
        rules = rules_of_probable(self.options.rules, fuzzy.resolve)
        return dataclasses.replace(self, options=self.options.model_copy(update={"rules": rules, "fuzzy": None}))

    def kind_of(self, field: str) -> Traits:
        """Return the type of a property's values; contact fields compare like text."""
        is_property = field.startswith(PROPERTY_PREFIX)
        definition = self.properties[field.removeprefix(PROPERTY_PREFIX)] if is_property else None
        return PROPERTY_TYPES[definition.type if definition else PropertyType.TEXT]

    def rule(self, field: str) -> FieldRule:
        """Return what an update does to this field.

        The rule `*` does not apply to the status, so that opt-outs count, unless the status has its own rule.
        """
        every = None if field == "status" else self.options.rules.get("*")
        return self.options.rules.get(field) or every or FieldRule.OVERWRITE

    def erases(self, field: str) -> bool:
        """Whether a blank cell erases an existing contact's field. A blank match key is just unknown."""
        return self.options.blank is Blank.ERASE and field not in self.required and field not in self.options.match_on


def rules_of_probable(rules: Mapping[str, FieldRule], resolve: Resolve) -> dict[str, FieldRule]:
    """Return the rules for rows that are only probably a contact, given the import's `rules`.

    Email, phone and external id are only filled if empty, never replaced, so the contact keeps its address and its
    keys. With MERGE_FIELDS that applies to all fields, and tags are added. The import's `keep` rules still apply. Of
    two statuses the stricter one wins, as always.
    """
    if resolve is Resolve.UPDATE_EXISTING:
        every = rules.get("*")
        return {**rules, **{field: _filled(rules.get(field) or every) for field in IDENTITY}}
    own = {field: _filled(rule) for field, rule in rules.items() if field != "status"}
    tags = rules.get("tags") or rules.get("*")
    kept = (FieldRule.KEEP, FieldRule.REMOVE)  # removing tags does not fill anything; adding them does
    own |= {"*": _filled(rules.get("*")), "tags": FieldRule.KEEP if tags in kept else FieldRule.APPEND}
    return own | ({"status": rules["status"]} if "status" in rules else {})


def _filled(rule: FieldRule | None) -> FieldRule:
    return FieldRule.KEEP if rule is FieldRule.KEEP else FieldRule.FILL_BLANK
