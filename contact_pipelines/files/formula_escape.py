"""Escapes cells that a spreadsheet would run as formulas, and removes the escape exactly.

A CSV cell that begins with `= + - @`, tab or carriage return is a formula to a spreadsheet. Export writes
an apostrophe before it; import takes exactly that apostrophe away. So that this holds for *every* text, a
text that itself begins with apostrophes before such a character gets one more as well. Plain numbers and
E.164 phones (`-5`, `+4930123456`, `-1.5e3`) are harmless and stay as they are.

The functions take and return an SQL expression (VARCHAR to VARCHAR, NULL to NULL), for DuckDB, or for PostgreSQL where
the name says so. Nearly all cells are dismissed by their first character; only the few that pass are matched against a
pattern.
"""

from __future__ import annotations

TRIGGERS = r"[=+\-@\t\r]"
"""The first characters (as a regular expression) that make a spreadsheet take a cell for a formula."""

_FIRST = "{9,13,39,43,45,61,64}"  # the same as code points, and the apostrophe
_POSTGRES_TRIGGERS = r"[=+@\t\r-]"
_POSTGRES_NUMBER = r"[+-][0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?"
_NUMBER = r"[+\-][0-9]+([.,][0-9]+)?([eE][+\-]?[0-9]+)?"


def escape_expression(sql: str) -> str:
    """Return SQL that escapes the text `sql` for a spreadsheet. `unescape_expression` undoes it exactly."""
    # Below '.' are tab, CR, apostrophe, + and -; from '=' to '@' are = and @. Letters and digits are neither.
    return (
        f"CASE WHEN ({sql} < '.' OR ({sql} >= '=' AND {sql} < 'A'))"
        f" AND regexp_matches({sql}, '^''*{TRIGGERS}') AND NOT regexp_full_match({sql}, '{_NUMBER}')"
        f" THEN '''' || {sql} ELSE {sql} END"
    )


def postgres_escape_expression(sql: str) -> str:
    """Return SQL for PostgreSQL that does what `escape_expression` does in DuckDB."""
    # One CASE in the other: an AND works out its second half too where the first is NULL, as most cells are.
    return (
        f"CASE WHEN ascii({sql}) = ANY ('{_FIRST}') THEN"
        f" CASE WHEN {sql} ~ '^''*{_POSTGRES_TRIGGERS}' AND {sql} !~ '^{_POSTGRES_NUMBER}$'"
        f" THEN '''' || {sql} ELSE {sql} END ELSE {sql} END"
    )


def unescape_expression(sql: str, *, guard: bool = True) -> str:
    """Return SQL that removes the one apostrophe which `escape_expression` put before the text `sql`.

    `guard=False` leaves out the first-byte test: slower to run, but DuckDB's search for common subexpressions
    takes time quadratic in the number of guarded columns (1,000: 1.6 s, 5,000: minutes).
    """
    replaced = f"regexp_replace({sql}, '^''(''*{TRIGGERS})', '\\1')"
    if not guard:
        return replaced
    # Between an apostrophe and '(' (the next character) lie exactly the texts that begin with an apostrophe.
    return f"CASE WHEN {sql} >= '''' AND {sql} < '(' THEN {replaced} ELSE {sql} END"
