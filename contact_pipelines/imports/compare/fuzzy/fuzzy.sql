-- The search for probable duplicates, all in DuckDB, in the order in which it runs.
-- A *token* is something that records are looked up by; a *block* is all records that share one, or share two of
-- those that are too frequent. *left* is the file; *right* is the store, or the file again.

-- name: text_macros
-- fuzzy_words: small letters, digits and single spaces; accents of scripts that write them as accents are taken off.
CREATE OR REPLACE TEMPORARY MACRO fuzzy_latin(t) AS
    replace(replace(replace(replace(translate(
        CASE WHEN regexp_matches(t, '[\p{Latin}\p{Greek}\p{Cyrillic}]') THEN strip_accents(t) ELSE t END,
        'đøłıð', 'dolid'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
CREATE OR REPLACE TEMPORARY MACRO fuzzy_words(t) AS CASE
    WHEN regexp_full_match(lower(t), '[a-z0-9]+( [a-z0-9]+)*') THEN lower(t)
    ELSE nullif(trim(regexp_replace(
        regexp_replace(fuzzy_latin(lower(nfc_normalize(t))), '[''’ʼ`´.]', '', 'g'),
        '[^\p{L}\p{M}\p{N}]+', ' ', 'g')), '')
END;
-- A company's name without its legal form, unless nothing is left.
CREATE OR REPLACE TEMPORARY MACRO fuzzy_organisation(t) AS coalesce(nullif(regexp_replace(fuzzy_words(t),
    '( (inc|incorporated|llc|llp|lp|ltd|limited|plc|corp|corporation|co|company|gmbh|mbh|ag|kg|ohg|ug|se|sa|sas|sarl|srl'
    '|spa|sl|bv|nv|ab|as|asa|aps|oy|oyj|kk|pty|pte|pvt|lda|ltda|sro|zoo))+$', ''), ''), fuzzy_words(t));
CREATE OR REPLACE TEMPORARY MACRO fuzzy_sorted(words) AS
    CASE WHEN contains(words, ' ') THEN array_to_string(list_sort(string_split(words, ' ')), '') ELSE words END;

-- name: token_macros
-- fuzzy_sound: after Soundex: the first letter, and three digits for the consonants after it. Vowels do not part
-- like consonants here. Words in other scripts and numbers have no sound: their beginning stands for them.
CREATE OR REPLACE TEMPORARY MACRO fuzzy_sound(word) AS CASE
    WHEN strlen(word) <> length(word) THEN left(word, 3)
    WHEN word[1] BETWEEN '0' AND '9' THEN word
    ELSE left(word, 1) || left(replace(replace(replace(replace(replace(replace(
        translate(substr(word, 2), 'bfpvcgjkqsxzdtlmnraeiouyhw', '111122222222334556'),
        '11', '1'), '22', '2'), '33', '3'), '44', '4'), '55', '5'), '66', '6'), 3)
END;
CREATE OR REPLACE TEMPORARY MACRO fuzzy_sounds(words) AS
    list_transform(string_split(words, ' '), lambda word: fuzzy_sound(word));
-- Words run together count as one too: people leave out the space.
CREATE OR REPLACE TEMPORARY MACRO fuzzy_text_tokens(t, words) AS
    CASE WHEN t = words THEN [fuzzy_sound(t)] ELSE list_append(fuzzy_sounds(words), fuzzy_sound(t)) END;
-- A name's end too, for a beginning that is misspelt.
CREATE OR REPLACE TEMPORARY MACRO fuzzy_name_tokens(name, words) AS
    list_append(fuzzy_text_tokens(name, words), '-' || right(name, 3));
-- Of a date or a number, either end too: a slip of the finger spoils one of them only.
CREATE OR REPLACE TEMPORARY MACRO fuzzy_code_tokens(code) AS CASE
    WHEN length(code) >= 8 THEN [code, left(code, -2) || '-', '-' || right(code, 6)] ELSE [code]
END;
CREATE OR REPLACE TEMPORARY MACRO fuzzy_email_tokens(address) AS [
    address, split_part(address, '@', 1) || '@',
    fuzzy_sound(regexp_replace(split_part(address, '@', 1), '[^a-z]', '', 'g'))];

-- name: likeness_macros
-- DuckDB compares texts byte by byte. A letter beyond ASCII is several bytes, of which a script's letters share most.
-- So each becomes one of the 58 signs that are neither small letter nor digit: no two of a script's neighbours the
-- same, and none the same as a letter or digit that stands beside it.
CREATE OR REPLACE TEMPORARY MACRO fuzzy_sign(place) AS
    chr(CAST(place + CASE WHEN place < 15 THEN 33 WHEN place < 54 THEN 43 ELSE 69 END AS INTEGER));
CREATE OR REPLACE TEMPORARY MACRO fuzzy_folded(t) AS array_to_string(list_transform(string_split(t, ''),
    lambda letter: CASE WHEN unicode(letter) < 128 THEN letter ELSE fuzzy_sign(unicode(letter) % 58) END), '');
CREATE OR REPLACE TEMPORARY MACRO fuzzy_alike(a, b) AS CASE
    WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN a = b THEN 1.0
    WHEN strlen(a) = length(a) AND strlen(b) = length(b) THEN jaro_winkler_similarity(a, b)
    ELSE least(0.95, jaro_winkler_similarity(fuzzy_folded(a), fuzzy_folded(b)))
END;
-- An initial says little, but nothing against the name that begins with it.
CREATE OR REPLACE TEMPORARY MACRO fuzzy_names_alike(a, b) AS CASE
    WHEN (length(a) = 1 OR length(b) = 1) AND a <> b AND left(a, 1) = left(b, 1) THEN 0.88
    ELSE fuzzy_alike(a, b)
END;
CREATE OR REPLACE TEMPORARY MACRO fuzzy_texts_alike(a, b, sorted_a, sorted_b) AS CASE
    WHEN a = b OR (a = sorted_a AND b = sorted_b) THEN fuzzy_alike(a, b)
    ELSE greatest(fuzzy_alike(a, b), fuzzy_alike(sorted_a, sorted_b))
END;
-- One character wrong, missing, added or swapped with its neighbour: 0.85; two wrong, missing or added, of eight or
-- more: 0.7. Damerau, who knows swaps, takes five times as long as Levenshtein, to whom a swap is two errors.
CREATE OR REPLACE TEMPORARY MACRO fuzzy_codes_alike(a, b) AS CASE
    WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN a = b THEN 1.0
    WHEN abs(strlen(a) - strlen(b)) > 2 OR least(strlen(a), strlen(b)) < 4 THEN 0.0
    WHEN levenshtein(a, b) > 2 THEN 0.0
    WHEN damerau_levenshtein(a, b) = 1 THEN 0.85
    WHEN least(strlen(a), strlen(b)) >= 8 THEN 0.7
    ELSE 0.0
END;
-- Text from here on is unlike: strangers' names, streets and towns are hardly ever more alike.
CREATE OR REPLACE TEMPORARY MACRO fuzzy_bits(alike, agreement, disagreement) AS
    CASE WHEN alike IS NOT NULL
    THEN disagreement + (agreement - disagreement) * greatest(0.0, (alike - 0.65) / (1 - 0.65))
END;

-- name: records
-- What is compared, ready to compare. Whoever has nothing to compare is left out. In order, so that of two rows
-- the later one has the higher rowid.
CREATE OR REPLACE TABLE {table} AS
SELECT {id} AS id, {columns}
FROM {source}
WHERE {some} IS NOT NULL
{order}

-- name: tokens
SELECT rowid AS record, {item} AS item, {field} AS field, hash({item}, {unit}, unnest(list_distinct({tokens}))) AS key
FROM {records}
WHERE {value} IS NOT NULL

-- name: keep_tokens
CREATE OR REPLACE TABLE {table} AS
SELECT *
FROM ({tokens})
{known}

-- name: known
-- Contacts are looked up by what the file's rows are looked up by; no other token of theirs is kept.
WHERE key IN (SELECT key FROM {left})

-- name: sizes
-- How many records share a token, on the side that has more of them.
CREATE OR REPLACE TABLE {table} AS
SELECT key, max(size) AS size
FROM ({counted})
GROUP BY key

-- name: counted
SELECT key, count(*) AS size FROM {tokens} GROUP BY key

-- name: frequent
-- Each record's rarest tokens of those that too many share, {of_a_field} of a field at most: two of the same field are
-- not combined, and a long street must not crowd out the birthday.
CREATE OR REPLACE TABLE {table} AS
SELECT record, item, field, key
FROM (
    SELECT *, row_number() OVER (PARTITION BY record, item ORDER BY size, key) AS place
    FROM (
        SELECT t.*, s.size, row_number() OVER (PARTITION BY t.record, t.item, t.field ORDER BY s.size, t.key) AS of_field
        FROM {tokens} t
        JOIN {sizes} s USING (key)
        WHERE s.size > {alone} AND t.record BETWEEN {first} AND {last}
    )
    WHERE of_field <= {of_a_field}
)
WHERE place <= {combined}

-- name: create_together
CREATE OR REPLACE TABLE {table} (record BIGINT, item INTEGER, key UBIGINT)

-- name: together
SELECT DISTINCT a.record, a.item, hash(a.key, b.key) AS key
FROM {frequent} a
JOIN {frequent} b ON a.record = b.record AND a.item = b.item AND a.key < b.key AND a.field <> b.field

-- name: blocks
SELECT t.record, t.key
FROM {tokens} t
JOIN {sizes} s USING (key)
WHERE s.size <= {at_most}

-- name: too_large
-- Blocks that are left out, and how many pairs are in them: other blocks may have some of those.
SELECT count(*), coalesce(sum({pairs}), 0)::BIGINT
FROM (SELECT key, count(*) AS size FROM {left} WHERE {where} GROUP BY key) l
JOIN (SELECT key, count(*) AS size FROM {right} WHERE {where} GROUP BY key) r USING (key)
WHERE greatest(l.size, r.size) > {at_most}

-- name: name_bits
-- First name with first and last with last, or each with the other; and where one side lacks either, all its words
-- with all of the other's.
CASE WHEN {some} THEN greatest(
    coalesce(fuzzy_bits({first_first}, {first_bits}), 0) + coalesce(fuzzy_bits({last_last}, {last_bits}), 0),
    coalesce(fuzzy_bits({first_last}, {half}), 0) + coalesce(fuzzy_bits({last_first}, {half}), 0) - {swap_cost},
    CASE WHEN {whole} >= 0.92 THEN fuzzy_bits({whole}, {both}) END
) END

-- name: whole_names
CASE WHEN l.{first} IS NULL OR l.{last} IS NULL OR r.{first} IS NULL OR r.{last} IS NULL THEN fuzzy_alike(
    fuzzy_sorted(concat_ws(' ', l.{first_words}, l.{last_words})),
    fuzzy_sorted(concat_ws(' ', r.{first_words}, r.{last_words})))
END

-- name: exact
SELECT rowid AS record, id, hash({item}, {values}) AS key
FROM {records}
WHERE {some} IS NOT NULL

-- name: twins
-- The one record that represents all those that are equal in every compared field.
CREATE OR REPLACE TABLE fuzzy_twins AS
SELECT key, arg_min(record, id) AS record
FROM ({exact})
GROUP BY key

-- name: candidates
-- UNION, not UNION ALL: most pairs share several tokens.
CREATE OR REPLACE TABLE fuzzy_candidates AS
SELECT l.record AS left_record, r.record AS right_record
FROM {left}_blocks l
JOIN {right}_blocks r ON l.key = r.key{earlier}
WHERE l.record BETWEEN {first} AND {last}
UNION
SELECT l.record, r.record
FROM ({exact}) l
JOIN fuzzy_twins r ON l.key = r.key{earlier}
WHERE l.record BETWEEN {first} AND {last}

-- name: scores
CREATE OR REPLACE TABLE fuzzy_scores AS
SELECT l.id AS left_id, r.id AS right_id, CAST(NULL AS INTEGER) AS score, CAST(NULL AS VARCHAR) AS reason
FROM {left} l, {right} r
LIMIT 0

-- name: scored
INSERT INTO fuzzy_scores
WITH compared AS (
    SELECT l.id AS left_id, r.id AS right_id{alike}
    FROM fuzzy_candidates c
    JOIN {left} l ON l.rowid = c.left_record
    JOIN {right} r ON r.rowid = c.right_record
),
weighed AS (SELECT left_id, right_id{bits} FROM compared),
each_scored AS (SELECT *{scores} FROM weighed),
scored AS (SELECT *, greatest({each}) AS score FROM each_scored)
SELECT left_id, right_id, score, CASE {reasons} END AS reason
FROM scored
WHERE score >= {threshold}

-- name: publish
CREATE OR REPLACE TABLE {table} AS
SELECT left_id AS {row}, right_id AS {other}, score, reason
FROM fuzzy_scores
ORDER BY left_id, score DESC, right_id

-- name: best
-- Of those with a row's highest score, the one with the lowest id.
CREATE OR REPLACE TABLE {table} AS
SELECT {row}, min({other}) AS {other}, max(score) AS score, arg_min(reason, {other}) AS reason,
    CAST(count(*) - 1 AS INTEGER) AS others
FROM (
    SELECT *, max(score) OVER (PARTITION BY {row}) AS highest
    FROM {pairs}
)
WHERE score = highest
GROUP BY {row}
ORDER BY {row}
