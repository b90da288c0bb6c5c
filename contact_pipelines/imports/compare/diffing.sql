-- The diff step, all in DuckDB.

-- name: finals
-- The rows whose contact exists and is not the same, beside it, with the values that its fields would have. A table:
-- with a join among its branches, the plan would be written by one thread only.
CREATE OR REPLACE TABLE finals AS
SELECT
    s.*,
    m.* EXCLUDE (_row, same) {replaced},
    coalesce({loosens} AND {is_refused}, false) AS refused,
    coalesce({loosens} AND {is_forced}, false) AS forced
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
SELECT _row, NULL, 'skipped', 'suppressed', sentence('suppressed')
FROM suppressed_rows s
ANTI JOIN matches m ON m._row = s._row
ANTI JOIN decided_rows d ON d._row = s._row

-- name: suppressed_changes
-- Nor does a contact matched by another key get such an address.
INSERT INTO decided_rows
SELECT _row, NULL, 'skipped', 'suppressed', sentence('suppressed')
FROM finals f
SEMI JOIN suppressed_rows s ON s._row = f._row
WHERE "new.email" IS DISTINCT FROM "old.email"

-- name: drop_suppressed
DELETE FROM finals
WHERE _row IN (SELECT _row FROM decided_rows WHERE code = 'suppressed')

-- name: unknown_created
-- What lacks a required field comes after what is created, which is to stand first and in order.
SELECT
    _row,
    'created' AS outcome
    {created},
    '{{' || concat_ws(',', NULL {properties}) || '}}' AS properties,
    _note_code AS code,
    _note AS message
FROM (
    FROM {source} s
    ANTI JOIN matches m ON m._row = s._row
    ANTI JOIN decided_rows d ON d._row = s._row
    WHERE {missing} IS NULL
    ORDER BY {order}
)

UNION ALL BY NAME
SELECT _row, 'failed' AS outcome, 'required' AS code, {missing} AS message
FROM {source} s
ANTI JOIN matches m ON m._row = s._row
ANTI JOIN decided_rows d ON d._row = s._row
WHERE {missing} IS NOT NULL

-- name: unknown_skipped
SELECT
    _row,
    'skipped' AS outcome,
    'not_in_store' AS code,
    concat_ws('; ', sentence('not_in_store', 'key', '{key}'), _note) AS message
FROM {source} s
ANTI JOIN matches m ON m._row = s._row
ANTI JOIN decided_rows d ON d._row = s._row

-- name: contact_changes
-- A branch a case; what a branch does not name is NULL. Each is written once and used once: a shared one would be
-- materialised, and the plan written by one thread only. The import's own tag changes nobody, but goes on all who are
-- changed.
WITH compared AS (
    SELECT
        * {tagged},
        CASE WHEN '{mode}' = 'create_only' THEN 'skipped' WHEN {changed} THEN 'updated' ELSE 'unchanged' END AS outcome
    FROM finals
)

{unknown}

UNION ALL BY NAME
SELECT
    _row,
    outcome,
    CASE
        WHEN outcome = 'skipped' THEN 'already_exists'
        WHEN refused THEN 'consent_kept'
        WHEN forced THEN 'consent_forced'
        ELSE _note_code
    END AS code,
    CASE
        WHEN outcome = 'skipped' THEN sentence('already_exists', 'key', '{key}')
        WHEN refused THEN concat_ws('; ', sentence('consent_kept'), _note)
        WHEN forced THEN sentence('consent_forced')
        ELSE _note
    END AS message,
    contact_id,
    version
    {updated},
    CASE WHEN outcome = 'updated' THEN '{{' || concat_ws(',', NULL {set_members}) || '}}' END AS properties,
    CASE WHEN outcome = 'updated' THEN {erased} END AS erased,
    joins,
    CASE WHEN outcome = 'updated' THEN '{{' || concat_ws(',', {before}) || '}}' END AS before,
    CASE WHEN outcome = 'updated' THEN '{{' || concat_ws(',', NULL {after}) || '}}' END AS after
FROM compared

UNION ALL BY NAME
SELECT
    _row,
    CASE WHEN '{mode}' = 'create_only' THEN 'skipped' ELSE 'unchanged' END AS outcome,
    CASE WHEN '{mode}' = 'create_only' THEN 'already_exists' END AS code,
    CASE WHEN '{mode}' = 'create_only' THEN sentence('already_exists', 'key', '{key}') END AS message
FROM matches
WHERE same

UNION ALL BY NAME
SELECT _row, outcome, code, message
FROM decided_rows

UNION ALL BY NAME
SELECT _row, 'failed' AS outcome
FROM rejected_rows
