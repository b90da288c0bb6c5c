"""Notifications, end to end: what happens to an import is told, once, whatever dies or is away."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from contact_pipelines import imports, notify
from contact_pipelines.errors import FileNotImportable
from contact_pipelines.imports import columns, compare, land, report, stage, validate, way
from contact_pipelines.models import EventKind, ImportStatus
from contact_pipelines.notify import payloads
from contact_pipelines.notify.sending import pause_after
from contact_pipelines.store import notification_events
from tests.helpers.feeds import Feeding
from tests.helpers.notifying import ANN, PEOPLE, SECRETS, mailing, notifying, send, told
from tests.helpers.smtp_server import free_port, serving_mail
from tests.helpers.webhook_server import SECRET, is_signed, receiving


def all_text(message) -> str:
    return "\n".join(part.get_content() for part in message.walk() if part.get_content_maintype() == "text")


def later(importer):
    """Let the time come at which everything that waits is tried again."""
    importer.sql("UPDATE notifications SET next_attempt_at = now() - interval '1 s', leased_until = NULL")


def test_a_completed_import_is_told_by_email_once(importer):
    with serving_mail() as server:
        mailing(importer, server.port)
        record = importer.run(PEOPLE, name="people & co.csv")
        assert send(importer) == notify.Sending(sent=1)
        assert send(importer) == notify.Sending()
    (message,) = server.messages
    assert server.recipients == [ANN]
    assert message["Subject"] == "Import completed: people & co.csv (2 created, 1 failed)"
    text = message.get_body(("plain",)).get_content()
    assert re.search(r"^  created +2$", text, re.M)
    assert re.search(r"^  failed +1$", text, re.M)
    assert f"contact-pipelines rollback {record.id}\n" in text
    assert "email: invalid_email, 1 row, first in row 4" in text
    html = message.get_body(("html",)).get_content()
    assert "people &amp; co.csv" in html
    assert [secret for secret in SECRETS if secret in message.as_string() + all_text(message)] == []
    assert list(message.iter_attachments()) == []
    assert told(importer) == [("import.completed", ANN, "sent", 1, None)]


def test_the_headers_say_that_a_machine_wrote_it_and_tell_a_copy_from_the_first(importer):
    with serving_mail() as server:
        mailing(importer, server.port)
        importer.run(PEOPLE)
        send(importer)
        importer.sql("UPDATE notifications SET status = 'waiting', sent_at = NULL")  # died before it was noted
        send(importer)
    first, second = server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f-]{36}@house\.example>", first["Message-ID"])
    assert first["Date"] == second["Date"]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["From"] == "Imports <imports@house.example>"
    assert first["References"].startswith("<import-")


def test_every_end_of_an_import_is_an_event(importer):
    done = importer.run(PEOPLE)
    importer.roll_back(done)
    with pytest.raises(FileNotImportable):
        importer.run("name\nAnn\n")
    cancelled = importer.run(PEOPLE, review=True)
    imports.cancel_import(importer.store, cancelled.id)
    expired = importer.run(PEOPLE, review=True)
    importer.sql("UPDATE imports SET review_expires_at = now() WHERE status = 'awaiting_review'")
    imports.expire_reviews(importer.store)
    confirmed = importer.run(PEOPLE, review=True)
    imports.confirm_import(importer.store, importer.settings, confirmed.id)
    found = importer.sql("SELECT event, import_id, facts FROM notification_events ORDER BY occurred_at")
    assert [row["event"].removeprefix("import.") for row in found] == [
        "completed", "rolled_back", "failed", "awaiting_review", "cancelled", "awaiting_review", "expired",
        "awaiting_review", "completed",
    ]  # fmt: skip
    assert str(found[6]["import_id"]) == expired.id
    assert not {"options", "mapping", "source"} & set(found[0]["facts"])

    with serving_mail() as server:
        mailing(importer, server.port)
        send(importer)
    subjects = [re.sub(r": file_\d\.csv", "", message["Subject"]) for message in server.messages]
    assert subjects == [  # one that somebody cancelled a moment ago is no news
        "Import completed (2 created, 1 failed)",
        "Import rolled back (2 deleted)",
        "Import failed",
        "Import awaits review (2 created, 1 failed)",
        "Import awaits review (2 created, 1 failed)",
        "Import not confirmed in time",
        "Import awaits review (2 created, 1 failed)",
        "Import completed (2 created, 1 failed)",
    ]
    waiting = all_text(server.messages[3])
    assert f"contact-pipelines confirm {cancelled.id}" in waiting  # as it was then, whatever it is by now
    assert "Nothing has been written yet." in waiting
    assert "It can be confirmed until " in waiting


def test_the_events_told_of_can_be_chosen(importer):
    with serving_mail() as server:
        mailing(importer, server.port, events=["import.cancelled"])
        importer.run(PEOPLE)
        imports.cancel_import(importer.store, importer.run(PEOPLE, review=True).id)
        send(importer)
    assert [message["Subject"] for message in server.messages] == ["Import cancelled: file_2.csv"]


def test_of_a_transaction_that_is_rolled_back_nobody_is_told(importer):
    record = importer.run(PEOPLE, review=True)
    with importer.store.connect() as connection:
        connection.exec_driver_sql("UPDATE imports SET status = 'failed'")
        connection.rollback()
    found = importer.sql("SELECT event FROM notification_events")
    assert [row["event"] for row in found] == ["import.awaiting_review"]
    assert record.status == ImportStatus.AWAITING_REVIEW


def test_an_import_whose_process_died_is_told(importer):
    path = importer.file(PEOPLE)
    record = imports.register_import(importer.store, str(path))
    importer.sql("UPDATE imports SET status = 'running', started_at = now(), heartbeat_at = now() - interval '1 hour'")
    imports.list_imports(importer.store)  # whoever looks finds it dead
    with serving_mail() as server:
        mailing(importer, server.port)
        assert send(importer).sent == 1
    (message,) = server.messages
    assert message["Subject"] == f"Import failed: {record.file_name}"
    assert "The process that ran this import ended before it was applied; nothing was written." in all_text(message)


def test_an_import_that_is_held_says_why_and_its_feed_names_who_is_told(importer):
    drop = Feeding(importer, breaker={"min_rows": 4}, notify=["bob@house.example", ANN.upper()])
    drop.write("file_1.csv", PEOPLE)
    (record,) = drop.look_and_run()
    with serving_mail() as server, receiving() as receiver:
        mailing(importer, server.port, webhooks=[{"url": receiver.url, "secret": SECRET}])
        assert send(importer).sent == 3
    assert {address.lower() for address in server.recipients} == {ANN, "bob@house.example"}
    assert {message["Subject"] for message in server.messages} == {
        "Import held for review: file_1.csv (2 created, 1 failed)"
    }
    text = all_text(server.messages[0])
    why = "The file has 3 rows; at least 4 are expected."
    assert why in text
    assert f"contact-pipelines confirm {record.id}" in text
    (body,) = receiver.bodies
    assert body["type"] == "import.held"
    assert (body["data"]["feed"], body["data"]["held"]) == ("drop", [why])


def test_an_event_of_another_kind(importer):
    importer.run(PEOPLE)  # makes the tenant
    with importer.store.begin() as connection:
        facts = {"name": "nightly", "message": "There was no file at 02:00."}
        notification_events.record(connection, "default", EventKind.FEED_FAILED, facts, feed="nightly")
    with serving_mail() as server:
        mailing(importer, server.port, events=["feed.failed"])
        assert send(importer).sent == 1
    assert server.messages[0]["Subject"] == "Feed failed: nightly"
    assert "There was no file at 02:00." in all_text(server.messages[0])


def test_a_mail_server_that_is_away_for_a_while_gets_everything_later_once(importer):
    port = free_port()
    mailing(importer, port)
    for _ in range(3):
        importer.run(PEOPLE)
    away = "the mail server cannot be reached (ConnectionRefusedError)"
    assert send(importer) == notify.Sending(failed=1, waiting=3)  # one attempt says it for all
    assert send(importer) == notify.Sending(failed=1, waiting=3)
    assert sorted((row[3:] for row in told(importer)), key=str) == [(0, None), (1, away), (1, away)]
    with serving_mail(port) as server:
        later(importer)
        assert send(importer) == notify.Sending(sent=3)
        assert send(importer) == notify.Sending()
    assert len(server.messages) == len({message["Message-ID"] for message in server.messages}) == 3
    assert {row[2] for row in told(importer)} == {"sent"}


def test_attempts_are_made_further_and_further_apart():
    pauses = [pause_after(attempts) for attempts in range(1, 100)]
    assert pauses[:4] == [30, 60, 120, 240]
    assert pauses[-1] == max(pauses) == 3600


def test_what_cannot_be_sent_is_given_up_visibly_and_can_be_sent_again(importer):
    port = free_port()
    mailing(importer, port, retry_for=3600)
    importer.run(PEOPLE)
    send(importer)
    importer.sql("UPDATE notifications SET created_at = created_at - interval '2 hours'")
    assert send(importer) == notify.Sending(given_up=1)
    ((_, _, status, attempts, error),) = told(importer)
    assert (status, attempts, error) == ("given_up", 1, "the mail server cannot be reached (ConnectionRefusedError)")
    with serving_mail(port) as server:
        assert send(importer) == notify.Sending()
        assert notify.retry_given_up(importer.store) == 1
        assert send(importer) == notify.Sending(sent=1)
    assert len(server.messages) == 1


def test_a_recipient_who_does_not_exist_is_given_up_at_once_and_keeps_nobody_back(importer):
    with serving_mail() as server:
        mailing(importer, server.port, to=[ANN, "bob@house.example"])
        server.refuse_rcpt.append("550 5.1.1 There is no Ann Quux here")
        importer.run(PEOPLE)
        assert send(importer) == notify.Sending(sent=1, failed=1, given_up=1)
    assert len(server.messages) == 1
    errors = [row[4] for row in told(importer) if row[4]]
    assert errors == ["the mail server refused the recipient (550 5.1.1)"]  # the code, not the server's words


def test_a_recipient_who_is_busy_is_tried_again(importer):
    with serving_mail() as server:
        mailing(importer, server.port)
        server.refuse_rcpt.append("451 4.2.1 Greylisted")
        importer.run(PEOPLE)
        assert send(importer) == notify.Sending(failed=1, waiting=1)
        assert send(importer) == notify.Sending(waiting=1)  # not before its time
        assert send(importer, now=True) == notify.Sending(sent=1)


def test_the_error_file_is_attached_if_the_settings_say_so_and_it_is_small(importer):
    with serving_mail() as server:
        mailing(importer, server.port, attach_errors_up_to="1kB")
        record = importer.run(PEOPLE)
        importer.run(PEOPLE + "".join(f"wrong {number}\n" for number in range(200)))
        importer.run("email\nok@secret.example\n")
        assert send(importer).sent == 3
    attached = [[part.get_filename() for part in message.iter_attachments()] for message in server.messages]
    assert attached == [[f"{record.name}_errors.csv"], [], []]
    content = next(server.messages[0].iter_attachments()).get_payload(decode=True)
    assert content.decode() == Path(imports.result_files(importer.settings, record)[1]).read_text()


def test_nobody_is_told_before_the_report_is_written(importer):
    with serving_mail() as server:
        mailing(importer, server.port)
        path = importer.file(PEOPLE)
        record = imports.register_import(importer.store, str(path))
        with imports.open_import(importer.store, importer.settings, record) as session:
            for step in (land, stage, columns, validate, compare):
                step.run(session)
            way.apply_import(session)
            assert send(importer) == notify.Sending()
            report.run(session)
        assert send(importer).sent == 1
        text = all_text(server.messages[0])
        assert "results.csv" in text

        importer.run(PEOPLE)  # of this one, the report never comes
        importer.sql("UPDATE notification_events SET occurred_at = now() - interval '1 hour' WHERE payload IS NULL")
        for name in imports.result_files(importer.settings, imports.list_imports(importer.store)[0]):
            Path(name).unlink()
        assert send(importer).sent == 1


def test_without_settings_nothing_is_done_and_another_process_can(importer):
    importer.run(PEOPLE)
    assert send(importer) == notify.Sending()
    with serving_mail() as server:
        mailing(importer, server.port)
        assert send(importer).sent == 1


def test_what_happened_long_before_the_first_use_is_not_told(importer):
    importer.run(PEOPLE)
    importer.sql("UPDATE notification_events SET occurred_at = now() - interval '2 days'")
    importer.run(PEOPLE)
    with serving_mail() as server:
        mailing(importer, server.port)
        assert send(importer).sent == 1
        importer.run(PEOPLE)
        importer.sql("UPDATE notification_events SET occurred_at = now() - interval '2 days'")
        assert send(importer).sent == 1  # but from then on, however long the sender was away


def test_two_senders_at_once_send_each_message_once(importer):
    with serving_mail() as server:
        mailing(importer, server.port, to=[f"{name}@house.example" for name in "abcdefghij"])
        importer.run(PEOPLE)
        importer.run(PEOPLE)
        threads = [threading.Thread(target=send, args=(importer,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(server.recipients) == sorted([f"{name}@house.example" for name in "abcdefghij"] * 2)
    assert len({message["Message-ID"] for message in server.messages}) == 20
    assert {row[2:4] for row in told(importer)} == {("sent", 1)}


SENDER = """
import os, sys
from contact_pipelines import notify
from contact_pipelines.notify import sending
from contact_pipelines.settings import load_settings
from contact_pipelines.store.engine import open_store

def dying(*args, **options):
    if sys.argv[1] == "after":
        deliver(*args, **options)
    os.kill(os.getpid(), 9)

deliver, sending.deliver = sending.deliver, dying
settings = load_settings()
notify.send_notifications(open_store(settings), settings, within=20)
"""


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize(("when", "copies"), [("before", 1), ("after", 2)])
def test_a_sender_that_is_killed_loses_nothing(importer, tmp_path, when, copies):
    """Between the server's 250 and our commit a second copy cannot be avoided; it has the first one's Message-ID."""
    with serving_mail() as server:
        mailing(importer, server.port)
        importer.run(PEOPLE)
        (tmp_path / "house.yaml").write_text(
            f"artifacts: {importer.settings.artifacts}\nnotifications: {{to: [{ANN}], smtp: {{host: 127.0.0.1,"
            f" port: {server.port}, tls: none, from: imports@house.example}}}}\n"
        )
        environment = {
            **os.environ,
            "CONTACT_PIPELINES_CONFIG": str(tmp_path / "house.yaml"),
            "CONTACT_PIPELINES_DATABASE_URL": importer.settings.database_url,
        }
        died = subprocess.run([sys.executable, "-c", SENDER, when], env=environment, check=False, timeout=60)
        assert died.returncode == -signal.SIGKILL
        assert send(importer) == notify.Sending(waiting=1)  # under the lease of the dead
        later(importer)
        assert send(importer) == notify.Sending(sent=1)
        assert send(importer) == notify.Sending()
    assert len(server.messages) == copies
    assert len({message["Message-ID"] for message in server.messages}) == 1


def test_a_message_or_an_event_that_cannot_be_made_keeps_no_other_back(importer, monkeypatch):
    with serving_mail() as server:
        mailing(importer, server.port)
        broken, fine = importer.run(PEOPLE), importer.run(PEOPLE)
        make = payloads.payload_of

        def payload_of(connection, settings, event):
            if event.import_id == broken.id:
                raise ZeroDivisionError
            return make(connection, settings, event)

        monkeypatch.setattr(payloads, "payload_of", payload_of)
        assert send(importer).sent == 1
        assert fine.id in all_text(server.messages[0])
        monkeypatch.undo()
        assert send(importer).sent == 1
        importer.run(PEOPLE)
        monkeypatch.setattr("contact_pipelines.notify.email_messages.compose", lambda *_: 1 / 0)
        assert send(importer) == notify.Sending(failed=1, waiting=1)
        assert told(importer)[-1][4] == "an unexpected ZeroDivisionError"


def test_an_import_is_not_delayed_by_a_receiver_that_never_answers(importer):
    with receiving() as receiver:
        receiver.delay = 60
        notifying(importer, webhooks=[{"url": receiver.url, "secret": SECRET, "timeout": 0.5}])
        importer.run(PEOPLE)
        began = time.monotonic()
        done = notify.send_notifications(importer.store, importer.settings, within=5)
        assert time.monotonic() - began < 30  # half a second on a quiet machine
    assert done == notify.Sending(failed=1, waiting=1)


# -- webhooks


def test_a_webhook_is_signed_and_has_the_shape_of_import_json(importer):
    from contact_pipelines.cli.shapes import import_shape

    with receiving() as receiver:
        notifying(importer, webhooks=[{"url": receiver.url, "secret": SECRET}])
        record = importer.run(PEOPLE)
        assert send(importer).sent == 1
    (request,) = receiver.requests
    assert is_signed(request)
    assert request["path"] == "/hook?for=us"
    assert request["headers"]["content-type"] == "application/json"
    assert re.fullmatch(r"msg_[0-9a-f]{32}", request["headers"]["webhook-id"])
    body = receiver.bodies[0]
    assert body["type"] == "import.completed"
    shape = import_shape(importer.settings, record)
    shape.pop("reading")
    assert {key: body["data"][key] for key in shape} == shape
    assert body["data"]["errors"] == [
        {"column": "email", "code": "invalid_email", "message": "email is not a valid email address",
         "severity": "error", "rows": 1, "first_row": 4}
    ]  # fmt: skip
    assert [secret for secret in SECRETS if secret in request["body"].decode()] == []


def test_a_webhook_that_fails_gets_the_same_message_again(importer):
    with receiving(500, (302, {"Location": "/elsewhere"}), 200) as receiver:
        notifying(importer, webhooks=[{"url": receiver.url, "secret": SECRET, "name": "crm"}])
        importer.run(PEOPLE)
        assert send(importer) == notify.Sending(failed=1, waiting=1)
        assert told(importer)[0][4] == "the webhook crm answered 500"
        later(importer)
        assert send(importer) == notify.Sending(failed=1, waiting=1)
        assert told(importer)[0][4] == "the webhook crm answered 302, a redirect, which is not followed"
        later(importer)
        assert send(importer) == notify.Sending(sent=1)
    assert [request["path"] for request in receiver.requests] == ["/hook?for=us"] * 3
    assert all(is_signed(request) for request in receiver.requests)
    assert len({request["headers"]["webhook-id"] for request in receiver.requests}) == 1
    assert len({request["body"] for request in receiver.requests}) == 1


def test_a_webhook_that_is_gone_is_given_up(importer):
    with receiving(410) as receiver:
        notifying(importer, webhooks=[{"url": receiver.url, "secret": SECRET}])
        importer.run(PEOPLE)
        assert send(importer) == notify.Sending(failed=1, given_up=1)


def test_a_webhook_hears_of_its_own_events(importer):
    with receiving() as receiver:
        hooks = [
            {"url": receiver.url, "secret": SECRET, "name": "all", "events": [str(kind) for kind in EventKind]},
            {"url": receiver.url, "secret": SECRET, "name": "none", "events": []},
        ]
        notifying(importer, webhooks=hooks)
        imports.cancel_import(importer.store, importer.run(PEOPLE, review=True).id)
        assert send(importer).sent == 2
    assert [body["type"] for body in receiver.bodies] == ["import.awaiting_review", "import.cancelled"]


def test_a_webhook_that_left_the_settings_is_not_posted_to(importer):
    with receiving() as receiver:
        notifying(importer, webhooks=[{"url": receiver.url, "secret": SECRET, "name": "crm"}])
        receiver.answers.append(500)
        importer.run(PEOPLE)
        send(importer)
        notifying(importer, webhooks=[{"url": receiver.url, "secret": SECRET, "name": "other"}])
        later(importer)
        assert send(importer) == notify.Sending(failed=1, waiting=1)
    assert told(importer)[0][4] == "the settings have no webhook crm"
    assert len(receiver.requests) == 1
