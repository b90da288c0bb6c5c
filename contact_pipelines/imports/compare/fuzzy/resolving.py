"""Probable duplicates in an import: between match and diff, what becomes of rows that no key has recognised.

Of the rows that would be created, those that are probably a contact of the store, or an earlier row, are found and
handled as `FuzzyOptions.resolve` says. What is doubtful is never merged; such a row is reported and treated as new:

- several contacts are equally likely;
- another row is likelier the contact (by score, then by row number), or has its key;
- the person is probably an earlier row only: rows are not merged with one another;
- the row opts out: its address is to be remembered as one that left.

For the last reason such a row is not skipped either. Where of two who are probably one person one has opted out and the
other would be subscribed, that is told (`opted_out_duplicate`). A row that opts out and has no email, or that is not to
be created (update_only), updates the contact by the rule of the status: the stricter one holds.

All of it depends on the rows and the contacts alone, not on chunks or on the order of reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg

from contact_pipelines.errors import InvalidOption
from contact_pipelines.files.duck import identifier, literal, sql_blocks
from contact_pipelines.imports.compare import matching
from contact_pipelines.imports.compare.fuzzy.blocking import LeftOut
from contact_pipelines.imports.compare.fuzzy.finding import find_duplicate_contacts, find_duplicate_rows
from contact_pipelines.imports.compare.fuzzy.store_contacts import fetch_contacts
from contact_pipelines.imports.compare.matching import Matching
from contact_pipelines.models import FuzzyOptions, Mode, Resolve

PROBABLE = "probable_duplicates"
"""The table of what was found (see `probable_duplicates` in the SQL), and the artifact that is made of it."""

NOTED = "rows_with_notes"
"""The table of the rows, with what is told of them in `_note_code` and `_note`."""

MOST_CONTACTS = 10_000_000
"""Contacts of a tenant that a search reads. Each is read, however short the file; see `contacts`."""

ROWS, CONTACTS, CHOSEN = "fuzzy_rows", "fuzzy_contacts", "fuzzy_chosen"

TABLES = (
    *(PROBABLE, NOTED, ROWS, CHOSEN, "fuzzy_notes", "fuzzy_pairs", "fuzzy_best", "fuzzy_row_pairs", "fuzzy_best_rows"),
    "fuzzy_contact_pairs",
)
"""What this leaves in DuckDB."""


@dataclass(frozen=True)
class Resolved:
    """The rows to be compared from here on, and sentences for people: counts and row numbers, no contact's data."""

    source: str
    warnings: tuple[str, ...]


def resolve(
    con: duckdb.DuckDBPyConnection, store: psycopg.Connection, its: Matching, source: str, *, missing: str
) -> Resolved:
    """Look for probable duplicates among the rows that `matching.match` left unknown, and handle them.

    Makes the table PROBABLE; adds to `decided_rows` the rows that are skipped, and to `matches`, which gets a column
    `probable` where `resolve` updates, the rows that update the contact that they probably are. `source` is what
    `match` returned; `missing` is SQL of what a new contact lacks (NULL: nothing), empty if nothing is required.
    Raises InvalidOption if the store has too many contacts, or the file nothing to compare.
    """
    fuzzy = its.options.fuzzy
    assert fuzzy is not None  # noqa: S101 - the caller looked
    fields = [field for field in fuzzy.fields if field in its.fields]
    _find_rows(con, its, source, fields, missing=missing)
    left_out = _search(con, store, its, fields, fuzzy)
    _run(con, "probable_duplicates", table=PROBABLE, resolve=fuzzy.resolve, updates=str(fuzzy.updates).lower())
    _run(con, "notes", table=PROBABLE)
    _run(con, "skip")
    if fuzzy.updates:
        _run(con, "chosen", table=PROBABLE)
        matching.add_probable_matches(con, store, its, CHOSEN)
    warnings = [*_found(con, its, fuzzy), *_not_compared(its, fuzzy), *_left_out(left_out)]
    return Resolved(_with_notes(con, source), tuple(warnings))


def write_report(con: duckdb.DuckDBPyConnection, found: duckdb.DuckDBPyRelation, changes: str, target: Path) -> None:
    """Write what was `found` (PROBABLE) and what the plan, the view `changes`, did with it as CSV."""
    found.create_view("found_duplicates", replace=True)
    query = sql_blocks("fuzzy_resolving")["report"].format(duplicates="found_duplicates", changes=identifier(changes))
    con.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT csv, HEADER true, DELIMITER ',')")


def _find_rows(
    con: duckdb.DuckDBPyConnection, its: Matching, source: str, fields: Sequence[str], *, missing: str
) -> None:
    """Make ROWS. A row that lacks what a new contact needs is looked for only if it can update one."""
    fuzzy = its.options.fuzzy
    creates = its.options.mode is not Mode.UPDATE_ONLY
    only_created = creates and not (fuzzy and fuzzy.updates)
    columns = con.sql(f"FROM {identifier(source)}").columns
    _run(
        con,
        "rows_to_search",
        source=identifier(source),
        status="s.status" if "status" in columns else "CAST(NULL AS VARCHAR)",
        default_status=literal(its.default_status),
        creates=str(creates).lower(),
        email="s.email" if "email" in columns else "NULL",
        fields="".join(f", s.{identifier(field)}" for field in fields),
        complete=f"WHERE {missing} IS NULL" if missing and only_created else "",
    )


def _search(
    con: duckdb.DuckDBPyConnection,
    store: psycopg.Connection,
    its: Matching,
    fields: Sequence[str],
    fuzzy: FuzzyOptions,
) -> LeftOut:
    """Make the tables of pairs; return what the caps of the search left out."""
    if con.sql(f"SELECT EXISTS (FROM {ROWS})").fetchall() == [(True,)]:
        _require_few_contacts(store, its.tenant_id)
        fetch_contacts(con, store, tenant_id=its.tenant_id, fields=fields, scratch=its.scratch, with_status=True)
    else:
        columns = [f"CAST(NULL AS VARCHAR) AS {identifier(field)}" for field in (*fields, "status")]
        _run(con, "nobody", contacts=CONTACTS, columns=", ".join(["CAST(NULL AS UUID) AS id", *columns]))
    contacts = find_duplicate_contacts(con, ROWS, CONTACTS, fields, fuzzy)
    _run(con, "contact_pairs", contacts=CONTACTS)
    rows = find_duplicate_rows(con, ROWS, fields, fuzzy)
    (its.scratch / f"{CONTACTS}.csv").unlink(missing_ok=True)
    return LeftOut(contacts.left_out.blocks + rows.left_out.blocks, contacts.left_out.pairs + rows.left_out.pairs)


def _require_few_contacts(store: psycopg.Connection, tenant_id: str) -> None:
    counted = "SELECT count(*) FROM (SELECT FROM contacts WHERE tenant_id = %s LIMIT %s) counted"
    if store.execute(counted, [tenant_id, MOST_CONTACTS + 1]).fetchone() == (MOST_CONTACTS + 1,):
        raise InvalidOption(
            f"Tenant {tenant_id} has more than {MOST_CONTACTS:,} contacts, too many to look for probable duplicates"
            " among; import without the option fuzzy."
        )


def _with_notes(con: duckdb.DuckDBPyConnection, source: str) -> str:
    """Return the rows with what was found told in their notes; `source` itself if nothing was."""
    if con.sql("SELECT EXISTS (FROM fuzzy_notes)").fetchall() == [(False,)]:
        return source
    noted = "_note" in con.sql(f"FROM {identifier(source)}").columns
    _run(
        con,
        "noted_rows",
        target=NOTED,
        source=identifier(source),
        without_notes=" EXCLUDE (_note_code, _note)" if noted else "",
        note_code="s._note_code" if noted else "CAST(NULL AS VARCHAR)",
        note="s._note" if noted else "CAST(NULL AS VARCHAR)",
    )
    return NOTED


def _found(con: duckdb.DuckDBPyConnection, its: Matching, fuzzy: FuzzyOptions) -> list[str]:
    summary = sql_blocks("fuzzy_resolving")["summary"]
    new, skipped, updating, first, differing, first_differing = con.sql(summary).fetchall()[0]
    lines = []
    as_new = "skipped as unknown" if its.options.mode is Mode.UPDATE_ONLY else "treated as new"
    if (new or skipped or updating) and fuzzy.resolve is not Resolve.CREATE_NEW:
        what = [
            f"{number:,} {told}"
            for number, told in ((new, as_new), (skipped, "skipped"), (updating, "taken for the contact"))
            if number
        ]
        lines.append(
            f"{_rows(new + skipped + updating)} probably a contact that exists or an earlier row: {', '.join(what)}"
            f" (first in row {first}; duplicates.csv has them)"
        )
    if differing:
        lines.append(
            f"{_rows(differing)} probably one person with a contact or row of whom one has opted out and the other is"
            f" subscribed, and {as_new} (first in row {first_differing})"
        )
    return lines


def _not_compared(its: Matching, fuzzy: FuzzyOptions) -> list[str]:
    """Tell what was asked for and is not in the file, unless nobody asked in particular."""
    absent = [field for field in fuzzy.fields if field not in its.fields]
    if not absent or fuzzy.on == FuzzyOptions().on:
        return []
    return [f"probable duplicates were looked for without {', '.join(absent)}: no column is mapped to it"]


def _left_out(left_out: LeftOut) -> list[str]:
    if not left_out.blocks:
        return []
    groups = f"{left_out.blocks:,} group" + ("s" if left_out.blocks != 1 else "")
    told = (
        f"probable duplicates: {groups} of people with something in common were too large to compare each with each,"
        " so some may have been missed; more fields in fuzzy.on make the groups smaller"
    )
    return [told]


def _rows(number: int) -> str:
    return f"{number:,} row is" if number == 1 else f"{number:,} rows are"


def _run(con: duckdb.DuckDBPyConnection, block: str, **values: str) -> None:
    con.execute(sql_blocks("fuzzy_resolving")[block].format(**values))
