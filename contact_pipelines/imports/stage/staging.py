"""Stages a landed file of any format: `stage` reads all rows, `describe` only the beginning.

`file_formats` recognises the file, unpacks and decodes it, and knows the function that reads its format. JSON and
Parquet have modules of their own (`json_records`, `parquet_records`); text, and workbooks as CSV, go this way:

1. `encodings` finds the encoding, `dialect_guessing` the delimiter and the quotes, `header_finding` and `file_tables`
   the header and the table, all from the beginning of the file; `text_layout` puts it together.
2. `byte_scan` looks at all bytes to see whether the file is regular.
3. `fast_staging`: DuckDB reads a regular file directly; its counts are checked against the scan's.
   `careful_staging`: any other file is read as `physical_lines`, which SQL puts together to records. Good ones are
   rewritten as a strictly regular CSV with their row numbers; broken ones become rows with a code and their raw text.

A well-formed cell that begins with a quote ends with one (spaces may follow) and may hold delimiters, newlines and
doubled quotes; a quote anywhere else is literal. Extra cells at the end of a row are dropped if they are empty;
missing ones are empty, and the row has a warning. An unclosed quote ends where a line can only start a record.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb

from contact_pipelines.files import duck
from contact_pipelines.files.duck import file_literal, identifier
from contact_pipelines.imports.stage.file_formats import OpenedFile, open_file
from contact_pipelines.imports.stage.staged_file import NO_DIALECT, StagedFile
from contact_pipelines.imports.stage.text_file import SAMPLE_ROWS, SAMPLE_VALUES, FileDescription, describe_text
from contact_pipelines.models import FileReading, ReadingOptions
from contact_pipelines.settings.policy import Limits


def stage(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    target: Path,
    *,
    scratch: Path,
    file_name: str | None = None,
    options: ReadingOptions | None = None,
    limits: Limits | None = None,
) -> StagedFile:
    """Write the rows of the file at `path` to the Parquet `target`, each numbered and none lost.

    In file order: `_row` INTEGER (as a spreadsheet numbers it), one VARCHAR a label of the header (NULL for an
    empty cell), then `_error_code`, `_error`, `_text` VARCHAR (NULL for a good row; for a broken one its code,
    a sentence, its raw text, and NULL in all cells), and `_warning` VARCHAR (mostly NULL).

    `scratch`: a folder for temporary files, none of which stay. `file_name`: what to call the file in messages.
    For a file of more than 1,000 columns the connection keeps one thread and a memory limit of at least 1.5 GB, for
    whoever reads the rows (see `duck.make_room`).

    Raises FileUnreadable (missing, empty, binary, damaged, in no known encoding), FileNotImportable (an unusable
    header, beyond the limits, an archive of several files), NoDataRows, and ConservationError (a bug: rows do not add
    up); `target` is then of no use.
    """
    name, options, limits = file_name or path.name, options or ReadingOptions(), limits or Limits()
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="opened-", dir=scratch) as folder:
        opened = open_file(path, Path(folder), name=name, options=options, limits=limits)
        staged = opened.format.stage(
            con, opened.path, target, scratch=scratch, file_name=opened.name, options=options, limits=limits
        )
    return replace(staged, reading=_with_opening(opened, staged.reading))


def describe(
    path: Path, *, file_name: str | None = None, options: ReadingOptions | None = None, limits: Limits | None = None
) -> FileDescription:
    """Describe a file: how it is written, its header, a few values of each column. Raises FileError.

    Of text only the beginning is read, and it may have a header without rows. JSON and Parquet are read whole: their
    columns are known only at the end.
    """
    name, options, limits = file_name or path.name, options or ReadingOptions(), limits or Limits()
    with tempfile.TemporaryDirectory(prefix="contact-pipelines-") as name_of_folder:
        folder = Path(name_of_folder)
        opened = open_file(path, folder, name=name, options=options, limits=limits)
        if opened.format.header:
            found = describe_text(
                opened.path, file_name=opened.name, options=options, limits=limits, dialect=opened.format.dialect
            )
        else:
            found = _describe_records(opened, folder, options, limits)
        return replace(found, reading=_with_opening(opened, found.reading))


def _describe_records(opened: OpenedFile, folder: Path, options: ReadingOptions, limits: Limits) -> FileDescription:
    rows = folder / "rows.parquet"
    with duck.connect(folder) as con:
        staged = opened.format.stage(
            con, opened.path, rows, scratch=folder, file_name=opened.name, options=options, limits=limits
        )
        cells = ", ".join(identifier(label) for label in staged.header)
        frame = con.sql(f"SELECT {cells} FROM read_parquet({file_literal(rows)}) LIMIT {SAMPLE_ROWS}").pl()
    samples = {label: frame[label].drop_nulls().head(SAMPLE_VALUES).to_list() for label in staged.header}
    return FileDescription(NO_DIALECT, staged.header, samples, staged.reading)


def _with_opening(opened: OpenedFile, reading: FileReading) -> FileReading:
    """Add to how the rows were read what was found out when the file was opened."""
    return replace(
        opened.reading,
        delimiter=reading.delimiter,
        quote=reading.quote,
        escape=reading.escape,
        header_row=reading.header_row,
        notes=(*opened.reading.notes, *reading.notes),
    )
