"""Diff: what an import will do to each row's contact. Nothing is written to the store here.

Out: `contact_changes`, one row for every row of the file, whatever became of it:

| column | what |
|---|---|
| `_row` | the row's number in the file |
| `outcome` | created, updated, unchanged, skipped or failed |
| `code`, `message` | why it was skipped or failed, or what its consent comes from; NULL otherwise |
| `contact_id`, `version` | the contact, and the version that was compared; NULL for a new one |
| the contact's columns | of a created or updated contact, after the import; only those that the file maps |
| `properties` | JSON object of the properties to set |
| `erased` | keys of the properties to remove |
| `joins` | of an updated contact, whether it lacks a list, segment or topic that it joins |
| `before`, `after` | of an updated contact, JSON objects of the fields that change, and only those |

Created rows come first, ordered by email or, in a file without one, by the first match key: so PostgreSQL appends to
its indexes instead of splitting pages all over them. Their ids are given out in that order when the plan is applied.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb

from contact_pipelines.files.duck import identifier, literal, sql_blocks
from contact_pipelines.imports.apply import import_tag
from contact_pipelines.imports.compare import contact_keys
from contact_pipelines.imports.compare.fuzzy.probable_rules import rules_of_probable
from contact_pipelines.imports.compare.matching import BY_EMAIL, compared_fields
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
)
from contact_pipelines.property_types import PROPERTY_TYPES, PropertyType
from contact_pipelines.settings.policy import FieldRules

TABLES = ("finals", "rejected_rows")
"""What the diff leaves in DuckDB."""


@dataclass(frozen=True)
class Difference:
    """What the diff needs to know: the fields in play, their types, the options, the house's rules by contact field.

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
    def gives_tags(self) -> bool:
        """Whether the import has tags of its own, besides those of the file."""
        return bool(self.options.tags) or self.import_tag is not None

    @property
    def gives_groups(self) -> bool:
        """Whether contacts join groups, so that one who is in them not yet is updated (`joins`)."""
        return bool(self.options.lists or self.options.segments or self.options.topics)

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
    def marks(self) -> bool:
        """Whether each row says if it becomes a marked duplicate, and what its status will be (see `creating_all`)."""
        return self.options.mode is Mode.CREATE_ALL and MatchKey.EMAIL in self.fields

    @property
    def keys(self) -> list[MatchKey]:
        """The match keys that the file has, in their order."""
        return [key for key in self.options.match_on if key in self.fields]

    @property
    def brings_emails(self) -> bool:
        """Whether a row can bring an email that is not its contact's, and that somebody else may have."""
        return MatchKey.EMAIL in self.fields and MatchKey.EMAIL not in self.keys and not self.marks

    @property
    def order(self) -> str:
        """SQL of the order in which contacts are created."""
        if tuple(self.options.match_on) == BY_EMAIL and not self.marks:
            return MatchKey.EMAIL  # each once
        first = next((key for key in (MatchKey.EMAIL, *self.keys) if key in self.fields), MatchKey.EMAIL)
        return f"{first}, _row"

    @property
    def compared(self) -> list[str]:
        """The fields that can change a contact that exists."""
        extra = ["tags"] if self.gives_tags else []
        keys = () if self.of_probable else self.options.match_on  # by likeness, the key of all rows may differ too
        return list(dict.fromkeys([*compared_fields(self.fields, keys), *extra]))

    @cached_property
    def of_probable(self) -> Difference | None:
        """The same for rows that likeness has matched; None if it matches none (see `fuzzy.field_rules`)."""
        fuzzy = self.options.fuzzy
        if fuzzy is None or not fuzzy.updates:
            return None
        rules = rules_of_probable(self.options.rules, fuzzy.resolve)
        return dataclasses.replace(self, options=self.options.model_copy(update={"rules": rules, "fuzzy": None}))

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

    def erases(self, field: str) -> bool:
        """Whether an empty cell erases the field of a contact that exists. A match key that is empty is not known."""
        return self.options.blank is Blank.ERASE and field not in self.required and field not in self.options.match_on

    def rule(self, field: str) -> FieldRule:
        """Return what an update does to this field.

        The rule of all fields is not the status's: who opts out must be heard, unless its own rule says otherwise.
        """
        every = None if field == "status" else self.options.rules.get("*")
        return self.options.rules.get(field) or every or FieldRule.OVERWRITE


def diff(con: duckdb.DuckDBPyConnection, source: str, errors: str, difference: Difference) -> duckdb.DuckDBPyRelation:
    """Return `contact_changes`. The tables that `matching` makes must exist.

    `source` are the valid rows as `matching.match` returns them, `errors` the table of row errors, those of broken
    rows included.
    """
    blocks = sql_blocks("diffing")
    finals = "".join(f",\n    {_final(f, difference)} AS {identifier('new.' + f)}" for f in difference.compared)
    con.execute(
        blocks["finals"].format(
            source=identifier(source), finals=finals, refused=_refused(difference), forced=_forced(difference)
        )
    )
    con.execute(blocks["rejected_rows"].format(errors=identifier(errors)))
    fields = difference.contact_fields
    mode = difference.options.mode
    missing = missing_fields(difference)
    creates = mode is not Mode.UPDATE_ONLY
    _decide_suppressed(con, difference)
    if difference.brings_emails:
        contact_keys.decide_taken_emails(con, source, mode, complete=f"AND {complete(difference)}")
    key = " or ".join(difference.keys)
    noted = "_note" in con.sql(f"FROM {identifier(source)}").columns
    forces = difference.options.force_status is not None
    own_note = ", _note" if noted else ""
    unknown = blocks["unknown_created" if creates else "unknown_skipped"].format(
        source=identifier(source),
        created="".join(f",\n    {_created(f, difference)} AS {identifier(f)}" for f in fields),
        properties_created=_created_properties(difference),
        complete=f"WHERE {missing} IS NULL" if missing else "",
        key=key,
        order=difference.order,
        note=", _note_code AS code, _note AS message" if noted else "",
        own_note=own_note,
    )
    if missing and creates:
        unknown += "\n\n" + blocks["unknown_incomplete"].format(source=identifier(source), missing=missing)
    return con.sql(
        blocks["contact_changes"].format(
            unknown=unknown,
            mode=mode,
            changed=_any_change(difference),
            updated="".join(f",\n    {_updated(f, difference)} AS {identifier(f)}" for f in fields),
            properties_updated=_changed_properties(difference),
            erased=_erased_keys(difference),
            before=_changed_object(difference, "old"),
            after=_changed_object(difference, "new"),
            key=key,
            updated_note_code=("WHEN forced THEN 'consent_forced' " if forces else "")
            + ("ELSE _note_code" if noted else ""),
            updated_note=("WHEN forced THEN 'subscribed again (--force-status)' " if forces else "")
            + ("ELSE _note" if noted else ""),
            own_note=own_note,
        )
    )


def complete(difference: Difference) -> str:
    """Return SQL of whether a row has all that a new contact needs."""
    missing = missing_fields(difference)
    return f"{missing} IS NULL" if missing else "true"


def _decide_suppressed(con: duckdb.DuckDBPyConnection, difference: Difference) -> None:
    """Skip the rows that would create or give a contact an address on the suppression list."""
    if con.sql("SELECT count(*) FROM suppressed_rows").fetchall() == [(0,)]:
        return
    blocks = sql_blocks("diffing")
    if difference.options.mode is not Mode.UPDATE_ONLY:
        con.execute(blocks["suppressed_unknown"])
    if MatchKey.EMAIL in difference.compared and difference.options.mode is not Mode.CREATE_ONLY:
        con.execute(blocks["suppressed_changes"])
        con.execute(blocks["drop_suppressed"])


def _final(field: str, difference: Difference) -> str:
    """Return SQL of the value that an existing contact's field will have, however it was recognised."""
    final = _final_by_rule(field, difference)
    if difference.of_probable is None:
        return final
    return f"CASE WHEN probable THEN {_final_by_rule(field, difference.of_probable)} ELSE {final} END"


def _final_by_rule(field: str, difference: Difference) -> str:
    """Return SQL of the value that an existing contact's field will have: the field's rule at work."""
    old = identifier(f"old.{field}")
    if field == "tags":
        return _final_tags(old, difference)
    new = identifier(field)
    if field == "status":
        return _final_status(old, new, difference)
    blank = "NULL" if difference.erases(field) else old
    definition = difference.properties.get(field.removeprefix(PROPERTY_PREFIX))
    rule = difference.rule(field)
    its = PROPERTY_TYPES[definition.type if definition else PropertyType.TEXT]
    if its.is_list:
        if rule == FieldRule.APPEND:
            return f"CASE WHEN {new} IS NULL THEN {old} WHEN {old} IS NULL THEN {new} ELSE {_appended(old, new)} END"
        if rule == FieldRule.REMOVE:
            left = f"coalesce({_removed(old, new)}, {old if field in difference.required else 'NULL'})"
            return f"CASE WHEN {old} IS NULL OR {new} IS NULL THEN {old} ELSE {left} END"
    return _by_rule(rule, old, new, blank, cast=its.compared_as)


def _by_rule(rule: FieldRule, old: str, new: str, blank: str, *, cast: str | None = None) -> str:
    def comparable(value: str) -> str:
        return f"CAST({value} AS {cast})" if cast else value

    match rule:
        case FieldRule.KEEP:
            return old
        case FieldRule.FILL_BLANK:
            return f"coalesce({old}, {new})"
        case FieldRule.KEEP_HIGHER:
            return f"CASE WHEN {comparable(old)} >= {comparable(new)} THEN {old} ELSE coalesce({new}, {old}) END"
        case FieldRule.KEEP_LOWER:
            return f"CASE WHEN {comparable(old)} <= {comparable(new)} THEN {old} ELSE coalesce({new}, {old}) END"
        case FieldRule.NEWER:
            return f"CASE WHEN {_IS_NEWER} THEN coalesce({new}, {blank}) ELSE {old} END"
        case _:
            return f"coalesce({new}, {blank})"


_IS_NEWER = 'updated_at > CAST("old.updated_at" AS TIMESTAMPTZ)'
"""SQL: the row was changed later than its contact. Not so where one of the times is not known."""


def _final_status(old: str, new: str, difference: Difference) -> str:
    """Return SQL of the stricter status: consent is not loosened but by force.

    Only a rule of its own keeps an opt-out away.
    """
    if _keeps_status(difference):
        return old
    statuses = f"[{', '.join(literal(status) for status in consent.RANKS)}]"  # in the order of their ranks
    stricter = f"{statuses}[greatest(list_position({statuses}, {old}), list_position({statuses}, {new}))]"
    if difference.options.force_status is None:
        return stricter
    return f"CASE WHEN {_forced(difference)} THEN {new} ELSE {stricter} END"


def _keeps_status(difference: Difference) -> bool:
    return difference.rule("status") in (FieldRule.KEEP, FieldRule.FILL_BLANK)  # it is never blank


def _final_tags(old: str, difference: Difference) -> str:
    """Return SQL of an existing contact's tags, the import tag left out.

    Those that stay keep their order, those of imports among them: or else a file with tags that is imported again, with
    tags of its own each time, would change every contact each time.
    """
    kept = f"coalesce({old}, [])"
    own, of_imports = (
        f"list_filter({kept}, lambda tag: {_is_import_tag(difference, such=it)})" for it in (False, True)
    )
    value = kept
    if "tags" in difference.fields:
        match difference.rule("tags"):
            case FieldRule.KEEP:
                pass
            case FieldRule.FILL_BLANK:
                value = f"CASE WHEN len({own}) = 0 THEN {_union('coalesce(tags, [])', kept)} ELSE {kept} END"
            case FieldRule.APPEND:
                value = _union(kept, "coalesce(tags, [])")
            case FieldRule.REMOVE:
                named = "coalesce(tags, [])"
                left = _without(kept, _without(named, _own_tags(difference)) if difference.gives_tags else named)
                required = "tags" in difference.required
                value = f"CASE WHEN len({left}) = 0 THEN {kept} ELSE {left} END" if required else left
            case rule:
                given = "coalesce(tags, [])" if difference.erases("tags") else f"coalesce(tags, {kept})"
                given = _union(given, _given_tags(difference)) if difference.options.tags else given
                others = f"list_filter({given}, lambda tag: {_is_import_tag(difference, such=False)})"
                as_it_is = f"{others} = {own} AND list_has_all({kept}, {given})"
                if rule is FieldRule.NEWER:
                    as_it_is = f"({as_it_is}) OR ({_IS_NEWER}) IS NOT TRUE"
                value = f"CASE WHEN {as_it_is} THEN {kept} ELSE {_union(given, of_imports)} END"
    return _union(value, _given_tags(difference)) if difference.options.tags else value


def _is_import_tag(difference: Difference, *, such: bool) -> str:
    """Return SQL of whether the lambda's `tag` is (`such`) or is not the tag of an import, this one or any other."""
    found = f"tag LIKE {import_tag.LIKE}"
    if difference.import_tag is not None:
        found = f"({found} OR tag = {literal(difference.import_tag)})"
    return found if such else f"NOT {found}"


def _union(first: str, second: str) -> str:
    """Return SQL of the first list followed by what the second has besides."""
    return f"list_concat({first}, list_filter({second}, lambda tag: NOT list_contains({first}, tag)))"


def _without(first: str, second: str) -> str:
    """Return SQL of the first list's items that the second does not have."""
    return f"list_filter({first}, lambda tag: NOT list_contains({second}, tag))"


def _appended(old: str, new: str) -> str:
    """Return SQL of two JSON arrays as one, in the spelling of PostgreSQL's jsonb."""
    return _array(_union(*(_items(text) for text in (old, new))))


def _removed(old: str, new: str) -> str:
    """Return SQL of a JSON array without the items of another, NULL if none is left."""
    left = _without(_items(old), _items(new))
    return f"CASE WHEN len({left}) > 0 THEN {_array(left)} END"


def _items(array: str) -> str:
    return f"CAST(CAST({array} AS JSON) AS VARCHAR[])"


def _array(items: str) -> str:
    return f"'[' || array_to_string(list_transform({items}, lambda item: to_json(item)), ', ') || ']'"


def _given_tags(difference: Difference) -> str:
    return f"CAST([{', '.join(literal(tag) for tag in difference.options.tags)}] AS VARCHAR[])"


def _own_tags(difference: Difference) -> str:
    """Return SQL of all tags that the import puts on a contact that it updates: taking one away is no change."""
    tags = [*difference.options.tags, *([difference.import_tag] if difference.import_tag else [])]
    return f"CAST([{', '.join(literal(tag) for tag in tags)}] AS VARCHAR[])"


def _refused(difference: Difference) -> str:
    """Return SQL of whether the row would subscribe somebody who has opted out, and does not."""
    if "status" not in difference.compared:
        return "false"
    by_force = difference.options.force_status is not None and not _keeps_status(difference)
    unless_forced = ' AND "old.suppressed"' if by_force else ""
    return f"({_loosens()}{unless_forced})"


def _forced(difference: Difference) -> str:
    """Return SQL of whether the row subscribes somebody who has opted out. Who is suppressed never is."""
    forces = difference.options.force_status is not None and not _keeps_status(difference)
    if not forces or "status" not in difference.compared:
        return "false"
    return f'coalesce({_loosens()} AND NOT "old.suppressed", false)'


def _loosens() -> str:
    return f"(\"old.status\" <> '{ContactStatus.SUBSCRIBED}' AND status = '{ContactStatus.SUBSCRIBED}')"


def _any_change(difference: Difference) -> str:
    """Return SQL of whether a contact that exists is updated."""
    changes = [_changed(field) for field in difference.compared] + (["joins"] if difference.gives_groups else [])
    return " OR ".join(changes) or "false"


def _changed(field: str) -> str:
    old, new = identifier(f"old.{field}"), identifier(f"new.{field}")
    if field == "tags":
        return f"coalesce({old}, []) IS DISTINCT FROM {new}"
    return f"{old} IS DISTINCT FROM {new}"


def _created(field: str, difference: Difference) -> str:
    """Return SQL of a new contact's column. What is to be taken away is not put on."""
    if field == "tags" and (difference.gives_tags or difference.rule(field) is FieldRule.REMOVE):
        return _with_import_tag(_created_tags(difference), difference)
    if field == "status":
        default = f"'{difference.default_status}'"
        return f"coalesce(status, {default})" if "status" in difference.fields or difference.marks else default
    return identifier(field)


def _created_tags(difference: Difference) -> str:
    """Return SQL of a new contact's tags, without the import tag."""
    named = "tags" in difference.fields and difference.rule("tags") is not FieldRule.REMOVE
    in_file = "coalesce(tags, [])" if named else ""
    if not difference.options.tags:
        return in_file or "CAST([] AS VARCHAR[])"
    given = _given_tags(difference)
    return _union(in_file, given) if in_file else given


def _with_import_tag(tags: str, difference: Difference) -> str:
    if difference.import_tag is None:
        return tags
    tag = literal(difference.import_tag)
    return f"CASE WHEN list_contains({tags}, {tag}) THEN {tags} ELSE list_append({tags}, {tag}) END"


def missing_fields(difference: Difference) -> str:
    """Return SQL of the sentence about what a new contact lacks, NULL if nothing; empty if nothing is required."""
    lacking = []
    for field in difference.required:
        told = literal(f"{field} is required for new contacts")
        if field == "tags" and (field in difference.fields or difference.options.tags):
            lacking.append(f"CASE WHEN len({_created_tags(difference)}) = 0 THEN {told} END")
        elif field in difference.fields:
            lacking.append(f"CASE WHEN {identifier(field)} IS NULL THEN {told} END")
        else:
            lacking.append(told)
    return f"nullif(concat_ws('; ', {', '.join(lacking)}), '')" if lacking else ""


def _updated(field: str, difference: Difference) -> str:
    """Return SQL of an existing contact's column after the import; NULL if the import leaves it alone."""
    if field not in difference.compared:
        return "NULL"
    return f"CASE WHEN outcome = 'updated' THEN {_after(field, difference)} END"


def _after(field: str, difference: Difference) -> str:
    """Return SQL of the value that an updated contact's field will have, the import tag among its tags."""
    value = identifier(f"new.{field}")
    return _with_import_tag(value, difference) if field == "tags" else value


def _properties(difference: Difference) -> list[str]:
    return [field for field in difference.compared if field.startswith(PROPERTY_PREFIX)]


def _json(field: str, value: str, difference: Difference) -> str:
    """Return SQL of a value as JSON text. Properties are text in their store's spelling."""
    definition = difference.properties.get(field.removeprefix(PROPERTY_PREFIX))
    if field.startswith(PROPERTY_PREFIX) and definition and PROPERTY_TYPES[definition.type].is_json:
        return value
    return f"CAST(to_json({value}) AS VARCHAR)"


def _created_properties(difference: Difference) -> str:
    """Return SQL of a JSON object of a new contact's properties."""
    members = []
    for field in _properties(difference):
        if difference.rule(field) is FieldRule.REMOVE:
            continue
        value = identifier(field)
        members.append(f"CASE WHEN {value} IS NOT NULL THEN {_key(field)} || {_json(field, value, difference)} END")
    return _object(members)


def _changed_properties(difference: Difference) -> str:
    """Return SQL of a JSON object of the properties that an update sets."""
    members = []
    for field in _properties(difference):
        final = identifier(f"new.{field}")
        changed = f"{final} IS NOT NULL AND {_changed(field)}"
        members.append(f"CASE WHEN {changed} THEN {_key(field)} || {_json(field, final, difference)} END")
    return f"CASE WHEN outcome = 'updated' THEN {_object(members)} END"


def _key(field: str) -> str:
    """Return SQL of a property's key as JSON spells it before a value."""
    return literal(f'"{field.removeprefix(PROPERTY_PREFIX)}":')


def _erased_keys(difference: Difference) -> str:
    keys = [
        f"CASE WHEN {identifier('old.' + field)} IS NOT NULL AND {identifier('new.' + field)} IS NULL"
        f" THEN {literal(field.removeprefix(PROPERTY_PREFIX))} END"
        for field in _properties(difference)
    ]
    removes = any(difference.rule(field) is FieldRule.REMOVE for field in _properties(difference))
    if not keys or not (removes or difference.options.blank == Blank.ERASE):
        return "CAST(NULL AS VARCHAR[])"
    return f"CASE WHEN outcome = 'updated' THEN list_filter([{', '.join(keys)}], lambda key: key IS NOT NULL) END"


def _changed_object(difference: Difference, side: str) -> str:
    """Return SQL of a JSON object of the changed fields, as they were (`old`) or will be (`new`)."""
    members = []
    for field in difference.compared:
        old, new = identifier(f"old.{field}"), _after(field, difference)
        if field == "tags":
            old = f"coalesce({old}, [])"
        value = old if side == "old" else new
        json = f"coalesce({_json(field, value, difference)}, 'null')"
        key = literal(f'"{field}":')
        members.append(f"CASE WHEN {old} IS DISTINCT FROM {new} THEN {key} || {json} END")
    if side == "old":
        members.append('\'"updated_at":\' || CAST(to_json("old.updated_at") AS VARCHAR)')
    return f"CASE WHEN outcome = 'updated' THEN {_object(members)} END"


def _object(members: Sequence[str]) -> str:
    if not members:
        return "'{}'"
    return f"'{{' || concat_ws(',', {', '.join(members)}) || '}}'"
