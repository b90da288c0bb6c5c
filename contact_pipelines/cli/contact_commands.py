"""`contacts`: show and count contacts, show their history, erase a person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from contact_pipelines import contacts
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store
from contact_pipelines.cli.printing import list_change, moment, print_facts, print_json, print_result, safe
from contact_pipelines.errors import InvalidOption

if TYPE_CHECKING:
    from contact_pipelines.contacts import Erasure, HistoryEvent
    from contact_pipelines.contacts.contact_history import FieldChange

app = typer.Typer(help="Show and count contacts, erase a person.", no_args_is_help=True)


@app.command("get")
def get(
    key: Annotated[str, typer.Argument(metavar="KEY", help="An email, an external id, a phone number or an id.")],
    *,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Show one contact with all its fields, properties, tags, lists, segments and topics.

    Example: contact-pipelines contacts get john@example.com
    """
    with opened_store() as (_, store):
        contact = contacts.get_contact(store, key, tenant_id=tenant)
    if json_:
        print_json(contact)
        return
    facts: list[tuple[str, object]] = []
    for name, value in contact.items():
        if name == "properties":
            facts += [(f"properties.{property_key}", _text(its)) for property_key, its in sorted(value.items())]
        elif name in {"created_at", "updated_at"}:
            facts.append((name, moment(value)))
        elif value not in (None, [], {}):
            facts.append((name, _text(value)))
    print_facts(facts)


@app.command("history")
def history(
    key: Annotated[str, typer.Argument(metavar="KEY", help="An email, an external id, a phone number or an id.")],
    *,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Show what imports changed in a contact: file and row, each field before and after; rollbacks, grants of consent.

    Example: contact-pipelines contacts history john@example.com

    Newest first, without edits by people and other programs. The first values of a contact that an import created are
    shown until the contact changes; afterwards only the changes are known.
    """
    from contact_pipelines.cli.shapes import contact_history_shape

    with opened_store() as (_, store):
        contact_id, events = contacts.get_contact_history(store, key, tenant_id=tenant)
    if json_:
        print_json(contact_history_shape(contact_id, events))
    elif events:
        for event in events:
            _tell_event(event)
    else:
        typer.echo("No import has changed this contact.")


@app.command("count")
def count(
    *,
    filter_: Annotated[
        str | None,
        typer.Option("--filter", metavar="EXPR", help="Only matching contacts; docs/filters.md has the grammar."),
    ] = None,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Print how many contacts there are, or how many match a filter.

    Example: contact-pipelines contacts count --filter "status = 'subscribed' AND lead_score > 50"
    """
    with opened_store() as (_, store):
        number = contacts.count_contacts(store, filter_text=filter_, tenant_id=tenant)
    print_result(number, {"count": number}, as_json=json_)


@app.command("erase")
def erase(
    key: Annotated[str, typer.Argument(metavar="KEY", help="An email, an external id, a phone number or an id.")],
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; kept in the suppression list, so leave out personal data.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Erase without asking.")] = False,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Erase a person: contacts, memberships, journal, and the files of all imports that read them. Cannot be undone.

    Example: contact-pipelines contacts erase john@example.com --reason "asked us by letter"

    The address is put on the suppression list as a keyed hash, so that no import brings the person back. The results
    of those imports are gone too; rolling them back still works.
    """
    if json_ and not yes:
        raise InvalidOption("--json cannot ask for confirmation; add --yes to erase.")
    if not yes and not typer.confirm(f"Erase this person of tenant {tenant} for good?", err=True):
        typer.echo("Nothing was erased.", err=True)
        raise typer.Exit(1)
    with opened_store() as (settings, store):
        done = contacts.erase_contact(store, settings, key, tenant_id=tenant, reason=reason)
    if json_:
        print_json(done.as_dict())
    else:
        _tell_erasure(done)


def _tell_erasure(done: Erasure) -> None:
    print_facts(
        [
            ("contacts", done.contacts),
            ("memberships", done.memberships),
            ("journal rows", done.changes),
            ("files", done.files),
            ("of imports", ", ".join(done.imports) or "none"),
            ("exports", done.exports),
        ]
    )
    if done.not_searched:
        typer.echo(
            "These imports were never read to the end, so their files were not searched; check them yourself: "
            + ", ".join(done.not_searched),
            err=True,
        )


def _tell_event(event: HistoryEvent) -> None:
    told = [f"{safe(event.file)} row {event.row}, import {event.import_name}"] if event.import_name else []
    told += [safe(event.note)] if event.note else []
    typer.echo(f"{moment(event.at)}  {typer.style(f'{event.event:<15}', bold=True)}  {'; '.join(told)}")
    width = max((len(change.field) for change in event.fields), default=0)
    for change in event.fields:
        typer.echo(f"  {change.field:<{width}}  {_change(event, change)}")


def _change(event: HistoryEvent, change: FieldChange) -> str:
    if event.event == "created":
        return _shown(change.after)
    if isinstance(change.before, list) and isinstance(change.after, list):
        return safe(", ".join(part for part in list_change(change.before, change.after) if part))
    return f"{_shown(change.before)} -> {_shown(change.after)}"


def _shown(value: object) -> str:
    return "(empty)" if value in (None, [], "") else safe(_text(value))


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {its}" for name, its in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
