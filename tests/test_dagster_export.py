"""The job `new_export`."""

from __future__ import annotations

import dagster as dg
import pytest

from contact_pipelines import exports, imports
from contact_pipelines.definitions import defs
from contact_pipelines.defs.new_export import EXPORTED_CONTACTS, NewExport
from contact_pipelines.defs.option_forms import form_options
from contact_pipelines.errors import InvalidOption
from contact_pipelines.models import ExportFormat, ExportRequest
from tests.helpers.dagster_runs import PEOPLE, SECRETS, everything_said, register, use_environment
from tests.helpers.exporting import read_json


@pytest.fixture
def settings(monkeypatch, tmp_path, database_url):
    return use_environment(monkeypatch, tmp_path / "home", database_url)


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def new_export(instance, **config):
    return defs.resolve_job_def("new_export").execute_in_process(
        instance=instance, run_config={"ops": {"export_contacts": {"config": config}}}, raise_on_error=False
    )


def test_the_form_exports_and_tells_where(settings, store, instance, tmp_path):
    imports.run_import(store, settings, register(store, tmp_path, PEOPLE))
    result = new_export(
        instance, output={"format": "json", "fields": ["email"]}, contacts={"filter": "lead_score >= 20"}
    )
    assert result.success
    (record,) = exports.list_exports(store, settings)
    assert (record.rows, record.requested_by) == (2, "dagster")
    assert len(read_json(record.location)) == 2
    event = instance.get_latest_materialization_event(EXPORTED_CONTACTS)
    told = {key: entry.value for key, entry in event.asset_materialization.metadata.items()}
    assert (told["rows"], told["size"], told["file"], told["format"]) == (2, record.size, record.location, "json")
    said = everything_said(instance, result.run_id)
    assert [secret for secret in SECRETS if secret in said] == []


def test_a_wrong_form_fails_with_a_sentence(settings, store, instance):
    result = new_export(instance, contacts={"filter": "lead_score >>"})
    assert not result.success
    assert exports.list_exports(store, settings) == []


def test_the_form_as_it_is_asks_for_everything():
    assert form_options(NewExport(), ExportRequest) == ExportRequest()
    form = NewExport(output={"format": "xlsx", "fields": ["email"]}, contacts={"changed_since": "last"})
    asked = form_options(form, ExportRequest)
    assert asked == ExportRequest(format=ExportFormat.XLSX, changed_since="last", fields=("email",))
    with pytest.raises(InvalidOption, match="changed_since"):
        form_options(NewExport(contacts={"changed_since": "yesterday"}), ExportRequest)
