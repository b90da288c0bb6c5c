-- Imports that only opt people out. PostgreSQL: found_contacts, listed_rows, holders. DuckDB: the others.

-- name: found_contacts
-- Each contact that any key of a row finds, with all the keys that find it. `listed`: its address is on the suppression
-- list already, where that is asked for.
SELECT h.row_number, c.id, c.version, c.updated_at::text, c.status, c.email, {listed}
FROM (
    SELECT DISTINCT row_number, contact_id
    FROM (
        {hits}
    ) hit
) h
JOIN contacts c ON c.tenant_id = {tenant} AND c.id = h.contact_id
CROSS JOIN contact_pipelines_hash_pads({tenant}) p

-- name: contact_is_listed
(
    SELECT true
    FROM suppressions s
    WHERE s.tenant_id = {tenant}
        AND s.address_hash = contact_pipelines_keyed_hash(p.inner_pad, p.outer_pad, c.email) COLLATE "default"
)

-- name: load_contacts
CREATE OR REPLACE TABLE row_contacts AS
FROM read_csv({path}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', columns = {{
    '_row': 'INTEGER', 'contact_id': 'UUID', 'version': 'INTEGER', 'updated_at': 'VARCHAR', 'status': 'VARCHAR',
    'email': 'VARCHAR', 'listed': 'BOOLEAN'
}})

-- name: load_listed_rows
CREATE OR REPLACE TABLE listed_rows AS
FROM read_csv({path}, columns = {{'_row': 'INTEGER'}}, auto_detect = false, header = false)

-- name: opt_outs
-- One line a contact, in the first row that finds it: the strictest that a row, or the contact itself, says.
CREATE OR REPLACE TABLE opt_outs AS
SELECT
    c.contact_id,
    min(c._row) AS _row,
    any_value(c.version) AS version,
    any_value(c.updated_at) AS updated_at,
    any_value(c.status) AS old_status,
    status_of(greatest(strictness(any_value(c.status)), max(strictness(s.status)))) AS status
FROM row_contacts c
JOIN {source} s ON s._row = c._row
GROUP BY c.contact_id

-- name: addresses
-- One line an address that is to be on the list, in the first row that brings it.
CREATE OR REPLACE TABLE addresses AS
SELECT address, min(_row) AS _row, bool_or(listed) AS listed
FROM (
    {brought}
)
GROUP BY address

-- name: unknown_addresses
SELECT s.email AS address, s._row, l._row IS NOT NULL AS listed
FROM {source} s
LEFT JOIN listed_rows l ON l._row = s._row
WHERE s.email IS NOT NULL {unless_known}

-- name: unless_known
AND NOT EXISTS (FROM row_contacts c WHERE c._row = s._row AND c.email = s.email)

-- name: addresses_of_contacts
SELECT email AS address, _row, coalesce(listed, false) AS listed
FROM row_contacts
WHERE email IS NOT NULL

-- name: contact_changes
-- The plan (see `diffing`), with two more columns: `suppresses`, the addresses that have to be on the list, and `also`,
-- further contacts that the row's keys find and that opt out with it.
WITH written AS (
    SELECT
        *,
        '{{"status":"' || old_status || '","updated_at":"' || updated_at || '"}}' AS before,
        '{{"status":"' || status || '"}}' AS after,
        row_number() OVER (PARTITION BY _row ORDER BY contact_id) AS place
    FROM opt_outs
    WHERE status <> old_status
),
first AS (
    FROM written WHERE place = 1
),
others AS (
    SELECT
        _row,
        list(
            {{'contact_id': contact_id, 'version': version, 'status': status, 'before': before, 'after': after}}
            ORDER BY place
        ) AS also
    FROM written
    WHERE place > 1
    GROUP BY _row
),
suppressed AS (
    SELECT _row, list(address ORDER BY address) AS suppresses, bool_or(NOT listed) AS adds
    FROM addresses
    GROUP BY _row
),
-- The first row of those that say the same: it has what is done, the others are its duplicates.
earlier AS (
    SELECT _row, min(first_row) AS first_row
    FROM (
        SELECT c._row, o._row AS first_row
        FROM row_contacts c
        JOIN opt_outs o ON o.contact_id = c.contact_id
        WHERE o.status <> o.old_status
        UNION ALL
        SELECT s._row, a._row
        FROM {source} s
        JOIN addresses a ON a.address = {email}
        WHERE NOT a.listed
    )
    GROUP BY _row
),
judged AS (
    SELECT
        s._row,
        f.* EXCLUDE (_row, place),
        o.also,
        a.suppresses,
        coalesce(a.adds, false) AS adds,
        k._row IS NOT NULL AS known,
        e.first_row,
        CASE
            WHEN f._row IS NOT NULL THEN 'updated'
            WHEN adds THEN 'skipped'
            WHEN e.first_row < s._row THEN 'skipped'
            WHEN known OR l._row IS NOT NULL THEN 'unchanged'
            ELSE 'skipped'
        END AS outcome
    FROM {source} s
    LEFT JOIN first f ON f._row = s._row
    LEFT JOIN others o ON o._row = s._row
    LEFT JOIN suppressed a ON a._row = s._row
    LEFT JOIN earlier e ON e._row = s._row
    LEFT JOIN (SELECT DISTINCT _row FROM row_contacts) k ON k._row = s._row
    LEFT JOIN listed_rows l ON l._row = s._row
)
SELECT
    _row,
    outcome,
    CASE
        WHEN adds THEN 'suppression_added'
        WHEN outcome = 'updated' THEN NULL
        WHEN first_row < _row THEN 'duplicate_row'
        WHEN outcome = 'unchanged' THEN 'already_opted_out'
        ELSE 'not_in_store'
    END AS code,
    CASE
        WHEN outcome = 'updated' THEN CASE WHEN adds THEN sentence('suppression_added') END
        WHEN adds AND known THEN sentence('suppression_added.known')
        WHEN adds THEN sentence('suppression_added.unknown', 'key', '{key}')
        WHEN first_row < _row THEN sentence('duplicate_row', 'row', first_row)
        WHEN known THEN sentence('already_opted_out')
        WHEN outcome = 'unchanged' THEN sentence('already_opted_out.on_list')
        ELSE sentence('not_in_store.no_email', 'key', '{key}')
    END AS message,
    contact_id,
    version,
    status,
    CASE WHEN outcome = 'updated' THEN '{{}}' END AS properties,
    NULL AS erased,
    CASE WHEN outcome = 'updated' THEN false END AS joins,
    before,
    after,
    suppresses,
    also
FROM judged

UNION ALL BY NAME
SELECT DISTINCT "row" AS _row, 'failed' AS outcome
FROM {errors}
WHERE severity = 'error'

-- name: planned_changes
-- What `applying` writes: a line a contact.
CREATE OR REPLACE VIEW planned_changes AS
WITH plan AS (
    FROM read_parquet({path}) WHERE outcome = 'updated'
)
SELECT _row, outcome, contact_id, version, status, properties, erased, joins, before, after
FROM plan
UNION ALL
SELECT _row, 'updated', its.contact_id, its.version, its.status, '{{}}', NULL, false, its.before, its.after
FROM (SELECT _row, unnest(also) AS its FROM plan)

-- name: planned_addresses
SELECT unnest(suppresses) AS address FROM read_parquet({path})

-- name: holders
-- A subscribed contact that has one of the addresses: somebody made it since the plan was. Each branch has an index.
SELECT EXISTS (
    SELECT
    FROM import_addresses a
    JOIN contacts c ON c.tenant_id = {tenant} AND c.email = a.address AND NOT c.is_duplicate
    WHERE c.status = 'subscribed'
) OR EXISTS (
    SELECT
    FROM import_addresses a
    JOIN contacts c ON c.tenant_id = {tenant} AND c.email = a.address AND c.is_duplicate
    WHERE c.status = 'subscribed'
)

-- name: count_adding
SELECT count(*), min(_row) FROM {changes} WHERE code = 'suppression_added'
