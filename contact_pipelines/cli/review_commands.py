"""`confirm` and `cancel`: an import that awaits review, and one that is not wanted any more."""

from __future__ import annotations

import typer

from contact_pipelines.cli import failing
from contact_pipelines.cli.notification_commands import tell_people
from contact_pipelines.cli.parameters import DEFAULT_TENANT, ImportKey, JsonFlag, Tenant, opened_store


def confirm(key: ImportKey, *, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Do what an import that awaits review was reviewed to do, and print what became of its rows.

    Example: contact-pipelines confirm 2026-11-20-contacts_nov-efd14a3f2a91

    Rows whose contacts have changed since the review are left out: they fail, and stand in the error file.
    """
    from contact_pipelines import imports
    from contact_pipelines.cli.import_command import print_outcome
    from contact_pipelines.cli.interrupts import noticed_interrupts
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
            except BaseException as error:  # noqa: BLE001 - told with the import; Dagster's interrupt is no Exception
                failure = KeyboardInterrupt() if interrupted() else error
        record = imports.get_import(store, record.id, tenant_id=tenant)
        code = print_outcome(settings, record, failure, as_json=json_)
        if code != failing.EXIT_INTERRUPTED:
            tell_people(settings, store, record)
    if code:
        raise typer.Exit(code)


def cancel(key: ImportKey, *, json_: JsonFlag = False, tenant: Tenant = DEFAULT_TENANT) -> None:
    """Cancel an import that waits, runs or awaits review. Nothing of it is written.

    Example: contact-pipelines cancel 2026-11-20-contacts_nov-efd14a3f2a91

    What a completed import did is undone with `rollback`.
    """
    from contact_pipelines import imports
    from contact_pipelines.cli.printing import print_json

    with opened_store() as (settings, store):
        record = imports.cancel_import(store, key, tenant_id=tenant)
        if json_:
            print_json({"id": record.id, "status": record.status.value})
        else:
            typer.echo(f"Cancelled {record.name}; nothing was written.")
        tell_people(settings, store, record)
