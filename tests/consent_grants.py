"""What the database has recorded of grants of consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa


@dataclass(frozen=True)
class GrantUse:
    """One opt-out that was undone, or one suppression that was lifted.

    `contact_id` is None and `old_status` is `suppressed` for a suppression; `new_status` is None where the contact
    was deleted, too, without leaving a tombstone.
    """

    contact_id: str | None
    old_status: str
    new_status: str | None
    reason: str
    granted_at: datetime
    database_user: str


def uses_of_grants(connection: sa.Connection, tenant_id: str) -> list[GrantUse]:
    """Return the tenant's uses of grants, newest first."""
    rows = connection.execute(
        sa.text(
            "SELECT contact_id::text, old_status, new_status, reason, granted_at, database_user FROM consent_grants"
            " WHERE tenant_id = :tenant ORDER BY id DESC"
        ),
        {"tenant": tenant_id},
    )
    return [GrantUse(*row) for row in rows]
