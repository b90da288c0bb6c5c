"""Match: which contact of the store each valid row is about.

The keys of the rows travel to the store with a hash of their mapped values, by `COPY` into a temporary table. One
join there tells which contacts exist; a contact whose values hash alike has nothing to change and comes back as a
flag only, any other comes back whole. In a nightly sync nearly nothing comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from contact_pipelines.importing import copying, import_tag
from contact_pipelines.importing.duck import ROW, file_literal, identifier, literal, sql_blocks
from contact_pipelines.importing.grouping import WantedGroups
from contact_pipelines.models import PROPERTY_PREFIX, Duplicates
from contact_pipelines.store.suppressions import SUPPRESSED_ROWS

MATCH_KEY = "email"

SEPARATOR, NOTHING, LIST_SEPARATOR = "\x1e", "\x1f", "\x1d"
"""Between hashed values, for a value that is NULL, between tags. A row whose values hold the separator themselves
could hash like another, so it gets no hash: its contact always comes back whole."""

NEVER_UPDATED = ("created_at", "updated_at")
"""Mapped, they describe a new contact; the store keeps its own for one that it knows."""


def compared_fields(fields: Sequence[str]) -> list[str]:
    """Return the fields that can change an existing contact."""
    return [field for field in fields if field not in (MATCH_KEY, *NEVER_UPDATED)]


def find_duplicates(con: duckdb.DuckDBPyConnection, source: str, duplicates: Duplicates) -> None:
    """Make the table `duplicate_rows`: row, and the row that counts instead (NULL: all of them fail)."""
    counts = {Duplicates.FIRST: f"min({ROW})", Duplicates.LAST: f"max({ROW})", Duplicates.ERROR: "NULL"}[duplicates]
    con.execute(
        sql_blocks("matching")["duplicate_rows"].format(source=identifier(source), key=MATCH_KEY, counts=counts)
    )


def find_matches(
    con: duckdb.DuckDBPyConnection,
    store: psycopg.Connection,
    *,
    source: str,
    tenant_id: str,
    hashed: Sequence[str],
    needed: Sequence[str],
    given_tags: Sequence[str],
    groups: WantedGroups,
    scratch: Path,
) -> None:
    """Make the tables `matches` and `suppressed_rows`.

    `matches`: row, contact id, version, `same`, `joins`, and the old values where not the same. `suppressed_rows`: the
    rows whose address is on the suppression list.

    `source` is a view of valid rows; `duplicate_rows` must exist. `hashed` are the mapped fields that can change a
    contact, `needed` those whose old values the diff asks for (columns `old.<field>`). A contact without one of
    `given_tags`, or who is no member of one of `groups` (`joins`), is never the same.
    """
    answer, suppressed = scratch / "matches.csv", scratch / "suppressed.csv"
    answer.touch()
    suppressed.touch()  # a tenant's first import: nothing can match
    with store.cursor() as cursor:
        has_contacts, has_suppressions = (_has(cursor, table, tenant_id) for table in ("contacts", "suppressions"))
        if has_contacts or has_suppressions:
            _send_keys(cursor, con, source, hashed)
        if has_contacts:
            if groups.ids:
                _freshen_statistics(cursor, "group_members", "tenant_id, group_id, contact_id")
            lookup = sql_blocks("matching")["lookup"].format(
                same=f"{_same(hashed, given_tags)} AND NOT ({groups.lacking()})",
                joins=groups.lacking(),
                members=groups.joined_members(tenant_id),
                old="".join(f", CASE WHEN NOT same THEN {_shipped(field)} END" for field in needed),
                tenant=literal(tenant_id),
            )
            copying.copy_out(cursor, f"COPY ({lookup}) TO STDOUT (FORMAT csv)", answer)
        if has_suppressions:
            on_list = SUPPRESSED_ROWS.format(
                row="row_number", table="import_keys", address="match_key", tenant=literal(tenant_id)
            )
            copying.copy_out(cursor, f"COPY ({on_list}) TO STDOUT (FORMAT csv)", suppressed)
        cursor.execute("DROP TABLE IF EXISTS import_keys")
    _load(con, answer, needed)
    con.execute(sql_blocks("matching")["load_suppressed"].format(path=file_literal(suppressed)))
    suppressed.unlink()


def _has(cursor: psycopg.Cursor[Any], table: str, tenant_id: str) -> bool:
    found = cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE tenant_id = %s)", [tenant_id]).fetchone()
    return found == (True,)


def _send_keys(cursor: psycopg.Cursor[Any], con: duckdb.DuckDBPyConnection, source: str, hashed: Sequence[str]) -> None:
    """Fill the temporary table `import_keys`, and let the planner know what it is about to join."""
    blocks = sql_blocks("matching")
    cursor.execute("SET LOCAL work_mem = '256MB'")  # or else the hash join of a large file spills
    cursor.execute(blocks["create_import_keys"])
    columns = ["row_number", "match_key", "values_hash"]
    values = _joined(hashed, _file_text)
    keys = blocks["keys"].format(
        source=identifier(source),
        key=MATCH_KEY,
        values=values,
        separator=literal(SEPARATOR),
        separators=max(len(hashed) - 1, 0),
    )
    copying.copy_in(cursor, f"COPY import_keys ({', '.join(columns)}) FROM STDIN", con.sql(keys), columns)
    cursor.execute("ANALYZE import_keys")
    _freshen_statistics(cursor, "contacts", "tenant_id, email, id")


def _freshen_statistics(cursor: psycopg.Cursor[Any], table: str, columns: str) -> None:
    """Just after a large import the planner takes a tenant for empty, and a join for a nested loop's work."""
    stale = sql_blocks("matching")["statistics_are_stale"].format(table=literal(table))
    if cursor.execute(stale.encode()).fetchone() == (True,):
        cursor.execute(f"ANALYZE {table} ({columns})".encode())


def _load(con: duckdb.DuckDBPyConnection, answer: Path, needed: Sequence[str]) -> None:
    types = {
        ROW: "INTEGER",
        "same": "BOOLEAN",
        "contact_id": "UUID",
        "version": "INTEGER",
        "joins": "BOOLEAN",
        "old.updated_at": "VARCHAR",
    }
    types |= {f"old.{field}": _type(field) for field in needed}
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    tags = ' REPLACE (CAST("old.tags" AS VARCHAR[]) AS "old.tags")' if "tags" in needed else ""
    con.execute(sql_blocks("matching")["load"].format(path=file_literal(answer), columns=columns, tags=tags))
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


def _file_text(field: str) -> str:
    """Return SQL (DuckDB) of a row's value as the text that `_store_text` gives for the same value."""
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
    separator = literal(LIST_SEPARATOR)
    tags = f"array_to_string(c.tags, {separator})"
    pattern = literal(f"{LIST_SEPARATOR}{import_tag.PATTERN}(?={LIST_SEPARATOR}|$)")
    others = f"substr(regexp_replace({separator} || {tags}, {pattern}, '', 'g'), 2)"
    return f"nullif(CASE WHEN {tags} LIKE '%imported\\_%' THEN {others} ELSE {tags} END, '')"


def _shipped(field: str) -> str:
    """Return SQL (PostgreSQL) of a contact's value as CSV carries it to DuckDB."""
    if field == "tags":
        return "to_jsonb(tags)::text"
    if field.startswith(PROPERTY_PREFIX):
        return f"properties ->> {literal(field.removeprefix(PROPERTY_PREFIX))}"
    return field
