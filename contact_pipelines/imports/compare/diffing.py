"""Diff: what an import does to each row's contact (see `imports.plan`). Read-only.

Created rows come first, ordered by email or, without one, by the first match key, so that PostgreSQL appends to its
indexes instead of splitting pages everywhere. Ids are assigned in that order when the plan is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import duckdb

from contact_pipelines.files.duck import identifier, literal, sql_blocks
from contact_pipelines.imports.compare import contact_keys
from contact_pipelines.imports.compare.merging import BY_EMAIL, Difference
from contact_pipelines.imports.plan import typed
from contact_pipelines.models import PROPERTY_PREFIX, Blank, FieldRule, MatchKey, Mode

TABLES = ("finals", "rejected_rows")
"""What the diff leaves in DuckDB."""


def diff(con: duckdb.DuckDBPyConnection, source: str, errors: str, its: Difference) -> duckdb.DuckDBPyRelation:
    """Return the plan. The tables and macros that `matching.match` makes must exist.

    `source` are the valid rows as `matching.match` returns them, `errors` the table of row errors, those of broken
    rows included.
    """
    blocks, mode = sql_blocks("diffing"), its.options.mode
    _compare(con, source, its)
    con.execute(blocks["rejected_rows"].format(errors=identifier(errors)))
    _skip_suppressed(con, its)
    if its.brings_emails:
        contact_keys.decide_taken_emails(con, source, its)
    key = " or ".join(its.keys)
    compared, properties = its.compared, its.compared_properties
    unknown = blocks["unknown_skipped" if mode is Mode.UPDATE_ONLY else "unknown_created"].format(
        source=identifier(source),
        created=_list(f"{_created(field, its)} AS {identifier(field)}" for field in its.contact_fields),
        properties=_list(
            _created_member(field, its) for field in properties if its.rule(field) is not FieldRule.REMOVE
        ),
        missing=its.missing,
        order=_order(its),
        key=key,
    )
    changed = [f"{_old(field)} IS DISTINCT FROM {_new(field)}" for field in compared]
    tagged = f'REPLACE (with_tag("new.tags", {its.own_tag}) AS "new.tags")' if "tags" in compared else ""
    changes = blocks["contact_changes"].format(
        unknown=unknown,
        mode=mode,
        tagged=tagged,
        changed=" OR ".join([*changed, *(["joins"] if its.gives_groups else [])]) or "false",
        updated=_list(f"{_updated(field, its)} AS {identifier(field)}" for field in its.contact_fields),
        set_members=_list(_member("set_member", field, its, _new) for field in properties),
        erased=_erased_keys(its),
        before=", ".join([*(_member("changed_member", field, its, _old) for field in compared), _UPDATED_AT]),
        after=_list(_member("changed_member", field, its, _new) for field in compared),
        key=key,
    )
    return typed(con.sql(changes))


def _compare(con: duckdb.DuckDBPyConnection, source: str, its: Difference) -> None:
    """Make the table `finals`."""
    keeps = its.rule("status") in (FieldRule.KEEP, FieldRule.FILL_BLANK)
    forces = its.options.force_status is not None and not keeps
    con.execute(
        sql_blocks("diffing")["finals"].format(
            source=identifier(source),
            replaced='REPLACE (coalesce("old.tags", []) AS "old.tags")' if "tags" in its.compared else "",
            loosens='loosens("old.status", status)' if "status" in its.compared else "false",
            is_refused='"old.suppressed"' if forces else "true",
            is_forced='NOT "old.suppressed"' if forces else "false",  # suppressed addresses are never forced
            finals=_list(f"{_final(field, its)} AS {_new(field)}" for field in its.compared),
        )
    )


def _skip_suppressed(con: duckdb.DuckDBPyConnection, its: Difference) -> None:
    """Skip the rows that would create, or give a contact, an address on the suppression list."""
    if con.sql("SELECT count(*) FROM suppressed_rows").fetchall() == [(0,)]:
        return
    blocks, mode = sql_blocks("diffing"), its.options.mode
    if mode is not Mode.UPDATE_ONLY:
        con.execute(blocks["suppressed_unknown"])
    if MatchKey.EMAIL in its.compared and mode is not Mode.CREATE_ONLY:
        con.execute(blocks["suppressed_changes"])
        con.execute(blocks["drop_suppressed"])


def _order(its: Difference) -> str:
    """Return SQL of the order in which contacts are created."""
    if its.options.match_on == BY_EMAIL and not its.marks:
        return MatchKey.EMAIL  # each once
    first = next((key for key in (MatchKey.EMAIL, *its.keys) if key in its.fields), MatchKey.EMAIL)
    return f"{first}, _row"


def _final(field: str, its: Difference) -> str:
    """Return SQL of the value that an existing contact's field will have, however it was matched."""
    final = _merged(field, its)
    return f"CASE WHEN probable THEN {_merged(field, its.of_probable)} ELSE {final} END" if its.of_probable else final


def _merged(field: str, its: Difference) -> str:
    """Return the call of the macro that merges the row's value with the contact's."""
    old, new, rule = _old(field), identifier(field), literal(its.rule(field))
    if field == "status":
        return f"merged_status({rule}, {old}, {new}, forced)"
    is_newer = 'updated_at > CAST("old.updated_at" AS TIMESTAMPTZ)' if "updated_at" in its.fields else "false"
    is_required = str(field in its.required).lower()
    if field == "tags":
        old = f"coalesce({old}, [])"
        rule, new = (rule, new) if field in its.fields else (literal(FieldRule.KEEP), "NULL")
        if_blank = "[]" if its.erases(field) else old
        tags = f"{its.given_tags}, {its.own_tag}"
        return f"merged_tags({rule}, {old}, {new}, {if_blank}, {is_newer}, {is_required}, {tags})"
    value = f"{rule}, {old}, {new}, {'NULL' if its.erases(field) else old}, {is_newer}"
    kind = its.kind_of(field)
    if kind.is_list:
        return f"merged_items({value}, {is_required})"
    ranks = [f"CAST({side} AS {kind.compared_as})" if kind.compared_as else side for side in (old, new)]
    return f"merged({value}, {', '.join(ranks)})"


def _created(field: str, its: Difference) -> str:
    """Return SQL of a new contact's column."""
    if field == "tags":
        return f"created_tags({its.new_tags}, {its.given_tags}, {its.own_tag})"
    if field == "status":
        default = literal(its.default_status)
        return f"coalesce(status, {default})" if "status" in its.fields or its.marks else default
    return identifier(field)


def _updated(field: str, its: Difference) -> str:
    """Return SQL of an existing contact's column after the import; NULL if the import leaves it alone."""
    return f"CASE WHEN outcome = 'updated' THEN {_new(field)} END" if field in its.compared else "NULL"


def _created_member(field: str, its: Difference) -> str:
    return f"json_member({_key(field)}, {_json(field, identifier(field), its)})"


def _member(macro: str, field: str, its: Difference, value: Callable[[str], str]) -> str:
    """Return the call of a macro that makes a member of a JSON object of changed fields."""
    key = _key(field) if macro == "set_member" else literal(field)
    return f"{macro}({key}, {_old(field)}, {_new(field)}, {_json(field, value(field), its)})"


_UPDATED_AT = """json_member('updated_at', json_of("old.updated_at"))"""


def _json(field: str, value: str, its: Difference) -> str:
    """Return SQL of a value as JSON text. Properties are text in their store's spelling."""
    return value if its.kind_of(field).is_json else f"json_of({value})"


def _erased_keys(its: Difference) -> str:
    """Return SQL of the keys of the properties that an update removes; NULL where none can be."""
    fields = its.compared_properties
    removes = any(its.rule(field) is FieldRule.REMOVE for field in fields)
    if not fields or not (removes or its.options.blank is Blank.ERASE):
        return "NULL"
    keys = [f"CASE WHEN {_old(field)} IS NOT NULL AND {_new(field)} IS NULL THEN {_key(field)} END" for field in fields]
    return f"list_filter([{', '.join(keys)}], lambda key: key IS NOT NULL)"


def _key(field: str) -> str:
    return literal(field.removeprefix(PROPERTY_PREFIX))


def _old(field: str) -> str:
    return identifier(f"old.{field}")


def _new(field: str) -> str:
    return identifier(f"new.{field}")


def _list(items: Iterable[str]) -> str:
    """Return what goes on after another item of a list."""
    return "".join(f",\n    {item}" for item in items)
