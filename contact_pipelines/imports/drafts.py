"""Results file, error file, contact events: drafted while PostgreSQL takes the changes, published once committed.

Applying keeps PostgreSQL busy and us idle, and by then it is known what becomes of every row. A draft that is
missing (another process applied the import, or drafting failed) is simply written when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import duckdb

from contact_pipelines.files.artifact_names import CHANGES, ERRORS, EVENTS, STAGED
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.imports import contact_events, reporting
from contact_pipelines.imports.apply import applying
from contact_pipelines.imports.columns.file_mapping import header_of
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.models import ImportOptions

FILES = (reporting.ERRORS_FILE, reporting.RESULTS_FILE)
"""In the order they appear: a preview has left an error file, so it is the results that say that both are whole."""
EVENTS_FILE = f"{EVENTS}.parquet"
DRAFT = "draft_"
RESULTS_PREVIEW = "results_preview.csv"
"""The results file as it would be, of an import that awaits review."""


@contextmanager
def drafting(session: ImportSession) -> Iterator[None]:
    """Draft the files of the plan as it stands while the block runs; earlier drafts are dropped first.

    The contacts must be numbered (`applying.number_contacts`): the events name the ids that the block writes.
    """
    for name in (*FILES, EVENTS_FILE):
        session.artifacts.discard(DRAFT + name)
    _name_relations(session)
    with ThreadPoolExecutor(1) as meanwhile:
        draft = meanwhile.submit(_draft, session, session.con.cursor())
        yield
        draft.exception()  # waits; what could not be drafted is written by `publish`, which then tells why


def publish(session: ImportSession) -> None:
    """Make the results and error files appear, of an import that is applied."""
    if all(session.artifacts.exists(DRAFT + name) for name in FILES):
        for name in FILES:
            session.artifacts.rename(DRAFT + name, name)
    else:
        _name_relations(session)
        _write(session, session.con, *FILES)
        for name in FILES:
            session.artifacts.discard(DRAFT + name)


def is_published(artifacts: ArtifactFolder, options: ImportOptions) -> bool:
    """Say whether the results, the errors and, if the options want them, the events of an applied import are there."""
    return all(artifacts.exists(name) for name in (*FILES, *([EVENTS_FILE] if options.events else [])))


def preview(session: ImportSession) -> None:
    """Write what the plan would leave behind: a preview of the results, and the error file as it is."""
    _name_relations(session)
    _write(session, session.con, errors=reporting.ERRORS_FILE, results=RESULTS_PREVIEW)


def publish_events(session: ImportSession) -> None:
    """Make the contact events appear, of an import that is applied."""
    if session.artifacts.exists(DRAFT + EVENTS_FILE):
        session.artifacts.rename(DRAFT + EVENTS_FILE, EVENTS_FILE)
    elif not session.artifacts.exists(EVENTS_FILE):
        scratch = session.artifacts.scratch()
        with session.store.raw() as store, session.artifacts.writing(EVENTS_FILE) as path:
            contact_events.write_journalled_events(session.con, store, session.record, scratch=scratch, target=path)


def _draft(session: ImportSession, con: duckdb.DuckDBPyConnection) -> None:
    _write(session, con, *(DRAFT + name for name in FILES))
    if session.record.options.events:
        with session.artifacts.writing(DRAFT + EVENTS_FILE) as path:
            contact_events.write_planned_events(con, applying.PLANNED, path)


def _name_relations(session: ImportSession) -> None:
    for name in (STAGED, CHANGES, ERRORS):
        session.load(name).create_view(name, replace=True)


def _write(session: ImportSession, con: duckdb.DuckDBPyConnection, errors: str, results: str) -> None:
    header = header_of(con.view(STAGED))
    reporting.prepare_outcomes(con, CHANGES, ERRORS)
    with session.artifacts.writing(errors) as path:
        reporting.write_errors(con, STAGED, header, path)
    with session.artifacts.writing(results) as path:
        reporting.write_results(con, STAGED, header, path)
