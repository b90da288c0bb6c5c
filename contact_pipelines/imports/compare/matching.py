"""Match: which contact of the store each valid row is about.

The rows' keys are copied to a temporary table in the store, with a hash of the mapped values. A join there finds the
existing contacts; a contact whose values have the same hash needs no change and comes back as a flag only, any other
comes back complete. In a nightly sync almost nothing comes back.

Matching by email alone, which is unique, needs only that join. With other keys (see `contact_keys`), a first query
finds each row's contact, and the join is by its id.
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
from contact_pipelines.imports.compare.merging import BY_EMAIL, Difference, add_macros
from contact_pipelines.models import PROPERTY_PREFIX, FieldRule, MatchKey, Mode
from contact_pipelines.store import copying

SEPARATOR, NOTHING, LIST_SEPARATOR = "\x1e", "\x1f", "\x1d"
"""Between hashed values, for a value that is NULL, between tags. A row whose values hold the separator themselves
could hash like another, so it gets no hash: its contact always comes back whole."""

FEW_ROWS = 200_000
"""So many rows are sorted by their key before they are looked up; the join of more reads the store in any order."""

TABLES = ("decided_rows", "matches", "suppressed_rows", "found_contacts", duplicates.STRICTER, creating_all.MARKED)
"""What the match leaves in DuckDB, for the diff."""


@dataclass(frozen=True)
class Matching:
    """What is matched: the view of valid rows, what is compared of them, the groups that their contacts join."""

    source: str
    tenant_id: str
    difference: Difference
    groups: WantedGroups
    scratch: Path

    @property
    def tenant(self) -> str:
        """SQL of the tenant."""
        return literal(self.tenant_id)


def match(con: duckdb.DuckDBPyConnection, store: psycopg.Connection, its: Matching) -> str:
    """Make the tables `decided_rows`, `matches` and `suppressed_rows`; return the rows to be compared.

    These are the rows of `its.source` with `_note_code` and `_note`, which say where their consent comes from. Of
    `decided_rows` see `duplicates.create_decided_rows`.
    """
    add_macros(con)
    duplicates.create_decided_rows(con)
    difference, source = its.difference, its.source
    options = difference.options
    with store.cursor() as cursor:
        known = _has(cursor, "contacts", its)
        if options.mode is Mode.CREATE_ALL:
            find_matches(con, cursor, its, source, known=False, simple=options.match_on == BY_EMAIL)
            if difference.marks:
                _prepare_join(cursor, BY_EMAIL)
                source = creating_all.mark_duplicates(
                    con, cursor, source, difference, tenant_id=its.tenant_id, scratch=its.scratch
                )
            return duplicates.with_notes(con, source)
        simple = options.match_on == BY_EMAIL and not (known and _has_marked_duplicates(cursor, its))
        if simple:
            duplicates.find_duplicates(con, source, MatchKey.EMAIL, options.duplicates)
        else:
            _prepare_join(cursor, [MatchKey.EXTERNAL_ID, MatchKey.EMAIL, MatchKey.PHONE])
            contact_keys.find_contacts(con, cursor, source, difference, tenant_id=its.tenant_id, scratch=its.scratch)
            contact_keys.decide_faults(con, source, difference.keys, options.mode)
            duplicates.find_connected_duplicates(con, source, difference.keys, options.duplicates)
        source = duplicates.carry_opt_outs(con, source) if "status" in difference.fields else source
        find_matches(con, cursor, its, source, known=known, simple=simple)
    return duplicates.with_notes(con, source)


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

    The compared fields' old values are columns `old.<field>`. A contact without one of the given tags, or who is no
    member of one of the groups (`joins`), is never the same. `known`: the tenant has contacts; `simple`: the email
    says which, or else `found_contacts` does.
    """
    answer, suppressed = its.scratch / "matches.csv", its.scratch / "suppressed.csv"
    answer.touch()  # a tenant's first import: nothing can match
    suppressed.touch()
    hashed = its.difference.hashed
    asks = MatchKey.EMAIL in its.difference.fields and _has(cursor, "suppressions", its)
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

    None of them is `same`: there are few, and each is reported.
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
    blocks, options = sql_blocks("matching"), its.difference.options
    old = [f"CASE WHEN NOT same THEN {_shipped(field)} END" for field in its.difference.compared]
    if options.force_status is not None:
        old.append(blocks["is_suppressed"].format(tenant=its.tenant))
    lookup = blocks["lookup"].format(
        same=f"{_same(hashed, options.tags)} AND NOT ({its.groups.lacking()})",
        joins=its.groups.lacking(),
        members=its.groups.joined_members(its.tenant_id),
        # The search for probable duplicates needs to know which contacts are already matched.
        contact_id="id" if options.fuzzy else "CASE WHEN NOT same THEN id END",
        old="".join(f", {value}" for value in old),
        tenant=its.tenant,
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
    on_list = SUPPRESSED_ROWS.format(row="row_number", table=table, address=address, tenant=its.tenant)
    copying.copy_out(cursor, f"COPY ({on_list}) TO STDOUT (FORMAT csv)", answer)
    cursor.execute("DROP TABLE IF EXISTS row_keys")


def _has_marked_duplicates(cursor: psycopg.Cursor[Any], its: Matching) -> bool:
    block = sql_blocks("matching")["has_marked_duplicates"].format(tenant=its.tenant)
    return cursor.execute(block.encode()).fetchone() is not None


def _has(cursor: psycopg.Cursor[Any], table: str, its: Matching) -> bool:
    block = sql_blocks("matching")["has_any"].format(table=table, tenant=its.tenant)
    return cursor.execute(block.encode()).fetchone() == (True,)


def _keys(its: Matching, source: str, hashed: Sequence[str], *, simple: bool) -> str:
    """Return SQL (DuckDB) of what `import_keys` holds."""
    rules = its.difference.options.rules
    values = _joined(hashed, lambda field: _file_text(field, removed=rules.get(field) is FieldRule.REMOVE))
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
    """Fill the temporary table `import_keys`, and analyse it for the planner."""
    _prepare_join(cursor, BY_EMAIL)
    cursor.execute(sql_blocks("matching")["create_import_keys"])
    columns = ["row_number", "match_key", "values_hash"]
    rows = con.sql(keys)
    if few:
        rows = rows.order("match_key")  # looked up one by one: neighbours are on the same index page
    copying.copy_in(cursor, f"COPY import_keys ({', '.join(columns)}) FROM STDIN", rows, columns)
    cursor.execute("ANALYZE import_keys")


def _prepare_join(cursor: psycopg.Cursor[Any], columns: Sequence[str]) -> None:
    """Prepare a large join with the contacts by some of their columns."""
    cursor.execute("SET LOCAL work_mem = '256MB'")  # or else the hash join of a large file spills
    # A small file against a large store: look up row by row instead of reading the whole store.
    cursor.execute("SET LOCAL random_page_cost = 1.1")
    _freshen_statistics(cursor, "contacts", f"tenant_id, is_duplicate, id, {', '.join(columns)}")


def _freshen_statistics(cursor: psycopg.Cursor[Any], table: str, columns: str) -> None:
    """Analyse a table with stale statistics: after a large import the planner would think a tenant empty."""
    stale = sql_blocks("matching")["statistics_are_stale"].format(table=literal(table))
    if cursor.execute(stale.encode()).fetchone() == (True,):
        cursor.execute(f"ANALYZE {table} ({columns})".encode())


def _load(con: duckdb.DuckDBPyConnection, answer: Path, its: Matching, table: str) -> None:
    types = {
        ROW: "INTEGER",
        "same": "BOOLEAN",
        "contact_id": "UUID",
        "version": "INTEGER",
        "joins": "BOOLEAN",
        "old.updated_at": "VARCHAR",
    }
    types |= {f"old.{field}": _TYPES.get(field, "VARCHAR") for field in its.difference.compared}
    if its.difference.options.force_status is not None:
        types["old.suppressed"] = "BOOLEAN"
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    tags = ' REPLACE (CAST("old.tags" AS VARCHAR[]) AS "old.tags")' if "tags" in its.difference.compared else ""
    load = sql_blocks("matching")["load"]
    con.execute(load.format(table=table, path=file_literal(answer), columns=columns, tags=tags))
    answer.unlink()


_TYPES = {"lead_score": "INTEGER", "tags": "JSON"}
"""Of contact fields as CSV carries them; all others are texts."""


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
        return sql_blocks("matching")["store_tags"].format(separator=literal(LIST_SEPARATOR), automatic=import_tag.LIKE)
    if field.startswith(PROPERTY_PREFIX):
        return f"c.properties ->> {literal(field.removeprefix(PROPERTY_PREFIX))}"
    return f"c.{field}::text"


def _shipped(field: str) -> str:
    """Return SQL (PostgreSQL) of a contact's value as CSV carries it to DuckDB."""
    if field == "tags":
        return "to_jsonb(tags)::text"
    if field.startswith(PROPERTY_PREFIX):
        return f"properties ->> {literal(field.removeprefix(PROPERTY_PREFIX))}"
    return field
