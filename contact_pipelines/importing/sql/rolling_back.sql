-- Undoing an import, all in PostgreSQL. :tenant and :import name it.

-- name: delete_created
-- A version other than the journal's means that somebody changed the contact since: it stays.
DELETE FROM contacts c
USING import_changes j
WHERE j.tenant_id = :tenant
    AND j.import_id = CAST(:import AS uuid)
    AND j.action = 'created'
    AND c.tenant_id = j.tenant_id
    AND c.id = j.contact_id
    AND c.version = j.version

-- name: delete_memberships
DELETE FROM group_members m
USING import_changes j
WHERE j.tenant_id = :tenant
    AND j.import_id = CAST(:import AS uuid)
    AND j.action = 'created'
    AND m.tenant_id = j.tenant_id
    AND m.contact_id = j.contact_id
    AND NOT EXISTS (SELECT FROM contacts c WHERE c.tenant_id = m.tenant_id AND c.id = m.contact_id)

-- name: count_created_kept
SELECT count(*)
FROM import_changes j
JOIN contacts c ON c.tenant_id = j.tenant_id AND c.id = j.contact_id
WHERE j.tenant_id = :tenant
    AND j.import_id = CAST(:import AS uuid)
    AND j.action = 'created'

-- name: create_restorable
-- One row per updated contact that still exists: the fields to put back (`back`, as they were before), whether that
-- is all that the import changed, and whether the contact was touched since. A journal field is a contact column
-- or `properties.<key>`.
CREATE TEMPORARY TABLE restorable ON COMMIT DROP AS
SELECT
    c.id,
    c.version = j.version AS untouched,
    (j.before ->> 'updated_at')::timestamptz AS updated_at,
    coalesce(f.back, '{}'::jsonb) AS back,
    coalesce(f.whole, true) AS whole
FROM import_changes j
JOIN contacts c ON c.tenant_id = j.tenant_id AND c.id = j.contact_id
CROSS JOIN LATERAL (
    SELECT
        jsonb_object_agg(a.field, j.before -> a.field) FILTER (WHERE a.restorable) AS back,
        bool_and(a.restorable) AS whole
    FROM (
        SELECT
            field,
            -- The field still holds the import's value ...
            coalesce(
                CASE
                    WHEN field LIKE 'properties.%' THEN c.properties -> substr(field, length('properties.') + 1)
                    ELSE to_jsonb(c) -> field
                END,
                'null'::jsonb
            ) = value
            -- ... and putting it back does not subscribe somebody whom the import opted out.
            AND NOT (field = 'status' AND j.before ->> 'status' = 'subscribed' AND value <> '"subscribed"'::jsonb)
            -- ... and the address that comes back was not taken or suppressed meanwhile.
            AND NOT (
                field = 'email'
                AND (
                    EXISTS (
                        SELECT FROM contacts o
                        WHERE o.tenant_id = c.tenant_id AND o.email = j.before ->> 'email' AND NOT o.is_duplicate
                    )
                    OR c.status = 'subscribed' AND EXISTS (
                        SELECT FROM suppressions s
                        WHERE s.tenant_id = c.tenant_id
                            AND s.address_hash
                                = contact_pipelines_address_hash(c.tenant_id, j.before ->> 'email')
                    )
                )
            )
                AS restorable
        FROM jsonb_each(j.after) AS changed (field, value)
    ) a
) f
WHERE j.tenant_id = :tenant
    AND j.import_id = CAST(:import AS uuid)
    AND j.action = 'updated'

-- name: restore_updated
-- A contact that nobody touched since gets its version and time of change back as well: it is what it was.
UPDATE contacts c
SET {assignments},
    properties = (
        c.properties || coalesce(
            (
                SELECT jsonb_object_agg(substr(key, length('properties.') + 1), value)
                FROM jsonb_each(r.back)
                WHERE key LIKE 'properties.%' AND value <> 'null'::jsonb
            ),
            '{{}}'::jsonb
        )
    ) - ARRAY(
        SELECT substr(key, length('properties.') + 1)
        FROM jsonb_each(r.back)
        WHERE key LIKE 'properties.%' AND value = 'null'::jsonb
    ),
    updated_at = CASE WHEN r.untouched AND r.whole THEN r.updated_at ELSE now() END,
    version = CASE WHEN r.untouched AND r.whole THEN c.version - 1 ELSE c.version + 1 END
FROM restorable r
WHERE c.tenant_id = :tenant
    AND c.id = r.id
    AND r.back <> '{{}}'::jsonb

-- name: count_restored
SELECT count(*) FILTER (WHERE whole), count(*) FILTER (WHERE NOT whole)
FROM restorable
