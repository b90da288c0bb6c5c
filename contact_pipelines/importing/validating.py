"""Validate: Pandera schemas, built from the field and property definitions, over batches of typed rows.

An error rejects the row, a warning only drops the value. Checks carry their code; the sentence for a person is
kept beside it and names the column as the file heads it, never the value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb

from contact_pipelines.importing.duck import ROW, identifier, sql_blocks
from contact_pipelines.importing.normalising import GIVEN
from contact_pipelines.models import PROPERTY_PREFIX, PropertyDefinition, PropertyType, Severity

if TYPE_CHECKING:
    import pandera.polars as pa
    import polars as pl

BATCH_ROWS = 100_000
"""Rows validated at once: large enough that Pandera's cost per call vanishes, small enough for memory."""

INVALID, MISSING, NUMBER = "_invalid.", "_missing.", "_number."
"""Prefixes of columns that exist for a check only: "unreadable", "blank", a number property's value as a number."""

MAX_LENGTH = {
    "email": 254,
    "phone": 16,
    "external_id": 255,
    "first_name": 200,
    "last_name": 200,
    "company": 200,
}
"""Characters. 254: RFC 5321 path limit less the brackets; 16: E.164 with its plus; the others are ours."""
MAX_TEXT_PROPERTY = 10_000
LEAD_SCORE_RANGE = (0, 100)

_WHAT_IT_IS_NOT = {
    "email": "is not a valid email address",
    "phone": "is not a valid phone number; write it with its country code (+1 415 555 2671) or give a default country",
    "status": "is not a known status; use subscribed, unsubscribed, bounced or complained",
    "lead_score": "is not a whole number",
    "created_at": "is not a date that can be read for sure; write it as 2026-11-20",
    "updated_at": "is not a date that can be read for sure; write it as 2026-11-20",
    PropertyType.NUMBER: "is not a number",
    PropertyType.DATE: "is not a date that can be read for sure; write it as 2026-11-20",
    PropertyType.BOOLEAN: "is neither yes nor no",
    PropertyType.MULTI_SELECT: "is not a list of options",
}

_WARNINGS = frozenset({"invalid_phone", "invalid_created_at", "invalid_updated_at"})
"""The value is left out and the row is kept: the contact can still be told apart and written to."""


@dataclass
class RuleBook:
    """What a batch is checked against, and how each fault is told."""

    columns: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)  # column -> Pandera check arguments
    messages: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # (column, code) -> header, text

    def add(self, column: str, code: str, header: str, message: str, check: str, *args: object) -> None:
        """Add a check of Pandera by its name (`equal_to`, `in_range`, ...)."""
        self.columns.setdefault(column, []).append((check, code, *args))
        self.messages[column, code] = (header, f"{header} {message}")


def rule_book(
    fields: Sequence[str], properties: Mapping[str, PropertyDefinition], headers: Mapping[str, str]
) -> RuleBook:
    """Collect the rules for these fields. `headers` says which column of the file each came from."""
    book = RuleBook()
    for name in fields:
        header = headers.get(name, name)
        if name.startswith(PROPERTY_PREFIX):
            _property_rules(book, name, header, properties[name.removeprefix(PROPERTY_PREFIX)])
        else:
            _contact_rules(book, name, header)
    return book


def _contact_rules(book: RuleBook, name: str, header: str) -> None:
    if name in _WHAT_IT_IS_NOT:
        book.add(INVALID + name, f"invalid_{name}", header, _WHAT_IT_IS_NOT[name], "equal_to", False)  # noqa: FBT003
    if name in MAX_LENGTH:
        limit = MAX_LENGTH[name]
        book.add(name, "too_long", header, f"has more than {limit} characters", "str_length", None, limit)
    if name == "email":
        book.add(MISSING + name, "missing_email", header, "is empty", "equal_to", False)  # noqa: FBT003
    if name == "lead_score":
        low, high = LEAD_SCORE_RANGE
        book.add(name, "out_of_range", header, f"is not between {low} and {high}", "in_range", low, high)


def _property_rules(book: RuleBook, name: str, header: str, rules: PropertyDefinition) -> None:
    if rules.type in _WHAT_IT_IS_NOT:
        code = f"invalid_{rules.type}"
        book.add(INVALID + name, code, header, _WHAT_IT_IS_NOT[rules.type], "equal_to", False)  # noqa: FBT003
    if rules.type == PropertyType.TEXT:
        text = f"has more than {MAX_TEXT_PROPERTY} characters"
        book.add(name, "too_long", header, text, "str_length", None, MAX_TEXT_PROPERTY)
    if rules.type == PropertyType.NUMBER and (rules.min is not None or rules.max is not None):
        if rules.min is not None:
            book.add(NUMBER + name, "too_low", header, f"is below {rules.min:g}", "ge", rules.min)
        if rules.max is not None:
            book.add(NUMBER + name, "too_high", header, f"is above {rules.max:g}", "le", rules.max)
    if rules.pattern is not None:
        book.add(
            name,
            "pattern",
            header,
            "does not have the required form",
            "str_matches",
            f"^(?:{rules.pattern})$",
        )
    if rules.type == PropertyType.MULTI_SELECT and rules.options:
        item = "|".join(re.escape(json.dumps(option, ensure_ascii=False)) for option in rules.options)
        every = rf"^\[(?:{item})(?:, (?:{item}))*\]$"
        book.add(name, "not_an_option", header, "has a value that is not one of the property's options", "str_matches",
                 every)  # fmt: skip
    if rules.type == PropertyType.SELECT and rules.options:
        book.add(name, "not_an_option", header, "is not one of the property's options", "isin", list(rules.options))


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
    if not book.columns:
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
        for name, checks in book.columns.items()
    }
    return pa.DataFrameSchema(columns)


def _batches(con: duckdb.DuckDBPyConnection, table: str, book: RuleBook) -> Iterator[pl.DataFrame]:
    import polars as pl

    wanted = [f"{_checked(name)} AS {identifier(name)}" for name in (ROW, *book.columns)]
    relation = con.sql(f"SELECT {', '.join(wanted)} FROM {identifier(table)}")
    for batch in relation.to_arrow_reader(BATCH_ROWS):
        frame = pl.from_arrow(batch)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a record batch is never a Series
        yield frame


def _checked(column: str) -> str:
    """Return SQL of the column that a check sees, from the columns that `normalising` left."""
    for prefix, sql in {
        INVALID: "({given} AND {value} IS NULL)",
        MISSING: "(NOT {given})",
        NUMBER: "CAST({value} AS DOUBLE)",
    }.items():
        if column.startswith(prefix):
            field = column.removeprefix(prefix)
            return sql.format(given=identifier(GIVEN + field), value=identifier(field))
    return identifier(column)


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
            (column, code, header, message, "warning" if code in _WARNINGS else "error")
            for (column, code), (header, message) in book.messages.items()
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
