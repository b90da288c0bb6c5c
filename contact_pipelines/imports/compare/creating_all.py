"""The mode create_all: every valid row becomes a contact, even if its address is taken.

Such a contact is marked as a duplicate (`is_duplicate`), which the unique index ignores. Consent belongs to the
address: all its rows in the file get the strictest status of any row or contact with the address.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import psycopg

from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports.compare.contact_keys import send_row_keys
from contact_pipelines.imports.compare.merging import BY_EMAIL, Difference
from contact_pipelines.imports.validate.consent import RANKS
from contact_pipelines.store import copying

MARKED = "marked_rows"
"""The table of rows with `is_duplicate` and with the status that they get."""


def mark_duplicates(
    con: duckdb.DuckDBPyConnection,
    cursor: psycopg.Cursor[Any],
    source: str,
    its: Difference,
    *,
    tenant_id: str,
    scratch: Path,
) -> str:
    """Return the table of the rows of `source`, which has emails, with `is_duplicate`, status, `_note_code`, `_note`.

    A row without a status of its own has the default one. A row that lacks a required field is not created, so no
    other row duplicates it.
    """
    blocks = sql_blocks("creating_all")
    send_row_keys(con, cursor, source, BY_EMAIL)
    answer = scratch / "holders.csv"
    statuses = ", ".join(literal(status) for status in RANKS)  # in the order of their ranks
    holders = blocks["holders"].format(statuses=statuses, tenant=literal(tenant_id))
    copying.copy_out(cursor, f"COPY ({holders}) TO STDOUT (FORMAT csv)", answer)
    cursor.execute("DROP TABLE row_keys")
    con.execute(blocks["load"].format(path=file_literal(answer)))
    answer.unlink()
    has_status, default = "status" in its.fields, literal(its.default_status)
    status = f"coalesce(status, {default})" if has_status else default
    con.execute(blocks["addresses"].format(source=identifier(source), status=status, missing=its.missing))
    without_status = "EXCLUDE (status)" if has_status else ""
    con.execute(
        blocks["marked_rows"].format(
            source=identifier(source), target=MARKED, status=status, without_status=without_status
        )
    )
    con.execute("DROP TABLE holders; DROP TABLE addresses")
    return MARKED
