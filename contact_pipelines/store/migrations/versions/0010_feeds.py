"""Feeds: which feed an import came from, why it was held, watched files and scheduled checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("imports", sa.Column("feed_name", sa.Text()))
    op.add_column("imports", sa.Column("statistics", JSONB()))
    op.add_column("imports", sa.Column("held", JSONB()))
    op.create_index(
        "ix_imports_feed_name",
        "imports",
        ["tenant_id", "feed_name", "id"],
        postgresql_where=sa.text("feed_name IS NOT NULL"),
    )
    op.add_column("watched_files", sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("watched_files", sa.Column("settled_at", _TIME))
    op.add_column("watched_files", sa.Column("settled", sa.Text()))
    op.create_index(
        "ix_watched_files_import_id",
        "watched_files",
        ["tenant_id", "import_id"],
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )
    op.create_table(
        "feed_checks",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("feed_name", sa.Text(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("checked_at", _TIME, server_default=_NOW, nullable=False),
        sa.CheckConstraint(
            "status IN ('waiting', 'taken', 'nothing_new', 'missing', 'unreachable', 'recovered')",
            name=op.f("ck_feed_checks_status"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_feed_checks_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "feed_name", "due_at", name=op.f("pk_feed_checks")),
    )


def downgrade() -> None:
    op.drop_table("feed_checks")
    op.drop_index("ix_watched_files_import_id", table_name="watched_files")
    for name in ("settled", "settled_at", "attempts"):
        op.drop_column("watched_files", name)
    op.drop_index("ix_imports_feed_name", table_name="imports")
    for name in ("held", "statistics", "feed_name"):
        op.drop_column("imports", name)
