"""The assets and their checks, run as `import_contacts` against a real store."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from contact_pipelines import imports
from contact_pipelines.imports import validate
from contact_pipelines.models import ImportOptions, ImportStatus
from tests.helpers.dagster_runs import (
    BROKEN,
    SECRETS,
    checks_of,
    count_contacts,
    everything_said,
    metadata_of,
    register,
    run_job,
    use_environment,
)

EXAMPLE = Path(__file__).parents[1] / "examples" / "contacts_nov.csv"
ASSETS = {
    "landed_file",
    "staged_rows",
    "mapped_contacts",
    "validated_contacts",
    "row_errors",
    "contact_changes",
    "applied_import",
    "import_report",
    "contact_events",
}


@pytest.fixture
def settings(monkeypatch, tmp_path, database_url):
    return use_environment(monkeypatch, tmp_path / "home", database_url)


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def test_whole_import_of_the_example(store, instance):
    record = imports.register_import(store, str(EXAMPLE))
    result = run_job(instance, record)
    assert result.success
    done = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
    assert done == ASSETS
    assert {event.partition for event in result.get_asset_materialization_events()} == {record.name}
    after = imports.get_import(store, record.id)
    assert after.status == ImportStatus.COMPLETED
    assert after.counts.total == 5000
    assert count_contacts(store) == after.counts.created > 4000

    landed = metadata_of(result, "landed_file")
    assert landed["file"] == "contacts_nov.csv"
    assert landed["size_bytes"] == EXAMPLE.stat().st_size
    assert len(landed["sha256"]) == 64
    assert metadata_of(result, "staged_rows")["dagster/row_count"] == 5000
    assert metadata_of(result, "staged_rows")["dagster/column_schema"].columns[0].name == "_row"
    mapping = {row.data["column"]: row.data for row in metadata_of(result, "mapped_contacts")["mapping"].records}
    assert mapping["email"]["field"] == "email"
    assert mapping["email"]["reason"]
    applied = metadata_of(result, "applied_import")
    assert {name: applied[name] for name in after.counts.as_dict()} == after.counts.as_dict()
    assert applied["seconds"] > 0
    assert applied["contacts_changed_meanwhile"] is False
    assert Path(metadata_of(result, "import_report")["results_file"]).read_text().count("\n") == 5001
    for name in ("staged_rows", "mapped_contacts", "validated_contacts", "row_errors", "contact_changes"):
        facts = metadata_of(result, name)
        assert Path(facts["path"]).stat().st_size == facts["size_bytes"]


def test_nothing_of_the_example_s_people_is_told(store, instance):
    record = imports.register_import(store, str(EXAMPLE))
    result = run_job(instance, record)
    said = everything_said(instance, result.run_id)
    assert record.name in said
    addresses = [line.split(",")[0] for line in EXAMPLE.read_text(encoding="utf-8").splitlines()[1:]]
    told = [address for address in addresses if "@" in address and address in said]
    assert told == []
    assert "example.com" not in said


def test_events_of_the_contacts_that_changed(store, instance, tmp_path):
    result = run_job(instance, register(store, tmp_path, BROKEN))
    facts = metadata_of(result, "contact_events")
    assert (facts["rows"], facts["dagster/row_count"]) == (4, 4)
    assert [column.name for column in facts["dagster/column_schema"].columns] == [
        "contact_id",
        "event",
        "row_number",
        "fields",
    ]


def test_no_events_where_they_are_turned_off(store, instance, tmp_path):
    result = run_job(instance, register(store, tmp_path, options=ImportOptions(events=False)))
    assert result.success
    done = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
    assert done == ASSETS - {"contact_events"}


def test_rejected_rows_are_a_warning(store, instance, tmp_path):
    result = run_job(instance, register(store, tmp_path, BROKEN))
    assert result.success
    check = checks_of(result)["validated_contacts", "rows_are_valid"]
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    rules = [row.data for row in check.metadata["broken_rules"].records]
    first = next(rule for rule in rules if rule["severity"] == "error")
    assert (first["column"], first["code"], first["rows"], first["first_row"]) == ("Email", "invalid_email", 1, 5)
    assert metadata_of(result, "validated_contacts")["rejected_rows"] == 1
    assert metadata_of(result, "applied_import")["failed"] == 1
    errors = [row.data["code"] for row in metadata_of(result, "import_report")["first_errors"].records]
    assert "invalid_email" in errors
    said = everything_said(instance, result.run_id)
    assert [secret for secret in SECRETS if secret in said] == []


def test_checks_of_a_good_file(store, instance, tmp_path):
    checks = checks_of(run_job(instance, register(store, tmp_path)))
    assert {key: check.passed for key, check in checks.items()} == {
        ("staged_rows", "file_is_importable"): True,
        ("mapped_contacts", "file_is_importable"): True,
        ("validated_contacts", "rows_are_valid"): True,
        ("contact_changes", "every_row_has_one_outcome"): True,
    }
    conserved = checks["contact_changes", "every_row_has_one_outcome"]
    assert conserved.metadata["rows_in_file"].value == conserved.metadata["total"].value == 3


@pytest.mark.parametrize(
    ("text", "asset"),
    [
        ("", "staged_rows"),
        ("Email,Name\n", "staged_rows"),
        ("Name,City\nAda Lovelace,London of secret.example\n", "mapped_contacts"),
    ],
)
def test_unimportable_file_fails_its_check_and_the_run(store, instance, tmp_path, text, asset):
    record = register(store, tmp_path, text)
    result = run_job(instance, record)
    assert not result.success
    check = checks_of(result)[asset, "file_is_importable"]
    assert not check.passed
    assert check.blocking
    after = imports.get_import(store, record.id)
    assert after.status == ImportStatus.FAILED
    assert check.description == after.error
    failed = [event for event in result.all_events if event.is_step_failure]
    assert [event.step_key for event in failed] == [asset]
    failure = failed[0].step_failure_data.user_failure_data
    assert failure.description == after.error
    assert failure.metadata["code"].value in ("file_unreadable", "file_not_importable", "no_data_rows")
    done = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
    assert done.isdisjoint({asset, "contact_changes", "applied_import"})
    assert count_contacts(store) == 0
    said = everything_said(instance, result.run_id)
    assert [secret for secret in SECRETS if secret in said] == []


def test_an_unexpected_error_is_told_without_its_text(store, instance, tmp_path, monkeypatch):
    def broken(session):
        with session.step("validate"):
            raise ValueError("could not convert ada.lovelace@secret.example")

    monkeypatch.setattr(validate, "run", broken)
    record = register(store, tmp_path)
    result = run_job(instance, record)
    assert not result.success
    failed = next(event for event in result.all_events if event.is_step_failure)
    failure = failed.step_failure_data.user_failure_data
    assert "ValueError" in failure.description
    assert failure.metadata["exception"].value == "ValueError"
    assert "contact_pipelines" in failure.metadata["where"].value
    assert [secret for secret in SECRETS if secret in everything_said(instance, result.run_id)] == []
    assert imports.get_import(store, record.id).status == ImportStatus.FAILED


def test_an_error_of_the_database_is_told_without_its_text(store, instance, tmp_path):
    with store.begin() as connection:  # a trigger that quotes its row, as constraints of PostgreSQL do
        connection.exec_driver_sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'refused: %%', NEW.email; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    result = run_job(instance, register(store, tmp_path))
    assert not result.success
    assert [secret for secret in SECRETS if secret in everything_said(instance, result.run_id)] == []
    assert count_contacts(store) == 0


def test_applying_again_changes_nothing(store, instance, tmp_path):
    record = register(store, tmp_path)
    first = run_job(instance, record)
    again = run_job(instance, record, asset_selection=[dg.AssetKey("applied_import")])
    assert again.success
    counts = {"total": 3, "created": 3}
    for result in (first, again):
        assert metadata_of(result, "applied_import").items() >= counts.items()
    assert count_contacts(store) == 3


def test_a_step_can_be_repeated_in_another_process_s_run(store, instance, tmp_path):
    record = register(store, tmp_path)
    steps = ["landed_file", "staged_rows", "mapped_contacts"]
    assert run_job(instance, record, asset_selection=[dg.AssetKey(step) for step in steps]).success
    rest = [dg.AssetKey(step) for step in ASSETS if step not in steps]
    assert run_job(instance, record, asset_selection=rest).success
    assert imports.get_import(store, record.id).status == ImportStatus.COMPLETED


def test_a_missing_artifact_is_told_in_a_sentence(store, instance, tmp_path):
    record = register(store, tmp_path)
    result = run_job(instance, record, asset_selection=[dg.AssetKey("applied_import")])
    assert not result.success
    assert f"The import {record.name} has no contact_changes yet" in everything_said(instance, result.run_id)


def test_a_backfill_is_refused(store, instance, tmp_path):
    record = register(store, tmp_path)
    result = run_job(instance, record, tags={"dagster/backfill": "abcdef"})
    assert not result.success
    failed = next(event for event in result.all_events if event.is_step_failure)
    assert failed.step_key == "applied_import"
    assert "A backfill cannot apply imports" in failed.step_failure_data.user_failure_data.description
    assert count_contacts(store) == 0


def test_an_import_of_another_tenant(store, instance, tmp_path):
    record = register(store, tmp_path, tenant_id="acme")
    result = run_job(instance, record)
    assert result.success
    assert metadata_of(result, "landed_file")["tenant"] == "acme"
    assert imports.get_import(store, record.id, tenant_id="acme").counts.created == 3
