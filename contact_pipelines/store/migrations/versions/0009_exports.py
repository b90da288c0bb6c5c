"""Exports: request, file and times; and the deletions that incremental exports report.

A deletion is recorded by a trigger, once a statement, whoever deletes: a rollback, an erasure, hand-written SQL. (Not
TRUNCATE, which fires no such trigger.)
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _exports()
    _deletions()


def downgrade() -> None:
    op.execute("DROP FUNCTION contact_pipelines_record_deletions() CASCADE")  # and the trigger that calls it
    op.drop_table("contact_deletions")
    for index in ("requested_by", "running", "expiring"):
        op.drop_index(f"ix_exports_{index}", "exports")
    op.drop_constraint("ck_exports_status", "exports")
    for column in ("request", "artifact", "error_code", "snapshot_at", "changed_since"):
        op.drop_column("exports", column)


def _exports() -> None:
    op.add_column("exports", sa.Column("request", JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")))
    op.add_column("exports", sa.Column("artifact", sa.Text()))
    op.add_column("exports", sa.Column("error_code", sa.Text()))
    op.add_column("exports", sa.Column("snapshot_at", sa.DateTime(timezone=True)))
    op.add_column("exports", sa.Column("changed_since", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_exports_status"), "exports", "status IN ('running', 'completed', 'failed', 'expired')"
    )
    op.create_index("ix_exports_requested_by", "exports", ["tenant_id", "requested_by", "created_at"])
    op.create_index("ix_exports_running", "exports", ["status"], postgresql_where=sa.text("status = 'running'"))
    op.create_index("ix_exports_expiring", "exports", ["expires_at"], postgresql_where=sa.text("artifact IS NOT NULL"))


def _deletions() -> None:
    op.create_table(
        "contact_deletions",
        sa.Column("tenant_id", sa.Text(collation="C"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("external_id", sa.Text(collation="C")),
    )
    op.create_index("ix_contact_deletions_deleted_at", "contact_deletions", ["deleted_at"], postgresql_using="brin")
    op.execute("ALTER TABLE contact_deletions REPLICA IDENTITY FULL")  # or logical replication would forbid updates
    # With its owner's rights: whoever may delete contacts need not be able to write this table.
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(
        f"""
        CREATE FUNCTION contact_pipelines_record_deletions() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
        BEGIN
            INSERT INTO contact_deletions (tenant_id, contact_id, external_id)
            SELECT tenant_id, id, external_id FROM deleted_contacts;
            RETURN NULL;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER contact_pipelines_record_deletions
        AFTER DELETE ON contacts
        REFERENCING OLD TABLE AS deleted_contacts
        FOR EACH STATEMENT EXECUTE FUNCTION contact_pipelines_record_deletions()
        """
    )
