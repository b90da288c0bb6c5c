"""`check`: whether the settings file is right, and all that it names is there."""

from __future__ import annotations

from dataclasses import asdict

import typer

from contact_pipelines.cli.parameters import DEFAULT_TENANT, JsonFlag, NoTenant


def check(*, json_: JsonFlag = False, tenant: NoTenant = DEFAULT_TENANT) -> None:  # noqa: ARG001 - the same for all
    """Check the settings file: try each location, and list what is at the source of each import.

    Example: contact-pipelines check

    Ends with 1 if anything is broken. Nothing is written or imported.
    """
    from contact_pipelines import feeds
    from contact_pipelines.cli.printing import print_json, print_table
    from contact_pipelines.errors import InvalidOption
    from contact_pipelines.settings import load_settings

    try:
        settings = load_settings()
        feeds.check_rules(settings)
    except InvalidOption as error:
        error.exit_code = 1  # the command was right, the file is not
        raise
    tried = feeds.check_settings(settings)
    broken = sum(entry.error is not None for entry in tried)
    if json_:
        entries = [{**asdict(entry), "ok": entry.error is None} for entry in tried]
        print_json({"file": str(settings.file) if settings.file else None, "ok": not broken, "entries": entries})
    elif settings.file is None:
        typer.echo("There is no settings file; the defaults hold. examples/contact_pipelines.yaml shows every key.")
    else:
        typer.echo(f"{settings.file}: {'ok' if not broken else f'{broken} broken'}\n")
        print_table(
            ("", "Section", "Name", "What there is"),
            [("ok" if entry.error is None else "!!", entry.section, entry.name, entry.found) for entry in tried],
        )
        for entry in tried:
            if entry.error is not None:
                typer.echo(f"\n  {entry.section}.{entry.name}: {entry.error}")
    if broken:
        raise typer.Exit(1)
