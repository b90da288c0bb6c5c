"""The command line: parses arguments, calls use cases, prints results for people or as JSON.

Results go to standard output, progress and errors to standard error. Exit 0: done, 1: failed, 2: wrong usage.
Heavy libraries are imported inside the commands, so that `--help` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its exit code."""
    try:
        from contact_pipelines.cli import app
    except KeyboardInterrupt:  # during import of the modules; later ones are handled by `app.main`
        sys.exit(130)
    app.main(arguments)
