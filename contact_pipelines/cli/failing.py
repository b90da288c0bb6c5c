"""Failures on the command line: the message, the code and the exit code for any exception, and Ctrl-C."""

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
from typing import Any

import typer

from contact_pipelines.cli.printing import print_json, safe
from contact_pipelines.errors import ContactPipelinesError

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130

_INTERRUPTED = "Interrupted; an import that was not applied yet has written nothing."

_debugging = False


@dataclass(frozen=True)
class Failure:
    """A failure as reported: `code` is stable and machine-readable, `message` a sentence or two."""

    code: str
    message: str
    exit_code: int = EXIT_FAILED

    def as_dict(self) -> dict[str, str]:
        """Return the value of `error` in JSON output."""
        return {"code": self.code, "message": self.message}


def show_tracebacks(wanted: bool) -> None:  # noqa: FBT001 - a switch
    """Show (or hide) tracebacks of unexpected errors. They may quote contacts' data."""
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
        return Failure("interrupted", _INTERRUPTED, EXIT_INTERRUPTED)
    if isinstance(error, typer.TyperException):
        return Failure("wrong_usage", _usage_sentence(error), error.exit_code)
    if isinstance(error, typer.Exit):
        return Failure("exit", "", error.exit_code)
    if isinstance(error, SystemExit):
        return Failure("exit", "", error.code if isinstance(error.code, int) else EXIT_FAILED)
    return Failure(
        "unexpected",
        f"This is a bug: {type(error).__name__}. Run the command again with --debug before it"
        " (contact-pipelines --debug ...) and report what it prints, without contacts' data.",
    )


def tell(error: BaseException, *, as_json: bool, result: Mapping[str, Any] | None = None) -> int:
    """Print the failure: the message on standard error and, with --json, JSON on standard output.

    `result` is further output, such as the import that failed. Returns the exit code.
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
    """Return a failure's message, prefixed with the file unless it names it already."""
    return message if PurePath(file).name in message else f"{file}: {message}"


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
    """Yield a function that says whether Ctrl-C was pressed since the block began. Main thread only."""
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
    """Return the numbers of the signals that came, one byte each."""
    try:
        return reading.recv(4096)
    except BlockingIOError:
        return b""
