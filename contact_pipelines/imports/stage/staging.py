"""Stage: read a landed file of any kind into all-text rows, every physical record accounted for.

`reading/opening` unpacks an archive, tells what the file is, turns a workbook into CSV and text into UTF-8. JSON and
Parquet are staged by modules of their own (`json_records`, `parquet_records`), text as follows.

`reading/text_layout` finds out from the file's beginning how it is written and where its table is. `byte_scan` looks at
all bytes, at C speed, and tells whether the rows are regular. Then there are two paths, and each ends in one COPY of a
strict CSV to the final Parquet (`strict_csv`):

- *fast* (`fast_staging`): DuckDB reads a regular file as it stands; its counts are checked against the scan's.
- *careful* (`careful_staging`): anything else is read as `physical_lines`, SQL groups them into records by the
  `record_grammar`, good records are rewritten as a strictly regular CSV with their row numbers, and broken ones
  become rows with a fault and their raw text.

What counts as well-formed: a cell that begins with a quote must end with one (spaces may follow it) and may hold
delimiters, newlines and doubled quotes; a quote anywhere else is literal. Extra cells at the end of a row are
dropped if they are empty; cells that are missing there are empty, and the row says so in a warning. An unclosed quote
ends where a line can only be read as starting a record.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb

from contact_pipelines.imports.stage.json_records import stage_json
from contact_pipelines.imports.stage.open_file import OpenedFile, open_file
from contact_pipelines.imports.stage.parquet_records import stage_parquet
from contact_pipelines.imports.stage.recognising import Format
from contact_pipelines.imports.stage.staging_job import StagedFile
from contact_pipelines.imports.stage.text_file import stage_text
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
    """Write the rows of the file at `path` to the Parquet `target`, each of them numbered and none of them lost.

    In file order: `_row` INTEGER (as a spreadsheet numbers it), one VARCHAR a label of the header (NULL for an
    empty cell), then `_error_code`, `_error`, `_text` VARCHAR (NULL for a good row; for a broken one its fault,
    a sentence, its raw text, and NULL in all cells), and `_warning` VARCHAR (what a good row lacks; mostly NULL).

    `scratch`: a folder for temporary files, none of which stay. `file_name`: what to call the file in messages.
    For a file of more than 1,000 columns the connection is left with one thread and a memory limit of 1.5 GB at
    least, for whoever reads the rows (see `duck.make_room`).

    Raises FileUnreadable (missing, empty, binary, damaged, in no known encoding), FileNotImportable (a header that
    cannot be used, beyond the limits, an archive of several files), NoDataRows, and ConservationError (a bug: rows do
    not add up); what `target` then holds is of no use.
    """
    name, options, limits = file_name or path.name, options or ReadingOptions(), limits or Limits()
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="opened-", dir=scratch) as folder:
        opened = open_file(path, Path(folder), name=name, options=options, limits=limits)
        staged = stage_opened(con, opened, target, scratch, options, limits)
    return replace(staged, reading=opened_and_read(opened, staged.reading))


def stage_opened(  # noqa: PLR0917
    con: duckdb.DuckDBPyConnection,
    opened: OpenedFile,
    target: Path,
    scratch: Path,
    options: ReadingOptions,
    limits: Limits,
) -> StagedFile:
    """Write the rows of an opened file to the Parquet `target`, as `stage` does."""
    if opened.format in (Format.JSON, Format.JSON_LINES):
        lines = opened.format is Format.JSON_LINES
        return stage_json(con, opened.path, target, scratch=scratch, file_name=opened.name, lines=lines, limits=limits)
    if opened.format is Format.PARQUET:
        return stage_parquet(con, opened.path, target, scratch=scratch, file_name=opened.name, limits=limits)
    return stage_text(
        con,
        opened.path,
        target,
        scratch=scratch,
        file_name=opened.name,
        options=options,
        limits=limits,
        dialect=opened.dialect,
    )


def opened_and_read(opened: OpenedFile, reading: FileReading) -> FileReading:
    """Return how a file was read: what `opening` found out, and what was found out of its rows."""
    return replace(
        reading,
        format=opened.reading.format,
        container=opened.reading.container,
        sheet=opened.reading.sheet,
        encoding=opened.reading.encoding,
        confidence=opened.reading.confidence,
        notes=(*opened.reading.notes, *reading.notes),
    )
