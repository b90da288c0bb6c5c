"""`db`: the contact store itself."""

from __future__ import annotations

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant

app = typer.Typer(help="The contact store's database.", no_args_is_help=True)


@app.command("upgrade")
def upgrade(
    *,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - one schema for all
) -> None:
    """Make or upgrade the tables in the database of CONTACT_PIPELINES_DATABASE_URL.

    Example: CONTACT_PIPELINES_DATABASE_URL=postgresql://me@db/contacts contact-pipelines db upgrade

    The embedded store is upgraded by itself; your own database only by this command.
    """
    from contact_pipelines.cli.printing import print_json
    from contact_pipelines.settings import load_settings
    from contact_pipelines.store import schema
    from contact_pipelines.store.engine import open_store

    store = open_store(load_settings(), check_schema=False)
    try:
        with store.translated():
            schema.upgrade(store.engine)
    finally:
        store.close()
    if json_:
        print_json({"revision": schema.HEAD_REVISION})
    else:
        typer.echo(f"The contact store's tables are up to date (revision {schema.HEAD_REVISION}).")


@app.command("url")
def url(
    *,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001 - one database for all
) -> None:
    """Print the contact store's URL, with its password, for psql and other programs.

    Example: psql "$(contact-pipelines db url)"

    The embedded store runs only as long as a command or `dev` uses it.
    """
    from contact_pipelines.cli.printing import print_json
    from contact_pipelines.settings import load_settings
    from contact_pipelines.store.engine import open_store

    store = open_store(load_settings(), check_schema=False)
    store.close()
    if json_:
        print_json({"url": store.url, "embedded": store.embedded})
    else:
        typer.echo(store.url)
