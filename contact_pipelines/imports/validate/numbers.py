"""Numbers as SQL, with a decimal point or a decimal comma."""

from __future__ import annotations

from contact_pipelines.files.duck import literal, sql_blocks
from contact_pipelines.imports.validate.texts import trimmed
from contact_pipelines.models import Transformation

_GROUP_MARKS = ".'\u2019 \u00a0\u202f"
"""What separates thousands where the decimal mark is a comma: point, apostrophes (Switzerland), spaces (France)."""

_COMMA_NUMBER = rf"[+-]?([0-9]+|[0-9]{{1,3}}([{_GROUP_MARKS}][0-9]{{3}})+)(,[0-9]+)?"


def number(text: str, how: Transformation) -> str:
    """Return SQL of a number in its canonical spelling (`1.5`); NULL if the text is not a number, or blank.

    With `decimal_comma`, 1.234,56 is 1234.56 and 1.234 is 1234; 1.5 is then not a number.
    """
    return sql_blocks("normalising")["number"].format(text=_with_point(text) if how.decimal_comma else trimmed(text))


def _with_point(text: str) -> str:
    value = trimmed(text)
    is_number = f"regexp_full_match({value}, {literal(_COMMA_NUMBER)})"
    return f"CASE WHEN {is_number} THEN translate({value}, {literal(',' + _GROUP_MARKS)}, '.') END"
