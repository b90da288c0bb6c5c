"""`outcomes.py`: its document, its errors, its sentences; and that some test reaches each code.

`python -m tests.test_outcomes` writes docs/outcomes.md anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer

import contact_pipelines
from contact_pipelines import errors, outcomes
from contact_pipelines.cli import failing
from contact_pipelines.errors import ConservationError, ContactPipelinesError, ContactsChanged, StoreError
from contact_pipelines.files import duck
from contact_pipelines.imports.apply import write_contacts
from contact_pipelines.models import PropertyDefinition
from contact_pipelines.outcomes import OUTCOMES, Outcome, sentence, sentences
from tests.helpers.typed_rows import typed

PACKAGE, TESTS = Path(contact_pipelines.__file__).parent, Path(__file__).parent
DOCUMENT = TESTS.parent / "docs" / "outcomes.md"

INTRODUCTION = """\
# Outcomes

Every row of a file has exactly one outcome: created, updated, unchanged, skipped or failed. If there is more to say, it
also has a code. The results file shows the message; `--json`, notifications and Dagster show the code too. This page is
generated from `contact_pipelines/outcomes.py` by `python -m tests.test_outcomes`.

An *error* rejects the row. With a *warning* the row is imported, possibly without the value. Names in braces such as
`{column}` are filled in from the file.
"""
SECTIONS = (
    ("Rows: reading the file", outcomes.READING),
    ("Rows: checking the values", outcomes.VALIDATING),
    ("Rows: comparing with the store", outcomes.COMPARING),
    ("Files", outcomes.FILES),
    ("Imports", outcomes.IMPORTS),
    ("Exports", outcomes.EXPORTS),
    ("Calls", outcomes.CALLS),
)

REACHED = {
    "test_staging.py": "too_few_cells too_many_cells unclosed_quote misplaced_quote cell_too_long row_too_long",
    "test_json_records.py": "undecodable invalid_json",
    "test_field_rules.py": """invalid_phone invalid_company invalid_lead_score out_of_range invalid_number not_an_option
        too_short too_long too_low too_high pattern required""",
    "test_transformations.py": "invalid_created_at",
    "test_consent_columns.py": "invalid_status consent_kept",
    "test_email_checks.py": "disposable_email role_email no_mail_domain mail_domain_unknown",
    "test_fuzzy_import.py": "probable_duplicate opted_out_duplicate not_in_store suppressed changed_since_review",
    "test_cli.py": "invalid_email unexpected interrupted not_found store_unavailable",
    "test_dagster_assets.py": "file_unreadable file_not_importable no_data_rows",
    "test_import_from_locations.py": "file_changed",
    "test_watching.py": "already_imported",
    "test_export_feeds.py": "process_died",
    "test_export_formats.py": "export_not_possible",
    "test_dynamic_segments.py": "invalid_filter",
    "test_disk_full.py": "disk_full",
}
"""Test file -> the codes that it looks for."""

RAISED = {
    "test_locations.py": "LocationError LocationUnreachable",
    "test_watching.py": "SourceMissing",
    "test_cancel.py": "ImportCancelled",
    "test_review.py": "PlanChanged WrongState",
    "test_consent_trigger.py": "ConsentProtected AddressSuppressed AddressNotNormal",
    "test_imports.py": "InvalidOption",
    "test_exporting.py": "InvalidLink TooManyExports",
    "test_schema.py": "SchemaMismatch",
    "test_notification_emails.py": "NotificationError",
    "test_dagster_dev.py": "ServerEnded",
}
"""Test file -> the errors that it expects."""

SAID = {
    "not_started": ("test_dagster_jobs.py", "runs ended before the import began"),
    "error": ("test_undo.py", "rolled back, but the report could not be written"),
    "backfill_refused": ("test_dagster_review.py", "A backfill cannot apply imports"),
}
"""Code -> the test file that looks for it, and what it looks for."""

WITHOUT_A_CLASS = {"process_died", "not_started", "interrupted", "backfill_refused"}
BASES = {"FileError", "ConsentError"}
"""Errors that are never raised themselves."""


def test_docs_outcomes_is_this_table():
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_errors_and_codes_are_the_same():
    import contact_pipelines.defs.dev_servers
    import contact_pipelines.defs.run_here  # noqa: F401

    codes = {error.code for error in _descendants(ContactPipelinesError) if error.__name__ not in BASES}
    told = outcomes.FILES | outcomes.IMPORTS | outcomes.EXPORTS | outcomes.CALLS
    assert codes == set(told) - WITHOUT_A_CLASS


def test_the_sentences_that_the_package_asks_for_are_there_and_no_others():
    paths = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.sql")]
    texts = [path.read_text(encoding="utf-8") for path in paths if path.name != "outcomes.py"]
    asked = {name for text in texts for name in re.findall(r"""\bsentence\(\s*['"]([\w.]+)['"]""", text)}
    assert asked <= set(sentences())
    # Three kinds of names are put together from a code and what follows the dot.
    named = {name for name in sentences() if "." in name and not name.endswith((".all", ".several", ".country_code"))}
    assert {name for name in named if not any(re.search(rf"""['"]{name}['"]""", text) for text in texts)} == set()


def test_python_and_sql_fill_sentences_alike():
    con = duck.connect()
    for code, text in sentences().items():
        parts = dict.fromkeys(re.findall(r"{(\w+)}", text), "x")
        given = "".join(f", '{name}', 'x'" for name in parts)
        assert con.sql(f"SELECT sentence('{code}'{given})").fetchall() == [(sentence(code, **parts),)]
    assert con.cursor().sql("SELECT sentence('suppressed')").fetchall() == [(sentence("suppressed"),)]


def test_each_code_is_reached_by_some_test(reached_here):
    names = {error.__name__: error.code for error in _descendants(ContactPipelinesError)}
    reached = set(reached_here)
    for file, codes in REACHED.items():
        text = (TESTS / file).read_text(encoding="utf-8")
        assert [code for code in codes.split() if f'"{code}"' not in text] == [], file
        reached |= set(codes.split())
    for file, classes in RAISED.items():
        text = (TESTS / file).read_text(encoding="utf-8")
        assert [name for name in classes.split() if not re.search(rf"\b{name}\b", text)] == [], file
        reached |= {names[name] for name in classes.split()}
    for code, (file, words) in SAID.items():
        assert words in (TESTS / file).read_text(encoding="utf-8"), code
        reached.add(code)
    assert set(OUTCOMES) - reached == set()
    assert reached - set(OUTCOMES) == set()


# -- codes that no other test looks for


@pytest.fixture
def reached_here(importer, tmp_path):
    return {*_validated(), *_read(importer, tmp_path), *_compared(importer), *_raised(importer)}


def _validated() -> set[str]:
    """What the values of rows get, without a store."""
    properties = tuple(
        PropertyDefinition(key=kind, type=kind, options=("red",) if kind == "multi_select" else ())
        for kind in ("date", "boolean", "multi_select")
    )
    of_values = typed(
        {
            "Mail": "email",
            "Id": "id",
            "Changed": "updated_at",
            **{kind.key: f"properties.{kind.key}" for kind in properties},
        },
        [["", "7", "soon", "soon", "maybe", ";;"], ["ann@example.com", "", "", "", "", ""]],
        properties=properties,
    )
    found = {(code, severity) for _, _, code, severity in of_values.faults()}
    assert ("missing_email", "error") in found
    assert ("invalid_updated_at", "warning") in found
    without_key = typed({"Phone": "phone", "No": "external_id"}, [["", ""]], match_on=["phone", "external_id"])
    assert without_key.messages() == [sentence("missing_match_key.several", columns="Phone, No")]
    return {code for code, _ in found} | {code for _, _, code, _ in without_key.faults()}


def _read(importer, folder: Path) -> set[str]:
    """What rows get from the formats that can hold what a CSV cannot."""
    twice = '{"email": "ann@example.com", "n": 1, "n": 2}\n{"email": "bob@example.com", "n": "\\u0000"}\n'
    path = folder / "bytes.parquet"
    pq.write_table(pa.table({"email": ["cy@example.com"], "n": [b"\xff"]}), path)
    return _codes(importer, twice, name="twice.jsonl") | _codes(importer, path.read_bytes(), name=path.name)


def _compared(importer) -> set[str]:
    """What comparing rows with each other and with the store finds."""
    people = "email,external_id,phone\nann@example.com,1,+16502530000\nbob@example.com,2,+16502530000\n"
    both = {"match_on": ["external_id", "email"]}
    found = _codes(importer, people)
    for content, options in [
        ("email\nnew@example.com\nnew@example.com\n", {}),
        ("email\nnew@example.com\nnew@example.com\n", {"duplicates": "error"}),
        ("email\nann@example.com\n", {"mode": "create_only"}),
        ("phone\n+16502530000\n", {"match_on": ["phone"]}),
        ("external_id,email\n1,bob@example.com\n", both),
        (
            "id,email\n01890000-0000-7000-8000-000000000000,a@example.com\n",
            {"match_on": ["id"], "columns": {"id": "id"}},
        ),
        ("external_id,email\n9,ann@example.com\n", {"match_on": ["external_id"]}),
        ("email,status\nann@example.com,subscribed\nann@example.com,unsubscribed\n", {}),
        ("email,status\nann@example.com,subscribed\n", {"force_status": "they asked for it"}),
        ("email\nbob@example.com\nout@example.com\n", {"suppress": "opt_out"}),
        ("email\nbob@example.com\n", {"suppress": "opt_out"}),
    ]:
        found |= _codes(importer, content, **options)
    return found


def _raised(importer) -> set[str]:
    """What is there for faults of ours, of disks, and of others who write at the same moment."""
    con = duck.connect()
    con.execute("CREATE TABLE contact_changes AS SELECT 2 AS _row, 'created' AS outcome")
    with pytest.raises(ConservationError):
        write_contacts.check_conservation(con, 2)
    importer.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN IF new.first_name = 'Refused' THEN RAISE 'no' USING ERRCODE = '22000'; END IF; RETURN NULL; END$$"
    )
    importer.sql("CREATE TRIGGER refuse BEFORE INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION refuse()")
    with pytest.raises(StoreError):
        importer.run("email,first_name\nrefused@example.com,Refused\n")
    with pytest.raises(ContactsChanged):
        importer.run("email,first_name\nlost@example.com,Lost\n")
    wrong = failing.failure_of(typer.BadParameter("no such option"))
    return {ConservationError.code, StoreError.code, ContactsChanged.code, wrong.code}


def _codes(importer, content, **options) -> set[str]:
    record = importer.run(content, **options)
    [folder] = [path.parent for path in Path(importer.settings.artifacts).rglob("contact_changes.parquet")
                if record.id in str(path)]  # fmt: skip
    found = duckdb.sql(
        f"SELECT code FROM read_parquet('{folder}/contact_changes.parquet') WHERE code IS NOT NULL"
        f" UNION SELECT code FROM read_parquet('{folder}/row_errors.parquet')"
    )
    return {code for (code,) in found.fetchall()}


def _descendants(error: type[Exception]) -> set[type[Exception]]:
    below = {child for child in error.__subclasses__() if child.__module__.startswith(errors.__name__.split(".")[0])}
    return {error, *below, *(its for child in below for its in _descendants(child))}


# -- the document


def document() -> str:
    """Return docs/outcomes.md."""
    parts = [INTRODUCTION]
    for title, table in SECTIONS:
        parts.append(f"## {title}\n\n| code | message | outcome | severity | what to do |\n|---|---|---|---|---|\n")
        parts[-1] += "".join(f"{_line(code, its)}\n" for code, its in table.items())
    return "\n".join(parts)


def _line(code: str, its: Outcome) -> str:
    says = "<br>".join([its.sentence, *(text for name, text in its.others.items() if name != "all")])
    severity = f"{its.severity or 'note'}" + (f"; {its.otherwise}" if its.otherwise else "")
    return f"| `{code}` | {says} | {its.becomes} | {severity} | {its.remedy} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
