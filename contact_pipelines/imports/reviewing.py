"""Review: what a person sees of a plan, and what of it still holds when it is confirmed.

A plan that is confirmed is compared with one that is made at that moment. Where both would do the same with a row,
it is done; where not (its contact was edited, deleted, or created by somebody else meanwhile) the row fails with the
code `changed_since_review` and its contact is left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports.plan import contact_columns, typed
from contact_pipelines.models import PROPERTY_PREFIX

MOST_CHANGES = 20
"""Field-level changes in the sample."""

CHANGED_SINCE_REVIEW = "changed_since_review"
_MESSAGE = "the contact store has changed since the review; the row was left out"


@dataclass(frozen=True)
class FieldChange:
    """What the plan does to one field of one row's contact; `action` is created or updated, `before` JSON or None."""

    row: int
    action: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Moved:
    """Rows for which a plan made now reads otherwise than the reviewed one, and those for which it does otherwise."""

    rows: int
    conflicts: int


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file (hex)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sample_changes(con: duckdb.DuckDBPyConnection, changes: str) -> list[FieldChange]:
    """Return the plan's first field-level changes, at most MOST_CHANGES; those of known contacts come first."""
    fields = contact_columns(con.view(changes).columns)
    query = sql_blocks("reviewing")["first_changes"].format(
        changes=identifier(changes),
        contact=", ".join(f"{literal(name)}: {identifier(name)}" for name in fields),
        most=MOST_CHANGES,  # every row has one at least
    )
    return list(islice(_field_changes(con.sql(query).fetchall()), MOST_CHANGES))


def compare_plans(con: duckdb.DuckDBPyConnection, reviewed: Path, anew: Path) -> Moved:
    """Make the table `moved_rows` from two plans of the same file; return how many rows it has."""
    columns = [name for name in con.sql(f"FROM read_parquet({file_literal(anew)})").columns if name != "_row"]
    fields = [*contact_columns(columns), "properties"]
    blocks = sql_blocks("reviewing")
    con.execute(
        blocks["moved_rows"].format(
            anew=file_literal(anew),
            reviewed=file_literal(reviewed),
            created_otherwise=_differ(fields),
            reads_otherwise=_differ(columns),
        )
    ).fetchall()
    rows, conflicts = con.sql(blocks["count_moved"]).fetchall()[0]
    return Moved(rows, conflicts)


def confirmed_changes(con: duckdb.DuckDBPyConnection, anew: Path) -> duckdb.DuckDBPyRelation:
    """Return the plan made now, in which the conflicts of `moved_rows` fail."""
    confirmed = sql_blocks("reviewing")["confirmed_changes"].format(
        anew=file_literal(anew), code=literal(CHANGED_SINCE_REVIEW), message=literal(_MESSAGE)
    )
    return typed(con.sql(confirmed))


def _field_changes(rows: list[tuple[Any, ...]]) -> Iterator[FieldChange]:
    for row, action, before, after, properties in rows:
        old, new = json.loads(before or "{}"), json.loads(after)
        new |= {PROPERTY_PREFIX + key: value for key, value in json.loads(properties or "{}").items()}
        for field, value in new.items():
            if value != old.get(field):  # of a new contact, what it has
                yield FieldChange(row, action, field, old.get(field), value)


def _differ(columns: list[str]) -> str:
    return " OR ".join(f"n.{identifier(name)} IS DISTINCT FROM r.{identifier(name)}" for name in columns)
