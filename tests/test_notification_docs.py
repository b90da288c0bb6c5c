"""The examples of docs/notifications.md hold."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contact_pipelines.models import EventKind
from contact_pipelines.notify.webhooks import sign
from contact_pipelines.settings.notification_settings import TOLD_BY_DEFAULT, Webhook
from contact_pipelines.settings.policy import Retention
from tests.helpers.webhook_server import KEY, SECRET
from tests.test_settings import load

__all__ = ["load"]  # the fixture

TEXT = (Path(__file__).parents[1] / "docs" / "notifications.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S)


def test_the_settings_can_be_loaded(load):
    told, keep = (load(block, SMTP_PASSWORD="hush", CRM_HOOK_SECRET=SECRET) for block in blocks("yaml"))
    assert told.notifications.webhook("crm").events == (EventKind.IMPORT_COMPLETED, EventKind.IMPORT_FAILED)
    assert keep.retention == Retention()


def test_the_table_of_events_is_that_of_the_code():
    rows = re.findall(r"^\| (`[a-z._`, ]+`) \|.*\| (yes|no) \|$", TEXT, re.M)
    told = {name: answer == "yes" for names, answer in rows for name in re.findall(r"[a-z._]+", names)}
    assert told == {kind.value: kind in TOLD_BY_DEFAULT for kind in EventKind if kind != EventKind.TEST}


def test_the_receiver_can_verify_with_the_code_shown():
    code: dict = {}
    exec(blocks("python")[0], code)
    body, now = json.dumps(json.loads(blocks("json")[0])).encode(), int(time.time())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": "v1,bm8= " + sign(KEY, "msg_1", now, body),
    }
    assert code["is_ours"](SECRET, headers, body)
    assert not code["is_ours"](SECRET, headers, body + b" ")
    assert not code["is_ours"](SECRET, headers | {"webhook-timestamp": str(now - 301)}, body)


def test_a_secret_can_be_made_with_the_command_shown():
    (command,) = re.findall(r"^python -c '(.*)'$", blocks("sh")[0], re.M)
    made = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout.strip()
    assert len(Webhook(url="https://a.example/", secret=made).key) == 32


@pytest.mark.parametrize("command", ["list", "send", "test"])
def test_the_commands_exist(command, run):
    assert run("notifications", command, "--help").code == 0
