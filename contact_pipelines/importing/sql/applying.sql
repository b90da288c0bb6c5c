-- The apply step. PostgreSQL: create_import_updates, update_contacts. DuckDB: journal.

-- name: create_import_updates
CREATE TEMPORARY TABLE import_updates ON COMMIT DROP AS
SELECT id AS contact_id, version, {columns}properties, ARRAY[]::text[] AS erased
FROM contacts
WITH NO DATA

-- name: update_contacts
-- Only what changed, and only where nobody changed it since: the caller counts the rows.
UPDATE contacts c
SET {assignments}properties = (c.properties || u.properties) - u.erased,
    updated_at = now(),
    version = c.version + 1
FROM import_updates u
WHERE c.tenant_id = {tenant}
    AND c.id = u.contact_id
    AND c.version = u.version

-- name: journal
-- In the order of the contacts' ids, new ones first, so that the journal's index grows at its right edge.
SELECT
    {tenant} AS tenant_id,
    {import_id} AS import_id,
    contact_id,
    _row AS row_number,
    outcome AS action,
    coalesce(version, 0) + 1 AS version,
    before,
    after
FROM {changes}
WHERE outcome IN ('created', 'updated')
