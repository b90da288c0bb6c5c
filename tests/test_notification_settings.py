"""The keys `notifications` and `retention` of the settings file."""

from __future__ import annotations

import pytest

from contact_pipelines.errors import InvalidOption
from contact_pipelines.settings.notification_settings import Notifications, Smtp
from contact_pipelines.settings.policy import Retention
from tests.helpers.webhook_server import KEY, SECRET
from tests.test_settings import EXAMPLE, load

__all__ = ["load"]  # the fixture

WHOLE = """
notifications:
  to: [ann@house.example]
  events: [import.failed]
  smtp: {host: {env: SMTP_HOST}, port: {env: SMTP_PORT}, from: "Imports <imports@house.example>", username: imports,
         password: {env: SMTP_PASSWORD}}
  webhooks: [{url: "https://crm.example:8443/hook", secret: {env: HOOK_SECRET}}]
  attach_errors_up_to: 100kB
retention: {artifacts_days: 7, results_days: 30, runs_days: null}
"""


def test_everything(load):
    loaded = load(WHOLE, SMTP_HOST="mail", SMTP_PORT="2525", SMTP_PASSWORD="hush", HOOK_SECRET=SECRET)
    told = loaded.notifications
    assert (told.smtp.host, told.smtp.actual_port, told.smtp.tls) == ("mail", 2525, "starttls")
    assert (told.smtp.address, told.smtp.password) == ("imports@house.example", "hush")
    assert (told.webhooks[0].name, told.webhooks[0].key) == ("crm.example:8443", KEY)
    assert told.attach_errors_up_to == 100_000
    assert "hush" not in repr(loaded)
    assert SECRET not in repr(loaded)
    assert loaded.retention == Retention(artifacts_days=7, results_days=30, runs_days=None)


def test_without_them_nobody_is_told_and_files_are_kept_for_a_while(load):
    loaded = load("")
    assert (loaded.notifications, loaded.retention) == (Notifications(), Retention())
    assert not loaded.notifications.configured


def test_every_key_is_in_the_example():
    text = EXAMPLE.read_text(encoding="utf-8")
    for model in (Notifications, Smtp, Retention):
        for name, field in model.model_fields.items():
            assert f"{field.alias or name}:" in text, name


SMTP = "smtp: {host: mail, from: a@b.example}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{smtp: {host: mail, from: a@b, username: u, password: hush}}", "a secret at notifications.smtp.password;"),
        ("{webhooks: [{url: 'http://a/', secret: hush}]}", "holds a secret at notifications.webhooks.0.secret;"),
        ("{webhooks: [{url: 'http://a/', secret: {env: SHORT}}]}", "is not whsec_ and the base64 of 24 to 64 bytes"),
        ("{webhooks: [{url: 'ftp://a/', secret: {env: SECRET}}]}", "is not an address such as https://example.com/"),
        ("{webhooks: [{url: 'http://me:hush@a/', secret: {env: SECRET}}]}", "has a user or a password in it"),
        (
            "{webhooks: [{url: 'http://a/1', secret: {env: SECRET}}, {url: 'http://a/2', secret: {env: SECRET}}]}",
            "has two webhooks named a; give each a name of its own",
        ),
        ("{to: [ann@house.example]}", "has addresses in `to`, but no `smtp`"),
        (f"{{to: [nobody], {SMTP}}}", "notifications.to.0: is not an email address"),
        (f'{{to: ["a@b.example\\nBcc: c"], {SMTP}}}', "is not an email address"),
        ("{smtp: {host: mail, from: nobody}}", "wrong value at notifications.smtp.from: is not an email address"),
        ("{smtp: {host: mail, from: a@b, username: u}}", "needs both username and password, or neither"),
        (
            "{smtp: {host: mail, from: a@b, tls: none, username: u, password: {env: SECRET}}}",
            "would send the password unencrypted",
        ),
        ("{events: [import.exploded]}", "wrong value at notifications.events.0"),
        ("{smtp: {host: mail, from: a@b, tls: maybe}}", "wrong value at notifications.smtp.tls"),
    ],
)
def test_what_cannot_be_is_named(load, text, sentence):
    with pytest.raises(InvalidOption) as raised:
        load(f"notifications: {text}", SECRET=SECRET, SHORT="whsec_aHVzaA==")
    assert sentence in str(raised.value)
    assert "hush" not in str(raised.value).lower()
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("text", ["{results_days: 7}", "{artifacts_days: null}", "{artifacts_days: 0}"])
def test_artifacts_do_not_outlive_the_results(load, text):
    with pytest.raises(InvalidOption, match="retention"):
        load(f"retention: {text}")
    assert load("retention: {artifacts_days: null, results_days: null}").retention.artifacts_days is None
