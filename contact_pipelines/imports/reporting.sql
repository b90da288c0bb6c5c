-- name: row_outcomes
CREATE OR REPLACE TABLE row_outcomes AS
WITH faults AS (
    SELECT "row" AS _row, string_agg(message, '; ' ORDER BY severity, "column", code) AS messages
    FROM {errors}
    GROUP BY "row"
)
SELECT
    c._row,
    CASE c.outcome WHEN 'failed' THEN 'Error' ELSE upper(c.outcome[1]) || c.outcome[2:] END AS _status,
    nullif(concat_ws('; ', f.messages, c.message), '') AS _errors
FROM {changes} c
LEFT JOIN faults f ON f._row = c._row
ORDER BY c._row

-- name: results
-- Both sides have each row of the file once and are in its order, so they are laid side by side: no join, no sort
-- of the wide side, which takes DuckDB long to plan where there are thousands of columns.
SELECT {cells}_status AS "Import Status", _errors AS "Errors"
FROM {staged} s
POSITIONAL JOIN row_outcomes

-- name: errors
SELECT {cells}_errors AS "Errors"
FROM {staged} s
POSITIONAL JOIN row_outcomes
WHERE _status = 'Error'

-- name: failures
-- Why rows fail that are in order by themselves: what the comparison with the store, and with each other, found.
SELECT code, arg_min(message, _row), count(*), min(_row)
FROM {changes}
WHERE outcome = 'failed' AND code IS NOT NULL
GROUP BY code
ORDER BY count(*) DESC, code

-- name: consent_codes
SELECT code, count(*), min(_row)
FROM contact_changes
WHERE code IN ('consent_kept', 'consent_forced', 'consent_from_duplicate')
GROUP BY code
ORDER BY code
