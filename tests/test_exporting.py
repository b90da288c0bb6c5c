"""Which contacts an export has, one snapshot of them, and what becomes of the file."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contact_pipelines import contacts, exports
from contact_pipelines.errors import (
    ExportNotPossible,
    InvalidFilter,
    InvalidLink,
    InvalidOption,
    NotFound,
    StoreUnavailable,
    TooManyExports,
    WrongState,
)
from contact_pipelines.exports import snapshot as snapshots
from contact_pipelines.exports import text_writers
from contact_pipelines.models import ExportRequest, ExportStatus
from contact_pipelines.settings.policy import Policy
from contact_pipelines.store.engine import open_store
from tests.helpers import exporting as _helpers
from tests.helpers.exporting import Exporter, read_csv

PEOPLE = (
    "email,first_name,phone,lead_score,tags,external_id\n"
    "ann@example.com,Ann,+14155552671,70,enterprise|new,e1\n"
    "bob@example.com,Bob,,20,new,e2\n"
    "cy@example.com,Cy,,,,\n"
)
ALL = ["ann@example.com", "bob@example.com", "cy@example.com"]


@pytest.fixture
def exporter(importer):
    importer.run(PEOPLE)
    return Exporter(importer)


# -- which contacts, which fields


def test_contacts_are_chosen_by_filter_group_and_text(importer, exporter):
    importer.run("email\nann@example.com\nbob@example.com\n", lists=("VIP",), topics=("News",))
    importer.run("email\nann@example.com\n", segments=("It's O'Neil",))
    importer.sql(
        "UPDATE group_members SET subscription = 'opt_out' WHERE subscription IS NOT NULL"
        " AND contact_id = (SELECT id FROM contacts WHERE email = 'bob@example.com')"
    )
    assert exporter.emails() == ALL
    assert exporter.emails(filter="lead_score > 50 AND tags CONTAINS 'enterprise'") == ALL[:1]
    assert exporter.emails(list="VIP") == ALL[:2]
    assert exporter.emails(topic="News") == ALL[:1]
    assert exporter.emails(segment="It's O'Neil") == ALL[:1]
    assert exporter.emails(search="4155552671") == ALL[:1]
    assert exporter.emails(search="o%'", list="VIP") == []
    assert exporter.emails(list="VIP", filter="lead_score < 50") == ALL[1:2]


def test_what_cannot_be_is_refused_before_anything_is_recorded(exporter):
    for error, request in (
        (InvalidFilter, {"filter": "lead_score >"}),
        (NotFound, {"list": "nobody"}),
        (InvalidOption, {"fields": ("emial",)}),
    ):
        with pytest.raises(error):
            exporter.run(**request)
    with pytest.raises(InvalidOption, match="Did you mean email"):
        exporter.run(fields=("emial",))
    assert exporter.listed() == []


def test_fields_are_chosen_and_ordered(exporter):
    rows = exporter.table(fields=("properties.city", "email", "lists", "gender"), filter="email = 'ann@example.com'")
    assert rows == [{"properties.city": "", "email": "ann@example.com", "lists": "", "properties.gender": ""}]


def test_a_tenant_sees_its_own(importer, exporter):
    importer.run("email\nother@example.com\n", tenant="other")
    assert exporter.emails(tenant="other") == ["other@example.com"]
    assert exporter.emails() == ALL
    (record,) = exporter.listed(tenant_id="other")
    with pytest.raises(NotFound):
        exports.get_export(exporter.store, record.id)


# -- one snapshot


def test_an_export_sees_one_moment_while_others_write(importer, exporter):
    """Each transaction of the writer keeps the sum of scores: no other sum may ever be exported."""
    importer.run("email,lead_score\n" + "".join(f"w{n}@example.com,10\n" for n in range(3_000)))
    stopped, written = threading.Event(), []

    def write_in_pairs():
        n = 0
        while not stopped.is_set():
            n += 1
            with importer.store.begin() as connection:
                connection.exec_driver_sql(
                    f"UPDATE contacts SET lead_score = lead_score + {n} WHERE email LIKE 'w%%1@example.com'"
                )
                connection.exec_driver_sql(
                    f"UPDATE contacts SET lead_score = lead_score - {n} WHERE email LIKE 'w%%2@example.com'"
                )
            written.append(n)

    writer = threading.Thread(target=write_in_pairs)
    writer.start()
    try:
        sums = set()
        for _ in range(3):
            before = len(written)
            rows = exporter.table(fields=("email", "lead_score"), search="w")
            sums.add(sum(int(row["lead_score"] or 0) for row in rows if row["email"].startswith("w")))
            while len(written) == before:
                stopped.wait(0.01)
    finally:
        stopped.set()
        writer.join()
    assert sums == {30_000}


def test_what_is_committed_during_an_export_is_not_in_it(importer, exporter, monkeypatch):
    real = text_writers.write_csv

    def write_after_another_commit(*arguments, **options):
        importer.sql("UPDATE contacts SET first_name = 'changed'")
        importer.sql("DELETE FROM contacts WHERE email = 'cy@example.com'")
        return real(*arguments, **options)

    monkeypatch.setattr(text_writers, "write_csv", write_after_another_commit)
    rows = exporter.table(fields=("email", "first_name"))
    assert [tuple(row.values()) for row in rows] == list(zip(ALL, ("Ann", "Bob", "Cy"), strict=True))


# -- incremental


def changes(exporter, **request):
    """Return what changed since the last export: emails, and external ids of deleted contacts."""
    rows = exporter.table(**({"changed_since": "last", "name": "sync"} | request))
    gone = sorted(row["external_id"] or "-" for row in rows if row.get("deleted_at"))
    return sorted(row["email"] for row in rows if not row.get("deleted_at")), gone


def settle(importer):
    """Let all that was done before lie more than the second back by which exports overlap."""
    with importer.store.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # or a trigger would set the time
        for table, column in (
            ("contacts", "updated_at"),
            ("contact_deletions", "deleted_at"),
            ("group_members", "added_at"),
            ("imports", "rolled_back_at"),
        ):
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = {column} - interval '1 hour'")


def test_incremental_exports_tell_what_changed_and_who_is_gone(importer, exporter):
    assert changes(exporter) == (ALL, [])  # the first one is a full one
    settle(importer)
    assert changes(exporter) == ([], [])
    importer.run("email,first_name\nbob@example.com,Robert\ndee@example.com,Dee\n")
    importer.sql("DELETE FROM contacts WHERE email = 'ann@example.com'")
    assert changes(exporter) == (["bob@example.com", "dee@example.com"], ["e1"])
    settle(importer)
    assert changes(exporter) == ([], [])
    assert changes(exporter, name="another") == (["bob@example.com", "cy@example.com", "dee@example.com"], [])


def test_incremental_exports_since_a_moment_in_every_format(importer, exporter):
    settle(importer)
    since = datetime.now(UTC) - timedelta(minutes=1)
    importer.sql("DELETE FROM contacts WHERE email = 'ann@example.com'")
    importer.run("email,first_name\nbob@example.com,Robert\n")
    readers = {
        "csv": read_csv,
        "json": _helpers.read_json,
        "jsonl": _helpers.read_json_lines,
        "parquet": _helpers.read_parquet,
    }
    for name, read in readers.items():
        record = exporter.run(format=name, changed_since=since, fields=("email", "external_id"))
        changed, gone = read(record.location)
        assert record.rows == 2
        external_id = "externalId" if "json" in name else "external_id"
        assert (changed["email"], gone[external_id]) == ("bob@example.com", "e1")
        assert changed.get("deleted_at", changed.get("deletedAt")) in (None, "")
        assert gone.get("deleted_at", gone.get("deletedAt"))
    header, changed, gone = _helpers.read_workbook(
        exporter.run(format="xlsx", changed_since=since, fields=("email",)).location
    )["Contacts"]
    assert header == ("id", "email", "deleted_at")
    assert (changed[1:], gone[1]) == (("bob@example.com", None), None)
    assert abs(gone[2].replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)


def test_joining_a_group_and_an_undone_import_are_changes(importer, exporter):
    changes(exporter)
    settle(importer)
    importer.run("email\nann@example.com\n", lists=("VIP",))
    record = importer.run("email,first_name\ncy@example.com,Cyrus\nnew@example.com,New\n")
    assert changes(exporter)[0] == ["ann@example.com", "cy@example.com", "new@example.com"]
    settle(importer)
    importer.roll_back(record)
    assert changes(exporter) == (["cy@example.com"], ["-"])  # who has their old time of change back


def test_a_contact_that_is_there_again_is_not_gone(importer, exporter):
    changes(exporter)
    settle(importer)
    (row,) = importer.sql("SELECT * FROM contacts WHERE email = 'ann@example.com'")
    importer.sql("CREATE TABLE kept AS SELECT * FROM contacts WHERE email = 'ann@example.com'")
    importer.sql("DELETE FROM contacts WHERE email = 'ann@example.com'")
    importer.sql("INSERT INTO contacts SELECT * FROM kept")
    importer.sql("DROP TABLE kept")
    assert changes(exporter) == ([], [])
    importer.sql("DELETE FROM contacts WHERE id = :id", id=row["id"])
    assert changes(exporter) == ([], ["e1"])


def test_a_transaction_that_was_running_is_in_the_next_export(importer, exporter):
    """Its changes carry the time at which it began, which is before the first export."""
    settle(importer)
    with importer.store.connect() as slow:
        slow.exec_driver_sql("UPDATE contacts SET first_name = 'late', updated_at = now() WHERE email LIKE 'bob%%'")
        importer.sql("SELECT pg_sleep(1.2)")
        assert changes(exporter)[0] == ALL
        slow.commit()
    assert changes(exporter)[0] == ["bob@example.com"]


def test_a_failed_export_moves_nothing(importer, exporter, monkeypatch):
    changes(exporter)
    settle(importer)
    importer.run("email,first_name\nbob@example.com,Robert\n")
    monkeypatch.setattr(text_writers, "write_csv", _fail)
    with pytest.raises(RuntimeError):
        changes(exporter)
    monkeypatch.undo()
    assert changes(exporter)[0] == ["bob@example.com"]


def _fail(*_, **__):
    raise RuntimeError("in the middle")


# -- the file


def test_a_file_that_is_there_is_kept_unless_told_otherwise(exporter, tmp_path):
    out = tmp_path / "contacts.csv"
    out.write_text("mine")
    with pytest.raises(InvalidOption, match="--overwrite"):
        exporter.run(out=out)
    assert out.read_text() == "mine"
    record = exports.export_contacts(exporter.store, exporter.settings, out=out, overwrite=True)
    assert (len(read_csv(out)), record.location, record.expires_at) == (3, str(out), None)
    with pytest.raises(InvalidOption, match="does not exist"):
        exporter.run(out=tmp_path / "nowhere" / "contacts.csv")


def test_a_file_that_appears_meanwhile_is_kept(exporter, tmp_path, monkeypatch):
    out = tmp_path / "contacts.csv"
    real = text_writers.write_csv

    def write(*arguments, **options):
        out.write_text("theirs")
        return real(*arguments, **options)

    monkeypatch.setattr(text_writers, "write_csv", write)
    with pytest.raises(InvalidOption, match="exists"):
        exporter.run(out=out)
    assert out.read_text() == "theirs"
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".csv") == ["artifacts"]
    assert exporter.listed()[0].status is ExportStatus.FAILED


def test_an_error_in_the_middle_leaves_no_file(exporter, tmp_path, monkeypatch):
    monkeypatch.setattr(text_writers, "write_csv", _no_space)
    with pytest.raises(ExportNotPossible, match="No space left"):
        exporter.run(out=tmp_path / "contacts.csv")
    with pytest.raises(ExportNotPossible, match="No space left"):
        exporter.run()
    assert [path for path in tmp_path.rglob("*contacts.csv*")] == []  # noqa: C416 - a generator
    assert [record.error_code for record in exporter.listed()] == ["export_not_possible"] * 2


def _no_space(plan, snapshot, path, progress=None):
    path.write_text("half")
    raise OSError(28, "No space left on device")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL, no fork")
@pytest.mark.parametrize("own_path", [True, False])
def test_killed_in_the_middle_there_is_no_file_and_the_export_is_found_dead(importer, exporter, tmp_path, own_path):
    importer.sql("UPDATE contacts SET company = repeat('x', 2000)")
    out = tmp_path / "out" / "contacts.csv" if own_path else None
    (tmp_path / "out").mkdir()
    child = multiprocessing.get_context("fork").Process(target=_export_and_die, args=(exporter.settings, out))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert [path for path in tmp_path.rglob("contacts.csv")] == []  # noqa: C416 - a generator
    (record,) = _until_dead(exporter)
    assert (record.status, record.error_code, record.rows) == (ExportStatus.FAILED, "process_died", None)
    assert list((tmp_path / "out").iterdir()) == []
    assert [path for path in (tmp_path / "artifacts").rglob("*") if "exports" in path.parts and path.is_file()] == []
    assert len(exporter.table()) == 3


def _export_and_die(settings, out):
    snapshots.MESSAGES = 1
    store = open_store(settings)

    def die(rows):
        os.kill(os.getpid(), signal.SIGKILL)

    exports.export_contacts(store, settings, out=out, progress=die)


def _until_dead(exporter):
    """The server needs a moment to see that its client is gone."""
    for _ in range(100):
        records = exporter.listed()
        if records[0].status is not ExportStatus.RUNNING:
            break
        threading.Event().wait(0.1)
    return records


def test_a_running_export_is_not_taken_for_dead(exporter, monkeypatch):
    seen = []
    real = text_writers.write_csv

    def write(*arguments, **options):
        seen.extend(record.status for record in exporter.listed())
        return real(*arguments, **options)

    monkeypatch.setattr(text_writers, "write_csv", write)
    assert exporter.run().status is ExportStatus.COMPLETED
    assert seen == [ExportStatus.RUNNING]


def test_the_store_goes_away_and_the_error_says_so(exporter, monkeypatch):
    def lose(plan, snapshot, path, progress=None):
        with exporter.store.raw() as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          " WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
        return text_writers.write_json(plan, snapshot, path, progress)

    monkeypatch.setattr(text_writers, "write_csv", lose)
    with pytest.raises(StoreUnavailable):
        exporter.run()
    assert exporter.listed()[0].status is ExportStatus.FAILED


# -- limits, expiry, links


def test_a_user_may_make_so_many_in_an_hour(importer, exporter):
    exporter.settings = exporter.settings.model_copy(
        update={"policy": Policy.model_validate({"limits": {"exports_per_hour": 2}})}
    )
    exporter.run()
    exporter.run()
    with pytest.raises(
        TooManyExports, match=r"ann has made 2 exports in the last hour.* may run at \d\d:\d\d:\d\d UTC"
    ):
        exporter.run()
    exporter.run(by="bob")
    assert len(exporter.listed()) == 3
    importer.sql("UPDATE exports SET created_at = created_at - interval '59 minutes'")
    with pytest.raises(TooManyExports) as refused:
        exporter.run()
    again = datetime.strptime(str(refused.value).split()[-2], "%H:%M:%S")  # noqa: DTZ007 - told in UTC
    now = datetime.now(UTC)
    assert timedelta(0) <= again - now.replace(year=1900, month=1, day=1, tzinfo=None) <= timedelta(seconds=62)
    importer.sql("UPDATE exports SET created_at = created_at - interval '2 minutes'")
    exporter.run()


def test_files_are_deleted_when_their_time_is_over(importer, exporter, tmp_path):
    old, new, own = exporter.run(), exporter.run(), exporter.run(out=tmp_path / "own.csv")
    assert timedelta(days=6.9) < old.expires_at - datetime.now(UTC) < timedelta(days=7.1)
    importer.sql("UPDATE exports SET expires_at = now() - interval '1 second' WHERE id = :id", id=old.id)
    assert exports.clean_up_exports(exporter.store, exporter.settings) == 1
    assert exports.get_export(exporter.store, old.id).status == ExportStatus.EXPIRED
    assert not Path(old.location).parent.exists()
    assert [Path(record.location).exists() for record in (new, own)] == [True, True]
    assert exports.clean_up_exports(exporter.store, exporter.settings) == 0
    assert [record.status.value for record in exporter.listed()] == ["completed", "completed", "expired"]


def test_links_work_for_an_hour(exporter):
    record = exporter.run()
    now = datetime.now(UTC)
    token = exports.sign_export_link(exporter.store, record, now=now)
    almost = now + timedelta(minutes=59)
    assert exports.open_export_link(exporter.store, token, tenant_id="default", now=almost).id == record.id
    with pytest.raises(InvalidLink, match="expired"):
        exports.open_export_link(exporter.store, token, tenant_id="default", now=now + timedelta(minutes=61))


def test_links_cannot_be_made_up(importer, exporter):
    importer.run("email\nother@example.com\n", tenant="other")
    record, other = exporter.run(), exporter.run(tenant="other")
    token = exports.sign_export_link(exporter.store, record)
    export_id, ends, signature = token.split(".")
    made_up = [
        "", "x", "a.b.c", f"{export_id}.{int(ends) + 1}.{signature}", f"{other.id}.{ends}.{signature}",
        f"{export_id}.{ends}.", f"{export_id}.{ends}.ä", f"{export_id}.-1.{signature}", f"{export_id}.²3.{signature}",
    ]  # fmt: skip
    for wrong in made_up:
        with pytest.raises(InvalidLink):
            exports.open_export_link(exporter.store, wrong, tenant_id="default")
    with pytest.raises(InvalidLink):
        exports.open_export_link(exporter.store, token, tenant_id="other")


def test_there_are_links_only_to_what_is_kept(exporter, tmp_path):
    with pytest.raises(WrongState, match="no file among the artifacts"):
        exports.sign_export_link(exporter.store, exporter.run(out=tmp_path / "x.csv"))


# -- erasure


def test_erasing_a_person_leaves_nothing_of_them_in_exports(importer, exporter):
    exporter.run(search="ann@example.com", name="about Ann@example.com")
    kept = exporter.run()
    importer.sql("DELETE FROM contacts WHERE email = 'bob@example.com'")
    erased = contacts.erase_contact(exporter.store, exporter.settings, "ann@example.com")
    assert erased.exports == 2
    assert not Path(kept.location).exists()
    assert [record.status.value for record in exporter.listed()] == ["expired", "expired"]
    assert "ann@" not in str(importer.sql("SELECT * FROM exports")).lower()
    deletions = importer.sql("SELECT external_id FROM contact_deletions ORDER BY external_id")
    assert [row["external_id"] for row in deletions] == ["e2", None]


def test_an_export_that_runs_while_a_person_is_erased_ends_without_a_file(exporter, monkeypatch, tmp_path):
    real = text_writers.write_csv

    def write(*arguments, **options):
        written = real(*arguments, **options)
        contacts.erase_contact(exporter.store, exporter.settings, "ann@example.com")
        return written

    monkeypatch.setattr(text_writers, "write_csv", write)
    with pytest.raises(WrongState, match="erased"):
        exporter.run(out=tmp_path / "contacts.csv")
    assert not (tmp_path / "contacts.csv").exists()
    assert exporter.listed()[0].error_code == "person_erased"


def test_requests_are_checked():
    with pytest.raises(ValueError, match="filter"):
        ExportRequest(filter="a\x00b")
    with pytest.raises(ValueError, match="changed_since"):
        ExportRequest(changed_since="yesterday")
    assert ExportRequest(changed_since="2026-11-20T08:00:00").changed_since == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert ExportRequest(name="../Weekly leads/é", format="xlsx").file_name == "Weekly_leads.xlsx"
