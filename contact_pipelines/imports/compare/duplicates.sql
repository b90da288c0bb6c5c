-- Rows of one file that are the same contact, all in DuckDB.

-- name: create_decided_rows
-- Rows whose outcome is known before they are compared, and for a duplicate the row that counts instead.
CREATE OR REPLACE TABLE decided_rows (_row INTEGER, counts INTEGER, outcome VARCHAR, code VARCHAR, message VARCHAR)

-- name: same_key
-- The rows whose key another row has too, and the one row of them that counts. Few keys repeat: the group is
-- small, and the join with it cheap.
CREATE OR REPLACE TABLE duplicate_rows AS
WITH repeated AS (
    SELECT {key}, {counts} AS counts
    FROM {source}
    GROUP BY {key}
    HAVING count(*) > 1
)
SELECT s._row, r.counts
FROM {source} s
JOIN repeated r USING ({key})
WHERE s._row IS DISTINCT FROM r.counts

-- name: edges
-- Each row that shares a value with others, and the first of these. By several keys and by the contact that was found.
CREATE OR REPLACE TABLE edges AS
WITH undecided AS (
    SELECT s._row, {keys}, f.contact_id
    FROM {source} s
    LEFT JOIN found_contacts f ON f._row = s._row
    WHERE s._row NOT IN (SELECT _row FROM decided_rows)
)
{shared}

-- name: shared
SELECT u._row AS one, r.first AS other
FROM undecided u
JOIN (SELECT {key}, min(_row) AS first FROM undecided WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1) r
    USING ({key})
WHERE u._row <> r.first

-- name: labels
CREATE OR REPLACE TABLE labels AS
SELECT _row, _row AS label FROM (SELECT one AS _row FROM edges UNION SELECT other FROM edges)

-- name: parents
-- Each row with the smallest row that it is connected to, which may be itself.
CREATE OR REPLACE TABLE parents AS
SELECT node, least(node, min(neighbour)) AS parent
FROM (SELECT one AS node, other AS neighbour FROM edges UNION ALL SELECT other, one FROM edges)
GROUP BY node

-- name: has_grandparents
SELECT EXISTS (FROM parents p JOIN parents g ON g.node = p.parent WHERE g.parent <> p.parent)

-- name: jump
CREATE OR REPLACE TABLE parents AS
SELECT p.node, g.parent
FROM parents p
JOIN parents g ON g.node = p.parent

-- name: relabel
CREATE OR REPLACE TABLE labels AS
SELECT l._row, coalesce(p.parent, l.label) AS label
FROM labels l
LEFT JOIN parents p ON p.node = l.label

-- name: contract
CREATE OR REPLACE TABLE edges AS
SELECT DISTINCT a.parent AS one, b.parent AS other
FROM edges e
JOIN parents a ON a.node = e.one
JOIN parents b ON b.node = e.other
WHERE a.parent <> b.parent

-- name: connected
CREATE OR REPLACE TABLE duplicate_rows AS
SELECT _row, counts
FROM labels
JOIN (SELECT label, {counts} AS counts FROM labels GROUP BY label) USING (label)
WHERE _row IS DISTINCT FROM counts

-- name: decide_duplicates
INSERT INTO decided_rows
SELECT
    _row,
    counts,
    CASE WHEN counts IS NULL THEN 'failed' ELSE 'skipped' END,
    CASE WHEN counts IS NULL THEN 'duplicate_key' ELSE 'duplicate_row' END,
    coalesce(sentence('duplicate_row', 'row', counts), sentence('duplicate_key', 'key', '{key}'))
FROM duplicate_rows

-- name: with_empty_notes
CREATE OR REPLACE VIEW {target} AS
SELECT *, CAST(NULL AS VARCHAR) AS _note_code, CAST(NULL AS VARCHAR) AS _note FROM {source}

-- name: stricter_statuses
-- The rows that count although a duplicate of theirs says more strictly that the person has opted out.
CREATE OR REPLACE TABLE stricter_statuses AS
SELECT
    w._row,
    first(l.status ORDER BY strictness(l.status) DESC, l._row) AS status,
    first(l._row ORDER BY strictness(l.status) DESC, l._row) AS told_by
FROM decided_rows d
JOIN {source} l ON l._row = d._row
JOIN {source} w ON w._row = d.counts
WHERE strictness(l.status) > greatest(coalesce(strictness(w.status), 0), 1)
GROUP BY w._row

-- name: with_stricter_statuses
-- A table: a join among the branches of the plan would be written by one thread only.
CREATE OR REPLACE TABLE {target} AS
SELECT
    s.* REPLACE (coalesce(t.status, s.status) AS status),
    CASE WHEN t._row IS NOT NULL THEN 'consent_from_duplicate' END AS _note_code,
    sentence('consent_from_duplicate', 'status', t.status, 'row', t.told_by) AS _note
FROM {source} s
LEFT JOIN stricter_statuses t ON t._row = s._row
