"""Reviews: the SHA-256 of the reviewed plan, when it began, expires and was confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIMES = ("awaiting_since", "review_expires_at", "confirmed_at")


def upgrade() -> None:
    op.add_column("imports", sa.Column("plan_sha256", sa.Text()))
    for name in _TIMES:
        op.add_column("imports", sa.Column(name, sa.DateTime(timezone=True)))
    op.create_index(
        "ix_imports_awaiting_review",
        "imports",
        ["review_expires_at"],
        postgresql_where=sa.text("status = 'awaiting_review'"),
    )


def downgrade() -> None:
    op.drop_index("ix_imports_awaiting_review", table_name="imports")
    for name in reversed(_TIMES):
        op.drop_column("imports", name)
    op.drop_column("imports", "plan_sha256")
