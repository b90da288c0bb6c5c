"""`feeds`: list feeds and the files they have seen, run one now, retry a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from contact_pipelines import feeds, imports
from contact_pipelines.cli import failing
from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant, opened_store
from contact_pipelines.cli.printing import isoformat, print_json, print_table
from contact_pipelines.errors import ContactPipelinesError

if TYPE_CHECKING:
    from contact_pipelines.feeds import FeedState
    from contact_pipelines.models import Import
    from contact_pipelines.settings import Settings
    from contact_pipelines.store.engine import Store

app = typer.Typer(help="Imports that run automatically: the section `imports` of the settings file.")

FeedName = Annotated[str, typer.Argument(metavar="NAME", help="The feed's name in the settings file.")]


@app.command("list")
def list_(*, json_: JsonFlag = False, tenant: NoTenant = DEFAULT_TENANT) -> None:  # noqa: ARG001 - each feed has its own
    """List the feeds, the last import of each, and whether its source could be reached.

    Example: contact-pipelines feeds list
    """
    with opened_store() as (settings, store):
        states = feeds.list_feeds(store, settings)
    shapes = [_shape(state) for state in states]
    if json_:
        print_json(shapes)
        return
    if not shapes:
        typer.echo("There are no feeds: the section `imports` of the settings file is empty.")
        return
    rows = [
        (shape["name"], shape["when"], f"{shape['location']}: {shape['path']}", shape["last_import"]["name"],
         shape["last_import"]["status"], shape["check"]["status"])
        for shape in shapes
    ]  # fmt: skip
    print_table(("Feed", "When", "Source", "Last import", "Status", "Check"), rows)
    for shape in shapes:
        if shape["check"]["status"] in ("missing", "unreachable"):
            typer.echo(f"\n  {shape['name']}: {shape['check']['message']}")


@app.command("files")
def files(
    name: FeedName,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many files.")] = 50,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001
) -> None:
    """List the file versions that a feed has seen, latest first, with the result of each.

    Example: contact-pipelines feeds files daily_salesforce
    """
    with opened_store() as (settings, store):
        found = feeds.list_feed_files(store, settings.import_feed(name), limit=limit)
    if json_:
        keys = ("path", "version", "attempts", "status", "import_name", "error", "settled")
        print_json([{key: getattr(file, key) for key in keys} for file in found])
        return
    rows = [
        (file.path, file.status or "waiting", file.import_name or "", file.settled or "", file.error or "")
        for file in found
    ]
    print_table(("File", "Status", "Import", "At the source", "Why"), rows)


@app.command("run")
def run(name: FeedName, *, json_: JsonFlag = False, tenant: NoTenant = DEFAULT_TENANT) -> None:  # noqa: ARG001
    """Look at a feed's source now, and import what is new and complete, without Dagster's daemon.

    Example: contact-pipelines feeds run daily_salesforce

    Exits with 1 if an import failed or the source cannot be reached.
    """
    with opened_store() as (settings, store):
        feed = settings.import_feed(name)
        look = feeds.look_at_feed(store, settings, feed, door="cli")
        typer.echo(str(look), err=True)
        done = [_import_here(settings, store, record) for record in look.taken]
        settled = sum(1 for _ in feeds.settle_files(store, settings, feed))
        if json_:
            print_json({"feed": name, "settled": settled, "imports": [_import_shape(record) for record in done]})
        else:
            for record in done:
                typer.echo(f"{record.name}: {record.status}{f'. {record.error}' if record.error else ''}")
    if any(record.status == "failed" for record in done):
        raise typer.Exit(1)


@app.command("retry")
def retry(
    name: FeedName,
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file's path, as `feeds files` lists it.")],
    *,
    json_: JsonFlag = False,
    tenant: NoTenant = DEFAULT_TENANT,  # noqa: ARG001
) -> None:
    """Import a file of a feed again, now, whose import failed, was cancelled, expired or was undone.

    Example: contact-pipelines feeds retry daily_salesforce exports/contacts_1.csv
    """
    from contact_pipelines.cli.import_command import print_outcome

    with opened_store() as (settings, store):
        record = feeds.retry_watched(store, settings, settings.import_feed(name), path)
        record = _import_here(settings, store, record)
        code = print_outcome(settings, record, None, as_json=json_)
    if code:
        raise typer.Exit(code)


def _import_here(settings: Settings, store: Store, record: Import) -> Import:
    """Run an import of a feed; return it, even if it failed."""
    from contact_pipelines.defs.run_here import run_import_here

    try:
        run_import_here(settings, store, record, verbose=failing.tracebacks_wanted())
    except ContactPipelinesError as error:
        typer.echo(f"{record.name}: {error}", err=True)
    return imports.get_import(store, record.id, tenant_id=record.tenant_id)


def _shape(state: FeedState) -> dict[str, Any]:
    feed, last, check = state.feed, state.last_import, state.last_check
    when = f"every {feed.watch.every:g} s" if feed.watch else ""
    when = f"{feed.schedule.cron} {feed.schedule.timezone}" if feed.schedule else when
    return {
        "name": feed.name,
        "tenant": feed.tenant,
        "enabled": feed.enabled,
        "when": when if feed.enabled else "not enabled",
        "location": feed.source.location,
        "path": feed.source.path,
        "last_import": _import_shape(last) if last else dict.fromkeys(("id", "name", "status", "error", "held")),
        "check": {
            "status": check.status if check else None,
            "due_at": isoformat(check.due_at) if check else None,
            "message": check.message if check else "",
        },
    }


def _import_shape(record: Import) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "status": record.status.value,
        "error": record.error,
        "held": list(record.held),
    }
