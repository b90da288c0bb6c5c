"""`import`: bring one file in, here and now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from contact_pipelines.cli import failing
from contact_pipelines.cli import import_parameters as given
from contact_pipelines.cli import reading_parameters as reading
from contact_pipelines.cli.notification_commands import tell_people
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, Tenant, opened_store

if TYPE_CHECKING:
    from contact_pipelines.models import Import, ReadingOptions
    from contact_pipelines.settings import Settings
    from contact_pipelines.store.engine import Store

_OPT_OUT = "opt_out"


def import_file(
    file: given.File,
    *,
    map_: given.Map = None,
    column_map: given.ColumnMap = None,
    mapping: given.SavedMapping = None,
    save_mapping: given.SaveMapping = None,
    create_properties: given.CreateProperties = None,
    preset: given.Preset = None,
    encoding: reading.Encoding = None,
    delimiter: reading.Delimiter = None,
    header: reading.Header = None,
    sheet: reading.Sheet = None,
    mode: given.Mode = None,
    match_on: given.MatchOn = None,
    duplicates: given.Duplicates = None,
    blank: given.Blank = None,
    rule: given.Rule = None,
    fuzzy: given.Fuzzy = None,
    fuzzy_threshold: given.FuzzyThreshold = None,
    fuzzy_resolve: given.FuzzyResolve = None,
    tag: given.Tag = None,
    list_: given.List = None,
    segment: given.Segment = None,
    topic: given.Topic = None,
    import_tag: given.ImportTag = None,
    no_events: given.NoEvents = False,
    status: given.Status = None,
    force_status: given.ForceStatus = None,
    suppress: given.Suppress = False,
    suppress_mode: given.SuppressMode = None,
    suppress_reason: given.SuppressReason = None,
    country: given.Country = None,
    transform: given.Transform = None,
    date_format: given.DateFormat = None,
    time_zone: given.TimeZone = None,
    decimal_comma: given.DecimalComma = False,
    tag_delimiter: given.TagDelimiter = None,
    review: given.Review = False,
    options: given.OptionsFile = None,
    idempotency_key: given.IdempotencyKey = None,
    json_: JsonFlag = False,
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Import a file of contacts now, and print what became of its rows.

    Example: contact-pipelines import contacts.csv --map "E-Mail privat=email" --tag fair-2026

    All or nothing: if the import fails, nothing is written. What it did can be undone with `rollback`.
    Single rows that fail do not fail the import; they are in the error file.
    With --review nothing is written until `confirm`.
    """
    from contact_pipelines import imports
    from contact_pipelines.cli.import_options import build_options
    from contact_pipelines.files.locations import is_address
    from contact_pipelines.imports.land import require_file

    if not is_address(file):
        require_file(Path(file).expanduser())  # before a store is opened, or even made, for a misspelt name
    how = reading.reading_options(encoding, delimiter, header, sheet)
    import_options = build_options(
        {
            **how.model_dump(exclude_unset=True),
            "mode": mode,
            "match_on": match_on,
            "duplicates": duplicates,
            "blank": blank,
            "status": status,
            "force_status": force_status,
            "suppress": suppress_mode or (_OPT_OUT if suppress else None),
            "suppress_reason": suppress_reason,
            "country": country,
            "saved_mapping": mapping,
            "save_mapping": save_mapping,
            "create_properties": create_properties,
            "preset": preset,
            "review": review or None,
            "import_tag": import_tag,
            "events": "false" if no_events else None,
        },
        column_pairs=map_ or (),
        rule_pairs=rule or (),
        several={"tags": tag, "lists": list_, "segments": segment, "topics": topic},
        transforms=transform or (),
        transform_all={
            "date_format": date_format,
            "time_zone": time_zone,
            "decimal_comma": decimal_comma,
            "list_delimiter": tag_delimiter,
        },
        fuzzy={"on": fuzzy, "threshold": fuzzy_threshold, "resolve": fuzzy_resolve},
        column_map=None if column_map is None else _column_map(column_map, file, how),
        options_file=options,
    )
    with opened_store() as (settings, store):
        record = imports.register_import(
            store,
            file,
            import_options,
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


def _column_map(text: str, file: str, how: ReadingOptions) -> dict[str, str]:
    from contact_pipelines import imports
    from contact_pipelines.cli.import_options import read_column_map
    from contact_pipelines.imports.columns.given_columns import parse_column_map
    from contact_pipelines.settings import load_settings

    with imports.local_copy(file, load_settings().locations) as path:
        found, _ = imports.describe_file(path, how)
    return parse_column_map(read_column_map(text), found.header)


def _run(settings: Settings, store: Store, record: Import) -> BaseException | None:
    """Run the import unless its idempotency key stands for one that ran; return what it failed of."""
    from contact_pipelines import imports
    from contact_pipelines.cli.interrupts import noticed_interrupts
    from contact_pipelines.cli.progress import shown_progress
    from contact_pipelines.errors import WrongState
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
        except BaseException as error:  # noqa: BLE001 - told with the import; Dagster's interrupt is no Exception
            return KeyboardInterrupt() if interrupted() else error
    return None


def _run_here(settings: Settings, store: Store, record: Import) -> None:
    from contact_pipelines.defs.run_here import run_import_here

    run_import_here(settings, store, record, verbose=failing.tracebacks_wanted())


def print_outcome(settings: Settings, record: Import, error: BaseException | None, *, as_json: bool) -> int:
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
    done = (ImportStatus.COMPLETED, ImportStatus.AWAITING_REVIEW, ImportStatus.ROLLED_BACK)
    return 0 if record.status in done else failing.EXIT_FAILED
