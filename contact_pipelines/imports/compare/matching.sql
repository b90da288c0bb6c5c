-- The match step, as far as every import goes through it; by several keys: contact_keys.sql; rows of the file that are
-- the same contact: duplicates.sql; create_all: creating_all.sql.
-- DuckDB: keys, probable_keys, join_found, load, load_suppressed. PostgreSQL: create_import_keys, statistics_are_stale,
-- has_any, has_marked_duplicates, lookup, store_tags, is_suppressed.

-- name: create_import_keys
CREATE TEMPORARY TABLE import_keys (
    row_number integer NOT NULL,
    match_key text COLLATE "C" NOT NULL,
    values_hash text COLLATE "C" NOT NULL
) ON COMMIT DROP

-- name: keys
-- Of the rows that count, the key and a hash of the values.
SELECT
    row_number,
    match_key,
    CASE WHEN strlen(joined) - strlen(replace(joined, {separator}, '')) = {separators} THEN md5(joined) ELSE '' END
        AS values_hash
FROM (
    SELECT s._row AS row_number, {key} AS match_key, {values} AS joined
    FROM {source} s
    {join_found}
    WHERE s._row NOT IN (SELECT _row FROM decided_rows)
)

-- name: probable_keys
-- No hash is empty, so none of these contacts is the same.
SELECT _row AS row_number, contact_id AS match_key, '' AS values_hash FROM {chosen}

-- name: join_found
JOIN found_contacts f ON f._row = s._row AND f.contact_id IS NOT NULL

-- name: statistics_are_stale
-- By the number of rows, which an ANALYZE of some columns brings up to date; the count of changes it leaves alone.
SELECT abs(s.n_live_tup - greatest(c.reltuples, 0)) > greatest(c.reltuples / 10, 1000)
FROM pg_stat_user_tables s
JOIN pg_class c ON c.oid = s.relid
WHERE s.relid = {table}::regclass

-- name: has_any
SELECT EXISTS (SELECT FROM {table} WHERE tenant_id = {tenant})

-- name: has_marked_duplicates
-- In the order of the index of marked duplicates, or else a planner without statistics reads the whole table for it.
SELECT true FROM contacts WHERE tenant_id = {tenant} AND is_duplicate ORDER BY email LIMIT 1

-- name: lookup
-- What exists of what the file names. A contact that stays the same is told by a flag alone. OFFSET 0 keeps the
-- planner from inlining `same`, which would hash each contact once per output column.
SELECT
    row_number,
    CASE WHEN same THEN 't' ELSE 'f' END,
    {contact_id},
    CASE WHEN NOT same THEN version END,
    CASE WHEN joins THEN 't' ELSE 'f' END,
    CASE WHEN NOT same THEN updated_at::text END
    {old}
FROM (
    SELECT k.row_number, c.*, {same} AS same, {joins} AS joins
    FROM import_keys k
    JOIN contacts c ON c.tenant_id = {tenant} AND {condition}{members}
    OFFSET 0
) matched

-- name: store_tags
-- A contact's tags as one text, without automatic tags, which a file need not name to stay the same. Nearly always
-- there is one, the last: to take that off is twice as fast as looking at each.
nullif(
    CASE
        WHEN c.tags[cardinality(c.tags)] LIKE {automatic} THEN CASE
            WHEN array_to_string(trim_array(c.tags, 1), {separator}) NOT LIKE '%imported\_2%'
            THEN array_to_string(trim_array(c.tags, 1), {separator})
            ELSE array_to_string(ARRAY(SELECT tag FROM unnest(c.tags) tag WHERE tag NOT LIKE {automatic}), {separator})
        END
        WHEN array_to_string(c.tags, {separator}) LIKE '%imported\_2%'
        THEN array_to_string(ARRAY(SELECT tag FROM unnest(c.tags) tag WHERE tag NOT LIKE {automatic}), {separator})
        ELSE array_to_string(c.tags, {separator})
    END,
    ''
)

-- name: is_suppressed
-- Whether the address of somebody who has opted out is on the suppression list; only an import that may subscribe them
-- again asks.
CASE WHEN NOT same THEN status <> 'subscribed' AND EXISTS (
    SELECT
    FROM suppressions s
    WHERE s.tenant_id = {tenant}
        AND s.address_hash = contact_pipelines_address_hash({tenant}, email) COLLATE "default"
) END

-- name: load
-- Tags come as a JSON array.
CREATE OR REPLACE TABLE {table} AS
SELECT *{tags}
FROM read_csv({path}, columns = {{{columns}}}, auto_detect = false, header = false, delim = ',', quote = '"',
    escape = '"', allow_quoted_nulls = false, max_line_size = 16777216)

-- name: load_suppressed
CREATE OR REPLACE TABLE suppressed_rows AS
SELECT _row
FROM read_csv({path}, columns = {{'_row': 'INTEGER'}}, auto_detect = false, header = false)
