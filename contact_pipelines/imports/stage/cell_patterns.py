"""The grammar of a cell as regular expressions, for Python and RE2 alike: one place for both readers of text.

A quoted cell begins with the opening quote and ends with the closing one; spaces may follow it. Inside, the closing
quote is doubled, or escaped by a backslash if the dialect has that. A quote anywhere else is literal.
"""

from __future__ import annotations

import re

from contact_pipelines.imports.stage.dialect import BACKSLASH, Dialect


class CellPatterns:
    """Patterns of one dialect, to be matched against whole lines or records.

    `alone` and `inside`: a line that starts outside or inside quotes; `_out` and `_in`: the state it ends in.
    """

    def __init__(self, dialect: Dialect) -> None:
        d, opening, closing = (re.escape(part) for part in (dialect.delimiter, dialect.opening, dialect.closing))
        lead, space = (" *", " ") if dialect.spaced else ("", "")
        after = "" if dialect.delimiter == " " else " *"
        if dialect.escape == BACKSLASH:
            inside = rf"(?:[^{closing}\\]|\\(?s:.)|{closing}{closing})*"
            unfinished = inside + r"\\?"  # a backslash before the line's end escapes the newline
        else:
            inside = unfinished = f"(?:[^{closing}]|{closing}{closing})*"
        quoted = f"{opening}{inside}{closing}{after}"
        cell = f"(?:{lead}{quoted}|{lead}[^{opening}{d}{space}][^{d}]*|{lead})"
        self.delimiter = d
        self.quoted = lead + quoted
        self.alone_out = f"{cell}(?:{d}{cell})*"
        self.alone_in = f"(?:{cell}{d})*{lead}{opening}{unfinished}"
        self.inside_out = f"{inside}{closing}{after}(?:{d}{cell})*"
        self.inside_in = f"(?:{unfinished}|{inside}{closing}{after}(?:{d}{cell})*{d}{lead}{opening}{unfinished})"
        self.each_cell = f"{d}({lead}{quoted}|[^{d}]*)"
        """To be searched for again and again in a delimiter and a record; cells are its first group."""
