"""The command line's part: people are told at the end of a command; `notifications list|send|test`; `cleanup`."""

from __future__ import annotations

import json
import time

import pytest

from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.defs.sensors import send_notifications
from contact_pipelines.settings import load_settings
from tests.helpers.notifying import ANN, PEOPLE
from tests.helpers.smtp_server import free_port, serving_mail
from tests.helpers.webhook_server import SECRET, receiving


@pytest.fixture
def policy(tmp_path, monkeypatch):
    """Write the settings file of a house that sends mail by this port."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)

    def policy(port: int, more: str = "") -> None:
        smtp = f"smtp: {{host: 127.0.0.1, port: {port}, tls: none, from: imports@house.example}}"
        (tmp_path / "contact_pipelines.yaml").write_text(f"notifications: {{to: [{ANN}], {smtp}{more}}}\n")
        (tmp_path / "people.csv").write_text(PEOPLE)

    return policy


def test_at_the_end_of_a_command_people_are_told(run, policy):
    with serving_mail() as server:
        policy(server.port)
        found = run("import", "people.csv", "--json")
        assert found.code == 0, found.err
        key = json.loads(found.out)["id"]
        assert run("rollback", key).code == 0
        failed = run("import", "people.csv", "--map", "first_name=email", "--map", "email=nothing")
        assert failed.code != 0
        waiting = json.loads(run("import", "people.csv", "--review", "--json").out)["id"]
        assert run("confirm", waiting).code == 0
    assert [message["Subject"].split(":")[0] for message in server.messages] == [
        "Import completed", "Import rolled back", *(["Import failed"] if failed.code == 1 else []),
        "Import awaits review", "Import completed",
    ]  # fmt: skip


def test_a_mail_server_that_is_away_changes_nothing_for_the_import(run, policy):
    port = free_port()
    policy(port)
    done = run("import", "people.csv")
    assert (done.code, done.err.count("mail")) == (0, 0)
    listed = run("notifications", "list")
    assert ANN in listed.out
    assert "waiting" in listed.out
    (told,) = json.loads(run("notifications", "list", "--json").out)
    assert (told["event"], told["status"], told["attempts"]) == ("import.completed", "waiting", 1)
    assert told["last_error"] == "the mail server cannot be reached (ConnectionRefusedError)"
    failed = run("notifications", "send")
    assert (failed.code, failed.out) == (1, "Sent 0; 1 failed, 0 given up, 1 waiting.\n")
    with serving_mail(port):
        sent = run("notifications", "send", "--json")
        assert (sent.code, json.loads(sent.out)) == (0, {"sent": 1, "failed": 0, "given_up": 0, "waiting": 0})
    assert json.loads(run("notifications", "list", "--json").out)[0]["next_attempt_at"] is None


def test_a_receiver_that_never_answers_holds_a_command_for_seconds_only(run, policy):
    with serving_mail() as server, receiving() as receiver:
        receiver.delay = 120
        policy(server.port, f", webhooks: [{{url: '{receiver.url}', secret: {{env: HOOK_SECRET}}}}]")
        assert run("property", "list").code == 0
        began = time.monotonic()
        assert run("import", "people.csv").code == 0
        assert time.monotonic() - began < 90  # 7 s on a quiet machine


def test_a_test_message(run, policy):
    with serving_mail() as server, receiving(200, 500) as receiver:
        hook = f"{{name: crm, url: '{receiver.url}', secret: {{env: HOOK_SECRET}}, events: [import.failed]}}"
        policy(server.port, f", webhooks: [{hook}]")
        sent = run("notifications", "test")
        assert (sent.code, sent.out) == (0, f"email {ANN}: sent\nwebhook crm: sent\n")
        failed = run("notifications", "test", "--json")
        assert failed.code == 1
        assert [it["error"] for it in json.loads(failed.out)] == [None, "the webhook crm answered 500"]
    assert [message["Subject"] for message in server.messages] == ["Test message"] * 2
    assert receiver.bodies[0]["type"] == "test"


def test_without_settings(run):
    assert "No notifications yet" in run("notifications", "list").out
    for command in ("send", "test"):
        refused = run("notifications", command)
        assert refused.code == 2
        assert "settings file" in refused.err


def test_cleanup(run, tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert run("import", "people.csv").code == 0
    nothing = run("cleanup", "--dry-run")
    assert nothing.code == 0, nothing.err
    assert nothing.out.startswith("Would remove 0 files: the artifacts of 0 imports and the results of 0;")
    done = run("cleanup", "--json")
    assert json.loads(done.out) == {
        "dry_run": False, "artifacts": 0, "results": 0, "files": 0, "notifications": 0, "exports": 0,
        "partitions": 0, "runs": 0,
    }  # fmt: skip


def test_the_sensor_sends_what_nobody_else_has(run, policy):
    port = free_port()
    policy(port)
    settings = load_settings()
    pipelines = Pipelines(settings)
    try:
        assert run("import", "people.csv").code == 0
        with pipelines.store.begin() as connection:
            connection.exec_driver_sql("UPDATE notifications SET next_attempt_at = now()")
        with serving_mail(port) as server:
            skipped = send_notifications(pipelines=pipelines)
        assert skipped.skip_message == "1 notifications were sent, 0 attempts failed, 0 were given up; 0 are waiting."
        assert len(server.messages) == 1
    finally:
        pipelines.close()


def test_the_sensor_without_settings(settings, store):
    skipped = send_notifications(pipelines=Pipelines(settings, store))
    assert "nobody is notified" in skipped.skip_message
