"""Feeds' troubles are told: once for each, to those whom the feed names."""

from __future__ import annotations

import pytest

from contact_pipelines.errors import LocationError, SourceMissing
from tests.helpers.feeds import Feeding, moment
from tests.helpers.notifying import ANN, mailing, send
from tests.helpers.smtp_server import serving_mail

BEN = "ben@house.example"
DAILY = {"cron": "0 2 * * *", "quiet": 0}


@pytest.fixture
def feeding(importer):
    return lambda **feed: Feeding(importer, **feed)


def events(drop) -> list[tuple]:
    found = drop.sql("SELECT event, facts FROM notification_events WHERE event NOT LIKE 'import.%' ORDER BY 1, 2")
    return [(row["event"], row["facts"]["reason"], row["facts"]["due_at"]) for row in found]


def test_a_missing_file_is_told_once_to_the_feed_and_everybody(feeding):
    drop = feeding(schedule=DAILY, notify=[BEN])
    first, second = moment("2026-11-20T02:00:00"), moment("2026-11-21T02:00:00")
    for due in (first, first, second):
        with pytest.raises(SourceMissing):
            drop.look(due)
    assert events(drop) == [
        ("feed.failed", "missing", "2026-11-20T02:00:00+00:00"),
        ("feed.failed", "missing", "2026-11-21T02:00:00+00:00"),
    ]
    with serving_mail() as server:
        mailing(drop.importer, server.port)
        send(drop.importer)
    assert sorted(server.recipients) == sorted([ANN, BEN] * 2)
    assert {message["Subject"] for message in server.messages} == {"Feed failed: drop"}
    assert "had nothing to import: no file fits *.csv at inbox." in server.messages[0].as_string().replace("=\n", "")


def test_a_watched_source_that_stays_away_is_told_once_each_time(feeding):
    drop = feeding()
    for _ in range(2):
        drop.folder.rmdir()
        for number in range(3):
            with pytest.raises(LocationError):
                drop.look()
            assert len(events(drop)) == _ + (number > 0)  # once is often over at the next look
        drop.folder.mkdir()
        drop.look()
    assert [reason for _, reason, _ in events(drop)] == ["unreachable"] * 2


def test_an_import_of_a_feed_is_told_to_whom_it_names(feeding):
    drop = feeding(notify=[BEN])
    drop.write("a.csv")
    drop.look_and_run()
    with serving_mail() as server:
        mailing(drop.importer, server.port)
        send(drop.importer)
    assert sorted(server.recipients) == sorted([ANN, BEN])
    assert "Feed" in server.messages[0].get_body(("plain",)).get_content()
