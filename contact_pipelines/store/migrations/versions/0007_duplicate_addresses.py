"""An index of marked duplicates, so that an address finds all contacts that have it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_contacts_duplicate_email", "contacts", ["tenant_id", "email"], postgresql_where=sa.text("is_duplicate")
    )


def downgrade() -> None:
    op.drop_index("ix_contacts_duplicate_email", "contacts")
