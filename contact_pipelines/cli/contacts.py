"""`contacts`: looking at contacts."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store

app = typer.Typer(help="Look at contacts.", no_args_is_help=True)


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
    from contact_pipelines import operations
    from contact_pipelines.cli.printing import moment, print_facts, print_json

    with opened_store() as (_, store):
        contact = operations.get_contact(store, key, tenant_id=tenant)
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


@app.command("count")
def count(*, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Print how many contacts there are.

    Example: contact-pipelines contacts count
    """
    from contact_pipelines import operations
    from contact_pipelines.cli.printing import print_json

    with opened_store() as (_, store):
        number = operations.count_contacts(store, tenant_id=tenant)
    if json_:
        print_json({"count": number})
    else:
        typer.echo(number)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
