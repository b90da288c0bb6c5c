"""The grammar of a record for one dialect, as SQL: what is well-formed, how many cells, how to spell it anew."""

from __future__ import annotations

import re

from contact_pipelines.files.duck import literal
from contact_pipelines.imports.stage.cell_patterns import CellPatterns
from contact_pipelines.imports.stage.dialect import BACKSLASH, Dialect
from contact_pipelines.settings.policy import Limits


class RecordGrammar:
    """Regular expressions (RE2, as SQL literals) and SQL for one dialect. Texts are named `body`.

    `quotes`: whether a text holds a quote. `plain`: whether it may be copied as it stands into a CSV with this
    delimiter and standard quotes; `plain_unquoted`: the same of a text that has no quotes.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        patterns = CellPatterns(dialect)
        self.alone_out = literal(patterns.alone_out)
        self.alone_in = literal(patterns.alone_in)
        self.inside_out = literal(patterns.inside_out)
        self.inside_in = literal(patterns.inside_in)
        self.quotes = " OR ".join(f"contains(body, {literal(quote)})" for quote in sorted(set(dialect.quote)))
        self.separator = separator = literal(dialect.delimiter)
        emptied = (
            f"regexp_replace({separator} || body, {literal(patterns.delimiter + patterns.quoted)}, {separator}, 'g')"
        )
        bare = f"CASE WHEN {self.quotes} THEN {emptied} ELSE {separator} || body END"
        size = len(dialect.delimiter.encode())
        self.cell_count = f"CAST((strlen({bare}) - strlen(replace({bare}, {separator}, ''))) // {size} AS INTEGER)"
        self._raw_cells = f"regexp_extract_all({separator} || body, {literal(patterns.each_cell)}, 1)"
        self.plain = self._plain()
        self.plain_unquoted = "NOT contains(body, chr(13))" if dialect.standard else self.plain
        self.cells = f"list_transform({self._raw_cells}, lambda c: {self._content()})"
        self.longest_cell = f"list_max(list_transform({self._raw_cells}, lambda c: length({self._content()})))"

    def _plain(self) -> str:
        dialect = self._dialect
        if dialect.standard:
            d = re.escape(dialect.delimiter)
            strict = f'(?:"(?:[^"]|"")*"|[^"{d}\\r]*)'
            return f"regexp_full_match(body, {literal(f'{strict}(?:{d}{strict})*')})"
        unsafe = ['"', "\r", *dialect.quote, *([" "] if dialect.spaced else [])]
        return "NOT (" + " OR ".join(f"contains(body, {literal(text)})" for text in unsafe) + ")"

    def _content(self) -> str:
        """Return SQL for what the cell `c` says: without its quotes, and what was escaped as it was."""
        dialect = self._dialect
        cell = "ltrim(c, ' ')" if dialect.spaced else "c"
        inner = f"(rtrim({cell}, ' '))[2:-2]"
        closing = dialect.closing
        if dialect.escape == BACKSLASH:
            escaped = literal(rf"\\([\\{closing}])|{closing}({closing})")
            text = rf"regexp_replace({inner}, {escaped}, '\1\2', 'g')"
        else:
            text = f"replace({inner}, {literal(closing * 2)}, {literal(closing)})"
        return f"CASE WHEN ({cell})[1] = {literal(dialect.opening)} THEN {text} ELSE {cell} END"

    def requoted(self, width: int) -> str:
        """Return SQL for the record with all its cells quoted in the standard way, not more than `width` of them."""
        if self._dialect.standard:  # quoted cells are right as they are
            spelled = "CASE WHEN c[1] = '\"' THEN rtrim(c, ' ') ELSE '\"' || replace(c, '\"', '\"\"') || '\"' END"
        else:
            spelled = f"'\"' || replace({self._content()}, '\"', '\"\"') || '\"'"
        return f"array_to_string(list_transform({self._raw_cells}[1:{width}], lambda c: {spelled}), {self.separator})"

    def padded(self, width: int) -> str:
        """Return SQL for whether all cells beyond `width` are empty, quoted or not: DuckDB drops those too."""
        quote = re.escape(self._dialect.opening) + re.escape(self._dialect.closing)
        empty = literal(f"(?: *{quote} *| *)" if self._dialect.spaced else f"(?:{quote} *)?")
        beyond = f"{self._raw_cells}[{width + 1}:]"
        return (
            f"CASE WHEN cells > {width} THEN"
            f" len(list_filter({beyond}, lambda c: NOT regexp_full_match(c, {empty}))) = 0 ELSE false END"
        )


def fault_sentence(width: int, limits: Limits) -> str:
    """Return SQL for the sentence that belongs to the fault `code`; counts, never values."""
    cell, row = (literal(f"{limit:,}") for limit in (limits.cell_characters, limits.row_characters))
    return (
        f"CASE WHEN code IN ('too_few_cells', 'too_many_cells') THEN sentence(code, 'cells', cells, 'width', {width})"
        f" WHEN code = 'cell_too_long' THEN sentence(code, 'characters', {cell})"
        f" WHEN code = 'row_too_long' THEN sentence(code, 'characters', {row}) ELSE sentence(code) END"
    )


def warning_sentence(width: int) -> str:
    """Return SQL for what is to be said of a good record that has fewer cells than the header; else NULL."""
    counted = "cells || CASE cells WHEN 1 THEN ' cell' ELSE ' cells' END"
    return f"CASE WHEN cells < {width} THEN sentence('too_few_cells.padded', 'cells', {counted}, 'width', {width}) END"
