"""Validate: Pandera schemas, made of an import's rule book, over batches of typed rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from contact_pipelines.files.duck import ROW, identifier, sql_blocks
from contact_pipelines.imports.validate.rule_book import RuleBook, rule_book
from contact_pipelines.models import Severity

if TYPE_CHECKING:
    import pandera.polars as pa
    import polars as pl

__all__ = ["ErrorCount", "RuleBook", "count_errors", "create_errors_table", "rule_book", "validate"]

BATCH_ROWS = 100_000
"""Rows validated at once: large enough that Pandera's cost per call vanishes, small enough for memory."""


@dataclass(frozen=True)
class ErrorCount:
    """How often one rule was broken in one column."""

    column: str
    code: str
    message: str
    severity: Severity
    rows: int
    first_row: int


def validate(con: duckdb.DuckDBPyConnection, table: str, book: RuleBook, errors_table: str) -> None:
    """Check the typed rows of `table` and add what is wrong to `errors_table` (see `create_errors_table`)."""
    if not book.checks:
        return
    schema = _schema(book)
    writer = con.cursor()  # a second connection to the same DuckDB: the first is busy handing out batches
    for batch in _batches(con, table, book):
        failures = _failures(schema, book, batch)
        if failures is not None:
            writer.register("failures", failures.to_arrow())
            writer.execute(f"INSERT INTO {identifier(errors_table)} BY NAME SELECT * FROM failures")
            writer.unregister("failures")
    writer.close()


def create_errors_table(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make the table of faults: row, column (as the file heads it), code, message, severity."""
    con.execute(sql_blocks("validating")["create_errors_table"].format(table=identifier(name)))


def count_errors(con: duckdb.DuckDBPyConnection, errors_table: str) -> list[ErrorCount]:
    """Return the faults by column and code, most frequent first."""
    rows = con.sql(sql_blocks("validating")["count_errors"].format(table=identifier(errors_table))).fetchall()
    return [ErrorCount(column, code, text, Severity(kind), n, first) for column, code, text, kind, n, first in rows]


def _schema(book: RuleBook) -> pa.DataFrameSchema:
    import pandera.polars as pa

    columns = {
        name: pa.Column(
            checks=[getattr(pa.Check, check)(*args, error=code) for check, code, *args in checks],
            nullable=True,
        )
        for name, checks in book.checks.items()
    }
    return pa.DataFrameSchema(columns)


def _batches(con: duckdb.DuckDBPyConnection, table: str, book: RuleBook) -> Iterator[pl.DataFrame]:
    import polars as pl

    wanted = [f"{book.sql.get(name, identifier(name))} AS {identifier(name)}" for name in (ROW, *book.checks)]
    relation = con.sql(f"SELECT {', '.join(wanted)} FROM {identifier(table)}")
    for batch in relation.to_arrow_reader(BATCH_ROWS):
        frame = pl.from_arrow(batch)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a record batch is never a Series
        yield frame


def _failures(schema: pa.DataFrameSchema, book: RuleBook, batch: pl.DataFrame) -> pl.DataFrame | None:
    import polars as pl
    from pandera.errors import SchemaErrors

    try:
        schema.validate(batch, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
    else:
        return None
    if cases["index"].null_count():
        # A fault of the schema, not of a row: never to be taken for "all rows are fine".
        raise RuntimeError("The validation schema does not fit the typed rows.")
    told = pl.DataFrame(
        [
            (column, code, fault.header, fault.message, str(fault.severity))
            for (column, code), fault in book.faults.items()
        ],
        schema=["column", "check", "header", "message", "severity"],
        orient="row",
    )
    rows = batch[ROW].gather(cases["index"])
    named = cases.select("column", "check").with_columns(rows.alias("row")).join(told, on=["column", "check"])
    found: pl.DataFrame = named.select(
        "row", pl.col("header").alias("column"), pl.col("check").alias("code"), "message", "severity"
    )
    return found
