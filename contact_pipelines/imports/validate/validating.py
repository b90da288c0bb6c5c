"""Runs the typed rows through the Pandera schema in batches and collects the errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from contact_pipelines.files.duck import ROW, identifier, sql_blocks
from contact_pipelines.imports.columns.file_mapping import FileMapping
from contact_pipelines.imports.validate.field_rules import check_field_rules
from contact_pipelines.models import MatchKey, Severity
from contact_pipelines.outcomes import OUTCOMES
from contact_pipelines.settings.policy import FieldRules

if TYPE_CHECKING:
    import pandera.polars as pa
    import polars as pl

BATCH_ROWS = 100_000
"""Rows validated at once: large enough that Pandera's cost per call vanishes, small enough for memory."""


@dataclass(frozen=True)
class ErrorCount:
    """The number of errors of one code in one column."""

    column: str
    code: str
    message: str
    severity: Severity
    rows: int
    first_row: int


def validate(
    con: duckdb.DuckDBPyConnection,
    table: str,
    errors_table: str,
    mapping: FileMapping,
    rules: Mapping[str, FieldRules],
    *,
    match_on: Sequence[MatchKey],
) -> None:
    """Check the typed rows of `table` and add their errors to `errors_table` (see `create_errors_table`).

    `rules`: the settings' rules by contact field. Raises InvalidOption for rules that contradict each other.
    """
    check_field_rules(rules)
    from contact_pipelines.imports.validate.contact_schema import contact_schema  # takes long

    schema = contact_schema(mapping.fields, mapping.properties, mapping.headers, rules, match_on)
    messages = _messages(schema)
    writer = con.cursor()  # a second connection to the same DuckDB: the first is busy handing out batches
    for batch in _batches(con, table, schema):
        failures = _failures(schema, batch)
        if failures is not None:
            told = failures.join(messages, on=["name", "code"]).drop("name")
            writer.register("failures", told.to_arrow())
            writer.execute(f"INSERT INTO {identifier(errors_table)} BY NAME SELECT * FROM failures")
            writer.unregister("failures")
    writer.close()


def create_errors_table(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Create the table of errors: row, column (its header in the file), code, message, severity."""
    con.execute(sql_blocks("validating")["create_errors_table"].format(table=identifier(name)))


def count_errors(con: duckdb.DuckDBPyConnection, errors_table: str) -> list[ErrorCount]:
    """Return the errors by column and code, most frequent first."""
    rows = con.sql(sql_blocks("validating")["count_errors"].format(table=identifier(errors_table))).fetchall()
    return [ErrorCount(column, code, text, Severity(kind), n, first) for column, code, text, kind, n, first in rows]


def _batches(con: duckdb.DuckDBPyConnection, table: str, schema: pa.DataFrameSchema) -> Iterator[pl.DataFrame]:
    import polars as pl

    values = [
        f"{(column.metadata or {}).get('sql', identifier(name))} AS {identifier(name)}"
        for name, column in schema.columns.items()
    ]
    relation = con.sql(f"SELECT {', '.join(values)} FROM {identifier(table)}")
    for batch in relation.to_arrow_reader(BATCH_ROWS):
        frame = pl.from_arrow(batch)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a record batch is never a Series
        yield frame


def _failures(schema: pa.DataFrameSchema, batch: pl.DataFrame) -> pl.DataFrame | None:
    """Return row, column name and code of each error; None if there are none."""
    import polars as pl
    from pandera.errors import SchemaErrors

    try:
        schema.validate(batch, lazy=True)
    except SchemaErrors as error:
        cases: pl.DataFrame = error.failure_cases
    else:
        return None
    if cases["index"].null_count():
        # An error in the schema, not in a row: must never pass as "all rows are fine".
        raise RuntimeError("The validation schema does not fit the typed rows.")
    rows = batch[ROW].gather(cases["index"]).alias("row")
    return cases.select(rows, pl.col("column").alias("name"), pl.col("check").alias("code"))


def _messages(schema: pa.DataFrameSchema) -> pl.DataFrame:
    """Return column name and code -> the file's column, message and severity of the error."""
    import polars as pl

    told = []
    for name, column in schema.columns.items():
        for check in column.checks:
            header = check.title or column.title or name
            severities = (column.metadata or {}).get("severities", {})
            severity = severities.get(check.error, OUTCOMES[check.error].severity)
            told.append((name, check.error, header, check.description.replace("{column}", header), str(severity)))
    return pl.DataFrame(told, schema=["name", "code", "column", "message", "severity"], orient="row")
