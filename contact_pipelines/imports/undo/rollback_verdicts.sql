-- What happened to each contact in a rollback, and to other things that the import created. See restore.sql.

-- name: create_verdicts
-- What became of each contact that was not simply deleted (created) or restored (updated). `restored`: some field was.
CREATE TEMPORARY TABLE verdicts ON COMMIT DROP AS
SELECT
    k.contact_id,
    CASE
        WHEN k.gone THEN '{{"what": "gone"}}'
        ELSE jsonb_build_object('what', 'kept', 'why', concat_ws(
            '; ',
            CASE WHEN k.changed THEN coalesce('changed by import ' || l.names, 'edited since') END,
            CASE WHEN k.opted_out THEN CASE WHEN k.changed THEN 'opted out' ELSE 'opt-outs are kept' END END,
            CASE WHEN NOT k.changed AND NOT k.opted_out THEN 'joined a group or left a topic since' END
        ))
    END || CASE WHEN k.opted_out AND NOT k.changed THEN jsonb_build_object('opt_out', true) ELSE '{{}}' END AS undone,
    false AS restored
FROM kept_created k
LEFT JOIN (
    SELECT contact_id, string_agg(name, ', ' ORDER BY version) AS names
    FROM later_changes
    GROUP BY contact_id
) l ON l.contact_id = k.contact_id
WHERE k.action = 'created'
UNION ALL
SELECT j.contact_id, '{{"what": "deleted"}}', false
FROM ({changes}) j
WHERE j.inherited AND NOT EXISTS (SELECT FROM kept_created k WHERE k.contact_id = j.contact_id)
UNION ALL
SELECT j.contact_id, '{{"what": "gone"}}', false
FROM ({changes}) j
WHERE j.action = 'updated'
    AND NOT EXISTS (SELECT FROM contacts c WHERE c.tenant_id = :tenant AND c.id = j.contact_id)
    AND (NOT j.inherited OR EXISTS (SELECT FROM kept_created k WHERE k.contact_id = j.contact_id))
UNION ALL
SELECT
    r.id,
    jsonb_build_object('kept', r.kept) || CASE
        WHEN b.why = r.kept ->> 'status' THEN jsonb_build_object('opt_out', true)
        ELSE '{{}}'
    END,
    r.back <> '{{}}'
FROM restorable r
LEFT JOIN barred_fields b ON b.contact_id = r.id AND b.field = 'status'
WHERE r.kept <> '{{}}'

-- name: forget_opt_outs
-- Before the verdicts on the opt-outs that a first rollback kept: what else it kept stays.
UPDATE import_changes j
SET undone = CASE
    WHEN action = 'updated' AND (undone -> 'kept') - 'status' <> '{{}}'
        THEN jsonb_build_object('what', 'partly restored', 'kept', (undone -> 'kept') - 'status')
    END
WHERE tenant_id = :tenant AND import_id = CAST(:import AS uuid) AND jsonb_exists(undone, 'opt_out')

-- name: record_verdicts
-- `kept` means that nothing of what the import changed went back.
UPDATE import_changes j
SET undone = v.undone || CASE
    WHEN NOT jsonb_exists(v.undone, 'kept') THEN '{{}}'
    ELSE jsonb_build_object(
        'kept',
        coalesce(j.undone -> 'kept', '{{}}') || (v.undone -> 'kept'),
        'what',
        CASE
            WHEN v.restored OR j.undone IS NOT NULL THEN 'partly restored'
            WHEN j.after - ARRAY(SELECT jsonb_object_keys(v.undone -> 'kept')) <> '{{}}' THEN 'partly restored'
            ELSE 'kept'
        END
    )
    END
FROM verdicts v
WHERE j.tenant_id = :tenant AND j.import_id = CAST(:import AS uuid) AND j.contact_id = v.contact_id

-- name: delete_properties
-- Properties that the import created, unless a contact has a value, another import maps a column to it (one that
-- failed can still be run again), or a segment's filter names it.
WITH made AS MATERIALIZED (
    SELECT key
    FROM properties
    WHERE tenant_id = :tenant AND import_id = CAST(:import AS uuid)
),
valued AS (
    SELECT DISTINCT made.key
    FROM contacts c
    JOIN made ON jsonb_exists(c.properties, made.key)
    WHERE c.tenant_id = :tenant AND jsonb_exists_any(c.properties, ARRAY(SELECT key FROM made))
)
DELETE FROM properties p
USING made
WHERE p.tenant_id = :tenant
    AND p.key = made.key
    AND made.key NOT IN (SELECT key FROM valued)
    AND NOT EXISTS (
        SELECT
        FROM imports i
        WHERE i.tenant_id = :tenant
            AND i.id <> CAST(:import AS uuid)
            AND i.status NOT IN ('rolled_back', 'cancelled', 'expired')
            AND i.mapping @> jsonb_build_array(jsonb_build_object('field', 'properties.' || made.key))
    )
    AND NOT EXISTS (
        SELECT FROM groups g WHERE g.tenant_id = :tenant AND strpos(g.filter, made.key) > 0
    )

-- name: count_created_properties
SELECT count(*) FROM properties WHERE tenant_id = :tenant AND import_id = CAST(:import AS uuid)

-- name: count_undone
SELECT
    count(*) FILTER (WHERE what = 'restored') AS restored,
    count(*) FILTER (WHERE what = 'deleted') AS deleted,
    count(*) FILTER (WHERE what IN ('kept', 'partly restored')) AS kept,
    count(*) FILTER (WHERE what = 'gone') AS gone,
    count(*) FILTER (WHERE opt_out) AS opt_outs_kept
FROM (
    SELECT
        coalesce(undone ->> 'what', CASE action WHEN 'created' THEN 'deleted' ELSE 'restored' END) AS what,
        jsonb_exists(undone, 'opt_out') AS opt_out
    FROM import_changes
    WHERE tenant_id = :tenant AND import_id = CAST(:import AS uuid)
) j

-- name: lift_suppressions
-- Before the opt-outs are restored: an address on the list is never subscribed.
DELETE FROM suppressions WHERE tenant_id = :tenant AND import_id = CAST(:import AS uuid)

-- name: count_suppressions
SELECT count(*) FROM suppressions WHERE tenant_id = :tenant AND import_id = CAST(:import AS uuid)

-- name: report
-- One line for each contact that the import had created or updated, by row of the file. No values.
SELECT
    row_number AS "Row",
    contact_id AS "Contact",
    coalesce(undone ->> 'what', CASE action WHEN 'created' THEN 'deleted' ELSE 'restored' END) AS "Rollback",
    CASE WHEN undone ->> 'what' = 'partly restored' THEN (
        SELECT string_agg(field, ', ' ORDER BY field)
        FROM jsonb_object_keys(after) field
        WHERE NOT jsonb_exists(undone -> 'kept', field)
    ) END AS "Restored Fields",
    CASE WHEN undone IS NOT NULL THEN coalesce(
        undone ->> 'why',
        (
            SELECT string_agg(field || ': ' || why, '; ' ORDER BY field)
            FROM jsonb_each_text(undone -> 'kept') kept (field, why)
        )
    ) END AS "Kept"
FROM import_changes
WHERE tenant_id = {tenant} AND import_id = {import_id}
ORDER BY row_number
