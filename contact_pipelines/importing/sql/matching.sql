-- The match step. DuckDB: duplicate_rows, keys, load, load_suppressed. PostgreSQL: create_import_keys,
-- statistics_are_stale, lookup.

-- name: duplicate_rows
-- The rows whose key another row has too, and the one row of them that counts. Few keys repeat: the group is
-- small, and the join with it cheap.
CREATE OR REPLACE TABLE duplicate_rows AS
WITH repeated AS (
    SELECT {key}, {counts} AS counts
    FROM {source}
    GROUP BY {key}
    HAVING count(*) > 1
)
SELECT s._row, r.counts
FROM {source} s
JOIN repeated r USING ({key})
WHERE s._row IS DISTINCT FROM r.counts

-- name: create_import_keys
CREATE TEMPORARY TABLE import_keys (
    row_number integer NOT NULL,
    match_key text COLLATE "C" NOT NULL,
    values_hash text COLLATE "C" NOT NULL
) ON COMMIT DROP

-- name: keys
SELECT
    row_number,
    match_key,
    CASE WHEN strlen(joined) - strlen(replace(joined, {separator}, '')) = {separators} THEN md5(joined) ELSE '' END
        AS values_hash
FROM (
    SELECT _row AS row_number, {key} AS match_key, {values} AS joined
    FROM {source}
    WHERE _row NOT IN (SELECT _row FROM duplicate_rows)
)

-- name: statistics_are_stale
SELECT n_mod_since_analyze > greatest(n_live_tup / 10, 1000)
FROM pg_stat_user_tables
WHERE relid = {table}::regclass

-- name: lookup
-- What exists of what the file names. A contact that stays the same is told by a flag alone. OFFSET 0 keeps the
-- planner from inlining `same`, which would hash each contact once per output column.
SELECT
    row_number,
    CASE WHEN same THEN 't' ELSE 'f' END,
    CASE WHEN NOT same THEN id END,
    CASE WHEN NOT same THEN version END,
    CASE WHEN joins THEN 't' ELSE 'f' END,
    CASE WHEN NOT same THEN updated_at::text END
    {old}
FROM (
    SELECT k.row_number, c.*, {same} AS same, {joins} AS joins
    FROM import_keys k
    JOIN contacts c ON c.tenant_id = {tenant} AND c.email = k.match_key AND NOT c.is_duplicate{members}
    OFFSET 0
) matched

-- name: load
-- Tags come as a JSON array.
CREATE OR REPLACE TABLE matches AS
SELECT *{tags}
FROM read_csv({path}, columns = {{{columns}}}, auto_detect = false, header = false, delim = ',', quote = '"',
    escape = '"', allow_quoted_nulls = false, max_line_size = 16777216)

-- name: load_suppressed
CREATE OR REPLACE TABLE suppressed_rows AS
SELECT _row
FROM read_csv({path}, columns = {{'_row': 'INTEGER'}}, auto_detect = false, header = false)
