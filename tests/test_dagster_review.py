"""Review in Dagster: the run stops, materialising `applied_import` confirms, a backfill does not, reviews expire."""

from __future__ import annotations

import dagster as dg
import pytest
import sqlalchemy as sa

from contact_pipelines import imports
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.defs.sensors import expire_overdue_reviews
from contact_pipelines.models import ImportOptions, ImportStatus
from tests.helpers.dagster_runs import (
    BROKEN,
    SECRETS,
    count_contacts,
    everything_said,
    metadata_of,
    register,
    run_job,
    use_environment,
)

CONFIRMING = [dg.AssetKey("applied_import"), dg.AssetKey("import_report")]


@pytest.fixture
def settings(monkeypatch, tmp_path, database_url):
    return use_environment(monkeypatch, tmp_path / "home", database_url)


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def record(settings, store, tmp_path):
    return register(store, tmp_path, text=BROKEN, options=ImportOptions(review=True))


def status(store, record):
    return imports.get_import(store, record.id).status


def materialised(result):
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}


def test_the_run_ends_at_the_plan(store, instance, record):
    result = run_job(instance, record)
    assert result.success
    assert "contact_changes" in materialised(result)
    assert not materialised(result) & {"applied_import", "import_report"}
    assert status(store, record) == ImportStatus.AWAITING_REVIEW
    assert count_contacts(store) == 0
    told = metadata_of(result, "contact_changes")
    assert told.items() >= {"status": "awaiting_review", "total": 5, "created": 4, "failed": 1}.items()
    said = everything_said(instance, result.run_id)
    assert [secret for secret in SECRETS if secret in said] == []


@pytest.mark.parametrize("assets", [CONFIRMING, CONFIRMING[:1]])
def test_materialising_applied_import_confirms(store, instance, record, assets):
    run_job(instance, record)
    result = run_job(instance, record, asset_selection=assets)
    assert result.success
    assert materialised(result) == {asset.to_user_string() for asset in assets}
    told = metadata_of(result, "applied_import")
    assert told.items() >= {"total": 5, "created": 4, "failed": 1, "contacts_changed_meanwhile": False}.items()
    assert status(store, record) == ImportStatus.COMPLETED
    assert count_contacts(store) == 4
    said = everything_said(instance, result.run_id)
    assert [secret for secret in SECRETS if secret in said] == []


def test_conflicts_are_told(store, instance, record):
    run_job(instance, record)
    with store.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO contacts (tenant_id, id, email) VALUES ('default', gen_random_uuid(), :email)"),
            {"email": "ada.lovelace@secret.example"},
        )
    result = run_job(instance, record, asset_selection=CONFIRMING)
    told = metadata_of(result, "applied_import")
    assert told.items() >= {"created": 3, "failed": 2, "contacts_changed_meanwhile": True}.items()
    said = everything_said(instance, result.run_id)
    assert [secret for secret in SECRETS if secret in said] == []


def test_a_backfill_does_not_confirm(store, instance, record):
    run_job(instance, record)
    result = run_job(instance, record, asset_selection=CONFIRMING, tags={"dagster/backfill": "abcdef"})
    assert not result.success
    assert "A backfill cannot apply imports" in everything_said(instance, result.run_id)
    assert status(store, record) == ImportStatus.AWAITING_REVIEW
    assert count_contacts(store) == 0


def test_a_backfill_of_everything_does_not_confirm_either(store, instance, record):
    run_job(instance, record)
    result = run_job(instance, record, tags={"dagster/backfill": "abcdef"})
    assert not result.success
    assert "awaits review and cannot be started again" in everything_said(instance, result.run_id)
    assert status(store, record) == ImportStatus.AWAITING_REVIEW


def test_a_cancelled_import_is_not_applied(store, instance, record):
    run_job(instance, record)
    imports.cancel_import(store, record.id)
    result = run_job(instance, record, asset_selection=CONFIRMING)
    assert not result.success
    assert f"The import {record.name} was cancelled; nothing was written." in everything_said(instance, result.run_id)
    assert status(store, record) == ImportStatus.CANCELLED


def test_the_sensor_ends_overdue_reviews(settings, store, instance, record):
    run_job(instance, record)
    context = dg.build_sensor_context(instance=instance, resources={"pipelines": Pipelines(settings, store)})
    assert "0 reviews" in expire_overdue_reviews(context).skip_message
    assert status(store, record) == ImportStatus.AWAITING_REVIEW
    with store.begin() as connection:
        connection.execute(sa.text("UPDATE imports SET review_expires_at = now()"))
    assert "1 reviews" in expire_overdue_reviews(context).skip_message
    with store.connect() as connection:
        assert connection.scalar(sa.text("SELECT status FROM imports")) == "expired"
    result = run_job(instance, record, asset_selection=CONFIRMING)
    assert not result.success
    assert "is expired and cannot be started again" in everything_said(instance, result.run_id)
