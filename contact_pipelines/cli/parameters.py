"""The parameters that every command has, and how a command opens the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from contact_pipelines.settings import Settings
    from contact_pipelines.store.engine import Store

JsonFlag = Annotated[
    bool,
    typer.Option("--json", help="Print JSON on standard output, for programs. Progress stays on standard error."),
]
Tenant = Annotated[
    str,
    typer.Option("--tenant", metavar="TENANT", help="Whose contacts. One database can keep many tenants apart."),
]
NoTenant = Annotated[str, typer.Option("--tenant", hidden=True)]
"""Accepted like everywhere, by commands that are the same for all tenants."""

ImportKey = Annotated[
    str, typer.Argument(metavar="IMPORT", help="The import's id or its name, as `history` lists them.")
]

DEFAULT_TENANT = "default"  # models.DEFAULT_TENANT, without importing pydantic for --help; a test compares them


@contextmanager
def opened_store() -> Iterator[tuple[Settings, Store]]:
    """Open the store that the environment and the settings file name."""
    from contact_pipelines.settings import load_settings
    from contact_pipelines.store.engine import open_store

    settings = load_settings()
    store = open_store(settings)
    try:
        yield settings, store
    finally:
        store.close()
