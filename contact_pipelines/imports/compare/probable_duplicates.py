"""Probable duplicates (the option `fuzzy`): what happens to rows without an exact match.

Rows that would be created but are probably an existing contact, or an earlier row, are found and handled as
`FuzzyOptions.resolve` says. Ambiguous ones are never merged, but reported and treated as new:

- several contacts are equally likely;
- another row is a better match (by score, then by row number), or has the contact's key;
- the only match is an earlier row: rows are not merged with each other;
- the row opts out: the opt-out of its address must be recorded.

For the last reason such a row is not skipped either. If one of two probable duplicates has opted out and the other
would be subscribed, that is reported (`opted_out_duplicate`). A row that opts out and has no email, or that may not be
created (update_only), updates the contact's status: the stricter one wins.

The result depends only on the rows and the contacts, not on chunks or the order of reading. What was found is an
artifact of the import; a new plan searches again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb
import psycopg

from contact_pipelines.errors import InvalidOption
from contact_pipelines.files.artifact_names import CHANGES, DUPLICATES_FILE, FUZZY
from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports.compare import matching
from contact_pipelines.imports.compare.fuzzy.finding import find_duplicate_contacts, find_duplicate_rows
from contact_pipelines.imports.compare.matching import Matching
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.models import PROPERTY_PREFIX, FuzzyOptions, Mode, Resolve
from contact_pipelines.store import copying

PROBABLE = "probable_duplicates"
"""The table of what was found, and the artifact that is made of it."""

NOTED = "rows_with_notes"
"""The table of the rows, with what was found in `_note_code` and `_note`."""

MOST_CONTACTS = 10_000_000
"""The most contacts that a search reads; it reads all of a tenant's, however small the file (`fetch_contacts`)."""

ROWS, CONTACTS, CHOSEN = "fuzzy_rows", "fuzzy_contacts", "fuzzy_chosen"

TABLES = (
    *(PROBABLE, NOTED, ROWS, CHOSEN, "fuzzy_notes", "fuzzy_pairs", "fuzzy_best", "fuzzy_row_pairs", "fuzzy_best_rows"),
    "fuzzy_contact_pairs",
)
"""What this leaves in DuckDB."""


def resolve(session: ImportSession, store: psycopg.Connection, its: Matching, source: str) -> str:
    """Search for probable duplicates among the rows without an exact match; return the rows to be compared.

    Adds to `decided_rows` the rows that are skipped, and to `matches`, which gets a column `probable` where `resolve`
    updates, the rows that update the contact that they probably are. Raises InvalidOption if the store has too many
    contacts, or the file nothing to compare.
    """
    con, fuzzy = session.con, its.difference.options.fuzzy
    assert fuzzy is not None  # noqa: S101 - the caller looked
    fields = [field for field in fuzzy.fields if field in its.difference.fields]
    _find_rows(con, its, source, fields, fuzzy)
    left_out = _search(con, store, its, fields, fuzzy)
    _run(con, "probable_duplicates", table=PROBABLE, resolve=fuzzy.resolve, updates=str(fuzzy.updates).lower())
    _run(con, "notes", table=PROBABLE)
    _run(con, "skip")
    if fuzzy.updates:
        _run(con, "chosen", table=PROBABLE)
        matching.add_probable_matches(con, store, its, CHOSEN)
    session.save(FUZZY, con.table(PROBABLE))
    warnings = [*_found(con, its, fuzzy), *_not_compared(its, fuzzy), *_left_out(left_out)]
    with session.artifacts.writing(f"{FUZZY}.json") as path:
        path.write_text(json.dumps({"warnings": warnings}, ensure_ascii=False), encoding="utf-8")
    if con.sql("SELECT EXISTS (FROM fuzzy_notes)").fetchall() == [(False,)]:
        return source
    _run(con, "noted_rows", target=NOTED, source=identifier(source))
    return NOTED


def publish(session: ImportSession) -> None:
    """Write the plan's `duplicates.csv`: the rows found, their probable duplicates, and what was done."""
    if not _has_any(session):
        return
    session.load(CHANGES).create_view(CHANGES, replace=True)
    session.load(FUZZY).create_view("found_duplicates", replace=True)
    query = sql_blocks("probable_duplicates")["report"].format(duplicates="found_duplicates", changes=CHANGES)
    with session.artifacts.writing(DUPLICATES_FILE) as path:
        session.con.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT csv, HEADER true, DELIMITER ',')")


def warnings(session: ImportSession) -> list[str]:
    """Return the warnings of the search; counts and row numbers only."""
    if not _has_any(session):
        return []
    kept = json.loads(session.artifacts.reading(f"{FUZZY}.json").read_text(encoding="utf-8"))
    return list(kept["warnings"])


def count_duplicates(session: ImportSession) -> int | None:
    """Return how many rows are probable duplicates; None if there was no search."""
    if not _has_any(session):
        return None
    return int(session.load(FUZZY).aggregate("count(DISTINCT _row)").fetchall()[0][0])


def fetch_contacts(
    con: duckdb.DuckDBPyConnection, store: psycopg.Connection, tenant_id: str, fields: Sequence[str], scratch: Path
) -> None:
    """Make the view CONTACTS (id UUID, `fields` and status as texts) of the tenant's contacts that have any of them.

    Copies the tenant's contacts in one pass, since misspelt names cannot be looked up in an index. Time, and the file
    in `scratch` that the view reads (id and compared texts, about 100 bytes per contact), grow with the store, however
    small the import. DuckDB keeps the normal forms, and only the tokens that the import has too.
    """
    answer = scratch / f"{CONTACTS}.csv"
    texts, columns = [_text(field) for field in fields], [*fields, "status"]
    statement = sql_blocks("probable_duplicates")["contacts"].format(
        fields="".join(f", {_text(field)}" for field in columns),
        tenant=literal(tenant_id),
        some=f"coalesce({', '.join(texts)}) IS NOT NULL",
    )
    with store.cursor() as cursor:
        copying.copy_out(cursor, f"COPY ({statement}) TO STDOUT (FORMAT csv)", answer)
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    _run(con, "load_contacts", table=CONTACTS, path=file_literal(answer), columns=f"'id': 'UUID', {types}")


def _has_any(session: ImportSession) -> bool:
    return session.record.options.fuzzy is not None and session.artifacts.exists(f"{FUZZY}.json")


def _find_rows(
    con: duckdb.DuckDBPyConnection, its: Matching, source: str, fields: Sequence[str], fuzzy: FuzzyOptions
) -> None:
    """Create ROWS. A row that lacks a required field is searched for only if it can update a contact."""
    creates = its.difference.options.mode is not Mode.UPDATE_ONLY
    columns = con.sql(f"FROM {identifier(source)}").columns
    _run(
        con,
        "rows_to_search",
        source=identifier(source),
        status="s.status" if "status" in columns else "CAST(NULL AS VARCHAR)",
        default_status=literal(its.difference.default_status),
        creates=str(creates).lower(),
        email="s.email" if "email" in columns else "NULL",
        fields="".join(f", s.{identifier(field)}" for field in fields),
        missing=its.difference.missing if creates and not fuzzy.updates else "NULL",
    )


def _search(
    con: duckdb.DuckDBPyConnection,
    store: psycopg.Connection,
    its: Matching,
    fields: Sequence[str],
    fuzzy: FuzzyOptions,
) -> int:
    """Create the tables of pairs; return how many blocks exceeded the caps of the search."""
    if con.sql(f"SELECT EXISTS (FROM {ROWS})").fetchall() == [(True,)]:
        _require_few_contacts(store, its.tenant_id)
        fetch_contacts(con, store, its.tenant_id, fields, its.scratch)
    else:
        columns = [f"CAST(NULL AS VARCHAR) AS {identifier(field)}" for field in (*fields, "status")]
        _run(con, "nobody", contacts=CONTACTS, columns=", ".join(["CAST(NULL AS UUID) AS id", *columns]))
    contacts = find_duplicate_contacts(con, ROWS, CONTACTS, fields, fuzzy)
    _run(con, "contact_pairs", contacts=CONTACTS)
    rows = find_duplicate_rows(con, ROWS, fields, fuzzy)
    (its.scratch / f"{CONTACTS}.csv").unlink(missing_ok=True)
    return contacts.left_out.blocks + rows.left_out.blocks


def _require_few_contacts(store: psycopg.Connection, tenant_id: str) -> None:
    counted = sql_blocks("probable_duplicates")["has_too_many"].format(tenant=literal(tenant_id), most=MOST_CONTACTS)
    if store.execute(counted.encode()).fetchone() == (True,):
        raise InvalidOption(
            f"Tenant {tenant_id} has more than {MOST_CONTACTS:,} contacts, too many to look for probable duplicates"
            " among; import without the option fuzzy."
        )


def _found(con: duckdb.DuckDBPyConnection, its: Matching, fuzzy: FuzzyOptions) -> list[str]:
    summary = sql_blocks("probable_duplicates")["summary"]
    new, skipped, updating, first, differing, first_differing = con.sql(summary).fetchall()[0]
    lines = []
    as_new = "skipped as unknown" if its.difference.options.mode is Mode.UPDATE_ONLY else "treated as new"
    if (new or skipped or updating) and fuzzy.resolve is not Resolve.CREATE_NEW:
        handled = ((new, as_new), (skipped, "skipped"), (updating, "taken for the contact"))
        lines.append(
            f"{_rows(new + skipped + updating)} probably a contact that exists or an earlier row:"
            f" {', '.join(f'{number:,} {what}' for number, what in handled if number)}"
            f" (first in row {first}; see duplicates.csv)"
        )
    if differing:
        lines.append(
            f"{_rows(differing)} probably one person with a contact or row of whom one has opted out and the other is"
            f" subscribed, and {as_new} (first in row {first_differing})"
        )
    return lines


def _not_compared(its: Matching, fuzzy: FuzzyOptions) -> list[str]:
    """Return a warning about requested fields that are not in the file, if any were named."""
    absent = [field for field in fuzzy.fields if field not in its.difference.fields]
    if not absent or fuzzy.on == FuzzyOptions().on:
        return []
    return [f"probable duplicates were looked for without {', '.join(absent)}: no column is mapped to it"]


def _left_out(blocks: int) -> list[str]:
    if not blocks:
        return []
    groups = f"{blocks:,} group" + ("s" if blocks != 1 else "")
    warning = (
        f"probable duplicates: {groups} of people with something in common were too large to compare each with each,"
        " so some may have been missed; more fields in fuzzy.on make the groups smaller"
    )
    return [warning]


def _rows(number: int) -> str:
    return f"{number:,} row is" if number == 1 else f"{number:,} rows are"


def _text(field: str) -> str:
    """Return SQL (PostgreSQL) of a contact's value as text."""
    if field.startswith(PROPERTY_PREFIX):
        return f"properties ->> {literal(field.removeprefix(PROPERTY_PREFIX))}"
    return field


def _run(con: duckdb.DuckDBPyConnection, block: str, **values: str) -> None:
    con.execute(sql_blocks("probable_duplicates")[block].format(**values))
