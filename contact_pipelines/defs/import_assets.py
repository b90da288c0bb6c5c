# ruff: noqa: D401 - an asset's docstring is its description
"""The assets of an import, one per step, and the job that materialises them.

A step reads what the earlier ones left among the import's artifacts and leaves its own result there; Dagster gets
metadata only.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext, ResourceParam

from contact_pipelines import imports
from contact_pipelines.defs import asset_checks, asset_metadata
from contact_pipelines.defs.asset_metadata import Metadata, Stopwatch
from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.partitions_and_tags import BACKFILL_TAG, GROUP, IMPORT_JOB, IMPORTS, OWNERS
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.errors import AlreadyImported, ConservationError, FileError, WrongState
from contact_pipelines.files.artifact_names import CHANGES, ERRORS, EVENTS, MAPPED, STAGED, VALID
from contact_pipelines.imports import columns, compare, land, report, stage, validate
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.models import Counts, Import, ImportStatus, Severity

Events = Iterator[Any]
Result = dg.MaterializeResult[Any]
Step = Callable[[ImportSession], Result | None]


def _import_asset(
    *, kinds: set[str], deps: Sequence[str] = (), check: dg.AssetCheckSpec | None = None, optional: bool = False
) -> Callable[[Step], dg.AssetsDefinition]:
    """Turn a function that runs a step and returns its metadata (None: no materialisation) into an asset."""

    def decorate(step: Step) -> dg.AssetsDefinition:
        @dg.asset(
            name=step.__name__,
            description=inspect.getdoc(step),
            deps=deps,
            kinds=kinds,
            check_specs=[check] if check else [],
            output_required=not optional,
            partitions_def=IMPORTS,
            group_name=GROUP,
            owners=OWNERS,
        )
        def asset(context: AssetExecutionContext, pipelines: ResourceParam[Pipelines]) -> Events:
            watch = Stopwatch()
            with _opened(context, pipelines, deps) as session:
                try:
                    result = step(session)
                except AlreadyImported as error:
                    context.log.info("%s", error)
                    return
                except (FileError, ConservationError) as error:
                    if check:  # the failed check must be recorded before the step fails
                        yield asset_checks.failed(check, error)
                    raise
                if result is not None:
                    yield _timed(result, watch)

        return asset

    return decorate


@contextmanager
def _opened(context: AssetExecutionContext, pipelines: Pipelines, deps: Sequence[str] = ()) -> Iterator[ImportSession]:
    """Open the partition's import, once the artifacts of the assets `deps` exist. Raises only dg.Failure."""
    with plain_failures():
        session = pipelines.session(context.partition_key)
        for name in {STAGED, MAPPED, VALID, ERRORS, CHANGES}.intersection(deps):
            if not session.artifacts.exists(f"{name}.parquet"):
                raise WrongState(
                    f"The import {context.partition_key} has no {name} yet (or its artifacts were removed);"
                    f" materialise {name} first."
                )
        yield session


@_import_asset(kinds={"file"}, optional=True)
def landed_file(session: ImportSession) -> Result:
    """The source file, copied once.

    Retries and reviews read this copy, never the source again. Size and SHA-256 identify the version that was
    imported. If a feed has already imported a file with the same bytes, neither this nor anything downstream is made.
    """
    file = land.run(session)
    return dg.MaterializeResult(
        metadata={
            "file": file.name,
            "size_bytes": file.size,
            "sha256": file.sha256,
            "tenant": session.record.tenant_id,
            "import_id": session.record.id,
            "source": dg.MetadataValue.path(session.record.source),
            "options": dg.MetadataValue.json(session.record.options.model_dump(mode="json")),
        }
    )


@_import_asset(deps=["landed_file"], kinds={"duckdb", "parquet"}, check=asset_checks.STAGED_FILE_IS_IMPORTABLE)
def staged_rows(session: ImportSession) -> Result:
    """Every row of the file as text, with its spreadsheet row number.

    Format, encoding, delimiter, header and table are detected; see the metadata. An unreadable row is kept with its
    text and counts as failed: no row is ever lost.
    """
    stage.run(session)
    rows = asset_metadata.row_count(session, STAGED)
    return dg.MaterializeResult(
        metadata={
            "rows": rows,
            **asset_metadata.reading_metadata(session.record.reading),
            **asset_metadata.artifact_metadata(session, STAGED),
        },
        check_results=[asset_checks.importable("staged_rows", rows=rows)],
    )


@_import_asset(deps=[STAGED], kinds={"duckdb", "parquet"}, check=asset_checks.MAPPED_FILE_IS_IMPORTABLE)
def mapped_contacts(session: ImportSession) -> Result:
    """The columns that are contact fields or properties, still as text.

    The mapping comes from the import's options, completed by suggestions from headers and values; the table in the
    metadata gives the reason for each column.
    """
    columns.run(session)
    mapping = session.record.mapping
    facts = {
        "mapped_columns": sum(column.field != "ignore" for column in mapping),
        "ignored_columns": sum(column.field == "ignore" for column in mapping),
        "new_properties": sum(column.creates is not None for column in mapping),
    }
    return dg.MaterializeResult(
        metadata={
            "rows": asset_metadata.row_count(session, STAGED),
            **facts,
            "mapping": asset_metadata.mapping_table(mapping),
            **asset_metadata.artifact_metadata(session, MAPPED),
        },
        check_results=[asset_checks.importable("mapped_contacts", **facts)],
    )


@dg.multi_asset(
    name="validated_contacts_and_row_errors",
    specs=[
        dg.AssetSpec(
            VALID,
            deps=[MAPPED],
            description="The rows that can be imported, typed.\n\nEmails are lower-cased, phones in E.164, dates"
            " and numbers are what they are. A value that cannot be read but is not vital is left out, with a"
            " warning.",
            kinds={"duckdb", "pandera", "parquet"},
            group_name=GROUP,
            owners=OWNERS,
        ),
        dg.AssetSpec(
            ERRORS,
            deps=[MAPPED],
            description="What is wrong with which row: row number, column, code and sentence, never the value."
            "\n\nAn error rejects its row; a warning only drops the value.",
            kinds={"duckdb", "parquet"},
            group_name=GROUP,
            owners=OWNERS,
        ),
    ],
    check_specs=[asset_checks.ROWS_ARE_VALID],
    partitions_def=IMPORTS,
)
def validated_contacts_and_row_errors(context: AssetExecutionContext, pipelines: ResourceParam[Pipelines]) -> Events:
    """Type and check the mapped rows."""
    watch = Stopwatch()
    with _opened(context, pipelines, [MAPPED]) as session:
        validate.run(session)
        rows, valid = (asset_metadata.row_count(session, name) for name in (MAPPED, VALID))
        faults = asset_metadata.faults_of(session)
        facts = {"rows": rows, "valid_rows": valid, "rejected_rows": rows - valid}
        yield _timed(
            dg.MaterializeResult(
                asset_key=VALID,
                metadata={**facts, **asset_metadata.artifact_metadata(session, VALID)},
                check_results=[asset_checks.rows_are_valid(faults, rejected=rows - valid)],
            ),
            watch,
        )
        yield dg.MaterializeResult(
            asset_key=ERRORS,
            metadata={
                "errors": sum(fault.rows for fault in faults if fault.severity == Severity.ERROR),
                "warnings": sum(fault.rows for fault in faults if fault.severity == Severity.WARNING),
                "broken_rules": asset_metadata.faults_table(faults),
                **asset_metadata.artifact_metadata(session, ERRORS),
            },
        )


@_import_asset(
    deps=[VALID, ERRORS], kinds={"duckdb", "postgres", "parquet"}, check=asset_checks.EVERY_ROW_HAS_ONE_OUTCOME
)
def contact_changes(session: ImportSession) -> Result:
    """The plan: what the import would do with every row of the file.

    The valid rows are compared with the contact store; each row gets one outcome (created, updated, unchanged, skipped
    or failed), with the values before and after. Nothing is written to the store yet.

    An import with the option `review`, or held by its feed's circuit breaker (the metadata say why), stops here.
    Materialise `applied_import` for its partition to confirm it.
    """
    compare.run(session)
    counts = _planned(session)
    imports.review_if_needed(session)
    duplicates = imports.count_duplicates(session)
    return dg.MaterializeResult(
        metadata={
            **counts.as_dict(),
            "compared_rows": asset_metadata.row_count(session, VALID),
            "faults": asset_metadata.row_count(session, ERRORS),
            **({} if duplicates is None else {"probable_duplicates": duplicates}),
            **_review_metadata(_current(session)),
            **asset_metadata.artifact_metadata(session, CHANGES),
        },
        check_results=[asset_checks.one_outcome_each(counts, session.record.rows or 0)],
    )


@dg.asset(
    deps=[CHANGES], kinds={"postgres"}, output_required=False, partitions_def=IMPORTS, group_name=GROUP, owners=OWNERS
)
def applied_import(context: AssetExecutionContext, pipelines: ResourceParam[Pipelines]) -> Events:
    """The plan, written to the contact store in one transaction, once.

    Materialising it for an import that awaits review confirms the review. The plan is applied as shown, except that
    rows whose contacts have changed since fail.

    Materialising it again for an applied import changes nothing and shows its counts. To undo an import, launch the
    job `roll_back_import`. (The asset then stays *materialised*, with an observation that the import was rolled back;
    the import's own status is authoritative.)
    """
    _refuse_backfill(context.run)
    watch = Stopwatch()
    with _opened(context, pipelines, [CHANGES]) as session:
        waits = _current(session).status == ImportStatus.AWAITING_REVIEW
        if waits and _materialises(context.run, CHANGES):
            context.log.info("The import awaits review; materialise applied_import alone to confirm it.")
            return
        planned = _planned(session)
        counts = imports.confirm(session) if waits else imports.apply_import(session)
        changed = {"contacts_changed_meanwhile": planned != counts}
        yield _timed(dg.MaterializeResult(metadata={**counts.as_dict(), **changed}), watch)


@_import_asset(deps=["applied_import"], kinds={"csv"})
def import_report(session: ImportSession) -> Result:
    """The results file, the error file and the warnings.

    The results file is the input's rows with `Import Status` and `Errors` appended. The error file has only the failed
    rows; fix them and import that file.
    """
    told = report.run(session)
    return dg.MaterializeResult(
        metadata={
            "results_file": dg.MetadataValue.path(told.results_file),
            "errors_file": dg.MetadataValue.path(told.errors_file),
            **_current(session).counts.as_dict(),
            "warnings": asset_metadata.bullets(told.warnings) if told.warnings else "none",
            "first_errors": asset_metadata.faults_table(told.errors),
        }
    )


@_import_asset(deps=["applied_import"], kinds={"parquet"}, optional=True)
def contact_events(session: ImportSession) -> Result | None:
    """The contacts that the import created or updated, for downstream automation.

    One row per contact: id, `contact.created` or `contact.updated`, row number in the file and names of the changed
    fields; no values. Not made for an import with the option `events: false`.
    """
    if report.publish_events(session) is None:
        return None
    rows = asset_metadata.row_count(session, EVENTS)
    return dg.MaterializeResult(metadata={"rows": rows, **asset_metadata.artifact_metadata(session, EVENTS)})


IMPORT_ASSETS = [
    landed_file,
    staged_rows,
    mapped_contacts,
    validated_contacts_and_row_errors,
    contact_changes,
    applied_import,
    import_report,
    contact_events,
]

import_contacts = dg.define_asset_job(
    IMPORT_JOB,
    selection=dg.AssetSelection.assets(*IMPORT_ASSETS),
    executor_def=dg.in_process_executor,
    description="All steps of one import, from the file to its report. Started by `start_registered_imports` for"
    " each import in the queue; to bring a file in, launch `new_import`.",
)


def _timed(result: Result, watch: Stopwatch) -> Result:
    metadata = {**(result.metadata or {}), "seconds": watch.seconds}
    return dg.MaterializeResult(asset_key=result.asset_key, metadata=metadata, check_results=result.check_results)


def _refuse_backfill(run: dg.DagsterRun) -> None:
    """Refuse to apply many imports with one click: *All* or *Missing* would select every import that waits."""
    if BACKFILL_TAG in run.tags:
        raise dg.Failure(
            description="A backfill cannot apply imports: it would start every one that is selected, also"
            " those that nobody has looked at. Materialise applied_import for one import at a time.",
            metadata={"code": "backfill_refused"},
            allow_retries=False,
        )


def _materialises(run: dg.DagsterRun, asset: str) -> bool:
    """Return whether the run was started for the asset, among others."""
    return not run.asset_selection or dg.AssetKey(asset) in run.asset_selection


def _planned(session: ImportSession) -> Counts:
    found = dict(session.load(CHANGES).aggregate("outcome, count(*)", "outcome").fetchall())
    return Counts(total=sum(found.values()), **found)


def _review_metadata(record: Import) -> Metadata:
    """Show that an import awaits review, and until when. Its sample of changes is contact data, so it stays out."""
    if record.status != ImportStatus.AWAITING_REVIEW:
        return {}
    return {
        "status": record.status.value,
        "review": "Materialise applied_import for this partition to confirm.",
        **({"held": asset_metadata.bullets(record.held)} if record.held else {}),
        "review_expires_at": dg.MetadataValue.timestamp(record.times["review_expires_at"]),
    }


def _current(session: ImportSession) -> Import:
    return imports.get_import(session.store, session.record.id, tenant_id=session.record.tenant_id)
