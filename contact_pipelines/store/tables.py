"""The tables of the contact store for SQLAlchemy Core. Alembic's migrations create them.

Primary keys lead with `tenant_id`, to distribute the store by tenant. `contacts` and `import_changes` have no foreign
keys: each costs about a second per million rows of a `COPY`, and both tables are written in one place only.
"""

from __future__ import annotations

from datetime import datetime

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
_ZERO = text("0")
_KEY_TEXT = Text(collation="C")  # bytewise comparison: a third faster to index, and keys have no language


def _tenant() -> Column[str]:
    return Column("tenant_id", Text, ForeignKey("tenants.id"), nullable=False)


def _times(*names: str) -> list[Column[datetime]]:
    return [Column(name, DateTime(timezone=True)) for name in names]


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
    # One contact per address, except for the marked duplicates that create_all makes.
    Index("uq_contacts_email", "tenant_id", "email", unique=True, postgresql_where=text("NOT is_duplicate")),
    Index("ix_contacts_duplicate_email", "tenant_id", "email", postgresql_where=text("is_duplicate")),
    Index("ix_contacts_phone", "tenant_id", "phone", postgresql_where=text("phone IS NOT NULL")),
    Index("ix_contacts_external_id", "tenant_id", "external_id", postgresql_where=text("external_id IS NOT NULL")),
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
    # For undoing an import, whose memberships are stored together.
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
    *(Column(f"rows_{name}", Integer) for name in ("total", "created", "updated", "unchanged", "skipped", "failed")),
    Column("warnings", Integer, nullable=False, server_default=_ZERO),
    # Progress, written by the heartbeat's connection.
    Column("step", Text, nullable=False, server_default=""),
    Column("progress_done", Integer, nullable=False, server_default=_ZERO),
    Column("progress_total", Integer, nullable=False, server_default=_ZERO),
    *_times("step_started_at", "heartbeat_at"),
    Column("error_code", Text),
    Column("error", Text),
    _created(),
    *_times("started_at", "finished_at", "rolled_back_at"),
    Column("rollback_counts", JSONB),
    Column("reading", JSONB),  # how the file was read: models.FileReading
    # Review: the SHA-256 of the plan's file, and when it can be confirmed.
    Column("plan_sha256", Text),
    *_times("awaiting_since", "review_expires_at", "confirmed_at"),
    # For imports of a feed: its name, what later imports are compared with, and why a person has to confirm it.
    Column("feed_name", Text),
    Column("statistics", JSONB),
    Column("held", JSONB),
    # When its old files were removed: first the intermediate ones, later the results too.
    *_times("artifacts_removed_at", "results_removed_at"),
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
    # If the rollback did not simply delete or restore the contact: {"what", "why"} for a created one, {"what", "kept":
    # {field: why}} for an updated one; "opt_out": true if an opt-out was kept.
    Column("undone", JSONB),
    # What a rollback restores instead of `before`, since an earlier import was undone in the meantime: fields, and the
    # key "contact" if there would be none without that import.
    Column("restore", JSONB),
    # An import changes a contact at most once. New contacts are written in the order of their ids (UUIDv7), so this
    # index grows at its right edge; imports are stored one after the other, which suits BRIN.
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
    *_times("finished_at", "expires_at"),
    Column("request", JSONB, nullable=False, server_default=_EMPTY_OBJECT),  # the whole request
    Column("artifact", Text),  # the file's name among the artifacts
    Column("error_code", Text),
    Column("snapshot_at", DateTime(timezone=True)),  # everything committed before is in it
    Column("changed_since", DateTime(timezone=True)),
    PrimaryKeyConstraint("tenant_id", "id"),
    CheckConstraint("status IN ('running', 'completed', 'failed', 'expired')", name="status"),
    Index("ix_exports_requested_by", "tenant_id", "requested_by", "created_at"),
    Index("ix_exports_running", "status", postgresql_where=text("status = 'running'")),
    Index("ix_exports_expiring", "expires_at", postgresql_where=text("artifact IS NOT NULL")),
)

# Deleted contacts, for incremental exports; a trigger fills it (migration 0009), with a contact possibly several times.
# A primary key would double the time of large deletions; they come in order of time, which suits BRIN.
contact_deletions = Table(
    "contact_deletions",
    metadata,
    Column("tenant_id", _KEY_TEXT, nullable=False),
    Column("deleted_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("contact_id", UUID, nullable=False),
    Column("external_id", _KEY_TEXT),  # null for an erased person
    Index("ix_contact_deletions_deleted_at", "deleted_at", postgresql_using="brin"),
)

suppressions = Table(
    "suppressions",
    metadata,
    _tenant(),
    Column("address_hash", Text, nullable=False),  # keyed, so that it can stay when the contact is erased
    Column("reason", Text, nullable=False, server_default=""),
    _created(),
    # The import that added it, unless someone else has added it since: only then may the rollback remove it.
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
    Column("import_id", UUID),  # the latest one; null while the file waits
    Column("quiet_since", DateTime(timezone=True)),
    _created(),
    Column("attempts", Integer, nullable=False, server_default=_ZERO),
    # When the source file was archived, deleted or found missing, and which of these.
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
    Column("due_at", DateTime(timezone=True), nullable=False),  # scheduled, or when a watched feed's trouble began
    Column("status", Text, nullable=False),
    Column("message", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default=text("1")),
    Column("checked_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    PrimaryKeyConstraint("tenant_id", "feed_name", "due_at"),
    CheckConstraint(
        "status IN ('waiting', 'taken', 'nothing_new', 'missing', 'unreachable', 'recovered')", name="status"
    ),
)

# A trigger writes the events of imports (migration 0011).
notification_events = Table(
    "notification_events",
    metadata,
    _tenant(),
    Column("id", UUID, nullable=False),
    Column("event", Text, nullable=False),
    Column("import_id", UUID),
    Column("occurred_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("facts", JSONB, nullable=False, server_default=_EMPTY_OBJECT),  # the import at that time
    Column("payload", JSON),  # in its own order of keys
    Column("dispatched_at", DateTime(timezone=True)),  # when its notifications were made
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
    Column("attempts", Integer, nullable=False, server_default=_ZERO),
    _created(),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("leased_until", DateTime(timezone=True)),  # until then it belongs to the process that claimed it
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
