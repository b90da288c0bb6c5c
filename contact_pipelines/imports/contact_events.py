"""Events: which contacts an import created or updated, for automation downstream. Ids and names of fields, no values.

`contact_events.parquet`, in the order of the file's rows:

| column | what |
|---|---|
| `contact_id` | UUID of the contact |
| `event` | `contact.created` or `contact.updated` |
| `row_number` | the row's number in the file |
| `fields` | names of the fields that changed, sorted; empty for a new contact and for one that only joined groups |
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import psycopg

from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.models import Import
from contact_pipelines.store import copying


def write_planned_events(con: duckdb.DuckDBPyConnection, planned: str, target: Path) -> None:
    """Write the events of a plan that is being applied; `planned` is the view of it with all ids."""
    _write(con, sql_blocks("events")["planned_events"].format(planned=identifier(planned)), target)


def write_journalled_events(
    con: duckdb.DuckDBPyConnection, store: psycopg.Connection, record: Import, *, scratch: Path, target: Path
) -> None:
    """Write the events of an import that was applied, from its journal: the same file as of its plan."""
    answer = scratch / "journal.csv"
    blocks = sql_blocks("events")
    journal = blocks["journal"].format(tenant=literal(record.tenant_id), import_id=literal(record.id))
    with store.cursor() as cursor:
        copying.copy_out(cursor, f"COPY ({journal}) TO STDOUT (FORMAT csv)", answer)
    _write(con, blocks["journalled_events"].format(path=file_literal(answer)), target)
    answer.unlink()


def _write(con: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    con.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION snappy)").fetchall()
