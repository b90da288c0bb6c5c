"""Detects a text file's layout from its beginning: encoding, dialect, and where the table starts.

`stage_text` reads all rows by this layout, `describe_text` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contact_pipelines.errors import FileNotImportable, FileUnreadable
from contact_pipelines.imports.stage.byte_scan import Scan
from contact_pipelines.imports.stage.dialect import (
    UTF8_BOM,
    Dialect,
    Line,
    Record,
    RecordReader,
    newline_of,
    sample_lines,
)
from contact_pipelines.imports.stage.dialect_guessing import guess_dialect, separator_line
from contact_pipelines.imports.stage.encodings import SAMPLE_BYTES, require_text
from contact_pipelines.imports.stage.file_tables import Table, blocks, first_table, next_table, notes_above, notes_below
from contact_pipelines.imports.stage.header_finding import has_contacts, usual_width
from contact_pipelines.imports.stage.staged_file import labels
from contact_pipelines.models import FileReading, ReadingOptions
from contact_pipelines.settings.policy import Limits

LAYOUT_BYTES = 256 * 1024
"""How much of a file is looked at; more only if its first line is longer."""


@dataclass(frozen=True)
class Layout:
    """How a text file is written and where its table is.

    `header`: the labels, of which the last `blank_end` are made up for blank cells. `data_start`: the byte at which the
    row below the header begins. `base`: the number of the row before that one. `records`: those of the sample from
    there to the next table. `complete`: the sample is the whole file. `nul`: it holds NUL. `notes`: on what stands
    above the table (see models.FileReading); `below`: on what is below it in the sample.
    """

    dialect: Dialect
    newline: bytes
    header: list[str]
    blank_end: int
    data_start: int
    base: int
    table: Table
    records: tuple[Record, ...]
    complete: bool
    nul: bool = False
    notes: tuple[str, ...] = ()
    below: tuple[str, ...] = ()

    @property
    def sure_width(self) -> int:
        """The number of columns if those at the end that have no label hold no values."""
        return max(1, len(self.header) - self.blank_end)

    def reading(self, notes: Sequence[str] = ()) -> FileReading:
        """Return how the file was read; `notes` follow those on what stands above its table."""
        dialect = self.dialect
        return FileReading(
            delimiter=dialect.delimiter,
            quote=dialect.quote,
            escape=dialect.escape,
            header_row=dialect.header_row,
            notes=(*self.notes, *notes),
        )


@dataclass(frozen=True)
class _Beginning:
    """The first lines of a file, or of a part of it."""

    lines: list[Line]
    newline: bytes
    complete: bool
    nul: bool


def _read_beginning(path: Path, start: int, name: str, limits: Limits) -> _Beginning:
    """Read 256 KB from byte `start` on as lines; raise FileUnreadable if the file is empty or not text."""
    longest = 4 * limits.row_characters
    try:
        with path.open("rb") as file:
            file.seek(start)
            sample = file.read(LAYOUT_BYTES)
            newline = newline_of(sample)
            if newline not in sample.rstrip(newline):  # one long line so far
                sample += file.read(longest)
                newline = newline_of(sample)
            complete = not file.read(1)
    except OSError as error:
        raise FileUnreadable(f"{name} cannot be read: {error.strerror or 'input/output error'}.") from error
    if not start:
        require_text(sample[:SAMPLE_BYTES], name)
        start = len(UTF8_BOM) if sample.startswith(UTF8_BOM) else 0
        sample = sample[start:]
        if not sample:
            raise FileUnreadable(f"{name} is empty.")
    first_end = sample.find(newline)
    if first_end > longest or (first_end < 0 and not complete):
        raise FileNotImportable(
            f"{name}: the header is longer than {limits.row_characters:,} characters, the limit of a row."
        )
    lines = sample_lines(sample, start, newline, truncated=not complete)
    return _Beginning(lines, newline, complete, b"\x00" in sample)


def find_layout(
    path: Path,
    name: str,
    options: ReadingOptions,
    limits: Limits,
    dialect: Dialect | None,
    *,
    start: int = 0,
    row: int = 1,
) -> Layout:
    """Find out how a file is written and where its table is. `dialect`: if it is known already.

    `start`: the byte to begin at, where row `row` begins. Raises FileUnreadable and FileNotImportable.
    """
    beginning = _read_beginning(path, start, name, limits)
    lines, notes = beginning.lines, []
    separator = None
    if row == 1 and lines and dialect is None and (separator := separator_line(lines[0].text)):
        lines, row, notes = lines[1:], 2, ["row 1 names the delimiter and was left out"]
    found = dialect or guess_dialect(lines, options.delimiter or separator)
    records = RecordReader(found).records(lines, row)
    if all(record.empty for record in records):
        raise FileUnreadable(f"{name} is empty: it has only blank lines or empty cells.")
    tables, chosen = _tables(records, options, name, complete=beginning.complete)
    table, below = tables[chosen], tables[chosen + 1 :]
    header, blank_end = _labels(table, name, limits)
    base, start = _before_data(table)
    stop = below[0].start if below else records[-1].row + 1
    return Layout(
        dialect=replace(found, header_row=table.header.row if table.header else None),
        newline=beginning.newline,
        header=header,
        blank_end=blank_end,
        data_start=start,
        base=base,
        table=table,
        records=tuple(record for record in records if base < record.row < stop),
        complete=beginning.complete,
        nul=beginning.nul,
        notes=(*notes, *notes_above(records, tables[: chosen + 1])),
        below=tuple(notes_below(records, below)),
    )


def _tables(
    records: Sequence[Record], options: ReadingOptions, name: str, *, complete: bool
) -> tuple[list[Table], int]:
    """Return the tables in `records` and the index of the one to read."""
    if options.header is not None:
        given = _given_table(records, options.header, name, complete=complete)
        return [given, *_tables_below(records, given)], 0
    first = first_table(records)
    tables = [first, *_tables_below(records, first)]
    return tables, _chosen(tables, records)


def _before_data(table: Table) -> tuple[int, int]:
    """Return the number of the row before a table's data, and the byte at which the data begin."""
    if table.header:
        return table.header.row, table.header.end
    assert table.first is not None  # noqa: S101 - a table has a header or a row
    return table.first.row - 1, table.first.start


def _tables_below(records: Sequence[Record], current: Table) -> list[Table]:
    """Return the tables that begin below a gap after the current one."""
    found: list[Table] = []
    top = current.top
    for block in blocks(records):
        if block[0].row <= top:
            continue
        following = next_table(block, current)
        if following:
            found.append(following)
            current = following
    return found


def _chosen(tables: Sequence[Table], records: Sequence[Record]) -> int:
    """Return the index of the table that has contacts, or else of the one with most rows."""
    for index, table in enumerate(tables):
        if table.contacts:
            return index
    ends = [*(table.start for table in tables[1:]), records[-1].row + 1]
    sizes = [end - table.start for table, end in zip(tables, ends, strict=True)]
    return sizes.index(max(sizes))


def _given_table(records: Sequence[Record], header: int | str, name: str, *, complete: bool) -> Table:
    """Return the table whose header stands in the given row, or the one without a header."""
    filled = [record for record in records if not record.empty]
    if header == "none":
        width = usual_width(filled)
        first = next(record for record in filled if len(record.cells) == width)
        return Table(first.row, None, first, width, has_contacts((), filled))
    row = next((record for record in records if record.row == header), None)
    if row is None:
        last = "the last row is" if complete else "a header may stand no lower than"
        raise FileNotImportable(f"{name}: row {header:,} was given as the header, but {last} {records[-1].row:,}.")
    if row.empty:
        raise FileNotImportable(f"{name}: row {header:,} was given as the header, but it is blank.")
    below = [record for record in filled if record.row > row.row]
    return Table(row.row, row, below[0] if below else None, len(row.cells), has_contacts(row.cells, below))


def _labels(table: Table, name: str, limits: Limits) -> tuple[list[str], int]:
    """Return the labels and how many of the last ones stand for blank cells."""
    if table.header is None:
        return labels([""] * table.width, name, limits), 0
    record = table.header
    if not record.whole:
        raise FileNotImportable(f"{name}: the header (row {record.row}) has a quote that is not closed properly.")
    if not record.decodable:
        raise FileUnreadable(f"{name}: the header (row {record.row}) is not UTF-8 text. Save it as UTF-8.")
    filled = max(at for at, cell in enumerate(record.cells, start=1) if cell.strip())
    return labels(record.cells, name, limits), len(record.cells) - filled


_LONGEST_LINE = 1_600_000


@dataclass(frozen=True)
class StagingJob:
    """One text file to be staged: where it is, its name in messages, its scan and layout, where its rows go.

    `unescape`: whether the apostrophe that guards formulas is removed again (a workbook has none).
    """

    path: Path
    name: str
    target: Path
    folder: Path  # for scratch files, removed when the job is done
    scan: Scan
    layout: Layout
    limits: Limits
    unescape: bool = True

    @property
    def dialect(self) -> Dialect:
        """How the file is written."""
        return self.layout.dialect

    @property
    def max_line(self) -> int:
        """Bytes that a line, or a record of several, may have to be read whole: those of the longest row."""
        return min(4 * self.limits.row_characters, _LONGEST_LINE)

    def require_rows(self, count: int) -> None:
        """Raise FileNotImportable if that many data rows exceed the limit."""
        most = self.limits.rows
        if most is not None and count > most:
            raise FileNotImportable(
                f"{self.name} has more than {most:,} data rows, which is the limit. Split the file."
            )
