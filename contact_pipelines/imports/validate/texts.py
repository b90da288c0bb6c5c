"""Text as SQL: trimmed, and in the case that a column's transformation asks for."""

from __future__ import annotations

from contact_pipelines.files.duck import literal, sql_blocks
from contact_pipelines.models import Case, Transformation

# Besides ASCII's: no-break space, the typographic spaces, ideographic space, byte order mark, zero-width marks.
_WHITE_SPACE = literal(
    " \t\r\n\v\f\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029"
    "\u202f\u205f\u2060\u3000\ufeff"
)


def trimmed(text: str) -> str:
    """Return SQL of the trimmed text, NULL if nothing is left.

    Trimming a set of characters costs 1 µs a value; a value that begins and ends with visible ASCII needs none.
    """
    visible = f"{text} >= '!' AND {text} < chr(127) AND right({text}, 1) BETWEEN '!' AND '~'"
    return f"nullif(CASE WHEN {visible} THEN {text} ELSE trim({text}, {_WHITE_SPACE}) END, '')"


def transformed(text: str, how: Transformation) -> str:
    """Return SQL of the text with the column's transformation applied; NULL if it is blank."""
    kept = trimmed(text) if how.trim is not False else f"CASE WHEN {trimmed(text)} IS NOT NULL THEN {text} END"
    return cased(kept, how.case)


def cased(text: str, case: Case | None) -> str:
    """Return SQL of the text in lower, upper or title case; unchanged for None.

    Title case begins each word with a capital, after a hyphen too (`Jean-Luc`), and after an apostrophe if three
    or more letters follow it (`O'Neil`, but `Ann's`). It does not know names: `McDonald` becomes `Mcdonald`.
    """
    match case:
        case Case.LOWER:
            return f"lower({text})"
        case Case.UPPER:
            return f"upper({text})"
        case Case.TITLE:
            return sql_blocks("normalising")["title"].format(text=text)
        case None:
            return text
