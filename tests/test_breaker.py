"""The circuit breaker of feeds: what is unlike the last imports waits for a person, and says why."""

from __future__ import annotations

import json

import dagster as dg
import pytest

from contact_pipelines import imports
from contact_pipelines.imports.breaker import Statistics, reasons
from contact_pipelines.models import ImportStatus
from contact_pipelines.settings.feed_settings import BreakerLimits
from contact_pipelines.store import feed_checks
from tests.helpers.dagster_runs import everything_said, metadata_of, run_job
from tests.helpers.feeds import Feeding

HELD = ImportStatus.AWAITING_REVIEW


def statistics(rows=1000, failed=0, updated=0, blank=None, columns=("email", "first_name")):
    return Statistics(rows, failed, updated, {"email": 0.0, "first_name": 0.1} if blank is None else blank, columns)


LAST = "the last 3 imports (their median) had"
BEFORE = [statistics(), statistics(rows=1100, failed=20), statistics(rows=900, updated=100)]


@pytest.mark.parametrize(
    ("now", "limits", "expected"),
    [
        (statistics(), {}, []),
        (statistics(rows=510), {}, []),
        (
            statistics(rows=490),
            {},
            [f"The file has 490 rows; {LAST} 1,000, and at most 50% of them may be missing."],
        ),
        (
            statistics(rows=3001),
            {},
            [f"The file has 3,001 rows; {LAST} 1,000, and at most 3 times as many are expected."],
        ),
        (statistics(rows=3001), {"rows_growth": None}, []),
        (statistics(rows=0), {"rows_drop": None}, []),
        (statistics(), {"min_rows": 1001}, ["The file has 1,000 rows; at least 1,001 are expected."]),
        (statistics(), {"max_rows": 999}, ["The file has 1,000 rows; at most 999 are expected."]),
        (statistics(failed=201), {}, ["20.1% of the rows fail; at most 20% may."]),
        (
            statistics(failed=101),
            {},
            [f"10.1% of the rows fail; {LAST} 0.0%, and 10% more may."],
        ),
        (statistics(failed=99), {}, []),
        (
            statistics(updated=501),
            {},
            [f"50.1% of the rows change a contact; {LAST} 0.0%, and 50% more may."],
        ),
        (statistics(updated=200), {"max_updated_share": 0.1}, ["20.0% of the rows change a contact; at most 10% may."]),
        (
            statistics(blank={"email": 0.0, "first_name": 0.31}),
            {},
            [f"31.0% of the rows have no first_name; {LAST} 10.0%, and 20% more may."],
        ),
        (
            statistics(blank={"email": 0.0}),
            {},
            [f"100.0% of the rows have no first_name; {LAST} 10.0%, and 20% more may."],
        ),
        (
            statistics(),
            {"max_blank_share": {"first_name": 0.05}},
            ["10.0% of the rows have no first_name; at most 5% may."],
        ),
        (statistics(rows=490, failed=490), {"enabled": False}, []),
    ],
)
def test_limits(now, limits, expected):
    assert reasons(now, BEFORE, BreakerLimits(**limits), freeze=False) == expected


def test_small_files_and_first_imports_are_let_pass():
    limits = BreakerLimits()
    assert reasons(statistics(rows=19, failed=19), [], limits, freeze=True) == []
    assert reasons(statistics(rows=2), [statistics(rows=10)], limits, freeze=False) == []
    assert reasons(statistics(rows=20, failed=5), [], limits, freeze=False) == [
        "25.0% of the rows fail; at most 20% may."
    ]


def test_frozen_columns():
    now = statistics(columns=("email", "Vorname", "Ort"))
    assert reasons(now, BEFORE, BreakerLimits(enabled=False), freeze=True) == [
        "The columns are not those of the last import: new 'Vorname', 'Ort'; gone 'first_name'."
    ]
    assert reasons(statistics(columns=("first_name", "email")), BEFORE, BreakerLimits(), freeze=True) == []


# -- end to end


NAMES = ("Ann", "Robert", "Cleopatra", "Dora", "Emil")


def people(number, *, names=True, header="email,first_name"):
    rows = [f"p{at}@example.com,{NAMES[at % 5] if names else ''}" for at in range(number)]
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def feeding(importer):
    return lambda **feed: Feeding(importer, **feed)


def test_what_is_unlike_the_last_import_waits_and_can_be_confirmed(feeding):
    drop = feeding(options={"tags": ["crm"]})
    drop.write("a.csv", people(100))
    assert [record.status for record in drop.look_and_run()] == [ImportStatus.COMPLETED]
    with drop.store.connect() as connection:
        (kept,) = feed_checks.last_completed(connection, "default", "drop", 5)
    assert kept == {
        "rows": 100, "failed": 0, "updated": 0, "blank": {"email": 0.0, "first_name": 0.0},
        "columns": ["email", "first_name"],
    }  # fmt: skip
    drop.write("a.csv", people(40, names=False))
    (held,) = drop.look_and_run()
    assert (held.status, held.held) == (
        HELD,
        (
            "The file has 40 rows; the last import had 100, and at most 50% of them may be missing.",
            "100.0% of the rows have no first_name; the last import had 0.0%, and 20% more may.",
        ),
    )
    waits = held.times["review_expires_at"] - held.times["awaiting_since"]
    assert waits.total_seconds() == BreakerLimits().review_expires
    confirmed = imports.confirm_import(drop.store, drop.settings, held.id)
    assert confirmed.status == ImportStatus.COMPLETED
    drop.write("a.csv", people(41, names=False))  # what was confirmed is the measure now
    (after,) = drop.look_and_run()
    assert after.status == ImportStatus.COMPLETED


def test_an_undone_import_is_no_measure(feeding):
    drop = feeding()
    drop.write("a.csv", people(100))
    (first,) = drop.look_and_run()
    drop.importer.roll_back(first)
    drop.write("a.csv", people(21))
    assert [record.status for record in drop.look_and_run()] == [ImportStatus.COMPLETED]


def test_imports_by_hand_are_never_held(feeding):
    drop = feeding()
    drop.write("a.csv", people(100))
    drop.look_and_run()
    path = drop.write("by_hand.txt", people(1, names=False))
    record = imports.register_import(drop.store, str(path))
    assert drop.run((record,))[0].status == ImportStatus.COMPLETED


def test_frozen_columns_hold_an_import(feeding):
    drop = feeding(columns="freeze")
    drop.write("a.csv", people(3))
    drop.look_and_run()
    drop.write("a.csv", people(3, header="email,last_name"))
    (held,) = drop.look_and_run()
    assert held.held == ("The columns are not those of the last import: new 'last_name'; gone 'first_name'.",)


def test_the_run_in_dagster_ends_at_the_plan_and_says_why(feeding, tmp_path, monkeypatch):
    drop = feeding(breaker={"min_rows": 5})
    monkeypatch.setattr("contact_pipelines.defs.pipelines.load_settings", lambda: drop.settings)
    drop.write("a.csv", people(3))
    (record,) = drop.look().taken
    with dg.DagsterInstance.ephemeral() as instance:
        result = run_job(instance, record)
        assert result.success
        assert metadata_of(result, "contact_changes")["held"] == "- The file has 3 rows; at least 5 are expected."
        assert "p1@example.com" not in everything_said(instance, result.run_id)
    assert drop.importer.contacts() == {}
    assert imports.get_import(drop.store, record.id).status == HELD


def test_the_command_line_shows_why(run, tmp_path):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.csv").write_text(people(3))
    (tmp_path / "contact_pipelines.yaml").write_text(
        "locations: {inbox: {type: local, path: inbox}}\n"
        "imports:\n"
        "- {name: drop, source: {location: inbox, path: '*.csv'}, watch: {quiet: 0}, breaker: {min_rows: 5}}\n"
    )
    found = run("feeds", "run", "drop", "--json")
    assert found.code == 0, found.err
    (told,) = json.loads(found.out)["imports"]
    assert (told["status"], told["held"]) == ("awaiting_review", ["The file has 3 rows; at least 5 are expected."])
    shown = run("show", told["id"])
    assert "Held, because\n  - The file has 3 rows; at least 5 are expected." in shown.out
    assert json.loads(run("show", told["id"], "--json").out)["held"] == told["held"]
    assert run("confirm", told["id"]).code == 0
    assert run("feeds", "run", "drop").code == 0
    listed = run("feeds", "list")
    assert "drop  every 30 s  inbox: *.csv" in listed.out
    (state,) = json.loads(run("feeds", "list", "--json").out)
    assert state["last_import"]["status"] == "completed"
    assert [entry["status"] for entry in json.loads(run("feeds", "files", "drop", "--json").out)] == ["completed"]
    assert "a.csv" in run("feeds", "files", "drop").out
    retried = run("feeds", "retry", "drop", "a.csv")
    assert retried.code == 1
    assert "To import it anyway: contact-pipelines import 'local://inbox/a.csv'" in retried.err
    assert run("feeds", "run", "none").code == 1
