"""Rows of a file about the same contact: which one counts, and whose consent wins.

By one key that is a group of rows with the same value. By several keys two rows are the same contact if they share the
value of any key or were found to be the same contact of the store, and so on from row to row: connected rows are one
contact. What counts is decided by row numbers alone, so neither chunks nor the order of reading matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contact_pipelines.files.duck import ROW, identifier, sql_blocks
from contact_pipelines.models import Duplicates, MatchKey

STRICTER, NOTED = "rows_with_consent", "rows_with_empty_notes"
"""The table of rows in which a duplicate's opt-out is carried over, and the view of rows of which nothing is noted."""

_COUNTS = {Duplicates.FIRST: f"min({ROW})", Duplicates.LAST: f"max({ROW})", Duplicates.ERROR: "CAST(NULL AS INTEGER)"}


def create_decided_rows(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty table of rows that need no comparison: row, `counts`, outcome, code, message."""
    con.execute(sql_blocks("duplicates")["create_decided_rows"])


def find_duplicates(con: duckdb.DuckDBPyConnection, source: str, key: MatchKey, duplicates: Duplicates) -> None:
    """Add the rows of the view `source` with the same `key` as others to `decided_rows`, but for the one that counts.

    Every row has a value.
    """
    block = sql_blocks("duplicates")["same_key"]
    con.execute(block.format(source=identifier(source), key=key, counts=_COUNTS[duplicates]))
    _decide(con, str(key))


def find_connected_duplicates(
    con: duckdb.DuckDBPyConnection, source: str, keys: Sequence[MatchKey], duplicates: Duplicates
) -> None:
    """Add the rows that are the same contact by any of `keys` to `decided_rows`, but for the ones that count.

    `found_contacts` must exist. Rows that have been decided before connect nothing.
    """
    blocks = sql_blocks("duplicates")
    shared = "\nUNION\n".join(blocks["shared"].format(key=column) for column in (*keys, "contact_id"))
    columns = ", ".join(f"s.{key}" for key in keys)
    con.execute(blocks["edges"].format(source=identifier(source), keys=columns, shared=shared))
    con.execute(blocks["labels"])
    while con.sql("SELECT count(*) FROM edges").fetchall() != [(0,)]:
        _merge_neighbours(con)
    con.execute(blocks["connected"].format(counts=_COUNTS[duplicates]))
    _decide(con, " or ".join(keys))
    con.execute("DROP TABLE edges; DROP TABLE labels; DROP TABLE IF EXISTS parents")


def _merge_neighbours(con: duckdb.DuckDBPyConnection) -> None:
    """Map every row to the smallest row it is connected with, and keep the connections between those.

    Each round leaves only local minima, so long chains are resolved in a few rounds, whatever their order.
    """
    blocks = sql_blocks("duplicates")
    con.execute(blocks["parents"])
    while con.sql(blocks["has_grandparents"]).fetchall() == [(True,)]:
        con.execute(blocks["jump"])
    con.execute(blocks["relabel"])
    con.execute(blocks["contract"])


def _decide(con: duckdb.DuckDBPyConnection, key: str) -> None:
    con.execute(sql_blocks("duplicates")["decide_duplicates"].format(key=key))
    con.execute("DROP TABLE duplicate_rows")


def with_notes(con: duckdb.DuckDBPyConnection, source: str) -> str:
    """Return the rows of `source` with the columns `_note_code` and `_note`, which are empty unless it has them."""
    if "_note" in con.sql(f"FROM {identifier(source)}").columns:
        return source
    con.execute(sql_blocks("duplicates")["with_empty_notes"].format(source=identifier(source), target=NOTED))
    return NOTED


def carry_opt_outs(con: duckdb.DuckDBPyConnection, source: str) -> str:
    """Return the rows in which those that count have the strictest status that a duplicate of theirs states.

    That is `source` itself, which has a status, if no duplicate states a stricter one; else the table STRICTER, with
    `_note_code` and `_note` about it. No opt-out is lost because it is in a skipped duplicate.
    """
    blocks = sql_blocks("duplicates")
    con.execute(blocks["stricter_statuses"].format(source=identifier(source)))
    if con.sql("SELECT count(*) FROM stricter_statuses").fetchall() != [(0,)]:
        con.execute(blocks["with_stricter_statuses"].format(source=identifier(source), target=STRICTER))
        source = STRICTER
    con.execute("DROP TABLE stricter_statuses")
    return source
