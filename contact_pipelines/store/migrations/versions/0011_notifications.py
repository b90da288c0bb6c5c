"""Notifications: events, written in the transaction in which they happen, and their messages.

A trigger writes the event of an import, so that no way of changing its status can forget to: the pipeline's own, one
that finds a dead process, one of a later version, SQL by hand. Who is to be told is decided later, by a process that
knows the settings.

Besides, of each import, when its files were removed for their age.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_UNTOLD = "'{options, mapping, reading, source, idempotency_key, plan_sha256, statistics}'::text[]"
"""Columns that are large, or of no use in a message; those that do not change are read from the import later."""

_REMOVED = ("artifacts_removed_at", "results_removed_at")


def upgrade() -> None:
    for name in _REMOVED:
        op.add_column("imports", sa.Column(name, sa.DateTime(timezone=True)))
    _notification_events()
    _notifications()
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(
        f"""
        CREATE FUNCTION contact_pipelines_record_import_event() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
        BEGIN
            INSERT INTO notification_events (tenant_id, id, event, import_id, occurred_at, facts)
            VALUES (
                NEW.tenant_id, gen_random_uuid(), 'import.' || NEW.status, NEW.id, clock_timestamp(),
                to_jsonb(NEW) - {_UNTOLD}
            );
            RETURN NULL;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER record_import_event AFTER UPDATE OF status ON imports FOR EACH ROW
        WHEN (
            NEW.status <> OLD.status
            AND NEW.status IN ('completed', 'failed', 'awaiting_review', 'cancelled', 'expired', 'rolled_back')
        )
        EXECUTE FUNCTION contact_pipelines_record_import_event()
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION contact_pipelines_record_import_event() CASCADE")  # and the trigger that calls it
    op.drop_table("notifications")
    op.drop_table("notification_events")
    for name in reversed(_REMOVED):
        op.drop_column("imports", name)


def _notification_events() -> None:
    op.create_table(
        "notification_events",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("import_id", sa.UUID()),
        sa.Column("occurred_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("facts", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("payload", sa.JSON()),
        sa.Column("dispatched_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_notification_events_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notification_events")),
    )
    op.create_index(
        "ix_notification_events_new",
        "notification_events",
        ["occurred_at"],
        postgresql_where=sa.text("dispatched_at IS NULL"),
    )


def _notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text()),
        sa.CheckConstraint("channel IN ('email', 'webhook')", name=op.f("ck_notifications_channel")),
        sa.CheckConstraint("status IN ('waiting', 'sent', 'given_up')", name=op.f("ck_notifications_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["notification_events.tenant_id", "notification_events.id"],
            name=op.f("fk_notifications_tenant_id_event_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notifications")),
        sa.UniqueConstraint(
            "tenant_id",
            "event_id",
            "channel",
            "recipient",
            name=op.f("uq_notifications_tenant_id_event_id_channel_recipient"),
        ),
    )
    op.create_index(
        "ix_notifications_waiting",
        "notifications",
        ["next_attempt_at"],
        postgresql_where=sa.text("status = 'waiting'"),
    )
