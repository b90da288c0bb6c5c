-- JSON records in SQL. Placeholders in braces are put in by reading/json_*.py: quoted literals, identifiers, numbers.
-- No query over whole records has a WHERE: records come in small batches, so that long ones fit into the memory, and
-- DuckDB collects 2,048 rows behind a filter.

-- name: records
-- Each record: its text as it stands (raw), its object in a spelling that DuckDB reads exactly (NULL if it is broken),
-- the fault, and the warning. DuckDB's parser also takes trailing commas and NaN, keeps the first of equal keys, and
-- has numbers as doubles: `lax`, `last_keys` and `spelt` are there for that.
WITH decoded AS (
    SELECT n, cut, body, TRY(decode(body)) AS whole FROM {source}
), trimmed AS (
    SELECT n, cut, body, CASE WHEN starts_with(whole, '{{') AND ends_with(whole, '}}') THEN whole
                              ELSE trim(whole, chr(32) || chr(9) || chr(10) || chr(13)) END AS raw
    FROM decoded
), mended AS (
    SELECT *, CASE WHEN {foreign} THEN {replaced} ELSE raw END AS text
    FROM trimmed
), looked_at AS (
    SELECT *, regexp_matches(text, {doubtful}) AS doubtful FROM mended
), checked AS (
    SELECT *, CASE WHEN cut OR raw IS NULL THEN false
                   WHEN NOT json_valid(text) THEN false
                   WHEN NOT doubtful THEN true
                   ELSE NOT regexp_matches(regexp_replace(text, {texts}, '""', 'g'), {lax}) END AS valid
    FROM looked_at
), exact AS (
    SELECT *, valid AND starts_with(text, '{{') AS good,
           CASE WHEN NOT valid THEN NULL
                WHEN doubtful AND regexp_matches(text, {long_number}) THEN {spelt}
                ELSE text END AS spelling
    FROM checked
), keyed AS (
    SELECT *, CASE WHEN good THEN json_keys(spelling) END AS keys FROM exact
), told AS (
    SELECT *, coalesce(len(keys) > len(list_distinct(keys)), false) AS repeats FROM keyed
)
SELECT n,
       CASE WHEN good AND repeats THEN {last_keys} WHEN good THEN spelling END AS object,
       CASE WHEN cut THEN 'row_too_long'
            WHEN raw IS NULL THEN 'undecodable'
            WHEN NOT good THEN 'invalid_json' END AS code,
       CASE WHEN cut THEN {row_too_long}
            WHEN raw IS NULL THEN 'The row holds bytes that are not UTF-8 text.'
            WHEN NOT valid THEN {unit} || ' is not valid JSON.'
            WHEN NOT good THEN {unit} || ' is not a JSON object.' END AS message,
       CASE WHEN NOT good THEN left(coalesce(raw, CAST(body AS VARCHAR)), {shown}) END AS text,
       nullif(concat_ws(' ',
           CASE WHEN good AND text <> raw THEN {replaced_warning} END,
           CASE WHEN good AND repeats THEN {repeated_warning} END), '') AS warning,
       valid,
       coalesce(strlen(raw), 0) AS size
FROM told

-- name: foreign
-- Whether a record holds an escape that no text can have: NUL, or half of a surrogate pair (the parser refuses it).
CASE
    WHEN raw IS NULL OR NOT contains(raw, '\u') THEN false
    WHEN contains(raw, '\u0000') THEN true
    ELSE regexp_matches(raw, '(?i)\\ud[89a-f]') AND NOT json_valid(raw)
END

-- name: replaced
-- U+FFFD for such an escape. Escaped backslashes and whole pairs are out of the way meanwhile, as control characters,
-- which no JSON holds.
replace(regexp_replace(
    regexp_replace(
        regexp_replace(replace(raw, '\\', chr(1)), '(?i)\\u(d[89ab][0-9a-f]{{2}})\\u(d[c-f][0-9a-f]{{2}})', chr(2) || '\1' || chr(2) || '\2', 'g'),
        '(?i)\\u(0000|d[89a-f][0-9a-f]{{2}})', '\\ufffd', 'g'),
    chr(2), '\\u', 'g'), chr(1), '\\')

-- name: spelt
-- Numbers that a double would spell otherwise (1.10, or many digits) as texts, so that they stay as they are written.
array_to_string(
    list_transform(
        regexp_extract_all(text, {texts} || '|-?[0-9][0-9.eE+-]*|[^"0-9-]+'),
        lambda part: CASE WHEN regexp_full_match(part, '-?[0-9]+\.[0-9]+') AND NOT ends_with(part, '.0')
                          THEN '"' || part || '"' ELSE part END),
    '')

-- name: last_keys
-- The object with the last one of each key, where the first of them stood last.
'{{' || array_to_string(
    list_transform(
        list_filter(range(1, len(keys) + 1), lambda i: NOT list_contains(keys[i + 1:], keys[i])),
        lambda i: CAST(to_json(keys[i]) AS VARCHAR) || ':' || CAST(json_extract(spelling, '$.*')[i] AS VARCHAR)),
    ',') || '}}'

-- name: tally
-- Records, broken ones, bytes of the longest and of all, the first that is no JSON, whether any is an object, and how
-- the first begins that is JSON but none.
SELECT count(*), count(code), coalesce(max(size), 0), coalesce(sum(size), 0),
       min(CASE WHEN NOT valid THEN n END), coalesce(bool_or(object IS NOT NULL), false),
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

-- name: number
-- A number's text ({value}) as a person writes it: 1.0 -> 1, 1e3 -> 1000, 1.5e-7 -> 0.00000015.
CASE
    WHEN ends_with({value}, '.0') THEN left({value}, -2)
    WHEN NOT regexp_matches({value}, '[eE]') THEN {value}
    ELSE coalesce(
        CASE WHEN abs(TRY_CAST({value} AS DOUBLE)) BETWEEN 1e15 AND 1e37
              AND TRY_CAST({value} AS DOUBLE) = trunc(TRY_CAST({value} AS DOUBLE))
             THEN CAST(CAST(TRY_CAST({value} AS DOUBLE) AS HUGEINT) AS VARCHAR) END,
        CASE WHEN abs(TRY_CAST({value} AS DOUBLE)) BETWEEN 1e-18 AND 1e15
             THEN regexp_replace(CAST(TRY_CAST({value} AS DECIMAL(38, 22)) AS VARCHAR), '\.?0+$', '') END,
        {value})
END

-- name: scalar
-- A JSON value that is no array and no object, as text; NULL for null, and for the NaN that DuckDB's to_json writes.
CASE left({value}, 1) WHEN '"' THEN {value} ->> '$' WHEN 'n' THEN NULL WHEN 'N' THEN NULL WHEN '[' THEN NULL
                      WHEN '{{' THEN NULL
     ELSE {number} END

-- name: cell
-- Any JSON value as a cell's text. An object of type and value is its value.
CASE left({value}, 1)
    WHEN '[' THEN {array}
    WHEN '{{' THEN
        CASE WHEN {value} = '{{}}' THEN NULL
             WHEN list_sort(json_keys({value})) = ['type', 'value'] THEN
                 CASE json_type({value}, '$.value') WHEN 'ARRAY' THEN {value_array}
                                                    WHEN 'OBJECT' THEN {value} ->> '$.value'
                                                    ELSE {value_scalar} END
             ELSE {value} END
    ELSE {scalar}
END

-- name: array
-- Items joined by commas if nothing in them could be taken for a separator; else a JSON array of them. Of objects, it is
-- what they are called. NULL for an empty array; what has deeper values stays as it is.
list_transform(
    [list_filter(CAST(json_extract({value}, '$[*]') AS VARCHAR[]), lambda item: item NOT IN ('null', 'NaN', '""', '{{}}', '[]'))],
    lambda items: list_transform(
        [list_transform(items, lambda item: CASE left(item, 1) WHEN '{{' THEN {called} ELSE {item} END)],
        lambda names: CASE
            WHEN len(names) = 0 THEN NULL
            WHEN len(list_filter(names, lambda called: called IS NULL)) > 0 THEN {value}
            WHEN len(list_filter(names, lambda called: regexp_matches(called, '[,;|"\n\r]'))) > 0
                THEN CAST(to_json(names) AS VARCHAR)
            ELSE array_to_string(names, ', ')
        END)[1])[1]

-- name: called
coalesce({names})

-- name: rows
-- The staged rows, in file order. Cells go through a list: with 5,000 columns, each step that has
-- them as columns takes DuckDB seconds to plan, and an expression on each of them half a minute.
COPY (
    WITH layered AS (
        SELECT *, {layers} FROM read_parquet({records})
    ), careful AS (
        SELECT *, list_transform({careful}, lambda value: {cell}) AS careful FROM layered
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
           CASE WHEN message IS NOT NULL THEN message WHEN code = 'cell_too_long' THEN {cell_too_long}
                WHEN code = 'row_too_long' THEN {row_too_long} END AS _error,
           text AS _text,
           CASE WHEN code IS NULL THEN warning END AS _warning
    FROM kept
) TO {target} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {row_group_size})

-- name: parquet
-- A Parquet file's rows in the shape of `records`; none of them is broken.
SELECT *, CAST(NULL AS VARCHAR) AS code, CAST(NULL AS VARCHAR) AS message, CAST(NULL AS VARCHAR) AS text,
       strlen(concat({all_texts})) AS size
FROM (SELECT row_number() OVER () AS n, {object} AS object, {warning} AS warning{texts} FROM {source})
