"""The `imports` table: reviews, cancelling and expiry.

`awaiting_review` ends as `completed` (confirmed), `cancelled` or `expired`. An import that is being confirmed stays
`awaiting_review` until the transaction that applies it commits, so a crash leaves it as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from contact_pipelines.models import Counts, Import, ImportStatus
from contact_pipelines.store import imports_table
from contact_pipelines.store.imports_table import is_import, life_lock
from contact_pipelines.store.tables import imports

_NOT_APPLIED = dict.fromkeys(("rows_created", "rows_updated", "rows_unchanged", "rows_skipped", "rows_failed"))
"""An import that was never applied keeps none of its plan's counts."""


def await_review(
    connection: sa.Connection,
    record: Import,
    counts: Counts,
    *,
    warnings: int,
    plan_sha256: str,
    expires_after: float,
    held: Sequence[str] = (),
) -> None:
    """Make a running import `awaiting_review`, for `expires_after` seconds. Raises WrongState if it was stopped.

    `held`: the reasons, if nobody asked for the review.
    """
    statement = (
        sa.update(imports)
        .where(is_import(record), imports.c.status == ImportStatus.RUNNING)
        .values(
            status=ImportStatus.AWAITING_REVIEW,
            plan_sha256=plan_sha256,
            awaiting_since=sa.func.now(),
            review_expires_at=sa.func.now() + timedelta(seconds=expires_after),
            warnings=warnings,
            held=list(held) or None,
            **{f"rows_{name}": count for name, count in counts.as_dict().items()},
        )
    )
    if connection.execute(statement).rowcount != 1:
        raise imports_table.stopped(connection, record)


def cancel(connection: sa.Connection, record: Import, why: str | None = None, *, code: str | None = None) -> bool:
    """Make an import `cancelled` that is pending, running or awaiting review; return whether it was.

    A process that is running it notices at its next step, or at the end of the transaction that applies it, and
    writes nothing.
    """
    cancellable = (ImportStatus.PENDING, ImportStatus.RUNNING, ImportStatus.AWAITING_REVIEW)
    statement = sa.update(imports).where(is_import(record), imports.c.status.in_(cancellable))
    values = {"status": ImportStatus.CANCELLED, "finished_at": sa.func.now(), "error": why, "error_code": code}
    return connection.execute(statement.values(**values, **_NOT_APPLIED)).rowcount == 1


def expire_overdue(connection: sa.Connection, tenant_id: str | None = None) -> list[Import]:
    """Make overdue reviews `expired`, of one tenant or of all; return the imports.

    One that is being confirmed is left alone: it was confirmed in time.
    """
    statement = sa.select(imports).where(
        imports.c.status == ImportStatus.AWAITING_REVIEW, imports.c.review_expires_at <= sa.func.now()
    )
    if tenant_id is not None:
        statement = statement.where(imports.c.tenant_id == tenant_id)
    expired = []
    for record in map(imports_table.from_row, connection.execute(statement).all()):
        key = life_lock(record.id)
        if connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(key))):
            waits = sa.and_(is_import(record), imports.c.status == ImportStatus.AWAITING_REVIEW)
            values = {"status": ImportStatus.EXPIRED, "finished_at": sa.func.now(), **_NOT_APPLIED}
            connection.execute(sa.update(imports).where(waits).values(values))
            expired.append(record)
    return expired
