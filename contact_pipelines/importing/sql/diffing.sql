-- The diff step, all in DuckDB.

-- name: finals
-- The rows whose contact exists and is not the same, beside it, with the values that its fields would have.
CREATE OR REPLACE VIEW finals AS
SELECT
    s.*,
    m.* EXCLUDE (_row, same),
    coalesce({refused}, false) AS refused
    {finals}
FROM {source} s
JOIN matches m ON m._row = s._row
WHERE NOT m.same

-- name: contact_changes
-- A branch a case; what a branch does not name is NULL.
WITH unknown AS (
    FROM {source} s
    ANTI JOIN matches m ON m._row = s._row
    ANTI JOIN duplicate_rows d ON d._row = s._row
),
judged AS (
    SELECT
        *,
        CASE
            WHEN '{mode}' = 'create_only' THEN 'skipped'
            WHEN {changed} THEN 'updated'
            ELSE 'unchanged'
        END AS outcome
    FROM finals
)

SELECT _row, 'created' AS outcome, {new_id} AS contact_id {created}, {properties_created} AS properties
FROM (FROM unknown WHERE '{mode}' <> 'update_only' ORDER BY {key})

UNION ALL BY NAME
SELECT _row, 'skipped' AS outcome, 'not_in_store' AS code, 'no contact has this {key}' AS message
FROM unknown
WHERE '{mode}' = 'update_only'

UNION ALL BY NAME
SELECT
    _row,
    outcome,
    CASE WHEN outcome = 'skipped' THEN 'already_exists' WHEN refused THEN 'consent_kept' END AS code,
    CASE
        WHEN outcome = 'skipped' THEN 'a contact with this {key} exists already'
        WHEN refused THEN 'status was kept: the contact has opted out'
    END AS message,
    contact_id,
    version
    {updated},
    {properties_updated} AS properties,
    {erased} AS erased,
    {before} AS before,
    {after} AS after
FROM judged

UNION ALL BY NAME
SELECT
    _row,
    CASE WHEN '{mode}' = 'create_only' THEN 'skipped' ELSE 'unchanged' END AS outcome,
    CASE WHEN '{mode}' = 'create_only' THEN 'already_exists' END AS code,
    CASE WHEN '{mode}' = 'create_only' THEN 'a contact with this {key} exists already' END AS message
FROM matches
WHERE same

UNION ALL BY NAME
SELECT
    _row,
    CASE WHEN counts IS NULL THEN 'failed' ELSE 'skipped' END AS outcome,
    CASE WHEN counts IS NULL THEN 'duplicate_key' ELSE 'duplicate_row' END AS code,
    coalesce('duplicate of row ' || counts, 'another row has the same {key}') AS message
FROM duplicate_rows

UNION ALL BY NAME
SELECT DISTINCT "row" AS _row, 'failed' AS outcome
FROM {errors}
WHERE severity = 'error'

-- name: new_id
-- A UUID of version 7 (RFC 9562, 6.2, method 1): the time, then a counter of 26 bits in place of its first random
-- bits, then 48 random ones. The counter makes ids ascend without exception, and so PostgreSQL appends to its
-- indexes; beyond 67 million rows it carries into the milliseconds.
CAST(
    CAST('{first}' AS UHUGEINT)
    + CAST((row_number() OVER ()) >> 26 AS UHUGEINT) * CAST('1208925819614629174706176' AS UHUGEINT)
    + CAST(((row_number() OVER ()) >> 14) & 4095 AS UHUGEINT) * CAST('18446744073709551616' AS UHUGEINT)
    + CAST((row_number() OVER ()) & 16383 AS UHUGEINT) * CAST('281474976710656' AS UHUGEINT)
    + CAST(floor(random() * 281474976710656) AS UHUGEINT)
    AS UUID
)
