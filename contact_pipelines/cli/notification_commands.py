"""`notifications`: list, send and test them; and sending at the end of other commands."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from contact_pipelines import notify
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant, Tenant, opened_store
from contact_pipelines.cli.printing import isoformat, moment, print_json, print_result, print_table
from contact_pipelines.errors import InvalidOption

if TYPE_CHECKING:
    from contact_pipelines.models import Import, Notification
    from contact_pipelines.settings import Settings
    from contact_pipelines.store.engine import Store

app = typer.Typer(help="Emails and webhooks about imports, exports and feeds.", no_args_is_help=True)

AT_THE_END_SECONDS = 5.0
"""How long a finished command waits for a mail server; `dev` or the next command tries again."""

NOW_SECONDS = 600.0


def tell_people(settings: Settings, store: Store, record: Import) -> None:
    """Send the notifications about an import, if that is quick. A failure is ignored."""
    with contextlib.suppress(Exception):  # they stay in the outbox
        notify.send_notifications(store, settings, within=AT_THE_END_SECONDS, import_id=record.id)


@app.command("list")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 20,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """List the latest notifications, newest first: sent, or why not and when the next attempt is.

    Example: contact-pipelines notifications list
    """
    with opened_store() as (_, store):
        found = notify.list_notifications(store, tenant_id=tenant, limit=limit)
    if json_:
        print_json([_shape(it) for it in found])
        return
    if not found:
        typer.echo("No notifications yet; the settings file says who gets them (notifications).")
        return
    rows = [
        (
            moment(it.created_at),
            it.kind.value,
            it.payload.get("data", {}).get("name", ""),
            it.recipient,
            it.status.value,
            it.attempts,
            moment(it.next_attempt_at) if it.status.value == "waiting" else "",
            it.last_error or "",
        )
        for it in found
    ]
    header = ("Made (UTC)", "Event", "Of", "To", "Status", "Attempts", "Next attempt", "Last error")
    print_table(header, rows, right=(5,))


@app.command("send")
def send(
    *,
    given_up: Annotated[
        bool, typer.Option("--given-up", help="Also the tenant's notifications that were given up.")
    ] = False,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Send everything that is waiting, due or not. Exits with 1 if something could not be sent.

    Example: contact-pipelines notifications send
    """
    with opened_store() as (settings, store):
        if not settings.notifications.configured:
            raise InvalidOption("The settings file has no notifications.smtp and no notifications.webhooks.")
        if given_up:
            notify.retry_given_up(store, tenant_id=tenant)
        done = notify.send_notifications(store, settings, within=NOW_SECONDS, now=True)
    print_result(
        f"Sent {done.sent:,}; {done.failed:,} failed, {done.given_up:,} given up, {done.waiting:,} waiting.",
        asdict(done),
        as_json=json_,
    )
    if done.failed:
        raise typer.Exit(1)


@app.command("test")
def send_test(
    *,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - recipients are the same for all
) -> None:
    """Send a test message to every address and webhook in the settings file. Exits with 1 if one cannot be reached.

    Example: contact-pipelines notifications test
    """
    from contact_pipelines.settings import load_settings

    tested = notify.send_test_messages(load_settings())
    if not tested:
        raise InvalidOption(
            "The settings file has no recipients: notifications.to, notifications.webhooks or a feed's notify."
        )
    if json_:
        print_json([asdict(it) for it in tested])
    else:
        for it in tested:
            typer.echo(f"{it.channel.value} {it.recipient}: {it.error or 'sent'}")
    if any(it.error for it in tested):
        raise typer.Exit(1)


def _shape(it: Notification) -> dict[str, object]:
    return {
        "id": it.id,
        "event": it.kind.value,
        "import_id": it.import_id,
        "channel": it.channel.value,
        "recipient": it.recipient,
        "status": it.status.value,
        "attempts": it.attempts,
        "created_at": isoformat(it.created_at),
        "next_attempt_at": isoformat(it.next_attempt_at) if it.status.value == "waiting" else None,
        "sent_at": isoformat(it.sent_at),
        "last_error": it.last_error,
    }
