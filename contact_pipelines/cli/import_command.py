"""`import`: import one file and print the result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contact_pipelines import imports
from contact_pipelines.cli import failing
from contact_pipelines.cli.notification_commands import tell_people
from contact_pipelines.cli.option_parameters import (
    given_options,
    given_values,
    import_options,
    read_column_map,
    with_options,
)
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store
from contact_pipelines.cli.printing import print_json
from contact_pipelines.errors import WrongState

if TYPE_CHECKING:
    from contact_pipelines.models import Import
    from contact_pipelines.settings import Settings
    from contact_pipelines.store.engine import Store

_MAPPING, _CONSENT = "Column mapping", "Consent and suppression"  # as in `options.py`, without importing pydantic

_File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="Delimited text of any kind (.csv, .tsv, ...), a workbook (.xlsx, .xls, .xlsb, .ods), JSON, JSON Lines or "
        "Parquet, also inside .gz or a .zip of one file. Also one of a location of the settings file, such as "
        "sftp://LOCATION/folder/contacts.csv or s3://LOCATION/contacts.csv.",
    ),
]
_ColumnMap = Annotated[
    str | None,
    typer.Option(
        "--column-map",
        metavar="JSON",
        rich_help_panel=_MAPPING,
        help="The complete mapping; other columns are ignored: "
        '--column-map \'{"E-Mail": "email"}\', or @map.json for a file.',
    ),
]
_Suppress = Annotated[
    bool, typer.Option("--suppress", rich_help_panel=_CONSENT, help="Same as --suppress-mode opt_out.")
]
_OptionsFile = Annotated[
    Path | None,
    typer.Option(
        "--options",
        metavar="FILE.yaml",
        help="Read options from a YAML file with lines such as mode: create_only or columns: {Mail: email}. "
        "The command line wins.",
    ),
]
_IdempotencyKey = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        metavar="KEY",
        help="A name for this import: once it is done, a call with the same key imports nothing and prints it again.",
    ),
]


@with_options("ImportOptions")
def import_file(
    file: _File,
    *,
    column_map: _ColumnMap = None,
    suppress_: _Suppress = False,
    options: _OptionsFile = None,
    idempotency_key: _IdempotencyKey = None,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
    **given: Any,
) -> None:
    """Import a contact file and report what happened to its rows.

    Example: contact-pipelines import contacts.csv --map "E-Mail privat=email" --tag fair-2026

    All or nothing: if the import fails, nothing is written. `rollback` undoes it.
    Failed rows do not fail the import; they are listed in the error file.
    With --review nothing is written until `confirm`.
    An empty value, such as --country "", overrides a default of the settings file.
    """
    from contact_pipelines.files.locations import is_address
    from contact_pipelines.imports.land import require_file
    from contact_pipelines.options import ImportOptions

    if not is_address(file):
        require_file(Path(file).expanduser())  # before a store is opened or created for a misspelt name
    values = given_values(ImportOptions, given)
    if suppress_:
        values.setdefault("suppress", "opt_out")
    whole_mapping = None if column_map is None else _column_map(column_map, file, given)
    chosen = import_options(values, options, whole_mapping)
    with opened_store() as (settings, store):
        record = imports.register_import(
            store,
            file,
            chosen,
            tenant_id=tenant,
            door="cli",
            idempotency_key=idempotency_key,
            defaults=settings.options,
            locations=settings.locations,
        )
        failure = _run(settings, store, record)
        record = imports.get_import(store, record.id, tenant_id=tenant)
        code = print_outcome(settings, record, failure, as_json=json_)
        if code != failing.EXIT_INTERRUPTED:
            tell_people(settings, store, record)
    if code:
        raise typer.Exit(code)


def _column_map(text: str, file: str, given: dict[str, Any]) -> dict[str, str]:
    from contact_pipelines.imports.columns.given_columns import parse_column_map
    from contact_pipelines.options import ReadingOptions
    from contact_pipelines.settings import load_settings

    with imports.local_copy(file, load_settings().locations) as path:
        found, _ = imports.describe_file(path, given_options(ReadingOptions, given))
    return parse_column_map(read_column_map(text), found.header)


def _run(settings: Settings, store: Store, record: Import) -> BaseException | None:
    """Run the import, unless one with its idempotency key has run; return the error it failed with."""
    from contact_pipelines.cli.failing import noticed_interrupts
    from contact_pipelines.cli.progress import shown_progress
    from contact_pipelines.models import ImportStatus
    from contact_pipelines.store.imports_table import STARTABLE

    if record.status == ImportStatus.RUNNING:  # by another process, unless that has died
        imports.list_imports(store, tenant_id=record.tenant_id)
        record = imports.get_import(store, record.id, tenant_id=record.tenant_id)
        if record.status == ImportStatus.RUNNING:
            raise WrongState(f"The import {record.name} with this idempotency key is running at this moment.")
    if record.status not in STARTABLE:
        typer.echo("This idempotency key was used before; nothing was imported now.", err=True)
        return None
    with noticed_interrupts() as interrupted:
        try:
            with shown_progress(store, record):
                _run_here(settings, store, record)
        except BaseException as error:  # noqa: BLE001 - reported with the import; Dagster's interrupt is no Exception
            return KeyboardInterrupt() if interrupted() else error
    return None


def _run_here(settings: Settings, store: Store, record: Import) -> None:
    from contact_pipelines.defs.run_here import run_import_here

    run_import_here(settings, store, record, verbose=failing.tracebacks_wanted())


def print_outcome(settings: Settings, record: Import, error: BaseException | None, *, as_json: bool) -> int:
    """Print the import and, if it failed, why. Returns the exit code."""
    from contact_pipelines.cli import shapes, summary
    from contact_pipelines.models import ImportStatus

    if error is not None:
        code = failing.tell(error, as_json=as_json, result=shapes.import_shape(settings, record))
        return code if code == failing.EXIT_INTERRUPTED else failing.EXIT_FAILED
    if as_json:
        print_json(shapes.import_shape(settings, record))
    else:
        summary.print_import(settings, record)
    done = (ImportStatus.COMPLETED, ImportStatus.AWAITING_REVIEW, ImportStatus.ROLLED_BACK)
    return 0 if record.status in done else failing.EXIT_FAILED
