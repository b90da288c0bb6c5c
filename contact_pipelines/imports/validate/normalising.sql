-- Expressions of the normalise step. {text} is SQL of a trimmed text, NULL when blank (of `items` and
-- `quoted_items`: untrimmed).

-- name: uuid
-- In the spelling of RFC 9562 only: the type's own reading takes other texts of 32 hexadecimal digits too.
CASE
    WHEN regexp_full_match({text}, '(?i)[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}') THEN lower({text})
END

-- name: title
-- Each run of letters and digits with a capital; what follows an apostrophe only if it is long enough for a name.
array_to_string(
    list_transform(
        regexp_extract_all(lower({text}), '[\pL\pM\pN]+|[^\pL\pM\pN]+'),
        lambda word, place: CASE
            WHEN length(word) < 3 AND place > 1
                AND regexp_extract_all(lower({text}), '[\pL\pM\pN]+|[^\pL\pM\pN]+')[place - 1] IN ('''', '’')
            THEN word
            ELSE upper(word[1]) || word[2:]
        END
    ),
    ''
)

-- name: items
-- One cell's items. Most cells hold none or one; only one that begins with a bracket or a quote is looked at twice.
CASE
    WHEN {text} IS NULL THEN NULL
    WHEN starts_with({text}, '[') AND json_valid({text}) AND json_type({text}) = 'ARRAY' THEN {array}
    WHEN starts_with({text}, '"') AND regexp_full_match({text}, '\s*"(?:[^"]|"")*"\s*(?:[,;|]\s*"(?:[^"]|"")*"\s*)*') THEN
        {quoted}
    WHEN {separated} THEN {split}
    WHEN trim({text}) <> '' THEN [trim({text})]
END

-- name: array_items
list_filter(CAST(CAST({text} AS JSON) AS VARCHAR[]), lambda item: item IS NOT NULL)

-- name: quoted_items
list_transform(
    regexp_extract_all({text}, '"(?:[^"]|"")*"'), lambda item: replace(substr(item, 2, length(item) - 2), '""', '"')
)

-- name: distinct_items
nullif(
    list_reduce(
        list_transform({items}, lambda piece: [trim(piece)]),
        lambda found, piece: CASE WHEN piece = [''] OR list_contains(found, piece[1]) THEN found ELSE found || piece END,
        CAST([] AS VARCHAR[])
    ),
    []
)

-- name: respelt_items
-- Options that differ in their case only become one.
list_reduce(
    list_transform({items}, lambda item: [{item}]),
    lambda chosen, one: CASE WHEN list_contains(chosen, one[1]) THEN chosen ELSE chosen || one END
)

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
-- ISO dates, with or without a time (the day as it is written, whatever the zone), and the spellings that cannot be
-- mistaken: 20.11.2026, 2026/11/20, 20 Nov 2026, Nov 20, 2026. Slashed dates (11/12/2026) could be either way round
-- and are not guessed.
CASE
    WHEN {text} IS NULL THEN NULL
    WHEN regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') THEN CAST(TRY_CAST({text} AS DATE) AS VARCHAR)
    WHEN regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[ T][0-9]{{2}}:[0-9]{{2}}') THEN
        CASE
            WHEN TRY_CAST({text} AS TIMESTAMPTZ) IS NOT NULL THEN CAST(TRY_CAST(left({text}, 10) AS DATE) AS VARCHAR)
        END
    ELSE CAST(CAST({parsed} AS DATE) AS VARCHAR)
END

-- name: moment
-- A date or a time stamp.
CASE
    WHEN {text} IS NULL THEN NULL
    WHEN regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([ T][0-9]{{2}}:[0-9]{{2}}.*)?$') THEN {iso}
    ELSE {parsed}
END

-- name: iso_in_utc
TRY_CAST({text} AS TIMESTAMPTZ)

-- name: iso_in_zone
-- What carries no zone itself (nothing after its digits) was written in {zone}.
CASE
    WHEN regexp_full_match({text}, '[0-9-]{{10}}([ T][0-9:.]+)?') THEN timezone({zone}, TRY_CAST({text} AS TIMESTAMP))
    ELSE TRY_CAST({text} AS TIMESTAMPTZ)
END

-- name: parsed
-- %Y takes 26 for the year 26: no contact's date has such a year.
CASE WHEN year(try_strptime({text}, [{formats}])) >= 1000 THEN try_strptime({text}, [{formats}]) END

-- name: looks_numeric_date
-- Whether every value has the shape of a date such as 11/12/2026; NULL if there is none.
bool_and(regexp_full_match({text}, '[0-9]{{1,2}}[/.-][0-9]{{1,2}}[/.-][0-9]{{4}}([ ,]+[0-9].*)?'))

-- name: all_parse
coalesce(bool_and({parsed} IS NOT NULL) FILTER ({text} IS NOT NULL), false)

-- name: boolean
CASE
    WHEN lower({text}) IN ('true', 't', 'yes', 'y', '1', 'on', 'x') THEN 'true'
    WHEN lower({text}) IN ('false', 'f', 'no', 'n', '0', 'off') THEN 'false'
END

-- name: infer_type
-- A date before a number: with a date format of its own, 20261120 can be both.
CASE
    WHEN count({text}) = 0 THEN 'text'
    WHEN bool_and(lower({text}) IN ('true', 'false', 'yes', 'no')) THEN 'boolean'
    WHEN bool_and({date} IS NOT NULL) FILTER ({text} IS NOT NULL) THEN 'date'
    WHEN bool_and({number} IS NOT NULL AND NOT regexp_matches({text}, '^[+-]?0[0-9]|[0-9]{{16}}'))
        FILTER ({text} IS NOT NULL) THEN 'number'
    ELSE 'text'
END

-- name: create_consent_words
-- What a word says in a column of each kind: the status's rank, or NULL if it is known to say nothing.
CREATE OR REPLACE TEMP TABLE consent_words (kind VARCHAR, word VARCHAR, rank INTEGER)

-- name: folded
-- Words are the same whatever their case, accents, spaces, underscores and hyphens.
strip_accents(lower(regexp_replace({text}, '[\s_\p{{Pd}}]+', '', 'g')))

-- name: looks_like_a_date
-- Dates in any order and time stamps, for a column in which any date means the same: 1/2/2026, 2026-11-20T10:00Z,
-- 2026年1月2日, Tue, 3 Jan 2026, seconds or milliseconds since 1970. Not a date of zeros, as MySQL writes for none.
(
    regexp_matches({text}, '^[0-9]{{1,4}}[/.-][0-9]{{1,2}}[/.-][0-9]{{1,4}}([ T,]|$)')
    OR regexp_matches({text}, '^[0-9]{{4}}年[0-9]{{1,2}}月|^[0-9]{{10}}([0-9]{{3}})?(\.[0-9]+)?$')
    OR regexp_matches({text}, '(?i)\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b.*\b[12][0-9]{{3}}\b')
)
AND NOT {zeros}

-- name: is_a_date_of_zeros
regexp_matches({text}, '^0+[/.-]0+[/.-]0+')
