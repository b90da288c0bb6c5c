"""The plan of an import, `contact_changes`: one row per row of the file, with its outcome and why.

Compare writes it (`compare.diffing`, `compare.opt_out_imports`), a review shows it and may make it again, apply
executes it, and the reports come from it. A plan has the COLUMNS that its import needs: of the contact's columns, those
that the file or the options set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import duckdb

from contact_pipelines.files.duck import ROW, identifier


class PlanColumn(NamedTuple):
    """A column of the plan: its name, its type in DuckDB, and what it says."""

    name: str
    type: str
    meaning: str


ROW_COLUMNS = (
    PlanColumn(ROW, "INTEGER", "the row's number in the file"),
    PlanColumn("outcome", "VARCHAR", "created, updated, unchanged, skipped or failed"),
    PlanColumn("code", "VARCHAR", "why it was skipped or failed, or what its consent comes from; else NULL"),
    PlanColumn("message", "VARCHAR", "the sentence of the code (see `outcomes`), or several"),
    PlanColumn("contact_id", "UUID", "the contact; NULL for a new one"),
    PlanColumn("version", "INTEGER", "the version of the contact that was compared; NULL for a new one"),
    PlanColumn("properties", "VARCHAR", "JSON object of the properties to set"),
    PlanColumn("erased", "VARCHAR[]", "keys of the properties to remove"),
    PlanColumn("joins", "BOOLEAN", "of an updated contact: whether it lacks a list, segment or topic that it joins"),
    PlanColumn("before", "VARCHAR", "of an updated contact: JSON object of the fields that change, as they were"),
    PlanColumn("after", "VARCHAR", "of an updated contact: JSON object of the same fields, as they will be"),
    PlanColumn("suppresses", "VARCHAR[]", "of an opt-out import: addresses that have to be on the suppression list"),
    PlanColumn(
        "also",
        "STRUCT(contact_id UUID, version INTEGER, status VARCHAR, before VARCHAR, after VARCHAR)[]",
        "of an opt-out import: further contacts that the row's keys find and that opt out with it",
    ),
)

CONTACT_COLUMNS = tuple(
    PlanColumn(name, type_, "of a created or updated contact, after the import")
    for name, type_ in {
        "external_id": "VARCHAR",
        "email": "VARCHAR",
        "phone": "VARCHAR",
        "first_name": "VARCHAR",
        "last_name": "VARCHAR",
        "company": "VARCHAR",
        "status": "VARCHAR",
        "lead_score": "INTEGER",
        "tags": "VARCHAR[]",
        "created_at": "TIMESTAMP WITH TIME ZONE",
        "is_duplicate": "BOOLEAN",
    }.items()
)

COLUMNS = {column.name: column for column in (*ROW_COLUMNS, *CONTACT_COLUMNS)}


def typed(rows: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Return the rows of a plan with each column in its type. Raises KeyError for one that no plan has."""
    return rows.project(
        ", ".join(f"CAST({identifier(name)} AS {COLUMNS[name].type}) AS {identifier(name)}" for name in rows.columns)
    )


def contact_columns(names: Iterable[str]) -> list[str]:
    """Return which of a plan's columns are the contact's, in their order."""
    contact = {column.name for column in CONTACT_COLUMNS}
    return [name for name in names if name in contact]
