"""The tables of the contact store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_EMPTY = sa.text("'{}'::jsonb")


def upgrade() -> None:
    _tenants()
    _api_keys()
    _contacts()
    _touch_trigger()
    _properties()
    _groups()
    _group_members()
    _imports()
    _import_changes()
    _exports()
    _suppressions()
    _saved_mappings()
    _watched_files()


def downgrade() -> None:
    for table in (
        "watched_files",
        "saved_mappings",
        "suppressions",
        "exports",
        "import_changes",
        "imports",
        "group_members",
        "groups",
        "properties",
        "contacts",
        "api_keys",
        "tenants",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION contact_pipelines_touch_contact()")


def _tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.Column("revoked_at", _TIME),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_api_keys_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_api_keys")),
    )
    op.create_index("ix_api_keys_key_hash", "api_keys", ["key_hash"])


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("tenant_id", _KEY, nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("external_id", _KEY),
        sa.Column("email", _KEY),
        sa.Column("phone", _KEY),
        sa.Column("first_name", sa.Text()),
        sa.Column("last_name", sa.Text()),
        sa.Column("company", sa.Text()),
        sa.Column("status", sa.Text(), server_default="subscribed", nullable=False),
        sa.Column("lead_score", sa.Integer()),
        sa.Column("tags", ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column(
            "properties",
            JSONB,
            server_default=_EMPTY,
            nullable=False,
        ),
        sa.Column("is_duplicate", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.Column("updated_at", _TIME, server_default=_NOW, nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "status IN ('subscribed', 'unsubscribed', 'bounced', 'complained')",
            name=op.f("ck_contacts_status"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contacts")),
    )
    op.create_index(
        "ix_contacts_external_id",
        "contacts",
        ["tenant_id", "external_id"],
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(
        "ix_contacts_phone",
        "contacts",
        ["tenant_id", "phone"],
        postgresql_where=sa.text("phone IS NOT NULL"),
    )
    op.create_index(
        "uq_contacts_email",
        "contacts",
        ["tenant_id", "email"],
        unique=True,
        postgresql_where=sa.text("NOT is_duplicate"),
    )


def _touch_trigger() -> None:
    """Count a contact's versions, whoever changes it: a plan or a rollback must see hand-written SQL as well.

    Our own updates set the version themselves, for which the trigger costs one comparison a row.
    """
    op.execute(
        """
        CREATE FUNCTION contact_pipelines_touch_contact() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.version := OLD.version + 1;
            NEW.updated_at := now();
            RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER touch_contact BEFORE UPDATE ON contacts FOR EACH ROW
        WHEN (NEW.version = OLD.version AND NEW.* IS DISTINCT FROM OLD.*)
        EXECUTE FUNCTION contact_pipelines_touch_contact()
        """
    )


def _properties() -> None:
    op.create_table(
        "properties",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), server_default="text", nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "rules",
            JSONB,
            server_default=_EMPTY,
            nullable=False,
        ),
        sa.Column("import_id", sa.UUID()),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.CheckConstraint("key ~ '^[a-z0-9_]{1,50}$'", name=op.f("ck_properties_key")),
        sa.CheckConstraint(
            "type IN ('text', 'number', 'date', 'boolean', 'select', 'multi_select')",
            name=op.f("ck_properties_type"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_properties_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_properties")),
    )


def _groups() -> None:
    op.create_table(
        "groups",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("filter", sa.Text()),
        sa.Column("default_subscription", sa.Text()),
        sa.Column("import_id", sa.UUID()),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.CheckConstraint(
            "default_subscription IN ('opt_in', 'opt_out')", name=op.f("ck_groups_default_subscription")
        ),
        sa.CheckConstraint("kind IN ('list', 'segment', 'topic')", name=op.f("ck_groups_kind")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_groups_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_groups")),
        sa.UniqueConstraint("tenant_id", "kind", "name", name=op.f("uq_groups_tenant_id_kind_name")),
    )


def _group_members() -> None:
    op.create_table(
        "group_members",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("subscription", sa.Text()),
        sa.Column("import_id", sa.UUID()),
        sa.Column("added_at", _TIME, server_default=_NOW, nullable=False),
        sa.CheckConstraint("subscription IN ('opt_in', 'opt_out')", name=op.f("ck_group_members_subscription")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "group_id"],
            ["groups.tenant_id", "groups.id"],
            name=op.f("fk_group_members_tenant_id_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "group_id", "contact_id", name=op.f("pk_group_members")),
    )
    op.create_index("ix_group_members_contact", "group_members", ["tenant_id", "contact_id"])


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), server_default="python", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger()),
        sa.Column("file_sha256", sa.Text()),
        sa.Column(
            "options",
            JSONB,
            server_default=_EMPTY,
            nullable=False,
        ),
        sa.Column(
            "mapping",
            JSONB,
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("rows_total", sa.Integer()),
        sa.Column("rows_created", sa.Integer()),
        sa.Column("rows_updated", sa.Integer()),
        sa.Column("rows_unchanged", sa.Integer()),
        sa.Column("rows_skipped", sa.Integer()),
        sa.Column("rows_failed", sa.Integer()),
        sa.Column("warnings", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("step", sa.Text(), server_default="", nullable=False),
        sa.Column("progress_done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("progress_total", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("step_started_at", _TIME),
        sa.Column("heartbeat_at", _TIME),
        sa.Column("error_code", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("finished_at", _TIME),
        sa.Column("rolled_back_at", _TIME),
        sa.Column("rollback_counts", JSONB),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'awaiting_review', 'completed', 'failed', 'cancelled',"
            " 'expired', 'rolled_back')",
            name=op.f("ck_imports_status"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_imports_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_imports")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_imports_tenant_id_name")),
    )
    op.create_index(
        "ix_imports_unfinished",
        "imports",
        ["status"],
        postgresql_where=sa.text("status IN ('pending', 'running')"),
    )
    op.create_index(
        "uq_imports_idempotency_key",
        "imports",
        ["tenant_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )


def _import_changes() -> None:
    op.create_table(
        "import_changes",
        sa.Column("tenant_id", _KEY, nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", JSONB),
        sa.Column("after", JSONB),
        sa.PrimaryKeyConstraint("tenant_id", "contact_id", "import_id", name=op.f("pk_import_changes")),
    )
    op.create_index("ix_import_changes_import_id", "import_changes", ["import_id"], postgresql_using="brin")


def _exports() -> None:
    op.create_table(
        "exports",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), server_default="", nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text()),
        sa.Column("fields", JSONB),
        sa.Column("location", sa.Text()),
        sa.Column("rows", sa.Integer()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sha256", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.Column("finished_at", _TIME),
        sa.Column("expires_at", _TIME),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_exports_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_exports")),
    )


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_suppressions_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "address_hash", name=op.f("pk_suppressions")),
    )


def _saved_mappings() -> None:
    op.create_table(
        "saved_mappings",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("columns", JSONB, nullable=False),
        sa.Column("header_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_saved_mappings_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "name", "version", name=op.f("pk_saved_mappings")),
    )


def _watched_files() -> None:
    op.create_table(
        "watched_files",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("file_version", sa.Text(), nullable=False),
        sa.Column("import_id", sa.UUID()),
        sa.Column("quiet_since", _TIME),
        sa.Column("created_at", _TIME, server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_watched_files_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "source_name", "path", "file_version", name=op.f("pk_watched_files")),
    )
