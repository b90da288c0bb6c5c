"""Stage: read a landed CSV or TSV file into all-text rows, every physical record accounted for.

`byte_scan` looks at the bytes, at C speed, and tells whether the file is regular. Then there are two paths, and
each ends in one COPY of a strict CSV to the final Parquet (`strict_csv`):

- *fast* (`fast_staging`): DuckDB reads a regular file as it stands; its counts are checked against the scan's.
- *careful* (`careful_staging`): anything else is read as `physical_lines`, SQL groups them into records by the
  `record_grammar`, good records are rewritten as a strictly regular CSV with their row numbers, and broken ones
  become rows with a fault and their raw text.

What counts as well-formed: a cell that begins with a quote must end with one (spaces may follow it) and may hold
delimiters, newlines and doubled quotes; a quote anywhere else is literal. Extra cells at the end of a row are
dropped if they are empty. An unclosed quote ends where a line can only be read as starting a record.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from contact_pipelines.errors import FileNotImportable, FileUnreadable
from contact_pipelines.importing.reading.byte_scan import Scan, scan_bytes
from contact_pipelines.importing.reading.careful_staging import stage_carefully
from contact_pipelines.importing.reading.dialect import SAMPLE_BYTES, UTF8_BOM, detect_delimiter, refuse_what_is_no_text
from contact_pipelines.importing.reading.fast_staging import stage_fast
from contact_pipelines.importing.reading.staging_job import StagedFile, StagingJob


def stage(
    con: duckdb.DuckDBPyConnection, path: Path, target: Path, *, scratch: Path, file_name: str | None = None
) -> StagedFile:
    """Write the rows of the file at `path` to the Parquet `target`, each of them numbered and none of them lost.

    In file order: `_row` INTEGER (as a spreadsheet numbers it), one VARCHAR a label of the header (NULL for an
    empty cell), then `_error_code`, `_error`, `_text` VARCHAR (NULL for a good row; for a broken one its fault,
    a sentence, its raw text, and NULL in all cells).

    `scratch`: a folder for temporary files, none of which stay. `file_name`: what to call the file in messages.
    For a file of more than 1,000 columns the connection is left with one thread and a memory limit of 1.5 GB at
    least, for whoever reads the rows (see `duck.make_room`).

    Raises FileUnreadable (missing, empty, binary, not UTF-8), FileNotImportable (no data rows, a header that
    cannot be used, too many columns) and ConservationError (a bug: rows do not add up); what `target` then holds
    is of no use.
    """
    name = file_name or path.name
    delimiter, scan = _look_at(path, name)
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="staging-", dir=scratch) as folder:
        job = StagingJob(path, name, target, Path(folder), scan, delimiter)
        try:
            return stage_fast(con, job) or stage_carefully(con, job)
        except duckdb.OutOfMemoryException:
            raise FileNotImportable(f"{name} has rows that are too long to be read within the memory limit.") from None


def _look_at(path: Path, name: str) -> tuple[str, Scan]:
    """Return the delimiter and the scan of a file, or refuse it if it is not text."""
    try:
        with path.open("rb") as file:
            sample = file.read(SAMPLE_BYTES)
            if not sample.removeprefix(UTF8_BOM):
                raise FileUnreadable(f"{name} is empty.")
            refuse_what_is_no_text(sample, name)
            delimiter = detect_delimiter(sample.removeprefix(UTF8_BOM))
            scan = scan_bytes(file, delimiter)
    except OSError as error:
        raise FileUnreadable(f"{name} cannot be read: {error.strerror or 'input/output error'}.") from error
    if scan.end <= scan.start:
        raise FileUnreadable(f"{name} is empty: it holds nothing but blank lines.")
    return delimiter, scan
