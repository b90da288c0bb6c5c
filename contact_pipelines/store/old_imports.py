"""Imports that ended long ago, and the record that their files were removed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import sqlalchemy as sa

from contact_pipelines.models import ImportStatus
from contact_pipelines.store.engine import Store
from contact_pipelines.store.imports_table import life_lock
from contact_pipelines.store.tables import imports

ENDED = (
    ImportStatus.COMPLETED,
    ImportStatus.FAILED,
    ImportStatus.CANCELLED,
    ImportStatus.EXPIRED,
    ImportStatus.ROLLED_BACK,
)
APPLIED = (ImportStatus.COMPLETED, ImportStatus.ROLLED_BACK)

What = Literal["artifacts", "results"]

_MARKS = {"artifacts": imports.c.artifacts_removed_at, "results": imports.c.results_removed_at}


@dataclass(frozen=True)
class OldImport:
    """An ended import whose files may be removed."""

    tenant_id: str
    id: str
    applied: bool


def find(connection: sa.Connection, what: What, days: int) -> list[OldImport]:
    """Return the imports of all tenants that ended so many days ago and still have these files, oldest first."""
    statement = sa.select(imports).where(_ended(days), _MARKS[what].is_(None)).order_by(imports.c.id)
    columns = statement.with_only_columns(imports.c.tenant_id, imports.c.id, imports.c.status)
    return [OldImport(tenant, str(it), status in APPLIED) for tenant, it, status in connection.execute(columns)]


def names_ended(connection: sa.Connection, days: int) -> set[str]:
    """Return the names of all imports that ended so many days ago."""
    return set(connection.scalars(sa.select(imports.c.name).where(_ended(days))))


@contextmanager
def removing(store: Store, it: OldImport, what: What, days: int) -> Iterator[bool]:
    """Lock an import while its files are removed, and record that at the end; yield False if it is in use again.

    If the block raises, nothing is recorded and the import is found again.
    """
    with store.begin() as connection:
        same = sa.and_(imports.c.tenant_id == it.tenant_id, imports.c.id == uuid.UUID(it.id))
        free = connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(life_lock(it.id))))
        still = sa.select(imports.c.status).where(same, _ended(days), _MARKS[what].is_(None))
        row = connection.execute(still.with_for_update()).one_or_none() if free else None
        yield row is not None
        if row is not None:
            everything = what == "results" or row.status not in APPLIED
            marks = _MARKS if everything else {what: _MARKS[what]}
            values = {column.name: sa.func.coalesce(column, sa.func.now()) for column in marks.values()}
            connection.execute(sa.update(imports).where(same).values(values))


def _ended(days: int) -> sa.ColumnElement[bool]:
    ended = sa.func.coalesce(imports.c.rolled_back_at, imports.c.finished_at, imports.c.created_at)
    return sa.and_(imports.c.status.in_(ENDED), ended < sa.func.now() - timedelta(days=days))
