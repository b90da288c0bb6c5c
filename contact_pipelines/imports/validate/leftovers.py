"""The values that a fast path leaves open, decided one by one by a library, once for each distinct value.

A fast path is an SQL expression that gives the normalised value or NULL. This module finds the distinct texts
for which it gives NULL, has a *judge* decide them, and keeps what the judge made of them in a temporary table
beside the raw text. The caller's SELECT joins that table: `coalesce(<fast path>, <judged>.<part>)`.

Memory: the distinct leftovers and the verdicts are DuckDB tables (which spill to disk); in Python there is
one batch of them at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import duckdb
import pyarrow as pa

from contact_pipelines.files import duck

BATCH = 50_000
"""Distinct values that are in Python's memory at a time; of addresses, about 15 MB."""

_names = count(1)


@dataclass(frozen=True)
class JoinedColumn:
    """A normalised column: `expression` for the SELECT list, `join` for after its FROM ('' for none).

    The expression is of type VARCHAR, and NULL where the text is blank, missing or invalid.
    """

    expression: str
    join: str


def new_table_name() -> str:
    """Return a name for a temporary table that no other table of this process has. It needs no quotes."""
    return f"_judged_{next(_names)}"


def qualified(source: str, column: str) -> str:
    """Return the column quoted and qualified, so that it is unambiguous beside the joined tables."""
    return f"{duck.identifier(source)}.{duck.identifier(column)}"


def joined_column(
    con: duckdb.DuckDBPyConnection,
    source: str,
    column: str,
    *,
    fast: str,
    judge: Callable[[str], str | None],
) -> JoinedColumn:
    """Return a text column as `fast` (an SQL expression) normalises it, and `judge` where that is NULL."""

    def verdict(text: str) -> tuple[str | None]:
        return (judge(text),)

    undecided = f"({fast}) IS NULL"
    judged = judge_leftovers(con, source, column, undecided=undecided, judge=verdict, parts=("kept",))
    expression = f"coalesce({fast}, {judged}.kept)" if judged else fast
    return JoinedColumn(expression, join_clause(judged, source, column))


def judge_leftovers(
    con: duckdb.DuckDBPyConnection,
    source: str,
    column: str,
    *,
    undecided: str,
    judge: Callable[[str], tuple[str | None, ...]],
    parts: Sequence[str],
) -> str:
    """Judge the distinct texts of a column that satisfy `undecided`; return the temporary table of verdicts.

    `source` is a table or view of `con`, `column` a text column of it, `undecided` an SQL condition. The
    table has a column `raw` and one for each of `parts`, in the order in which `judge` gives them. Texts of
    which the judge makes nothing (all parts None) have no row. Returns '' if there is nothing to join. Blank
    texts are not judged. Errors are DuckDB's and the judge's own.
    """
    name = new_table_name()
    todo = f"{name}_todo"
    text = qualified(source, column)
    con.execute(
        f"CREATE TEMP TABLE {todo} AS SELECT DISTINCT {text} AS raw FROM {duck.identifier(source)}"
        f" WHERE {text} IS NOT NULL AND NOT regexp_full_match({text}, '\\s*') AND ({undecided})"
    )
    try:
        columns = "".join(f", {duck.identifier(part)} VARCHAR" for part in parts)
        con.execute(f"CREATE TEMP TABLE {name} (raw VARCHAR{columns})")
        found = _judge_in_batches(con, todo, name, judge, parts)
    finally:
        con.execute(f"DROP TABLE {todo}")
    if not found:
        con.execute(f"DROP TABLE {name}")
    return name if found else ""


def join_clause(judged: str, source: str, column: str) -> str:
    """Return the LEFT JOIN of a table of verdicts ('' for none)."""
    if not judged:
        return ""
    return f"LEFT JOIN {judged} ON {judged}.raw = {qualified(source, column)}"


def _judge_in_batches(
    con: duckdb.DuckDBPyConnection,
    todo: str,
    name: str,
    judge: Callable[[str], tuple[str | None, ...]],
    parts: Sequence[str],
) -> int:
    """Fill the table of verdicts; return how many there are."""
    (total,) = con.execute(f"SELECT count(*) FROM {todo}").fetchone() or (0,)
    schema = pa.schema([("raw", pa.string()), *((part, pa.string()) for part in parts)])
    found = 0
    for start in range(0, total, BATCH):
        rows = con.execute(f"SELECT raw FROM {todo} WHERE rowid >= ? AND rowid < ?", [start, start + BATCH]).fetchall()
        verdicts = [(raw, *judge(raw)) for (raw,) in rows]
        kept = [verdict for verdict in verdicts if any(part is not None for part in verdict[1:])]
        if kept:
            arrays = [pa.array(values, pa.string()) for values in zip(*kept, strict=True)]
            con.register(f"{name}_batch", pa.Table.from_arrays(arrays, schema=schema))
            con.execute(f"INSERT INTO {name} SELECT * FROM {name}_batch")
            con.unregister(f"{name}_batch")
            found += len(kept)
    return found
