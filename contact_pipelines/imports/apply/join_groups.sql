-- Groups. PostgreSQL: joined_members, create_import_joins, hold_unwritten, add_known_members, delete_added_members,
-- delete_made_groups. DuckDB: new_members, known_members.

-- name: joined_members
-- A join a group and no subquery: the planner chooses between a hash join, for a large file, and looking each contact
-- up, for a small file and a large group.
LEFT JOIN group_members {alias}
        ON {alias}.tenant_id = {tenant} AND {alias}.group_id = {group} AND {alias}.contact_id = c.id

-- name: new_members
-- In the order of the plan, in which ids ascend: the primary key grows at the right edge of its group.
SELECT
    {tenant} AS tenant_id,
    {group} AS group_id,
    contact_id,
    {subscription} AS subscription,
    {import_id} AS import_id
FROM {planned}
WHERE outcome = 'created'

-- name: known_members
-- `version` only of those who are not written otherwise.
SELECT contact_id, CASE WHEN after = '{{}}' THEN version END AS version
FROM {planned}
WHERE outcome = 'updated' AND joins

-- name: create_import_joins
CREATE TEMPORARY TABLE import_joins (contact_id uuid NOT NULL, version integer) ON COMMIT DROP

-- name: hold_unwritten
-- Those who are not written have their version checked here, and are held: nobody can delete them any more before
-- their membership is committed.
SELECT count(*)
FROM (
    SELECT
    FROM contacts c
    JOIN import_joins j ON j.contact_id = c.id AND j.version = c.version
    WHERE c.tenant_id = {tenant}
    FOR KEY SHARE OF c
) held

-- name: add_known_members
-- Who is a member already stays what they are, also somebody who has opted out of a topic.
INSERT INTO group_members (tenant_id, group_id, contact_id, subscription, import_id)
SELECT {tenant}, g.id, j.contact_id, g.subscription, CAST({import_id} AS uuid)
FROM (VALUES {joined}) g (id, subscription)
CROSS JOIN import_joins j
ORDER BY g.id, j.contact_id
ON CONFLICT DO NOTHING

-- name: delete_added_members
-- An import never opts anybody out of a topic: if the membership says so, the person did since.
DELETE FROM group_members
WHERE tenant_id = :tenant
    AND import_id = CAST(:import AS uuid)
    AND subscription IS DISTINCT FROM 'opt_out'

-- name: delete_made_groups
-- Not one that the filter of a dynamic segment names, in which quotes are doubled: it could not be read any more.
DELETE FROM groups g
WHERE g.tenant_id = :tenant
    AND g.import_id = CAST(:import AS uuid)
    AND NOT EXISTS (SELECT FROM group_members m WHERE m.tenant_id = g.tenant_id AND m.group_id = g.id)
    AND NOT EXISTS (
        SELECT
        FROM groups s
        WHERE s.tenant_id = g.tenant_id
            AND strpos(s.filter, replace(g.name, '''', '''''')) > 0
    )
