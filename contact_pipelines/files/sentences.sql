-- The sentences of `outcomes.py`, for every connection.

-- name: sentences
CREATE MACRO sentences() AS MAP {{{sentences}}};
CREATE MACRO sentence
    (code) AS sentences()[code],
    (code, part, value) AS replace(sentences()[code], '{{' || part || '}}', CAST(value AS VARCHAR)),
    (code, part, value, other_part, other_value) AS replace(
        replace(sentences()[code], '{{' || part || '}}', CAST(value AS VARCHAR)),
        '{{' || other_part || '}}',
        CAST(other_value AS VARCHAR)
    ),
    (code, part, value, other_part, other_value, third_part, third_value) AS replace(
        replace(
            replace(sentences()[code], '{{' || part || '}}', CAST(value AS VARCHAR)),
            '{{' || other_part || '}}',
            CAST(other_value AS VARCHAR)
        ),
        '{{' || third_part || '}}',
        CAST(third_value AS VARCHAR)
    )
