"""`property`: list and add a tenant's custom fields."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from contact_pipelines import contacts
from contact_pipelines.cli.failing import checked_model
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store
from contact_pipelines.cli.printing import print_json, print_result, print_table
from contact_pipelines.property_types import LIST_OF_TYPES

app = typer.Typer(help="Custom fields of contacts.", no_args_is_help=True)


@app.command("list")
def list_(*, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """List the properties and their rules.

    Example: contact-pipelines property list
    """
    from contact_pipelines.cli.shapes import property_shape

    with opened_store() as (_, store):
        definitions = contacts.list_property_definitions(store, tenant_id=tenant)
    if json_:
        print_json([property_shape(definition) for definition in definitions])
        return
    rows = [(it.key, it.type.value, it.label, _rules(property_shape(it))) for it in definitions]
    print_table(("Key", "Type", "Label", "Rules"), rows)


@app.command("add")
def add(
    key: Annotated[str, typer.Argument(metavar="KEY", help="1 to 50 of a-z, 0-9 and _, for example industry.")],
    *,
    type_: Annotated[
        str,
        typer.Option("--type", metavar="TYPE", help=f"{LIST_OF_TYPES}."),
    ] = "text",
    label: Annotated[str, typer.Option(metavar="TEXT", help="What people see.")] = "",
    min_: Annotated[float | None, typer.Option("--min", metavar="N", help="Smallest number.")] = None,
    max_: Annotated[float | None, typer.Option("--max", metavar="N", help="Largest number.")] = None,
    pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Regular expression for the whole text, for example \\d{5}."),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="One choice of a select property. Repeatable.")
    ] = None,
    required: Annotated[
        bool, typer.Option("--required", help="New contacts need a value, and an import cannot remove it.")
    ] = False,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Add a property; map columns to it as properties.KEY.

    Example: contact-pipelines property add plan --type select --option free --option pro
    """
    from contact_pipelines.cli.shapes import property_shape
    from contact_pipelines.models import PropertyDefinition

    values = {"key": key, "type": type_, "label": label, "min": min_, "max": max_, "pattern": pattern,
              "options": tuple(option or ()), "required": required}  # fmt: skip
    definition = checked_model(PropertyDefinition, values, {"key": "KEY"})
    with opened_store() as (_, store):
        added = contacts.create_property(store, definition, tenant_id=tenant)
    print_result(
        f"The property {added.key} exists: {added.type.value}. Map a column to properties.{added.key}.",
        property_shape(added),
        as_json=json_,
    )


def _rules(shape: dict[str, Any]) -> str:
    rules = {name: shape[name] for name in ("min", "max", "pattern", "options") if shape.get(name, []) != []}
    told = [f"{name} {_rule(value)}" for name, value in rules.items()]
    return ", ".join([*told, "required"] if shape.get("required") else told)


def _rule(value: object) -> str:
    if isinstance(value, list):
        return " | ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
