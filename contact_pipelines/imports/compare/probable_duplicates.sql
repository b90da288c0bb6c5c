-- What becomes of rows that are probably somebody, in the order in which it runs. PostgreSQL: has_too_many, contacts.
-- DuckDB: all others.

-- name: rows_to_search
-- The rows without an exact match, with the fields to compare. `opts_out`: the file says so; `is_kept`: of an
-- address, which is remembered when the row is created.
CREATE OR REPLACE TABLE fuzzy_rows AS
SELECT
    s._row,
    coalesce({status}, {default_status}) AS status,
    coalesce({status} <> 'subscribed', false) AS opts_out,
    opts_out AND {creates} AND {email} IS NOT NULL AS is_kept
    {fields}
FROM {source} s
ANTI JOIN matches m ON m._row = s._row
ANTI JOIN decided_rows d ON d._row = s._row
ANTI JOIN suppressed_rows p ON p._row = s._row
WHERE {missing} IS NULL

-- name: has_too_many
SELECT count(*) > {most} FROM (SELECT FROM contacts WHERE tenant_id = {tenant} LIMIT {most} + 1) counted

-- name: contacts
SELECT id{fields} FROM contacts WHERE tenant_id = {tenant} AND ({some})

-- name: load_contacts
-- A view: the contacts are read once, and need not be held twice.
CREATE OR REPLACE VIEW {table} AS
SELECT *
FROM read_csv({path}, columns = {{{columns}}}, auto_detect = false, header = false, delim = ',', quote = '"',
    escape = '"', allow_quoted_nulls = false, max_line_size = 16777216)

-- name: contact_pairs
-- Every pair, not only the best ones: somebody who opted out counts also where another contact is likelier.
CREATE OR REPLACE TABLE fuzzy_contact_pairs AS
SELECT p._row, p.contact_id, p.score, c.status
FROM fuzzy_pairs p
JOIN {contacts} c ON c.id = p.contact_id

-- name: probable_duplicates
-- A line for each row and the contact, or the earlier row, that it most probably is. `consent_differs`: one of the two
-- would be subscribed and the other has opted out; of contacts, of any that it may be. `is_lost`: an opt-out would be,
-- if the row were skipped. `place` and `likeliest`: among the rows that are probably the same contact.
CREATE OR REPLACE TABLE {table} AS
WITH by_row AS (
    SELECT
        p._row,
        bool_or(p.status <> 'subscribed') AS one_opted_out,
        bool_or(p.status = 'subscribed') FILTER (p.score = b.score) AS one_subscribed
    FROM fuzzy_contact_pairs p
    JOIN fuzzy_best b ON b._row = p._row
    GROUP BY p._row
),
found AS (
    SELECT
        b.*,
        r.is_kept,
        CASE WHEN r.opts_out THEN p.one_subscribed ELSE r.status = 'subscribed' AND p.one_opted_out END
            AS consent_differs,
        r.is_kept OR (r.opts_out AND p.one_subscribed) AS is_lost,
        m._row AS holder,
        row_number() OVER likely AS place,
        first(b._row) OVER likely AS likeliest
    FROM fuzzy_best b
    JOIN by_row p ON p._row = b._row
    JOIN fuzzy_rows r ON r._row = b._row
    LEFT JOIN (SELECT contact_id, min(_row) AS _row FROM matches GROUP BY contact_id) m ON m.contact_id = b.contact_id
    WINDOW likely AS (
        PARTITION BY b.contact_id
        ORDER BY b.others > 0, r.is_kept, b.score DESC, b._row
    )
    UNION ALL BY NAME
    SELECT
        b.*,
        r.is_kept,
        (r.status = 'subscribed') <> (o.status = 'subscribed') AS consent_differs,
        r.is_kept OR (r.opts_out AND o.status = 'subscribed') AS is_lost
    FROM fuzzy_best_rows b
    JOIN fuzzy_rows r ON r._row = b._row
    JOIN fuzzy_rows o ON o._row = b.other_row
),
explained AS (
    SELECT
        *,
        CASE
            WHEN '{resolve}' = 'skip_new' AND is_lost THEN sentence('probable_duplicate.opts_out_unskipped')
            WHEN NOT {updates} THEN NULL
            WHEN other_row IS NOT NULL THEN sentence('probable_duplicate.rows_only')
            WHEN is_kept THEN sentence('probable_duplicate.opts_out')
            WHEN others > 0 THEN sentence('probable_duplicate.several', 'contacts', others + 1)
            WHEN holder IS NOT NULL THEN sentence('probable_duplicate.has_key', 'row', holder)
            WHEN place > 1 THEN sentence('probable_duplicate.likelier', 'row', likeliest)
        END AS why_not
    FROM found
)
SELECT
    _row,
    contact_id,
    other_row,
    score,
    reason,
    consent_differs,
    CASE
        WHEN why_not IS NOT NULL THEN 'create'
        WHEN {updates} THEN 'update'
        WHEN '{resolve}' = 'skip_new' THEN 'skip'
        ELSE 'create'
    END AS handling,
    why_not
FROM explained
ORDER BY _row, contact_id IS NULL

-- name: notes
-- The message of each row: first what is done with it, then its probable duplicates, contacts before rows.
CREATE OR REPLACE TABLE fuzzy_notes AS
SELECT
    _row,
    handling,
    CASE WHEN handling = 'create' AND warns THEN 'opted_out_duplicate' ELSE 'probable_duplicate' END AS code,
    concat_ws(
        '; ',
        sentence(
            'probable_duplicate',
            'other', coalesce(sentence('probable_duplicate.contact', 'id', contact_id), sentence('probable_duplicate.row', 'row', other_row)),
            'score', score,
            'reason', reason
        ),
        why_not,
        CASE WHEN handling = 'create' AND warns THEN sentence('opted_out_duplicate') END
    ) AS message
FROM (
    SELECT
        *,
        bool_or(consent_differs) OVER (PARTITION BY _row) AS warns,
        row_number() OVER (PARTITION BY _row ORDER BY handling = 'create', contact_id IS NULL) AS place
    FROM {table}
)
WHERE place = 1

-- name: skip
INSERT INTO decided_rows
SELECT _row, NULL, 'skipped', code, message
FROM fuzzy_notes
WHERE handling = 'skip'

-- name: chosen
-- The rows that update the contact that they probably are.
CREATE OR REPLACE TABLE fuzzy_chosen AS
SELECT _row, contact_id
FROM {table}
WHERE handling = 'update'

-- name: nobody
CREATE OR REPLACE VIEW {contacts} AS SELECT {columns} WHERE false

-- name: noted_rows
CREATE OR REPLACE TABLE {target} AS
SELECT
    s.* REPLACE (
        coalesce(s._note_code, n.code) AS _note_code,
        nullif(concat_ws('; ', s._note, n.message), '') AS _note
    )
FROM {source} s
LEFT JOIN fuzzy_notes n ON n._row = s._row

-- name: summary
SELECT
    count(*) FILTER (handling = 'create'),
    count(*) FILTER (handling = 'skip'),
    count(*) FILTER (handling = 'update'),
    min(_row),
    count(*) FILTER (code = 'opted_out_duplicate'),
    min(_row) FILTER (code = 'opted_out_duplicate')
FROM fuzzy_notes

-- name: report
-- What was done is what the plan says in the end: a row that was to be created can have failed.
SELECT
    d._row AS "Row",
    c.outcome[1].upper() || c.outcome[2:] AS "Import Status",
    d.contact_id AS "Contact",
    d.other_row AS "Other Row",
    d.score AS "Score",
    d.reason AS "Reason",
    CASE d.handling WHEN 'create' THEN 'treated as new' WHEN 'skip' THEN 'skipped' ELSE 'taken for the contact' END
        AS "Treated",
    d.why_not AS "Because"
FROM {duplicates} d
JOIN {changes} c ON c._row = d._row
ORDER BY d._row, d.contact_id IS NULL
