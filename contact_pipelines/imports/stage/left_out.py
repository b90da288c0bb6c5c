"""What to tell of the rows of a text file that are not part of the table that is read: sentences with row numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from contact_pipelines.imports.stage.file_tables import Table
from contact_pipelines.imports.stage.sample_records import Record


def notes_above(records: Sequence[Record], tables: Sequence[Table]) -> list[str]:
    """Say what stands above the table that is read, the last of `tables`, in the order of the file."""
    notes: list[str] = []
    read = tables[-1]
    above = [record.row for record in records if record.row < tables[0].top and not record.empty]
    if above:
        what = "table" if len(tables) > 1 or tables[0].header is None else "header"
        notes.append(_left_out(above[0], above[-1], what))
    for table, following in pairwise(tables):
        notes.append(replace(table, start=table.top).described(_last_row(records, following.start)))
    if len(tables) > 1 and read.start < read.top:
        notes.append(_left_out(read.start, read.top - 1, "header"))
    return notes


def notes_below(records: Sequence[Record], tables: Sequence[Table]) -> list[str]:
    """Say which rows hold `tables`, which follow the table that is read."""
    ends = [*(table.start for table in tables[1:]), records[-1].row + 1]
    return [table.described(_last_row(records, end)) for table, end in zip(tables, ends, strict=False)]


def _last_row(records: Sequence[Record], end: int) -> int:
    """Return the last row before row `end` that holds something."""
    return max(record.row for record in records if record.row < end and not record.empty)


def _left_out(first: int, last: int, what: str) -> str:
    if first == last:
        return f"row {first} stands above the {what} and was left out"
    return f"rows {first} to {last} stand above the {what} and were left out"
