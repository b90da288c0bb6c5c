-- Writing contacts and their journal. PostgreSQL: create_import_updates, update_contacts, loosens. DuckDB: planned_changes, journal.

-- name: planned_changes
-- The plan with the ids of the new contacts, which stand first in the file. An id is a UUID of version 7 (RFC 9562,
-- 6.2, method 1): the time ({first}: with all other bits zero), then the row's place in the plan as a counter of 26
-- bits, then 48 bits of a hash that no other import has. So ids ascend without exception, and PostgreSQL appends to
-- its indexes. Beyond 67 million rows the counter carries into the milliseconds.
CREATE OR REPLACE VIEW planned_changes AS
SELECT * EXCLUDE (file_row_number, contact_id),
    coalesce(
        contact_id,
        CAST(
            CAST('{first}' AS UHUGEINT)
            + CAST(file_row_number >> 26 AS UHUGEINT) * CAST('1208925819614629174706176' AS UHUGEINT)
            + CAST((file_row_number >> 14) & 4095 AS UHUGEINT) * CAST('18446744073709551616' AS UHUGEINT)
            + CAST(file_row_number & 16383 AS UHUGEINT) * CAST('281474976710656' AS UHUGEINT)
            + CAST(hash(_row, {import_id}) & 281474976710655 AS UHUGEINT)
            AS UUID
        )
    ) AS contact_id
FROM read_parquet({path}, file_row_number = true)
WHERE outcome IN ('created', 'updated')

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

-- name: loosens
(c.status <> 'subscribed' AND u.status = 'subscribed')

-- name: journal
-- In the order of the contacts' ids, new ones first, so that the journal's index grows at its right edge.
SELECT
    {tenant} AS tenant_id,
    {import_id} AS import_id,
    contact_id,
    _row AS row_number,
    outcome AS action,
    -- A contact that only joins groups is not written and keeps its version.
    CASE WHEN after = '{{}}' THEN version ELSE coalesce(version, 0) + 1 END AS version,
    before,
    after
FROM planned_changes
