"""Housekeeping: old files go, nothing that anybody still needs does, and what was applied can be undone afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from contact_pipelines import cleanup, contacts, imports, notify
from contact_pipelines.cleanup import KEPT_WITH_RESULTS, CleanUp
from contact_pipelines.definitions import defs
from contact_pipelines.defs.cleanup_job import DagsterCleanUp, clean_up, clean_up_dagster, clean_up_daily
from contact_pipelines.errors import WrongState
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.models import ImportStatus, RollbackCounts
from contact_pipelines.settings.policy import Retention
from contact_pipelines.store import import_life
from tests.helpers.notifying import PEOPLE, mailing, send
from tests.helpers.smtp_server import serving_mail

ADA = "ada@secret.example"


def age(importer, record, days: float) -> None:
    """Let an import have ended so many days ago."""
    importer.sql(
        "UPDATE imports SET created_at = created_at - :age, finished_at = finished_at - :age,"
        " rolled_back_at = rolled_back_at - :age WHERE id = CAST(:id AS uuid)",
        age=timedelta(days=days), id=record.id,
    )  # fmt: skip


def names(importer, record) -> set[str]:
    return set(ArtifactFolder(importer.settings.artifacts, record.tenant_id, record.id).names())


def tidy(importer, **options) -> CleanUp:
    return cleanup.clean_up(importer.store, importer.settings, **options)


def fresh(importer, record):
    return imports.get_import(importer.store, record.id)


def test_first_the_artifacts_go_then_the_results(importer):
    old, new = importer.run(PEOPLE), importer.run(PEOPLE, tenant="acme")
    everything = names(importer, old)
    age(importer, old, 31)
    without = len(everything - KEPT_WITH_RESULTS)
    assert tidy(importer, dry_run=True) == CleanUp(artifacts=1, files=without)
    assert names(importer, old) == everything
    assert tidy(importer) == CleanUp(artifacts=1, files=without)
    assert tidy(importer) == CleanUp()
    kept = names(importer, old)
    assert kept == everything & KEPT_WITH_RESULTS
    assert {"results.csv", "errors.csv", "report.json"} <= kept
    assert "source" not in kept
    assert len(importer.results(old)) == 4

    age(importer, old, 365)
    assert tidy(importer) == CleanUp(results=1, files=len(kept))
    assert tidy(importer) == CleanUp()
    assert not Path(importer.settings.artifacts, "default", old.id).exists()
    assert imports.result_files(importer.settings, fresh(importer, old)) == (None, None)
    assert names(importer, new) == everything
    assert fresh(importer, old).times["results_removed_at"] is not None


@pytest.mark.parametrize("days", [31, 400])
def test_what_was_applied_can_be_undone_afterwards(importer, days):
    record = importer.run(PEOPLE)
    age(importer, record, days)
    tidy(importer)
    assert importer.roll_back(record) == RollbackCounts(deleted=2)
    assert importer.contacts() == {}
    with pytest.raises(WrongState, match="was already rolled back"):
        importer.roll_back(record)
    assert "rollback.csv" in names(importer, record)
    assert tidy(importer) == CleanUp()  # its end is the rollback
    age(importer, record, 400)
    assert tidy(importer).results == 1
    with pytest.raises(WrongState, match="was already rolled back"):
        importer.roll_back(record)


def test_imports_that_are_not_over_are_left_alone_however_old(importer):
    waiting = importer.run(PEOPLE, review=True)
    pending = imports.register_import(importer.store, str(importer.file(PEOPLE)))
    everything = names(importer, waiting)
    importer.sql("UPDATE imports SET review_expires_at = now() + interval '1 day'")
    for record in (waiting, pending):
        age(importer, record, 4000)
    assert tidy(importer) == CleanUp()
    assert names(importer, waiting) == everything
    done = imports.confirm_import(importer.store, importer.settings, waiting.id)
    assert done.status == ImportStatus.COMPLETED


def test_one_that_somebody_works_on_is_left_alone(importer):
    record = importer.run(PEOPLE)
    age(importer, record, 400)
    with import_life.heartbeat(importer.store, record):
        assert tidy(importer) == CleanUp()
    assert tidy(importer).results == 1


def test_of_an_import_that_was_never_applied_nothing_is_kept_as_long(importer):
    record = importer.run(PEOPLE, review=True)
    imports.cancel_import(importer.store, record.id)
    count = len(names(importer, record))
    age(importer, record, 31)
    assert tidy(importer) == CleanUp(artifacts=1, files=count)
    assert names(importer, record) == set()
    age(importer, record, 400)
    assert tidy(importer) == CleanUp()


def test_a_failed_import_can_be_tried_again_after_its_files_are_gone(importer):
    path = importer.file("nothing\nat all\n")
    record = imports.register_import(importer.store, str(path))
    with pytest.raises(Exception, match="email"):
        imports.run_import(importer.store, importer.settings, record)
    age(importer, record, 31)
    assert tidy(importer).artifacts == 1
    path.write_text(PEOPLE)
    done = imports.run_import(importer.store, importer.settings, fresh(importer, record))
    assert (done.status, done.counts.created) == (ImportStatus.COMPLETED, 2)
    assert done.times["artifacts_removed_at"] is None


def test_what_removing_left_halfway_is_removed_the_next_time(importer, monkeypatch):
    record = importer.run(PEOPLE)
    age(importer, record, 31)
    discard = ArtifactFolder.discard
    removed = []

    def discard_and_crash(self, name):
        discard(self, name)
        removed.append(name)
        if len(removed) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ArtifactFolder, "discard", discard_and_crash)
        with pytest.raises(KeyboardInterrupt):
            tidy(importer)
    assert fresh(importer, record).times["artifacts_removed_at"] is None
    assert tidy(importer).artifacts == 1
    assert names(importer, record) <= KEPT_WITH_RESULTS


def test_for_ever_is_for_ever(importer):
    for_ever = Retention(**dict.fromkeys(Retention.model_fields))
    importer.settings = importer.settings.model_copy(update={"retention": for_ever})
    age(importer, importer.run(PEOPLE), 30_000)
    assert tidy(importer) == CleanUp()


def test_a_deleted_person_is_found_for_erasing_as_long_as_there_are_results(importer):
    record = importer.run(PEOPLE)
    importer.sql("DELETE FROM contacts WHERE email = :email", email=ADA)
    age(importer, record, 31)
    tidy(importer)
    done = contacts.erase_contact(importer.store, importer.settings, ADA)
    assert (done.changes, done.not_searched) == (1, ())
    assert "results.csv" not in names(importer, record)


def test_a_deleted_person_is_found_in_the_journal_when_no_files_are_left(importer):
    importer.run(f"external_id,email\nA-1,{ADA}\nB-2,bob@secret.example\n")
    importer.run("external_id,email\nA-1,ada@elsewhere.example\n", match_on=["external_id"])
    importer.sql("DELETE FROM contacts WHERE external_id = 'A-1'")
    importer.sql("UPDATE imports SET finished_at = finished_at - interval '400 days'")
    assert tidy(importer).results == 2
    done = contacts.erase_contact(importer.store, importer.settings, ADA)
    assert (done.changes, done.not_searched) == (2, ())
    found = importer.sql("SELECT CAST(j AS text) AS written FROM import_changes j")
    assert [row for row in found if "ada@" in row["written"]] == []
    assert len(found) == 1


def test_old_notifications_go_unless_they_wait(importer):
    with serving_mail() as server:
        mailing(importer, server.port)
        importer.run(PEOPLE)
        importer.run(PEOPLE)
        server.refuse_rcpt.append("451 later")
        assert send(importer).sent == 1
    importer.sql("UPDATE notification_events SET occurred_at = occurred_at - interval '91 days'")
    assert tidy(importer, dry_run=True) == CleanUp(notifications=1)
    assert tidy(importer) == CleanUp(notifications=1)
    (left,) = notify.list_notifications(importer.store)
    assert left.status == "waiting"


# -- Dagster's part


def test_partitions_and_runs_of_old_imports_go(importer):
    old, new = importer.run(PEOPLE), importer.run(PEOPLE)
    age(importer, old, 400)
    with dg.instance_for_test() as instance:
        instance.add_dynamic_partitions("imports", [old.name, new.name, "of-another-store"])
        ran = nothing_to_do.execute_in_process(instance=instance).run_id
        told = clean_up_dagster(instance, importer.store, importer.settings, dry_run=True)
        assert told == DagsterCleanUp(partitions=1, runs=0)
        assert clean_up_dagster(instance, importer.store, importer.settings) == told
        assert set(instance.get_dynamic_partitions("imports")) == {new.name, "of-another-store"}

        _age_run(instance, ran)
        going_on = instance.create_run_for_job(clean_up, status=dg.DagsterRunStatus.STARTED).run_id
        _age_run(instance, going_on)
        assert clean_up_dagster(instance, importer.store, importer.settings) == DagsterCleanUp(runs=1)
        assert [run.run_id for run in instance.get_runs()] == [going_on]
        assert instance.all_logs(ran) == []


def test_the_job_runs_every_night_and_tells_what_went(importer):
    age(importer, importer.run(PEOPLE), 31)
    with dg.instance_for_test() as instance:
        result = _run(instance, importer)
        assert result.success
        (output,) = [event for event in result.all_events if event.is_handled_output or event.is_successful_output]
        metadata = {name: entry.value for name, entry in output.step_output_data.metadata.items()}
    assert metadata.pop("seconds") >= 0
    assert metadata.pop("files") > 0
    assert metadata == {
        "dry_run": False, "artifacts": 1, "results": 0, "notifications": 0, "exports": 0,
            "partitions": 0, "runs": 0,
    }  # fmt: skip
    assert [schedule.name for schedule in defs.schedules or ()] == [clean_up_daily.name]
    assert clean_up_daily.default_status == dg.DefaultScheduleStatus.RUNNING


@dg.job
def nothing_to_do():
    """A run that is over."""


def _run(instance, importer):
    from contact_pipelines.defs.pipelines import Pipelines

    pipelines = Pipelines(importer.settings, importer.store)
    return clean_up.execute_in_process(instance=instance, resources={"pipelines": pipelines})


def _age_run(instance, run_id):
    from dagster._core.storage.runs.schema import RunsTable

    long_ago = (datetime.now(UTC) - timedelta(days=400)).replace(tzinfo=None)
    with instance.run_storage.connect() as connection:
        connection.execute(RunsTable.update().where(RunsTable.c.run_id == run_id).values(update_timestamp=long_ago))
