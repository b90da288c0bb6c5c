-- JSON records in SQL. Placeholders in braces are put in by `json_records`, `json_columns` and `record_rows`: quoted
-- literals, identifiers, numbers. No query over whole records has a WHERE: records come in small batches, so that long
-- ones fit into the memory, and DuckDB collects 2,048 rows behind a filter.

-- name: macros
-- A text with its quotes, as a regular expression.
CREATE OR REPLACE TEMPORARY MACRO json_text() AS '"(?:[^"\\]|\\.)*"';

-- What DuckDB's parser takes and JSON has not: NaN, Infinity, a comma before a closing bracket.
CREATE OR REPLACE TEMPORARY MACRO json_lax() AS '[:,\[]\s*-?(?i:nan|inf)|,\s*[\]}]';

-- A number that may not come back from a double (15 digits) as it is written.
CREATE OR REPLACE TEMPORARY MACRO json_long_number() AS
    '[:,\[]\s*-?(?:[0-9]+\.(?:[0-9]+0|0000[0-9]*|[0-9]{9,})|[0-9]{9,}\.[0-9]{6,}|[0-9]{16,}\.[0-9]+)\s*[,\]}]';

-- Whether a record holds an escape that no text can have: NUL, or half of a surrogate pair (the parser refuses it).
CREATE OR REPLACE TEMPORARY MACRO json_foreign(raw) AS CASE
    WHEN raw IS NULL OR NOT contains(raw, '\u') THEN false
    WHEN contains(raw, '\u0000') THEN true
    ELSE regexp_matches(raw, '(?i)\\ud[89a-f]') AND NOT json_valid(raw)
END;

-- U+FFFD for such an escape. Escaped backslashes and whole pairs are out of the way meanwhile, as control characters,
-- which no JSON holds.
CREATE OR REPLACE TEMPORARY MACRO json_replaced(raw) AS
replace(regexp_replace(
    regexp_replace(
        regexp_replace(replace(raw, '\\', chr(1)), '(?i)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})', chr(2) || '\1' || chr(2) || '\2', 'g'),
        '(?i)\\u(0000|d[89a-f][0-9a-f]{2})', '\\ufffd', 'g'),
    chr(2), '\\u', 'g'), chr(1), '\\');

-- Numbers that a double would spell otherwise (1.10, or many digits) as texts, so that they stay as they are written.
CREATE OR REPLACE TEMPORARY MACRO json_spelt(record) AS array_to_string(
    list_transform(
        regexp_extract_all(record, json_text() || '|-?[0-9][0-9.eE+-]*|[^"0-9-]+'),
        lambda part: CASE WHEN regexp_full_match(part, '-?[0-9]+\.[0-9]+') AND NOT ends_with(part, '.0')
                          THEN '"' || part || '"' ELSE part END),
    '');

-- The object with the last one of each key, where the first of them stood last.
CREATE OR REPLACE TEMPORARY MACRO json_last_keys(record, names) AS '{' || array_to_string(
    list_transform(
        list_filter(range(1, len(names) + 1), lambda i: NOT list_contains(names[i + 1:], names[i])),
        lambda i: CAST(to_json(names[i]) AS VARCHAR) || ':' || CAST(json_extract(record, '$.*')[i] AS VARCHAR)),
    ',') || '}';

-- A number's text as a person writes it: 1.0 -> 1, 1e3 -> 1000, 1.5e-7 -> 0.00000015.
CREATE OR REPLACE TEMPORARY MACRO json_number(value) AS CASE
    WHEN ends_with(value, '.0') THEN left(value, -2)
    WHEN NOT regexp_matches(value, '[eE]') THEN value
    ELSE coalesce(
        CASE WHEN abs(TRY_CAST(value AS DOUBLE)) BETWEEN 1e15 AND 1e37
              AND TRY_CAST(value AS DOUBLE) = trunc(TRY_CAST(value AS DOUBLE))
             THEN CAST(CAST(TRY_CAST(value AS DOUBLE) AS HUGEINT) AS VARCHAR) END,
        CASE WHEN abs(TRY_CAST(value AS DOUBLE)) BETWEEN 1e-18 AND 1e15
             THEN regexp_replace(CAST(TRY_CAST(value AS DECIMAL(38, 22)) AS VARCHAR), '\.?0+$', '') END,
        value)
END;

-- A JSON value that is no array and no object, as text; NULL for null, and for the NaN that DuckDB's to_json writes.
CREATE OR REPLACE TEMPORARY MACRO json_scalar(value) AS CASE left(value, 1)
    WHEN '"' THEN value ->> '$' WHEN 'n' THEN NULL WHEN 'N' THEN NULL WHEN '[' THEN NULL WHEN '{' THEN NULL
    ELSE json_number(value)
END;

-- What an object in a list is called: the first of some of its members that is a text and not empty.
CREATE OR REPLACE TEMPORARY MACRO json_called(item) AS coalesce(
    CASE WHEN json_type(item, '$.name') = 'VARCHAR' THEN nullif(item ->> '$.name', '') END,
    CASE WHEN json_type(item, '$.title') = 'VARCHAR' THEN nullif(item ->> '$.title', '') END,
    CASE WHEN json_type(item, '$.label') = 'VARCHAR' THEN nullif(item ->> '$.label', '') END,
    CASE WHEN json_type(item, '$.value') = 'VARCHAR' THEN nullif(item ->> '$.value', '') END,
    CASE WHEN json_type(item, '$.email') = 'VARCHAR' THEN nullif(item ->> '$.email', '') END);

-- The items of an array joined by commas if nothing in them could be taken for a separator; else a JSON array of them.
-- Of objects, it is what they are called. NULL for an empty array; what has deeper values stays as it is.
CREATE OR REPLACE TEMPORARY MACRO json_list(value) AS list_transform(
    [list_filter(CAST(json_extract(value, '$[*]') AS VARCHAR[]), lambda item: item NOT IN ('null', 'NaN', '""', '{}', '[]'))],
    lambda items: list_transform(
        [list_transform(items, lambda item: CASE left(item, 1) WHEN '{' THEN json_called(item) ELSE json_scalar(item) END)],
        lambda names: CASE
            WHEN len(names) = 0 THEN NULL
            WHEN len(list_filter(names, lambda called: called IS NULL)) > 0 THEN value
            WHEN len(list_filter(names, lambda called: regexp_matches(called, '[,;|"\n\r]'))) > 0
                THEN CAST(to_json(names) AS VARCHAR)
            ELSE array_to_string(names, ', ')
        END)[1])[1];

-- Any JSON value as a cell's text. An object of type and value is its value.
CREATE OR REPLACE TEMPORARY MACRO json_cell(value) AS CASE left(value, 1)
    WHEN '[' THEN json_list(value)
    WHEN '{' THEN
        CASE WHEN value = '{}' THEN NULL
             WHEN list_sort(json_keys(value)) = ['type', 'value'] THEN
                 CASE json_type(value, '$.value')
                     WHEN 'ARRAY' THEN json_list(CAST(json_extract(value, '$.value') AS VARCHAR))
                     WHEN 'OBJECT' THEN value ->> '$.value'
                     ELSE json_scalar(CAST(json_extract(value, '$.value') AS VARCHAR)) END
             ELSE value END
    ELSE json_scalar(value)
END;

-- name: records
-- Each record: its object in a spelling that DuckDB reads exactly (NULL if it is broken), the fault, how it stands in
-- the file if it is broken, and the warning. DuckDB's parser also takes trailing commas and NaN, keeps the first of
-- equal keys, and has numbers as doubles: `json_lax`, `json_last_keys` and `json_spelt` are there for that.
WITH decoded AS (
    SELECT *, TRY(decode(body)) AS raw FROM {source}
), mended AS (
    SELECT *, CASE WHEN json_foreign(raw) THEN json_replaced(raw) ELSE raw END AS text FROM decoded
), looked_at AS (
    -- One search for both: it costs more than to parse the record.
    SELECT *, regexp_matches(text, json_lax() || '|' || json_long_number()) AS doubtful FROM mended
), checked AS (
    SELECT *, CASE WHEN cut OR raw IS NULL THEN false
                   WHEN NOT json_valid(text) THEN false
                   WHEN NOT doubtful THEN true
                   ELSE NOT regexp_matches(regexp_replace(text, json_text(), '""', 'g'), json_lax()) END AS valid
    FROM looked_at
), exact AS (
    SELECT *, valid AND starts_with(text, '{{') AS good,
           CASE WHEN NOT valid THEN NULL
                WHEN doubtful AND regexp_matches(text, json_long_number()) THEN json_spelt(text)
                ELSE text END AS spelling
    FROM checked
), keyed AS (
    SELECT *, CASE WHEN good THEN json_keys(spelling) END AS keys FROM exact
), told AS (
    SELECT *, coalesce(len(keys) > len(list_distinct(keys)), false) AS repeats,
           CASE WHEN cut THEN 'row_too_long'
                WHEN raw IS NULL THEN 'undecodable'
                WHEN NOT valid THEN 'invalid_json'
                WHEN NOT good THEN 'invalid_json.no_object' END AS fault
    FROM keyed
)
SELECT n,
       CASE WHEN good AND repeats THEN json_last_keys(spelling, keys) WHEN good THEN spelling END AS object,
       split_part(fault, '.', 1) AS code,
       CASE WHEN NOT good
            THEN sentence(fault, 'record', {unit}, 'characters', format('{{:,}}', {row_limit})) END AS message,
       CASE WHEN NOT good THEN left(coalesce(raw, CAST(body AS VARCHAR)), {shown}) END AS text,
       nullif(concat_ws(' ',
           CASE WHEN good AND text <> raw THEN sentence('replaced_character') END,
           CASE WHEN good AND repeats THEN sentence('repeated_key') END), '') AS warning,
       valid, start, stop,
       coalesce(strlen(raw), 0) AS size
FROM told

-- name: tally
-- Records, broken ones, bytes of the longest and of all, where the first stands that is no JSON, whether any is an
-- object, and how the first begins that is JSON but none.
SELECT count(*), count(code), coalesce(max(size), 0), coalesce(sum(size), 0),
       arg_min((start, stop), n) FILTER (NOT valid), coalesce(bool_or(object IS NOT NULL), false),
       arg_min(left(text, 1), n) FILTER (object IS NULL AND valid)
FROM read_parquet({records})

-- name: nested
-- The objects under some paths of the records; `parent` is the path's place in that list, from 1.
SELECT n, unnest(range(1, {count} + 1)) AS parent, unnest(careful) AS value
FROM (SELECT n, {careful} AS careful FROM (SELECT n, {layers} FROM read_parquet({records})))

-- name: keys
-- Each key of some objects (n, parent, value), with the kinds of values it has, in order of first appearance.
SELECT parent, key, list(DISTINCT kind), min(first) AS first
FROM (SELECT parent, key,
             CASE left(value, 1) WHEN '{{' THEN CASE WHEN value = '{{}}' THEN 'empty' ELSE 'object' END
                                 WHEN '[' THEN 'array' WHEN '"' THEN 'text' WHEN 'n' THEN 'null'
                                 WHEN 't' THEN 'boolean' WHEN 'f' THEN 'boolean'
                                 ELSE CASE WHEN regexp_full_match(value, '-?[0-9]+') THEN 'integer' ELSE 'number' END
             END AS kind,
             min(n * 1000000 + place) AS first
      FROM (SELECT n, parent, key, place, CAST(value AS VARCHAR) AS value
            FROM (SELECT n, parent, unnest(json_keys(value)) AS key, unnest(json_extract(value, '$.*')) AS value,
                         generate_subscripts(json_keys(value), 1) AS place
                  FROM ({objects})))
      GROUP BY parent, key, kind)
GROUP BY parent, key
ORDER BY first
LIMIT {limit}

-- name: rows
-- The staged rows, in file order. Cells go through a list: with 5,000 columns, each step that has
-- them as columns takes DuckDB seconds to plan, and an expression on each of them half a minute.
COPY (
    WITH layered AS (
        SELECT *, {layers} FROM read_parquet({records})
    ), careful AS (
        SELECT *, list_transform({careful}, lambda value: json_cell(value)) AS careful FROM layered
    ), listed AS (
        SELECT n, object, size, code, message, text, warning,
               list_transform([{cells}], lambda cell: nullif(cell, '')) AS cells
        FROM careful
    ), judged AS (
        SELECT n, object, message, text, warning, cells,
               CASE WHEN code IS NOT NULL THEN code
                    WHEN size > {cell_limit}
                        AND list_max(list_transform(cells, lambda cell: length(cell))) > {cell_limit}
                    THEN 'cell_too_long'
                    WHEN size > {row_limit}
                        AND list_sum(list_transform(cells, lambda cell: length(cell))) > {row_limit}
                    THEN 'row_too_long' END AS code
        FROM listed
    ), kept AS (
        SELECT n, message, warning, code, CASE WHEN code IS NULL THEN cells END AS cells,
               CASE WHEN code IS NOT NULL THEN coalesce(text, left({raw}, {shown})) END AS text
        FROM judged
    )
    SELECT CAST(n AS INTEGER) AS _row, {labelled}, code AS _error_code,
           CASE WHEN message IS NOT NULL THEN message
                WHEN code IS NOT NULL
                THEN sentence(code, 'characters',
                              format('{{:,}}', if(code = 'cell_too_long', {cell_limit}, {row_limit})))
           END AS _error,
           text AS _text,
           CASE WHEN code IS NULL THEN warning END AS _warning
    FROM kept
) TO {target} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {row_group_size})

-- name: parquet
-- A Parquet file's rows in the shape of `records`; none of them is broken.
SELECT *, CAST(NULL AS VARCHAR) AS code, CAST(NULL AS VARCHAR) AS message, CAST(NULL AS VARCHAR) AS text,
       strlen(concat({all_texts})) AS size
FROM (SELECT row_number() OVER () AS n, {object} AS object, {warning} AS warning{texts} FROM {source})
