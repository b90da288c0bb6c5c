-- The report of an import. All DuckDB.

-- name: failures
-- Why valid rows fail: errors from comparing them with the store and with each other.
SELECT code, arg_min(message, _row), count(*), min(_row)
FROM contact_changes
WHERE outcome = 'failed' AND code IS NOT NULL
GROUP BY code
ORDER BY count(*) DESC, code

-- name: consent_codes
SELECT code, count(*), min(_row)
FROM contact_changes
WHERE code IN ('consent_kept', 'consent_forced', 'consent_from_duplicate')
GROUP BY code
ORDER BY code
