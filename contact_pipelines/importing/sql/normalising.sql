-- Expressions of the normalise step. {text} is SQL of a trimmed text, NULL when blank (for `tags`: untrimmed).

-- name: tags
-- Split on | , or ; into trimmed, distinct tags in their first order. Most cells hold none or one.
CASE
    WHEN {text} IS NULL THEN NULL
    WHEN regexp_matches({text}, '[|,;]') THEN
        nullif(
            list_reduce(
                list_transform(string_split_regex({text}, '[|,;]'), lambda piece: [trim(piece)]),
                lambda tags, tag: CASE WHEN tag = [''] OR list_contains(tags, tag[1]) THEN tags ELSE tags || tag END,
                CAST([] AS VARCHAR[])
            ),
            []
        )
    WHEN trim({text}) <> '' THEN [trim({text})]
END

-- name: number
-- One spelling per number: 007 -> 7, 1,234.50 -> 1234.5, +3 -> 3, 1e3 -> 1000. Beyond 26 digits before or 12
-- after the point the shortest spelling of the nearest double is kept.
CASE
    WHEN {text} IS NULL THEN NULL
    WHEN regexp_full_match({text}, '(0|[1-9][0-9]{{0,17}})') THEN {text}
    WHEN regexp_full_match(replace({text}, ',', ''), '[+-]?[0-9]{{1,26}}(\.[0-9]{{1,12}})?')
        AND regexp_full_match({text}, '[+-]?([0-9]+|[0-9]{{1,3}}(,[0-9]{{3}})+)(\.[0-9]+)?') THEN
        replace(
            regexp_replace(
                CAST(CAST(ltrim(replace({text}, ',', ''), '+') AS DECIMAL(38, 12)) AS VARCHAR), '\.?0+$', ''
            ),
            '-0', CASE WHEN regexp_full_match({text}, '[+-]?[0.,]+') THEN '0' ELSE '-0' END
        )
    WHEN regexp_full_match({text}, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{{1,3}})?')
        AND isfinite(TRY_CAST({text} AS DOUBLE)) THEN
        regexp_replace(CAST(CAST({text} AS DOUBLE) AS VARCHAR), '\.0$', '')
END

-- name: date
-- ISO dates, with or without a time, and the spellings that cannot be mistaken: 20.11.2026, 2026/11/20,
-- 20 Nov 2026, Nov 20, 2026. Slashed dates (11/12/2026) could be either way round and are not guessed.
CASE
    WHEN {text} IS NULL THEN NULL
    WHEN regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') THEN CAST(TRY_CAST({text} AS DATE) AS VARCHAR)
    WHEN regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[ T][0-9]{{2}}:[0-9]{{2}}') THEN
        CAST(CAST(TRY_CAST({text} AS TIMESTAMP) AS DATE) AS VARCHAR)
    ELSE CAST(CAST(try_strptime({text}, ['%d.%m.%Y', '%Y/%m/%d', '%d %b %Y', '%d %B %Y', '%b %d, %Y', '%B %d, %Y',
        '%d-%b-%Y']) AS DATE) AS VARCHAR)
END

-- name: moment
-- A date or a time stamp; without a zone it is UTC.
CASE
    WHEN {text} IS NULL THEN NULL
    WHEN regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([ T][0-9]{{2}}:[0-9]{{2}}.*)?$') THEN
        TRY_CAST({text} AS TIMESTAMPTZ)
    ELSE CAST(try_strptime({text}, ['%d.%m.%Y', '%d.%m.%Y %H:%M', '%d.%m.%Y %H:%M:%S', '%Y/%m/%d', '%Y/%m/%d %H:%M:%S',
        '%d %b %Y', '%d %B %Y', '%b %d, %Y', '%B %d, %Y', '%d-%b-%Y']) AS TIMESTAMPTZ)
END

-- name: boolean
CASE
    WHEN lower({text}) IN ('true', 't', 'yes', 'y', '1', 'on', 'x') THEN 'true'
    WHEN lower({text}) IN ('false', 'f', 'no', 'n', '0', 'off') THEN 'false'
END

-- name: infer_type
CASE
    WHEN count({text}) = 0 THEN 'text'
    WHEN bool_and(lower({text}) IN ('true', 'false', 'yes', 'no')) THEN 'boolean'
    WHEN bool_and({number} IS NOT NULL AND NOT regexp_matches({text}, '^[+-]?0[0-9]|[0-9]{{16}}')) FILTER ({text} IS NOT NULL) THEN 'number'
    WHEN bool_and({date} IS NOT NULL) FILTER ({text} IS NOT NULL) THEN 'date'
    ELSE 'text'
END
