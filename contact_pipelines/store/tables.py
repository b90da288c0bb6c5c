"""The contact store's tables, as SQLAlchemy Core sees them. Migrations (Alembic) make them.

Every primary and unique key leads with `tenant_id`, so that the store can be distributed by tenant. The two
tables that grow with every file, `contacts` and `import_changes`, carry no foreign keys: checking one costs a
trigger call per row of a `COPY` (about a second per million rows), and both are written in one place only.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from contact_pipelines.property_types import PropertyType

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_NOW = func.now()
_EMPTY_OBJECT = text("'{}'::jsonb")
_KEY_TEXT = Text(collation="C")  # bytewise comparison: a third faster to index, and keys have no language


def _tenant() -> Column[str]:
    return Column("tenant_id", Text, ForeignKey("tenants.id"), nullable=False)


def _created() -> Column[object]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW)


tenants = Table(
    "tenants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, server_default=""),
    _created(),
    Column("suppression_key", LargeBinary, nullable=False),  # of the keyed hashes in `suppressions`; a trigger sets it
)

api_keys = Table(
    "api_keys",
    metadata,
    _tenant(),
    Column("id", UUID, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("key_hash", Text, nullable=False),
    _created(),
    Column("revoked_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("tenant_id", "id"),
    Index("ix_api_keys_key_hash", "key_hash"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("tenant_id", _KEY_TEXT, nullable=False),
    Column("id", UUID, nullable=False),
    Column("external_id", _KEY_TEXT),
    Column("email", _KEY_TEXT),
    Column("phone", _KEY_TEXT),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("company", Text),
    Column("status", Text, nullable=False, server_default="subscribed"),
    Column("lead_score", Integer),
    Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("properties", JSONB, nullable=False, server_default=_EMPTY_OBJECT),
    Column("is_duplicate", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("version", Integer, nullable=False, server_default=text("1")),
    PrimaryKeyConstraint("tenant_id", "id"),
    CheckConstraint("status IN ('subscribed', 'unsubscribed', 'bounced', 'complained')", name="status"),
    # One contact an address, but for the duplicates that create_all makes on purpose and marks.
    Index("uq_contacts_email", "tenant_id", "email", unique=True, postgresql_where=text("NOT is_duplicate")),
    # Those are few, and found as the others are.
    Index("ix_contacts_duplicate_email", "tenant_id", "email", postgresql_where=text("is_duplicate")),
    Index("ix_contacts_phone", "tenant_id", "phone", postgresql_where=text("phone IS NOT NULL")),
    Index(
        "ix_contacts_external_id",
        "tenant_id",
        "external_id",
        postgresql_where=text("external_id IS NOT NULL"),
    ),
)

properties = Table(
    "properties",
    metadata,
    _tenant(),
    Column("key", Text, nullable=False),
    Column("type", Text, nullable=False, server_default="text"),
    Column("label", Text, nullable=False, server_default=""),
    Column("rules", JSONB, nullable=False, server_default=_EMPTY_OBJECT),  # min, max, pattern, options
    Column("import_id", UUID),  # the import that created it, if one did
    _created(),
    Column("required", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("tenant_id", "key"),
    CheckConstraint(f"type IN ({', '.join(map(repr, map(str, PropertyType)))})", name="type"),
    CheckConstraint("key ~ '^[a-z0-9_]{1,50}$'", name="key"),
)

groups = Table(
    "groups",
    metadata,
    _tenant(),
    Column("id", UUID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("filter", Text),  # a dynamic segment's
    Column("default_subscription", Text),  # a topic's
    Column("import_id", UUID),
    _created(),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("tenant_id", "kind", "name"),
    CheckConstraint("kind IN ('list', 'segment', 'topic')", name="kind"),
    CheckConstraint("default_subscription IN ('opt_in', 'opt_out')", name="default_subscription"),
)

group_members = Table(
    "group_members",
    metadata,
    Column("tenant_id", Text, nullable=False),
    Column("group_id", UUID, nullable=False),
    Column("contact_id", UUID, nullable=False),
    Column("subscription", Text),  # a topic's member: opt_in or opt_out
    Column("import_id", UUID),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    PrimaryKeyConstraint("tenant_id", "group_id", "contact_id"),
    ForeignKeyConstraint(["tenant_id", "group_id"], ["groups.tenant_id", "groups.id"], ondelete="CASCADE"),
    CheckConstraint("subscription IN ('opt_in', 'opt_out')", name="subscription"),
    Index("ix_group_members_contact", "tenant_id", "contact_id"),
    # For undoing an import, whose memberships lie together in the table.
    Index("ix_group_members_import_id", "import_id", postgresql_using="brin"),
)

imports = Table(
    "imports",
    metadata,
    _tenant(),
    Column("id", UUID, nullable=False),
    Column("name", Text, nullable=False),  # unique in the store: the key of its Dagster partition
    Column("status", Text, nullable=False),
    Column("door", Text, nullable=False, server_default="python"),
    Column("source", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_size", BigInteger),
    Column("file_sha256", Text),
    Column("options", JSONB, nullable=False, server_default=_EMPTY_OBJECT),
    Column("mapping", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("idempotency_key", Text),
    # Counts: null until they are known.
    Column("rows_total", Integer),
    Column("rows_created", Integer),
    Column("rows_updated", Integer),
    Column("rows_unchanged", Integer),
    Column("rows_skipped", Integer),
    Column("rows_failed", Integer),
    Column("warnings", Integer, nullable=False, server_default=text("0")),
    # Progress: written by a connection of its own while the import runs.
    Column("step", Text, nullable=False, server_default=""),
    Column("progress_done", Integer, nullable=False, server_default=text("0")),
    Column("progress_total", Integer, nullable=False, server_default=text("0")),
    Column("step_started_at", DateTime(timezone=True)),
    Column("heartbeat_at", DateTime(timezone=True)),
    Column("error_code", Text),
    Column("error", Text),
    _created(),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("rolled_back_at", DateTime(timezone=True)),
    Column("rollback_counts", JSONB),
    Column("reading", JSONB),  # how the file was read: models.FileReading
    # Review: the SHA-256 of the plan's file, and from when to when a person may confirm it.
    Column("plan_sha256", Text),
    Column("awaiting_since", DateTime(timezone=True)),
    Column("review_expires_at", DateTime(timezone=True)),
    Column("confirmed_at", DateTime(timezone=True)),
    # Of an import that a feed brought: which one, what the next are compared with, and why a person has to confirm it.
    Column("feed_name", Text),
    Column("statistics", JSONB),
    Column("held", JSONB),
    # When its files were removed for their age: those between the steps, and at last the results too.
    Column("artifacts_removed_at", DateTime(timezone=True)),
    Column("results_removed_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("name"),
    CheckConstraint(
        "status IN ('pending', 'running', 'awaiting_review', 'completed', 'failed', 'cancelled', 'expired',"
        " 'rolled_back')",
        name="status",
    ),
    Index(
        "uq_imports_idempotency_key",
        "tenant_id",
        "idempotency_key",
        unique=True,
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
    Index("ix_imports_unfinished", "status", postgresql_where=text("status IN ('pending', 'running')")),
    Index("ix_imports_awaiting_review", "review_expires_at", postgresql_where=text("status = 'awaiting_review'")),
    Index("ix_imports_feed_name", "tenant_id", "feed_name", "id", postgresql_where=text("feed_name IS NOT NULL")),
)

import_changes = Table(
    "import_changes",
    metadata,
    Column("tenant_id", _KEY_TEXT, nullable=False),
    Column("import_id", UUID, nullable=False),
    Column("contact_id", UUID, nullable=False),
    Column("row_number", Integer, nullable=False),
    Column("action", Text, nullable=False),  # created or updated
    Column("version", Integer, nullable=False),  # the contact's version that the import left behind
    Column("before", JSONB),  # of the fields that changed only; null for a created contact
    Column("after", JSONB),
    # Of an undone import, where the contact was not simply deleted or restored: {"what", "why"} of one that the import
    # created, {"what", "kept": {field: why}} of one that it updated; "opt_out": true if an opt-out was kept.
    Column("undone", JSONB),
    # What a rollback puts back in place of `before`, because an earlier import was undone meanwhile: fields, and the
    # key "contact" if without that import there would be none.
    Column("restore", JSONB),
    # A contact is changed at most once by an import. New contacts have ascending ids (UUIDv7) in the order in
    # which they are written, so this index grows at its right edge; the imports lie one after the other in the
    # table, which is what BRIN is for.
    PrimaryKeyConstraint("tenant_id", "contact_id", "import_id"),
    Index("ix_import_changes_import_id", "import_id", postgresql_using="brin"),
)

exports = Table(
    "exports",
    metadata,
    _tenant(),
    Column("id", UUID, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("requested_by", Text, nullable=False, server_default=""),
    Column("format", Text, nullable=False),
    Column("filter", Text),
    Column("fields", JSONB),
    Column("location", Text),
    Column("rows", Integer),
    Column("size", BigInteger),
    Column("sha256", Text),
    Column("error", Text),
    _created(),
    Column("finished_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    Column("request", JSONB, nullable=False, server_default=_EMPTY_OBJECT),  # all that was asked for
    Column("artifact", Text),  # the file's name, if it is kept among the artifacts
    Column("error_code", Text),
    Column("snapshot_at", DateTime(timezone=True)),  # all that was committed before is in it
    Column("changed_since", DateTime(timezone=True)),
    PrimaryKeyConstraint("tenant_id", "id"),
    CheckConstraint("status IN ('running', 'completed', 'failed', 'expired')", name="status"),
    Index("ix_exports_requested_by", "tenant_id", "requested_by", "created_at"),
    Index("ix_exports_running", "status", postgresql_where=text("status = 'running'")),
    Index("ix_exports_expiring", "expires_at", postgresql_where=text("artifact IS NOT NULL")),
)

# What incremental exports tell of contacts that are gone; a trigger fills it (migration 0009). A contact may be in it
# several times. It has no key, whose index would double the time of large deletions; these come in
# the order of time, which is what BRIN is for.
contact_deletions = Table(
    "contact_deletions",
    metadata,
    Column("tenant_id", _KEY_TEXT, nullable=False),
    Column("deleted_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("contact_id", UUID, nullable=False),
    Column("external_id", _KEY_TEXT),  # not of an erased person
    Index("ix_contact_deletions_deleted_at", "deleted_at", postgresql_using="brin"),
)

suppressions = Table(
    "suppressions",
    metadata,
    _tenant(),
    Column("address_hash", Text, nullable=False),  # keyed, so that the list survives a contact's erasure
    Column("reason", Text, nullable=False, server_default=""),
    _created(),
    # The import that added it, as long as nobody else has asked for it since: only then may its rollback lift it.
    Column("import_id", UUID),
    PrimaryKeyConstraint("tenant_id", "address_hash"),
    Index("ix_suppressions_import_id", "tenant_id", "import_id", postgresql_where=text("import_id IS NOT NULL")),
)

consent_grants = Table(
    "consent_grants",
    metadata,
    Column("tenant_id", Text, nullable=False),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("contact_id", UUID),
    Column("old_status", Text, nullable=False),
    Column("new_status", Text),
    Column("reason", Text, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("database_user", Text, nullable=False, server_default=text("SESSION_USER")),
    PrimaryKeyConstraint("tenant_id", "id"),
    Index("ix_consent_grants_contact", "tenant_id", "contact_id"),
)

saved_mappings = Table(
    "saved_mappings",
    metadata,
    _tenant(),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("columns", JSONB, nullable=False),
    Column("header_hash", Text, nullable=False),
    _created(),
    PrimaryKeyConstraint("tenant_id", "name", "version"),
)

watched_files = Table(
    "watched_files",
    metadata,
    _tenant(),
    Column("source_name", Text, nullable=False),  # the feed
    Column("path", Text, nullable=False),
    Column("file_version", Text, nullable=False),
    Column("import_id", UUID),  # the latest that was made of it; null as long as it waits
    Column("quiet_since", DateTime(timezone=True)),
    _created(),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    # When the file at the source was archived or deleted, or found gone; and what was done.
    Column("settled_at", DateTime(timezone=True)),
    Column("settled", Text),
    PrimaryKeyConstraint("tenant_id", "source_name", "path", "file_version"),
    Index("ix_watched_files_import_id", "tenant_id", "import_id", postgresql_where=text("import_id IS NOT NULL")),
)

feed_checks = Table(
    "feed_checks",
    metadata,
    _tenant(),
    Column("feed_name", Text, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),  # the scheduled time; of a watched feed: trouble's begin
    Column("status", Text, nullable=False),
    Column("message", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default=text("1")),
    Column("checked_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    PrimaryKeyConstraint("tenant_id", "feed_name", "due_at"),
    CheckConstraint(
        "status IN ('waiting', 'taken', 'nothing_new', 'missing', 'unreachable', 'recovered')", name="status"
    ),
)

# What happened, and who is to be told: a trigger writes an import's events (migration 0011).
notification_events = Table(
    "notification_events",
    metadata,
    _tenant(),
    Column("id", UUID, nullable=False),
    Column("event", Text, nullable=False),
    Column("import_id", UUID),
    Column("occurred_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("facts", JSONB, nullable=False, server_default=_EMPTY_OBJECT),  # the import as it was at that moment
    Column("payload", JSON),  # what is told, in its own order of keys
    Column("dispatched_at", DateTime(timezone=True)),  # when its notifications were made, if anybody is to be told
    PrimaryKeyConstraint("tenant_id", "id"),
    Index("ix_notification_events_new", "occurred_at", postgresql_where=text("dispatched_at IS NULL")),
)

notifications = Table(
    "notifications",
    metadata,
    Column("tenant_id", Text, nullable=False),
    Column("id", UUID, nullable=False),
    Column("event_id", UUID, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),  # an address, or a webhook's name
    Column("status", Text, nullable=False, server_default=text("'waiting'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _created(),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("leased_until", DateTime(timezone=True)),  # until then, whoever took it is at it
    Column("sent_at", DateTime(timezone=True)),
    Column("last_error", Text),
    PrimaryKeyConstraint("tenant_id", "id"),
    UniqueConstraint("tenant_id", "event_id", "channel", "recipient"),
    ForeignKeyConstraint(
        ["tenant_id", "event_id"], ["notification_events.tenant_id", "notification_events.id"], ondelete="CASCADE"
    ),
    CheckConstraint("channel IN ('email', 'webhook')", name="channel"),
    CheckConstraint("status IN ('waiting', 'sent', 'given_up')", name="status"),
    Index("ix_notifications_waiting", "next_attempt_at", postgresql_where=text("status = 'waiting'")),
)

__all__ = [
    "api_keys",
    "consent_grants",
    "contact_deletions",
    "contacts",
    "exports",
    "feed_checks",
    "group_members",
    "groups",
    "import_changes",
    "imports",
    "metadata",
    "notification_events",
    "notifications",
    "properties",
    "saved_mappings",
    "suppressions",
    "tenants",
    "watched_files",
]
