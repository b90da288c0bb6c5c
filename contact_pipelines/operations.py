"""The use cases. Every door (Dagster, command line, HTTP) translates its arguments, calls one of these, reports.

An import is the steps `land`, `stage`, `map_columns`, `validate`, `compare`, `apply`, `report`, in this order. Each
reads what the earlier ones left among the import's artifacts and leaves its own result there, so any of them can
be repeated, in this process or another. `run_import` does them all.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
from sqlalchemy import Connection

from contact_pipelines.errors import ContactsChanged, NotFound, WrongState
from contact_pipelines.files import landing
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.importing import (
    applying,
    describing,
    diffing,
    mapping,
    matching,
    normalising,
    planning,
    reporting,
    rolling_back,
    rules,
    staging,
    validating,
)
from contact_pipelines.importing.describing import FileDescription
from contact_pipelines.importing.duck import identifier, sql_blocks
from contact_pipelines.importing.planning import ColumnPlan
from contact_pipelines.importing.session import ImportSession
from contact_pipelines.importing.validating import ErrorCount
from contact_pipelines.models import (
    DEFAULT_TENANT,
    IGNORE,
    ColumnMapping,
    Counts,
    Import,
    ImportOptions,
    ImportStatus,
    LandedFile,
    RollbackCounts,
    Severity,
)
from contact_pipelines.settings import Settings
from contact_pipelines.store import imports
from contact_pipelines.store.engine import Store
from contact_pipelines.store.properties import add_property, list_properties
from contact_pipelines.store.tenants import ensure_tenant

STAGED, MAPPED, VALID, ERRORS, CHANGES = (
    "staged_rows",
    "mapped_contacts",
    "validated_contacts",
    "row_errors",
    "contact_changes",
)
"""Names of the artifacts between the steps (`<name>.parquet`) and of the Dagster assets that make them."""

REPORT = "report.json"

COMPARED = "compared.txt"
"""Beside the plan: which state of the tenant's imports it was made for (see `imports.applied_mark`)."""

APPLY_ATTEMPTS = 3
"""How often a plan is made anew when other writers changed its contacts between comparing and applying."""


@dataclass(frozen=True)
class Report:
    """What a person is told of an import that was applied."""

    warnings: tuple[str, ...]
    errors: tuple[ErrorCount, ...]
    results_file: str
    errors_file: str


# -- an import, step by step


def register_import(
    store: Store,
    source: str,
    options: ImportOptions | None = None,
    *,
    tenant_id: str = DEFAULT_TENANT,
    door: str = "python",
    idempotency_key: str | None = None,
) -> Import:
    """Put an import of a local file in the queue. Raises FileUnreadable if it is not there, and InvalidOption.

    With an idempotency key that the tenant used before, the import that it was used for is returned.
    """
    path = Path(source).expanduser().absolute()
    landing.require_file(path)
    chosen = rules.checked_rules(options or ImportOptions())
    with store.begin() as connection:
        ensure_tenant(connection, tenant_id)
        return imports.register(
            connection,
            tenant_id=tenant_id,
            source=str(path),
            options=chosen,
            door=door,
            idempotency_key=idempotency_key,
        )


def open_import(store: Store, settings: Settings, record: Import) -> ImportSession:
    """Open an import to run its steps; close it afterwards (or use `with`)."""
    return ImportSession(store, settings.artifacts, record)


def run_import(store: Store, settings: Settings, record: Import) -> Import:
    """Run all steps of a registered import here and now; return it as it is afterwards.

    Of an import that was applied already (by a process that died before its report) only the report is done.
    Raises FileError, StoreError or WrongState; the import is then `failed`, with the same sentence.
    """
    with open_import(store, settings, record) as session:
        try:
            land(session)
            stage(session)
            map_columns(session)
            validate(session)
            compare(session)
        except WrongState:
            if _current(session).status != ImportStatus.COMPLETED:
                raise
        apply(session)
        report(session)
    return get_import(store, record.id, tenant_id=record.tenant_id)


def land(session: ImportSession) -> LandedFile:
    """Copy the source into the artifacts, once: a landed copy is kept when the step is repeated."""
    with session.step("land"):
        if session.record.file is None or not session.artifacts.exists(landing.LANDED):
            file = landing.land(Path(session.record.source), session.artifacts)
            with session.store.begin() as connection:
                imports.record_file(connection, session.record, file)
            session.update(file=file)
        assert session.record.file is not None  # noqa: S101 - landed just now, or before
        return session.record.file


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
            )
        with session.store.begin() as connection:
            imports.record_rows(connection, session.record, staged.row_count)
        session.update(rows=staged.row_count)
        return session.load(STAGED)


def map_columns(session: ImportSession) -> duckdb.DuckDBPyRelation:
    """Find out what each column is and keep the mapped ones as `mapped_contacts`."""
    with session.step("map"):
        staged = session.load(STAGED)
        with session.store.begin() as connection:
            known = list_properties(connection, session.record.tenant_id)
            plan = planning.plan_columns(session.con, staged, known, session.record.options)
            imports.record_mapping(connection, session.record, plan.columns)
        session.update(mapping=plan.columns)
        session.save(MAPPED, planning.map_rows(staged, plan))
        return session.load(MAPPED)


def validate(session: ImportSession) -> tuple[duckdb.DuckDBPyRelation, duckdb.DuckDBPyRelation]:
    """Type and check the mapped rows: `validated_contacts`, and `row_errors` for the others."""
    with session.step("validate"):
        con, plan = session.con, column_plan(session)
        session.load(MAPPED).create_view(MAPPED, replace=True)
        session.load(STAGED).create_view(STAGED, replace=True)
        fields = [column.field for column in plan.mapped]
        typed = normalising.normalise(con, MAPPED, fields, plan.properties, session.record.options)
        con.execute("DROP TABLE IF EXISTS typed_contacts")
        typed.create("typed_contacts")
        validating.create_errors_table(con, "found_errors")
        con.execute(sql_blocks("validating")["broken_rows"])
        book = validating.rule_book(plan.fields, plan.properties, plan.headers)
        validating.validate(con, "typed_contacts", book, "found_errors")
        values = ", ".join(identifier(field) for field in plan.fields)
        session.save(VALID, con.sql(sql_blocks("validating")["valid_rows"].format(values=values)))
        session.save(ERRORS, con.sql("FROM found_errors ORDER BY ALL"))
        con.execute("DROP TABLE typed_contacts; DROP TABLE found_errors")
        return session.load(VALID), session.load(ERRORS)


def compare(session: ImportSession) -> duckdb.DuckDBPyRelation:
    """Compare the valid rows with the store: `contact_changes`, the plan. Nothing is written to contacts."""
    with session.step("compare"):
        return _compare(session)


def apply(session: ImportSession) -> Counts:
    """Write the plan to the store, in one transaction, once: an import that was applied returns its counts.

    Where somebody else changed the plan's contacts meanwhile, the rows are compared anew. Raises ContactsChanged
    if people or other programs do that again and again; imports and rollbacks wait for each other.
    """
    try:
        with session.step("apply") as heartbeat:
            for attempt in range(1, APPLY_ATTEMPTS + 1):
                try:
                    return _apply(session, heartbeat, anew=attempt > 1)
                except ContactsChanged:
                    if attempt == APPLY_ATTEMPTS:
                        raise
            raise AssertionError  # the loop returns or raises
    except WrongState:
        current = _current(session)
        if current.status != ImportStatus.COMPLETED:
            raise
        return current.counts


def report(session: ImportSession) -> Report:
    """Write the results file, the error file and what else a person is told."""
    with session.step("report", after_apply=True):
        for name in (STAGED, CHANGES, ERRORS):
            session.load(name).create_view(name, replace=True)
        header = planning.header_of(session.con.view(STAGED))
        reporting.prepare_outcomes(session.con, CHANGES, ERRORS)
        with session.artifacts.writing(reporting.RESULTS_FILE) as path:
            reporting.write_results(session.con, STAGED, header, path)
        with session.artifacts.writing(reporting.ERRORS_FILE) as path:
            reporting.write_errors(session.con, STAGED, header, path)
        warnings = _warnings(session)
        with session.artifacts.writing(REPORT) as path:
            path.write_text(json.dumps({"warnings": warnings}, ensure_ascii=False), encoding="utf-8")
        return Report(
            warnings=tuple(warnings),
            errors=tuple(validating.count_errors(session.con, ERRORS)),
            results_file=session.artifacts.url(reporting.RESULTS_FILE),
            errors_file=session.artifacts.url(reporting.ERRORS_FILE),
        )


def column_plan(session: ImportSession) -> ColumnPlan:
    """Return what the map step decided about the columns."""
    with session.store.connect() as connection:
        record = imports.get(connection, session.record.tenant_id, session.record.id)
        known = {definition.key: definition for definition in list_properties(connection, record.tenant_id)}
    session.update(mapping=record.mapping, rows=record.rows)
    return planning.with_new_properties(record.mapping, known)


def _compare(session: ImportSession) -> duckdb.DuckDBPyRelation:
    con, plan, record = session.con, column_plan(session), session.record
    session.load(VALID).create_view(VALID, replace=True)
    session.load(ERRORS).create_view(ERRORS, replace=True)
    difference = _difference(record, plan)
    matching.find_duplicates(con, VALID, record.options.duplicates)
    with session.store.begin() as connection:
        mark = imports.applied_mark(connection, record.tenant_id)
    with session.store.raw() as connection:
        matching.find_matches(
            con,
            connection,
            source=VALID,
            tenant_id=record.tenant_id,
            hashed=matching.compared_fields(plan.fields),
            needed=difference.compared,
            given_tags=record.options.tags,
            scratch=session.artifacts.scratch(),
        )
    session.save(CHANGES, diffing.diff(con, VALID, ERRORS, difference))
    with session.artifacts.writing(
        COMPARED
    ) as path:  # after the plan: a mark that is too old only costs time
        path.write_text(mark, encoding="utf-8")
    con.execute("DROP VIEW finals; DROP TABLE matches; DROP TABLE duplicate_rows")
    session.load(CHANGES).create_view(CHANGES, replace=True)
    assert record.rows is not None  # noqa: S101 - staged before
    applying.check_conservation(con, CHANGES, record.rows)
    return session.load(CHANGES)


def _apply(session: ImportSession, heartbeat: imports.Heartbeat, *, anew: bool) -> Counts:
    plan, record = column_plan(session), session.record
    with session.store.begin() as connection:
        imports.lock_tenant(connection, record.tenant_id)
        imports.require_running(connection, record)
        if anew or not _is_up_to_date(session, connection):
            _compare(session)  # under the lock, so that no other import can come in between again
        session.load(CHANGES).create_view(CHANGES, replace=True)
        assert session.record.rows is not None  # noqa: S101 - staged before
        counts = applying.check_conservation(session.con, CHANGES, session.record.rows)
        to_write = counts.created + counts.updated
        warnings = len(_fault_lines(session)) if session.artifacts.exists(f"{ERRORS}.parquet") else 0
        for definition in plan.new_properties:
            add_property(connection, record.tenant_id, definition, import_id=record.id)
        applying.apply_changes(
            connection,
            session.con,
            record,
            CHANGES,
            counts=counts,
            updated_fields=_difference(record, plan).updated_columns,
            progress=lambda done: heartbeat.advance(done, to_write),
        )
        imports.complete(connection, record, counts, warnings)
    return counts


def _is_up_to_date(session: ImportSession, connection: Connection) -> bool:
    """Say whether no import of the tenant was applied or undone since this one was compared.

    The versions of the contacts that an import writes are checked one by one; this is for those that it read and
    leaves alone. Without it two imports could each miss what the other does, as they could not one after the other.
    """
    if not session.artifacts.exists(COMPARED):
        return False
    mark = session.artifacts.reading(COMPARED).read_text(encoding="utf-8")
    return mark == imports.applied_mark(connection, session.record.tenant_id)


def _current(session: ImportSession) -> Import:
    return get_import(session.store, session.record.id, tenant_id=session.record.tenant_id)


def _difference(record: Import, plan: ColumnPlan) -> diffing.Difference:
    return diffing.Difference(plan.fields, plan.properties, record.options)


def _fault_lines(session: ImportSession) -> list[str]:
    """Tell the warnings of rows, one sentence a kind."""
    session.load(ERRORS).create_view(ERRORS, replace=True)
    session.load(CHANGES).create_view(CHANGES, replace=True)
    lines = [
        f"{count.message} ({_rows(count.rows)}, first in row {count.first_row})"
        for count in validating.count_errors(session.con, ERRORS)
        if count.severity == Severity.WARNING
    ]
    kept = session.con.sql(sql_blocks("reporting")["consent_kept"]).fetchall()[0]
    if kept is not None and kept[0]:
        lines.append(
            f"status was kept for contacts that have opted out ({_rows(kept[0])}, first in row {kept[1]})"
        )
    return lines


def _warnings(session: ImportSession) -> list[str]:
    ignored = [
        f"the column {column.column!r} was ignored: {column.reason}"
        for column in column_plan(session).columns
        if column.field == IGNORE
    ]
    return [*_fault_lines(session), *ignored]


def _rows(number: int) -> str:
    return f"{number:,} row" + ("" if number == 1 else "s")


# -- undoing


def roll_back_import(
    store: Store, key: str, *, tenant_id: str = DEFAULT_TENANT, dry_run: bool = False
) -> tuple[Import, RollbackCounts]:
    """Undo a completed import, in one transaction; waits while another import of the tenant is applied.

    A dry run counts what would happen and changes nothing. Raises NotFound, and WrongState if the import is not
    completed (a second rollback, for instance).
    """
    from contact_pipelines.store.waiting import wait_for_running_imports

    record = get_import(store, key, tenant_id=tenant_id)
    _require_completed(record)
    wait_for_running_imports(store, tenant_id)
    with store.connect() as connection:
        with connection.begin() as transaction:
            imports.lock_tenant(connection, tenant_id)
            _require_completed(imports.get(connection, tenant_id, record.id))
            counts = rolling_back.roll_back(connection, record)
            if dry_run:
                transaction.rollback()
            else:
                imports.record_rollback(connection, record, counts)
    return get_import(store, record.id, tenant_id=tenant_id), counts


def _require_completed(record: Import) -> None:
    if record.status == ImportStatus.ROLLED_BACK:
        raise WrongState(f"The import {record.name} was rolled back already; there is nothing left to undo.")
    if record.status != ImportStatus.COMPLETED:
        raise WrongState(
            f"The import {record.name} is {record.status}; only a completed import can be rolled back."
        )


# -- looking


def get_import(store: Store, key: str, *, tenant_id: str = DEFAULT_TENANT) -> Import:
    """Return an import by its id or its readable name. Raises NotFound."""
    with store.connect() as connection:
        return imports.get(connection, tenant_id, key)


def list_imports(store: Store, *, tenant_id: str = DEFAULT_TENANT, limit: int = 50) -> list[Import]:
    """Return the latest imports, newest first; those whose process died are marked as failed on the way."""
    with store.begin() as connection:
        imports.running(connection, tenant_id)
        return imports.recent(connection, tenant_id, limit)


def import_warnings(settings: Settings, record: Import) -> list[str]:
    """Return the sentences that the import's report holds; none before it is written."""
    artifacts = ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
    try:
        return list(json.loads(artifacts.reading(REPORT).read_text(encoding="utf-8"))["warnings"])
    except FileNotFoundError:
        return []
    finally:
        artifacts.close()


def result_files(settings: Settings, record: Import) -> tuple[str | None, str | None]:
    """Return where the results file and the error file are; None where there is none (yet)."""
    artifacts = ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
    found = [
        name if artifacts.exists(name) else None for name in (reporting.RESULTS_FILE, reporting.ERRORS_FILE)
    ]
    results, errors = (None if name is None else artifacts.url(name) for name in found)
    return results, errors


def copy_results(
    settings: Settings, record: Import, target: Path, *, which: Literal["results", "errors"] = "results"
) -> None:
    """Copy the results file or the error file to a local path. Raises NotFound if the import has none."""
    name = reporting.RESULTS_FILE if which == "results" else reporting.ERRORS_FILE
    artifacts = ArtifactFolder(settings.artifacts, record.tenant_id, record.id)
    try:
        shutil.copyfile(artifacts.reading(name), target)
    except FileNotFoundError:
        raise NotFound(f"The import {record.name} is {record.status} and has no {which} file.") from None
    finally:
        artifacts.close()


def describe_file(path: Path) -> tuple[FileDescription, list[ColumnMapping]]:
    """Return how a file is written and which field each of its columns is taken for. Raises FileError.

    Only its beginning is read; a header without rows is enough.
    """
    landing.require_file(path)
    found = describing.describe(path)
    return found, mapping.suggest(found.header, found.samples)
