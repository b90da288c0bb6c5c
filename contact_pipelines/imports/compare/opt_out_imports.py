"""Suppression imports (the option `suppress`), which only opt people out.

Nobody is created, and only the status of contacts changes. Every contact that any key of a row matches is opted out,
even if one key matches several: opting out one too many is better than contacting somebody against their will. The
email is always a key, whatever `match_on` says. All rows count; of several about one contact the strictest status wins,
the first row gets the outcome, and the others are its duplicates.

The suppression list gets the addresses that no contact has (`opt_out`), or all addresses of the file and of the
contacts that it finds (`block`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import psycopg
import sqlalchemy as sa

from contact_pipelines.contacts import suppressions
from contact_pipelines.errors import ContactsChanged
from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports.compare import contact_keys
from contact_pipelines.imports.compare.merging import add_macros
from contact_pipelines.imports.plan import typed
from contact_pipelines.imports.validate.consent import STATUS
from contact_pipelines.models import (
    IGNORE,
    ColumnMapping,
    Counts,
    Import,
    ImportOptions,
    MatchKey,
    Preset,
    Suppress,
)
from contact_pipelines.store import copying

UPDATED_FIELDS = (STATUS,)
"""The contact columns that such an import sets."""

_TABLES = ("row_contacts", "listed_rows", "opt_outs", "addresses")
_PRESETS_OF_OTHERS = (None, Preset.NONE)


@dataclass(frozen=True)
class Suppressing:
    """The input of a plan: the views of valid rows and row errors, and the file's fields."""

    source: str
    errors: str
    tenant_id: str
    fields: Sequence[str]
    options: ImportOptions
    scratch: Path

    @property
    def keys(self) -> list[MatchKey]:
        """The match keys that the file has, in their order."""
        return [key for key in self.options.match_on if key in self.fields]

    @property
    def blocks(self) -> bool:
        """Whether the addresses of contacts are suppressed too."""
        return self.options.suppress is Suppress.BLOCK


def at_least_unsubscribed(options: ImportOptions) -> ImportOptions:
    """Return the options with a preset that makes every row an opt-out."""
    if options.suppress is None or options.preset not in _PRESETS_OF_OTHERS:
        return options
    return options.model_copy(update={"preset": Preset.UNSUBSCRIBED})


def reduce_columns(
    columns: Sequence[ColumnMapping], options: ImportOptions
) -> tuple[tuple[ColumnMapping, ...], ImportOptions]:
    """Return the columns with only the keys and the consent mapped, and the options with the email among the keys."""
    has_email = any(column.field == MatchKey.EMAIL for column in columns)
    if has_email and MatchKey.EMAIL not in options.match_on:
        options = options.model_copy(update={"match_on": (*options.match_on, MatchKey.EMAIL)})
    read = {*options.match_on, STATUS, IGNORE}
    why = "an import that suppresses reads only match keys and consent"
    return tuple(
        column if column.field in read else ColumnMapping(column.column, IGNORE, 1.0, why) for column in columns
    ), options


def plan(con: duckdb.DuckDBPyConnection, store: psycopg.Connection, its: Suppressing) -> duckdb.DuckDBPyRelation:
    """Return the plan (see `imports.plan`) with the columns `suppresses` and `also` (see the SQL).

    `forget` drops what it is made of.
    """
    with store.cursor() as cursor:
        contact_keys.send_row_keys(con, cursor, its.source, its.keys)
        _find_contacts(con, cursor, its)
        _find_listed_rows(con, cursor, its)
        cursor.execute("DROP TABLE row_keys")
    blocks, source = sql_blocks("suppressing"), identifier(its.source)
    add_macros(con)
    con.execute(blocks["opt_outs"].format(source=source))
    con.execute(blocks["addresses"].format(brought=_brought(its)))
    key = " or ".join(its.keys)
    email = "s.email" if MatchKey.EMAIL in its.fields else "NULL"
    changes = blocks["contact_changes"].format(source=source, errors=identifier(its.errors), key=key, email=email)
    return typed(con.sql(changes))


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Drop the tables of a plan."""
    for table in _TABLES:
        con.execute(f"DROP TABLE IF EXISTS {table}")


def plan_contacts(con: duckdb.DuckDBPyConnection, plan_file: Path, counts: Counts) -> Counts:
    """Make the view of all contacts that the plan writes, as `write_contacts.number_contacts` does; return how many."""
    con.execute(sql_blocks("suppressing")["planned_changes"].format(path=file_literal(plan_file)))
    number = con.sql("SELECT count(*) FROM planned_changes").fetchall()[0][0]
    return replace(counts, updated=number)


def add_addresses(connection: sa.Connection, con: duckdb.DuckDBPyConnection, record: Import, plan_file: Path) -> None:
    """Add the plan's addresses to the suppression list, after its contacts are written.

    Raises ContactsChanged if a subscribed contact has one, which was created after the plan.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101
    rows = con.sql(sql_blocks("suppressing")["planned_addresses"].format(path=file_literal(plan_file)))
    with driver.cursor() as cursor:
        cursor.execute('CREATE TEMPORARY TABLE import_addresses (address text COLLATE "C" NOT NULL) ON COMMIT DROP')
        if not copying.copy_in(cursor, "COPY import_addresses (address) FROM STDIN", rows, ["address"]):
            return
        cursor.execute("ANALYZE import_addresses")
        reason = record.options.suppress_reason or f"import {record.name}"
        suppressions.add_table(connection, record.tenant_id, "import_addresses", reason=reason, import_id=record.id)
        holders = sql_blocks("suppressing")["holders"].format(tenant=literal(record.tenant_id))
        if cursor.execute(holders.encode()).fetchone() == (True,):
            raise ContactsChanged("A contact of this file was created by somebody else meanwhile.")


def notes(con: duckdb.DuckDBPyConnection, changes: str) -> list[str]:
    """Return the warnings about the plan in the view `changes`."""
    number, first = con.sql(sql_blocks("suppressing")["count_adding"].format(changes=identifier(changes))).fetchall()[0]
    told = f"the addresses of {number:,} rows go on the suppression list (first in row {first})"
    if number == 1:
        told = f"the address of row {first} goes on the suppression list"
    return ["contacts are only opted out, none created (--suppress)", *([told] if number else [])]


def _find_contacts(
    con: duckdb.DuckDBPyConnection, cursor: psycopg.Cursor[tuple[object, ...]], its: Suppressing
) -> None:
    blocks, tenant = sql_blocks("suppressing"), literal(its.tenant_id)
    hits = [hit for place, key in enumerate(its.keys, 1) for hit in contact_keys.hits(key, place, its.tenant_id)]
    query = blocks["found_contacts"].format(
        hits="\n        UNION ALL\n        ".join(hits),
        tenant=tenant,
        listed=blocks["contact_is_listed"].format(tenant=tenant) if its.blocks else "false",
    )
    answer = its.scratch / "row_contacts.csv"
    cursor.execute("SET LOCAL work_mem = '256MB'")  # or else the hash join of a large file spills
    copying.copy_out(cursor, f"COPY ({query}) TO STDOUT (FORMAT csv)", answer)
    con.execute(blocks["load_contacts"].format(path=file_literal(answer)))
    answer.unlink()


def _find_listed_rows(
    con: duckdb.DuckDBPyConnection, cursor: psycopg.Cursor[tuple[object, ...]], its: Suppressing
) -> None:
    answer = its.scratch / "listed_rows.csv"
    answer.touch()
    if MatchKey.EMAIL in its.keys:
        on_list = suppressions.SUPPRESSED_ROWS.format(
            row="row_number", table="row_keys", address="email", tenant=literal(its.tenant_id)
        )
        copying.copy_out(cursor, f"COPY ({on_list}) TO STDOUT (FORMAT csv)", answer)
    con.execute(sql_blocks("suppressing")["load_listed_rows"].format(path=file_literal(answer)))
    answer.unlink()


def _brought(its: Suppressing) -> str:
    """Return SQL of the addresses that are to be on the list, with the row that brings each."""
    blocks = sql_blocks("suppressing")
    brought = []
    if MatchKey.EMAIL in its.keys:
        unless_known = "" if its.blocks else blocks["unless_known"]
        brought.append(blocks["unknown_addresses"].format(source=identifier(its.source), unless_known=unless_known))
    if its.blocks:
        brought.append(blocks["addresses_of_contacts"])
    nothing = "SELECT CAST(NULL AS VARCHAR) AS address, CAST(NULL AS INTEGER) AS _row, false AS listed WHERE false"
    return "\n    UNION ALL\n    ".join(brought or [nothing])
