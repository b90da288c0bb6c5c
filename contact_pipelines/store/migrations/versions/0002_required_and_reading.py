"""Properties that new contacts must have; how an import's file was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("properties", sa.Column("required", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    # Until now `required` was one of the rules, which nothing enforced.
    op.execute(
        "UPDATE properties SET required = coalesce((rules ->> 'required')::boolean, false), rules = rules - 'required'"
        " WHERE rules ? 'required'"
    )
    op.add_column("imports", sa.Column("reading", JSONB()))


def downgrade() -> None:
    op.drop_column("imports", "reading")
    op.execute("UPDATE properties SET rules = rules || '{\"required\": true}' WHERE required")
    op.drop_column("properties", "required")
