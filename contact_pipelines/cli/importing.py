"""`import`: bring one file in, here and now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contact_pipelines.cli import failing
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store

if TYPE_CHECKING:
    from contact_pipelines.models import Import, ImportOptions
    from contact_pipelines.settings import Settings
    from contact_pipelines.store.engine import Store

_MAPPING, _UPDATING, _NEW = (
    "Which column is what",
    "What happens to contacts that exist",
    "What new contacts get",
)


def import_file(  # noqa: PLR0913 - the contract's options
    file: Annotated[str, typer.Argument(metavar="FILE", help="A CSV file (or TSV, or separated by ; or |).")],
    *,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="HEADER=FIELD",
            rich_help_panel=_MAPPING,
            help='What a column is, against the suggestion: --map "E-Mail privat=email" --map "Notes=ignore". '
            "A field is email, phone, first_name, ..., full_name, properties.KEY or ignore. Repeatable.",
        ),
    ] = None,
    column_map: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            rich_help_panel=_MAPPING,
            help='The whole mapping; columns it does not name are ignored: \'{"E-Mail": "email"}\', or @map.json.',
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            metavar="MODE",
            rich_help_panel=_UPDATING,
            help="upsert (default: create and update), create_only or update_only.",
        ),
    ] = None,
    match_on: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            rich_help_panel=_UPDATING,
            help="What recognises a contact: email, the only one so far.",
        ),
    ] = None,
    duplicates: Annotated[
        str | None,
        typer.Option(
            metavar="WHICH",
            rich_help_panel=_UPDATING,
            help="Rows of the file with the same email: the first counts (default), the last, or all fail (error).",
        ),
    ] = None,
    blank: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            rich_help_panel=_UPDATING,
            help="What an empty cell does to a contact that exists: ignore (default) or erase.",
        ),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=RULE",
            rich_help_panel=_UPDATING,
            help="What an update does to a field: overwrite (default), fill_blank, keep, append, keep_higher or "
            "keep_lower: --rule first_name=fill_blank --rule tags=append. Repeatable.",
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TAG",
            rich_help_panel=_NEW,
            help="A tag for all created and matched contacts. Repeatable.",
        ),
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            metavar="STATUS",
            rich_help_panel=_NEW,
            help="Status of new contacts whose row has none: subscribed (default), unsubscribed, bounced or "
            "complained.",
        ),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(
            metavar="CC",
            rich_help_panel=_NEW,
            help="Where phone numbers without a country code are from, for example US or DE.",
        ),
    ] = None,
    options: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.yaml",
            help="These options in a file, as lines such as mode: create_only or columns: {Mail: email}. "
            "The command line wins.",
        ),
    ] = None,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="A name for this import: a second call with the same key imports nothing and prints the first one.",
        ),
    ] = None,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Import a file of contacts now, and print what became of its rows.

    Example: contact-pipelines import contacts.csv --map "E-Mail privat=email" --tag fair-2026

    All or nothing: if the import fails, nothing is written. What it did can be undone with `rollback`.
    Single rows that fail do not fail the import; they are in the error file.
    """
    from contact_pipelines import operations
    from contact_pipelines.cli.import_options import build_options, require_email_match
    from contact_pipelines.files.landing import require_file

    require_email_match(match_on)
    require_file(Path(file).expanduser())  # before a store is opened, or even made, for a misspelt name
    import_options = build_options(
        {"mode": mode, "duplicates": duplicates, "blank": blank, "status": status, "country": country},
        column_pairs=map_ or (),
        rule_pairs=rule or (),
        tags=tag or (),
        column_map=None if column_map is None else _column_map(column_map, file),
        options_file=options,
    )
    with opened_store() as (settings, store):
        record = operations.register_import(
            store, file, import_options, tenant_id=tenant, door="cli", idempotency_key=idempotency_key
        )
        failure = _run(settings, store, record, import_options)
        record = operations.get_import(store, record.id, tenant_id=tenant)
        code = _print(settings, record, failure, as_json=json_)
    if code:
        raise typer.Exit(code)


def _column_map(text: str, file: str) -> dict[str, str]:
    from contact_pipelines import operations
    from contact_pipelines.cli.import_options import read_column_map
    from contact_pipelines.importing.mapping import parse_column_map

    found, _ = operations.describe_file(Path(file).expanduser())
    return parse_column_map(read_column_map(text), found.header)


def _run(settings: Settings, store: Store, record: Import, options: ImportOptions) -> BaseException | None:
    """Run the import unless its idempotency key stands for one that ran; return what it failed of."""
    from contact_pipelines import operations
    from contact_pipelines.cli.interrupts import noticed_interrupts
    from contact_pipelines.cli.progress import shown_progress
    from contact_pipelines.errors import WrongState
    from contact_pipelines.models import ImportStatus
    from contact_pipelines.store.imports import STARTABLE

    if record.status == ImportStatus.RUNNING:  # by another process, unless that has died
        operations.list_imports(store, tenant_id=record.tenant_id)
        record = operations.get_import(store, record.id, tenant_id=record.tenant_id)
        if record.status == ImportStatus.RUNNING:
            raise WrongState(f"The import {record.name} with this idempotency key is running at this moment.")
    if record.status not in STARTABLE:
        typer.echo("This idempotency key was used before; nothing was imported now.", err=True)
        return None
    with noticed_interrupts() as interrupted:
        try:
            with shown_progress(store, record):
                _run_here(settings, store, record)
        except BaseException as error:  # noqa: BLE001 - told with the import; Dagster's interrupt is no Exception
            return KeyboardInterrupt() if interrupted() else error
    return None


def _run_here(settings: Settings, store: Store, record: Import) -> None:
    from contact_pipelines.defs.running import run_import_here

    run_import_here(settings, store, record, verbose=failing.tracebacks_wanted())


def _print(settings: Settings, record: Import, error: BaseException | None, *, as_json: bool) -> int:
    """Print the import and, if it failed, why. Returns the exit code."""
    from contact_pipelines.cli import shapes, summary
    from contact_pipelines.cli.printing import print_json
    from contact_pipelines.models import ImportStatus

    if error is not None:
        code = failing.tell(error, as_json=as_json, result=shapes.import_shape(settings, record))
        return code if code == failing.EXIT_INTERRUPTED else failing.EXIT_FAILED
    if as_json:
        print_json(shapes.import_shape(settings, record))
    else:
        summary.print_import(settings, record)
    return 0 if record.status in (ImportStatus.COMPLETED, ImportStatus.ROLLED_BACK) else failing.EXIT_FAILED
