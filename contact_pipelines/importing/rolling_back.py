"""Roll back: undo an import from its journal, set-based, in the one transaction that it is given.

A contact that the import created is deleted if nobody changed it since. Of a contact that it updated, each field
is put back that still holds what the import wrote; a field that was changed since is kept, and the contact is
counted as kept. Opt-outs that the import brought are kept too: undoing a file must not email somebody who left.
"""

from __future__ import annotations

import sqlalchemy as sa

from contact_pipelines.importing.duck import sql_blocks
from contact_pipelines.models import Import, RollbackCounts

CONTACT_COLUMNS = (
    "external_id",
    "email",
    "phone",
    "first_name",
    "last_name",
    "company",
    "status",
    "lead_score",
    "tags",
)
"""What an update can change: the email too, of a contact that another key recognised."""


def roll_back(connection: sa.Connection, record: Import) -> RollbackCounts:
    """Undo the import in the transaction of `connection`; the caller commits, or rolls back for a dry run."""
    blocks = sql_blocks("rolling_back")
    names = {"tenant": record.tenant_id, "import": record.id}
    connection.execute(sa.text("SET LOCAL work_mem = '256MB'"))
    deleted = connection.execute(sa.text(blocks["delete_created"]), names).rowcount
    connection.execute(sa.text(blocks["delete_memberships"]), names)
    created_kept = connection.scalar(sa.text(blocks["count_created_kept"]), names) or 0
    restored, updated_kept = _restore(connection, names)
    return RollbackCounts(restored=restored, deleted=deleted, kept=created_kept + updated_kept)


def _restore(connection: sa.Connection, names: dict[str, str]) -> tuple[int, int]:
    """Put fields back; return how many contacts got all of them back, and how many kept at least one."""
    blocks = sql_blocks("rolling_back")
    connection.execute(sa.text(blocks["create_restorable"]), names)
    assignments = ",\n    ".join(_assignment(column) for column in CONTACT_COLUMNS)
    connection.execute(sa.text(blocks["restore_updated"].format(assignments=assignments)), names)
    whole, kept = connection.execute(sa.text(blocks["count_restored"]), names).one()
    return whole, kept


def _assignment(column: str) -> str:
    value = {
        "lead_score": "(r.back ->> 'lead_score')::integer",
        "tags": "ARRAY(SELECT jsonb_array_elements_text(r.back -> 'tags'))",
    }.get(column, f"r.back ->> '{column}'")
    return f"{column} = CASE WHEN jsonb_exists(r.back, '{column}') THEN {value} ELSE c.{column} END"
