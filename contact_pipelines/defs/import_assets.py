# ruff: noqa: D401 - an asset's docstring is its description
"""The assets of an import, one a step. Each opens the run's session, calls one operation and reports.

They are generators where a failed check has to be on record before the step fails.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext, ResourceParam

from contact_pipelines.defs import asset_checks, asset_metadata
from contact_pipelines.defs.asset_metadata import Metadata, Stopwatch, reading_metadata
from contact_pipelines.defs.failures import plain_failures
from contact_pipelines.defs.parquet_io import row_count
from contact_pipelines.defs.partitions_and_tags import ARTIFACTS, BACKFILL_TAG, GROUP, IMPORTS, OWNERS
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.errors import AlreadyImported, FileError
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.models import Counts, Import, ImportStatus, Severity

Relation = Any  # a DuckDB relation; Dagster would import duckdb to check the type
Events = Iterator[Any]
Result = dg.MaterializeResult[Any]


@dg.asset(kinds={"file"}, partitions_def=IMPORTS, group_name=GROUP, owners=OWNERS, output_required=False)
def landed_file(context: AssetExecutionContext, pipelines: ResourceParam[Pipelines]) -> Events:
    """The file as it came, copied once.

    Retries and reviews read this copy, never the source again. Its size and SHA-256 say which version of the file
    was imported. Not made, and nothing after it, of a feed's file that has the bytes of one that it brought before.
    """
    from contact_pipelines.imports import land

    watch = Stopwatch()
    with plain_failures():
        session = pipelines.session(context.partition_key)
        try:
            file = land.run(session)
        except AlreadyImported as error:
            context.log.info("%s", error)
            return
        yield dg.MaterializeResult(
            metadata={
                "file": file.name,
                "size_bytes": file.size,
                "sha256": file.sha256,
                "tenant": session.record.tenant_id,
                "import_id": session.record.id,
                "source": dg.MetadataValue.path(session.record.source),
                "options": dg.MetadataValue.json(session.record.options.model_dump(mode="json")),
                "seconds": watch.seconds,
            }
        )


@dg.asset(
    deps=[landed_file],
    kinds={"duckdb", "parquet"},
    io_manager_key=ARTIFACTS,
    check_specs=[asset_checks.STAGED_FILE_IS_IMPORTABLE],
    partitions_def=IMPORTS,
    group_name=GROUP,
    owners=OWNERS,
)
def staged_rows(context: AssetExecutionContext, pipelines: ResourceParam[Pipelines]) -> Events:
    """Every row of the file as text, with its number as a spreadsheet shows it.

    Format, encoding, delimiter, header and table are found out; the metadata tells how. A row that cannot be read
    is kept with its text and counts as failed: no row is ever lost.
    """
    from contact_pipelines.imports import stage

    watch = Stopwatch()
    with plain_failures():
        session = pipelines.session(context.partition_key)
        try:
            rows = stage.run(session)
        except FileError as error:
            yield asset_checks.not_importable("staged_rows", error)
            raise
        count = row_count(rows)
        yield dg.MaterializeResult(
            value=rows,
            metadata={"rows": count, **reading_metadata(session.record.reading), "seconds": watch.seconds},
            check_results=[asset_checks.importable("staged_rows", rows=count)],
        )


@dg.asset(
    kinds={"duckdb", "parquet"},
    io_manager_key=ARTIFACTS,
    check_specs=[asset_checks.MAPPED_FILE_IS_IMPORTABLE],
    partitions_def=IMPORTS,
    group_name=GROUP,
    owners=OWNERS,
)
def mapped_contacts(
    context: AssetExecutionContext, pipelines: ResourceParam[Pipelines], staged_rows: Relation
) -> Events:
    """The columns that are contact fields or properties, still as text.

    The mapping is what the import's options say, completed by what headers and values suggest; the table in
    the metadata tells the reason for each column.
    """
    from contact_pipelines.imports import columns

    watch = Stopwatch()
    with plain_failures():
        session = pipelines.session(context.partition_key)
        try:
            rows = columns.run(session)
        except FileError as error:
            yield asset_checks.not_importable("mapped_contacts", error)
            raise
        mapping = session.record.mapping
        facts = {
            "mapped_columns": sum(column.field != "ignore" for column in mapping),
            "ignored_columns": sum(column.field == "ignore" for column in mapping),
            "new_properties": sum(column.creates is not None for column in mapping),
        }
        yield dg.MaterializeResult(
            value=rows,
            metadata={
                "rows": row_count(staged_rows),
                **facts,
                "mapping": asset_metadata.mapping_table(mapping),
                "seconds": watch.seconds,
            },
            check_results=[asset_checks.importable("mapped_contacts", **facts)],
        )


@dg.multi_asset(
    outs={
        "validated_contacts": dg.AssetOut(
            description="The rows that can be imported, typed.\n\nEmails are lower-cased, phones in E.164, dates"
            " and numbers are what they are. A value that cannot be read but is not vital is left out, with a"
            " warning.",
            kinds={"duckdb", "pandera", "parquet"},
            group_name=GROUP,
            owners=OWNERS,
            io_manager_key=ARTIFACTS,
        ),
        "row_errors": dg.AssetOut(
            description="What is wrong with which row: row number, column, code and sentence, never the value."
            "\n\nAn error rejects its row; a warning only drops the value.",
            kinds={"duckdb", "parquet"},
            group_name=GROUP,
            owners=OWNERS,
            io_manager_key=ARTIFACTS,
        ),
    },
    check_specs=[asset_checks.ROWS_ARE_VALID],
    partitions_def=IMPORTS,
    name="validated_contacts_and_row_errors",
)
def validated_contacts_and_row_errors(
    context: AssetExecutionContext, pipelines: ResourceParam[Pipelines], mapped_contacts: Relation
) -> Events:
    """Type and check the mapped rows."""
    from contact_pipelines.imports import validate
    from contact_pipelines.imports.validate import validating

    watch = Stopwatch()
    with plain_failures():
        session = pipelines.session(context.partition_key)
        valid, errors = validate.run(session)
        errors.create_view("row_errors", replace=True)
        faults = validating.count_errors(session.con, "row_errors")
        rows, accepted = row_count(mapped_contacts), row_count(valid)
        metadata = {"rows": rows, "seconds": watch.seconds}
        yield dg.Output(
            valid,
            output_name="validated_contacts",
            metadata={**metadata, "valid_rows": accepted, "rejected_rows": rows - accepted},
        )
        yield dg.Output(
            errors,
            output_name="row_errors",
            metadata={
                "errors": sum(fault.rows for fault in faults if fault.severity == Severity.ERROR),
                "warnings": sum(fault.rows for fault in faults if fault.severity == Severity.WARNING),
                "broken_rules": asset_metadata.faults_table(faults),
            },
        )
        yield asset_checks.rows_are_valid(faults, rejected=rows - accepted)


@dg.asset(
    kinds={"duckdb", "postgres", "parquet"},
    io_manager_key=ARTIFACTS,
    check_specs=[asset_checks.EVERY_ROW_HAS_ONE_OUTCOME],
    partitions_def=IMPORTS,
    group_name=GROUP,
    owners=OWNERS,
)
def contact_changes(
    context: AssetExecutionContext,
    pipelines: ResourceParam[Pipelines],
    validated_contacts: Relation,
    row_errors: Relation,
) -> Events:
    """The plan: what the import would do with every row of the file.

    The valid rows are compared with the contact store; each row gets one outcome (created, updated,
    unchanged, skipped or failed), with the values before and after. Nothing is written to the store yet.

    An import with the option `review` ends here and awaits it, and so does one that its feed's circuit breaker holds
    (the metadata tell why): materialise `applied_import` for its partition to
    confirm.
    """
    from contact_pipelines import imports
    from contact_pipelines.imports import compare

    watch = Stopwatch()
    with plain_failures():
        session = pipelines.session(context.partition_key)
        changes = compare.run(session)
        counts = _outcomes(changes)
        imports.review_if_needed(session)
        yield dg.MaterializeResult(
            value=changes,
            metadata={
                **asset_metadata.counts_metadata(counts),
                "compared_rows": row_count(validated_contacts),
                "faults": row_count(row_errors),
                **_duplicates_metadata(session),
                **_review_metadata(session),
                "seconds": watch.seconds,
            },
            check_results=[asset_checks.one_outcome_each(counts, session.record.rows or 0)],
        )


@dg.asset(kinds={"postgres"}, partitions_def=IMPORTS, group_name=GROUP, owners=OWNERS, output_required=False)
def applied_import(
    context: AssetExecutionContext, pipelines: ResourceParam[Pipelines], contact_changes: Relation
) -> Events:
    """The plan written to the contact store, in one transaction, once.

    Materialising it for an import that awaits review confirms that. What was planned is done, but for rows whose
    contacts have changed since the review: those fail.

    Materialising it again for an import that was applied changes nothing and tells its counts. To undo an
    import, launch the job `roll_back_import`. (This asset then still says *materialised*, with an observation
    that the import was rolled back; the import's own status is the truth.)
    """
    from contact_pipelines import imports

    _refuse_backfill(context)
    watch = Stopwatch()
    with plain_failures():
        session = pipelines.session(context.partition_key)
        waits = _current(session).status == ImportStatus.AWAITING_REVIEW
        if waits and _is_of_this_run(context, "contact_changes"):
            context.log.info("The import awaits review; materialise applied_import alone to confirm it.")
            return
        planned = _outcomes(contact_changes)
        counts = imports.confirm(session) if waits else imports.apply_import(session)
        yield dg.MaterializeResult(
            metadata={
                **asset_metadata.counts_metadata(counts),
                "contacts_changed_meanwhile": planned != counts,
                "seconds": watch.seconds,
            }
        )


@dg.asset(deps=[applied_import], kinds={"csv"}, partitions_def=IMPORTS, group_name=GROUP, owners=OWNERS)
def import_report(context: AssetExecutionContext, pipelines: ResourceParam[Pipelines]) -> Result:
    """What a person is told: the results file, the error file and the warnings.

    The results file is the input's rows with `Import Status` and `Errors` appended. The error file has the
    failed rows only; mended, it can be imported as it is.
    """
    from contact_pipelines.imports import report

    watch = Stopwatch()
    with plain_failures():
        session = pipelines.session(context.partition_key)
        told = report.run(session)
        return dg.MaterializeResult(
            metadata={
                "results_file": dg.MetadataValue.path(told.results_file),
                "errors_file": dg.MetadataValue.path(told.errors_file),
                **asset_metadata.counts_metadata(_current(session).counts),
                "warnings": dg.MetadataValue.md("\n".join(f"- {line}" for line in told.warnings) or "none"),
                "first_errors": asset_metadata.faults_table(told.errors),
                "seconds": watch.seconds,
            }
        )


@dg.asset(
    deps=[applied_import],
    kinds={"parquet"},
    io_manager_key=ARTIFACTS,
    output_required=False,
    partitions_def=IMPORTS,
    group_name=GROUP,
    owners=OWNERS,
)
def contact_events(context: AssetExecutionContext, pipelines: ResourceParam[Pipelines]) -> Events:
    """The contacts that the import created or updated, for automation downstream.

    A row a contact: its id, `contact.created` or `contact.updated`, the row's number in the file and the names of
    the fields that changed; no values. Not made for an import with the option `events: false`.
    """
    from contact_pipelines.imports import report

    watch = Stopwatch()
    with plain_failures():
        changed = report.publish_events(pipelines.session(context.partition_key))
        if changed is not None:
            yield dg.MaterializeResult(value=changed, metadata={"rows": row_count(changed), "seconds": watch.seconds})


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


def _refuse_backfill(context: AssetExecutionContext) -> None:
    """Refuse to apply many imports by one click: *All* or *Missing* would select every import that waits."""
    if BACKFILL_TAG in context.run.tags:
        raise dg.Failure(
            description="A backfill cannot apply imports: it would start every one that is selected, also"
            " those that nobody has looked at. Materialise applied_import for one import at a time.",
            metadata={"code": "backfill_refused"},
            allow_retries=False,
        )


def _outcomes(changes: Relation) -> Counts:
    found = dict(changes.aggregate("outcome, count(*)", "outcome").fetchall())
    return Counts(total=sum(found.values()), **found)


def _is_of_this_run(context: AssetExecutionContext, asset: str) -> bool:
    """Say whether the run materialises this asset as well."""
    return dg.AssetKey(asset) in context.job_def.asset_layer.selected_asset_keys


def _review_metadata(session: ImportSession) -> Metadata:
    """Tell that an import awaits review, and until when. Its sample of changes holds contacts' data and stays out."""
    record = _current(session)
    if record.status != ImportStatus.AWAITING_REVIEW:
        return {}
    return {
        "status": record.status.value,
        "review": "Materialise applied_import for this partition to confirm.",
        **({"held": dg.MetadataValue.md("\n".join(f"- {reason}" for reason in record.held))} if record.held else {}),
        "review_expires_at": dg.MetadataValue.timestamp(record.times["review_expires_at"]),
    }


def _duplicates_metadata(session: ImportSession) -> Metadata:
    """Tell how many rows are probably a contact or another row, if that was looked for."""
    from contact_pipelines import imports

    number = imports.count_duplicates(session)
    return {} if number is None else {"probable_duplicates": number}


def _current(session: ImportSession) -> Import:
    from contact_pipelines import imports

    return imports.get_import(session.store, session.record.id, tenant_id=session.record.tenant_id)
