"""`check`, `cleanup` and `db`: test the settings file, delete old files, upgrade the database."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from contact_pipelines import feeds
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant, opened_store
from contact_pipelines.cli.printing import print_json, print_result, print_table
from contact_pipelines.errors import InvalidOption


def check(*, json_: JsonFlag = False, tenant: NoTenant = DEFAULT_TENANT) -> None:  # noqa: ARG001 - the same for all
    """Check the settings file: try each location, and list the files at each import's source.

    Example: contact-pipelines check

    Exits with 1 if anything is broken. Nothing is written or imported.
    """
    from contact_pipelines.settings import load_settings

    try:
        settings = load_settings()
        feeds.check_rules(settings)
    except InvalidOption as error:
        error.exit_code = 1  # the command is right, the file is not
        raise
    tried = feeds.check_settings(settings)
    broken = sum(entry.error is not None for entry in tried)
    if json_:
        entries = [{**asdict(entry), "ok": entry.error is None} for entry in tried]
        print_json({"file": str(settings.file) if settings.file else None, "ok": not broken, "entries": entries})
    elif settings.file is None:
        typer.echo("There is no settings file; the defaults apply. examples/contact_pipelines.yaml shows every key.")
    else:
        typer.echo(f"{settings.file}: {'ok' if not broken else f'{broken} broken'}\n")
        print_table(
            ("", "Section", "Name", "Found"),
            [("ok" if entry.error is None else "!!", entry.section, entry.name, entry.found) for entry in tried],
        )
        for entry in tried:
            if entry.error is not None:
                typer.echo(f"\n  {entry.section}.{entry.name}: {entry.error}")
    if broken:
        raise typer.Exit(1)


def cleanup(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")] = False,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - retention is the same for all
) -> None:
    """Remove old files of imports and exports, notifications, and Dagster's old partitions and runs.

    Example: contact-pipelines cleanup --dry-run

    The settings file says how long they are kept (`retention`). Imports can still be rolled back afterwards. With
    `dev`, or Dagster's daemon, this happens every night.
    """
    import dagster as dg

    from contact_pipelines import cleanup
    from contact_pipelines.defs.cleanup_job import clean_up_dagster
    from contact_pipelines.defs.instance import prepare_instance

    with opened_store() as (settings, store):
        done = cleanup.clean_up(store, settings, dry_run=dry_run)
        with dg.DagsterInstance.from_config(str(prepare_instance(settings))) as instance:
            ours = clean_up_dagster(instance, store, settings, dry_run=dry_run)
    if json_:
        print_json({"dry_run": dry_run, **asdict(done), **asdict(ours)})
        return
    typer.echo(
        f"{'Would remove' if dry_run else 'Removed'} {done.files:,} files: the artifacts of {done.artifacts:,} imports"
        f" and the results of {done.results:,}; {done.exports:,} exports' files; {done.notifications:,} notifications;"
        f" of Dagster {ours.partitions:,} partitions and {ours.runs:,} runs."
    )


app = typer.Typer(help="The contact store's database.", no_args_is_help=True)


@app.command("upgrade")
def upgrade(
    *,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - one schema for all
) -> None:
    """Create or upgrade the tables in the database of CONTACT_PIPELINES_DATABASE_URL.

    Example: CONTACT_PIPELINES_DATABASE_URL=postgresql://me@db/contacts contact-pipelines db upgrade

    The embedded store is upgraded automatically; your own database only by this command.
    """
    from contact_pipelines.settings import load_settings
    from contact_pipelines.store import schema
    from contact_pipelines.store.engine import open_store

    store = open_store(load_settings(), check_schema=False)
    try:
        with store.translated():
            schema.upgrade(store.engine)
    finally:
        store.close()
    print_result(
        f"The contact store's tables are up to date (revision {schema.HEAD_REVISION}).",
        {"revision": schema.HEAD_REVISION},
        as_json=json_,
    )


@app.command("url")
def url(
    *,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - one database for all
) -> None:
    """Print the contact store's URL, with its password, for psql and other programs.

    Example: psql "$(contact-pipelines db url)"

    The embedded store runs only while a command or `dev` uses it.
    """
    from contact_pipelines.settings import load_settings
    from contact_pipelines.store.engine import open_store

    store = open_store(load_settings(), check_schema=False)
    store.close()
    print_result(store.url, {"url": store.url, "embedded": store.embedded}, as_json=json_)
