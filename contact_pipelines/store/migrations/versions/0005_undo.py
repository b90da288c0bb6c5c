"""Rollbacks: what was not undone of each contact, and what rolling back a later import restores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_changes", sa.Column("undone", JSONB()))
    op.add_column("import_changes", sa.Column("restore", JSONB()))


def downgrade() -> None:
    op.drop_column("import_changes", "restore")
    op.drop_column("import_changes", "undone")
