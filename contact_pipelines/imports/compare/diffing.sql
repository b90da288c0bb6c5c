-- The diff step, all in DuckDB.

-- name: finals
-- The rows whose contact exists and is not the same, beside it, with the values that its fields would have. A table:
-- with a join among its branches, the plan would be written by one thread only.
CREATE OR REPLACE TABLE finals AS
SELECT
    s.*,
    m.* EXCLUDE (_row, same),
    coalesce({refused}, false) AS refused,
    {forced} AS forced
    {finals}
FROM {source} s
JOIN matches m ON m._row = s._row
WHERE NOT m.same

-- name: rejected_rows
CREATE OR REPLACE TABLE rejected_rows AS
SELECT DISTINCT "row" AS _row
FROM {errors}
WHERE severity = 'error'

-- name: suppressed_unknown
-- Somebody who was erased, or who must never be mailed again, is not created.
INSERT INTO decided_rows
SELECT _row, NULL, 'skipped', 'suppressed', 'the address is on the suppression list'
FROM suppressed_rows s
ANTI JOIN matches m ON m._row = s._row
ANTI JOIN decided_rows d ON d._row = s._row

-- name: suppressed_changes
-- Nor does a contact whom another key recognised get such an address.
INSERT INTO decided_rows
SELECT _row, NULL, 'skipped', 'suppressed', 'the address is on the suppression list'
FROM finals f
SEMI JOIN suppressed_rows s ON s._row = f._row
WHERE "new.email" IS DISTINCT FROM "old.email"

-- name: drop_suppressed
DELETE FROM finals
WHERE _row IN (SELECT _row FROM decided_rows WHERE code = 'suppressed')

-- name: unknown_created
SELECT _row, 'created' AS outcome {note} {created}, {properties_created} AS properties
FROM (
    FROM {source} s
    ANTI JOIN matches m ON m._row = s._row
    ANTI JOIN decided_rows d ON d._row = s._row
    {complete}
    ORDER BY {order}
)

-- name: unknown_incomplete
-- What would be created but lacks a required field. After the branch that creates the others.
UNION ALL BY NAME
SELECT _row, 'failed' AS outcome, 'required' AS code, {missing} AS message
FROM {source} s
ANTI JOIN matches m ON m._row = s._row
ANTI JOIN decided_rows d ON d._row = s._row
WHERE {missing} IS NOT NULL

-- name: unknown_skipped
SELECT _row, 'skipped' AS outcome, 'not_in_store' AS code, concat_ws('; ', 'no contact has this {key}'{own_note})
    AS message
FROM {source} s
ANTI JOIN matches m ON m._row = s._row
ANTI JOIN decided_rows d ON d._row = s._row

-- name: contact_changes
-- A branch a case; what a branch does not name is NULL. Each is written once and used once: a shared one would be
-- materialised, and the plan written by one thread only.
WITH judged AS (
    SELECT
        *,
        CASE
            WHEN '{mode}' = 'create_only' THEN 'skipped'
            WHEN {changed} THEN 'updated'
            ELSE 'unchanged'
        END AS outcome
    FROM finals
)

{unknown}

UNION ALL BY NAME
SELECT
    _row,
    outcome,
    CASE WHEN outcome = 'skipped' THEN 'already_exists' WHEN refused THEN 'consent_kept' {updated_note_code} END AS code,
    CASE
        WHEN outcome = 'skipped' THEN 'a contact with this {key} exists already'
        WHEN refused THEN concat_ws('; ', 'status was kept: the contact has opted out'{own_note})
        {updated_note}
    END AS message,
    contact_id,
    version
    {updated},
    {properties_updated} AS properties,
    {erased} AS erased,
    joins,
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
SELECT _row, outcome, code, message
FROM decided_rows

UNION ALL BY NAME
SELECT _row, 'failed' AS outcome
FROM rejected_rows
