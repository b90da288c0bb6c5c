"""Commands on registered imports: show, history, confirm, cancel, results and rollback."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contact_pipelines import imports
from contact_pipelines.cli import failing
from contact_pipelines.cli.notification_commands import tell_people
from contact_pipelines.cli.parameters import DEFAULT_TENANT, ImportKey, JsonFlag, Tenant, opened_store
from contact_pipelines.cli.printing import counted, moment, print_json, print_result, print_table, size
from contact_pipelines.errors import InvalidOption

if TYPE_CHECKING:
    from contact_pipelines.imports import Rollback
    from contact_pipelines.models import RollbackCounts


def show(key: ImportKey, *, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Show one import: its status, counts, mapping, warnings and files.

    Example: contact-pipelines show 2026-11-20-contacts_nov-efd14a3f2a91
    """
    from contact_pipelines.cli import shapes, summary

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
    from contact_pipelines.cli import shapes

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


def confirm(key: ImportKey, *, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Apply an import that awaits review, and print the result.

    Example: contact-pipelines confirm 2026-11-20-contacts_nov-efd14a3f2a91

    Rows whose contacts have changed since the review fail; they are in the error file.
    """
    from contact_pipelines.cli.failing import noticed_interrupts
    from contact_pipelines.cli.import_command import print_outcome
    from contact_pipelines.cli.progress import shown_progress
    from contact_pipelines.defs.run_here import confirm_import_here

    with opened_store() as (settings, store):
        record = imports.get_import(store, key, tenant_id=tenant)
        imports.require_confirmable(settings, record)
        failure: BaseException | None = None
        with noticed_interrupts() as interrupted:
            try:
                with shown_progress(store, record):
                    confirm_import_here(settings, store, record, verbose=failing.tracebacks_wanted())
            except BaseException as error:  # noqa: BLE001 - printed with the import; Dagster's interrupt is no Exception
                failure = KeyboardInterrupt() if interrupted() else error
        record = imports.get_import(store, record.id, tenant_id=tenant)
        code = print_outcome(settings, record, failure, as_json=json_)
        if code != failing.EXIT_INTERRUPTED:
            tell_people(settings, store, record)
    if code:
        raise typer.Exit(code)


def cancel(key: ImportKey, *, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Cancel an import that is pending, running or awaiting review. Nothing is written.

    Example: contact-pipelines cancel 2026-11-20-contacts_nov-efd14a3f2a91

    To undo a completed import, use `rollback`.
    """
    with opened_store() as (settings, store):
        record = imports.cancel_import(store, key, tenant_id=tenant)
        print_result(
            f"Cancelled {record.name}; nothing was written.",
            {"id": record.id, "status": record.status.value},
            as_json=json_,
        )
        tell_people(settings, store, record)


def results(
    key: ImportKey,
    *,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where to write it; - is standard output.")],
    errors: Annotated[
        bool,
        typer.Option("--errors", help="Only the failed rows, with their errors: correct them and import the file."),
    ] = False,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Write an import's results file: every row of the input with `Import Status` and `Errors`.

    Example: contact-pipelines results 2026-11-20-contacts_nov-efd14a3f2a91 --errors --out failed.csv
    """
    if json_ and out == "-":
        raise InvalidOption("--json and --out - both use standard output; give the file a name.")
    with (
        opened_store() as (settings, store),
        tempfile.TemporaryDirectory(prefix="contact-pipelines-") as folder,
    ):
        record = imports.get_import(store, key, tenant_id=tenant)
        imports.complete_report(store, settings, record)
        copy = Path(folder) / "results.csv"
        imports.copy_results(settings, record, copy, which="errors" if errors else "results")
        if out == "-":
            with copy.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            return
        target, written = Path(out).expanduser(), copy.stat().st_size
        try:
            shutil.copyfile(copy, target)
        except OSError as error:
            raise InvalidOption(f"The file {target} cannot be written: {error.strerror}.") from None
    print_result(
        f"Wrote {target} ({size(written)}).",
        {"id": record.id, "file": str(target.absolute()), "size": written},
        as_json=json_,
    )


def rollback(
    key: ImportKey,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would change.")] = False,
    restore_consent: Annotated[
        str | None,
        typer.Option(
            "--restore-consent",
            metavar="REASON",
            help="Also undo the import's opt-outs, and say why; the reason is kept, so leave out personal data. Works"
            " after a rollback that kept them, too.",
        ),
    ] = None,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Undo an import: delete what it created, restore what it changed, keep anything edited since.

    Example: contact-pipelines rollback 2026-11-20-contacts_nov-efd14a3f2a91 --dry-run

    The import's opt-outs stay, so that nobody who opted out is contacted again. The report, rollback.csv in the
    import's folder, lists for each contact what was restored, and what was kept and why.
    """
    from contact_pipelines.cli.shapes import rollback_shape

    with opened_store() as (settings, store):
        done = imports.roll_back_import(
            store, settings, key, tenant_id=tenant, dry_run=dry_run, restore_consent=restore_consent
        )
        if json_:
            print_json(rollback_shape(done))
        else:
            _tell_rollback(done, dry_run=dry_run, consent_restored=restore_consent is not None)
        tell_people(settings, store, done.record)


def _what_stays(counts: RollbackCounts) -> str:
    """Return what only --restore-consent would undo."""
    opt_outs = counted(counts.opt_outs_kept, "opt-out")
    listed = counted(counts.suppressions_kept, "suppressed address", "suppressed addresses")
    kept = [(counts.opt_outs_kept, opt_outs), (counts.suppressions_kept, listed)]
    return " and ".join(told for number, told in kept if number)


def _tell_rollback(done: Rollback, *, dry_run: bool, consent_restored: bool) -> None:
    record, counts = done.record, done.counts

    done_or_not = "Would roll back" if dry_run else "Rolled back"
    typer.echo(
        f"{done_or_not} {record.name}: {counted(counts.deleted, 'contact')} deleted,"
        f" {counts.restored:,} restored, {counts.kept:,} kept in full or in part."
        + (" Nothing was changed." if dry_run else "")
    )
    if counts.gone:
        typer.echo(f"  {counts.gone:,} had been deleted before.")
    if counts.properties_removed:
        typer.echo(f"  Removed unused properties that it had created: {counts.properties_removed:,}.")
    if counts.suppressions_removed:
        typer.echo(f"  Removed addresses from the suppression list: {counts.suppressions_removed:,}.")
    stay = _what_stays(counts)
    if counts.opt_outs_kept and consent_restored:
        typer.echo(f"  {counted(counts.opt_outs_kept, 'opt-out')} kept: the address is on the suppression list.")
    elif stay:
        tenant = "" if record.tenant_id == DEFAULT_TENANT else f" --tenant {record.tenant_id}"
        typer.echo(f"  Kept: {stay}. To undo that as well:")
        typer.echo(f'  contact-pipelines rollback {record.id}{tenant} --restore-consent "why"')
    if done.report_file:
        typer.echo(f"  Report  {done.report_file}")
