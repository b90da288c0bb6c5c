"""What staging found out about a row, told beside what validation finds; and what an import would take."""

from __future__ import annotations

from contact_pipelines.files import duck
from contact_pipelines.files.duck import sql_blocks
from contact_pipelines.imports.validate import validating
from contact_pipelines.imports.validate.validating import ErrorCount
from contact_pipelines.models import Severity


def test_broken_rows_are_errors_and_short_rows_are_warnings():
    con = duck.connect()
    con.execute(
        "CREATE TABLE staged_rows AS FROM (VALUES (2, NULL, NULL, NULL), (3, 'too_many_cells', 'has 4 cells', NULL),"
        " (4, NULL, NULL, 'has 1 cell of 3'), (5, NULL, NULL, 'has 2 cells of 3'))"
        " AS rows(_row, _error_code, _error, _warning)"
    )
    validating.create_errors_table(con, "found_errors")
    con.execute(sql_blocks("validating")["broken_rows"])
    assert con.sql("FROM found_errors ORDER BY ALL").fetchall() == [
        (3, "", "too_many_cells", "has 4 cells", "error"),
        (4, "", "too_few_cells", "has 1 cell of 3", "warning"),
        (5, "", "too_few_cells", "has 2 cells of 3", "warning"),
    ]
    broken, short = validating.count_errors(con, "found_errors")
    assert broken == ErrorCount("", "too_many_cells", "has 4 cells", Severity.ERROR, 1, 3)
    assert (short.code, short.severity, short.rows, short.first_row) == ("too_few_cells", Severity.WARNING, 2, 4)


def test_the_rows_that_an_import_would_take():
    con = duck.connect()
    con.execute("CREATE TABLE typed_contacts AS SELECT range::INTEGER AS _row FROM range(2, 10)")
    validating.create_errors_table(con, "found_errors")
    con.execute(
        "INSERT INTO found_errors VALUES (3, '', 'a', '', 'warning'), (3, '', 'b', '', 'warning'),"
        " (4, '', 'a', '', 'warning'), (4, '', 'c', '', 'error'), (5, '', 'c', '', 'error'), (99, '', 'd', '', 'error')"
    )
    counted = sql_blocks("validating")["count_valid"].format(errors="found_errors", typed="typed_contacts")
    assert con.sql(counted).fetchall() == [(6, 1)]
