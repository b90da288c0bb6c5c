"""Email addresses: syntax and normal form (trimmed, lower case).

`normalise_email` is the rule, and it is the library's (email-validator, without looking at the DNS).
`email_fast_path` is the same rule for plain ASCII addresses as an SQL expression, about fifty times faster.
Whatever the fast path leaves open (NULL), the rule decides; tests/test_emails.py holds the two together.
"""

from __future__ import annotations

import re
import unicodedata

import duckdb
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from contact_pipelines.files import duck
from contact_pipelines.imports.validate import distinct_texts

MAX_TEXT = 1000
"""Characters beyond which a text is never an address, whose limit is 254 bytes."""

_FAST_LENGTH = 64
"""Longest address the fast path takes, in characters. So short, no part can break a limit of its own (local
part 64: RFC 5321 4.5.3.1.1; label 63: RFC 1035 2.3.1), and the pattern needs no counting, which is slow."""

_INVISIBLE = "\u200b\u2060\ufeff"
"""Zero-width space, word joiner and byte order mark: not whitespace to `str.strip`, but invisible."""

_FAST_TRIM = " \t\r\n\u00a0"

_ATOM = r"[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+"  # RFC 5322 3.2.3
_LABEL = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"  # no two hyphens in a row: these may be Punycode (RFC 5891)
_PLAIN_ADDRESS = rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,}}"


def email_fast_path(column_sql: str) -> str:
    """Return an SQL expression: the normalised address if `column_sql` is plainly one, else NULL (undecided).

    The test looks at the text before it is lower-cased, because some letters outside ASCII (the Turkish
    dotted I, the Kelvin sign) become ASCII when DuckDB lower-cases them.
    """
    spaces = f"[{_FAST_TRIM}]*"
    reserved = "|".join(re.escape(name) for name in SPECIAL_USE_DOMAIN_NAMES)

    def plain(before_and_after: str) -> str:
        address = f"{before_and_after}{_PLAIN_ADDRESS}{before_and_after}"
        return (
            f"(length({column_sql}) <= {_FAST_LENGTH}"
            f" AND regexp_full_match({column_sql}, {duck.literal(address)})"
            f" AND NOT regexp_matches({column_sql}, {duck.literal(f'(?i)[.@](?:{reserved}){spaces}$')}))"
        )

    # Trimming costs as much as all the tests together, and most values need none.
    trimmed = f"trim({column_sql}, {duck.literal(_FAST_TRIM)})"
    return f"lower(CASE WHEN {plain('')} THEN {column_sql} WHEN {plain(spaces)} THEN {trimmed} END)"


def email_column(con: duckdb.DuckDBPyConnection, source: str, column: str) -> distinct_texts.JoinedColumn:
    """Return the normalised addresses of a text column of `source` (a table or view of `con`).

    Costs about 20 µs for each distinct text that is not plainly an address, 0.2 s for a million that are.
    """
    text = distinct_texts.qualified(source, column)
    return distinct_texts.decided_column(con, source, column, fast=email_fast_path(text), decide=normalise_email)


def normalise_email(text: str) -> str | None:
    """Return the normalised address, or None if `text` is not an address.

    Spaces, surrounding angle brackets and `mailto:` are removed; a display name makes it invalid. International domains
    are stored in Unicode (`müller.de`, not `xn--mller-kva.de`). Quoted local parts and address literals are rejected,
    as by email-validator's defaults. The local part is lower-cased too.
    """
    if len(text) > MAX_TEXT:
        return None
    try:
        found = validate_email(_unwrapped(text), check_deliverability=False)
    except (EmailNotValidError, UnicodeError):  # UnicodeError: half a surrogate pair, which no file holds
        return None
    return unicodedata.normalize("NFC", found.normalized.lower())


def _unwrapped(text: str) -> str:
    """Strip spaces, then `<` and `>` as a pair, then `mailto:`."""
    address = _stripped(text)
    if address.startswith("<") and address.endswith(">"):
        address = _stripped(address[1:-1])
    return _stripped(address[len("mailto:") :]) if address[:7].lower() == "mailto:" else address


def _stripped(text: str) -> str:
    """Strip white space and invisible characters in any order."""
    while text != (shorter := text.strip().strip(_INVISIBLE)):
        text = shorter
    return text
