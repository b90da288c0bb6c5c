"""Values that the SQL fast path leaves undecided, parsed by a library once per distinct text.

A fast path is an SQL expression of the normalised value, or NULL where it is not sure. The distinct texts for which it
is NULL go to a function in Python; its results are kept in a temporary table beside the raw texts. The caller's SELECT
joins that table: `coalesce(<fast path>, <table>.<part>)`.

Memory: the texts and the results are DuckDB tables, which spill to disk; Python has one batch at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import duckdb
import pyarrow as pa

from contact_pipelines.files import duck

BATCH = 50_000
"""Distinct texts in Python's memory at a time; of addresses, about 15 MB."""

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
    return f"_decided_{next(_names)}"


def qualified(source: str, column: str) -> str:
    """Return the column quoted and qualified, so that it is unambiguous beside the joined tables."""
    return f"{duck.identifier(source)}.{duck.identifier(column)}"


def decided_column(
    con: duckdb.DuckDBPyConnection,
    source: str,
    column: str,
    *,
    fast: str,
    decide: Callable[[str], str | None],
) -> JoinedColumn:
    """Return a text column as `fast` (an SQL expression) normalises it, and as `decide` does where that is NULL."""

    def parts(text: str) -> tuple[str | None]:
        return (decide(text),)

    table = decide_distinct(con, source, column, undecided=f"({fast}) IS NULL", decide=parts, parts=("kept",))
    return JoinedColumn(f"coalesce({fast}, {table}.kept)" if table else fast, join_clause(table, source, column))


def decide_distinct(
    con: duckdb.DuckDBPyConnection,
    source: str,
    column: str,
    *,
    undecided: str,
    decide: Callable[[str], tuple[str | None, ...]],
    parts: Sequence[str],
) -> str:
    """Decide the distinct texts of a column that satisfy `undecided`; return the temporary table of results.

    `source` is a table or view of `con`, `column` a text column of it, `undecided` an SQL condition. The table has a
    column `raw` and one for each of `parts`, in the order in which `decide` gives them; it has no row for a text whose
    parts are all None. Blank texts are left out. Returns '' if there is nothing to join.
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
        found = _decide_in_batches(con, todo, name, decide, parts)
    finally:
        con.execute(f"DROP TABLE {todo}")
    if not found:
        con.execute(f"DROP TABLE {name}")
    return name if found else ""


def join_clause(table: str, source: str, column: str) -> str:
    """Return the LEFT JOIN of a table of results ('' for none)."""
    if not table:
        return ""
    return f"LEFT JOIN {table} ON {table}.raw = {qualified(source, column)}"


def _decide_in_batches(
    con: duckdb.DuckDBPyConnection,
    todo: str,
    name: str,
    decide: Callable[[str], tuple[str | None, ...]],
    parts: Sequence[str],
) -> int:
    """Fill the table of results; return how many there are."""
    (total,) = con.execute(f"SELECT count(*) FROM {todo}").fetchone() or (0,)
    schema = pa.schema([("raw", pa.string()), *((part, pa.string()) for part in parts)])
    found = 0
    for start in range(0, total, BATCH):
        rows = con.execute(f"SELECT raw FROM {todo} WHERE rowid >= ? AND rowid < ?", [start, start + BATCH]).fetchall()
        results = [(raw, *decide(raw)) for (raw,) in rows]
        kept = [result for result in results if any(part is not None for part in result[1:])]
        if kept:
            arrays = [pa.array(values, pa.string()) for values in zip(*kept, strict=True)]
            con.register(f"{name}_batch", pa.Table.from_arrays(arrays, schema=schema))
            con.execute(f"INSERT INTO {name} SELECT * FROM {name}_batch")
            con.unregister(f"{name}_batch")
            found += len(kept)
    return found
