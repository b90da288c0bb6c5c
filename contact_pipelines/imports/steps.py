"""An import, step by step. See the package for how the steps hang together."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
from sqlalchemy import Connection

from contact_pipelines.contacts.properties import add_property, ensure_properties, list_properties
from contact_pipelines.errors import (
    AddressSuppressed,
    AlreadyImported,
    ConsentProtected,
    ContactsChanged,
    StoreUnavailable,
    WrongState,
)
from contact_pipelines.files.artifact_names import (
    CHANGES,
    COMPARED,
    ERRORS,
    EVENTS,
    MAPPED,
    REPORT,
    REVIEW,
    STAGED,
    VALID,
)
from contact_pipelines.files.duck import identifier, sql_blocks
from contact_pipelines.imports import drafts, landing, reporting, reviewing, sources
from contact_pipelines.imports.apply import applying, grouping
from contact_pipelines.imports.apply.import_tag import import_tag
from contact_pipelines.imports.columns import judging, planning
from contact_pipelines.imports.columns.planning import ColumnPlan
from contact_pipelines.imports.compare import diffing, matching, opt_out_imports, probable_duplicates
from contact_pipelines.imports.lookups import get_import
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.imports.stage import staging
from contact_pipelines.imports.validate import validating
from contact_pipelines.imports.validate.validating import ErrorCount
from contact_pipelines.models import IGNORE, Counts, Import, ImportStatus, LandedFile, Preset, Severity
from contact_pipelines.store import imports_table, reviews, saved_mappings, waiting, watched_files

APPLY_ATTEMPTS = 3
"""How often a plan is made anew when other writers changed its contacts between comparing and applying."""

MOVED_MEANWHILE = (ContactsChanged, AddressSuppressed, ConsentProtected)
"""What says that the plan is stale: somebody changed a contact, opted out, or was put on the suppression list since."""

_CONSENT_NOTES = {
    "consent_kept": "status was kept for contacts that have opted out",
    "consent_forced": "contacts that had opted out were subscribed again, as --force-status says",
    "consent_from_duplicate": "opt-outs were taken over from other rows of the same person",
}

Prepare = Callable[[ImportSession, Connection, int], None]
"""Sees to it that the plan is one that may be applied; called with the tenant's lock held, and which attempt it is."""


@dataclass(frozen=True)
class Report:
    """What a person is told of an import that was applied."""

    warnings: tuple[str, ...]
    errors: tuple[ErrorCount, ...]
    results_file: str
    errors_file: str


def land(session: ImportSession) -> LandedFile:
    """Copy the source into the artifacts, once: a landed copy is kept when the step is repeated.

    Raises AlreadyImported if a feed took a file whose bytes it brought before; the import is `cancelled` then.
    """
    with session.step("land"):
        if session.record.file is None or not session.artifacts.exists(landing.LANDED):
            with session.store.connect() as connection:
                version = watched_files.version_of(connection, session.record) if session.record.feed else None
            file = sources.land_source(session, version=version)
            with session.store.begin() as connection:
                imports_table.record_file(connection, session.record, file)
            session.update(file=file)
            _refuse_same_bytes(session, file)
        assert session.record.file is not None  # noqa: S101 - landed just now, or before
        return session.record.file


def _refuse_same_bytes(session: ImportSession, file: LandedFile) -> None:
    """End the import, visibly, if its feed brought the same file before. What a person asks for is always imported."""
    record = session.record
    if record.feed is None:
        return
    with session.store.begin() as connection:
        before = watched_files.imported_before(connection, record, file.sha256)
        if before is None:
            return
        why = f"{record.file_name} was already imported as {before.name}: it has the same bytes. Nothing was written."
        reviews.cancel(connection, record, why, code=AlreadyImported.code)
    session.artifacts.discard(landing.LANDED)
    raise AlreadyImported(why)


def stage(session: ImportSession) -> duckdb.DuckDBPyRelation:
    """Read the landed file into `staged_rows`: all text, every row of the file accounted for."""
    with session.step("stage"):
        landed = session.artifacts.reading(landing.LANDED)
        with session.artifacts.writing(f"{STAGED}.parquet") as target:
            staged = staging.stage(
                session.con,
                landed,
                target,
                scratch=session.artifacts.scratch(),
                file_name=session.record.file_name,
                options=session.record.options,
                limits=session.house.limits,
            )
        with session.store.begin() as connection:
            imports_table.record_rows(connection, session.record, staged.row_count, staged.reading)
        session.update(rows=staged.row_count, reading=staged.reading)
        return session.load(STAGED)


def map_columns(session: ImportSession) -> duckdb.DuckDBPyRelation:
    """Find out what each column is and keep the mapped ones as `mapped_contacts`."""
    with session.step("map"):
        tenant_id = session.record.tenant_id
        options = judging.with_preset(session.record.options, session.record.file_name)
        staged = session.load(STAGED)
        staged.create_view(STAGED, replace=True)
        header = planning.header_of(staged)
        with session.store.begin() as connection:
            ensure_properties(connection, tenant_id, session.house.properties)
            known = list_properties(connection, tenant_id)
            saved = judging.find_saved_mapping(connection, tenant_id, header, options)
        plan = judging.plan_columns(
            session.con, known, options, session.house, saved, file_name=session.record.file_name
        )
        to_save = {column.column: column.field for column in plan.columns}  # what they are, be it used here or not
        if options.suppress:
            columns, options = opt_out_imports.reduce_columns(plan.columns, options)
            plan = planning.with_new_properties(columns, plan.properties, options)
        with session.store.begin() as connection:
            imports_table.record_mapping(connection, session.record, plan.columns, options)
            if options.save_mapping:
                saved_mappings.save(connection, tenant_id, options.save_mapping, header, to_save)
        session.update(mapping=plan.columns, options=options)
        session.save(MAPPED, planning.map_rows(staged, plan))
        return session.load(MAPPED)


def validate(session: ImportSession) -> tuple[duckdb.DuckDBPyRelation, duckdb.DuckDBPyRelation]:
    """Type and check the mapped rows: `validated_contacts`, and `row_errors` for the others."""
    with session.step("validate"):
        con, plan = session.con, column_plan(session)
        session.load(MAPPED).create_view(MAPPED, replace=True)
        session.load(STAGED).create_view(STAGED, replace=True)
        judging.judge(con, plan, session.record.options, session.house)
        values = ", ".join(identifier(field) for field in plan.fields)
        session.save(VALID, con.sql(sql_blocks("validating")["valid_rows"].format(values=values)))
        session.save(ERRORS, con.sql(f"FROM {judging.FOUND_ERRORS} ORDER BY ALL"))
        con.execute(f"DROP TABLE {judging.TYPED}; DROP TABLE {judging.FOUND_ERRORS}")
        return session.load(VALID), session.load(ERRORS)


def compare(session: ImportSession) -> duckdb.DuckDBPyRelation:
    """Compare the valid rows with the store: `contact_changes`, the plan. Nothing is written to contacts."""
    with session.step("compare"):
        return make_plan(session)


def await_review(session: ImportSession, *, held: Sequence[str] = (), expires_after: float | None = None) -> None:
    """Leave the plan to a person: the import awaits review, with a preview of its results and a sample of changes.

    `held`: why, if nobody asked for a review; `expires_after`: seconds, if not as the options and the settings say.
    The plan's SHA-256 goes to the store; what is confirmed later is this plan (see `imports.review`).
    """
    try:
        _await_review(session, held, expires_after)
    except StoreUnavailable:
        if settled(session).status != ImportStatus.AWAITING_REVIEW:  # else only the answer to the COMMIT was lost
            raise


def _await_review(session: ImportSession, held: Sequence[str], expires_after: float | None) -> None:
    with session.step("review"):
        drafts.preview(session)
        probable_duplicates.publish(session)
        _write_report(session)
        with session.artifacts.writing(REVIEW) as path:
            sample = [asdict(change) for change in reviewing.sample_changes(session.con, CHANGES)]
            path.write_text(json.dumps({"changes": sample}, ensure_ascii=False), encoding="utf-8")
        with session.store.begin() as connection:
            reviews.await_review(
                connection,
                session.record,
                applying.count_outcomes(session.con, CHANGES),
                warnings=len(_fault_lines(session)),
                plan_sha256=reviewing.sha256_of(session.artifacts.reading(f"{CHANGES}.parquet")),
                expires_after=expires_after or session.record.options.review_expires or session.house.review_expires,
                held=held,
            )


def apply(session: ImportSession) -> Counts:
    """Write the plan to the store, in one transaction, once: an import that was applied returns its counts.

    Waits while an older import of the tenant runs. Where somebody else changed the plan's contacts meanwhile, the rows
    are compared anew. Raises ContactsChanged if people or other programs do that again and again; imports and
    rollbacks wait for each other.
    """
    try:
        with session.step("apply") as heartbeat:
            waiting.wait_for_turn(session.store, session.record, heartbeat)
            return apply_plan(session, heartbeat, _renew_plan, was=ImportStatus.RUNNING)
    except (WrongState, StoreUnavailable):
        # Another process has applied it; or this one has, and only the answer to its COMMIT was lost.
        current = settled(session)
        if current.status != ImportStatus.COMPLETED:
            raise
        return current.counts


def apply_plan(
    session: ImportSession, heartbeat: imports_table.Heartbeat, prepare: Prepare, *, was: ImportStatus
) -> Counts:
    """Apply the plan of an import that `was` running or awaiting review, within a step of its session.

    Where contacts of the plan change while it is written, `prepare` gets another chance, APPLY_ATTEMPTS in all.
    """
    for attempt in range(1, APPLY_ATTEMPTS + 1):
        try:
            return _apply(session, heartbeat, prepare, attempt, was)
        except MOVED_MEANWHILE:
            if attempt == APPLY_ATTEMPTS:
                raise
    raise AssertionError  # the loop returns or raises


def settled(session: ImportSession) -> Import:
    """Return the import as the store has it, when nobody is changing it at this moment. Raises StoreUnavailable."""
    with session.store.begin() as connection:
        return imports_table.get_settled(connection, session.record)


def report(session: ImportSession) -> Report:
    """Write the results file, the error file and what else a person is told."""
    with session.step("report", claims=False):
        probable_duplicates.publish(session)
        warnings, errors = _write_report(session)
        drafts.publish(session)  # last of all: results that are there say that the report is whole
        return Report(
            warnings=tuple(warnings),
            errors=tuple(errors),
            results_file=session.artifacts.url(reporting.RESULTS_FILE),
            errors_file=session.artifacts.url(reporting.ERRORS_FILE),
        )


def publish_events(session: ImportSession) -> duckdb.DuckDBPyRelation | None:
    """Return `contact_events` of an import that is applied, made if missing; None if its options turn them off.

    They stay what they were when the import is undone. A part of the report: it has no step of its own.
    """
    if not session.record.options.events:
        return None
    with session.step("report", claims=False):
        if _current(session).status not in (ImportStatus.COMPLETED, ImportStatus.ROLLED_BACK):
            raise WrongState(f"The import {session.record.name} is not applied yet, so there are no events of it.")
        drafts.publish_events(session)
        return session.load(EVENTS)


def column_plan(session: ImportSession) -> ColumnPlan:
    """Return what the map step decided about the columns."""
    with session.store.connect() as connection:
        record = imports_table.get(connection, session.record.tenant_id, session.record.id)
        known = {definition.key: definition for definition in list_properties(connection, record.tenant_id)}
    session.update(mapping=record.mapping, rows=record.rows, reading=record.reading, options=record.options)
    return planning.with_new_properties(record.mapping, known, record.options)


def make_plan(session: ImportSession, name: str = CHANGES) -> duckdb.DuckDBPyRelation:
    """Compare the valid rows with the store as it is now; keep the plan under this name."""
    con, plan, record = session.con, column_plan(session), session.record
    session.load(VALID).create_view(VALID, replace=True)
    session.load(ERRORS).create_view(ERRORS, replace=True)
    with session.store.begin() as connection:
        mark = imports_table.applied_mark(connection, record.tenant_id)
    if record.options.suppress:
        _plan_opt_outs(session, plan, name)
    else:
        _plan_changes(session, plan, name)
    with session.artifacts.writing(COMPARED) as path:  # after the plan: a mark that is too old only costs time
        path.write_text(mark, encoding="utf-8")
    session.load(name).create_view(name, replace=True)
    assert record.rows is not None  # noqa: S101 - staged before
    applying.check_conservation(con, name, record.rows)
    return session.load(name)


def _plan_changes(session: ImportSession, plan: ColumnPlan, name: str) -> None:
    con, record = session.con, session.record
    difference = _difference(session, plan)
    with session.store.begin() as connection:
        groups = grouping.wanted_groups(connection, record)
    its = matching.Matching(VALID, record.tenant_id, difference, groups, session.artifacts.scratch())
    with session.store.raw() as connection:
        source = matching.match(con, connection, its)
        if record.options.fuzzy:
            source = probable_duplicates.resolve(session, connection, its, source)
    session.save(name, diffing.diff(con, source, ERRORS, difference))
    for table in (*diffing.TABLES, *matching.TABLES, *probable_duplicates.TABLES):
        con.execute(f"DROP TABLE IF EXISTS {table}")


def _plan_opt_outs(session: ImportSession, plan: ColumnPlan, name: str) -> None:
    record = session.record
    its = opt_out_imports.Suppressing(
        VALID, ERRORS, record.tenant_id, plan.fields, record.options, session.artifacts.scratch()
    )
    with session.store.raw() as connection:
        changes = opt_out_imports.plan(session.con, connection, its)
    session.save(name, changes)
    opt_out_imports.forget(session.con)


def _apply(
    session: ImportSession, heartbeat: imports_table.Heartbeat, prepare: Prepare, attempt: int, was: ImportStatus
) -> Counts:
    plan, record = column_plan(session), session.record
    with session.store.begin() as connection:
        imports_table.lock_tenant(connection, record.tenant_id)
        imports_table.require_status(connection, record, was)
        prepare(session, connection, attempt)
        session.load(CHANGES).create_view(CHANGES, replace=True)
        assert session.record.rows is not None  # noqa: S101 - staged before
        counts = applying.check_conservation(session.con, CHANGES, session.record.rows)
        to_write = counts.created + counts.updated
        warnings = len(_fault_lines(session)) if session.artifacts.exists(f"{ERRORS}.parquet") else 0
        for definition in plan.new_properties:
            add_property(connection, record.tenant_id, definition, import_id=record.id)
        groups = grouping.prepare_groups(connection, record)
        planned = session.artifacts.reading(f"{CHANGES}.parquet")
        to_do, updated_fields = _number_contacts(session, plan, planned, counts)
        with drafts.drafting(session):
            applying.apply_changes(
                connection,
                session.con,
                record,
                counts=to_do,
                updated_fields=updated_fields,
                groups=groups,
                progress=lambda done: heartbeat.advance(done, to_write),
            )
            if record.options.suppress:
                opt_out_imports.add_addresses(connection, session.con, record, planned)
        imports_table.complete(connection, record, counts, warnings, was=was)
    return counts


def _number_contacts(
    session: ImportSession, plan: ColumnPlan, planned: Path, counts: Counts
) -> tuple[Counts, Sequence[str]]:
    """Make the view of the contacts to be written; return how many there are, and the columns that an update sets."""
    if session.record.options.suppress:
        return opt_out_imports.plan_contacts(session.con, planned, counts), opt_out_imports.UPDATED_FIELDS
    applying.number_contacts(session.con, session.record, planned)
    return counts, _difference(session, plan).updated_columns


def _renew_plan(session: ImportSession, connection: Connection, attempt: int) -> None:
    """Make the plan anew, under the lock so that no other import can come in between again, if it may be stale."""
    if attempt > 1 or not _is_up_to_date(session, connection):
        make_plan(session)


def _is_up_to_date(session: ImportSession, connection: Connection) -> bool:
    """Say whether no import of the tenant was applied or undone since this one was compared.

    The versions of the contacts that an import writes are checked one by one; this is for those that it read and
    leaves alone. Without it two imports could each miss what the other does, as they could not one after the other.
    """
    if not session.artifacts.exists(COMPARED):
        return False
    mark = session.artifacts.reading(COMPARED).read_text(encoding="utf-8")
    return mark == imports_table.applied_mark(connection, session.record.tenant_id)


def _current(session: ImportSession) -> Import:
    return get_import(session.store, session.record.id, tenant_id=session.record.tenant_id)


def _difference(session: ImportSession, plan: ColumnPlan) -> diffing.Difference:
    return diffing.Difference(
        plan.fields,
        plan.properties,
        session.record.options,
        session.house.fields,
        has_opt_in=plan.has_opt_in,
        import_tag=import_tag(session.record),
    )


def _fault_lines(session: ImportSession) -> list[str]:
    """Tell the warnings of rows, one sentence a kind, and the match keys that the file lacks."""
    session.load(ERRORS).create_view(ERRORS, replace=True)
    session.load(CHANGES).create_view(CHANGES, replace=True)
    lines = [
        f"{count.message} ({_rows(count.rows)}, first in row {count.first_row})"
        for count in validating.count_errors(session.con, ERRORS)
        if count.severity == Severity.WARNING
    ]
    for code, number, first in session.con.sql(sql_blocks("reporting")["consent_codes"]).fetchall():
        lines.append(f"{_CONSENT_NOTES[code]} ({_rows(number)}, first in row {first})")
    mapped = {column.field for column in session.record.mapping}
    absent = [key for key in session.record.options.match_on if key not in mapped]
    lines += probable_duplicates.warnings(session)
    lines += [f"no column is mapped to {key}: contacts were recognised by the other keys only" for key in absent]
    return lines


def _warnings(session: ImportSession) -> list[str]:
    ignored = [
        f"the column {column.column!r} was ignored: {column.reason}"
        for column in column_plan(session).columns
        if column.field == IGNORE
    ]
    faults = _fault_lines(session)
    reading, preset = session.record.reading, session.record.options.preset
    notes = list(reading.notes) if reading else []
    if session.record.options.suppress:
        notes += opt_out_imports.notes(session.con, CHANGES)
    elif preset not in (None, Preset.NONE):
        notes.append(f"all rows were taken for people who left: the file, by its name or --preset, lists {preset} ones")
    return [*notes, *faults, *ignored]


def _write_report(session: ImportSession) -> tuple[list[str], list[ErrorCount]]:
    """Keep the warnings and the faults of rows for whoever asks later, and return them."""
    warnings, errors = _warnings(session), reporting.count_faults(session.con, CHANGES, ERRORS)
    with session.artifacts.writing(REPORT) as path:
        kept = {"warnings": warnings, "errors": [asdict(error) for error in errors]}
        path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return warnings, errors


def _rows(number: int) -> str:
    return f"{number:,} row" + ("" if number == 1 else "s")
