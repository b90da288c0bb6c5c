"""What an email looks like whatever the names in it, and how it gets to a mail server that wants TLS and a login."""

from __future__ import annotations

import ssl
import uuid
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipelines.errors import NotificationError
from contact_pipelines.models import Channel, EventKind, Notification, NotificationStatus
from contact_pipelines.notify import email_messages
from contact_pipelines.notify.digests import digest, html, plain_text
from contact_pipelines.notify.webhooks import sign
from contact_pipelines.settings.notification_settings import Smtp
from tests.helpers.smtp_server import PASSWORD, USER, free_port, serving_mail

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SMTP = Smtp.model_validate({"host": "127.0.0.1", "tls": "none", "from": "imports@house.example"})


def data(name: str = "people.csv", **more) -> dict:
    counts = {"total": 5000, "created": 4905, "updated": 0, "unchanged": 0, "skipped": 82, "failed": 13}
    return {
        "tenant": "default", "id": "an-id", "name": name, "status": "completed", "door": "cli", "feed": None,
        "file": {"name": name, "size": 1234, "sha256": "ab", "rows": 5000}, "mapping": [], "counts": counts,
        "warnings": [], "errors": [], "results_file": "/a/results.csv", "errors_file": "/a/errors.csv",
        "duration_seconds": 5.25, "error": None, "held": [], "review_expires_at": None, "rollback": None, **more,
    }  # fmt: skip


def notification(kind: EventKind = EventKind.IMPORT_COMPLETED, to: str = "ann@house.example", **more) -> Notification:
    payload = {"type": kind.value, "timestamp": NOW.isoformat(), "data": data(**more)}
    return Notification(
        id=str(uuid.uuid4()), tenant_id="default", kind=kind, import_id=str(uuid.uuid4()), channel=Channel.EMAIL,
        recipient=to, status=NotificationStatus.WAITING, attempts=1, created_at=NOW, next_attempt_at=NOW,
        sent_at=None, last_error=None, payload=payload,
    )  # fmt: skip


WHOLE = """\
Import completed: people.csv

  total             5,000
  created           4,905
  updated               0
  unchanged             0
  skipped              82
  failed               13

File        people.csv, 5,000 rows, 1,234 bytes
Import      people.csv (an-id)
Tenant      acme
Started by  the command line
When        2026-11-20 12:00:00 UTC
Took        5.2 seconds
Results     /a/results.csv
Error file  /a/errors.csv

Broken rules
  - E-mail: invalid_email, 13 rows, first in row 7
  - whole row: broken_row (warning), 1 row, first in row 9

Warnings
  - the column 'x' was ignored

What you can do
  Show it              contact-pipelines show an-id --tenant acme
  Get the failed rows  contact-pipelines results an-id --tenant acme --errors --out failed.csv
  Undo it              contact-pipelines rollback an-id --tenant acme
"""


def test_a_whole_message():
    fault = {"column": "E-mail", "code": "invalid_email", "severity": "error", "rows": 13, "first_row": 7}
    other = {"column": "", "code": "broken_row", "severity": "warning", "rows": 1, "first_row": 9}
    told = notification(tenant="acme", warnings=["the column 'x' was ignored"], errors=[fault, other])
    assert plain_text(digest(told.payload)) == WHOLE


def test_long_lists_are_shortened():
    told = digest(notification(warnings=[f"warning {number}" for number in range(30)]).payload)
    assert (len(told.warnings), told.warnings[-1]) == (11, "and 20 more")


def test_a_failed_import_says_why_and_shows_no_counts():
    error = {"code": "file_unreadable", "message": "The file people.csv is empty."}
    told = digest(notification(EventKind.IMPORT_FAILED, error=error).payload)
    assert (told.subject, told.sentences) == ("Import failed: people.csv", ("The file people.csv is empty.",))
    assert told.counts == ()


class Texts(HTMLParser):
    """Collects a page's tags and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        assert {name for name, _ in attrs} <= {"style", "scope", "lang", "charset"}
        self.tags.add(tag)

    def handle_data(self, data):
        self.texts.append(data)


NASTY = st.text(min_size=1, max_size=60) | st.sampled_from(
    [
        "a\r\nBcc: eve@example.com",
        "<script>alert(1)</script>",
        "\u202egpj.exe",
        "é" * 200,
        "=cmd|' /C calc'!A0",
        "&amp;",
    ]
)


@given(NASTY)
@settings(max_examples=40, deadline=None)
def test_no_file_name_gets_out_of_its_place(name):
    told = notification(name=name, warnings=[name], errors=[])
    message = email_messages.compose(SMTP, told)
    assert message.keys() == [
        "Subject", "From", "To", "Date", "Message-ID", "References", "Auto-Submitted", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert len(message["Subject"]) < 200
    page = html(digest(told.payload))
    assert Texts(page).tags == {
        "html", "head", "meta", "title", "body", "h1", "h2", "table", "tr", "th", "td", "ul", "li", "code"
    }  # fmt: skip
    text = plain_text(digest(told.payload))
    assert "Bcc:" not in [line[:4] for line in text.splitlines()]
    assert len(text.split("\n")) == len(plain_text(digest(notification(warnings=["x"]).payload)).split("\n"))
    message.as_bytes()


def test_the_signature_is_the_one_of_the_specifications_own_libraries():
    import base64

    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


# -- mail servers


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate authority, its file, and a server's TLS context."""
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return file, context


def smtp(port: int, **more) -> Smtp:
    given = {"host": "localhost", "port": port, "from": "Häuser <imports@house.example>", "timeout": 3, **more}
    return Smtp.model_validate(given)


def send(server: Smtp, told: Notification | None = None, *, within: float = 10) -> None:
    told = told or notification()
    email_messages.send(server, email_messages.compose(server, told), told.recipient, within=within)


@pytest.mark.parametrize("tls", ["starttls", "ssl"])
def test_tls_and_a_login(authority, tls):
    file, context = authority
    login = {"username": USER, "password": PASSWORD} if tls == "starttls" else {}
    with serving_mail(context=context, ssl_at_once=tls == "ssl", login=bool(login)) as server:
        send(smtp(server.port, tls=tls, ca_file=file, **login))
    assert [str(message["From"]) for message in server.messages] == ["Häuser <imports@house.example>"]
    assert server.logins == ([USER.encode()] if login else [])


def test_a_wrong_password_is_told_by_the_servers_code(authority):
    file, context = authority
    with serving_mail(context=context, login=True) as server, pytest.raises(NotificationError) as raised:
        send(smtp(server.port, ca_file=file, username=USER, password="hush"))
    assert str(raised.value) == "the mail server refused user and password (535 5.7.8)"
    assert not raised.value.permanent


def test_a_certificate_that_is_not_trusted(authority):
    with serving_mail(context=authority[1]) as server, pytest.raises(NotificationError) as raised:
        send(smtp(server.port))
    assert str(raised.value) == "the mail server cannot be trusted: its certificate is not accepted"
    assert server.messages == []


def test_a_server_without_encryption_gets_nothing_unless_the_settings_say_so():
    with serving_mail() as server:
        with pytest.raises(NotificationError, match="does not support what the settings ask for"):
            send(smtp(server.port))
        assert server.messages == []
        send(smtp(server.port, tls="none"))
        assert len(server.messages) == 1


def test_nobody_answers():
    with pytest.raises(NotificationError, match="cannot be reached") as raised:
        send(smtp(free_port(), tls="none"))
    assert raised.value.unreachable


def test_a_refused_message_is_given_up_and_a_refused_sender_is_not():
    with serving_mail() as server:
        server.refuse_data += ["554 5.7.1 looks like spam", "452 4.3.1 no room"]
        for permanent in (True, False):
            with pytest.raises(NotificationError, match="refused the message") as raised:
                send(smtp(server.port, tls="none"))
            assert raised.value.permanent is permanent
