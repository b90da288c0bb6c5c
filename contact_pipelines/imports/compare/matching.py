"""Match: which contact of the store each valid row is about.

The keys of the rows travel to the store with a hash of their mapped values, by `COPY` into a temporary table. One
join there tells which contacts exist; a contact whose values hash alike has nothing to change and comes back as a
flag only, any other comes back whole. In a nightly sync nearly nothing comes back.

By email alone, which is unique, that join is all. By other keys (see `contact_keys`) a first question finds out which
contact each row is about, and the join is by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from contact_pipelines.contacts.suppressions import SUPPRESSED_ROWS
from contact_pipelines.files.duck import ROW, file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports.apply import import_tag
from contact_pipelines.imports.apply.join_groups import WantedGroups
from contact_pipelines.imports.compare import contact_keys, creating_all, duplicates
from contact_pipelines.models import (
    CONTACT_ID,
    PROPERTY_PREFIX,
    ContactStatus,
    FieldRule,
    ImportOptions,
    MatchKey,
    Mode,
)
from contact_pipelines.store import copying

SEPARATOR, NOTHING, LIST_SEPARATOR = "\x1e", "\x1f", "\x1d"
"""Between hashed values, for a value that is NULL, between tags. A row whose values hold the separator themselves
could hash like another, so it gets no hash: its contact always comes back whole."""

NEVER_UPDATED = (CONTACT_ID, "created_at", "updated_at")
"""The id is the store's own. Times, if mapped, describe a new contact; the store keeps its own for one it knows."""

BY_EMAIL = (MatchKey.EMAIL,)

FEW_ROWS = 200_000
"""So many rows are sorted by their key before they are looked up; the join of more reads the store in any order."""

TABLES = ("decided_rows", "matches", "suppressed_rows", "found_contacts", duplicates.STRICTER, creating_all.MARKED)
"""What the match leaves in DuckDB, for the diff."""


def compared_fields(fields: Sequence[str], match_on: Sequence[MatchKey] = BY_EMAIL) -> list[str]:
    """Return the fields that can change an existing contact. The only key of all rows is the same in both."""
    same = [match_on[0]] if len(match_on) == 1 else []
    return [field for field in fields if field not in (*same, *NEVER_UPDATED)]


@dataclass(frozen=True)
class Matching:
    """What is matched and how: the view of valid rows, its fields, and the fields whose old values the diff needs.

    `complete` is SQL that is true of a row with all that a new contact needs.
    """

    source: str
    tenant_id: str
    fields: Sequence[str]
    needed: Sequence[str]
    options: ImportOptions
    default_status: ContactStatus
    complete: str
    groups: WantedGroups
    scratch: Path

    @property
    def keys(self) -> list[MatchKey]:
        """The match keys that the file has, in their order."""
        return [key for key in self.options.match_on if key in self.fields]

    @property
    def removed(self) -> list[str]:
        """The lists from which the file's items are taken away: alike, they are to be changed all the same."""
        return [field for field, rule in self.options.rules.items() if rule is FieldRule.REMOVE]


def match(con: duckdb.DuckDBPyConnection, store: psycopg.Connection, its: Matching) -> str:
    """Make the tables `decided_rows`, `matches` and `suppressed_rows`; return the rows to be compared.

    These are the view `its.source`, or a table of the same rows where consent comes from elsewhere in the file. Of
    `decided_rows` see `duplicates.create_decided_rows`.
    """
    duplicates.create_decided_rows(con)
    with store.cursor() as cursor:
        known = _has(cursor, "contacts", its.tenant_id)
        if its.options.mode is Mode.CREATE_ALL:
            return _create_all(con, cursor, its)
        simple = tuple(its.options.match_on) == BY_EMAIL and not (known and _has_marked_duplicates(cursor, its))
        if simple:
            duplicates.find_duplicates(con, its.source, MatchKey.EMAIL, its.options.duplicates)
        else:
            _find_by_keys(con, cursor, its)
        source = duplicates.carry_opt_outs(con, its.source) if "status" in its.fields else its.source
        find_matches(con, cursor, its, source, known=known, simple=simple)
    return source


def find_matches(
    con: duckdb.DuckDBPyConnection,
    cursor: psycopg.Cursor[Any],
    its: Matching,
    source: str,
    *,
    known: bool,
    simple: bool,
) -> None:
    """Make the tables `matches` and `suppressed_rows`.

    `matches`: row, contact id, version, `same`, `joins`, and the old values where not the same. `suppressed_rows`: the
    rows whose address is on the suppression list.

    The needed fields' old values are columns `old.<field>`. A contact without one of the given tags, or who is no
    member of one of the groups (`joins`), is never the same. `known`: the tenant has contacts; `simple`: the email
    says which, or else `found_contacts` does.
    """
    answer, suppressed = its.scratch / "matches.csv", its.scratch / "suppressed.csv"
    answer.touch()  # a tenant's first import: nothing can match
    suppressed.touch()
    hashed = compared_fields(its.fields, its.options.match_on)
    asks = MatchKey.EMAIL in its.fields and _has(cursor, "suppressions", its.tenant_id)
    if known or (simple and asks):
        few = con.view(source).shape[0] <= FEW_ROWS
        _send_keys(cursor, con, _keys(its, source, hashed, simple=simple), few=few)
    if known:
        _look_up(cursor, its, hashed, answer, simple=simple)
    if asks:
        _find_suppressed(con, cursor, its, source, suppressed, simple=simple)
    cursor.execute("DROP TABLE IF EXISTS import_keys")
    _load(con, answer, its, "matches")
    con.execute(sql_blocks("matching")["load_suppressed"].format(path=file_literal(suppressed)))
    suppressed.unlink()


def add_probable_matches(con: duckdb.DuckDBPyConnection, store: psycopg.Connection, its: Matching, chosen: str) -> None:
    """Add the rows of the table `chosen` (row, contact id) to `matches`, which gets a column `probable`.

    None of them is `same`: there are few, and what becomes of them is to be told.
    """
    answer = its.scratch / "probable_matches.csv"
    keys = sql_blocks("matching")["probable_keys"].format(chosen=identifier(chosen))
    with store.cursor() as cursor:
        _send_keys(cursor, con, keys, few=True)
        _look_up(cursor, its, (), answer, simple=False)
        cursor.execute("DROP TABLE import_keys")
    _load(con, answer, its, "probable_matches")
    con.execute("ALTER TABLE matches ADD COLUMN probable BOOLEAN DEFAULT false")
    con.execute("INSERT INTO matches BY NAME SELECT *, true AS probable FROM probable_matches")
    con.execute("DROP TABLE probable_matches")


def _look_up(cursor: psycopg.Cursor[Any], its: Matching, hashed: Sequence[str], answer: Path, *, simple: bool) -> None:
    if its.groups.ids:
        _freshen_statistics(cursor, "group_members", "tenant_id, group_id, contact_id")
    lookup = sql_blocks("matching")["lookup"].format(
        same=f"{_same(hashed, its.options.tags)} AND NOT ({its.groups.lacking()})",
        joins=its.groups.lacking(),
        members=its.groups.joined_members(its.tenant_id),
        # A search for probable duplicates has to know which contacts are spoken for.
        contact_id="id" if its.options.fuzzy else "CASE WHEN NOT same THEN id END",
        old="".join(f", CASE WHEN NOT same THEN {_shipped(field)} END" for field in its.needed) + _suppressed(its),
        tenant=literal(its.tenant_id),
        condition="c.email = k.match_key AND NOT c.is_duplicate" if simple else "c.id = k.match_key::uuid",
    )
    copying.copy_out(cursor, f"COPY ({lookup}) TO STDOUT (FORMAT csv)", answer)


def _find_suppressed(
    con: duckdb.DuckDBPyConnection,
    cursor: psycopg.Cursor[Any],
    its: Matching,
    source: str,
    answer: Path,
    *,
    simple: bool,
) -> None:
    """Ask for the rows whose email is on the suppression list; `import_keys` has the emails if they are the keys."""
    if not simple:
        contact_keys.send_row_keys(con, cursor, source, BY_EMAIL)
    table, address = ("import_keys", "match_key") if simple else ("row_keys", "email")
    on_list = SUPPRESSED_ROWS.format(row="row_number", table=table, address=address, tenant=literal(its.tenant_id))
    copying.copy_out(cursor, f"COPY ({on_list}) TO STDOUT (FORMAT csv)", answer)
    cursor.execute("DROP TABLE IF EXISTS row_keys")


def _find_by_keys(con: duckdb.DuckDBPyConnection, cursor: psycopg.Cursor[Any], its: Matching) -> None:
    _set_up(cursor, [MatchKey.EXTERNAL_ID, MatchKey.EMAIL, MatchKey.PHONE])
    contact_keys.find_contacts(
        con,
        cursor,
        source=its.source,
        tenant_id=its.tenant_id,
        keys=its.keys,
        has_email=MatchKey.EMAIL in its.fields,
        scratch=its.scratch,
    )
    contact_keys.decide_faults(con, its.source, its.keys, its.options.mode)
    duplicates.find_connected_duplicates(con, its.source, its.keys, its.options.duplicates)


def _create_all(con: duckdb.DuckDBPyConnection, cursor: psycopg.Cursor[Any], its: Matching) -> str:
    """Match nothing, and mark the rows whose address is taken."""
    find_matches(con, cursor, its, its.source, known=False, simple=tuple(its.options.match_on) == BY_EMAIL)
    if MatchKey.EMAIL not in its.fields:
        return its.source
    _set_up(cursor, BY_EMAIL)
    return creating_all.mark_duplicates(
        con,
        cursor,
        source=its.source,
        tenant_id=its.tenant_id,
        has_status="status" in its.fields,
        default_status=its.default_status,
        complete=its.complete,
        scratch=its.scratch,
    )


def _has_marked_duplicates(cursor: psycopg.Cursor[Any], its: Matching) -> bool:
    found = cursor.execute(sql_blocks("matching")["has_marked_duplicates"], [its.tenant_id]).fetchone()
    return found is not None


def _has(cursor: psycopg.Cursor[Any], table: str, tenant_id: str) -> bool:
    found = cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE tenant_id = %s)", [tenant_id]).fetchone()
    return found == (True,)


def _keys(its: Matching, source: str, hashed: Sequence[str], *, simple: bool) -> str:
    """Return SQL (DuckDB) of what `import_keys` holds."""
    values = _joined(hashed, lambda field: _file_text(field, removed=field in its.removed))
    blocks = sql_blocks("matching")
    return blocks["keys"].format(
        source=identifier(source),
        key="email" if simple else "f.contact_id",
        join_found="" if simple else blocks["join_found"],
        values=values,
        separator=literal(SEPARATOR),
        separators=max(len(hashed) - 1, 0),
    )


def _send_keys(cursor: psycopg.Cursor[Any], con: duckdb.DuckDBPyConnection, keys: str, *, few: bool) -> None:
    """Fill the temporary table `import_keys`, and let the planner know what it is about to join."""
    _set_up(cursor, BY_EMAIL)
    cursor.execute(sql_blocks("matching")["create_import_keys"])
    columns = ["row_number", "match_key", "values_hash"]
    rows = con.sql(keys)
    if few:
        rows = rows.order("match_key")  # each is looked up by itself: neighbours are on the same page of the index
    copying.copy_in(cursor, f"COPY import_keys ({', '.join(columns)}) FROM STDIN", rows, columns)
    cursor.execute("ANALYZE import_keys")


def _set_up(cursor: psycopg.Cursor[Any], columns: Sequence[str]) -> None:
    """Prepare a large join with the contacts by some of their columns."""
    cursor.execute("SET LOCAL work_mem = '256MB'")  # or else the hash join of a large file spills
    # What a small file asks of a large store is looked up row by row; else all of the store would be read for it.
    cursor.execute("SET LOCAL random_page_cost = 1.1")
    _freshen_statistics(cursor, "contacts", f"tenant_id, is_duplicate, id, {', '.join(columns)}")


def _freshen_statistics(cursor: psycopg.Cursor[Any], table: str, columns: str) -> None:
    """Just after a large import the planner takes a tenant for empty, and a join for a nested loop's work."""
    stale = sql_blocks("matching")["statistics_are_stale"].format(table=literal(table))
    if cursor.execute(stale.encode()).fetchone() == (True,):
        cursor.execute(f"ANALYZE {table} ({columns})".encode())


def _suppressed(its: Matching) -> str:
    """Return SQL (PostgreSQL) of one more column: whether the address of who opted out is on the suppression list.

    Only an import that may subscribe them again asks.
    """
    if its.options.force_status is None:
        return ""
    return ", " + sql_blocks("matching")["is_suppressed"].format(tenant=literal(its.tenant_id))


def _load(con: duckdb.DuckDBPyConnection, answer: Path, its: Matching, table: str) -> None:
    types = {
        ROW: "INTEGER",
        "same": "BOOLEAN",
        "contact_id": "UUID",
        "version": "INTEGER",
        "joins": "BOOLEAN",
        "old.updated_at": "VARCHAR",
    }
    types |= {f"old.{field}": _type(field) for field in its.needed}
    if its.options.force_status is not None:
        types["old.suppressed"] = "BOOLEAN"
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    tags = ' REPLACE (CAST("old.tags" AS VARCHAR[]) AS "old.tags")' if "tags" in its.needed else ""
    load = sql_blocks("matching")["load"]
    con.execute(load.format(table=table, path=file_literal(answer), columns=columns, tags=tags))
    answer.unlink()


def _type(field: str) -> str:
    return {"lead_score": "INTEGER", "tags": "JSON"}.get(field, "VARCHAR")


def _same(hashed: Sequence[str], given_tags: Sequence[str]) -> str:
    same = f"k.values_hash = md5({_joined(hashed, _store_text)})"
    if given_tags:
        given = ", ".join(literal(tag) for tag in given_tags)
        same += f" AND c.tags @> ARRAY[{given}]::text[]"
    return same


def _joined(fields: Sequence[str], text: Callable[[str], str]) -> str:
    parts = [f"coalesce({text(field)}, {literal(NOTHING)})" for field in fields] or ["''"]
    return f"concat_ws({literal(SEPARATOR)}, {', '.join(parts)})"


def _file_text(field: str, *, removed: bool = False) -> str:
    """Return SQL (DuckDB) of a row's value as the text that `_store_text` gives for the same value."""
    if removed:  # the row gets no hash (see SEPARATOR)
        return f"CASE WHEN {identifier(field)} IS NOT NULL THEN {literal(SEPARATOR)} END"
    if field == "tags":
        return f"array_to_string(tags, {literal(LIST_SEPARATOR)})"
    return f"CAST({identifier(field)} AS VARCHAR)"


def _store_text(field: str) -> str:
    """Return SQL (PostgreSQL) of a contact's value as the text that `_file_text` gives for the same value."""
    if field == "tags":
        return _store_tags()
    if field.startswith(PROPERTY_PREFIX):
        return f"c.properties ->> {literal(field.removeprefix(PROPERTY_PREFIX))}"
    return f"c.{field}::text"


def _store_tags() -> str:
    """Return SQL of a contact's tags without automatic import tags, which a file need not name to stay the same."""

    def text(tags: str) -> str:
        return f"array_to_string({tags}, {literal(LIST_SEPARATOR)})"

    own = text(f"ARRAY(SELECT tag FROM unnest(c.tags) tag WHERE tag NOT LIKE {import_tag.LIKE})")
    # Nearly always one such tag, the last: twice as fast as looking at each.
    but_last, has_more = text("trim_array(c.tags, 1)"), "LIKE '%imported\\_2%'"
    of_last = f"CASE WHEN {but_last} {has_more} THEN {own} ELSE {but_last} END"
    return (
        f"nullif(CASE WHEN c.tags[cardinality(c.tags)] LIKE {import_tag.LIKE} THEN {of_last}"
        f" WHEN {text('c.tags')} {has_more} THEN {own} ELSE {text('c.tags')} END, '')"
    )


def _shipped(field: str) -> str:
    """Return SQL (PostgreSQL) of a contact's value as CSV carries it to DuckDB."""
    if field == "tags":
        return "to_jsonb(tags)::text"
    if field.startswith(PROPERTY_PREFIX):
        return f"properties ->> {literal(field.removeprefix(PROPERTY_PREFIX))}"
    return field
