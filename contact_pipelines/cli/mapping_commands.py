"""`map` and `mapping`: show a file's suggested mapping; list and delete saved mappings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contact_pipelines import imports
from contact_pipelines.cli.option_parameters import given_options, with_options
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant, Tenant, opened_store
from contact_pipelines.cli.printing import how_read, isoformat, moment, print_json, print_result, print_table, safe

if TYPE_CHECKING:
    from contact_pipelines.models import ReadingOptions
    from contact_pipelines.settings.policy import Limits

app = typer.Typer(help="Saved mappings (see import --save-mapping).", no_args_is_help=True)


@app.command("list")
def list_(*, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """List the saved mappings, each with its latest version.

    Example: contact-pipelines mapping list
    """
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
    with opened_store() as (_, store):
        imports.delete_saved_mapping(store, name, tenant_id=tenant)
    print_result(f"The saved mapping {name!r} was deleted.", {"name": name, "deleted": True}, as_json=json_)


SHOWN_SAMPLES = 5


@with_options("ReadingOptions")
def map_files(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="One file or many.")],
    *,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - a suggestion is the same for all
    **given: Any,
) -> None:
    """Show the field suggested for each column, with confidence and reason. Nothing is imported.

    Example: contact-pipelines map contacts.csv leads.xlsx

    A file needs a header or rows, not both. A file that cannot be read does not keep the others from being shown.
    """
    from contact_pipelines.cli.failing import of_file
    from contact_pipelines.options import ReadingOptions
    from contact_pipelines.settings import load_settings

    options = given_options(ReadingOptions, given)
    limits = load_settings().policy.limits
    entries = [_entry(file, options, limits) for file in files]
    if json_:
        print_json(entries)
    for entry in entries:
        if "error" in entry:
            typer.echo(f"Error: {safe(of_file(entry['file'], entry['error']['message']))}", err=True)
        elif not json_:
            _print(entry)
    if any("error" in entry for entry in entries):
        raise typer.Exit(1)


def _entry(file: str, options: ReadingOptions, limits: Limits) -> dict[str, Any]:
    from contact_pipelines.cli.failing import failure_of
    from contact_pipelines.cli.shapes import reading_shape

    try:
        found, mapping = imports.describe_file(Path(file).expanduser(), options, limits)
    except Exception as error:  # noqa: BLE001 - one bad file does not stop the others
        return {"file": file, "error": failure_of(error).as_dict()}
    return {
        "file": file,
        **reading_shape(found.reading),
        "header": list(found.header),
        "columns": [
            {
                "column": column.column,
                "field": column.field,
                "confidence": column.confidence,
                "reason": column.reason,
                "samples": found.samples.get(column.column, [])[:SHOWN_SAMPLES],
            }
            for column in mapping
        ],
    }


def _print(entry: dict[str, Any]) -> None:
    typer.echo(f"{safe(entry['file'])}: {how_read(entry)}\n")
    rows = [
        (column["column"], column["field"], f"{column['confidence']:.0%}", column["reason"],
         ", ".join(column["samples"][:2]))
        for column in entry["columns"]
    ]  # fmt: skip
    print_table(("Column", "Field", "Sure", "Why", "For example"), rows, right=(2,))
    for note in entry["notes"]:
        typer.echo(f"  - {safe(note)}")
    typer.echo()
