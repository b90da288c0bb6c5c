"""Failures at the command line: message, code and exit code of any exception; and Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from contact_pipelines.cli.printing import print_json, safe
from contact_pipelines.errors import ContactPipelinesError, InvalidOption
from contact_pipelines.outcomes import sentence

if TYPE_CHECKING:
    from pydantic import BaseModel

    _Model = TypeVar("_Model", bound=BaseModel)

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130

_debugging = False


@dataclass(frozen=True)
class Failure:
    """A failure. `code` is stable and machine-readable, `message` one or two sentences."""

    code: str
    message: str
    exit_code: int = EXIT_FAILED

    def as_dict(self) -> dict[str, str]:
        """Return the JSON of `error`."""
        return {"code": self.code, "message": self.message}


def show_tracebacks(wanted: bool) -> None:  # noqa: FBT001 - a switch
    """Show or hide the tracebacks of unexpected errors, which may contain contacts' data."""
    global _debugging  # noqa: PLW0603 - one process runs one command
    _debugging = wanted


def tracebacks_wanted() -> bool:
    """Return whether tracebacks are shown."""
    return _debugging


def failure_of(error: BaseException) -> Failure:
    """Translate any exception."""
    if isinstance(error, ContactPipelinesError):
        return Failure(error.code, str(error), error.exit_code)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return Failure("interrupted", sentence("interrupted"), EXIT_INTERRUPTED)
    if isinstance(error, typer.TyperException):
        return Failure("wrong_usage", _usage_sentence(error), error.exit_code)
    if isinstance(error, typer.Exit):
        return Failure("exit", "", error.exit_code)
    if isinstance(error, SystemExit):
        return Failure("exit", "", error.code if isinstance(error.code, int) else EXIT_FAILED)
    return Failure(
        "unexpected",
        f"This is a bug: {type(error).__name__}. Run `contact-pipelines --debug ...` and report what it prints, without"
        " contacts' data.",
    )


def tell(error: BaseException, *, as_json: bool, result: Mapping[str, Any] | None = None) -> int:
    """Print a failure, on standard error and as JSON on standard output; return the exit code.

    `result`: more to print as JSON, such as the import that failed.
    """
    failure = failure_of(error)
    if failure.code == "exit":
        return failure.exit_code
    if failure.code == "unexpected" and _debugging:
        traceback.print_exception(error)
    if as_json:
        print_json({**(result or {}), "error": failure.as_dict()})
    typer.echo(f"Error: {safe(failure.message)}", err=True)
    return failure.exit_code


def of_file(file: str, message: str) -> str:
    """Return a failure's sentence with the file in front, unless it names the file."""
    return message if PurePath(file).name in message else f"{file}: {message}"


def checked_model(model: type[_Model], values: Mapping[str, Any], names: Mapping[str, str]) -> _Model:
    """Build a model from a command's parameters. Raises InvalidOption; `names` are those that are not --FIELD."""
    from pydantic import ValidationError

    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field, said = str(first["loc"][0]), first["msg"].removeprefix("Value error, ")
        raise InvalidOption(f"The value of {names.get(field, f'--{field}')} is wrong: {said}.") from None


def silence_standard_output() -> None:
    """Redirect standard output to null, so that the interpreter's last flush does not fail: nobody is reading."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage_sentence(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    sentence = error.format_message().strip().rstrip(".")
    help_command = f" Try: {context.command_path} --help" if context is not None else ""
    return f"{sentence}.{help_command}"


@contextmanager
def noticed_interrupts() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether Ctrl-C was pressed since the block began, whoever handles it.

    Dagster and DuckDB handle it themselves and raise what they like. Main thread only.
    """
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.settimeout(0)
        writing.settimeout(0)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield lambda: signal.SIGINT in _received(reading)
        finally:
            signal.set_wakeup_fd(before)


def _received(reading: socket.socket) -> bytes:
    """Return the numbers of the signals received, one byte each."""
    try:
        return reading.recv(4096)
    except BlockingIOError:
        return b""
