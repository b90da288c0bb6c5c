"""`results` and `rollback`: what an import left behind, and undoing it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, ImportKey, JsonFlag, Tenant, opened_store


def results(
    key: ImportKey,
    *,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where to write it; - is standard output.")],
    errors: Annotated[
        bool,
        typer.Option("--errors", help="Only the failed rows, with their errors: mend them and import the file."),
    ] = False,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Write an import's results file: every row of the input with `Import Status` and `Errors`.

    Example: contact-pipelines results 2026-11-20-contacts_nov-3f2a91 --errors --out failed.csv
    """
    from contact_pipelines import operations
    from contact_pipelines.cli.printing import print_json, size
    from contact_pipelines.errors import InvalidOption

    if json_ and out == "-":
        raise InvalidOption("--json and --out - both want standard output; write the file to a name.")
    with (
        opened_store() as (settings, store),
        tempfile.TemporaryDirectory(prefix="contact-pipelines-") as folder,
    ):
        record = operations.get_import(store, key, tenant_id=tenant)
        copy = Path(folder) / "results.csv"
        operations.copy_results(settings, record, copy, which="errors" if errors else "results")
        if out == "-":
            with copy.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            return
        target, written = Path(out).expanduser(), copy.stat().st_size
        try:
            shutil.copyfile(copy, target)
        except OSError as error:
            raise InvalidOption(f"The file {target} cannot be written: {error.strerror}.") from None
    if json_:
        print_json({"id": record.id, "file": str(target.absolute()), "size": written})
    else:
        typer.echo(f"Wrote {target} ({size(written)}).")


def rollback(
    key: ImportKey,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would happen.")] = False,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Undo an import: delete what it created, restore what it changed, keep what anyone changed since.

    Example: contact-pipelines rollback 2026-11-20-contacts_nov-3f2a91 --dry-run
    """
    from contact_pipelines import operations
    from contact_pipelines.cli.printing import print_json
    from contact_pipelines.cli.shapes import rollback_shape

    with opened_store() as (_, store):
        record, counts = operations.roll_back_import(store, key, tenant_id=tenant, dry_run=dry_run)
    if json_:
        print_json(rollback_shape(record, counts))
        return
    done = "Would roll back" if dry_run else "Rolled back"
    nothing = " Nothing was changed." if dry_run else ""
    typer.echo(
        f"{done} {record.name}: {counts.deleted:,} contacts deleted, {counts.restored:,} restored,"
        f" {counts.kept:,} kept because they changed since.{nothing}"
    )
