-- The checks of addresses whose syntax is right. {source} has `_row` and `email`: lower case, one @, or NULL.

-- name: collect_domains
-- Looked at once for all checks: a file of a million addresses has some ten thousand domains.
CREATE OR REPLACE TEMP TABLE email_domains AS
SELECT substr(email, position('@' IN email) + 1) AS domain, count(*) AS addresses
FROM {source}
WHERE email IS NOT NULL
GROUP BY domain

-- name: find_disposable
-- A domain is disposable if it or one above it is on the list. Only domains of three labels or more have one above
-- them that could be: nothing on the list is a top-level domain.
CREATE OR REPLACE TEMP TABLE faulty_domains AS
WITH split AS (
    SELECT domain, string_split(domain, '.') AS labels
    FROM email_domains
    WHERE domain LIKE '%.%.%'
),
ends AS (
    SELECT domain, labels, unnest(range(2, least(len(labels), {longest} + 1))) AS kept
    FROM split
)
SELECT domain FROM email_domains WHERE domain IN (SELECT domain FROM disposable_list)
UNION
SELECT domain FROM ends WHERE array_to_string(labels[-kept:], '.') IN (SELECT domain FROM disposable_list)

-- name: most_frequent_domains
-- Should the time run out, the domains of most rows have been asked about.
SELECT domain FROM email_domains ORDER BY addresses DESC, domain

-- name: listed_domains
CREATE OR REPLACE TEMP TABLE faulty_domains AS SELECT domain FROM domain_list

-- name: add_by_domain
INSERT INTO {errors} ("row", "column", code, message, severity)
SELECT _row, {header}, {code}, {message}, {severity}
FROM {source}
WHERE substr(email, position('@' IN email) + 1) IN (SELECT domain FROM faulty_domains)

-- name: add_by_mailbox
-- `info+spring@` is read at `info@` too (RFC 5233).
INSERT INTO {errors} ("row", "column", code, message, severity)
SELECT _row, {header}, {code}, {message}, {severity}
FROM {source}
WHERE split_part(substr(email, 1, position('@' IN email) - 1), '+', 1) IN (SELECT mailbox FROM role_mailboxes)
