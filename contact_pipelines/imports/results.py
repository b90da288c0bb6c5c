"""The result files of an import: results, errors and contact events.

They are drafted while PostgreSQL takes the changes, which leaves this process idle, and published once those are
committed. A draft that is missing (another process applied the import, or drafting failed) is made when it is wanted.

`results.csv` is the input, row by row, with `Import Status` and `Errors`; `errors.csv` only what failed, so that it
can be imported again once it is mended. `contact_events.parquet` names the contacts that the import changed, in the
order of the file's rows, without values:

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
"""In the order they appear: a preview has left an error file, so it is the results that say that both are whole."""
EVENTS_FILE = f"{EVENTS}.parquet"
DRAFT = "draft_"


@contextmanager
def drafting(session: ImportSession) -> Iterator[None]:
    """Draft the files of the plan as it stands while the block runs; earlier drafts are dropped first.

    The contacts must be numbered (`write_contacts.number_contacts`): the events name the ids that the block writes.
    """
    for name in (*FILES, EVENTS_FILE):
        session.artifacts.discard(DRAFT + name)
    session.view(STAGED, CHANGES, ERRORS)
    with ThreadPoolExecutor(1) as meanwhile:
        draft = meanwhile.submit(_draft, session, session.con.cursor())
        yield
        draft.exception()  # waits; what could not be drafted is written by `publish`, which then tells why


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
    """Make the contact events appear, of an import that is applied: the draft, or else the same from its journal."""
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
    """Write what the plan would leave behind: a preview of the results, and the error file as it is."""
    session.view(STAGED, CHANGES, ERRORS)
    _write(session, session.con, errors=ERRORS_FILE, results=RESULTS_PREVIEW)


def is_published(artifacts: ArtifactFolder, options: ImportOptions) -> bool:
    """Say whether the results, the errors and, if the options want them, the events of an applied import are there."""
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
    # A row that could not be read has no cells: its text stands in the first one.
    value = f"coalesce({column}, s._text)" if first else column
    return f"{escape_expression(value)} AS {identifier(name)}"


def _write_events(con: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    con.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION snappy)").fetchall()
