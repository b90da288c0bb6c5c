-- The mode create_all. PostgreSQL: holders. DuckDB: load, addresses, marked_rows.

-- name: holders
-- The strictest status of the contacts with a row's address; marked duplicates have their own index.
SELECT row_number, max(rank)
FROM (
    SELECT k.row_number, array_position(ARRAY[{statuses}], c.status) AS rank
    FROM row_keys k
    JOIN contacts c ON c.tenant_id = {tenant} AND c.email = k.email AND NOT c.is_duplicate
    UNION ALL
    SELECT k.row_number, array_position(ARRAY[{statuses}], c.status)
    FROM row_keys k
    JOIN contacts c ON c.tenant_id = {tenant} AND c.email = k.email AND c.is_duplicate
) held
GROUP BY row_number

-- name: load
CREATE OR REPLACE TABLE holders AS
FROM read_csv({path}, auto_detect = false, header = false, delim = ',', columns = {{
    '_row': 'INTEGER', 'rank': 'INTEGER'
}})

-- name: addresses
-- Of each row with an address: whether another contact has it, an earlier row's or one of the store (a row that lacks a
-- required field becomes none); and how strict the row, the address's contacts, and the file's rows with the address
-- are.
CREATE OR REPLACE TABLE addresses AS
SELECT
    s._row,
    s.own,
    h.rank AS held,
    max(s.own) OVER (PARTITION BY s.email) AS in_file,
    h._row IS NOT NULL OR coalesce(min(s._row) FILTER (s.complete) OVER (PARTITION BY s.email) < s._row, false)
        AS is_duplicate
FROM (
    SELECT _row, email, strictness({status}) AS own, {missing} IS NULL AS complete
    FROM {source}
    WHERE email IS NOT NULL
) s
LEFT JOIN holders h ON h._row = s._row

-- name: marked_rows
CREATE OR REPLACE TABLE {target} AS
SELECT
    s.* {without_status},
    coalesce(status_of(greatest(a.own, a.held, a.in_file)), {status}) AS status,
    coalesce(a.is_duplicate, false) AS is_duplicate,
    CASE
        WHEN a.own = 1 AND a.held > 1 THEN 'consent_kept'
        WHEN a.in_file > greatest(a.own, a.held) THEN 'consent_from_duplicate'
    END AS _note_code,
    CASE
        WHEN a.own = 1 AND a.held > 1 THEN sentence('consent_kept.address')
        WHEN a.in_file > greatest(a.own, a.held) THEN sentence('consent_from_duplicate.address')
    END AS _note
FROM {source} s
LEFT JOIN addresses a ON a._row = s._row
