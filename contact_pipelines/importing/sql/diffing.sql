-- The diff step, all in DuckDB.

-- name: finals
-- Every valid row beside its contact, if there is one, and the values that the contact's fields would have.
CREATE OR REPLACE VIEW finals AS
SELECT
    s.*,
    m.* EXCLUDE (_row),
    m._row IS NOT NULL AS matched,
    d._row IS NOT NULL AS duplicate,
    d.counts AS counting_row,
    coalesce({refused}, false) AS refused
    {finals}
FROM {source} s
LEFT JOIN matches m ON m._row = s._row
LEFT JOIN duplicate_rows d ON d._row = s._row

-- name: contact_changes
WITH judged AS (
    SELECT
        *,
        CASE
            WHEN duplicate AND counting_row IS NULL THEN 'failed'
            WHEN duplicate THEN 'skipped'
            WHEN matched AND '{mode}' = 'create_only' THEN 'skipped'
            WHEN NOT matched AND '{mode}' = 'update_only' THEN 'skipped'
            WHEN NOT matched THEN 'created'
            WHEN same THEN 'unchanged'
            WHEN {changed} THEN 'updated'
            ELSE 'unchanged'
        END AS outcome
    FROM finals
),
valid AS (
    SELECT
        _row,
        outcome,
        CASE
            WHEN duplicate AND counting_row IS NULL THEN 'duplicate_key'
            WHEN duplicate THEN 'duplicate_row'
            WHEN outcome = 'skipped' AND matched THEN 'already_exists'
            WHEN outcome = 'skipped' THEN 'not_in_store'
            WHEN refused AND NOT same THEN 'consent_kept'
        END AS code,
        CASE
            WHEN duplicate AND counting_row IS NULL THEN 'another row has the same {key}'
            WHEN duplicate THEN 'duplicate of row ' || counting_row
            WHEN outcome = 'skipped' AND matched THEN 'a contact with this {key} exists already'
            WHEN outcome = 'skipped' THEN 'no contact has this {key}'
            WHEN refused AND NOT same THEN 'status was kept: the contact has opted out'
        END AS message,
        contact_id,
        version
        {values},
        {properties} AS properties,
        {erased} AS erased,
        {before} AS before,
        {after} AS after
    FROM judged
),
rejected AS (
    SELECT "row" AS _row, 'failed' AS outcome
    FROM {errors}
    WHERE severity = 'error'
    GROUP BY "row"
),
every_row AS (
    SELECT _row, outcome, code, message, contact_id, version {names}, properties, erased, before, after
    FROM valid
    UNION ALL
    SELECT _row, outcome, NULL, NULL, NULL, NULL {nothing}, NULL, NULL, NULL, NULL
    FROM rejected
    {order}
)
SELECT * REPLACE (CASE outcome WHEN 'created' THEN uuidv7() ELSE contact_id END AS contact_id)
FROM every_row
