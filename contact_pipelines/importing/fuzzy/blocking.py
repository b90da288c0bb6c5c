"""Which pairs are worth comparing: those that share something rare, or two frequent things.

Records are looked up by *tokens*: how the words of a name sound and how it ends, a phone number, its last six
digits, a birthday without its last digits, ... A token that few records share makes a block by itself. Of those
that more share ("Smith"), a record's rarest are taken two by two, each of another field ("Smith", born in May
1961). Blocks that are too large even so are left out, and counted. So a record is never compared with more than
a fixed number of others for each of its tokens, and the work grows in proportion to the file. (Blocks that adapt to
their size: P. Christen, Data Matching, 2012, chapter 4.)

Records that are equal in all that a comparison compares always meet, however many there are: each with the one of
the lowest id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from contact_pipelines.importing.duck import sql_blocks
from contact_pipelines.importing.fuzzy.evidence import Comparison, Kind, evidence_of, fields_of
from contact_pipelines.importing.fuzzy.records import some, value, words

ALONE = 25
"""Records of either side that a token may have to make a block by itself."""

AT_MOST = 150
"""Records of either side that a block of two tokens may have, or of one where a comparison has a single field."""

COMBINED = 6
"""Frequent tokens of a record that are combined two by two: at most 15 blocks a comparison."""

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


@dataclass(frozen=True)
class Caps:
    """The sizes of blocks: see `ALONE`, `AT_MOST`, `COMBINED`."""

    alone: int = ALONE
    at_most: int = AT_MOST
    combined: int = COMBINED


def make_blocks(
    con: duckdb.DuckDBPyConnection, left: str, right: str, on: Sequence[Comparison], caps: Caps
) -> LeftOut:
    """Make the tables `<left>_blocks` and `<right>_blocks` (record, key), and `fuzzy_twins` (key, record).

    `left` and `right` are tables of `records.make_records`; the same one to look for duplicates inside it. A record
    is named by its rowid.
    """
    sides = list(dict.fromkeys([left, right]))
    blocks = sql_blocks("fuzzy")
    for side in sides:
        known = blocks["known"].format(left=f"{left}_tokens") if side != left else ""
        con.execute(blocks["keep_tokens"].format(table=f"{side}_tokens", tokens=_tokens(side, on), known=known))
    _count(con, sides, "tokens")
    lone = ", ".join(str(number) for number, comparison in enumerate(on) if len(comparison.fields) == 1)
    alone = f"CASE WHEN t.item IN ({lone}) THEN {caps.at_most} ELSE {caps.alone} END" if lone else str(caps.alone)
    for side in sides:
        _combine(con, side, left, alone, caps)
    _count(con, sides, "together")
    for side in sides:
        parts = [
            blocks["blocks"].format(tokens=f"{side}_{kind}", sizes=f"fuzzy_{kind}_sizes", at_most=at_most)
            for kind, at_most in (("tokens", alone), ("together", str(caps.at_most)))
        ]
        con.execute(f"CREATE OR REPLACE TABLE {side}_blocks AS {parts[0]}")
        con.execute(f"INSERT INTO {side}_blocks {parts[1]}")
    con.execute(blocks["twins"].format(exact=exact(right, on)))
    left_out = [_left_out(con, left, right, "together", "", caps)]
    if lone:
        left_out.append(_left_out(con, left, right, "tokens", f"WHERE item IN ({lone})", caps))
    for side in sides:
        for kind in ("tokens", "frequent", "together"):
            con.execute(f"DROP TABLE {side}_{kind}")
    return LeftOut(sum(some.blocks for some in left_out), sum(some.pairs for some in left_out))


def make_candidates(
    con: duckdb.DuckDBPyConnection, left: str, right: str, on: Sequence[Comparison], first: int, last: int
) -> int:
    """Make `fuzzy_candidates` (left_record, right_record), each pair once, of the left records `first` to `last`.

    Inside one table, each pair is there with the later record on the left. Returns how many pairs there are.
    """
    con.execute(
        sql_blocks("fuzzy")["candidates"].format(
            left=left,
            right=right,
            exact=exact(left, on),
            earlier=" AND r.record < l.record" if left == right else "",
            first=first,
            last=last,
        )
    )
    return int(con.sql("SELECT count(*) FROM fuzzy_candidates").fetchall()[0][0])


def exact(records: str, on: Sequence[Comparison]) -> str:
    """Return SQL of (record, id, key): the same key for all that is equal in every field of a comparison."""
    return "\nUNION ALL\n".join(
        sql_blocks("fuzzy")["exact"].format(
            records=records,
            item=number,
            values=", ".join(value(field) for field in comparison.fields),
            some=some(comparison.fields),
        )
        for number, comparison in enumerate(on)
    )


def _tokens(records: str, on: Sequence[Comparison]) -> str:
    parts = []
    for item, comparison in enumerate(on):
        for unit_number, unit in enumerate(comparison.units):
            # The fields of a name share tokens, for names that are swapped.
            for field in fields_of(unit):
                if field in comparison.available:
                    parts.append(
                        sql_blocks("fuzzy")["tokens"].format(
                            item=item,
                            field=comparison.fields.index(field),
                            unit=unit_number,
                            tokens=_TOKENS[evidence_of(field).kind].format(value(field), words(field)),
                            records=records,
                            value=value(field),
                        )
                    )
    return "\nUNION ALL\n".join(parts)


def _count(con: duckdb.DuckDBPyConnection, sides: Sequence[str], kind: str) -> None:
    counted = [sql_blocks("fuzzy")["counted"].format(tokens=f"{side}_{kind}") for side in sides]
    con.execute(
        sql_blocks("fuzzy")["sizes"].format(table=f"fuzzy_{kind}_sizes", counted="\nUNION ALL\n".join(counted))
    )


def _combine(con: duckdb.DuckDBPyConnection, side: str, left: str, alone: str, caps: Caps) -> None:
    blocks = sql_blocks("fuzzy")
    con.execute(
        blocks["frequent"].format(
            table=f"{side}_frequent",
            tokens=f"{side}_tokens",
            sizes="fuzzy_tokens_sizes",
            alone=alone,
            combined=caps.combined,
        )
    )
    together = blocks["together"].format(frequent=f"{side}_frequent")
    known = blocks["known"].format(left=f"{left}_together") if side != left else ""
    con.execute(blocks["keep_tokens"].format(table=f"{side}_together", tokens=together, known=known))


def _left_out(con: duckdb.DuckDBPyConnection, left: str, right: str, kind: str, where: str, caps: Caps) -> LeftOut:
    pairs = "l.size * (l.size - 1) // 2" if left == right else "l.size * r.size"
    found = con.sql(
        sql_blocks("fuzzy")["too_large"].format(
            left=f"{left}_{kind}", right=f"{right}_{kind}", where=where, pairs=pairs, at_most=caps.at_most
        )
    ).fetchall()[0]
    return LeftOut(*found)
