"""Scheduled exports: where they land, what they are called, and who is told how they ended."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from contact_pipelines import cleanup, contacts, feeds
from contact_pipelines.errors import InvalidFilter, LocationError, LocationUnreachable, NotFound
from contact_pipelines.exports import end_dead_exports
from contact_pipelines.files.locations import sftp
from contact_pipelines.models import ExportStatus
from contact_pipelines.settings import load_settings
from contact_pipelines.store.engine import open_store
from tests.helpers.exporting import read_csv
from tests.helpers.feeds import CONTACTS, DUE, ScheduledExports
from tests.helpers.notifying import ANN, mailing, send
from tests.helpers.sftp_server import serving
from tests.helpers.smtp_server import free_port, serving_mail

LEAD = "ben@house.example"


@pytest.fixture
def exporting(importer):
    return lambda **feed: ScheduledExports(importer, **feed)


def leftovers(exports) -> list[str]:
    """Return what is left of exports among the artifacts."""
    root = Path(exports.settings.artifacts)
    return [str(path) for path in root.rglob("*") if path.is_file() and "exports" in path.parts]


def test_an_export_lands_at_an_sftp_server_whole_and_replaces_that_of_the_same_time(importer, tmp_path):
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as server:
        exports = ScheduledExports(importer, server.config(tmp_path), filter="lead_score > 50", fields=["email"])
        first = exports.run()
        exports.folder = server.folder
        assert exports.files() == ["crm/leads_2026-11-23.csv"]
        file = server.folder / "crm/leads_2026-11-23.csv"
        assert [row["email"] for row in read_csv(file)] == ["bob@example.com", "cid@example.com"]
        assert first.location == "sftp://out/crm/leads_2026-11-23.csv"
        assert (first.status, first.rows, first.feed) == (ExportStatus.COMPLETED, 2, "leads")
        assert first.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        assert (first.requested_by, first.artifact, first.expires_at) == ("schedule:leads", None, None)
        importer.run(CONTACTS.replace("ann@example.com,Ann,10", "ann@example.com,Ann,80"))
        assert exports.run().rows == 3
        assert exports.run(DUE + timedelta(days=7)).rows == 3
        assert exports.files() == ["crm/leads_2026-11-23.csv", "crm/leads_2026-11-30.csv"]
        assert len(read_csv(file)) == 3
    assert leftovers(exports) == []


def test_the_file_is_named_in_the_time_zone_of_the_schedule(exporting):
    exports = exporting(
        to={"location": "out", "path": "{name}_{date}_{time}.csv"},
        schedule={"cron": "30 0 * * *", "timezone": "Asia/Tokyo"},
    )
    exports.run(DUE.replace(hour=15, minute=30))
    assert exports.files() == ["leads_2026-11-24_003000.csv"]


def test_without_a_place_it_is_kept_among_the_artifacts(exporting):
    exports = exporting(to=None, format="jsonl")
    record = exports.run()
    assert record.artifact == "leads.jsonl"
    assert record.expires_at is not None
    assert Path(record.location).exists()
    exports.importer.sql("UPDATE exports SET expires_at = now()")
    assert cleanup.clean_up(exports.store, exports.settings, dry_run=True).exports == 1
    assert cleanup.clean_up(exports.store, exports.settings).exports == 1
    assert not Path(record.location).exists()


def test_only_what_changed_since_the_last_of_the_name(exporting):
    exports = exporting(changed_since="last", fields=["email"])
    assert exports.run().rows == 3
    exports.importer.sql("UPDATE exports SET snapshot_at = now()")
    exports.importer.run("email,first_name\ndan@example.com,Dan\n")
    again = exports.run()
    assert (again.rows, again.changed_since is not None) == (1, True)


def test_a_place_that_is_away_fails_the_export_and_leaves_nothing(exporting):
    exports = exporting()
    exports.folder.rmdir()
    with pytest.raises(LocationError):
        exports.run()
    (record,) = exports.listed()
    assert (record.status, record.feed) == (ExportStatus.FAILED, "leads")
    assert record.error
    assert leftovers(exports) == []


def test_the_recipients_of_an_export_are_told_that_it_is_there(exporting):
    exports = exporting(notify=[LEAD])
    with serving_mail() as server:
        mailing(exports.importer, server.port)  # by default Ann is not told of exports that are as always
        exports.importer.sql("DELETE FROM notification_events")
        record = exports.run()
        send(exports.importer)
    assert server.recipients == [LEAD]
    (message,) = server.messages
    assert message["Subject"] == "Export completed: leads"
    text = message.get_body(("plain",)).get_content()
    assert "3 rows were exported." in text
    assert record.location in text
    assert "example.com" not in text.replace("house.example", "")


def test_failures_are_told_also_those_before_anything_was_registered(importer):
    away = {"type": "sftp", "host": "127.0.0.1", "port": free_port(), "username": "a", "password": "b"}
    known = importer.folder / "known_hosts"
    known.write_text("")
    exports = ScheduledExports(importer, {**away, "known_hosts": str(known)}, notify=[LEAD])
    wrong = ScheduledExports(importer, filter="properties.nowhere = 'x'", notify=[LEAD])
    importer.sql("DELETE FROM notification_events")
    with serving_mail() as server:
        with pytest.raises(LocationUnreachable):
            exports.run()
        with pytest.raises(InvalidFilter):
            wrong.run()
        assert len(wrong.listed()) == 1
        mailing(importer, server.port)
        send(importer)
    assert sorted(server.recipients) == sorted([ANN, LEAD] * 2)
    assert {message["Subject"] for message in server.messages} == {"Export failed: leads"}
    texts = [message.get_body(("plain",)).get_content() for message in server.messages]
    assert any("cannot be reached" in text for text in texts)
    assert any("nowhere" in text for text in texts)


def test_an_export_whose_process_died_is_told(exporting):
    exports = exporting(notify=[LEAD])
    exports.run()
    exports.importer.sql("DELETE FROM notification_events")
    exports.importer.sql("UPDATE exports SET status = 'running', finished_at = NULL")
    assert len(end_dead_exports(exports.store, exports.settings)) == 1
    (event,) = exports.importer.sql("SELECT event, facts FROM notification_events")
    assert (event["event"], event["facts"]["feed_name"]) == ("export.failed", "leads")
    assert event["facts"]["code"] == "process_died"


def test_an_erasure_takes_what_was_told_of_an_export_that_named_the_person(exporting):
    exports = exporting()
    exports.run()
    exports.importer.sql("UPDATE notification_events SET facts = jsonb_set(facts, '{name}', '\"for ann@example.com\"')"
                         " WHERE event = 'export.completed'")  # fmt: skip
    contacts.erase_contact(exports.store, exports.settings, "ann@example.com")
    assert exports.importer.sql("SELECT * FROM notification_events WHERE event = 'export.completed'") == []


def test_an_export_that_is_not_in_the_settings(exporting):
    with pytest.raises(NotFound, match=r"no usable export 'sales'; it has: leads"):
        exporting().settings.export_feed("sales")


def test_the_settings_of_the_documentation_can_be_loaded(tmp_path):
    text = (Path(__file__).parents[1] / "docs" / "exporting.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)
    (tmp_path / "house.yaml").write_text(shown)
    found = load_settings({"CONTACT_PIPELINES_CONFIG": str(tmp_path / "house.yaml"), "PARTNER_PASSWORD": "hush"})
    assert found.broken == ()
    assert found.export_feed("weekly_leads").path_at(DUE) == "out/leads_2026-11-23.xlsx"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_in_the_middle_of_an_upload_nothing_stays_when_it_is_found_dead(importer, tmp_path):
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as server:
        exports = ScheduledExports(importer, server.config(tmp_path))
        child = multiprocessing.get_context("fork").Process(target=_upload_and_die, args=(exports.settings,))
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        exports.folder = server.folder
        (half,) = exports.files()
        assert re.fullmatch(r"crm/\.leads_2026-11-23\.csv\.[0-9a-f-]{36}\.part", half)
        for _ in range(100):  # the database needs a moment to see that its client is gone
            if exports.listed()[0].status is ExportStatus.FAILED:
                break
            time.sleep(0.1)
        (record,) = exports.listed()
        assert (record.status, record.error_code) == (ExportStatus.FAILED, "process_died")
        assert exports.files() == []
        assert leftovers(exports) == []


def _upload_and_die(settings):
    async def die(client, source, target):
        os.kill(os.getpid(), signal.SIGKILL)

    sftp._rename = die
    store = open_store(settings)
    feeds.run_export_feed(store, settings, settings.export_feed("leads"), due_at=DUE)
