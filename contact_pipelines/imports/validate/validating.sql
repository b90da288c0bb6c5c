-- name: create_errors_table
CREATE OR REPLACE TABLE {table} (
    "row" INTEGER NOT NULL,
    "column" VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    message VARCHAR NOT NULL,
    severity VARCHAR NOT NULL
)

-- name: count_errors
SELECT "column", code, any_value(message), severity, count(*), min("row")
FROM {table}
GROUP BY "column", code, severity
ORDER BY severity, count(*) DESC, "column", code

-- name: broken_rows
-- Unreadable rows fail; warnings from staging are kept with the row.
INSERT INTO found_errors
SELECT _row, '', _error_code, _error, 'error'
FROM staged_rows
WHERE _error_code IS NOT NULL
UNION ALL
SELECT
    _row,
    '',
    CASE
        WHEN contains(_warning, sentence('repeated_key')) THEN 'repeated_key'
        WHEN contains(_warning, sentence('replaced_character')) THEN 'replaced_character'
        WHEN _warning LIKE sentence('undecodable_value', 'column', '%') || '%' THEN 'undecodable_value'
        ELSE 'too_few_cells'
    END,
    _warning,
    'warning'
FROM staged_rows
WHERE _error_code IS NULL AND _warning IS NOT NULL

-- name: valid_rows
SELECT _row, {values}
FROM typed_contacts
WHERE _row NOT IN (SELECT "row" FROM found_errors WHERE severity = 'error')

-- name: count_valid
-- Rows that an import would take, and how many of these have a warning.
SELECT count(*) FILTER (f.worst IS DISTINCT FROM 'error'), count(*) FILTER (f.worst = 'warning')
FROM {typed} t
LEFT JOIN (SELECT "row", min(severity) AS worst FROM {errors} GROUP BY "row") f ON f."row" = t._row
