-- Staging of text. Placeholders in braces are quoted literals, identifiers, numbers, or expressions of RecordGrammar.
-- A line's or a record's state is 0 outside quotes, 1 inside quotes, 2 malformed.

-- name: rows
-- A strictly regular CSV with columns c1, c2, ..., read and written as the staged rows, in file order.
COPY (
    SELECT CAST({row} AS INTEGER) AS _row, {cells}, {code} AS _error_code, {message} AS _error, {text} AS _text,
           {warning} AS _warning
    FROM read_csv({source}, auto_detect = false, columns = {columns}, header = {header}, delim = {delimiter},
                  quote = '"', escape = '"', comment = '', nullstr = '', strict_mode = true, encoding = 'utf-8',
                  compression = 'none', max_line_size = {max_line_size})
    {limit}
) TO {target} (FORMAT parquet, COMPRESSION {compression}, ROW_GROUP_SIZE {row_group_size})

-- name: fast_check
-- Newlines inside cells (all, and most in one record) and the characters of the longest cell and of the longest row.
-- Needed only if cells hold newlines or lines are long.
WITH text AS (
    SELECT concat({cells}) AS body, greatest({lengths}) AS longest FROM read_parquet({source})
), counted AS (
    SELECT strlen(body) - strlen(replace(body, chr(10), '')) AS newlines, longest, length(body) AS total FROM text
)
SELECT coalesce(sum(newlines), 0), coalesce(max(newlines), 0), coalesce(max(longest), 0), coalesce(max(total), 0)
FROM counted

-- name: lines
-- Each physical line with what it says by itself: the state it ends in if it starts outside quotes (alone) or
-- inside (inside), its number of cells, and whether its text may be copied as it stands (plain).
COPY (
    SELECT n, body, cr, odd, strlen(body) AS bytes,
           CAST(CASE WHEN odd IS NOT NULL THEN odd
                     WHEN NOT ({quotes}) THEN 0
                     WHEN regexp_full_match(body, {alone_out}) THEN 0
                     WHEN regexp_full_match(body, {alone_in}) THEN 1
                     ELSE 2 END AS TINYINT) AS alone,
           CAST(CASE WHEN odd IS NOT NULL THEN 1 - odd
                     WHEN NOT ({quotes}) THEN 1
                     WHEN regexp_full_match(body, {inside_out}) THEN 0
                     WHEN regexp_full_match(body, {inside_in}) THEN 1
                     ELSE 2 END AS TINYINT) AS inside,
           CASE WHEN alone = 0 AND odd IS NULL THEN {cell_count} END AS cells,
           CASE WHEN odd IS NOT NULL THEN false
                WHEN {quotes} THEN {plain}
                ELSE {plain_unquoted} END AS plain
    FROM {source}
) TO {target} (FORMAT parquet, COMPRESSION {compression}, ROW_GROUP_SIZE {row_group_size})

-- name: marks
-- Which line starts a record. A line is constant (ends in the same state wherever it starts), identity or flip:
-- the state after line i is that of the last constant line, flipped as often as there were flips since. A line
-- that is malformed when started inside quotes is taken to start outside: an unclosed quote ends before it.
-- All windows run from the first row to the current one, so DuckDB streams them.
COPY (
    WITH transition AS (
        SELECT n, bytes, odd IS NOT NULL AS cut, inside, CAST(alone = 1 AS INTEGER) AS from_outside,
               CASE WHEN inside = 2 THEN CAST(alone = 1 AS INTEGER) ELSE CAST(inside AS INTEGER) END AS from_inside,
               row_number() OVER () AS position
        FROM read_parquet({lines})
    ), flipped AS (
        SELECT *, CAST(sum(CAST(from_outside > from_inside AS INTEGER)) OVER (ROWS UNBOUNDED PRECEDING) AS BIGINT)
                      AS flips
        FROM transition
    ), based AS (
        SELECT *, max(CASE WHEN from_outside = from_inside THEN n * 2 + (from_outside + flips) % 2 END)
                      OVER (ROWS UNBOUNDED PRECEDING) AS last_constant
        FROM flipped
    ), stated AS (
        SELECT *, (coalesce(last_constant, 0) % 2 + flips) % 2 AS after
        FROM based
    ), previous AS (
        SELECT *, lag(after, 1, 0) OVER () AS before
        FROM stated
    )
    SELECT n, bytes, cut, before = 1 AND inside <> 2 AS continues, after = 1 AS open,
           max(CASE WHEN before = 0 OR inside = 2 THEN n END) OVER (ROWS UNBOUNDED PRECEDING) AS first_line,
           n = position AS in_order
    FROM previous
) TO {target} (FORMAT parquet, COMPRESSION {compression})

-- name: dissolved
-- Groups of lines that cannot be one record, found without their text: never closed, too many lines, too long.
CREATE OR REPLACE TEMP TABLE {dissolved} AS
SELECT first_line
FROM read_parquet({marks})
WHERE continues OR open
GROUP BY first_line
HAVING arg_max(open, n) OR count(*) > {max_lines} OR sum(bytes) > {max_bytes} OR bool_or(cut)

-- name: disorder
SELECT count(*), count(*) FILTER (NOT in_order), coalesce(max(n), 0)
FROM read_parquet({marks})

-- name: gaps
-- The first line below each gap (lines that hold nothing but delimiters) that may begin another table: it starts a
-- record, another line follows, and it has another number of cells, or neither a digit nor an @.
WITH line AS (
    SELECT n, body, cells, trim(body, {empty}) = '' AS empty FROM read_parquet({lines})
), neighbour AS (
    SELECT *, lag(empty, 1, false) OVER () AS below_gap, lead(empty, 1, true) OVER () AS above_gap FROM line
)
SELECT b.n
FROM neighbour AS b JOIN read_parquet({marks}) AS m USING (n)
WHERE b.below_gap AND NOT b.empty AND NOT b.above_gap
  AND (m.first_line = b.n OR m.first_line IN (SELECT first_line FROM {dissolved}))
  AND (b.cells <> {width} OR NOT regexp_matches(b.body, '[0-9@]'))
ORDER BY b.n
LIMIT {most}

-- name: lines_below
-- The lines that follow each of some lines, in file order.
SELECT s.n, l.n, l.body
FROM (SELECT unnest({starts}) AS n) AS s JOIN read_parquet({lines}) AS l ON l.n >= s.n AND l.n < s.n + {most}
ORDER BY s.n, l.n

-- name: records_before
-- How many records begin before each of some lines, and how many there are.
SELECT s.n, count(m.n)
FROM (SELECT unnest({starts}) AS n) AS s LEFT JOIN (
    SELECT n FROM read_parquet({marks})
    WHERE first_line = n OR first_line IN (SELECT first_line FROM {dissolved})
) AS m ON m.n < s.n
GROUP BY s.n
ORDER BY s.n

-- name: next_start
-- The first line from `from_line` on that starts a record, whatever group it is in.
SELECT min(n)
FROM read_parquet({marks})
WHERE n >= {from_line} AND n < {to_line} AND (first_line = n OR first_line IN (SELECT first_line FROM {dissolved}))

-- name: piece
-- A stretch of lines, each with the first line of its record; lines of a dissolved group stand alone and are torn.
CREATE OR REPLACE TEMP TABLE {piece} AS
SELECT l.*, CASE WHEN d.first_line IS NULL THEN m.first_line ELSE l.n END AS first_line,
       d.first_line IS NOT NULL AS torn
FROM read_parquet({lines}) AS l
JOIN read_parquet({marks}) AS m USING (n)
LEFT JOIN {dissolved} AS d ON m.first_line = d.first_line
WHERE l.n >= {from_line} AND l.n < {to_line} AND m.n >= {from_line} AND m.n < {to_line}

-- name: joined
-- Records of several lines, joined. Suspicious ones have a wrong number of cells while one of their lines has the
-- right number by itself: they are taken apart too. Crowded ones have few cells, but these hold the delimiters of a
-- whole row: probably a quote was not closed.
CREATE OR REPLACE TEMP TABLE {joined} AS
WITH text AS (
    SELECT first_line, string_agg(CASE WHEN cr AND n < last_line THEN body || chr(13) ELSE body END,
                                  {newline} ORDER BY n) AS body,
           bool_or(n > first_line AND cells = {width}) AS has_row
    FROM (SELECT *, max(n) OVER (PARTITION BY first_line) AS last_line
          FROM {piece}
          WHERE first_line IN (SELECT first_line FROM {piece} WHERE first_line <> n))
    GROUP BY first_line
), counted AS (
    SELECT *, {cell_count} AS cells FROM text
)
SELECT first_line, body, cells, {plain} AS plain,
       has_row AND cells <> {width} AND NOT {padded} AS suspicious,
       cells < {width} AND length(body) - length(replace(body, {delimiter}, '')) >= {width} AS crowded
FROM counted

-- name: records
-- Lines and joined lines in file order, numbered as a spreadsheet does (blank lines count but are left out), each as
-- one line of a strictly regular CSV: row number, cells, and the code, sentence and raw text of a broken row.
WITH unit AS (
    SELECT n, body, alone, cells, plain, odd, torn OR first_line IN (SELECT first_line FROM {joined}) AS torn
    FROM {piece}
    WHERE first_line NOT IN (SELECT first_line FROM {joined} WHERE NOT suspicious)
    UNION ALL
    SELECT first_line, body, 0, cells, plain, NULL, crowded
    FROM {joined}
    WHERE NOT suspicious
), numbered AS (
    SELECT *, {base} + row_number() OVER (ORDER BY n) AS row
    FROM unit
), coded AS (
    SELECT n, row, cells, plain, body, {blank} AS blank,
           CASE WHEN cells < {width}
                THEN sentence('too_few_cells.padded', 'cells', cells || if(cells = 1, ' cell', ' cells'),
                              'width', {width})
           END AS warning,
           CASE WHEN blank THEN NULL
                WHEN odd IS NOT NULL THEN 'row_too_long'
                WHEN strlen(body) > {max_row} AND length(body) > {max_row} THEN 'row_too_long'
                WHEN {undecodable} THEN 'undecodable'
                WHEN alone = 1 THEN 'unclosed_quote'
                WHEN alone = 2 THEN 'misplaced_quote'
                WHEN cells < {width} AND torn THEN 'too_few_cells'
                WHEN cells > {width} AND NOT {padded} THEN 'too_many_cells'
                WHEN strlen(body) > {max_cell} AND {longest_cell} > {max_cell} THEN 'cell_too_long'
           END AS code
    FROM numbered
), written AS (
    SELECT n, row, cells, code, blank, body, warning,
           CASE WHEN code IS NOT NULL OR blank THEN NULL
                WHEN plain AND cells = {width} THEN body
                ELSE {requoted} || repeat({delimiter}, {width} - cells) END AS clean
    FROM coded
), measured AS (
    SELECT * REPLACE (CASE WHEN strlen(clean) > {max_clean} THEN 'row_too_long' ELSE code END AS code)
    FROM written
), worded AS (
    SELECT *, CASE WHEN code IS NOT NULL
                   THEN sentence(code, 'cells', coalesce(cells, 0), 'width', {width},
                                 'characters', format('{{:,}}', if(code = 'cell_too_long', {max_cell}, {max_row})))
              END AS message
    FROM measured
)
SELECT row, blank, code,
       CASE WHEN blank THEN ''
            WHEN code IS NULL THEN row || {delimiter} || clean || repeat({delimiter}, 4)
                 || coalesce('"' || warning || '"', '') || chr(10)
            ELSE row || repeat({delimiter}, {width} + 1) || code || {delimiter}
                 || '"' || replace(message, '"', '""') || '"' || {delimiter}
                 || '"' || replace(left(body, {shown_text}), '"', '""') || '"' || {delimiter} || chr(10)
       END AS line
FROM worded
ORDER BY n

-- name: as_read
-- Each staged row as a line of a CSV, in file order: what was read, good or broken.
WITH staged AS (
    SELECT {cells} AS good, _error_code AS code, _text AS body FROM read_parquet({source})
)
SELECT (CASE WHEN code IS NULL THEN good ELSE {broken} END) || chr(10) AS line
FROM staged
