-- Events. DuckDB: planned_events, journalled_events. PostgreSQL: journal.

-- name: planned_events
SELECT
    contact_id,
    'contact.' || outcome AS event,
    _row AS row_number,
    list_sort(coalesce(json_keys(after), [])) AS fields
FROM {planned}
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
