"""Report: the results file (every row of the input, in order, with what became of it) and the error file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from contact_pipelines.files.duck import identifier, literal, sql_blocks
from contact_pipelines.files.formula_escape import escape_expression
from contact_pipelines.imports.validate.validating import ErrorCount, count_errors
from contact_pipelines.models import Severity

RESULTS_FILE = "results.csv"
ERRORS_FILE = "errors.csv"


def prepare_outcomes(con: duckdb.DuckDBPyConnection, changes: str, errors: str) -> None:
    """Make the table `row_outcomes`: row, `Import Status`, `Errors`, one line for each row of the file."""
    con.execute(sql_blocks("reporting")["row_outcomes"].format(changes=identifier(changes), errors=identifier(errors)))


def write_results(con: duckdb.DuckDBPyConnection, staged: str, header: Sequence[str], target: Path) -> None:
    """Write the input's rows with `Import Status` and `Errors`. `row_outcomes` must exist."""
    _write(con, "results", staged, header, target)


def write_errors(con: duckdb.DuckDBPyConnection, staged: str, header: Sequence[str], target: Path) -> None:
    """Write the failed rows only, with `Errors`; mended, the file can be imported as it is."""
    _write(con, "errors", staged, header, target)


def count_faults(con: duckdb.DuckDBPyConnection, changes: str, errors: str) -> list[ErrorCount]:
    """Return why rows failed, and what they were warned of, by column and code; no values."""
    failures = con.sql(sql_blocks("reporting")["failures"].format(changes=identifier(changes))).fetchall()
    compared = [ErrorCount("", code, text, Severity.ERROR, rows, first) for code, text, rows, first in failures]
    return [*compared, *count_errors(con, errors)]


def _write(con: duckdb.DuckDBPyConnection, block: str, staged: str, header: Sequence[str], target: Path) -> None:
    # A file that was itself a results or error file does not get these columns twice.
    names = [name for name in header if name.lower() not in ("import status", "errors")]
    cells = "".join(f"{_cell(name, first=place == 0)}, " for place, name in enumerate(names))
    query = sql_blocks("reporting")[block].format(cells=cells, staged=identifier(staged))
    con.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT csv, HEADER true, DELIMITER ',')")


def _cell(name: str, *, first: bool) -> str:
    column = f"s.{identifier(name)}"
    # A row that could not be read has no cells: its text stands in the first one.
    value = f"coalesce({column}, s._text)" if first else column
    return f"{escape_expression(value)} AS {identifier(name)}"
