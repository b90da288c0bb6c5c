"""One import in one process: record, artifacts, DuckDB, and what every step does before and after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import duckdb

from contact_pipelines.errors import ContactPipelinesError, DiskFull
from contact_pipelines.files import duck
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports.lookups import get_import
from contact_pipelines.models import Import
from contact_pipelines.outcomes import sentence
from contact_pipelines.settings import Settings
from contact_pipelines.store import import_life, imports_table
from contact_pipelines.store.engine import Store
from contact_pipelines.store.import_life import Heartbeat

_BEFORE = "nothing was half-applied. Make room and try again"
_AFTERWARDS = {
    "report": "the import is applied, but its results are not all written. Make room and ask for them"
    " (contact-pipelines results)"
}


class ImportSession:
    """Opened by a door or by `way`, used by one step after another, closed at the end."""

    def __init__(self, store: Store, settings: Settings, record: Import) -> None:
        self.store = store
        self.record = record
        self.policy = settings.policy
        self.locations = settings.locations
        self.feed = next((feed for feed in settings.imports if feed.name == record.feed), None)
        """The feed that brought the file, if the settings still have it."""
        self.artifacts = ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
        with self._naming_a_full_disk(_BEFORE):
            self.con = duck.connect(self.artifacts.scratch())

    def close(self) -> None:
        """Close DuckDB and delete its spill files. The artifacts stay."""
        self.con.close()
        self.artifacts.close()

    def __enter__(self) -> ImportSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def current(self) -> Import:
        """Return the import's current record from the store."""
        return get_import(self.store, self.record.id, tenant_id=self.record.tenant_id)

    def update(self, **values: object) -> None:
        """Update the session's record with what a step has just written to the store."""
        self.record = replace(self.record, **values)  # type: ignore[arg-type]

    def save(self, name: str, relation: duckdb.DuckDBPyRelation) -> None:
        """Write a relation as the artifact `<name>.parquet`, streamed."""
        with self.artifacts.writing(f"{name}.parquet") as path:
            relation.to_parquet(str(path), compression="snappy")

    def load(self, name: str) -> duckdb.DuckDBPyRelation:
        """Return the relation that `save` wrote. Raises FileNotFoundError."""
        relation = self.con.sql(f"FROM read_parquet({duck.file_literal(self.artifacts.reading(f'{name}.parquet'))})")
        if len(relation.columns) > duck.WIDE:
            duck.make_room(self.con)
        return relation

    def view(self, *names: str) -> None:
        """Make views of what `save` wrote, under the same names. Raises FileNotFoundError."""
        for name in names:
            self.load(name).create_view(name, replace=True)

    @contextmanager
    def step(self, name: str, *, claims: bool = True) -> Iterator[Heartbeat]:
        """Run a step with a heartbeat; an error marks the import as failed, with the error's message.

        Waits while another process runs a step of the same import. `claims=False` (the report of an applied import,
        the confirmation of one that awaits review) leaves its status alone, even if the step fails.
        Raises WrongState if the import has been applied or ended, ImportCancelled, and DiskFull.
        """
        with import_life.heartbeat(self.store, self.record) as heartbeat:
            # Not before: the process that was waited for may have applied the import, or ended it.
            if claims:
                with self.store.begin() as connection:
                    imports_table.claim(connection, self.record)
            try:
                heartbeat.step(name)
                with self._naming_a_full_disk(_AFTERWARDS.get(name, _BEFORE)):
                    yield heartbeat
            except BaseException as error:
                self._record_failure(name, error)
                raise

    @contextmanager
    def _naming_a_full_disk(self, consequence: str) -> Iterator[None]:
        try:
            yield
        except (OSError, duckdb.Error) as error:
            if not duck.disk_is_full(error):
                raise
            folder = self.artifacts.local_folder
            raise DiskFull(f"There is no room left on the disk of {folder} (or no quota); {consequence}.") from None

    def _record_failure(self, step: str, error: BaseException) -> None:
        if isinstance(error, ContactPipelinesError):
            code, message = error.code, str(error)
        else:
            # The text of an unexpected error may contain contact data: only its type is stored.
            code = "unexpected"
            message = sentence(code, step=step, error=type(error).__name__)
        try:
            with self.store.begin() as connection:
                imports_table.record_failure(connection, self.record, code, message)
        except ContactPipelinesError:
            pass  # the store is unreachable; the import will be found abandoned later
