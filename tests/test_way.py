"""The way of a file through the steps: what is checked before it costs anything, and what holds up other imports."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import text

from contact_pipelines import imports
from contact_pipelines.errors import ConservationError, FileChanged, FileNotImportable
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports import way
from contact_pipelines.imports.compare import probable_duplicates
from contact_pipelines.models import ImportStatus
from contact_pipelines.settings.policy import Limits, Policy

PEOPLE = "email,first_name\na@example.com,Ann\nb@example.com,Bob\n"


def limited(importer, most_bytes):
    """Return the importer's settings with a limit on a file's size."""
    return importer.settings.model_copy(update={"policy": Policy(limits=Limits(file_bytes=most_bytes))})


def files_of(importer, record):
    return ArtifactFolder(importer.settings.artifacts, record.tenant_id, record.id).names()


def test_a_file_beyond_the_limit_is_not_copied(importer):
    record = imports.register_import(importer.store, str(importer.file(PEOPLE)))
    with pytest.raises(FileNotImportable) as told:
        imports.run_import(importer.store, limited(importer, len(PEOPLE) - 1), record)
    assert str(told.value) == (
        f"file_1.csv has {len(PEOPLE)} bytes; at most {len(PEOPLE) - 1} can be imported. Split it, or raise"
        " limits.file_bytes in the settings."
    )
    failed = imports.get_import(importer.store, record.id)
    assert (failed.status, failed.error, failed.file) == (ImportStatus.FAILED, str(told.value), None)
    assert files_of(importer, record) == []


def test_a_file_at_the_limit_is_imported(importer):
    record = imports.register_import(importer.store, str(importer.file(PEOPLE)))
    done = imports.run_import(importer.store, limited(importer, len(PEOPLE)), record)
    assert (done.status, done.counts.created) == (ImportStatus.COMPLETED, 2)


def test_a_file_that_grows_beyond_the_limit_is_not_copied_to_its_end(importer, monkeypatch):
    path, limit, copied = importer.file(PEOPLE), 1000, 0

    class GrowingFile:
        """The hash of the copy; for each block of it the file gets another one, fifty times."""

        def update(self, block):
            nonlocal copied
            copied += len(block)
            if copied < 50 * len(PEOPLE):
                with path.open("a", encoding="utf-8") as file:
                    file.write(PEOPLE)

    record = imports.register_import(importer.store, str(path))
    monkeypatch.setattr(hashlib, "sha256", GrowingFile)
    with pytest.raises(FileChanged):
        imports.run_import(importer.store, limited(importer, limit), record)
    assert copied <= limit
    assert files_of(importer, record) == []


@pytest.mark.parametrize("review", [False, True])
def test_warnings_are_gathered_while_other_imports_of_the_tenant_can_be_applied(importer, monkeypatch, review):
    free, real = [], probable_duplicates.warnings

    def watched(session):
        with importer.store.begin() as connection:
            key = {"key": f"apply:{session.record.tenant_id}"}
            free.append(connection.scalar(text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))"), key))
        return real(session)

    monkeypatch.setattr(probable_duplicates, "warnings", watched)
    record = importer.run("email,phone\na@example.com,12\nb@example.com,\n", review=review)
    if review:
        record = imports.confirm_import(importer.store, importer.settings, record.id)
    assert (record.status, record.warnings) == (ImportStatus.COMPLETED, 1)
    assert set(free) == {True}


@pytest.mark.thorough
def test_warnings_of_a_plan_that_is_made_anew_are_those_of_the_new_one(importer):
    record = imports.register_import(importer.store, str(importer.file("email,status\na@example.com,subscribed\n")))
    with imports.open_import(importer.store, importer.settings, record) as session:
        assert way.plan_import(session)
        importer.run("email,status\na@example.com,unsubscribed\n")
        way.apply_import(session)
    done = imports.get_import(importer.store, record.id)
    assert (done.status, done.counts.unchanged, done.warnings) == (ImportStatus.COMPLETED, 1, 1)


@pytest.mark.parametrize("kept", ["_row = 2", "true UNION ALL FROM contact_changes WHERE _row = 3"])
def test_a_plan_that_lost_or_doubled_a_row_is_not_applied(importer, kept):
    record = imports.register_import(importer.store, str(importer.file(PEOPLE)))
    with imports.open_import(importer.store, importer.settings, record) as session:
        assert way.plan_import(session)
        session.view("contact_changes")
        session.save("contact_changes", session.con.sql(f"FROM contact_changes WHERE {kept}"))
        with pytest.raises(ConservationError):
            way.apply_import(session)
    assert imports.get_import(importer.store, record.id).status == ImportStatus.FAILED
    assert importer.contacts() == {}
