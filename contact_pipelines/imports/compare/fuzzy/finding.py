"""The search for fuzzy duplicates: rows that are probably a contact, or an earlier row.

    options  ->  records (normal forms)  ->  blocking (candidate pairs)  ->  scoring  ->  pairs  ->  one answer a row

Nothing is decided here: the tables tell what was found, how sure it is and why; what becomes of a row is
`FuzzyOptions.resolve`, which the import applies. All of it is SQL. Rows are taken `SLICE` at a time, so that the
candidates of a slice, not of the file, are what has to be held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from contact_pipelines.files.duck import ROW, identifier, sql_blocks
from contact_pipelines.imports.compare.fuzzy import blocking, scoring
from contact_pipelines.imports.compare.fuzzy.blocking import LeftOut
from contact_pipelines.imports.compare.fuzzy.comparing import DEFAULT_CAPS, Caps, Search, comparisons
from contact_pipelines.imports.compare.fuzzy.normal_forms import make_records
from contact_pipelines.options import FuzzyOptions

SLICE = 100_000
"""Rows whose candidates are found and scored at once: some three million pairs of real people, 50 MB."""


@dataclass(frozen=True)
class Found:
    """What a search did: pairs compared, pairs at or above the threshold, and what the caps left out."""

    candidates: int
    pairs: int
    left_out: LeftOut


def find_duplicate_contacts(
    con: duckdb.DuckDBPyConnection,
    source: str,
    contacts: str,
    available: Sequence[str],
    options: FuzzyOptions,
    *,
    caps: Caps = DEFAULT_CAPS,
) -> Found:
    """Make `fuzzy_pairs` (_row, contact_id, score, reason): contacts that rows of `source` are likely to be.

    `source` is a table or view of valid rows with `_row` and the fields `available`; leave out rows that a key has
    matched already. `contacts` is a table with `id` and the same fields (see `contacts.fetch_contacts`). Also makes
    `fuzzy_best`, one line a row that was found (see `_best`). Raises InvalidOption (see `comparing.comparisons`).
    """
    search = Search(comparisons(options, available), options.threshold, inside=False, caps=caps)
    make_records(con, source, search.left, search.fields, key=ROW, ordered=True)
    make_records(con, contacts, search.right, search.fields, key="id", ordered=False)
    found = _run(con, search)
    _publish(con, "fuzzy_pairs", "contact_id")
    _best(con, "fuzzy_pairs", "contact_id", "fuzzy_best")
    return found


def find_duplicate_rows(
    con: duckdb.DuckDBPyConnection,
    source: str,
    available: Sequence[str],
    options: FuzzyOptions,
    *,
    caps: Caps = DEFAULT_CAPS,
) -> Found:
    """Make `fuzzy_row_pairs` (_row, other_row, score, reason): earlier rows that rows of `source` are likely to be.

    `source` and `available` are as for `find_duplicate_contacts`; `other_row` is always less than `_row`. Also makes
    `fuzzy_best_rows`, one line a row that was found (see `_best`). Raises InvalidOption (see `comparing.comparisons`).
    """
    search = Search(comparisons(options, available), options.threshold, inside=True, caps=caps)
    make_records(con, source, search.left, search.fields, key=ROW, ordered=True)
    found = _run(con, search)
    _publish(con, "fuzzy_row_pairs", "other_row")
    _best(con, "fuzzy_row_pairs", "other_row", "fuzzy_best_rows")
    return found


def _run(con: duckdb.DuckDBPyConnection, search: Search) -> Found:
    """Make `fuzzy_scores` (left_id, right_id, score, reason), each pair once; drop what it took to find them."""
    left_out = blocking.make_blocks(con, search)
    scoring.make_scores(con, search)
    rows = con.sql(f"SELECT count(*) FROM {search.left}").fetchall()[0][0]
    candidates = 0
    for first in range(0, rows, SLICE):
        candidates += blocking.make_candidates(con, search, first, first + SLICE - 1)
        scoring.add_scores(con, search)
    for side in search.sides:
        con.execute(f"DROP TABLE {side}")
        con.execute(f"DROP TABLE {side}_blocks")
    for table in ("fuzzy_candidates", "fuzzy_twins", "fuzzy_tokens_sizes", "fuzzy_together_sizes"):
        con.execute(f"DROP TABLE IF EXISTS {table}")
    pairs = con.sql("SELECT count(*) FROM fuzzy_scores").fetchall()[0][0]
    return Found(candidates, pairs, left_out)


def _publish(con: duckdb.DuckDBPyConnection, table: str, other: str) -> None:
    con.execute(sql_blocks("fuzzy")["publish"].format(table=table, row=ROW, other=identifier(other)))
    con.execute("DROP TABLE fuzzy_scores")


def _best(con: duckdb.DuckDBPyConnection, pairs: str, other: str, table: str) -> None:
    """Make `table` (_row, `other`, score, reason, others): the likeliest for each row, the lowest id of several.

    `others` counts the further ones with the same score: if there are any, it is doubtful which one is meant.
    """
    con.execute(sql_blocks("fuzzy")["best"].format(table=table, pairs=pairs, row=ROW, other=identifier(other)))
