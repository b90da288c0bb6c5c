"""Consent, enforced by the database: nothing turns an opt-out into a subscription, not even hand-written SQL.

What the triggers refuse, they refuse with a SQLSTATE of our own and a text without contact data:

    CP001   an opt-out would be undone, a suppression lifted or its key changed, and the transaction carries no grant
    CP002   a suppressed address would be subscribed; no grant helps, the suppression has to be lifted first
    CP003   an address that is not trimmed and lower-case, which would be another one to the unique index

A grant is a reason that lasts for one transaction: SELECT contact_pipelines_grant_consent('asked us by phone').
Each use of it is recorded in `consent_grants`, which names contacts by id and never by address.

Where an address that has opted out leaves the table (its contact is deleted, or gets another address), a tombstone
stays in `suppressions`. The list holds keyed hashes (HMAC-SHA-256, RFC 2104) with a random key for each tenant,
because an address outlives its contact there, erasure included.

`contacts` compares its texts in the collation "C", `tenants` and `suppressions` in the database's own: where they meet,
COLLATE "default" says so, or else no index would be used.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_RANDOM_KEY = "sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))"
"""Two UUIDs hold 244 random bits; gen_random_bytes would need the extension pgcrypto."""

_FUNCTIONS = (
    "contact_pipelines_protect_suppression_key()",
    "contact_pipelines_protect_suppressions()",
    "contact_pipelines_check_truncate()",
    "contact_pipelines_check_update()",
    "contact_pipelines_check_insert()",
    "contact_pipelines_check_suppressed()",
    "contact_pipelines_leave_tombstone()",
    "contact_pipelines_use_grant(text, uuid, text, text)",
    "contact_pipelines_grant_consent(text)",
    "contact_pipelines_granted_reason()",
    "contact_pipelines_address_hash(text, text)",
    "contact_pipelines_hash_pads(text)",
    "contact_pipelines_keyed_hash(bytea, bytea, text)",
    "contact_pipelines_give_suppression_key()",
)


def upgrade() -> None:
    _suppression_keys()
    _consent_grants()
    _hash_functions()
    _grant_functions()
    _tombstones()
    _check_suppressed()
    _check_insert()
    _check_update()
    _check_truncate()
    _protect_suppressions()


def downgrade() -> None:
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION {function} CASCADE")  # and the triggers that call it
    op.drop_table("consent_grants")
    op.drop_column("tenants", "suppression_key")


def _suppression_keys() -> None:
    """Give each tenant a key.

    By a trigger and not by a default: Alembic compares the defaults of the database with those of the code by
    evaluating both, and would always find that a random one has changed.
    """
    op.add_column("tenants", sa.Column("suppression_key", sa.LargeBinary()))
    op.execute(f"UPDATE tenants SET suppression_key = {_RANDOM_KEY}")
    op.alter_column("tenants", "suppression_key", nullable=False)
    op.execute(
        f"""
        CREATE FUNCTION contact_pipelines_give_suppression_key() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.suppression_key := {_RANDOM_KEY};
            RETURN NEW;
        END
        $$
        """
    )
    _trigger(
        "give_suppression_key",
        "contact_pipelines_give_suppression_key()",
        "BEFORE INSERT ON tenants FOR EACH ROW WHEN (NEW.suppression_key IS NULL)",
    )


def _consent_grants() -> None:
    op.create_table(
        "consent_grants",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("contact_id", sa.UUID()),
        sa.Column("old_status", sa.Text(), nullable=False),
        sa.Column("new_status", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("database_user", sa.Text(), server_default=sa.text("SESSION_USER"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_consent_grants")),
    )
    op.create_index("ix_consent_grants_contact", "consent_grants", ["tenant_id", "contact_id"])


def _hash_functions() -> None:
    """Make HMAC-SHA-256 without pgcrypto.

    A query over many addresses takes the two padded keys once, from `hash_pads`; `address_hash` is for one address.
    """
    _hash_pads()
    op.execute(
        r"""
        CREATE FUNCTION contact_pipelines_keyed_hash(inner_pad bytea, outer_pad bytea, email text) RETURNS text
        LANGUAGE sql STABLE PARALLEL SAFE AS $$
            -- The collation is the database's own: that of the column emails, "C", knows ASCII letters only.
            SELECT encode(
                sha256(
                    outer_pad || sha256(
                        inner_pad || convert_to(lower(btrim(email, E' \t\n\r\f\v') COLLATE "default"), 'UTF8')
                    )
                ),
                'hex'
            )
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION contact_pipelines_address_hash(tenant text, email text) RETURNS text
        LANGUAGE sql STABLE AS $$
            SELECT contact_pipelines_keyed_hash(p.inner_pad, p.outer_pad, email)
            FROM contact_pipelines_hash_pads(tenant) p
        $$
        """
    )


def _hash_pads() -> None:
    """Make the function of the key's two paddings: 64 bytes, each XOR 0x36 or 0x5c (RFC 2104)."""
    op.execute(
        r"""
        CREATE FUNCTION contact_pipelines_hash_pads(tenant text) RETURNS TABLE (inner_pad bytea, outer_pad bytea)
        LANGUAGE sql STABLE AS $$
            -- bit_send is the way from bits to bytes: four bytes that say how many, then they.
            SELECT
                substring(bit_send(k.bits # ('x' || repeat('36', 64))::bit(512)) FROM 5),
                substring(bit_send(k.bits # ('x' || repeat('5c', 64))::bit(512)) FROM 5)
            FROM (
                SELECT ('x' || rpad(encode(suppression_key, 'hex'), 128, '0'))::bit(512)
                FROM tenants
                WHERE id = tenant COLLATE "default"
            ) k (bits)
        $$
        """
    )


def _grant_functions() -> None:
    op.execute(
        """
        CREATE FUNCTION contact_pipelines_grant_consent(reason text) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            IF btrim(coalesce(reason, '')) = '' THEN
                RAISE EXCEPTION 'A grant of consent needs a reason.' USING ERRCODE = 'invalid_parameter_value';
            END IF;
            PERFORM set_config('contact_pipelines.consent_grant', reason, true);
        END
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION contact_pipelines_granted_reason() RETURNS text LANGUAGE sql STABLE AS $$
            SELECT nullif(btrim(current_setting('contact_pipelines.consent_grant', true)), '')
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION contact_pipelines_use_grant(tenant text, contact uuid, old_status text, new_status text)
        RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE
            granted text := contact_pipelines_granted_reason();
        BEGIN
            IF granted IS NULL THEN
                RETURN false;
            END IF;
            INSERT INTO consent_grants (tenant_id, contact_id, old_status, new_status, reason)
            VALUES (tenant, contact, old_status, new_status, granted);
            RETURN true;
        END
        $$
        """
    )


def _trigger_function(name: str, body: str) -> None:
    """Make a trigger function that may read and write our tables whoever touches `contacts`.

    Its search path is fixed, so that nobody can put a table of their own in the place of one of ours.
    """
    op.execute(
        f"""
        CREATE FUNCTION {name} RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = {_schema()}, pg_temp AS $$
        {body}
        $$
        """
    )


def _trigger(name: str, function: str, when: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}")


def _schema() -> str:
    return str(op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())")))


def _tombstones() -> None:
    """Keep an address that opted out, when its contact goes or gets another one.

    Before the row and not after it: in one statement that deletes and inserts, the checks of what was inserted come
    at the statement's end and must find the tombstone.
    """
    _trigger_function(
        "contact_pipelines_leave_tombstone()",
        """
        BEGIN
            IF contact_pipelines_granted_reason() IS NULL THEN
                INSERT INTO tenants (id) VALUES (OLD.tenant_id) ON CONFLICT DO NOTHING;
                INSERT INTO suppressions (tenant_id, address_hash, reason)
                VALUES (OLD.tenant_id, contact_pipelines_address_hash(OLD.tenant_id, OLD.email), OLD.status)
                ON CONFLICT DO NOTHING;
            ELSIF TG_OP = 'DELETE' THEN
                PERFORM contact_pipelines_use_grant(OLD.tenant_id, OLD.id, OLD.status, NULL);
            ELSIF NEW.status <> 'subscribed' THEN  -- or else check_update records it
                PERFORM contact_pipelines_use_grant(OLD.tenant_id, OLD.id, OLD.status, NEW.status);
            END IF;
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END
        """,
    )
    _trigger(
        "leave_tombstone_of_deleted",
        "contact_pipelines_leave_tombstone()",
        """
        BEFORE DELETE ON contacts FOR EACH ROW
        WHEN (OLD.status <> 'subscribed' AND OLD.email IS NOT NULL)
        """,
    )
    _trigger(
        "leave_tombstone_of_changed",
        "contact_pipelines_leave_tombstone()",
        """
        BEFORE UPDATE ON contacts FOR EACH ROW
        WHEN (
            OLD.status <> 'subscribed' AND OLD.email IS NOT NULL AND (
                NEW.email IS DISTINCT FROM OLD.email
                OR NEW.tenant_id <> OLD.tenant_id
                OR NEW.is_duplicate <> OLD.is_duplicate
            )
        )
        """,
    )


def _check_suppressed() -> None:
    """Refuse new subscribed contacts with a suppressed address: once a statement, over all rows that it inserted.

    At the statement's end and not row by row: a COPY keeps its batches, a suppression that came in meanwhile is
    seen, and the hash costs 2 µs a row. EXECUTE plans it for the rows there are, not for those of the first time; the
    subquery looks each up in the index, whatever the planner takes a list without statistics for.
    """
    _trigger_function(
        "contact_pipelines_check_suppressed()",
        """
        DECLARE
            found boolean;
        BEGIN
            IF NOT EXISTS (SELECT FROM suppressions) THEN
                RETURN NULL;
            END IF;
            EXECUTE '
                WITH pads AS MATERIALIZED (
                    SELECT t.tenant_id, p.*
                    FROM (SELECT DISTINCT tenant_id FROM inserted) t
                    CROSS JOIN LATERAL contact_pipelines_hash_pads(t.tenant_id) p
                    WHERE EXISTS (SELECT FROM suppressions s WHERE s.tenant_id = t.tenant_id COLLATE "default")
                )
                SELECT EXISTS (
                    SELECT
                    FROM inserted n
                    JOIN pads p ON p.tenant_id = n.tenant_id
                    WHERE n.status = ''subscribed'' AND (
                        SELECT true
                        FROM suppressions s
                        WHERE s.tenant_id = n.tenant_id COLLATE "default"
                            AND s.address_hash
                                = contact_pipelines_keyed_hash(p.inner_pad, p.outer_pad, n.email) COLLATE "default"
                    )
                )' INTO found;
            IF found THEN
                RAISE EXCEPTION 'A suppressed address cannot be subscribed.' USING ERRCODE = 'CP002';
            END IF;
            RETURN NULL;
        END
        """,
    )
    _trigger(
        "check_suppressed",
        "contact_pipelines_check_suppressed()",
        """
        AFTER INSERT ON contacts REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
        """,
    )


_REQUIRE_GRANT = """
                    RAISE EXCEPTION 'An opt-out cannot become a subscription.'
                        USING ERRCODE = 'CP001', HINT = 'SELECT contact_pipelines_grant_consent(reason) beforehand.';
"""

_REFUSE_SPELLING = """
                RAISE EXCEPTION 'An email is stored trimmed and in lower case.' USING ERRCODE = 'CP003';
"""


def _check_insert() -> None:
    """Refuse what the unique index lets through beside a contact that opted out.

    That is a marked duplicate of it, or its address in another spelling. Each row of a COPY pays for the WHEN clause,
    so that is cheap and only looks for hints.
    """
    _trigger_function(
        "contact_pipelines_check_insert()",
        f"""
        DECLARE
            theirs text;
        BEGIN
            IF NEW.email <> lower(btrim(NEW.email)) THEN
                {_REFUSE_SPELLING}
            END IF;
            IF NEW.is_duplicate AND NEW.status = 'subscribed' THEN
                SELECT status INTO theirs
                FROM contacts
                WHERE tenant_id = NEW.tenant_id AND email = NEW.email AND NOT is_duplicate;
                IF theirs <> 'subscribed'
                    AND NOT contact_pipelines_use_grant(NEW.tenant_id, NEW.id, theirs, NEW.status)
                THEN
                    {_REQUIRE_GRANT}
                END IF;
            END IF;
            RETURN NULL;
        END
        """,
    )
    _trigger(
        "check_insert",
        "contact_pipelines_check_insert()",
        """
        AFTER INSERT ON contacts FOR EACH ROW
        WHEN (NEW.is_duplicate OR NEW.email <> lower(NEW.email) OR NEW.email < '!' OR NEW.email LIKE '% ')
        """,
    )


def _check_update() -> None:
    """Refuse to subscribe who opted out, or whose new address is suppressed.

    After the row: no other trigger can change it any more.
    """
    _trigger_function(
        "contact_pipelines_check_update()",
        f"""
        DECLARE
            theirs text := OLD.status;
        BEGIN
            IF NEW.email IS DISTINCT FROM OLD.email AND NEW.email <> lower(btrim(NEW.email)) THEN
                {_REFUSE_SPELLING}
            END IF;
            IF NEW.status <> 'subscribed' THEN
                RETURN NULL;
            END IF;
            IF NEW.is_duplicate AND theirs = 'subscribed' THEN
                SELECT status INTO theirs
                FROM contacts
                WHERE tenant_id = NEW.tenant_id AND email = NEW.email AND NOT is_duplicate;
            END IF;
            IF theirs <> 'subscribed'
                AND NOT contact_pipelines_use_grant(NEW.tenant_id, NEW.id, theirs, NEW.status)
            THEN
                {_REQUIRE_GRANT}
            END IF;
            IF EXISTS (
                SELECT
                FROM suppressions
                WHERE tenant_id = NEW.tenant_id COLLATE "default"
                    AND address_hash = contact_pipelines_address_hash(NEW.tenant_id, NEW.email) COLLATE "default"
            ) THEN
                RAISE EXCEPTION 'A suppressed address cannot be subscribed.' USING ERRCODE = 'CP002';
            END IF;
            RETURN NULL;
        END
        """,
    )
    _trigger(
        "check_update",
        "contact_pipelines_check_update()",
        """
        AFTER UPDATE ON contacts FOR EACH ROW
        WHEN (
            (OLD.status <> 'subscribed' AND NEW.status = 'subscribed')
            OR NEW.email IS DISTINCT FROM OLD.email
            OR NEW.tenant_id <> OLD.tenant_id
            OR NEW.is_duplicate <> OLD.is_duplicate
        )
        """,
    )


def _check_truncate() -> None:
    """TRUNCATE shows no rows to a trigger, so there would be no tombstones: only a table without opt-outs may go."""
    _trigger_function(
        "contact_pipelines_check_truncate()",
        """
        DECLARE
            granted text := contact_pipelines_granted_reason();
        BEGIN
            IF granted IS NOT NULL THEN
                INSERT INTO consent_grants (tenant_id, contact_id, old_status, reason)
                SELECT tenant_id, id, status, granted FROM contacts WHERE status <> 'subscribed';
            ELSIF EXISTS (SELECT FROM contacts WHERE status <> 'subscribed') THEN
                RAISE EXCEPTION 'Contacts who have opted out cannot be truncated; delete them, or grant it.'
                    USING ERRCODE = 'CP001', HINT = 'SELECT contact_pipelines_grant_consent(reason) beforehand.';
            END IF;
            RETURN NULL;
        END
        """,
    )
    _trigger(
        "check_truncate",
        "contact_pipelines_check_truncate()",
        """
        BEFORE TRUNCATE ON contacts FOR EACH STATEMENT
        """,
    )


def _protect_suppressions() -> None:
    """Refuse to lift a suppression, or to change the key of its hash, without a grant."""
    refuse = """
                RAISE EXCEPTION 'A suppression cannot be lifted.'
                    USING ERRCODE = 'CP001', HINT = 'SELECT contact_pipelines_grant_consent(reason) beforehand.';
    """
    _trigger_function(
        "contact_pipelines_protect_suppressions()",
        f"""
        BEGIN
            IF TG_OP = 'TRUNCATE' THEN
                {refuse}
            END IF;
            IF NOT contact_pipelines_use_grant(OLD.tenant_id, NULL, 'suppressed', NULL) THEN
                {refuse}
            END IF;
            RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END
        """,
    )
    for event, each in (
        ("DELETE", "ROW"),
        ("UPDATE OF tenant_id, address_hash", "ROW"),
        ("TRUNCATE", "STATEMENT"),
    ):
        _trigger(
            f"protect_suppressions_{event.split()[0].lower()}",
            "contact_pipelines_protect_suppressions()",
            f"BEFORE {event} ON suppressions FOR EACH {each}",
        )
    _trigger_function(
        "contact_pipelines_protect_suppression_key()",
        f"""
        BEGIN
            IF NOT contact_pipelines_use_grant(OLD.id, NULL, 'suppression_key', NULL) THEN
                {refuse}
            END IF;
            RETURN NEW;
        END
        """,
    )
    _trigger(
        "protect_suppression_key",
        "contact_pipelines_protect_suppression_key()",
        """
        BEFORE UPDATE OF suppression_key ON tenants FOR EACH ROW
        WHEN (NEW.suppression_key <> OLD.suppression_key)
        """,
    )
