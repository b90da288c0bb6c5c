"""Consent as SQL: what each consent column says about a row, and the strictest of them.

A file can have several consent columns: one whose words name a status, and any number that answer a question, in
either sense (see `models.Consent`). Until they are merged, the text columns of a row are named `status`,
`status.opt_out.1`, `status.opt_in.1` and so on. The strictest wins: complained, bounced, unsubscribed, subscribed.

| text | in an opt-out column | in an opt-in column |
|---|---|---|
| yes | unsubscribed | subscribed |
| no | nothing (so a new contact gets the default) | unsubscribed |
| blank | nothing | nothing (but a new contact is created unsubscribed) |
| a date | unsubscribed | not understood |
| a word of consent | what it says | what it says |

What is not understood rejects the row. "active" and its like are not understood in an opt-out column, where they could
be said of the opt-out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from contact_pipelines.files.duck import identifier, literal, sql_blocks
from contact_pipelines.imports.validate.consent_value_words import (
    NO_WORDS,
    NOTHING_WORDS,
    STATUS_WORDS,
    SWITCH_WORDS,
    YES_WORDS,
)
from contact_pipelines.imports.validate.texts import trimmed
from contact_pipelines.models import Consent, ContactStatus, Preset

STATUS = "status"

RANKS: dict[ContactStatus, int] = {
    ContactStatus.SUBSCRIBED: 1,
    ContactStatus.UNSUBSCRIBED: 2,
    ContactStatus.BOUNCED: 3,
    ContactStatus.COMPLAINED: 4,
}
"""How strict each status is."""

_FLOORS = {
    Preset.UNSUBSCRIBED: ContactStatus.UNSUBSCRIBED,
    Preset.CLEANED: ContactStatus.BOUNCED,
    Preset.COMPLAINED: ContactStatus.COMPLAINED,
}
_ALIAS = "words of "


@dataclass(frozen=True)
class ConsentColumn:
    """One column: SQL of the rank that it states (NULL: nothing), of whether it is unreadable, and its join."""

    rank: str
    unreadable: str
    join: str


def column_name(kind: Consent, number: int) -> str:
    """Return the name of the text column: `status` for the one of words, `status.opt_out.1` for others."""
    return STATUS if kind is Consent.WORD else f"{STATUS}.{kind}.{number}"


def kind_of(column: str) -> Consent | None:
    """Return how a text column expresses consent; None if it does not."""
    if column == STATUS:
        return Consent.WORD
    return next((kind for kind in Consent if column.startswith(f"{STATUS}.{kind}.")), None)


def floor(preset: Preset | None) -> ContactStatus | None:
    """Return the status that every row of a file of this preset has at least; None for a file of anybody."""
    return _FLOORS.get(preset) if preset else None


def stricter(one: ContactStatus, other: ContactStatus) -> ContactStatus:
    """Return the stricter of two statuses."""
    return max(one, other, key=RANKS.__getitem__)


def create_words(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table `consent_words`, which `consent_column` joins: kind, folded word, rank (NULL: says nothing)."""
    rows = [
        {"kind": str(kind), "word": word, "rank": rank}
        for kind in Consent
        for words, rank in _meanings(kind)
        for word in words
    ]
    schema = pa.schema([("kind", pa.string()), ("word", pa.string()), ("rank", pa.int32())])
    folded = sql_blocks("normalising")["folded"].format(text="word")
    con.execute(sql_blocks("normalising")["create_consent_words"])
    con.register("consent_word_lists", pa.Table.from_pylist(rows, schema=schema))
    con.execute(f"INSERT INTO consent_words SELECT DISTINCT kind, {folded}, rank FROM consent_word_lists")
    con.unregister("consent_word_lists")


def consent_column(column: str, kind: Consent) -> ConsentColumn:
    """Return what the text column `column` says. `create_words` must have been called."""
    blocks, text = sql_blocks("normalising"), trimmed(identifier(column))
    words = identifier(_ALIAS + column)
    join = (
        f"LEFT JOIN consent_words AS {words} ON {words}.kind = {literal(kind)}"
        f" AND {words}.word = {blocks['folded'].format(text=text)}"
    )
    unknown = f"({text} IS NOT NULL AND {words}.word IS NULL)"
    if kind is not Consent.OPT_OUT:
        return ConsentColumn(f"{words}.rank", unknown, join)
    zeros = blocks["is_a_date_of_zeros"].format(text=text)
    date = f"({blocks['looks_like_a_date'].format(text=text, zeros=zeros)})"
    left = f"CASE WHEN {unknown} AND {date} THEN {RANKS[ContactStatus.UNSUBSCRIBED]} ELSE {words}.rank END"
    return ConsentColumn(left, f"({unknown} AND NOT {date} AND NOT {zeros})", join)


def merged(ranks: Sequence[str], preset: Preset | None) -> str:
    """Return SQL of the strictest status that is stated, the preset's among them; NULL if none is."""
    least = floor(preset)
    stated = [*ranks, *([str(RANKS[least])] if least else [])]
    names = ", ".join(literal(status) for status in RANKS)  # in the order of their ranks
    return f"[{names}][greatest({', '.join(stated)})]"


def _meanings(kind: Consent) -> list[tuple[Sequence[str], int | None]]:
    """Return what words say in a column of this kind."""
    stated = [_ranked(STATUS_WORDS)]
    if kind is not Consent.OPT_OUT:
        stated.append(_ranked(SWITCH_WORDS))
    meanings: list[tuple[Sequence[str], int | None]] = [pair for pairs in stated for pair in pairs]
    subscribed, unsubscribed = RANKS[ContactStatus.SUBSCRIBED], RANKS[ContactStatus.UNSUBSCRIBED]
    match kind:
        case Consent.OPT_OUT:
            meanings += [(YES_WORDS, unsubscribed), (NO_WORDS, None), (NOTHING_WORDS, None)]
        case Consent.OPT_IN:
            meanings += [(YES_WORDS, subscribed), (NO_WORDS, unsubscribed), (NOTHING_WORDS, None)]
        case Consent.WORD:
            pass
    return meanings


def _ranked(words: Mapping[ContactStatus, Sequence[str]]) -> list[tuple[Sequence[str], int | None]]:
    return [(found, RANKS[status]) for status, found in words.items()]
