"""Parameters that every command has, and opening the store for a command."""

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
    typer.Option("--json", help="Print the result as JSON. Progress goes to standard error."),
]
Tenant = Annotated[
    str,
    typer.Option("--tenant", metavar="TENANT", help="The owner of the contacts. One database can hold many tenants."),
]
NoTenant = Annotated[str, typer.Option("--tenant", hidden=True)]
"""Accepted for consistency by commands that do the same for all tenants."""

ImportKey = Annotated[str, typer.Argument(metavar="IMPORT", help="The import's id or name, as listed by `history`.")]

DEFAULT_TENANT = "default"  # models.DEFAULT_TENANT, without importing pydantic for --help; a test compares them


@contextmanager
def opened_store() -> Iterator[tuple[Settings, Store]]:
    """Open the store configured by the environment and the settings file."""
    from contact_pipelines.settings import load_settings
    from contact_pipelines.store.engine import open_store

    settings = load_settings()
    store = open_store(settings)
    try:
        yield settings, store
    finally:
        store.close()
