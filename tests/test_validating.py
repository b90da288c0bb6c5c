"""The Pandera schema of typed rows; what staging found out about a row beside it; what an import would take."""

from __future__ import annotations

import pytest

from contact_pipelines.files import duck
from contact_pipelines.files.duck import sql_blocks
from contact_pipelines.imports.columns.file_mapping import FileMapping
from contact_pipelines.imports.validate import validating
from contact_pipelines.imports.validate.contact_schema import contact_schema
from contact_pipelines.imports.validate.validating import ErrorCount
from contact_pipelines.models import ColumnMapping, ImportOptions, MatchKey, PropertyDefinition, Severity
from contact_pipelines.outcomes import sentence
from contact_pipelines.settings.policy import FieldRules


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


def test_the_schema_has_the_types_of_the_fields_and_checks_named_by_their_codes():
    plan = PropertyDefinition(key="plan", type="select", options=("free", "pro"))
    schema = contact_schema(
        ["email", "phone", "lead_score", "tags", "first_name", "properties.plan"],
        {"plan": plan},
        {"email": "E-mail", "phone": "Phone", "status.opt_out.1": "Left"},
        {"first_name": FieldRules(min_length=2, pattern="[A-Z].*")},
        [MatchKey.EMAIL],
    )
    columns = {
        name: (str(column.dtype), [check.error for check in column.checks]) for name, column in schema.columns.items()
    }
    assert columns == {
        "_row": ("Int32", []),
        "email": ("String", ["invalid_email", "too_long", "missing_email"]),
        "_given.email": ("Boolean", []),
        "phone": ("String", ["invalid_phone", "too_long"]),
        "_given.phone": ("Boolean", []),
        "lead_score": ("Int32", ["invalid_lead_score", "out_of_range"]),
        "_given.lead_score": ("Boolean", []),
        "tags": ("List(String)", []),
        "first_name": ("String", ["too_short", "too_long"]),
        "_form.first_name": ("Boolean", ["pattern"]),
        "properties.plan": ("String", ["not_an_option"]),
        "_unreadable.status.opt_out.1": ("Boolean", ["invalid_status"]),
    }


def test_rows_of_other_types_than_the_schema_has_are_never_taken_for_right():
    con = duck.connect()
    con.execute("CREATE TABLE typed AS SELECT 2 AS _row, 'ann@example.com' AS email, true AS \"_given.email\"")
    con.execute("ALTER TABLE typed ADD COLUMN lead_score VARCHAR DEFAULT '7'")
    con.execute('ALTER TABLE typed ADD COLUMN "_given.lead_score" BOOLEAN DEFAULT true')
    validating.create_errors_table(con, "found_errors")
    columns = [ColumnMapping("email", "email"), ColumnMapping("score", "lead_score")]
    mapping = FileMapping.of(columns, {}, ImportOptions())
    with pytest.raises(RuntimeError, match="does not fit") as raised:
        validating.validate(con, "typed", "found_errors", mapping, {}, match_on=[MatchKey.EMAIL])
    assert "ann@example.com" not in str(raised.value)


def test_what_json_and_parquet_rows_lack_has_a_code_of_its_own():
    con = duck.connect()
    both = f"{sentence('replaced_character')} {sentence('repeated_key')}"
    texts = [sentence("replaced_character"), both, sentence("undecodable_value", column="N%_")]
    con.execute(
        "CREATE TABLE staged_rows AS SELECT unnest(range(2, 5))::INTEGER AS _row, NULL::VARCHAR AS _error_code,"
        " NULL::VARCHAR AS _error, unnest($1::VARCHAR[]) AS _warning",
        [texts],
    )
    validating.create_errors_table(con, "found_errors")
    con.execute(sql_blocks("validating")["broken_rows"])
    found = con.sql('SELECT code, message FROM found_errors ORDER BY "row"').fetchall()
    codes = ["replaced_character", "repeated_key", "undecodable_value"]
    assert found == list(zip(codes, texts, strict=True))
