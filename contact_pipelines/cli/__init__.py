"""The command line: arguments -> use cases -> what a person or a program reads.

Results go to standard output, progress and errors to standard error. Exit 0: done, 1: failed, 2: wrong usage.
Heavy libraries are imported inside the commands, so that `--help` is quick.
"""

from __future__ import annotations

from contact_pipelines.cli.app import main

__all__ = ["main"]
