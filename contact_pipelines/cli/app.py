"""The application: all commands, and `main`, where every failure becomes a sentence and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from contact_pipelines import __version__
from contact_pipelines.cli import (
    check,
    contacts,
    database,
    dev,
    exporting,
    failing,
    feeds,
    groups,
    history,
    housekeeping,
    importing,
    mapping,
    notifications,
    previewing,
    properties,
    results,
    review,
    saved_mappings,
    suppressions,
)

PROGRAM = "contact-pipelines"

app = typer.Typer(
    name=PROGRAM,
    help="""Bring files of contacts into PostgreSQL and out again: fast, reviewable, undoable.

    Start with: contact-pipelines import examples/contacts_nov.csv

    Without CONTACT_PIPELINES_DATABASE_URL the contacts are kept in an embedded PostgreSQL in the folder
    .contact_pipelines (or CONTACT_PIPELINES_HOME).""",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("import")(importing.import_file)
app.command("map")(mapping.map_files)
app.command("preview")(previewing.preview)
app.command("stage")(previewing.stage)
app.command("show")(history.show)
app.command("history")(history.history)
app.command("results")(results.results)
app.command("confirm")(review.confirm)
app.command("cancel")(review.cancel)
app.command("rollback")(results.rollback)
app.command("export")(exporting.export)
app.command("exports")(exporting.exports)
app.add_typer(contacts.app, name="contacts")
app.add_typer(properties.app, name="property")
app.add_typer(groups.lists, name="list")
app.add_typer(groups.segments, name="segment")
app.add_typer(groups.topics, name="topic")
app.add_typer(saved_mappings.app, name="mapping")
app.add_typer(suppressions.app, name="suppressions")
app.add_typer(feeds.app, name="feeds")
app.command("check")(check.check)
app.add_typer(notifications.app, name="notifications")
app.command("cleanup")(housekeeping.cleanup)
app.add_typer(database.app, name="db")
app.command("dev")(dev.dev)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[  # noqa: ARG001 - the callback does it
        bool,
        typer.Option("--version", help="Print the version and end.", callback=_print_version, is_eager=True),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            envvar="CONTACT_PIPELINES_DEBUG",
            help="Show the traceback of an unforeseen error (a bug).",
        ),
    ] = False,
) -> None:
    failing.show_tracebacks(debug)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(given)
        sys.stdout.flush()
    except BrokenPipeError:  # `contact-pipelines history | head`: the reader has seen enough
        failing.silence_standard_output()
        code = 1
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    try:
        result = app(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    except BrokenPipeError:
        raise
    except BaseException as error:  # noqa: BLE001 - the one place where every failure is told
        return failing.tell(error, as_json="--json" in arguments)
    return result if isinstance(result, int) else 0
