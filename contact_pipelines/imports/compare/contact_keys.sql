-- Contacts by several keys. DuckDB: load, faults, unknown_ids, email_claims, decide_taken.
-- PostgreSQL: hits, contacts_by_keys.

-- name: hits
-- `place` is the key's in the order of the keys, from 1; 0 is an address that is looked up because it must be free.
SELECT k.row_number, {place} AS place, {name} AS key, c.id AS contact_id
FROM row_keys k
JOIN contacts c ON c.tenant_id = {tenant} AND c.{column} = k.{column} {condition}

-- name: contacts_by_keys
WITH hits AS MATERIALIZED (
    {hits}
),
by_key AS (
    SELECT row_number, place, key, count(*) AS found, (array_agg(contact_id))[1] AS contact_id
    FROM hits
    GROUP BY row_number, place, key
)
SELECT
    row_number,
    (array_agg(contact_id ORDER BY place) FILTER (WHERE place > 0))[1],
    CASE
        WHEN max(found) FILTER (WHERE place > 0) > 1 THEN 'ambiguous_match'
        WHEN count(DISTINCT contact_id) FILTER (WHERE place > 0) > 1 THEN 'contradicting_keys'
    END,
    string_agg(key, ' and ' ORDER BY place) FILTER (WHERE place > 0 AND found > 1),
    string_agg(key, ' and ' ORDER BY place) FILTER (WHERE place > 0),
    bool_or(place = 0)
FROM by_key
GROUP BY row_number

-- name: load
CREATE OR REPLACE TABLE found_contacts AS
FROM read_csv({path}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', columns = {{
    '_row': 'INTEGER', 'contact_id': 'VARCHAR', 'fault': 'VARCHAR', 'ambiguous_keys': 'VARCHAR', 'keys': 'VARCHAR',
    'email_taken': 'BOOLEAN'
}})

-- name: faults
INSERT INTO decided_rows
SELECT
    _row,
    NULL,
    'failed',
    fault,
    CASE fault
        WHEN 'ambiguous_match' THEN sentence('ambiguous_match', 'keys', ambiguous_keys)
        ELSE sentence('contradicting_keys', 'keys', keys)
    END
FROM found_contacts
WHERE fault IS NOT NULL

-- name: unknown_ids
-- A new contact gets an id of its own: by the one in the file it would not be found again.
INSERT INTO decided_rows
SELECT _row, NULL, 'failed', 'unknown_id', sentence('unknown_id')
FROM {source}
WHERE id IS NOT NULL
    {and_no_other_key}
    AND _row NOT IN (SELECT _row FROM found_contacts WHERE contact_id IS NOT NULL OR fault IS NOT NULL)

-- name: create_email_claims
CREATE OR REPLACE TABLE email_claims (_row INTEGER, email VARCHAR)

-- name: claims_of_created
INSERT INTO email_claims
SELECT _row, email
FROM {source} s
ANTI JOIN matches m ON m._row = s._row
ANTI JOIN decided_rows d ON d._row = s._row
WHERE email IS NOT NULL AND {missing} IS NULL

-- name: claims_of_updated
INSERT INTO email_claims
SELECT _row, "new.email"
FROM finals
WHERE "new.email" IS DISTINCT FROM "old.email" AND "new.email" IS NOT NULL

-- name: decide_taken
-- An address goes to one contact: to the one that has it, or else to the first row that brings it.
INSERT INTO decided_rows
WITH told AS (
    SELECT c._row, coalesce(f.email_taken, false) AS taken, min(c._row) OVER (PARTITION BY c.email) AS first
    FROM email_claims c
    LEFT JOIN found_contacts f ON f._row = c._row
)
SELECT
    _row,
    NULL,
    'failed',
    'email_taken',
    CASE WHEN taken THEN sentence('email_taken') ELSE sentence('email_taken.in_file', 'row', first) END
FROM told
WHERE taken OR first < _row

-- name: drop_taken
DELETE FROM finals
WHERE _row IN (SELECT _row FROM decided_rows WHERE code = 'email_taken')
