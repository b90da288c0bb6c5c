"""Report: the summary and the files that say what happened to each row (see `results`)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import duckdb

from contact_pipelines.errors import WrongState
from contact_pipelines.files.artifact_names import CHANGES, ERRORS, ERRORS_FILE, EVENTS, REPORT, RESULTS_FILE
from contact_pipelines.files.duck import sql_blocks
from contact_pipelines.imports import results
from contact_pipelines.imports.columns import recorded_mapping
from contact_pipelines.imports.compare import opt_out_imports, probable_duplicates
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.imports.validate.validating import ErrorCount, count_errors
from contact_pipelines.models import IGNORE, ImportStatus, Preset, Severity
from contact_pipelines.outcomes import sentence


@dataclass(frozen=True)
class Report:
    """The report of an applied import."""

    warnings: tuple[str, ...]
    errors: tuple[ErrorCount, ...]
    results_file: str
    errors_file: str


def run(session: ImportSession) -> Report:
    """Write the results file, the error file and the report of an applied import."""
    with session.step("report", claims=False):
        probable_duplicates.publish(session)
        warnings, errors = write_report(session)
        results.publish(session)  # last, because results.csv marks the report as complete
        return Report(
            tuple(warnings), tuple(errors), session.artifacts.url(RESULTS_FILE), session.artifacts.url(ERRORS_FILE)
        )


def publish_events(session: ImportSession) -> duckdb.DuckDBPyRelation | None:
    """Return `contact_events` of an applied import, writing them if missing; None if its options turn them off.

    They do not change when the import is rolled back.
    """
    if not session.record.options.events:
        return None
    with session.step("report", claims=False):
        if session.current().status not in (ImportStatus.COMPLETED, ImportStatus.ROLLED_BACK):
            raise WrongState(f"The import {session.record.name} is not applied yet, so there are no events of it.")
        results.publish_events(session)
        return session.load(EVENTS)


def write_report(session: ImportSession) -> tuple[list[str], list[ErrorCount]]:
    """Store the plan's warnings, and its errors by column and code; return both. No values."""
    columns, of_rows = recorded_mapping(session).columns, row_warnings(session)
    ignored = [f"the column {it.column!r} was ignored: {it.reason}" for it in columns if it.field == IGNORE]
    warnings = [*_file_notes(session), *of_rows, *ignored]
    failures = session.con.sql(sql_blocks("report")["failures"]).fetchall()
    compared = [ErrorCount("", code, text, Severity.ERROR, rows, first) for code, text, rows, first in failures]
    errors = [*compared, *count_errors(session.con, ERRORS)]
    with session.artifacts.writing(REPORT) as path:
        kept = {"warnings": warnings, "errors": [asdict(error) for error in errors]}
        path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return warnings, errors


def row_warnings(session: ImportSession) -> list[str]:
    """Return the row warnings, one per kind, and the match keys that the file lacks."""
    session.view(ERRORS, CHANGES)
    lines = [
        f"{count.message} ({_rows(count.rows)}, first in row {count.first_row})"
        for count in count_errors(session.con, ERRORS)
        if count.severity == Severity.WARNING
    ]
    for code, number, first in session.con.sql(sql_blocks("report")["consent_codes"]).fetchall():
        lines.append(f"{sentence(f'{code}.all')} ({_rows(number)}, first in row {first})")
    lines += probable_duplicates.warnings(session)
    mapped = {column.field for column in session.record.mapping}
    absent = [key for key in session.record.options.match_on if key not in mapped]
    return lines + [f"no column is mapped to {key}: contacts were matched by the other keys only" for key in absent]


def _file_notes(session: ImportSession) -> list[str]:
    """Return how the file was read, and the preset that was applied to all its rows."""
    reading, options = session.record.reading, session.record.options
    notes = list(reading.notes) if reading else []
    if options.suppress:
        notes += opt_out_imports.notes(session.con, CHANGES)
    elif options.preset not in (None, Preset.NONE):
        notes.append(
            f"all rows were treated as opt-outs: by its name or --preset, the file lists {options.preset} ones"
        )
    return notes


def _rows(number: int) -> str:
    return f"{number:,} row" + ("" if number == 1 else "s")
