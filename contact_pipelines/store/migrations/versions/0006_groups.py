"""Lets a rollback find the memberships that an import added."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_group_members_import_id", "group_members", ["import_id"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_group_members_import_id", "group_members")
