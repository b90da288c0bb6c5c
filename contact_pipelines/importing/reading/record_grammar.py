"""The grammar of a record for one delimiter, as SQL: what is well-formed, how many cells, how to spell it anew."""

from __future__ import annotations

import re

from contact_pipelines.importing.duck import literal
from contact_pipelines.importing.reading.dialect import MAX_CELL, MAX_LINE


class RecordGrammar:
    """Regular expressions (RE2, as SQL literals) and SQL for one delimiter. Texts are named `body`.

    `alone` and `inside`: a line that starts outside or inside quotes; `_out` and `_in`: the state it ends in.
    `plain`: a text that may be copied as it stands.
    """

    def __init__(self, delimiter: str) -> None:
        d, inside = re.escape(delimiter), '(?:[^"]|"")*'
        quoted = f'"{inside}" *'
        cell = f'(?:{quoted}|[^"{d}][^{d}]*)?'
        strict = f'(?:"{inside}"|[^"{d}\\r]*)'
        separator = literal(delimiter)
        self.alone_out = literal(f"{cell}(?:{d}{cell})*")
        self.alone_in = literal(f'(?:{cell}{d})*"{inside}')
        self.inside_out = literal(f'{inside}" *(?:{d}{cell})*')
        self.inside_in = literal(f'{inside}(?:" *(?:{d}{cell})*{d}"{inside})?')
        self.plain = literal(f"{strict}(?:{d}{strict})*")
        emptied = f"regexp_replace({separator} || body, {literal(f'{d}{quoted}')}, {separator}, 'g')"
        bare = f"CASE WHEN contains(body, '\"') THEN {emptied} ELSE {separator} || body END"
        self.cell_count = f"CAST(strlen({bare}) - strlen(replace({bare}, {separator}, '')) AS INTEGER)"
        self._cells = f"regexp_extract_all({separator} || body, {literal(f'{d}({quoted}|[^{d}]*)')}, 1)"
        content = "CASE WHEN c[1] = '\"' THEN replace(rtrim(c, ' ')[2:-2], '\"\"', '\"') ELSE c END"
        self.longest_cell = f"list_max(list_transform({self._cells}, lambda c: length({content})))"
        self._separator = separator

    def requoted(self, width: int) -> str:
        """Return SQL for the record with all its cells quoted, not more than `width` of them."""
        return (
            f"array_to_string(list_transform({self._cells}[1:{width}], lambda c:"
            f" CASE WHEN c[1] = '\"' THEN rtrim(c, ' ')"
            f" ELSE '\"' || replace(c, '\"', '\"\"') || '\"' END), {self._separator})"
        )

    def padded(self, width: int) -> str:
        """Return SQL for whether all cells beyond `width` are empty, quoted or not: DuckDB drops those too."""
        empty = literal('("" *)?')
        beyond = f"{self._cells}[{width + 1}:]"
        return (
            f"CASE WHEN cells > {width} THEN"
            f" len(list_filter({beyond}, lambda c: NOT regexp_full_match(c, {empty}))) = 0 ELSE false END"
        )


def fault_sentence(width: int) -> str:
    """Return SQL for the sentence that belongs to the fault `code`; counts, never values."""
    found = f"'The row has ' || cells || ' cells, but the header has {width}.'"
    return (
        f"CASE WHEN code IN ('too_few_cells', 'too_many_cells') THEN {found} ELSE CASE code"
        " WHEN 'unclosed_quote' THEN 'A quote is opened in this row and not closed.'"
        " WHEN 'misplaced_quote' THEN 'Text follows the closing quote of a cell; quotes inside a quoted cell"
        " must be doubled.'"
        " WHEN 'undecodable' THEN 'The row holds bytes that are not UTF-8 text.'"
        f" WHEN 'cell_too_long' THEN 'A cell is longer than {MAX_CELL:,} characters.'"
        f" ELSE 'The row is longer than {MAX_LINE:,} bytes.' END END"
    )
