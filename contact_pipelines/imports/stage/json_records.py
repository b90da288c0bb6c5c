"""Stage JSON and JSON Lines: every record of the file as a row of texts, none of them lost.

1. `json_source` cuts the file into records without parsing it, `json_layout` says where they stand;
2. records that are no JSON objects become broken rows, the others are written in one spelling (sql/json_records.sql);
3. `json_columns` looks at all keys of all records, `json_cells` takes their texts out.

Values arrive as they are written: no type is guessed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from contact_pipelines.errors import FileNotImportable, FileUnreadable, NoDataRows
from contact_pipelines.files.duck import file_literal, literal, sql_blocks
from contact_pipelines.imports.stage.dialect import SHOWN_TEXT, labels
from contact_pipelines.imports.stage.json_cells import CellReader
from contact_pipelines.imports.stage.json_columns import find_columns
from contact_pipelines.imports.stage.json_layout import JsonLayout, find_layout
from contact_pipelines.imports.stage.json_source import broken_document, document_records, line_records
from contact_pipelines.imports.stage.record_rows import NO_DIALECT, RecordsJob, Tally
from contact_pipelines.imports.stage.staging_job import StagedFile
from contact_pipelines.models import FileReading
from contact_pipelines.settings.policy import Limits

_SOURCE = "_json_source"
_TEXTS = r'"(?:[^"\\]|\\.)*"'
_LAX = r"[:,\[]\s*-?(?i:nan|inf)|,\s*[\]}]"
"""What DuckDB's parser takes and JSON has not: NaN, Infinity, a comma before a closing bracket."""
_LONG_NUMBER = (
    r"[:,\[]\s*-?(?:[0-9]+\.(?:[0-9]+0|0000[0-9]*|[0-9]{9,})|[0-9]{9,}\.[0-9]{6,}|[0-9]{16,}\.[0-9]+)\s*[,\]}]"
)
"""A number that may not come back from a double (15 digits) as it is written."""


def stage_json(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    target: Path,
    *,
    scratch: Path,
    file_name: str,
    lines: bool,
    limits: Limits,
) -> StagedFile:
    """Write the records of the UTF-8 file at `path` to the Parquet `target`, in file order.

    The columns are those of `staging.stage`: `_row` INTEGER (the line's number if `lines`, else the record's
    position from 1), one VARCHAR a label, `_error_code`, `_error`, `_text`, `_warning` VARCHAR. A document is an
    array of objects, an object that holds such an array, or one object.

    In JSON Lines a line that is no JSON object is a broken row. A document that cannot be parsed is refused; an
    element of its array that is no object is a broken row.

    Raises FileUnreadable (blank) and FileNotImportable (not JSON, no list of objects, beyond the limits), and
    NoDataRows for an empty list.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    layout = None if lines else find_layout(path, file_name)
    with tempfile.TemporaryDirectory(prefix="json-", dir=scratch) as folder:
        job = RecordsJob(con, file_name, Path(folder) / "records.parquet", target, limits)
        try:
            _write_records(job, path, layout)
            tally = _count(job)
            _judge(job, tally, path, layout)
            columns = find_columns(con, job.records, file_name, limits)
            if not columns:
                raise NoDataRows(f"{file_name} has no columns: its {tally.rows:,} records are empty objects.")
            header = labels([column.label for column in columns], file_name, limits)
            reader = CellReader(columns)
            broken = job.write_rows(header, reader.cells, reader, tally)
        except duckdb.OutOfMemoryException:
            raise FileNotImportable(f"{file_name} has records that are too long for the memory limit.") from None
    return StagedFile(header, NO_DIALECT, tally.rows, broken, _reading(layout))


def _write_records(job: RecordsJob, path: Path, layout: JsonLayout | None) -> None:
    """Write the records, each judged by itself, to the scratch Parquet."""
    source = line_records(path) if layout is None else document_records(path, layout, job.name)
    job.con.register(_SOURCE, source.reader())
    try:
        job.write_records(_records_sql(job, layout), source.batch_rows)
    finally:
        job.con.unregister(_SOURCE)
    if source.fault is not None:
        raise source.fault


def _records_sql(job: RecordsJob, layout: JsonLayout | None) -> str:
    blocks = sql_blocks("json_records")
    texts = literal(_TEXTS)
    return blocks["records"].format(
        source=_SOURCE,
        foreign=blocks["foreign"].format(),
        replaced=blocks["replaced"].format(),
        spelt=blocks["spelt"].format(texts=texts),
        last_keys=blocks["last_keys"].format(),
        texts=texts,
        doubtful=literal(f"{_LAX}|{_LONG_NUMBER}"),  # one search for both: it costs more than to parse the record
        lax=literal(_LAX),
        long_number=literal(_LONG_NUMBER),
        unit="'Line ' || n" if layout is None else "'Record ' || n",
        row_too_long=job.row_too_long,
        replaced_warning=literal("A character that is no text (\\u0000 or half of a pair) was replaced."),
        repeated_warning=literal("A key is there more than once; its last value was taken."),
        shown=SHOWN_TEXT,
    )


def _count(job: RecordsJob) -> Tally:
    sql = sql_blocks("json_records")["tally"].format(records=file_literal(job.records))
    return Tally(*job.con.execute(sql).fetchall()[0])


def _judge(job: RecordsJob, tally: Tally, path: Path, layout: JsonLayout | None) -> None:
    """Refuse a file that is no list of objects, or that has too many."""
    if layout is None and not tally.rows:
        raise FileUnreadable(f"{job.name} is empty: it holds nothing but blank lines.")
    if layout is not None and tally.rows == 1 and tally.total == 0:  # [] has one blank element
        raise NoDataRows(f"{job.name} has no records: its list is empty.")
    if layout is not None and tally.first_invalid is not None:
        raise broken_document(path, layout, job.name, tally.first_invalid)
    if not tally.any_object:
        raise _no_objects(tally, layout, job.name)
    job.require_rows(tally.rows)


def _no_objects(tally: Tally, layout: JsonLayout | None, name: str) -> FileNotImportable:
    if layout is None:
        return FileNotImportable(
            f"None of the {tally.rows:,} lines of {name} is a JSON object. One object a line is expected,"
            " with keys and texts in double quotes."
        )
    what = "lists" if tally.first_other == "[" else "plain values"
    return FileNotImportable(f"{name} is a list of {what}; a list of JSON objects is expected, one a contact.")


def _reading(layout: JsonLayout | None) -> FileReading:
    notes = []
    if layout is not None and layout.wrapper:
        notes.append(f"the records are the list {layout.wrapper}; what stands beside it was left out")
    if layout is not None and layout.others:
        notes.append(f"further lists were left out: {', '.join(layout.others)}")
    return FileReading(
        format="json" if layout else "jsonl", delimiter="", quote="", escape="", header_row=None, notes=tuple(notes)
    )
