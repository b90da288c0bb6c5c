"""Cells with several values, as SQL: tags, and the options of multi_select properties."""

from __future__ import annotations

from collections.abc import Sequence

from contact_pipelines.files.duck import literal, sql_blocks
from contact_pipelines.models import Transformation


def items(text: str, how: Transformation) -> str:
    """Return SQL (VARCHAR[]) of the trimmed, distinct items of a cell in their first order; NULL for none.

    They are separated by | , or ;, or by the column's own `list_delimiter`. A JSON array (`["a", "b"]`) and a
    list of quoted items (`"a","b, c"`) are read as such.
    """
    blocks = sql_blocks("normalising")
    if how.list_delimiter is None:
        separated, pieces = f"regexp_matches({text}, '[|,;]')", f"string_split_regex({text}, '[|,;]')"
    else:
        delimiter = literal(how.list_delimiter)
        separated, pieces = f"contains({text}, {delimiter})", f"string_split({text}, {delimiter})"

    def distinct(found: str) -> str:
        return blocks["distinct_items"].format(items=found)

    return blocks["items"].format(
        text=text,
        array=distinct(blocks["array_items"].format(text=text)),
        quoted=distinct(blocks["quoted_items"].format(text=text)),
        separated=separated,
        split=distinct(pieces),
    )


def options(text: str, how: Transformation, allowed: Sequence[str]) -> str:
    """Return SQL (VARCHAR[]) of the chosen options, in the spelling in which `allowed` has them."""
    found = items(text, how)
    if not allowed:
        return found
    return sql_blocks("normalising")["respelt_items"].format(items=found, item=option("item", allowed))


def option(text: str, allowed: Sequence[str]) -> str:
    """Return SQL of an option in the spelling of `allowed`, which is found whatever the case; else as it is."""
    if not allowed:
        return text
    spellings = f"[{', '.join(literal(name) for name in allowed)}]"
    folded = f"[{', '.join(f'lower({literal(name)})' for name in allowed)}]"
    near = f"{spellings}[list_position({folded}, lower({text}))]"
    return f"CASE WHEN list_contains({spellings}, {text}) THEN {text} ELSE coalesce({near}, {text}) END"


def json_array(items_sql: str) -> str:
    """Return SQL of a JSON array in the spelling of PostgreSQL's jsonb: a space after each comma."""
    return f"'[' || array_to_string(list_transform({items_sql}, lambda item: to_json(item)), ', ') || ']'"
