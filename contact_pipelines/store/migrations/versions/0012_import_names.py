"""Import names are unique in the whole store, not per tenant: they are Dagster partition keys.

Of several imports with one name the oldest keeps it. The others get more digits of their id, as new imports do.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        UPDATE imports SET name = left(name, -6) || right(imports.id::text, 12)
        FROM (
            SELECT tenant_id, id, row_number() OVER (PARTITION BY name ORDER BY id, tenant_id) AS place FROM imports
        ) AS numbered
        WHERE place > 1 AND (imports.tenant_id, imports.id) = (numbered.tenant_id, numbered.id)
        """
    )
    op.drop_constraint("uq_imports_tenant_id_name", "imports", type_="unique")
    op.create_unique_constraint(op.f("uq_imports_name"), "imports", ["name"])


def downgrade() -> None:
    op.drop_constraint(op.f("uq_imports_name"), "imports", type_="unique")
    op.create_unique_constraint("uq_imports_tenant_id_name", "imports", ["tenant_id", "name"])
