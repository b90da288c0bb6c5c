"""The result files of an import: results, errors and contact events.

They are drafted while PostgreSQL applies the changes, when this process is idle, and published after the commit. A
missing draft (another process applied the import, or drafting failed) is made on demand.

`results.csv` is the input, row by row, with `Import Status` and `Errors`; `errors.csv` has only the failed rows, to be
fixed and imported again. `contact_events.parquet` lists the contacts that the import changed, in the order of the rows,
without values:

| column | what |
|---|---|
| `contact_id` | UUID of the contact |
| `event` | `contact.created` or `contact.updated` |
| `row_number` | the row's number in the file |
| `fields` | names of the fields that changed, sorted; empty for a new contact and for one that only joined groups |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contact_pipelines.files.artifact_names import (
    CHANGES,
    ERRORS,
    ERRORS_FILE,
    EVENTS,
    RESULTS_FILE,
    RESULTS_PREVIEW,
    STAGED,
)
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.files.formula_escape import escape_expression
from contact_pipelines.imports.columns.file_mapping import header_of
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.models import ImportOptions
from contact_pipelines.store import copying

FILES = (ERRORS_FILE, RESULTS_FILE)
"""In order of publication: a preview leaves an error file too, so results.csv comes last and marks both as complete."""
EVENTS_FILE = f"{EVENTS}.parquet"
DRAFT = "draft_"


@contextmanager
def drafting(session: ImportSession) -> Iterator[None]:
    """Draft the files of the plan while the block runs; earlier drafts are deleted first.

    The contacts must be numbered (`write_contacts.number_contacts`): the events contain the ids that the block writes.
    """
    for name in (*FILES, EVENTS_FILE):
        session.artifacts.discard(DRAFT + name)
    session.view(STAGED, CHANGES, ERRORS)
    with ThreadPoolExecutor(1) as meanwhile:
        draft = meanwhile.submit(_draft, session, session.con.cursor())
        yield
        draft.exception()  # waits; `publish` writes what could not be drafted, or raises the error


def publish(session: ImportSession) -> None:
    """Make the results and error files appear, of an import that is applied."""
    if all(session.artifacts.exists(DRAFT + name) for name in FILES):
        for name in FILES:
            session.artifacts.rename(DRAFT + name, name)
        return
    session.view(STAGED, CHANGES, ERRORS)
    _write(session, session.con, *FILES)
    for name in FILES:
        session.artifacts.discard(DRAFT + name)


def publish_events(session: ImportSession) -> None:
    """Publish the contact events of an applied import: the draft, or the same from its journal."""
    if session.artifacts.exists(DRAFT + EVENTS_FILE):
        session.artifacts.rename(DRAFT + EVENTS_FILE, EVENTS_FILE)
        return
    if session.artifacts.exists(EVENTS_FILE):
        return
    blocks, answer = sql_blocks("results"), session.artifacts.scratch() / "journal.csv"
    tenant, import_id = literal(session.record.tenant_id), literal(session.record.id)
    journal = blocks["journal"].format(tenant=tenant, import_id=import_id)
    with session.store.raw() as store, session.artifacts.writing(EVENTS_FILE) as path:
        with store.cursor() as cursor:
            copying.copy_out(cursor, f"COPY ({journal}) TO STDOUT (FORMAT csv)", answer)
        _write_events(session.con, blocks["journalled_events"].format(path=file_literal(answer)), path)
    answer.unlink()


def preview(session: ImportSession) -> None:
    """Write a preview of the plan's results, and its error file."""
    session.view(STAGED, CHANGES, ERRORS)
    _write(session, session.con, errors=ERRORS_FILE, results=RESULTS_PREVIEW)


def is_published(artifacts: ArtifactFolder, options: ImportOptions) -> bool:
    """Return whether an applied import has its results, errors and, if the options ask for them, events."""
    return all(artifacts.exists(name) for name in (*FILES, *([EVENTS_FILE] if options.events else [])))


def _draft(session: ImportSession, con: duckdb.DuckDBPyConnection) -> None:
    _write(session, con, *(DRAFT + name for name in FILES))
    if session.record.options.events:
        with session.artifacts.writing(DRAFT + EVENTS_FILE) as path:
            _write_events(con, sql_blocks("results")["planned_events"], path)


def _write(session: ImportSession, con: duckdb.DuckDBPyConnection, errors: str, results: str) -> None:
    header = header_of(con.view(STAGED))
    con.execute(sql_blocks("results")["row_outcomes"])
    for block, name in (("errors", errors), ("results", results)):
        with session.artifacts.writing(name) as path:
            _write_rows(con, block, header, path)


def _write_rows(con: duckdb.DuckDBPyConnection, block: str, header: Sequence[str], target: Path) -> None:
    # A file that was itself a results or error file does not get these columns twice.
    names = [name for name in header if name.lower() not in ("import status", "errors")]
    cells = "".join(f"{_cell(name, first=place == 0)}, " for place, name in enumerate(names))
    query = sql_blocks("results")[block].format(cells=cells)
    con.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT csv, HEADER true, DELIMITER ',')")


def _cell(name: str, *, first: bool) -> str:
    column = f"s.{identifier(name)}"
    # An unreadable row has no cells: its text goes into the first one.
    value = f"coalesce({column}, s._text)" if first else column
    return f"{escape_expression(value)} AS {identifier(name)}"


def _write_events(con: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    con.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION snappy)").fetchall()
