"""Selects the pairs worth comparing: those that share a rare value, or two frequent ones.

Records are looked up by *tokens*: how the words of a name sound and how it ends, a phone number, its last six
digits, a birthday without its last digits, ... A token that few records share makes a block by itself. Of those
that more share ("Smith"), a record's rarest are taken two by two, each of another field ("Smith", born in May
1961), and two at most of each field. Blocks that are too large even so are left out, and counted. So a record is never
compared with more than a fixed number of others for each of its tokens, and the work grows in proportion to the file.
(Blocks that adapt to their size: P. Christen, Data Matching, 2012, chapter 4.)

Records that are equal in all that a comparison compares always meet, however many there are: each with the one of
the lowest id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from contact_pipelines.files.duck import sql_blocks
from contact_pipelines.imports.compare.fuzzy.comparing import Comparison, Kind, Search, evidence_of
from contact_pipelines.imports.compare.fuzzy.normal_forms import some, value, words

OF_A_FIELD = 2
"""Tokens of one field among those of a record that are combined."""

COMBINED_AT_ONCE = 200_000
"""Records whose frequent tokens are combined at once: three million combinations at most, some 100 MB."""

_TOKENS = {
    Kind.NAME: "fuzzy_name_tokens({0}, {1})",
    Kind.TEXT: "fuzzy_text_tokens({0}, {1})",
    Kind.ORGANISATION: "fuzzy_text_tokens({0}, {1})",
    Kind.EMAIL: "fuzzy_email_tokens({0})",
    Kind.CODE: "fuzzy_code_tokens({0})",
}


@dataclass(frozen=True)
class LeftOut:
    """Blocks beyond the cap and the pairs in them, some of which other blocks have compared nevertheless."""

    blocks: int = 0
    pairs: int = 0


def make_blocks(con: duckdb.DuckDBPyConnection, search: Search) -> LeftOut:
    """Make the tables `<side>_blocks` (record, key) of both sides, and `fuzzy_twins` (key, record).

    The sides are tables of `records.make_records`; a record is named by its rowid.
    """
    for side in search.sides:
        _keep_tokens(con, search, side)
    _count(con, search, "tokens")
    for side in search.sides:
        _combine(con, search, side)
    _count(con, search, "together")
    for side in search.sides:
        parts = [
            sql_blocks("fuzzy")["blocks"].format(tokens=f"{side}_{kind}", sizes=f"fuzzy_{kind}_sizes", at_most=at_most)
            for kind, at_most in (("tokens", _alone(search)), ("together", search.caps.at_most))
        ]
        con.execute(f"CREATE OR REPLACE TABLE {side}_blocks AS {parts[0]}")
        con.execute(f"INSERT INTO {side}_blocks {parts[1]}")
    con.execute(sql_blocks("fuzzy")["twins"].format(exact=_exact(search.right, search.on)))
    left_out = _left_out(con, search)
    for side in search.sides:
        for kind in ("tokens", "together"):
            con.execute(f"DROP TABLE {side}_{kind}")
    return left_out


def make_candidates(con: duckdb.DuckDBPyConnection, search: Search, first: int, last: int) -> int:
    """Make `fuzzy_candidates` (left_record, right_record), each pair once, of the left records `first` to `last`.

    Inside a file, each pair is there with the later record on the left. Returns how many pairs there are.
    """
    con.execute(
        sql_blocks("fuzzy")["candidates"].format(
            left=search.left,
            right=search.right,
            exact=_exact(search.left, search.on),
            earlier=" AND r.record < l.record" if search.inside else "",
            first=first,
            last=last,
        )
    )
    return int(con.sql("SELECT count(*) FROM fuzzy_candidates").fetchall()[0][0])


def _exact(records: str, on: Sequence[Comparison]) -> str:
    """Return SQL of (record, id, key): the same key for all that is equal in every field of a comparison."""
    return "\nUNION ALL\n".join(
        sql_blocks("fuzzy")["exact"].format(
            records=records,
            item=item,
            values=", ".join(value(field) for field in comparison.fields),
            some=some(comparison.fields),
        )
        for item, comparison in enumerate(on)
    )


def _tokens(records: str, on: Sequence[Comparison]) -> str:
    """Return SQL of (record, item, field, key). The two fields of a name share tokens, for names that are swapped."""
    return "\nUNION ALL\n".join(
        sql_blocks("fuzzy")["tokens"].format(
            item=item,
            field=comparison.fields.index(field),
            unit=number,
            tokens=_TOKENS[evidence_of(field).kind].format(value(field), words(field)),
            records=records,
            value=value(field),
        )
        for item, comparison in enumerate(on)
        for number, unit in enumerate(comparison.units)
        for field in comparison.available_of(unit)
    )


def _keep_tokens(con: duckdb.DuckDBPyConnection, search: Search, side: str) -> None:
    """Make the table `<side>_tokens`; of contacts, with those tokens only that the file has too."""
    known = "" if side == search.left else sql_blocks("fuzzy")["known"].format(left=f"{search.left}_tokens")
    tokens = _tokens(side, search.on)
    con.execute(sql_blocks("fuzzy")["keep_tokens"].format(table=f"{side}_tokens", tokens=tokens, known=known))


def _count(con: duckdb.DuckDBPyConnection, search: Search, kind: str) -> None:
    counted = [sql_blocks("fuzzy")["counted"].format(tokens=f"{side}_{kind}") for side in search.sides]
    con.execute(sql_blocks("fuzzy")["sizes"].format(table=f"fuzzy_{kind}_sizes", counted="\nUNION ALL\n".join(counted)))


def _combine(con: duckdb.DuckDBPyConnection, search: Search, side: str) -> None:
    """Make `<side>_together`: the frequent tokens of each record, two by two; of contacts, those that the file has too.

    Records are taken COMBINED_AT_ONCE at a time: there are up to 15 combinations of each, of which few are kept.
    """
    blocks, known = sql_blocks("fuzzy"), "" if side == search.left else sql_blocks("fuzzy")["known"]
    con.execute(blocks["create_together"].format(table=f"{side}_together"))
    records = con.sql(f"SELECT count(*) FROM {side}").fetchall()[0][0]
    for first in range(0, records, COMBINED_AT_ONCE):
        con.execute(
            blocks["frequent"].format(
                table=f"{side}_frequent",
                tokens=f"{side}_tokens",
                sizes="fuzzy_tokens_sizes",
                alone=_alone(search),
                combined=search.caps.combined,
                of_a_field=OF_A_FIELD,
                first=first,
                last=first + COMBINED_AT_ONCE - 1,
            )
        )
        together = blocks["together"].format(frequent=f"{side}_frequent")
        wanted = known.format(left=f"{search.left}_together")
        con.execute(f"INSERT INTO {side}_together SELECT * FROM ({together}) {wanted}")
    con.execute(f"DROP TABLE IF EXISTS {side}_frequent")


def _lone(search: Search) -> str:
    """Return SQL of the comparisons that have a single field: nothing to combine its tokens with."""
    lone = [str(item) for item, comparison in enumerate(search.on) if len(comparison.fields) == 1]
    return f"item IN ({', '.join(lone)})" if lone else "false"


def _alone(search: Search) -> str:
    return f"CASE WHEN {_lone(search)} THEN {search.caps.at_most} ELSE {search.caps.alone} END"


def _left_out(con: duckdb.DuckDBPyConnection, search: Search) -> LeftOut:
    counts = []
    for kind, where in (("together", "true"), ("tokens", _lone(search))):
        too_large = sql_blocks("fuzzy")["too_large"].format(
            left=f"{search.left}_{kind}",
            right=f"{search.right}_{kind}",
            where=where,
            pairs="l.size * (l.size - 1) // 2" if search.inside else "l.size * r.size",
            at_most=search.caps.at_most,
        )
        counts.append(con.sql(too_large).fetchall()[0])
    return LeftOut(sum(blocks for blocks, _ in counts), sum(pairs for _, pairs in counts))
