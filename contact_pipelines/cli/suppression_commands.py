"""`suppressions`: add, check, remove and count addresses that are never subscribed again."""

from __future__ import annotations

from typing import Annotated

import typer

from contact_pipelines import contacts
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store
from contact_pipelines.cli.printing import print_json, print_result

app = typer.Typer(help="Addresses that are never subscribed again.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(metavar="EMAIL", help="An email address.")]


@app.command("add")
def add(
    email: Address,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept, so leave out personal data.")],
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Add an address to the list and unsubscribe its contact. No contact is created.

    Example: contact-pipelines suppressions add john@example.com --reason "complained by phone"
    """
    with opened_store() as (_, store):
        done = contacts.suppress_address(store, email, reason=reason, tenant_id=tenant)
    if json_:
        print_json({"added": done.added, "opted_out": done.opted_out})
    else:
        was = "is now on the suppression list" if done.added else "was already on the suppression list"
        typer.echo(f"The address {was}; contacts unsubscribed: {done.opted_out:,}.")


@app.command("check")
def check(email: Address, *, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Show whether an address is on the list.

    Example: contact-pipelines suppressions check john@example.com
    """
    with opened_store() as (_, store):
        found = contacts.is_address_suppressed(store, email, tenant_id=tenant)
    print_result(
        "The address is on the suppression list." if found else "The address is not on the list.",
        {"suppressed": found},
        as_json=json_,
    )


@app.command("remove")
def remove(
    email: Address,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Who asked for it, and how; recorded.")],
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Remove an address from the list. Its contact stays unsubscribed.

    Example: contact-pipelines suppressions remove john@example.com --reason "signed up again on paper"
    """
    with opened_store() as (_, store):
        contacts.release_address(store, email, reason=reason, tenant_id=tenant)
    print_result("The address is no longer on the suppression list.", {"removed": True}, as_json=json_)


@app.command("count")
def count(*, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Print the number of addresses on the list.

    Example: contact-pipelines suppressions count
    """
    with opened_store() as (_, store):
        number = contacts.count_suppressed(store, tenant_id=tenant)
    print_result(number, {"count": number}, as_json=json_)
