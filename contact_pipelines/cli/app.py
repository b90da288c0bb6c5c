"""The Typer application: all commands, and `main`, which turns every failure into a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from contact_pipelines import __version__
from contact_pipelines.cli import (
    contact_commands,
    dev_command,
    export_commands,
    failing,
    feed_commands,
    group_commands,
    import_command,
    imports_commands,
    maintenance_commands,
    mapping_commands,
    notification_commands,
    preview_commands,
    property_commands,
    suppression_commands,
)
from contact_pipelines.cli.option_parameters import completed

PROGRAM = "contact-pipelines"
_TRUE = ("1", "true", "yes", "on")
_SETTINGS = {"help_option_names": ["-h", "--help"]}


class _Program(TyperGroup):
    """Commands whose parameters come from `options.py` get them on first use (see `option_parameters`)."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:  # noqa: ANN401
        name, command, rest = super().resolve_command(ctx, args)
        whole = completed(command.callback) if command is not None and command.callback else None
        if name is None or whole is None:
            return name, command, rest
        alone = typer.Typer(add_completion=False, context_settings=_SETTINGS)
        alone.command(name)(whole)
        return name, typer.main.get_command(alone), rest


app = typer.Typer(
    name=PROGRAM,
    cls=_Program,
    help="""Import contact files into PostgreSQL, and export them again. Imports can be reviewed and undone.

    Start with: contact-pipelines import examples/contacts_nov.csv

    Unless CONTACT_PIPELINES_DATABASE_URL is set, contacts are stored in an embedded PostgreSQL in the folder
    .contact_pipelines (or CONTACT_PIPELINES_HOME).""",
    no_args_is_help=True,
    add_completion=False,
    context_settings=_SETTINGS,
)

app.command("import")(import_command.import_file)
app.command("map")(mapping_commands.map_files)
app.command("preview")(preview_commands.preview)
app.command("stage")(preview_commands.stage)
app.command("show")(imports_commands.show)
app.command("history")(imports_commands.history)
app.command("results")(imports_commands.results)
app.command("confirm")(imports_commands.confirm)
app.command("cancel")(imports_commands.cancel)
app.command("rollback")(imports_commands.rollback)
app.command("export")(export_commands.export)
app.command("exports")(export_commands.exports)
app.add_typer(contact_commands.app, name="contacts")
app.add_typer(property_commands.app, name="property")
app.add_typer(group_commands.lists, name="list")
app.add_typer(group_commands.segments, name="segment")
app.add_typer(group_commands.topics, name="topic")
app.add_typer(mapping_commands.app, name="mapping")
app.add_typer(suppression_commands.app, name="suppressions")
app.add_typer(feed_commands.app, name="feeds")
app.command("check")(maintenance_commands.check)
app.add_typer(notification_commands.app, name="notifications")
app.command("cleanup")(maintenance_commands.cleanup)
app.add_typer(maintenance_commands.app, name="db")
app.command("dev")(dev_command.dev)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[  # noqa: ARG001 - the callback does it
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug", help="Show the traceback of an unexpected error (a bug), like CONTACT_PIPELINES_DEBUG=1."
        ),
    ] = False,
) -> None:
    failing.show_tracebacks(debug or os.environ.get("CONTACT_PIPELINES_DEBUG", "").lower() in _TRUE)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(given)
        sys.stdout.flush()
    except BrokenPipeError:  # as in `contact-pipelines history | head`
        failing.silence_standard_output()
        code = 1
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    try:
        result = app(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    except BrokenPipeError:
        raise
    except BaseException as error:  # noqa: BLE001 - the one place where failures are reported
        return failing.tell(error, as_json="--json" in arguments)
    return result if isinstance(result, int) else 0
