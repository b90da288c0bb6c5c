"""Writes the plan's contacts and their journal, in the caller's transaction.

New contacts are copied straight into `contacts`; of those that exist only the ones that change are updated, and only
if they still have the version that was compared. The journal (`import_changes`) and the counts are part of the same
transaction: all of it is there, or nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg
import sqlalchemy as sa

from contact_pipelines.contacts import consent_grants
from contact_pipelines.errors import ConservationError, ContactsChanged, StoreError
from contact_pipelines.files.artifact_names import CHANGES
from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports.apply import join_groups
from contact_pipelines.imports.apply.join_groups import JoinedGroup
from contact_pipelines.imports.plan import contact_columns
from contact_pipelines.models import Counts, Import
from contact_pipelines.store import copying

PLANNED = "planned_changes"
"""The view of the plan in which new contacts have their ids."""

JOURNAL_COLUMNS = (
    "tenant_id",
    "import_id",
    "contact_id",
    "row_number",
    "action",
    "version",
    "before",
    "after",
)


def count_outcomes(con: duckdb.DuckDBPyConnection, changes: str) -> Counts:
    """Return the plan's rows by outcome."""
    rows = con.sql(f"SELECT outcome, count(*) FROM {identifier(changes)} GROUP BY outcome").fetchall()
    return Counts(total=sum(n for _, n in rows), **dict(rows))


def check_conservation(con: duckdb.DuckDBPyConnection, rows_in_file: int | None) -> Counts:
    """Return the counts of the view `contact_changes`. Raises ConservationError unless each row is in it once."""
    counts = count_outcomes(con, CHANGES)
    distinct = con.sql(f"SELECT count(DISTINCT _row) FROM {CHANGES}").fetchall()[0]
    if not counts.add_up or counts.total != rows_in_file or distinct != (rows_in_file,):
        raise ConservationError(
            f"The file has {rows_in_file} rows, but {counts.total} outcomes were found for them. Nothing was written;"
            " this is a fault of Contact Pipelines, please report it."
        )
    return counts


def number_contacts(con: duckdb.DuckDBPyConnection, record: Import, plan: Path) -> None:
    """Make the view `planned_changes`: what the plan (a Parquet file) writes, with ids for new contacts.

    The ids differ from call to call, so one attempt must not call it twice.
    """
    con.execute(
        sql_blocks("write_contacts")["planned_changes"].format(
            first=_first_id(), import_id=literal(record.id), path=file_literal(plan)
        )
    )


def apply_changes(
    connection: sa.Connection,
    con: duckdb.DuckDBPyConnection,
    record: Import,
    *,
    counts: Counts,
    updated_fields: Sequence[str],
    groups: Sequence[JoinedGroup] = (),
    progress: Callable[[int], None],
) -> None:
    """Write the plan (`number_contacts`) in the transaction of `connection`; the caller commits.

    `updated_fields` are the contact columns that an update sets, `groups` what the contacts join. `progress` is called
    with the number of contacts written after each batch and statement; if it raises (the import was cancelled),
    everything is undone. Raises ContactsChanged if somebody else created or changed a contact since the plan was made,
    StoreError if the store refuses a value.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101
    with _without_data(), driver.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        created = _create(cursor, con, record, progress) if counts.created else 0
        updated = 0
        if counts.updated:
            updated = _update(connection, cursor, con, record, updated_fields, alive=lambda: progress(created))
        updated += join_groups.join_groups(cursor, con, record, groups, planned=PLANNED)
        progress(created + updated)
        journalled = _journal(cursor, con, record, lambda: progress(created + updated))
    if (created, updated) != (counts.created, counts.updated) or journalled != created + updated:
        raise ContactsChanged("Contacts were changed by somebody else while this import was prepared.")


def _create(
    cursor: psycopg.Cursor[tuple[object, ...]],
    con: duckdb.DuckDBPyConnection,
    record: Import,
    progress: Callable[[int], None],
) -> int:
    fields = contact_columns(con.view(PLANNED).columns)
    select = ", ".join([_present(field) for field in fields])
    rows = con.sql(
        f"SELECT {literal(record.tenant_id)} AS tenant_id, contact_id AS id, {select}, properties"
        f" FROM {PLANNED} WHERE outcome = 'created'"
    )
    columns = ["tenant_id", "id", *fields, "properties"]
    statement = f"COPY contacts ({', '.join(columns)}) FROM STDIN"
    try:
        copying.copy_in(cursor, statement, rows, columns, progress)
    except psycopg.errors.UniqueViolation:
        # The address was taken between comparing and applying. `from None`: the driver's text holds it.
        raise ContactsChanged("A contact of this file was created by somebody else meanwhile.") from None
    return cursor.rowcount


def _update(
    connection: sa.Connection,
    cursor: psycopg.Cursor[tuple[object, ...]],
    con: duckdb.DuckDBPyConnection,
    record: Import,
    fields: Sequence[str],
    *,
    alive: Callable[[], None],
) -> int:
    blocks = sql_blocks("write_contacts")
    cursor.execute(blocks["create_import_updates"].format(columns="".join(f"{identifier(f)}, " for f in fields)))
    columns = ["contact_id", "version", *fields, "properties", "erased"]
    # A contact of which no field changes only joins groups.
    rows = con.sql(f"SELECT {_columns(columns)} FROM {PLANNED} WHERE outcome = 'updated' AND after <> '{{}}'")
    statement = f"COPY import_updates ({_columns(columns)}) FROM STDIN"
    sent = copying.copy_in(cursor, statement, rows, columns, lambda _: alive())
    if not sent:
        return 0
    cursor.execute("ANALYZE import_updates")
    assignments = "".join(f"{identifier(field)} = u.{identifier(field)},\n    " for field in fields)
    reason = record.options.force_status if "status" in fields else None

    def update(only: str = "") -> int:
        statement = blocks["update_contacts"].format(assignments=assignments, tenant=literal(record.tenant_id))
        cursor.execute(statement.encode() + only.encode())
        return cursor.rowcount

    try:
        if reason is None:
            return update()
        # Only resubscribed contacts are updated under the grant, which would unprotect the others too.
        loosens = blocks["loosens"]
        updated = update(f" AND NOT {loosens}")
        with consent_grants.granted(connection, reason):
            return updated + update(f" AND {loosens}")
    except psycopg.errors.UniqueViolation:
        raise ContactsChanged("An email of this file was taken by somebody else meanwhile.") from None


def _journal(
    cursor: psycopg.Cursor[tuple[object, ...]],
    con: duckdb.DuckDBPyConnection,
    record: Import,
    alive: Callable[[], None],
) -> int:
    rows = con.sql(
        sql_blocks("write_contacts")["journal"].format(tenant=literal(record.tenant_id), import_id=literal(record.id))
    )
    statement = f"COPY import_changes ({', '.join(JOURNAL_COLUMNS)}) FROM STDIN"
    copying.copy_in(cursor, statement, rows, JOURNAL_COLUMNS, lambda _: alive())
    return cursor.rowcount


@contextmanager
def _without_data() -> Iterator[None]:
    """Keep contacts' data, which the driver quotes, out of errors. Lost connections pass unchanged."""
    try:
        yield
    except (
        psycopg.DataError,
        psycopg.IntegrityError,
        psycopg.ProgrammingError,
        psycopg.InternalError,
    ) as error:
        raise StoreError(
            f"The store refused to take this import (SQLSTATE {error.sqlstate}); nothing was written. This is a fault"
            " of Contact Pipelines or of a rule that was added to its tables."
        ) from None


def _first_id() -> int:
    """Return the UUIDv7 of this millisecond whose other bits are all zero, as a number."""
    milliseconds = time.time_ns() // 1_000_000
    return milliseconds << 80 | 0x7 << 76 | 0x2 << 62


def _present(field: str) -> str:
    # COPY does not give a column that it names its default.
    return "coalesce(created_at, now()) AS created_at" if field == "created_at" else identifier(field)


def _columns(names: Iterable[str]) -> str:
    return ", ".join(identifier(name) for name in names)
