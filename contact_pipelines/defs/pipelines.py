"""The resource that the assets share: the contact store and the session of the run's import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from contact_pipelines.settings import Settings, load_settings

if TYPE_CHECKING:
    from contact_pipelines.imports.session import ImportSession
    from contact_pipelines.store.engine import Store


class Pipelines:
    """What one run uses: settings, the store (opened lazily) and one session per import."""

    def __init__(self, settings: Settings | None = None, store: Store | None = None) -> None:
        """Take the settings (by default read from the environment when first needed) and an open store.

        A given store is closed by its owner, not here.
        """
        self._settings = settings
        self._store = store
        self._own_store = store is None
        self._sessions: dict[str, ImportSession] = {}

    @property
    def settings(self) -> Settings:
        """The settings. Raises InvalidOption."""
        if self._settings is None:
            self._settings = load_settings()
        return self._settings

    @property
    def store(self) -> Store:
        """The contact store. Raises StoreError."""
        if self._store is None:
            from contact_pipelines.store.engine import open_store

            self._store = open_store(self.settings)
        return self._store

    def session(self, name: str) -> ImportSession:
        """Return the session of the import with this readable name (its partition key). Raises NotFound."""
        if name not in self._sessions:
            from contact_pipelines import imports
            from contact_pipelines.store import imports_table

            with self.store.connect() as connection:
                record = imports_table.find_by_name(connection, name)
            self._sessions[name] = imports.open_import(self.store, self.settings, record)
        return self._sessions[name]

    def close(self) -> None:
        """Close what was opened."""
        while self._sessions:
            self._sessions.popitem()[1].close()
        if self._store is not None and self._own_store:
            self._store.close()
            self._store = None


class PipelinesResource(dg.ConfigurableResource[Pipelines]):
    """The contact store and its settings, read from the environment of the process that runs the step.

    It deliberately has no configuration: run configurations are stored and shown, and the database URL is a secret.
    """

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Pipelines]:  # noqa: ARG002
        """Yield the run's Pipelines and close it when the run (or the step, out of process) ends."""
        pipelines = Pipelines()
        try:
            yield pipelines
        finally:
            pipelines.close()
