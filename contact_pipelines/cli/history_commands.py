"""`show` and `history`: imports that were."""

from __future__ import annotations

from typing import Annotated

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, ImportKey, JsonFlag, Tenant, opened_store


def show(key: ImportKey, *, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Show one import: where it stands, its counts, its mapping, its warnings and its files.

    Example: contact-pipelines show 2026-11-20-contacts_nov-efd14a3f2a91
    """
    from contact_pipelines import imports
    from contact_pipelines.cli import shapes, summary
    from contact_pipelines.cli.printing import print_json

    with opened_store() as (settings, store):
        record = imports.get_import(store, key, tenant_id=tenant)
        if json_:
            print_json(shapes.show_shape(settings, record))
            return
        summary.print_import(settings, record)
        summary.print_state(record)


def history(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many imports.")] = 20,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """List the latest imports, newest first.

    Example: contact-pipelines history --limit 5
    """
    from contact_pipelines import imports
    from contact_pipelines.cli import shapes
    from contact_pipelines.cli.printing import moment, print_json, print_table

    with opened_store() as (_, store):
        records = imports.list_imports(store, tenant_id=tenant, limit=limit)
    if json_:
        print_json([shapes.history_shape(record) for record in records])
        return
    if not records:
        typer.echo("No imports yet: contact-pipelines import FILE")
        return
    rows = [
        (record.name, record.status.value, moment(record.times["created_at"]),
         *(f"{number:,}" for number in shapes.counts_of(record).as_dict().values()))
        for record in records
    ]  # fmt: skip
    counted = ("rows", "created", "updated", "unchanged", "skipped", "failed")
    print_table(("Import", "Status", "Registered (UTC)", *counted), rows, right=range(3, 9))
