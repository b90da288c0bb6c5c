-- The files that people and programs get of an import. DuckDB, but for journal: PostgreSQL.

-- name: row_outcomes
CREATE OR REPLACE TABLE row_outcomes AS
WITH faults AS (
    SELECT "row" AS _row, string_agg(message, '; ' ORDER BY severity, "column", code) AS messages
    FROM row_errors
    GROUP BY "row"
)
SELECT
    c._row,
    CASE c.outcome WHEN 'failed' THEN 'Error' ELSE upper(c.outcome[1]) || c.outcome[2:] END AS _status,
    nullif(concat_ws('; ', f.messages, c.message), '') AS _errors
FROM contact_changes c
LEFT JOIN faults f ON f._row = c._row
ORDER BY c._row

-- name: results
-- Both sides have each row of the file once and are in its order, so they are laid side by side: no join, no sort
-- of the wide side, which takes DuckDB long to plan where there are thousands of columns.
SELECT {cells}_status AS "Import Status", _errors AS "Errors"
FROM staged_rows s
POSITIONAL JOIN row_outcomes

-- name: errors
SELECT {cells}_errors AS "Errors"
FROM staged_rows s
POSITIONAL JOIN row_outcomes
WHERE _status = 'Error'

-- name: planned_events
SELECT
    contact_id,
    'contact.' || outcome AS event,
    _row AS row_number,
    list_sort(coalesce(json_keys(after), [])) AS fields
FROM planned_changes
ORDER BY _row

-- name: journal
-- The names of fields only, as a JSON array.
SELECT
    contact_id,
    action,
    row_number,
    (SELECT coalesce(jsonb_agg(field), '[]'::jsonb) FROM jsonb_object_keys(coalesce(after, '{{}}'::jsonb)) field)
FROM import_changes
WHERE tenant_id = {tenant}
    AND import_id = {import_id}

-- name: journalled_events
SELECT contact_id, 'contact.' || action AS event, row_number, list_sort(CAST(fields AS VARCHAR[])) AS fields
FROM read_csv(
    {path},
    columns = {{'contact_id': 'UUID', 'action': 'VARCHAR', 'row_number': 'INTEGER', 'fields': 'JSON'}},
    auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', max_line_size = 16777216
)
ORDER BY row_number
