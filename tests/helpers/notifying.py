"""What the tests of notifications share: settings that notify, and files to import."""

from __future__ import annotations

from typing import Any

from contact_pipelines import notify
from contact_pipelines.settings.notification_settings import Notifications
from tests.helpers.importing import Importer

PEOPLE = "email,first_name\nada@secret.example,Ada\ngrace@secret.example,Grace\nnot-an-address-of-kurt,Kurt\n"
SECRETS = ("secret.example", "Ada", "Grace", "Kurt", "not-an-address")
ANN = "ann@house.example"


def mailing(importer: Importer, port: int, **more: Any) -> None:
    """Let the importer's house send mail to Ann by the server on this port."""
    smtp = {"host": "127.0.0.1", "port": port, "tls": "none", "from": "Imports <imports@house.example>", "timeout": 2}
    notifying(importer, **{"smtp": smtp, "to": [ANN], **more})


def notifying(importer: Importer, **told: Any) -> None:
    """Let the importer's house notify as these settings say."""
    update = {"notifications": Notifications.model_validate(told)}
    importer.settings = importer.settings.model_copy(update=update)


def send(importer: Importer, **options: Any) -> notify.Sending:
    return notify.send_notifications(importer.store, importer.settings, within=20, **options)


def told(importer: Importer) -> list[tuple[Any, ...]]:
    """Return the outbox, oldest first: event, recipient, status, attempts, last error."""
    found = reversed(notify.list_notifications(importer.store))
    return [(it.kind.value, it.recipient, it.status.value, it.attempts, it.last_error) for it in found]
