"""The command line's part in a review: `import --review`, `show`, `confirm`, `cancel`."""

from __future__ import annotations

import json
import re

import pytest

FILE = "email,first_name\nada@example.com,Ada\nbob@example.com,Bob\nnonsense,Marvin\n"
COUNTS = {"total": 3, "created": 2, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 1}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(FILE)
    return path


def counted(run):
    return run("contacts", "count", "--json").out


def test_for_people(run, path):
    shown = run("import", path, "--review")
    assert shown.code == 0, shown.err
    assert "people.csv: 3 rows, 73 bytes, awaiting review" in shown.out
    assert re.search(r"^  created +2$", shown.out, re.M)
    assert re.search(r"^  +2  created  first_name +Ada$", shown.out, re.M)
    assert re.search(r"^  Errors .*errors\.csv$", shown.out, re.M)
    assert re.search(r"^  Preview .*results_preview\.csv$", shown.out, re.M)
    assert "Undo" not in shown.out
    key = re.search(r"contact-pipelines confirm (\S+)\n.*contact-pipelines cancel \1\n", shown.out)[1]
    nobody = counted(run)
    again = run("show", key)
    assert again.code == 0
    assert f"contact-pipelines confirm {key}" in again.out

    done = run("confirm", key)
    assert done.code == 0, done.err
    assert "people.csv: 3 rows, 73 bytes, completed in " in done.out
    assert f"contact-pipelines rollback {key}" in done.out
    assert counted(run) != nobody
    twice = run("confirm", key)
    assert (twice.code, twice.out) == (1, "")
    assert twice.err.endswith("was already applied; there is nothing to confirm.\n")


def test_for_programs(run, path):
    waiting = run("import", path, "--review", "--json")
    assert waiting.code == 0, waiting.err
    found = json.loads(waiting.out)
    assert (found["status"], found["counts"], found["results_file"]) == ("awaiting_review", COUNTS, None)
    assert found["errors_file"].endswith("errors.csv")
    assert found["review"]["results_preview"].endswith("results_preview.csv")
    assert found["review"]["changes"][0] == {
        "row": 2, "action": "created", "field": "email", "before": None, "after": "ada@example.com",
    }  # fmt: skip
    assert json.loads(run("show", found["id"], "--json").out)["review"] == found["review"]

    confirmed = run("confirm", found["id"], "--json")
    assert confirmed.code == 0, confirmed.err
    done = json.loads(confirmed.out)
    assert (done["id"], done["status"], done["counts"]) == (found["id"], "completed", COUNTS)
    assert done["results_file"].endswith("results.csv")
    assert 0 < done["duration_seconds"] < 60
    assert "review" not in done


def test_cancel(run, path):
    nobody = counted(run)
    key = json.loads(run("import", path, "--review", "--json").out)["id"]
    cancelled = run("cancel", key, "--json")
    assert (cancelled.code, json.loads(cancelled.out)) == (0, {"id": key, "status": "cancelled"})
    assert "cancelled" in run("history").out
    assert json.loads(run("show", key, "--json").out)["counts"]["created"] == 0
    refused = run("confirm", key)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.endswith("was cancelled; import the file again.\n")
    again = run("cancel", key)
    assert (again.code, again.out) == (1, "")
    assert again.err.endswith("is cancelled and can no longer be cancelled.\n")
    assert counted(run) == nobody


def test_cancel_for_people(run, path):
    name = json.loads(run("import", path, "--review", "--json").out)["id"]
    told = run("cancel", name)
    assert told.code == 0
    assert re.fullmatch(r"Cancelled \d{4}-\d\d-\d\d-people-\w{12}; nothing was written\.\n", told.out)


def test_the_same_idempotency_key_shows_the_review_again(run, path):
    first = run("import", path, "--review", "--json", "--idempotency-key", "k")
    again = run("import", path, "--review", "--json", "--idempotency-key", "k")
    assert (again.code, json.loads(again.out)) == (0, json.loads(first.out))
    assert "nothing was imported now" in again.err


def test_reviews_by_default_and_their_time_come_from_the_settings_file(run, path, tmp_path):
    (tmp_path / "contact_pipelines.yaml").write_text("options: {review: true}\nreview_expires: 7200\n")
    found = json.loads(run("import", path, "--json").out)
    times = json.loads(run("show", found["id"], "--json").out)["times"]
    assert found["status"] == "awaiting_review"
    assert times["awaiting_since"][:13] != times["review_expires_at"][:13]


def test_a_time_that_no_review_has(run, path, tmp_path):
    (tmp_path / "contact_pipelines.yaml").write_text("review_expires: 0\n")
    refused = run("import", path)
    assert refused.code == 2
    assert "has a wrong value at review_expires" in refused.err


def test_confirming_and_cancelling_nothing(run):
    for command in ("confirm", "cancel"):
        refused = run(command, "2026-11-20-nothing-efd14a3f2a91")
        assert (refused.code, refused.out) == (1, "")
        assert "There is no import 2026-11-20-nothing-efd14a3f2a91" in refused.err
