-- The review of a plan, all in DuckDB.

-- name: first_changes
-- Contacts that exist come first: there, something is lost.
SELECT
    _row,
    outcome,
    before,
    coalesce(after, CAST(to_json({{{contact}}}) AS VARCHAR)) AS after,
    CASE WHEN outcome = 'created' THEN properties END AS properties
FROM contact_changes
WHERE outcome IN ('created', 'updated')
ORDER BY outcome DESC, _row
LIMIT {most}

-- name: moved_rows
-- The rows for which a plan made now (`n`) reads otherwise than the reviewed one (`r`); `conflict`: because it would
-- do something else. What it does to a contact that exists are `before` and `after`, but for the time of its last
-- change, which is kept for a rollback only.
CREATE OR REPLACE TABLE moved_rows AS
SELECT
    n._row,
    coalesce(
        n.outcome <> r.outcome
        OR (
            n.outcome = 'updated'
            AND (
                n.contact_id <> r.contact_id
                OR n.after <> r.after
                OR (
                    n.before <> r.before
                    AND json_merge_patch(n.before, '{{"updated_at": null}}')
                        <> json_merge_patch(r.before, '{{"updated_at": null}}')
                )
            )
        )
        OR (n.outcome = 'created' AND ({created_otherwise})),
        true
    ) AS conflict
FROM read_parquet({anew}) n
JOIN read_parquet({reviewed}) r ON r._row = n._row
WHERE {reads_otherwise}

-- name: count_moved
SELECT count(*), count(*) FILTER (conflict) FROM moved_rows

-- name: confirmed_changes
-- The plan made now, without what nobody has agreed to.
SELECT *
FROM read_parquet({anew})
WHERE _row NOT IN (SELECT _row FROM moved_rows WHERE conflict)
UNION ALL BY NAME
SELECT
    _row,
    'failed' AS outcome,
    'changed_since_review' AS code,
    sentence('changed_since_review') AS message
FROM moved_rows
WHERE conflict
