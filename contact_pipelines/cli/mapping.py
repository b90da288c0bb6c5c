"""`map`: how files would be read, and what each column would be taken for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant

SHOWN_SAMPLES = 5


def map_files(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="One file or many.")],
    *,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - a suggestion is the same for all
) -> None:
    """Show what each column of a file would be taken for, how sure that is, and why. Nothing is imported.

    Example: contact-pipelines map contacts.csv leads.csv

    A file needs a header, rows are not needed. A file that cannot be read does not keep the others from
    being shown.
    """
    from contact_pipelines.cli.printing import print_json

    entries = [_entry(file) for file in files]
    if json_:
        print_json(entries)
    for entry in entries:
        if "error" in entry:
            typer.echo(f"Error: {entry['file']}: {entry['error']['message']}", err=True)
        elif not json_:
            _print(entry)
    if any("error" in entry for entry in entries):
        raise typer.Exit(1)


def _entry(file: str) -> dict[str, Any]:
    from contact_pipelines import operations
    from contact_pipelines.cli.failing import failure_of

    try:
        found, mapping = operations.describe_file(Path(file).expanduser())
    except Exception as error:  # noqa: BLE001 - one bad file does not keep the others from being told
        return {"file": file, "error": failure_of(error).as_dict()}
    return {
        "file": file,
        "delimiter": found.dialect.delimiter,
        "encoding": found.dialect.encoding,
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
    from contact_pipelines.cli.printing import print_table, safe

    delimiter = {"\t": "tab", " ": "space"}.get(entry["delimiter"], entry["delimiter"])
    typer.echo(f"{safe(entry['file'])}: {entry['encoding']}, separated by {delimiter}\n")
    rows = [
        (column["column"], column["field"], f"{column['confidence']:.0%}", column["reason"],
         ", ".join(column["samples"][:2]))
        for column in entry["columns"]
    ]  # fmt: skip
    print_table(("Column", "Field", "Sure", "Why", "For example"), rows, right=(2,))
    typer.echo()
