"""Infer: the narrowest type that all values of a column have, for the property that is created for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from contact_pipelines.files.duck import identifier, sql_blocks
from contact_pipelines.imports.validate import dates, numbers
from contact_pipelines.imports.validate.texts import trimmed
from contact_pipelines.models import PropertyType, Transformation

_FIRST_ROWS = "first_rows"


def infer_types(
    con: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[str],
    transform: Mapping[str, Transformation] | None = None,
) -> dict[str, PropertyType]:
    """Return the narrowest type that every value of each column has; a column without values is text.

    `source` is a table or view, `transform` says by column how its text is read (decimal comma, date format).
    Digits with a leading zero (0130) and numbers of more than 15 digits are codes, not numbers. Slashed dates are
    dates if the column proves their order (see `values.dates`).
    """
    how = {column: (transform or {}).get(column, Transformation()) for column in columns}
    con.execute(f"CREATE OR REPLACE VIEW {_FIRST_ROWS} AS FROM {identifier(source)} LIMIT {dates.FIRST_LOOK}")
    # Most columns turn out to be text at the first look, which spares them the long one.
    first = _narrowest(con, _FIRST_ROWS, how)
    unsure = [name for name in columns if first[name] is not PropertyType.TEXT or not _any(con, _FIRST_ROWS, name)]
    types = first | _narrowest(con, source, {name: how[name] for name in unsure})
    undated = [name for name in columns if types[name] is PropertyType.TEXT and not how[name].date_format]
    return types | dict.fromkeys(dates.proven_formats(con, source, undated), PropertyType.DATE)


def _narrowest(
    con: duckdb.DuckDBPyConnection, source: str, columns: Mapping[str, Transformation]
) -> dict[str, PropertyType]:
    if not columns:
        return {}
    block = sql_blocks("normalising")["infer_type"]
    parts = []
    for column, how in columns.items():
        text = identifier(column)
        date = dates.date(text, dates.style_of(how))
        parts.append(block.format(text=trimmed(text), number=numbers.number(text, how), date=date))
    row = con.sql(f"SELECT {', '.join(parts)} FROM {identifier(source)}").fetchall()[0]
    return {column: PropertyType(kind) for column, kind in zip(columns, row, strict=True)}


def _any(con: duckdb.DuckDBPyConnection, source: str, column: str) -> bool:
    """Whether there is any value in this column."""
    count = con.sql(f"SELECT count({trimmed(identifier(column))}) FROM {identifier(source)}").fetchall()[0][0]
    return bool(count)
