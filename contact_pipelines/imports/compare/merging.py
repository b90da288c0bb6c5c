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
"""What recognises a contact. The row's own says that it may be somebody else, so it takes nobody else's place."""


def add_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Create the macros that the SQL of the comparison uses."""
    statuses = ", ".join(literal(status) for status in consent.RANKS)  # in the order of their ranks
    con.execute(sql_blocks("merging")["macros"].format(statuses=statuses, automatic_tags=import_tag.LIKE))


@dataclass(frozen=True)
class Difference:
    """What a comparison needs to know: the fields of the file, their types, the options, the rules of the settings.

    `import_tag` goes on created and updated contacts, and makes none of them updated.

    `has_opt_in`: a column of the file says who wants to hear from us, so a new contact of whom it says nothing is
    created unsubscribed.
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
        """Whether the import has tags of its own, besides those of the file."""
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
        """The status of a new contact of whom the file says nothing."""
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
        """SQL of the tags that a row brings for a new contact. What is to be taken away is not put on."""
        named = "tags" in self.fields and self.rule("tags") is not FieldRule.REMOVE
        return "tags" if named else "CAST([] AS VARCHAR[])"

    @property
    def missing(self) -> str:
        """SQL of the sentence about what a new contact lacks; NULL of a row that has all that is required."""
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
        """Return what is particular about a property's values; a contact field's are like text."""
        is_property = field.startswith(PROPERTY_PREFIX)
        definition = self.properties[field.removeprefix(PROPERTY_PREFIX)] if is_property else None
        return PROPERTY_TYPES[definition.type if definition else PropertyType.TEXT]

    def rule(self, field: str) -> FieldRule:
        """Return what an update does to this field.

        The rule of all fields is not the status's: who opts out must be heard, unless its own rule says otherwise.
        """
        every = None if field == "status" else self.options.rules.get("*")
        return self.options.rules.get(field) or every or FieldRule.OVERWRITE

    def erases(self, field: str) -> bool:
        """Whether a blank cell erases the field of a contact that exists. A match key that is blank is not known."""
        return self.options.blank is Blank.ERASE and field not in self.required and field not in self.options.match_on


def rules_of_probable(rules: Mapping[str, FieldRule], resolve: Resolve) -> dict[str, FieldRule]:
    """Return the rules for rows that are only probably a contact, given the import's `rules`.

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
