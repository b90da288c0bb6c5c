"""Scores each pair from 0 to 100, with the fields for and against.

For each comparison of `on` the bits of its fields are added up (see `evidence`) and scaled: 100 is all that the
comparison can give, or `evidence.ENOUGH`, whichever is less. A pair's score is that of its best comparison.
Names compare by Jaro-Winkler, first with last too; texts of several words also with their words in alphabetic
order; codes, dates and phones by Damerau-Levenshtein. The score is a function of the two records alone, and the
same whichever of them is on the left.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contact_pipelines.files.duck import identifier, literal, sql_blocks
from contact_pipelines.imports.compare.fuzzy.comparing import (
    SHARED_AT_MOST,
    SWAP_COST,
    Comparison,
    Kind,
    Search,
    evidence_of,
    fields_of,
)
from contact_pipelines.imports.compare.fuzzy.normal_forms import sorted_value, value, words

_ALIKE = {
    Kind.NAME: "fuzzy_names_alike(l.{0}, r.{0})",
    Kind.TEXT: "fuzzy_texts_alike(l.{0}, r.{0}, l.{1}, r.{1})",
    Kind.ORGANISATION: "fuzzy_texts_alike(l.{0}, r.{0}, l.{1}, r.{1})",
    Kind.EMAIL: "fuzzy_codes_alike(l.{0}, r.{0})",
    Kind.CODE: "fuzzy_codes_alike(l.{0}, r.{0})",
}


def make_scores(con: duckdb.DuckDBPyConnection, search: Search) -> None:
    """Make the empty table `fuzzy_scores` (left_id, right_id, score, reason) that `add_scores` fills."""
    con.execute(sql_blocks("fuzzy")["scores"].format(left=search.left, right=search.right))


def add_scores(con: duckdb.DuckDBPyConnection, search: Search) -> None:
    """Score `fuzzy_candidates` (pairs of rowids); add those that reach the threshold to `fuzzy_scores`."""
    units = {unit: comparison.available_of(unit) for comparison in search.on for unit in comparison.units}
    alike = {column: sql for unit, fields in units.items() for column, sql in _alike(unit, fields).items()}
    con.execute(
        sql_blocks("fuzzy")["scored"].format(
            alike="".join(f", {sql} AS {column}" for column, sql in alike.items()),
            bits="".join(f", {_bits(unit, fields)} AS {_bits_of(unit)}" for unit, fields in units.items()),
            scores="".join(f", {_score(comparison)} AS score_{item}" for item, comparison in enumerate(search.on)),
            each=", ".join(f"score_{item}" for item in range(len(search.on))),
            reasons=" ".join(
                f"WHEN score_{item} = score THEN {_reason(comparison)}" for item, comparison in enumerate(search.on)
            ),
            left=search.left,
            right=search.right,
            threshold=search.threshold,
        )
    )


def _bits_of(unit: str) -> str:
    return identifier(f"bits.{unit}")


def _alike_of(*fields: str) -> str:
    return identifier("alike." + "/".join(fields))


def _alike(unit: str, fields: Sequence[str]) -> dict[str, str]:
    """Return column -> SQL of the similarities (0 to 1, NULL for a missing value) that a unit is judged by.

    They are columns of their own, since DuckDB would otherwise work each out as often as it is named.
    """
    if len(fields) == 1:
        alike = _ALIKE[evidence_of(fields[0]).kind].format(value(fields[0]), sorted_value(fields[0]))
        return {_alike_of(fields[0]): alike}
    crossed = {
        _alike_of(one, other): f"fuzzy_names_alike(l.{value(one)}, r.{value(other)})"
        for one in fields
        for other in fields
    }
    whole = sql_blocks("fuzzy")["whole_names"].format(
        first=value(fields[0]), last=value(fields[1]), first_words=words(fields[0]), last_words=words(fields[1])
    )
    return crossed | {_alike_of(unit): whole}


def _bits(unit: str, fields: Sequence[str]) -> str:
    """Return SQL of the bits that a field (or the name) gives for a pair; NULL where either side lacks it."""
    if len(fields) == 1:
        return f"fuzzy_bits({_alike_of(fields[0])}, {_weights([fields[0]])})"
    first, last = fields
    crossed = [_alike_of(one, other) for one in fields for other in fields]
    return sql_blocks("fuzzy")["name_bits"].format(
        some=f"coalesce({', '.join(crossed)}) IS NOT NULL",
        first_first=_alike_of(first, first),
        last_last=_alike_of(last, last),
        first_last=_alike_of(first, last),
        last_first=_alike_of(last, first),
        whole=_alike_of(unit),
        first_bits=_weights([first]),
        last_bits=_weights([last]),
        # Half of both each, so that the score does not depend on who stands on the left.
        half=_weights(fields, 0.5),
        both=_weights(fields),
        swap_cost=SWAP_COST,
    )


def _weights(fields: Sequence[str], share: float = 1.0) -> str:
    """Return SQL of the bits for agreement and disagreement in all these fields: two arguments of `fuzzy_bits`."""
    disagreement = sum(evidence_of(field).disagreement for field in fields)
    return f"{_double(share * _agreement(fields))}, {_double(share * disagreement)}"


def _double(number: float) -> str:
    """Spell a number so that DuckDB takes it for a DOUBLE; without an exponent it would be a DECIMAL."""
    return f"{number!r}e0"


def _score(comparison: Comparison) -> str:
    """Return SQL of a comparison's score, rounded down (but for what is lost in adding up)."""
    sums = {
        shared: " + ".join(f"coalesce({_bits_of(unit)}, 0)" for unit in comparison.units if _is_shared(unit) is shared)
        or "0"
        for shared in (False, True)
    }
    bits = f"{sums[False]} + least({sums[True]}, {SHARED_AT_MOST})"
    share = f"100 * ({bits}) / {_double(comparison.enough)}"
    return f"CAST(floor(greatest(0, least(100, {share} + 1e-6))) AS INTEGER)"


def _reason(comparison: Comparison) -> str:
    """Return SQL of what speaks for a pair and against it: names of fields, never their values."""
    parts = [
        f"CASE WHEN {bits} >= {0.999 * _agreement(comparison.available_of(unit))} THEN {literal('same ' + unit)}"
        f" WHEN {bits} > 0 THEN {literal('similar ' + unit)} WHEN {bits} <= 0 THEN {literal('different ' + unit)} END"
        for unit in comparison.units
        for bits in [_bits_of(unit)]
    ]
    return f"concat_ws(', ', {', '.join(parts)})"


def _is_shared(unit: str) -> bool:
    return evidence_of(fields_of(unit)[0]).shared


def _agreement(fields: Sequence[str]) -> float:
    return sum(evidence_of(field).agreement for field in fields)
