-- Undoing an import, all in PostgreSQL. :tenant and :import name it; :with_consent: opt-outs are undone as well.
-- {changes} stands for one of the first two blocks: the rows of the journal that are undone.

-- name: all_changes
-- If an earlier import was undone in the meantime, `restore` overrides `before`.
SELECT
    contact_id,
    action,
    version,
    before || coalesce(restore - 'contact', '{}') AS before,
    after,
    restore IS NOT NULL AS rebased,
    coalesce(jsonb_exists(restore, 'contact'), false) AS inherited
FROM import_changes
WHERE tenant_id = :tenant AND import_id = CAST(:import AS uuid)

-- name: kept_opt_outs
-- The opt-outs that a first rollback kept, and of them the status only.
SELECT
    contact_id,
    action,
    version,
    jsonb_build_object('updated_at', before -> 'updated_at', 'status', coalesce(restore, before) -> 'status') AS before,
    jsonb_build_object('status', after -> 'status') AS after,
    restore IS NOT NULL AS rebased,
    false AS inherited
FROM import_changes
WHERE tenant_id = :tenant AND import_id = CAST(:import AS uuid) AND jsonb_exists(undone, 'opt_out')

-- name: create_kept_created
-- Contacts that the import created, or that exist because of it since the import that created them was undone: those
-- that are not to be deleted. A version other than the journal's means that somebody changed the contact since; what
-- its groups hold besides the import's own was somebody's as well.
CREATE TEMPORARY TABLE kept_created ON COMMIT DROP AS
SELECT
    j.contact_id,
    j.action,
    j.version,
    c.id IS NULL AS gone,
    c.version <> j.version AS changed,
    c.status <> 'subscribed' AND NOT :with_consent AS opted_out
FROM ({changes}) j
LEFT JOIN contacts c ON c.tenant_id = :tenant AND c.id = j.contact_id
WHERE (j.action = 'created' OR j.inherited)
    AND (
        c.version IS DISTINCT FROM j.version
        OR (c.status <> 'subscribed' AND NOT :with_consent)
        OR c.id IN (
            SELECT contact_id
            FROM group_members
            WHERE tenant_id = :tenant AND (import_id IS DISTINCT FROM CAST(:import AS uuid) OR subscription = 'opt_out')
        )
    )

-- name: count_to_delete
SELECT count(*) - (SELECT count(*) FROM kept_created)
FROM ({changes}) j
WHERE j.action = 'created' OR j.inherited

-- name: delete_created
DELETE FROM contacts c
USING ({changes}) j
WHERE (j.action = 'created' OR j.inherited)
    AND c.tenant_id = :tenant
    AND c.id = j.contact_id
    AND c.version = j.version
    AND NOT EXISTS (SELECT FROM kept_created k WHERE k.contact_id = c.id)

-- name: delete_memberships
DELETE FROM group_members m
USING ({changes}) j
WHERE (j.action = 'created' OR j.inherited)
    AND m.tenant_id = :tenant
    AND m.contact_id = j.contact_id
    AND NOT EXISTS (SELECT FROM contacts c WHERE c.tenant_id = m.tenant_id AND c.id = m.contact_id)

-- name: create_later_changes
-- What later imports, themselves not undone, changed of the same contacts. Of a contact, versions only grow from one
-- such import to the next.
CREATE TEMPORARY TABLE later_changes ON COMMIT DROP AS
SELECT
    l.contact_id,
    l.import_id,
    l.version,
    i.name,
    l.before || coalesce(l.restore - 'contact', '{{}}') AS before,
    l.after
FROM ({changes}) j
JOIN contacts c ON c.tenant_id = :tenant AND c.id = j.contact_id AND c.version <> j.version
JOIN import_changes l
    ON l.tenant_id = :tenant
    AND l.contact_id = j.contact_id
    AND l.version > j.version
    AND l.import_id <> CAST(:import AS uuid)
JOIN imports i ON i.tenant_id = :tenant AND i.id = l.import_id AND i.status = 'completed'
WHERE l.after <> '{{}}'
    -- Most were created and are deleted: only the others are worth looking up.
    AND (j.action = 'updated' OR j.contact_id IN (SELECT contact_id FROM kept_created))

-- name: index_later_changes
CREATE INDEX ON later_changes (contact_id)

-- name: create_barred_fields
-- Fields that cannot go back although nobody changed them since. The address: another contact has it now, or it is
-- suppressed (the database would refuse the whole rollback). The status: undoing it would subscribe somebody. A marked
-- duplicate shares its address; it is not subscribed where the contact that holds it has opted out (`left_otherwise`).
CREATE TEMPORARY TABLE barred_fields ON COMMIT DROP AS
WITH changed AS (
    SELECT j.contact_id, j.before, j.after, c.email, c.status, c.is_duplicate
    FROM ({changes}) j
    JOIN contacts c ON c.tenant_id = :tenant AND c.id = j.contact_id
    WHERE j.action = 'updated'
        AND (
            jsonb_exists(j.after, 'email')
            OR (j.before ->> 'status' = 'subscribed' AND j.after ->> 'status' <> 'subscribed')
        )
),
left_otherwise AS (
    SELECT d.contact_id
    FROM changed d
    JOIN contacts o ON o.tenant_id = :tenant AND o.email IN (d.email, d.before ->> 'email') AND NOT o.is_duplicate
    LEFT JOIN changed p ON p.contact_id = o.id
    WHERE d.is_duplicate
        AND o.status <> 'subscribed'
        -- Not if that opt-out is the import's own, and goes as well.
        AND (NOT :with_consent OR (p.before ->> 'status' = 'subscribed' AND p.after ->> 'status' = o.status) IS NOT TRUE)
),
suppressed AS (
    SELECT contact_id, bool_or(address = email) AS now
    FROM (
        SELECT contact_id, email, unnest(ARRAY[email, before ->> 'email']) AS address
        FROM changed
        WHERE :with_consent OR jsonb_exists(after, 'email')
    ) a
    CROSS JOIN contact_pipelines_hash_pads(:tenant) p
    JOIN suppressions s
        ON s.tenant_id = :tenant
        AND s.address_hash = contact_pipelines_keyed_hash(p.inner_pad, p.outer_pad, a.address)
    GROUP BY contact_id
)
SELECT
    contact_id,
    'status' AS field,
    CASE
        WHEN NOT :with_consent THEN 'opt-outs are kept'
        WHEN contact_id IN (SELECT contact_id FROM suppressed) THEN 'the address is suppressed'
        ELSE 'the address has opted out'
    END AS why
FROM changed
WHERE before ->> 'status' = 'subscribed'
    AND after ->> 'status' <> 'subscribed'
    AND (
        NOT :with_consent
        OR contact_id IN (SELECT contact_id FROM suppressed UNION ALL SELECT contact_id FROM left_otherwise)
    )
UNION ALL
SELECT
    d.contact_id,
    'email',
    CASE
        WHEN o.id IS NOT NULL THEN 'another contact has the address'
        WHEN d.contact_id IN (SELECT contact_id FROM left_otherwise) THEN 'the address has opted out'
        ELSE 'the address is suppressed'
    END
FROM changed d
LEFT JOIN contacts o
    ON o.tenant_id = :tenant AND o.email = d.before ->> 'email' AND NOT o.is_duplicate AND NOT d.is_duplicate
    AND o.id <> d.contact_id
WHERE jsonb_exists(d.after, 'email')
    AND (
        o.id IS NOT NULL
        OR (
            d.status = 'subscribed'
            AND d.contact_id IN (SELECT contact_id FROM suppressed UNION ALL SELECT contact_id FROM left_otherwise)
        )
    )

-- name: create_undoing_fields
-- Of contacts that were changed since, each field that the import changed: how it was, what the import made of it, how
-- it is, and the first later import that changed it. Tags one by one, each as there (true) or not. `why` it cannot go
-- back; NULL if it can.
CREATE TEMPORARY TABLE undoing_fields ON COMMIT DROP AS
SELECT
    f.*,
    l.import_id AS later_import,
    l.before AS later_before,
    b.why AS barred,
    CASE
        WHEN l.import_id IS NOT NULL THEN 'changed by import ' || l.name
        WHEN f.now = f.was OR (f.tag IS NOT NULL AND f.now <> f.became) THEN NULL  -- somebody put it back already
        WHEN f.now <> f.became AND f.field = 'status' AND f.now <> '"subscribed"' THEN 'opted out since'
        WHEN f.now <> f.became THEN 'edited since'
        ELSE b.why
    END AS why
FROM ({changes}) j
JOIN contacts c ON c.tenant_id = :tenant AND c.id = j.contact_id AND c.version <> j.version
CROSS JOIN LATERAL (
    SELECT
        j.contact_id,
        a.field,
        NULL::text AS tag,
        j.before -> a.field AS was,
        a.became,
        coalesce(
            CASE
                WHEN a.field LIKE 'properties.%' THEN c.properties -> substr(a.field, length('properties.') + 1)
                ELSE to_jsonb(c) -> a.field
            END,
            'null'
        ) AS now
    FROM jsonb_each(j.after) a (field, became)
    WHERE a.field <> 'tags'
    UNION ALL
    SELECT
        j.contact_id,
        'tags',
        t.tag,
        to_jsonb(bool_or(t.was)),
        to_jsonb(NOT bool_or(t.was)),
        to_jsonb(t.tag = ANY (c.tags))
    FROM (
        SELECT DISTINCT tag, true AS was FROM jsonb_array_elements_text(j.before -> 'tags') e (tag)
        UNION ALL
        SELECT DISTINCT tag, false FROM jsonb_array_elements_text(j.after -> 'tags') e (tag)
    ) t
    GROUP BY t.tag
    HAVING count(*) = 1
) f
LEFT JOIN LATERAL (
    SELECT
        later.import_id,
        later.name,
        CASE
            WHEN f.tag IS NULL THEN later.before -> f.field
            ELSE to_jsonb(jsonb_exists(later.before -> 'tags', f.tag))
        END AS before
    FROM later_changes later
    WHERE later.contact_id = f.contact_id
        AND CASE
            WHEN f.tag IS NULL THEN jsonb_exists(later.after, f.field)
            ELSE jsonb_exists(later.before -> 'tags', f.tag) <> jsonb_exists(later.after -> 'tags', f.tag)
        END
    ORDER BY later.version
    LIMIT 1
) l ON true
LEFT JOIN barred_fields b ON b.contact_id = f.contact_id AND b.field = f.field
WHERE j.action = 'updated'

-- name: create_restorable
-- One row per updated contact that still exists: the fields to put back (`back`, as they were), and those that are kept,
-- with the reason. First the contacts that nobody changed since, then the others.
CREATE TEMPORARY TABLE restorable ON COMMIT DROP AS
SELECT
    j.contact_id AS id,
    c.version,
    -- It is what it was, version and time of change included.
    b.kept IS NULL AND NOT j.rebased AS exactly,
    CAST(j.before ->> 'updated_at' AS timestamptz) AS updated_at,
    (j.before - 'updated_at') - coalesce(b.fields, '{{}}') AS back,
    coalesce(b.kept, '{{}}') AS kept
FROM ({changes}) j
JOIN contacts c ON c.tenant_id = :tenant AND c.id = j.contact_id AND c.version = j.version
LEFT JOIN (
    SELECT contact_id, array_agg(field) AS fields, jsonb_object_agg(field, why) AS kept
    FROM barred_fields
    GROUP BY contact_id
) b ON b.contact_id = j.contact_id
WHERE j.action = 'updated'
UNION ALL
SELECT
    j.contact_id,
    c.version,
    false,
    NULL,
    coalesce(f.back, '{{}}')
    || CASE
        WHEN j.after -> 'tags' = to_jsonb(c.tags) AND NOT coalesce(jsonb_exists(f.kept, 'tags'), false)
            THEN jsonb_build_object('tags', j.before -> 'tags')
        WHEN f.taken IS NULL AND f.given IS NULL THEN '{{}}'
        ELSE jsonb_build_object(
            'tags',
            ARRAY(
                SELECT tag
                FROM unnest(c.tags) WITH ORDINALITY t (tag, place)
                WHERE f.taken IS NULL OR tag <> ALL (f.taken)
                ORDER BY place
            ) || coalesce(f.given, '{{}}')
        )
    END,
    coalesce(f.kept, '{{}}')
FROM ({changes}) j
JOIN contacts c ON c.tenant_id = :tenant AND c.id = j.contact_id AND c.version <> j.version
LEFT JOIN (
    SELECT
        contact_id,
        jsonb_object_agg(field, was) FILTER (WHERE tag IS NULL AND why IS NULL AND now <> was) AS back,
        jsonb_object_agg(field, why) FILTER (WHERE why IS NOT NULL) AS kept,
        array_agg(tag) FILTER (WHERE tag IS NOT NULL AND why IS NULL AND now = 'true' AND was = 'false') AS taken,
        array_agg(tag ORDER BY tag) FILTER (WHERE why IS NULL AND now = 'false' AND was = 'true' AND tag IS NOT NULL)
            AS given
    FROM undoing_fields
    GROUP BY contact_id
) f ON f.contact_id = j.contact_id
WHERE j.action = 'updated'

-- name: count_to_restore
SELECT count(*) FROM restorable WHERE back <> '{{}}'

-- name: restore_updated
UPDATE contacts c
SET {assignments},
    properties = (
        c.properties || coalesce(
            (
                SELECT jsonb_object_agg(substr(key, length('properties.') + 1), value)
                FROM jsonb_each(r.back)
                WHERE key LIKE 'properties.%' AND value <> 'null'
            ),
            '{{}}'
        )
    ) - ARRAY(
        SELECT substr(key, length('properties.') + 1)
        FROM jsonb_each(r.back)
        WHERE key LIKE 'properties.%' AND value = 'null'
    ),
    updated_at = CASE WHEN r.exactly THEN r.updated_at ELSE now() END,
    version = CASE WHEN r.exactly THEN c.version - 1 ELSE c.version + 1 END
FROM restorable r
WHERE c.tenant_id = :tenant
    AND c.id = r.id
    AND c.version = r.version
    AND r.back <> '{{}}'

-- name: pass_fields_on
-- A later import found the value that this one wrote. When it is undone too, it restores the value before both.
UPDATE import_changes l
SET restore = coalesce(l.restore, '{{}}') || r.restore
FROM (
    SELECT contact_id, later_import, jsonb_object_agg(field, was) AS restore
    FROM undoing_fields
    WHERE tag IS NULL AND later_before = became AND barred IS NULL
    GROUP BY contact_id, later_import
) r
WHERE l.tenant_id = :tenant AND l.contact_id = r.contact_id AND l.import_id = r.later_import

-- name: pass_tags_on
UPDATE import_changes l
SET restore = coalesce(l.restore, '{{}}') || jsonb_build_object(
    'tags',
    ARRAY(
        SELECT tag
        FROM jsonb_array_elements_text(coalesce(l.restore -> 'tags', l.before -> 'tags'))
            WITH ORDINALITY t (tag, place)
        WHERE r.taken IS NULL OR tag <> ALL (r.taken)
        ORDER BY place
    ) || coalesce(r.given, '{{}}')
)
FROM (
    SELECT
        contact_id,
        later_import,
        array_agg(tag) FILTER (WHERE was = 'false') AS taken,
        array_agg(tag ORDER BY tag) FILTER (WHERE was = 'true') AS given
    FROM undoing_fields
    WHERE tag IS NOT NULL AND later_before = became
    GROUP BY contact_id, later_import
) r
WHERE l.tenant_id = :tenant AND l.contact_id = r.contact_id AND l.import_id = r.later_import

-- name: pass_creation_on
-- A contact that is kept only for what the next import made of it goes when that one is undone.
UPDATE import_changes l
SET restore = coalesce(l.restore, '{{}}') || '{{"contact": null}}'
FROM kept_created k
JOIN later_changes n ON n.contact_id = k.contact_id AND n.version = k.version + 1
WHERE l.tenant_id = :tenant AND l.contact_id = n.contact_id AND l.import_id = n.import_id
