"""Watched sources: every file version is imported once, whole, in order, and not before it is quiet."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest
import yaml

from contact_pipelines import feeds
from contact_pipelines.errors import LocationUnreachable, NotFound, SourceMissing, WrongState
from contact_pipelines.files.locations.local import LocalFolder
from contact_pipelines.files.locations.location import is_temporary
from contact_pipelines.models import Counts, ImportStatus
from tests.helpers import s3_server, sftp_server
from tests.helpers.feeds import ANN, BOB, Feeding, moment

COMPLETED = ImportStatus.COMPLETED


@pytest.fixture
def feeding(importer):
    """Make a feed; without arguments it watches a folder and takes what it finds at once."""

    def make(location=None, **feed) -> Feeding:
        return Feeding(importer, location, **feed)

    return make


def test_files_are_taken_once_and_in_the_order_of_their_names(feeding):
    drop = feeding()
    for name in ("c.csv", "a.csv", "b.csv"):
        drop.write(name, ANN.replace("ann", name[0]))
    look = drop.look()
    assert [record.file_name for record in look.taken] == ["a.csv", "b.csv", "c.csv"]
    assert look.taken[0].source == "local://inbox/a.csv"
    assert str(look) == "3 files fit *.csv at inbox: 3 taken."
    assert [record.status for record in drop.run(look.taken)] == [COMPLETED] * 3
    assert str(drop.look()) == "3 files fit *.csv at inbox: 3 already known."
    assert set(drop.importer.contacts()) == {"a@example.com", "b@example.com", "c@example.com"}
    assert {record.feed for record in drop.imports()} == {"drop"}


def test_a_file_waits_until_it_is_quiet(feeding):
    drop = feeding(watch={"every": 1, "quiet": "10m"})
    path = drop.write("a.csv", "email\n")
    assert str(drop.look()) == "1 file fit *.csv at inbox: 1 not quiet for 600 s yet."
    drop.sql("UPDATE watched_files SET quiet_since = now() - interval '9 minutes'")
    assert not drop.look().taken
    path.write_text(ANN)  # it grows: the clock begins anew
    drop.sql("UPDATE watched_files SET quiet_since = now() - interval '11 minutes'")
    assert not drop.look().taken
    assert len(drop.files()["a.csv"]) == 1
    drop.sql("UPDATE watched_files SET quiet_since = now() - interval '11 minutes'")
    assert [record.counts for record in drop.look_and_run()] == [Counts(1, created=1)]


def test_a_file_that_goes_away_while_it_waits_is_forgotten(feeding):
    drop = feeding(watch={"every": 1, "quiet": "10m"})
    path = drop.write("a.csv")
    drop.look()
    path.unlink()
    drop.look()
    assert drop.files() == {}


@pytest.mark.parametrize(
    "name",
    ["a.csv.part", "a.csv.tmp", "a.csv.filepart", "a.csv.crdownload", ".a.csv", "~$a.csv", "a.csv~", ".a.csv.Xy12Zq",
     "A.CSV.PART", "a.csv.inprogress", "a.csv._COPYING_"],
)  # fmt: skip
def test_temporary_names(name):
    assert is_temporary(name)
    assert not is_temporary("contacts_2026-11-20.csv")
    assert not is_temporary("partners.csv")


def test_temporary_names_are_left_alone_and_a_rename_into_place_is_taken(feeding):
    drop = feeding(source={"location": "inbox", "path": "*"})
    path = drop.write("a.csv.part")
    drop.write(".hidden.csv")
    assert str(drop.look()) == "0 files fit * at inbox. 2 temporary names were left alone."
    path.rename(drop.folder / "a.csv")
    assert [record.file_name for record in drop.look().taken] == ["a.csv"]


def test_the_done_file_is_awaited(feeding):
    drop = feeding(source={"location": "inbox", "path": "in/*"}, done_file="{name}.ok", archive="done")
    drop.write("in/a.csv")
    assert str(drop.look()) == "1 file fit in/* at inbox: 1 without their done-file."
    drop.write("in/a.csv.ok", "")
    assert [record.file_name for record in drop.look_and_run()] == ["a.csv"]
    assert drop.tend().settled == 1
    assert sorted(path.name for path in (drop.folder / "in" / "done").iterdir()) == ["a.csv", "a.csv.ok"]
    assert [path.name for path in (drop.folder / "in").iterdir()] == ["done"]


def test_the_same_bytes_again_are_skipped_visibly(feeding):
    drop = feeding()
    drop.write("a.csv")
    (first,) = drop.look_and_run()
    os.utime(drop.folder / "a.csv", (1, 1))
    drop.write("b.csv")
    again = drop.look_and_run()
    why = "was already imported as {}: it has the same bytes. Nothing was written."
    assert [(record.status, record.error) for record in again] == [
        (ImportStatus.CANCELLED, f"a.csv {why.format(first.name)}"),
        (ImportStatus.CANCELLED, f"b.csv {why.format(first.name)}"),
    ]
    assert {record.error_code for record in again} == {"already_imported"}
    assert drop.files() == {"a.csv": ["completed", "cancelled"], "b.csv": ["cancelled"]}


def test_a_file_that_becomes_what_it_was_before_brings_news(feeding):
    drop = feeding()
    for content in (ANN, ANN.replace("Ann", "Anna"), ANN):
        drop.write("a.csv", content)
        os.utime(drop.folder / "a.csv", ns=(time.time_ns(), time.time_ns()))
        (record,) = drop.look_and_run()
        assert record.status == COMPLETED
    assert drop.importer.contacts()["ann@example.com"]["first_name"] == "Ann"


def test_what_was_undone_is_imported_again(feeding):
    drop = feeding()
    drop.write("a.csv")
    (first,) = drop.look_and_run()
    drop.importer.roll_back(first)
    assert not drop.look().taken
    record = feeds.retry_watched(drop.store, drop.settings, drop.feed, "a.csv")
    assert [found.counts for found in drop.run((record,))] == [Counts(1, created=1)]


def test_a_file_that_changes_while_it_is_read_fails_and_is_taken_again(feeding, monkeypatch):
    drop = feeding()
    path = drop.write("a.csv")
    download = LocalFolder.download

    def and_somebody_writes(self, source, to):
        download(self, source, to)
        path.write_text(ANN + "bob@example.com,Bob\n")

    look = drop.look()
    with monkeypatch.context() as patched:
        patched.setattr(LocalFolder, "download", and_somebody_writes)
        (failed,) = drop.run(look.taken)
    assert (failed.status, failed.error_code) == (ImportStatus.FAILED, "file_changed")
    assert drop.importer.contacts() == {}
    (again,) = drop.look_and_run()
    assert again.counts == Counts(2, created=2)
    assert not drop.look().taken


def test_a_version_that_is_gone_when_its_import_begins_is_not_read(feeding):
    drop = feeding()
    drop.write("a.csv")
    look = drop.look()
    drop.write("a.csv", ANN + "bob@example.com,Bob\n")
    (failed,) = drop.run(look.taken)
    assert failed.error == "The file a.csv at the location inbox has changed since it was selected."
    assert [record.counts for record in drop.look_and_run()] == [Counts(2, created=2)]


def test_an_import_whose_source_went_away_is_taken_again_after_a_while(feeding, monkeypatch):
    drop = feeding()
    drop.write("a.csv")

    def gone(*_):
        raise LocationUnreachable("The location inbox cannot be reached.")

    look = drop.look()
    with monkeypatch.context() as patched:
        patched.setattr(LocalFolder, "download", gone)
        drop.run(look.taken)
        assert str(drop.look()) == "1 file fit *.csv at inbox: 1 to be tried again later."
        for attempt in range(2, 6):
            drop.sql("UPDATE imports SET finished_at = finished_at - interval '1 hour'")
            look = drop.look()
            assert [record.status for record in drop.run(look.taken)] == [ImportStatus.FAILED], attempt
        drop.sql("UPDATE imports SET finished_at = finished_at - interval '1 hour'")
        assert str(drop.look()) == "1 file fit *.csv at inbox: 1 already known."
    record = feeds.retry_watched(drop.store, drop.settings, drop.feed, "a.csv")
    assert [found.counts for found in drop.run((record,))] == [Counts(1, created=1)]


def test_a_failed_one_is_retried_when_somebody_asks(feeding):
    drop = feeding()
    drop.write("a.csv", "email\n")
    (failed,) = drop.look_and_run()
    assert failed.error_code == "no_data_rows"
    assert not drop.look().taken
    record = feeds.retry_watched(drop.store, drop.settings, drop.feed, "a.csv")
    assert record.id != failed.id
    with pytest.raises(WrongState, match="is pending"):
        feeds.retry_watched(drop.store, drop.settings, drop.feed, "a.csv")
    drop.run((record,))
    drop.write("a.csv", ANN)
    with pytest.raises(WrongState, match="has changed and will be imported automatically"):
        feeds.retry_watched(drop.store, drop.settings, drop.feed, "a.csv")
    assert [found.status for found in drop.look_and_run()] == [COMPLETED]
    with pytest.raises(WrongState, match=r"To import it anyway: contact-pipelines import 'local://inbox/a\.csv'"):
        feeds.retry_watched(drop.store, drop.settings, drop.feed, "a.csv")
    with pytest.raises(NotFound, match=r"has not seen a file b\.csv"):
        feeds.retry_watched(drop.store, drop.settings, drop.feed, "b.csv")


# -- afterwards


def test_imported_files_are_archived_and_others_are_not(feeding):
    drop = feeding(archive="archive")
    drop.write("bad.csv", "email\n")
    for _ in range(2):
        drop.write("good.csv", ANN.replace("Ann", f"Ann {time.monotonic_ns()}"))
        drop.look_and_run()
        assert drop.tend().settled == 1
    assert drop.tend().settled == 0
    assert [path.name for path in drop.folder.glob("*.csv")] == ["bad.csv"]
    archived = sorted(path.name for path in (drop.folder / "archive").iterdir())
    last = drop.imports()[-1]
    assert archived == [f"good-{last.id[-6:]}.csv", "good.csv"]
    assert not drop.look().taken


def test_a_file_that_was_written_again_is_not_archived_unread(feeding):
    drop = feeding(delete=True)
    drop.write("a.csv")
    drop.look_and_run()
    drop.write("a.csv", BOB + "\n")
    assert drop.tend().settled == 1
    assert [file.settled for file in feeds.list_feed_files(drop.store, drop.feed)] == ["left: it has changed"]
    (record,) = drop.look_and_run()
    assert record.counts == Counts(1, created=1)
    assert drop.tend().settled == 1
    assert list(drop.folder.glob("*.csv")) == []


def test_the_same_bytes_are_archived_too(feeding):
    drop = feeding(archive="archive")
    drop.write("a.csv")
    drop.write("b.csv")
    drop.look_and_run()
    assert drop.tend().settled == 2


# -- schedules


SCHEDULED = {"schedule": {"cron": "0 2 * * *", "quiet": 0}}
TWO = moment("2026-11-20T02:00:00")


def checks(drop):
    rows = drop.sql("SELECT due_at, status, attempts FROM feed_checks ORDER BY due_at")
    return [(row["due_at"], row["status"]) for row in rows]


def test_a_schedule_takes_what_is_there_at_its_time(feeding):
    drop = feeding(**SCHEDULED)
    drop.write("a.csv")
    look = drop.look(TWO)
    assert len(look.taken) == 1
    drop.run(look.taken)
    assert not drop.look(TWO).taken
    assert checks(drop) == [(TWO, "taken")]


def test_a_missing_source_is_a_visible_failure(feeding):
    drop = feeding(**SCHEDULED)
    with pytest.raises(SourceMissing) as raised:
        drop.look(TWO)
    sentence = "At its time (2026-11-20 02:00 UTC) the import drop had nothing to import: no file fits *.csv at inbox."
    assert str(raised.value) == sentence
    assert checks(drop) == [(TWO, "missing")]
    assert feeds.list_feeds(drop.store, drop.settings)[0].last_check.message == sentence


@pytest.mark.parametrize(("require", "status"), [("file", "nothing_new"), ("new_file", "missing"), ("nothing", None)])
def test_what_must_be_there(feeding, require, status):
    drop = feeding(schedule={"cron": "0 2 * * *", "quiet": 0, "require": require})
    if status is not None:
        drop.write("a.csv")
        drop.run(drop.look(TWO).taken)
    three = moment("2026-11-21T02:00:00")
    if status == "missing":
        with pytest.raises(SourceMissing, match=r"none of the 1 file is new that fit \*.csv"):
            drop.look(three)
    else:
        assert not drop.look(three).taken
    assert checks(drop)[-1][1] == (status or "nothing_new")


def test_a_schedule_waits_for_a_file_that_is_still_written(feeding):
    drop = feeding(schedule={"cron": "0 2 * * *", "quiet": "5m"})
    now = moment(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()))
    path = drop.write("a.csv", "email\n")
    assert not drop.look(now).taken
    assert checks(drop) == [(now, "waiting")]
    assert [look.taken for look in drop.tend().looks] == [()]
    path.write_text(ANN)
    drop.tend()
    drop.sql("UPDATE watched_files SET quiet_since = now() - interval '6 minutes'")
    (look,) = drop.tend().looks
    assert [record.counts for record in drop.run(look.taken)] == [Counts(1, created=1)]
    drop.sql("UPDATE feed_checks SET checked_at = now() - interval '5 minutes'")
    assert drop.tend().looks == ()


def test_a_late_file_is_waited_for_as_long_as_the_schedule_says(feeding):
    now = moment(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()))
    for late, found in (("0s", 0), ("1h", 1)):
        drop = feeding(schedule={"cron": "0 2 * * *", "quiet": 0, "late": late})
        with pytest.raises(SourceMissing):
            drop.look(now)
        drop.write("a.csv")
        drop.sql("UPDATE feed_checks SET checked_at = now() - interval '5 minutes'")
        assert sum(len(look.taken) for look in drop.tend().looks) == found
        (drop.folder / "a.csv").unlink()


def test_a_source_that_is_away_at_its_time_is_asked_again(feeding, tmp_path):
    served = tmp_path / "inbox"
    served.mkdir()
    now = moment(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()))
    with sftp_server.serving(served) as server:
        drop = feeding(server.config(tmp_path), **SCHEDULED)
    with pytest.raises(LocationUnreachable):
        drop.look(now)
    assert checks(drop) == [(now, "unreachable")]
    drop.sql("UPDATE feed_checks SET checked_at = now() - interval '5 minutes'")
    (error,) = drop.tend().errors
    assert error.startswith("drop: The SFTP location inbox (127.0.0.1:")


def test_a_watched_source_that_is_away_is_one_trouble_until_it_recovers(feeding):
    drop = feeding()
    drop.folder.rename(drop.folder.with_name("away"))
    for _ in range(3):
        with pytest.raises(Exception, match="is missing its folder"):
            drop.look()
    assert [(row["status"], row["attempts"]) for row in drop.sql("SELECT * FROM feed_checks")] == [("unreachable", 3)]
    drop.folder.with_name("away").rename(drop.folder)
    drop.look()
    assert [row["status"] for row in drop.sql("SELECT * FROM feed_checks")] == ["recovered"]


# -- servers


def test_a_file_that_trickles_into_sftp_is_imported_once_when_it_is_complete(feeding, tmp_path):
    served = tmp_path / "inbox"
    served.mkdir()
    with sftp_server.serving(served) as server:
        drop = feeding(server.config(tmp_path), watch={"every": 1, "quiet": "1s"})

        def trickle():
            with (served / "a.csv").open("w") as file:
                file.write("email\n")
                for number in range(8):
                    file.write(f"person{number}@example.com\n")
                    file.flush()
                    time.sleep(0.25)

        writer = threading.Thread(target=trickle)
        writer.start()
        taken = []
        deadline = time.monotonic() + 20
        while not taken and time.monotonic() < deadline:
            taken = drop.look_and_run()
            time.sleep(0.1)
        writer.join()
        assert [record.counts for record in taken] == [Counts(8, created=8)]
        assert not drop.look().taken


def test_an_s3_object_that_is_overwritten_is_one_new_import(feeding):
    with s3_server.serving() as s3:
        bucket = s3.bucket("acme-drop")
        s3.put(bucket, "in/a.csv", ANN)
        drop = feeding(
            s3.config(bucket), source={"location": "inbox", "path": "in/*.csv"}, watch={"every": 1, "quiet": 0},
            archive="archive",
        )  # fmt: skip
        assert [record.status for record in drop.look_and_run()] == [COMPLETED]
        assert not drop.look().taken
        s3.put(bucket, "in/a.csv", ANN.replace("Ann", "Anna"))
        (again,) = drop.look_and_run()
        assert again.counts == Counts(1, updated=1)
        assert not drop.look().taken
        assert drop.tend().settled == 2
        assert s3.keys(bucket) == ["in/archive/a.csv"]


# -- many processes

TICKS = """
import sys
from contact_pipelines import feeds
from contact_pipelines.settings import load_settings
from contact_pipelines.store.engine import open_store

settings = load_settings()
store = open_store(settings)
feed = settings.import_feed("drop")
taken = 0
for _ in range(int(sys.argv[1])):
    taken += len(feeds.look_at_feed(store, settings, feed).taken)
store.close()
print(taken)
"""


def test_two_processes_and_a_hundred_ticks_each_make_one_import(feeding, tmp_path):
    drop = feeding()
    drop.write("a.csv")
    path = tmp_path / "house.yaml"
    assert yaml.safe_load(path.read_text())["imports"][0]["name"] == "drop"
    environment = {
        **os.environ,
        "CONTACT_PIPELINES_CONFIG": str(path),
        "CONTACT_PIPELINES_HOME": str(tmp_path / "home"),
        "CONTACT_PIPELINES_DATABASE_URL": drop.settings.database_url,
    }
    command = [sys.executable, "-c", textwrap.dedent(TICKS), "100"]
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in both]
    assert sorted(out.strip() for out, _ in said) == ["0", "1"], said
    assert len(drop.imports()) == 1
