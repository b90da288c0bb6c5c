"""Runs an import as a Dagster run in this process, as `contact-pipelines import` does."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contact_pipelines.errors import ContactPipelinesError
from contact_pipelines.models import Import, ImportStatus
from contact_pipelines.outcomes import sentence
from contact_pipelines.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

    from contact_pipelines.store.engine import Store

_NEVER_RETRY = {"dagster/max_retries": "0"}  # the run belongs to this process, so nobody could

CONFIRMING = ("applied_import", "import_report", "contact_events")
"""The assets that confirming an import materialises."""


def run_import_here(settings: Settings, store: Store, record: Import, *, verbose: bool = False) -> None:
    """Run all steps of a registered import in this process, as a run of the local Dagster instance.

    A completed import with a report (from an idempotency key used before) is not run again; if its process died before
    the report, only that is written. Dagster logs to standard error if `verbose`. Raises the ContactPipelinesError that
    ended the import; WrongState if it was rolled back or given up.
    """
    from contact_pipelines import imports
    from contact_pipelines.store import imports_table

    if record.status == ImportStatus.COMPLETED:
        imports.complete_report(store, settings, record)
        return
    with store.begin() as connection:
        imports_table.claim(connection, record)  # first, because the sensor starts pending imports
    try:
        _run(settings, store, record, verbose=verbose)
    except BaseException as error:
        _leave_no_import_running(store, record, error)
        raise


def confirm_import_here(settings: Settings, store: Store, record: Import, *, verbose: bool = False) -> None:
    """Confirm an import that awaits review, in this process, as a run of the local Dagster instance.

    The run is the same as materialising `applied_import` and its downstream assets for the partition in the UI. Raises
    the ContactPipelinesError that ended it: WrongState if there is nothing to confirm, PlanChanged, StoreError.
    """
    from contact_pipelines import imports

    imports.require_confirmable(settings, record)
    _run(settings, store, record, verbose=verbose, assets=CONFIRMING)


def _run(
    settings: Settings, store: Store, record: Import, *, verbose: bool, assets: Sequence[str] | None = None
) -> None:
    import dagster as dg

    from contact_pipelines.defs.failures import PipelineFailure
    from contact_pipelines.defs.instance import open_instance
    from contact_pipelines.defs.partitions_and_tags import IMPORTS, run_tags

    with _quiet(verbose=verbose), open_instance(settings, verbose=verbose) as instance:
        instance.add_dynamic_partitions(str(IMPORTS.name), [record.name])
        try:
            _job(settings, store).execute_in_process(
                instance=instance,
                partition_key=record.name,
                asset_selection=None if assets is None else [dg.AssetKey(asset) for asset in assets],
                tags={**run_tags(record), **_NEVER_RETRY},
            )
        except PipelineFailure as failure:
            raise failure.error from None
        except dg.Failure as failure:
            raise UnexpectedFailure(_sentence(failure)) from None


class UnexpectedFailure(ContactPipelinesError):
    """A bug: a step ended with an unexpected exception. Nothing was half-applied."""

    code = "unexpected"


def _job(settings: Settings, store: Store) -> dg.JobDefinition:
    """Build only this job: the whole code location would take longer and is not needed."""
    import dagster as dg

    from contact_pipelines.defs.import_assets import IMPORT_ASSETS, import_contacts
    from contact_pipelines.defs.partitions_and_tags import IMPORT_JOB
    from contact_pipelines.defs.pipelines import Pipelines

    @dg.resource
    def pipelines(_: dg.InitResourceContext) -> Iterator[Pipelines]:
        lent = Pipelines(settings, store)
        try:
            yield lent
        finally:
            lent.close()

    return dg.Definitions(
        assets=IMPORT_ASSETS,
        jobs=[import_contacts],
        resources={"pipelines": pipelines},
        executor=dg.in_process_executor,
    ).resolve_job_def(IMPORT_JOB)


def _leave_no_import_running(store: Store, record: Import, error: BaseException) -> None:
    """Mark the import as failed if the run ended outside its steps, which do so themselves."""
    from contact_pipelines.store import imports_table

    code = error.code if isinstance(error, ContactPipelinesError) else "unexpected"
    try:
        with store.begin() as connection:
            if imports_table.get(connection, record.tenant_id, record.id).status == ImportStatus.RUNNING:
                message = sentence("unexpected.before", error=type(error).__name__)
                imports_table.record_failure(connection, record, code, message)
    except ContactPipelinesError:
        pass  # the store is unreachable; the import will be found abandoned later


def _sentence(failure: dg.Failure) -> str:
    where = failure.metadata.get("where")
    return f"{failure.description}" + (f" ({where.value})" if where else "")


@contextmanager
def _quiet(*, verbose: bool) -> Iterator[None]:
    """Keep Dagster's own loggers off the terminal."""
    logger = logging.getLogger("dagster")
    before = logger.level
    if not verbose:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
