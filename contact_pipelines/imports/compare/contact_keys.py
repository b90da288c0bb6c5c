"""Matching by several keys: which contact each row is about, by any of its keys.

Every key of a row is looked up. If the keys match one contact, the row is about that one; keys without a match are new
to it. A key that several contacts share, or keys that match different contacts, fail the row: a person has to decide.
So the outcome does not depend on which key is tried first.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from contact_pipelines.files.duck import ROW, file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports.compare.merging import Difference
from contact_pipelines.models import MatchKey, Mode
from contact_pipelines.store import copying

_KEY_TEXT = 'text COLLATE "C"'
_TYPES = dict.fromkeys(MatchKey, _KEY_TEXT) | {MatchKey.ID: "uuid"}
"""Of the keys in PostgreSQL, as the contacts' columns have them."""
_ADDRESS_HOLDER = 0


def find_contacts(
    con: duckdb.DuckDBPyConnection,
    cursor: psycopg.Cursor[Any],
    source: str,
    its: Difference,
    *,
    tenant_id: str,
    scratch: Path,
) -> None:
    """Make the table `found_contacts`: row, contact id, fault and the keys that it is of, whether the email is taken.

    Emails are looked up even if they are not a match key. Rows without a match are not in the table.
    """
    places = {key: place for place, key in enumerate(its.keys, 1)}
    if MatchKey.EMAIL in its.fields:
        places.setdefault(MatchKey.EMAIL, _ADDRESS_HOLDER)
    send_row_keys(con, cursor, source, list(places))
    found = [hit for key, place in places.items() for hit in hits(key, place, tenant_id)]
    query = sql_blocks("contact_keys")["contacts_by_keys"].format(hits="\n    UNION ALL\n    ".join(found))
    answer = scratch / "found_contacts.csv"
    copying.copy_out(cursor, f"COPY ({query}) TO STDOUT (FORMAT csv)", answer)
    cursor.execute("DROP TABLE row_keys")
    con.execute(sql_blocks("contact_keys")["load"].format(path=file_literal(answer)))
    answer.unlink()


def send_row_keys(
    con: duckdb.DuckDBPyConnection, cursor: psycopg.Cursor[Any], source: str, keys: Sequence[MatchKey]
) -> None:
    """Fill the temporary table `row_keys`: row number, and of each key a column."""
    declared = ", ".join(f"{key} {_TYPES[key]}" for key in keys)
    cursor.execute(f"CREATE TEMPORARY TABLE row_keys (row_number integer NOT NULL, {declared}) ON COMMIT DROP".encode())
    columns = ["row_number", *keys]
    rows = con.sql(f"SELECT {ROW} AS row_number, {', '.join(keys)} FROM {identifier(source)}")
    copying.copy_in(cursor, f"COPY row_keys ({', '.join(columns)}) FROM STDIN", rows, columns)
    cursor.execute("ANALYZE row_keys")


def decide_faults(con: duckdb.DuckDBPyConnection, source: str, keys: Sequence[MatchKey], mode: Mode) -> None:
    """Add the rows whose contact is ambiguous to `decided_rows`, which must exist."""
    blocks = sql_blocks("contact_keys")
    con.execute(blocks["faults"])
    if MatchKey.ID in keys and mode is not Mode.UPDATE_ONLY:
        others = "".join(f"AND {key} IS NULL " for key in keys if key is not MatchKey.ID)
        con.execute(blocks["unknown_ids"].format(source=identifier(source), and_no_other_key=others))


def decide_taken_emails(con: duckdb.DuckDBPyConnection, source: str, its: Difference) -> None:
    """Fail the rows whose new email is another contact's, or an earlier row's: to `decided_rows`, out of `finals`.

    For emails that are not a match key.
    """
    blocks, mode = sql_blocks("contact_keys"), its.options.mode
    con.execute(blocks["create_email_claims"])
    if mode is not Mode.UPDATE_ONLY:
        con.execute(blocks["claims_of_created"].format(source=identifier(source), missing=its.missing))
    if mode is not Mode.CREATE_ONLY:
        con.execute(blocks["claims_of_updated"])
    con.execute(blocks["decide_taken"])
    con.execute(blocks["drop_taken"])
    con.execute("DROP TABLE email_claims")


def hits(key: MatchKey, place: int, tenant_id: str) -> list[str]:
    """Return queries of the contacts that have the key of a row in `row_keys`: row_number, place, key, contact_id.

    Marked duplicates are in an index of their own.
    """
    conditions = ["AND NOT c.is_duplicate", "AND c.is_duplicate"] if key is MatchKey.EMAIL else [""]
    return [
        sql_blocks("contact_keys")["hits"].format(
            place=place, name=literal(key), column=key, tenant=literal(tenant_id), condition=condition
        )
        for condition in conditions
    ]
