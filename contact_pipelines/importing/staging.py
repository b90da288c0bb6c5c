"""Read a landed CSV or TSV file into all-text rows, every physical record accounted for.

A byte scan (C speed, a few MB at a time) tells whether the file is regular. If so, DuckDB reads it in
parallel and its counts are checked against the scan's: that is the *fast* path. Anything else takes the
*careful* one: the file is read as physical lines, SQL groups them into records, good records are rewritten
as a strictly regular CSV with their row numbers, and broken ones become rows with a fault and their raw
text.

What counts as well-formed: a cell that begins with a quote must end with one (spaces may follow it) and may
hold delimiters, newlines and doubled quotes; a quote anywhere else is literal. Extra cells at the end of a
row are dropped if they are empty. An unclosed quote ends where a line can only be read as starting a
record.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from contact_pipelines.errors import ConservationError, FileNotImportable, FileUnreadable
from contact_pipelines.files.formula_escape import TRIGGERS, unescape_expression
from contact_pipelines.importing.dialect import (
    SAMPLE_BYTES,
    Dialect,
    detect_delimiter,
    labels,
    refuse_what_is_no_text,
    split_record,
)
from contact_pipelines.importing.duck import identifier, literal, sql_blocks

CHUNK = 4 * 1024 * 1024
MAX_CELL = 32_000
"""Characters a cell may have; a spreadsheet holds 32,767."""
MAX_LINE = 1_000_000
"""Bytes a line may have (and a record of several lines) before it is a broken row."""
MAX_RECORD_LINES = 1_000
MAX_CLEAN = 1_900_000  # below DuckDB's own default for a line
COMPRESSION = "zstd"  # quicker than snappy here: 0.6 s against 0.9 s for 1M rows
WIDE = 1_500
"""Columns from which on DuckDB needs more than its 512 MB: every column has its own buffers."""
WIDE_MEMORY = 1_536  # MB, of which 5,000 columns take about 930
GUARDED = 500  # columns up to which guarding the formula escape is cheap to plan
PIECE_LINES = 250_000
PIECE_BYTES = 32 * 1024 * 1024
_ESCAPE = re.compile(rb"'" + TRIGGERS.encode())
_UTF8_BOM = b"\xef\xbb\xbf"


@dataclass
class StagedFile:
    """A file's rows and what is known of it as a whole.

    `rows`: `_row` INTEGER, one VARCHAR a label of `header`, then `_error_code`, `_error`, `_text` VARCHAR
    (NULL for a good row; for a broken one its fault, a sentence, its raw text, and NULL in all cells). In
    file order. It reads Parquet below the `scratch` folder that `stage` was given, and needs it for as long
    as it is used. An empty cell is NULL. `row_count` is good and broken rows, without header and blank
    lines.
    """

    rows: duckdb.DuckDBPyRelation
    header: list[str]
    dialect: Dialect
    row_count: int
    broken_count: int


@dataclass
class _Scan:
    """What the bytes tell. Counts are of the content: from behind the BOM to before the last newlines."""

    start: int = 0
    end: int = 0
    size: int = 0
    newlines: int = 0
    crlf: int = 0
    lone_cr: int = 0
    quotes: bool = False
    clean: bool = True  # valid UTF-8 without NUL
    blank_lines: bool = False
    long_lines: bool = False
    escapes: bool = False  # an apostrophe before a formula's first character
    doubtful: bool = False  # quotes that DuckDB reads otherwise than this module's grammar

    @property
    def regular(self) -> bool:
        """Whether the fast path may be tried."""
        return self.clean and not (self.blank_lines or self.lone_cr or self.doubtful)


@dataclass(frozen=True)
class _Source:
    """The file to be staged: what to call it, how it is written, a fresh folder for what is made of it."""

    path: Path
    name: str
    folder: Path
    scan: _Scan
    delimiter: str


def stage(con: duckdb.DuckDBPyConnection, path: Path, *, scratch: Path, file_name: str | None = None) -> StagedFile:
    """Read the file at `path` into rows, each of them numbered and none of them lost.

    `scratch`: a folder for Parquet and temporary files, to outlive the result. `file_name`: what to call
    the file in messages. For a file of more than 1,500 columns the connection is left with one thread and a
    memory limit of 1.5 GB at least, since DuckDB cannot hold such rows in less. Raises FileUnreadable
    (missing, empty, binary, not UTF-8), FileNotImportable (no data rows, a header that cannot be used, too
    many columns) and ConservationError (a bug: rows do not add up).
    """
    name = file_name or path.name
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("rb") as file:
            sample = file.read(SAMPLE_BYTES)
            _refuse_empty(sample, name)
            refuse_what_is_no_text(sample, name)
            delimiter = detect_delimiter(sample.removeprefix(_UTF8_BOM))
            scan = _scan(file, delimiter)
    except OSError as error:
        raise FileUnreadable(f"{name} cannot be read: {error.strerror or 'input/output error'}.") from error
    if scan.end <= scan.start:
        raise FileUnreadable(f"{name} is empty: it holds nothing but blank lines.")
    folder = Path(tempfile.mkdtemp(prefix="staged-", dir=scratch))
    source = _Source(path, name, folder, scan, delimiter)
    try:
        return _stage_fast(con, source) or _stage_carefully(con, source)
    except duckdb.OutOfMemoryException:
        raise FileNotImportable(f"{name} has rows that are too long to be read within the memory limit.") from None


def _refuse_empty(sample: bytes, name: str) -> None:
    if not sample.removeprefix(_UTF8_BOM):
        raise FileUnreadable(f"{name} is empty.")


# ---- the byte scan ---------------------------------------------------------------------------------------


def _scan(file: BinaryIO, delimiter: str) -> _Scan:
    """Scan the whole file in pieces of whole lines; a piece without a newline is one long line."""
    scan = _content(file)
    doubtful = re.compile(rb'[\n"' + re.escape(delimiter.encode()) + rb'] +"')
    file.seek(scan.start)
    left, rest = scan.end - scan.start, b""
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:  # it shrank while it was read; the counts will tell
            break
        left -= len(chunk)
        data = rest + chunk
        cut = data.rfind(b"\n") + 1 if left else len(data)
        if not cut and len(data) > MAX_CELL:
            scan.long_lines, cut = True, len(data)
            while cut and data[cut - 1] >= 0x80:  # do not cut a character in two  # noqa: PLR2004
                cut -= 1
            cut = cut or len(data)
        rest = data[cut:]
        if cut:
            _scan_piece(scan, data[:cut], doubtful)
    return scan


def _content(file: BinaryIO) -> _Scan:
    """Find where the content begins and ends: without BOM, without the newlines at the end."""
    file.seek(0)
    start = len(_UTF8_BOM) if file.read(len(_UTF8_BOM)) == _UTF8_BOM else 0
    size = end = file.seek(0, 2)
    while end > start:
        begin = max(start, end - SAMPLE_BYTES)
        file.seek(begin)
        tail = file.read(end - begin).rstrip(b"\r\n")
        end = begin + len(tail)
        if tail:
            break
    return _Scan(start=start, end=end, size=size)


def _scan_piece(scan: _Scan, data: bytes, doubtful: re.Pattern[bytes]) -> None:
    """Add what `data`, whole lines, tells to the scan."""
    scan.newlines += data.count(b"\n")
    if b"\r" in data:
        crlf = data.count(b"\r\n")
        scan.crlf += crlf
        scan.lone_cr += data.count(b"\r") - crlf
    if scan.clean:
        scan.clean = b"\x00" not in data and (data.isascii() or _is_utf8(data))
    if not scan.blank_lines:
        scan.blank_lines = data.startswith((b"\n", b"\r\n")) or b"\n\n" in data or b"\n\r\n" in data
    if not scan.escapes and b"'" in data:
        scan.escapes = _ESCAPE.search(data) is not None
    if b'"' in data:
        scan.quotes = True
        scan.doubtful = scan.doubtful or (b' "' in data and doubtful.search(b"\n" + data) is not None)
    if not scan.long_lines:
        scan.long_lines = _has_long_line(data)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _has_long_line(data: bytes) -> bool:
    """Whether a line has more than MAX_CELL bytes: hop from newline to the farthest newline in reach."""
    position = 0
    while position + MAX_CELL < len(data):
        position = data.rfind(b"\n", position, position + MAX_CELL + 1) + 1
        if not position:
            return True
    return False


# ---- the fast path ---------------------------------------------------------------------------------------


def _stage_fast(con: duckdb.DuckDBPyConnection, source: _Source) -> StagedFile | None:
    """Read a regular file with DuckDB's own CSV reader; None if it is not regular after all."""
    scan = source.scan
    header = _plain_header(source) if scan.regular else None
    if header is None:
        return None
    path = source.path
    if scan.crlf or len(header) == 1:
        # DuckDB's strict mode reads CRLF wrongly when it is not to guess (2.0.0: no rows at all with new_line
        # given), and takes blank lines at the end of a one-column file for rows. A copy with LF has neither.
        path = source.folder / "lf.csv"
        _copy_with_lf(source, path)
    target = source.folder / "rows.parquet"
    try:
        count = _read_csv(
            con,
            path,
            target,
            _cells(source.scan, len(header)),
            _columns(len(header)),
            source=source,
            header=True,
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return None
    finally:
        if path != source.path:
            path.unlink()
    if not _counts_agree(con, source, target, count, len(header)):
        return None
    if not count:
        raise _header_only(source.name, header)
    names = ", ".join(f"c{i} AS {identifier(label)}" for i, label in enumerate(header, 1))
    sql = sql_blocks("staging")["fast_rows"].format(source=_file(target), first_row=2, cells=names)
    return StagedFile(con.sql(sql), header, Dialect(source.delimiter), count, 0)


def _plain_header(source: _Source) -> list[str] | None:
    """Return the labels if the header is the first line by itself, else None."""
    with source.path.open("rb") as file:
        file.seek(source.scan.start)
        line = file.readline(MAX_LINE + 2)
    if len(line) > MAX_LINE:
        raise _header_too_long(source.name)
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    if not text.strip(" ") or text.count('"') % 2:
        return None
    return labels(split_record(text, source.delimiter), source.name)


def _copy_with_lf(source: _Source, target: Path) -> None:
    """Copy the content with LF for CRLF; never cut between CR and LF."""
    with source.path.open("rb") as file, target.open("wb") as copy:
        file.seek(source.scan.start)
        left = source.scan.end - source.scan.start
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            if chunk.endswith(b"\r") and left:
                chunk += file.read(1)
                left -= 1
            copy.write(chunk.replace(b"\r\n", b"\n"))
        copy.write(b"\n")


def _read_csv(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    target: Path,
    cells: str,
    columns: str,
    *,
    source: _Source,
    header: bool,
) -> int:
    """Copy a CSV to Parquet, strictly; return the number of rows. Raises what DuckDB raises."""
    if columns.count("VARCHAR") > WIDE:
        _make_room(con)
    sql = sql_blocks("staging")["fast"].format(
        cells=cells,
        source=_file(path),
        columns=columns,
        header=str(header).lower(),
        delimiter=literal(source.delimiter),
        target=literal(str(target)),
        compression=COMPRESSION,
        row_group_size=_row_group_size(source.scan),
        max_line_size=2 * MAX_LINE,
    )
    return int(_one(con, sql)[0])


def _make_room(con: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB hold a very wide file: one thread, a higher limit. It stays so, for who reads the rows."""
    limit = _one(con, "SELECT parse_formatted_bytes(current_setting('memory_limit'))")[0]
    if int(limit) < WIDE_MEMORY * 1_000_000:
        _all(con, f"SET memory_limit = '{WIDE_MEMORY}MB'")
    _all(con, "SET threads = 1")


def _counts_agree(con: duckdb.DuckDBPyConnection, source: _Source, target: Path, count: int, width: int) -> bool:
    """Check DuckDB's count of rows against the scan's count of lines, and the length of cells.

    Content ends before its last newline, so there are as many newlines as records, besides those in cells.
    """
    scan = source.scan
    if count == scan.newlines and not scan.long_lines:
        return True
    if scan.crlf not in (0, count):
        return False  # CRLF in a cell, or mixed: the copy with LF would have changed a cell
    names = [f"c{i}" for i in range(1, width + 1)]
    sql = sql_blocks("staging")["fast_check"].format(
        cells=", ".join(names), lengths=", ".join(f"length({name})" for name in names), source=_file(target)
    )
    embedded, most, longest = (int(value) for value in _one(con, sql))
    return embedded + count == scan.newlines and most < MAX_RECORD_LINES and longest <= MAX_CELL


# ---- the careful path ------------------------------------------------------------------------------------


def _stage_carefully(con: duckdb.DuckDBPyConnection, source: _Source) -> StagedFile:
    """Read any file line by line, set-based, and account for every record."""
    grammar = _Grammar(source.delimiter)
    with _Tables(con) as tables:
        newline = _write_lines(con, source, grammar)
        _write_marks(con, source, tables)
        header, header_row, last_line = _careful_header(con, source, tables, newline)
        tally = _Tally(base=header_row)
        with (source.folder / "clean.csv").open("wb") as clean:
            for start, stop in _pieces(con, source, tables, last_line + 1):
                piece = {"newline": newline, "width": len(header), "from_line": start, "to_line": stop}
                _write_records(con, source, grammar, tables, tally=tally, clean=clean, piece=piece)
    if not tally.rows:
        raise _header_only(source.name, header)
    if tally.undecodable * 2 > tally.rows:
        raise FileUnreadable(f"{source.name} is not UTF-8 text. Save it as CSV in UTF-8 and try again.")
    rows = _read_clean(con, source, header, tally)
    for scrap in ("clean.csv", "lines.parquet", "marks.parquet"):
        (source.folder / scrap).unlink()
    dialect = Dialect(source.delimiter, header_row=header_row)
    return StagedFile(rows, header, dialect, tally.rows, tally.broken)


@dataclass
class _Tally:
    """Counts over the pieces; `base` is the row number of the last record done."""

    base: int
    rows: int = 0
    broken: int = 0
    undecodable: int = 0


class _Tables:
    """Names of temporary tables that are dropped when done with."""

    _count = 0

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        _Tables._count += 1
        self._con = con
        self.source, self.dissolved, self.piece, self.joined = (
            f"_staging_{part}_{self._count}" for part in ("lines", "dissolved", "piece", "joined")
        )

    def __enter__(self) -> _Tables:
        return self

    def __exit__(self, *_: object) -> None:
        for table in (self.dissolved, self.piece, self.joined):
            _all(self._con, f"DROP TABLE IF EXISTS {table}")


class _Grammar:
    """Regular expressions (RE2, as SQL literals) and SQL for one delimiter. Texts are named `body`."""

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
        cells = f"regexp_extract_all({separator} || body, {literal(f'{d}({quoted}|[^{d}]*)')}, 1)"
        content = "CASE WHEN c[1] = '\"' THEN replace(rtrim(c, ' ')[2:-2], '\"\"', '\"') ELSE c END"
        self.longest_cell = f"list_max(list_transform({cells}, lambda c: length({content})))"
        self._requoted = (
            f"array_to_string(list_transform({cells}[1:{{width}}], lambda c:"
            f" CASE WHEN c[1] = '\"' THEN rtrim(c, ' ')"
            f" ELSE '\"' || replace(c, '\"', '\"\"') || '\"' END), {separator})"
        )
        self._padded = f"(cells > {{width}} AND strlen(body) - strlen(rtrim(body, {separator})) >= cells - {{width}})"

    def requoted(self, width: int) -> str:
        """Return SQL for the record with all its cells quoted, not more than `width` of them."""
        return self._requoted.format(width=width)

    def padded(self, width: int) -> str:
        """Return SQL for whether all cells beyond `width` are empty."""
        return self._padded.format(width=width)


def _write_lines(con: duckdb.DuckDBPyConnection, source: _Source, grammar: _Grammar) -> str:
    """Write lines.parquet: each physical line with all that can be told of it alone. Returns its newline."""
    newline = b"\r" if source.scan.lone_cr and not source.scan.newlines else b"\n"
    schema = pa.schema([("n", pa.int64()), ("body", pa.string()), ("cr", pa.bool_()), ("odd", pa.int8())])
    view = f"_staging_source_{source.folder.name.replace('-', '_')}"
    con.register(view, pa.RecordBatchReader.from_batches(schema, _line_batches(source, newline, schema)))
    try:
        _all(
            con,
            sql_blocks("staging")["lines"].format(
                source=identifier(view),
                alone_out=grammar.alone_out,
                alone_in=grammar.alone_in,
                inside_out=grammar.inside_out,
                inside_in=grammar.inside_in,
                plain=grammar.plain,
                cell_count=grammar.cell_count,
                target=literal(str(source.folder / "lines.parquet")),
                compression=COMPRESSION,
                row_group_size=_row_group_size(source.scan),
            ),
        )
    finally:
        con.unregister(view)
    return f"chr({newline[0]})"


def _line_batches(source: _Source, newline: bytes, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the physical lines: number from 1, text without its newline, whether CR preceded LF.

    A line over MAX_LINE bytes comes cut to MAX_CELL characters, with the parity of its quotes as `odd`.
    """
    number = 0
    for data, odd in _line_pieces(source, newline):
        if odd is None:
            values = pc.split_pattern(pa.array([data], pa.large_binary()), newline)[0].values
            body = values.cast(pa.string())
            cr = pc.ends_with(body, "\r") if newline == b"\n" else pa.nulls(len(body), pa.bool_())
            if pc.any(cr).as_py():
                body = pc.replace_substring_regex(body, r"\r\z", "")
        else:
            body = pa.array([data.decode("utf-8", "replace")[:MAX_CELL]], pa.string())
            cr = pa.array([False])
        numbers = pa.array(range(number + 1, number + 1 + len(body)), pa.int64())
        number += len(body)
        odds = pa.array([odd], pa.int8()) if odd is not None else pa.nulls(len(body), pa.int8())
        yield pa.record_batch([numbers, body, cr.fill_null(fill_value=False), odds], schema=schema)


def _line_pieces(source: _Source, newline: bytes) -> Iterator[tuple[bytes, int | None]]:
    """Yield stretches of whole lines (without last newline), over-long lines singly with their parity."""
    for data, odd in _raw_pieces(source, newline):
        if odd is None and source.scan.long_lines and any(len(x) > MAX_LINE for x in data.split(newline)):
            for line in data.split(newline):
                text = _mended(line, source.scan)
                yield (text[: 4 * MAX_CELL], line.count(b'"') % 2) if len(line) > MAX_LINE else (text, None)
        else:
            yield _mended(data, source.scan), odd


def _raw_pieces(source: _Source, newline: bytes) -> Iterator[tuple[bytes, int | None]]:
    """Yield the content in pieces of about CHUNK bytes that end at a newline, which is left out."""
    with source.path.open("rb") as file:
        file.seek(source.scan.start)
        left, rest = source.scan.end - source.scan.start, b""
        quotes: int | None = None  # of the over-long line whose beginning is in `rest`
        while left:
            chunk = file.read(min(CHUNK, left))
            if not chunk:
                break
            left -= len(chunk)
            if quotes is not None:
                end = chunk.find(newline)
                quotes += chunk.count(b'"', 0, end if end >= 0 else len(chunk))
                if end < 0:
                    continue
                yield rest, quotes % 2
                rest, quotes, chunk = b"", None, chunk[end + 1 :]
                if not left:
                    yield chunk, None
                    return
            data = rest + chunk
            cut = data.rfind(newline)
            if cut < 0 and len(data) > MAX_LINE and left:
                rest, quotes = data[: 4 * MAX_CELL], data.count(b'"')
                continue
            if cut >= 0 and left:
                yield data[:cut], None
            rest = data[cut + 1 :] if left else data
        yield rest, None if quotes is None else quotes % 2


def _mended(data: bytes, scan: _Scan) -> bytes:
    """Put U+FFFD for what is no UTF-8 and for NUL, if the file has such bytes."""
    if scan.clean:
        return data
    return data.decode("utf-8", "replace").replace("\x00", "\ufffd").encode()


def _write_marks(con: duckdb.DuckDBPyConnection, source: _Source, tables: _Tables) -> None:
    """Write marks.parquet (which record each line belongs to) and the table of groups to be taken apart."""
    blocks, marks = sql_blocks("staging"), source.folder / "marks.parquet"
    _all(
        con,
        blocks["marks"].format(
            lines=_file(source.folder / "lines.parquet"), target=literal(str(marks)), compression=COMPRESSION
        ),
    )
    count, disorder, last = _one(con, blocks["disorder"].format(marks=_file(marks)))
    if disorder or count != last:
        raise ConservationError(f"The lines of {source.name} were not read in order.")
    _all(
        con,
        blocks["dissolved"].format(
            table=tables.dissolved, marks=_file(marks), max_lines=MAX_RECORD_LINES, max_bytes=MAX_LINE
        ),
    )


def _careful_header(
    con: duckdb.DuckDBPyConnection, source: _Source, tables: _Tables, newline: str
) -> tuple[list[str], int, int]:
    """Return the labels, the header's row number, and the number of its last line."""
    sql = sql_blocks("staging")["header"].format(
        lines=_file(source.folder / "lines.parquet"),
        marks=_file(source.folder / "marks.parquet"),
        newline=newline,
        table=tables.dissolved,
        max_lines=MAX_RECORD_LINES,
    )
    found = _all(con, sql)
    if not found:
        raise FileUnreadable(f"{source.name} is empty: it holds nothing but blank lines.")
    first, last, text, cut, alone, dissolved = found[0]
    if cut is not None or len(text) > MAX_LINE:
        raise _header_too_long(source.name)
    if dissolved or alone == 2:  # noqa: PLR2004
        raise FileNotImportable(f"{source.name}: the header (row {first}) has a quote that is not closed properly.")
    if not source.scan.clean and "\ufffd" in text:
        raise FileUnreadable(f"{source.name}: the header (row {first}) is not UTF-8 text. Save it as UTF-8.")
    return labels(split_record(text, source.delimiter), source.name), int(first), int(last)


def _pieces(con: duckdb.DuckDBPyConnection, source: _Source, tables: _Tables, start: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of lines `[from, to)` that no record crosses, small enough for memory."""
    scan = source.scan
    lines = max(2_000, min(PIECE_LINES, PIECE_BYTES // _mean_line(scan)))
    marks = _file(source.folder / "marks.parquet")
    end = int(_one(con, f"SELECT max(n) + 1 FROM read_parquet({marks})")[0])
    while start < end:
        target = start + lines
        sql = sql_blocks("staging")["next_start"].format(
            marks=marks, from_line=target, to_line=target + 2 * MAX_RECORD_LINES, table=tables.dissolved
        )
        stop = int(_one(con, sql)[0] or end)
        yield start, stop
        start = stop


def _write_records(
    con: duckdb.DuckDBPyConnection,
    source: _Source,
    grammar: _Grammar,
    tables: _Tables,
    *,
    tally: _Tally,
    clean: BinaryIO,
    piece: dict[str, Any],
) -> None:
    """Append the records of one piece to the clean CSV and count them."""
    blocks, width = sql_blocks("staging"), piece["width"]
    values = {
        **piece,
        "lines": _file(source.folder / "lines.parquet"),
        "marks": _file(source.folder / "marks.parquet"),
        "table": tables.dissolved,
        "piece": tables.piece,
        "joined": tables.joined,
        "base": tally.base,
        "plain": grammar.plain,
        "cell_count": grammar.cell_count,
        "longest_cell": grammar.longest_cell,
        "padded": grammar.padded(width),
        "requoted": grammar.requoted(width),
        "delimiter": literal(source.delimiter),
        "undecodable": "false" if source.scan.clean else "contains(body, chr(65533))",
        "blank": "alone = 0 AND odd IS NULL AND " + ("trim(body, ' ') = ''" if width > 1 else "body = ''"),
        "max_cell": MAX_CELL,
        "max_clean": MAX_CLEAN,
        "message": _messages(width),
    }
    _all(con, blocks["piece"].format(**values))
    _all(con, blocks["joined"].format(**values))
    for batch in con.sql(blocks["records"].format(**values)).to_arrow_reader(50_000):
        lines = batch.column("line")
        if len(lines):
            whole = pa.ListArray.from_arrays([0, len(lines)], lines.cast(pa.binary()))
            clean.write(pc.binary_join(whole, b"")[0].as_buffer())
        _count(tally, batch)


def _count(tally: _Tally, batch: pa.RecordBatch) -> None:
    blank = pc.sum(batch.column("blank")).as_py() or 0
    code = batch.column("code")
    tally.base += batch.num_rows
    tally.rows += batch.num_rows - blank
    tally.broken += batch.num_rows - code.null_count
    tally.undecodable += pc.sum(pc.equal(code, "undecodable")).as_py() or 0


def _messages(width: int) -> str:
    """Return SQL for the sentence that belongs to `code`; counts, never values."""
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


def _read_clean(
    con: duckdb.DuckDBPyConnection, source: _Source, header: list[str], tally: _Tally
) -> duckdb.DuckDBPyRelation:
    """Read the clean CSV strictly, and check that every record came back."""
    target, width = source.folder / "rows.parquet", len(header)
    columns = _columns(width, before=("r",), after=("code", "message", "text"))
    cells = f"CAST(r AS INTEGER) AS r, {_cells(source.scan, width)}, code, message, text"
    try:
        clean = source.folder / "clean.csv"
        count = _read_csv(con, clean, target, cells, columns, source=source, header=False)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        raise ConservationError(f"{source.name}: records told apart could not be read back.") from None
    broken = int(_one(con, f"SELECT count(code) FROM read_parquet({_file(target)})")[0])
    if (count, broken) != (tally.rows, tally.broken):
        raise ConservationError(
            f"{source.name} has {tally.rows:,} rows ({tally.broken:,} broken), but {count:,} ({broken:,}) were read."
        )
    names = ", ".join(f"c{i} AS {identifier(label)}" for i, label in enumerate(header, 1))
    return con.sql(
        f"SELECT r AS _row, {names}, code AS _error_code, message AS _error, text AS _text"
        f" FROM read_parquet({_file(target)})"
    )


# ---- small things ----------------------------------------------------------------------------------------


def _columns(width: int, *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> str:
    names = (*before, *(f"c{i}" for i in range(1, width + 1)), *after)
    return "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in names) + "}"


def _cells(scan: _Scan, width: int) -> str:
    """Return SQL for the columns c1, c2, ..., their formula escape undone if the file has any."""
    if not scan.escapes:
        return ", ".join(f"c{i}" for i in range(1, width + 1))
    guard = width <= GUARDED
    return ", ".join(f"{unescape_expression(f'c{i}', guard=guard)} AS c{i}" for i in range(1, width + 1))


def _mean_line(scan: _Scan) -> int:
    return max(1, (scan.end - scan.start) // (max(scan.newlines, scan.lone_cr) + 1))


def _row_group_size(scan: _Scan) -> int:
    """Rows that make about 16 MB of text, within DuckDB's usual 122,880."""
    return max(2_048, min(122_880, 16 * 1024 * 1024 // _mean_line(scan)))


def _file(path: Path) -> str:
    """Quote a path for a table function, which would take brackets, stars and question marks for patterns."""
    return literal(re.sub(r"([\[*?])", r"[\1]", str(path)))


def _all(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """Run SQL to its end: a result that is not fetched whole would block the connection."""
    return con.execute(sql).fetchall()


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    return _all(con, sql)[0]


def _header_only(name: str, header: list[str]) -> FileNotImportable:
    shown = ", ".join(header[:20]) + (", ..." if len(header) > 20 else "")  # noqa: PLR2004
    return FileNotImportable(f"{name} has a header but no data rows. Its columns are: {shown}.")


def _header_too_long(name: str) -> FileNotImportable:
    return FileNotImportable(f"{name}: the header is longer than {MAX_LINE:,} bytes.")
