"""Prints an import for people: counts, failures, mapping, warnings and files."""

from __future__ import annotations

import typer

from contact_pipelines import imports
from contact_pipelines.cli.printing import (
    duration,
    how_read,
    list_change,
    moment,
    print_facts,
    print_table,
    rows,
    safe,
    size,
)
from contact_pipelines.cli.shapes import reading_shape
from contact_pipelines.models import DEFAULT_TENANT, IGNORE, Import, ImportStatus, Severity
from contact_pipelines.settings import Settings

_MOST_WARNINGS = 10
_MOST_FAULTS = 5


def print_import(settings: Settings, record: Import) -> None:
    """Print the file, the counts, failures, mapping, warnings, and what to do next."""
    _headline(record)
    if record.reading:
        typer.echo(f"  {how_read(reading_shape(record.reading))}\n")
    if record.status in (ImportStatus.COMPLETED, ImportStatus.AWAITING_REVIEW, ImportStatus.ROLLED_BACK):
        _counts(record)
    if record.error:
        typer.echo(f"\n  {safe(record.error)}")
    if record.held:
        typer.echo("\n  " + typer.style("Held, because", bold=True))
        for reason in record.held:
            typer.echo(f"  - {safe(reason)}")
    _failures(settings, record)
    _mapping(record)
    _changes(imports.get_review(settings, record))
    _warnings(imports.import_warnings(settings, record))
    typer.echo()
    print_facts(_where(settings, record))


def print_state(record: Import) -> None:
    """Print when an import began and ended, and its progress."""
    progress, times = record.progress, record.times
    facts: list[tuple[str, object]] = [("Registered", moment(times["created_at"]))]
    if record.status == ImportStatus.RUNNING:
        done = f", {progress.rows_done:,} of {rows(progress.rows_total)}" if progress.rows_total else ""
        left = f", {duration(progress.remaining)} left" if progress.remaining is not None else ""
        facts.append(("Step", f"{progress.step}{done}{left}"))
    if times["finished_at"]:
        facts.append(("Ended", moment(times["finished_at"])))
    if record.rollback:
        counts = ", ".join(f"{number:,} {name}" for name, number in record.rollback.as_dict().items())
        facts.append(("Undone", f"{moment(times['rolled_back_at'])}: {counts}"))
    print_facts([(name, value) for name, value in facts if value])


def _headline(record: Import) -> None:
    what = [rows(record.rows)] if record.rows is not None else []
    if record.file:
        what.append(size(record.file.size))
    seconds = record.duration_seconds
    took = f" in {duration(seconds)}" if seconds is not None else ""
    told = f": {', '.join(what)}" if what else ""
    colour = {ImportStatus.COMPLETED: "green", ImportStatus.FAILED: "red"}.get(record.status)
    status = typer.style(record.status.value.replace("_", " "), fg=colour, bold=True)
    typer.echo(f"{safe(record.file_name)}{told}, {status}{took}\n" if told else f"{safe(record.file_name)}: {status}\n")


def _counts(record: Import) -> None:
    for name, number in record.counts.as_dict().items():
        line = f"  {name:<10}{number:>12,}"
        typer.echo(typer.style(line, fg="red") if name == "failed" and number else line)


def _failures(settings: Settings, record: Import) -> None:
    """Print why rows failed."""
    faults = [fault for fault in imports.import_faults(settings, record) if fault.severity is Severity.ERROR]
    if not record.counts.failed or not faults:
        return
    typer.echo("\n  " + typer.style("Why rows failed", bold=True))
    for fault in faults[:_MOST_FAULTS]:
        typer.echo(f"  - {safe(fault.message)} ({rows(fault.rows)}, first in row {fault.first_row:,})")
    if len(faults) > _MOST_FAULTS:
        typer.echo(f"  - and {len(faults) - _MOST_FAULTS} more reasons; the error file has all of them, row by row")


def _mapping(record: Import) -> None:
    if not record.mapping:
        return
    typer.echo()
    shown = [column for column in record.mapping if column.field != IGNORE]
    print_table(
        ("Column", "Field", "Sure"),
        [(column.column, column.field, f"{column.confidence:.0%}") for column in shown],
        right=(2,),
    )


def _changes(review: imports.Review | None) -> None:
    """Print a sample of the plan's changes."""
    if review is None or not review.changes:
        return
    typer.echo()
    print_table(
        ("Row", "Contact", "Field", "Before", "After"),
        [(c.row, c.action, c.field, *_values(c.before, c.after)) for c in review.changes],
        right=(0,),
    )


def _values(before: object, after: object) -> tuple[str, str]:
    if isinstance(before, list) and isinstance(after, list):
        return list_change(before, after)
    return _value(before), _value(after)


def _value(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _warnings(warnings: list[str]) -> None:
    if not warnings:
        return
    typer.echo("\n  " + typer.style("Warnings", bold=True))
    for warning in warnings[:_MOST_WARNINGS]:
        typer.echo(f"  - {safe(warning)}")
    if len(warnings) > _MOST_WARNINGS:
        typer.echo(f"  - and {len(warnings) - _MOST_WARNINGS} more; `show --json` has all of them")


def _where(settings: Settings, record: Import) -> list[tuple[str, object]]:
    results, errors = imports.result_files(settings, record)
    facts: list[tuple[str, object]] = []
    if results:
        facts.append(("Results", results))
    if errors and record.counts.failed:
        facts.append(("Errors", errors))
    duplicates = imports.duplicates_file(settings, record)
    if duplicates:
        facts.append(("Duplicates", duplicates))
    review = imports.get_review(settings, record)
    if review:
        facts.append(("Preview", review.results_preview))
    facts.append(("Import", f"{record.id} ({record.name})"))
    tenant = "" if record.tenant_id == DEFAULT_TENANT else f" --tenant {record.tenant_id}"
    if review:
        facts.append(("Confirm", f"contact-pipelines confirm {record.id}{tenant}"))
        facts.append(("Cancel", f"contact-pipelines cancel {record.id}{tenant}"))
        facts.append(("Expires", f"{moment(record.times['review_expires_at'])} (UTC)"))
    if record.status == ImportStatus.COMPLETED:
        facts.append(("Undo", f"contact-pipelines rollback {record.id}{tenant}"))
    return facts
