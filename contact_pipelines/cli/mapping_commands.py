"""`mapping`: list and delete saved mappings."""

from __future__ import annotations

from typing import Annotated

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store

app = typer.Typer(help="Saved mappings (see import --save-mapping).", no_args_is_help=True)


@app.command("list")
def list_(*, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """List the saved mappings, each with its latest version.

    Example: contact-pipelines mapping list
    """
    from contact_pipelines import imports
    from contact_pipelines.cli.printing import isoformat, moment, print_json, print_table

    with opened_store() as (_, store):
        found = imports.list_saved_mappings(store, tenant_id=tenant)
    if json_:
        print_json(
            [
                {"name": it.name, "version": it.version, "columns": it.columns, "created_at": isoformat(it.created_at)}
                for it in found
            ]
        )
        return
    rows = [
        (it.name, it.version, moment(it.created_at), ", ".join(f"{key} = {value}" for key, value in it.columns.items()))
        for it in found
    ]
    print_table(("Name", "Version", "Saved", "Columns"), rows, right=(1,))


@app.command("delete")
def delete(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The mapping's name.")],
    *,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Delete all versions of a saved mapping. Imports that used it are not changed.

    Example: contact-pipelines mapping delete "Salesforce leads"
    """
    from contact_pipelines import imports
    from contact_pipelines.cli.printing import print_json

    with opened_store() as (_, store):
        imports.delete_saved_mapping(store, name, tenant_id=tenant)
    if json_:
        print_json({"name": name, "deleted": True})
    else:
        typer.echo(f"The saved mapping {name!r} is deleted.")
