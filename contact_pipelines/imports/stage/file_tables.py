"""The tables of a file: runs of records separated by blank rows, each with its own header.

Conservative: what follows a gap is another table only if it has a recognisable header with rows of that width below.
Otherwise it belongs to the table above, blank lines or not. `notes_above` and `notes_below` say what was left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from contact_pipelines.imports.stage.dialect import Record
from contact_pipelines.imports.stage.header_finding import (
    HALF,
    TableTop,
    column_type,
    find_top,
    fits_width,
    has_contacts,
    known_fields,
)

BLOCK_ROWS = 12
"""Records of a block that are looked at to decide whether it begins another table."""
SHOWN_COLUMNS = 20
_TITLES = 3  # rows that may stand between a gap and another table's header
_KNOWN = 2


@dataclass(frozen=True)
class Table:
    """A table. `header` is None if it has none; `start` is its first row, including titles above the header.

    `width`: number of cells of the header, or of the rows if there is none.
    """

    start: int
    header: Record | None
    first: Record | None
    width: int
    contacts: bool

    @property
    def top(self) -> int:
        """The row number of the header, or of the first row if there is none."""
        record = self.header or self.first
        return record.row if record else self.start

    @property
    def columns(self) -> str:
        """The labels, for people."""
        cells = [cell.strip() for cell in self.header.cells if cell.strip()] if self.header else []
        return ", ".join(cells[:SHOWN_COLUMNS]) + (", ..." if len(cells) > SHOWN_COLUMNS else "")

    def described(self, last: int) -> str:
        """Say that the table, which goes to row `last`, was not imported."""
        columns = f"columns {self.columns}" if self.columns else f"{self.width} columns without a header"
        return f"rows {self.start} to {last} hold another table ({columns}) and were not imported"


def blocks(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Yield the runs of records that are not empty."""
    for empty, run in groupby(records, key=lambda record: record.empty):
        if not empty:
            yield list(run)


def first_table(records: Sequence[Record]) -> Table:
    """Return the first table of a file; at least one record must not be empty."""
    filled = [record for record in records if not record.empty]
    at, top = 0, find_top(filled)
    # A small first table may be outnumbered by the rows of the next one, and a few lines of prose may look like data: a
    # header in a block of its own decides.
    latest = top.header if top.header is not None else top.first + _TITLES
    for block in blocks(records):
        own = find_top(block, whole_file=False) if len(block) > 1 else None
        if own and own.header is not None and own.evidence > 0 and _keeps_width(block, own):
            table = _table(filled, TableTop(own.header + at, own.first + at, own.width, own.evidence))
            if table.contacts or top.header is not None:
                return table if table.contacts else _contacts_on_top(records, table)
        at += len(block)
        if at > latest:
            break
    table = _table(filled, top)
    return table if table.contacts else _contacts_on_top(records, table)


def _contacts_on_top(records: Sequence[Record], otherwise: Table) -> Table:
    """Return the contacts without a header that a file begins with, however many other rows follow."""
    block = next(blocks(records))
    own = find_top(block)
    found = _table(block, own)
    return found if own.header is None and own.first == 0 and found.contacts else otherwise


def next_table(block: Sequence[Record], current: Table) -> Table | None:
    """Return the table that a block below a gap begins; None if the block continues the current one."""
    if len(block) < 2:  # noqa: PLR2004 - a header and a row
        return None
    rows = list(block[:BLOCK_ROWS])
    top = find_top(rows, whole_file=False)
    if top.header is None or top.header > _TITLES or top.width < 2 or not _keeps_width(rows, top):  # noqa: PLR2004
        return None
    header = rows[top.header]
    if not top.evidence or not header.whole or _repeats(header, current):
        return None
    same_width = fits_width(header, current.width) or len(header.cells) < current.width == len(block[-1].cells)
    if same_width and not _is_certain(header, rows[top.first :]):
        return None
    return _table(rows, top)


def _keeps_width(block: Sequence[Record], top: TableTop) -> bool:
    below = block[top.first :]
    return bool(below) and sum(fits_width(row, top.width) for row in below) >= HALF * len(below)


def _repeats(header: Record, current: Table) -> bool:
    """Whether it repeats the header of the current table."""
    above, here = (
        [cell.strip().casefold() for cell in record.cells if cell.strip()] if record else None
        for record in (current.header, header)
    )
    return above == here


def _is_certain(header: Record, rows: Sequence[Record]) -> bool:
    """Whether a row of the current table's width is certainly a header: known words, and typed data below."""
    known = sum(bool(known_fields(cell)) for cell in header.cells)
    columns = range(len(header.cells))
    typed = any(column_type([row.cells[at] for row in rows if at < len(row.cells)]) for at in columns)
    return known >= _KNOWN and typed


def _table(records: Sequence[Record], top: TableTop) -> Table:
    header = records[top.header] if top.header is not None else None
    below = records[top.first : top.first + BLOCK_ROWS]
    first = below[0] if below else None
    rows = [row for row in below if fits_width(row, top.width)]
    contacts = has_contacts(header.cells if header else (), rows)
    return Table(records[0].row, header, first, top.width, contacts)


def notes_above(records: Sequence[Record], tables: Sequence[Table]) -> list[str]:
    """Say what stands above the table that is read, the last of `tables`, in file order."""
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
    """Say which rows hold `tables`, those below the table that is read."""
    ends = [*(table.start for table in tables[1:]), records[-1].row + 1]
    return [table.described(_last_row(records, end)) for table, end in zip(tables, ends, strict=False)]


def _last_row(records: Sequence[Record], end: int) -> int:
    """Return the last row before row `end` that is not empty."""
    return max(record.row for record in records if record.row < end and not record.empty)


def _left_out(first: int, last: int, what: str) -> str:
    if first == last:
        return f"row {first} stands above the {what} and was left out"
    return f"rows {first} to {last} stand above the {what} and were left out"
