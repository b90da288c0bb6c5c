"""The store's side of the search: the fields to compare of a tenant's contacts, and nothing else of theirs.

A `COPY` of the tenant's contacts in one pass: a misspelt name is in no index. So the time, and the scratch file
(id and compared texts, about 100 bytes a contact), grow with the store, however short the file. What DuckDB makes of it
spills to the scratch folder; beyond the normal forms it keeps of a contact only the tokens that the file has too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import psycopg

from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.models import PROPERTY_PREFIX
from contact_pipelines.store import copying


def fetch_contacts(
    con: duckdb.DuckDBPyConnection,
    store: psycopg.Connection,
    *,
    tenant_id: str,
    fields: Sequence[str],
    scratch: Path,
    table: str = "fuzzy_contacts",
    with_status: bool = False,
) -> None:
    """Make the view `table` (id UUID, the `fields` as texts) of the tenant's contacts that have any of them.

    `fields` are contact fields and `properties.<key>`; `with_status`: and a column `status`. The view reads a file in
    the folder `scratch`, which has to stay until the search is done.
    """
    answer = scratch / f"{table}.csv"
    texts, carried = [_text(field) for field in fields], [*fields, *(["status"] if with_status else [])]
    statement = sql_blocks("fuzzy")["contacts"].format(
        fields="".join(f", {_text(field)}" for field in carried),
        tenant=literal(tenant_id),
        some=f"coalesce({', '.join(texts)}) IS NOT NULL",
    )
    columns = {"id": "UUID"} | dict.fromkeys(carried, "VARCHAR")
    with store.cursor() as cursor:
        copying.copy_out(cursor, f"COPY ({statement}) TO STDOUT (FORMAT csv)", answer)
    con.execute(
        sql_blocks("fuzzy")["load_contacts"].format(
            table=identifier(table),
            path=file_literal(answer),
            columns=", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns.items()),
        )
    )


def _text(field: str) -> str:
    """Return SQL (PostgreSQL) of a contact's value as text."""
    if field.startswith(PROPERTY_PREFIX):
        return f"properties ->> {literal(field.removeprefix(PROPERTY_PREFIX))}"
    return field
