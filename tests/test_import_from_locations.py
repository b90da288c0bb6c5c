"""Imports of files at locations: copied once, whole or not at all, and no secret is ever kept or shown."""

from __future__ import annotations

import json

import pytest

from contact_pipelines import imports
from contact_pipelines.errors import FileChanged, FileNotImportable, FileUnreadable, InvalidOption
from contact_pipelines.files.locations.sftp import SftpFolder
from contact_pipelines.models import Counts, ImportStatus
from tests.helpers import s3_server, sftp_server
from tests.helpers.settings_file import with_entries, write_settings

PEOPLE = "email,first_name\nann@example.com,Ann\nbob@example.com,Bob\n"


@pytest.fixture
def sftp(tmp_path):
    (tmp_path / "served").mkdir()
    with sftp_server.serving(tmp_path / "served") as server:
        yield server


@pytest.fixture
def at_sftp(importer, sftp, tmp_path):
    """Let the importer know the SFTP server as the location sales."""
    importer.settings = with_entries(importer.settings, tmp_path, locations={"sales": sftp.config(tmp_path)})
    return importer


def import_from(importer, source, **others):
    locations = importer.settings.locations
    record = imports.register_import(importer.store, source, locations=locations, **others)
    return imports.run_import(importer.store, importer.settings, record)


def test_a_file_of_an_sftp_server(at_sftp, sftp):
    (sftp.folder / "people.csv").write_text(PEOPLE)
    record = import_from(at_sftp, "sftp://sales/people.csv", trusted=False)
    assert record.counts == Counts(2, created=2)
    assert (record.source, record.file_name) == ("sftp://sales/people.csv", "people.csv")
    assert record.file.size == len(PEOPLE)
    everything = json.dumps(at_sftp.sql("SELECT * FROM imports"), default=str)
    assert sftp_server.PASSWORD not in everything


def test_a_file_that_is_not_there_is_not_registered(at_sftp):
    with pytest.raises(FileUnreadable, match=r"There is no file none.csv at the location sales"):
        imports.register_import(at_sftp.store, "sftp://sales/none.csv", locations=at_sftp.settings.locations)
    with pytest.raises(InvalidOption, match="cannot be named here"):
        imports.register_import(at_sftp.store, "/etc/passwd", trusted=False)
    assert at_sftp.sql("SELECT * FROM imports") == []


def test_a_file_that_changes_while_it_is_read_fails_and_nothing_is_written(at_sftp, sftp, monkeypatch):
    (sftp.folder / "people.csv").write_text(PEOPLE)
    download = SftpFolder.download

    def and_somebody_writes(self, path, to):
        download(self, path, to)
        (sftp.folder / "people.csv").write_text(PEOPLE + "eve@example.com,Eve\n")

    monkeypatch.setattr(SftpFolder, "download", and_somebody_writes)
    with pytest.raises(FileChanged, match="changed while it was read; import it again when it is complete"):
        import_from(at_sftp, "sftp://sales/people.csv")
    (found,) = imports.list_imports(at_sftp.store)
    assert (found.status, found.error_code) == (ImportStatus.FAILED, "file_changed")
    assert at_sftp.contacts() == {}


def test_a_file_beyond_the_limit_is_not_even_copied(at_sftp, sftp, monkeypatch):
    (sftp.folder / "people.csv").write_text(PEOPLE)
    limits = at_sftp.settings.policy.limits.model_copy(update={"file_bytes": 10})
    policy = at_sftp.settings.policy.model_copy(update={"limits": limits})
    at_sftp.settings = at_sftp.settings.model_copy(update={"policy": policy})
    monkeypatch.setattr(SftpFolder, "download", None)
    with pytest.raises(FileNotImportable, match=r"people.csv has 57 bytes; at most 10 .* limits.file_bytes"):
        import_from(at_sftp, "sftp://sales/people.csv")


def test_the_command_imports_from_s3_and_check_tries_it(run, tmp_path, monkeypatch):
    with s3_server.serving() as s3:
        s3.put(s3.bucket("acme-drop"), "in/people.csv", PEOPLE)
        environment: dict[str, str] = {}
        locations = {"bucket": s3.config("acme-drop"), "gone": {"type": "local", "path": "no/such/folder"}}
        feed = {"name": "nightly", "source": {"location": "bucket", "path": "in/*.csv"}, "schedule": {"cron": "@daily"}}
        broken = {"name": "late", "source": {"location": "bucket", "path": "in/*.csv"}}
        write_settings(tmp_path / "contact_pipelines.yaml", environment, locations=locations, imports=[feed, broken])
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

        found = run("import", "s3://acme-drop/in/people.csv", "--column-map", '{"email": "email"}', "--json")
        assert found.code == 0, found.err
        assert json.loads(found.out)["counts"]["created"] == 2
        assert run("import", "s3://acme-drop/in/none.csv").code == 1
        assert run("import", "file:///etc/passwd").code == 2

        found = run("check", "--json")
        assert found.code == 1
        told = json.loads(found.out)
        assert [(entry["section"], entry["name"], entry["ok"], entry["files"]) for entry in told["entries"]] == [
            ("locations", "bucket", True, None),
            ("locations", "gone", False, None),
            ("imports", "late", False, None),
            ("imports", "nightly", True, 1),
        ]
        assert "no/such/folder" not in found.err
        text = run("check")
        assert text.code == 1
        assert "imports.late: The settings file contact_pipelines.yaml has a wrong value at imports.late" in text.out
        assert "1 file at bucket fit in/*.csv" in text.out
        for secret in (s3_server.SECRET, s3_server.KEY):
            assert secret not in found.out + text.out + text.err


def test_check_of_a_file_that_cannot_be_read(run, tmp_path):
    (tmp_path / "contact_pipelines.yaml").write_text("limits: {rows: -1}")
    found = run("check", "--json")
    assert found.code == 1
    assert "wrong value at limits.rows" in json.loads(found.out)["error"]["message"]
    (tmp_path / "contact_pipelines.yaml").unlink()
    assert run("check").code == 0
