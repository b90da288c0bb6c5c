"""Which import suppressed an address, so that its rollback can remove it again.

Only what nobody else has asked for: a tombstone of the same address (migration 0003), or whoever else puts it on the
list, takes it over.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TAKE_OVER = """(tenant_id, address_hash) DO UPDATE SET import_id = NULL
                WHERE suppressions.import_id IS NOT NULL"""
_LEAVE = "DO NOTHING"


def upgrade() -> None:
    op.add_column("suppressions", sa.Column("import_id", sa.UUID()))
    op.create_index(
        "ix_suppressions_import_id",
        "suppressions",
        ["tenant_id", "import_id"],
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    _replace_tombstone_function(_TAKE_OVER)


def downgrade() -> None:
    _replace_tombstone_function(_LEAVE)
    op.drop_index("ix_suppressions_import_id", "suppressions")
    op.drop_column("suppressions", "import_id")


def _replace_tombstone_function(on_conflict: str) -> None:
    """Replace the function of migration 0003; its triggers call it as before."""
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION contact_pipelines_leave_tombstone() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
        BEGIN
            IF contact_pipelines_granted_reason() IS NULL THEN
                INSERT INTO tenants (id) VALUES (OLD.tenant_id) ON CONFLICT DO NOTHING;
                INSERT INTO suppressions (tenant_id, address_hash, reason)
                VALUES (OLD.tenant_id, contact_pipelines_address_hash(OLD.tenant_id, OLD.email), OLD.status)
                ON CONFLICT {on_conflict};
            ELSIF TG_OP = 'DELETE' THEN
                PERFORM contact_pipelines_use_grant(OLD.tenant_id, OLD.id, OLD.status, NULL);
            ELSIF NEW.status <> 'subscribed' THEN  -- or else check_update records it
                PERFORM contact_pipelines_use_grant(OLD.tenant_id, OLD.id, OLD.status, NEW.status);
            END IF;
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END
        $$
        """
    )
