"""The asset checks: declared here, evaluated by the assets, which have the facts at hand."""

from collections.abc import Sequence

import dagster as dg

from contact_pipelines.defs.asset_metadata import faults_table
from contact_pipelines.errors import ContactPipelinesError
from contact_pipelines.imports.validate.validating import ErrorCount
from contact_pipelines.models import Counts, Severity

IMPORTABLE = "file_is_importable"
ROWS_VALID = "rows_are_valid"
ONE_OUTCOME = "every_row_has_one_outcome"

STAGED_FILE_IS_IMPORTABLE = dg.AssetCheckSpec(
    IMPORTABLE,
    asset="staged_rows",
    blocking=True,
    description="The file can be read as a table: text in a known encoding, a header, at least one row.",
)
MAPPED_FILE_IS_IMPORTABLE = dg.AssetCheckSpec(
    IMPORTABLE,
    asset="mapped_contacts",
    blocking=True,
    description="The file's columns can be imported as asked: there is an email column, and every column that"
    " the options name exists.",
)
ROWS_ARE_VALID = dg.AssetCheckSpec(
    ROWS_VALID,
    asset="validated_contacts",
    description="No row was rejected. A warning only: the other rows are imported, and the rejected ones stand"
    " in the error file of the import, to be fixed and imported again.",
)
EVERY_ROW_HAS_ONE_OUTCOME = dg.AssetCheckSpec(
    ONE_OUTCOME,
    asset="contact_changes",
    blocking=True,
    description="total = created + updated + unchanged + skipped + failed, and total is what the file has.",
)


def importable(asset: str, **facts: int) -> dg.AssetCheckResult:
    """Report that the file as a whole can be imported."""
    return dg.AssetCheckResult(passed=True, check_name=IMPORTABLE, asset_key=asset, metadata=facts)


def rows_are_valid(faults: Sequence[ErrorCount], *, rejected: int) -> dg.AssetCheckResult:
    """Report how many rows were rejected, and by which rules."""
    warnings = sum(fault.rows for fault in faults if fault.severity == Severity.WARNING)
    return dg.AssetCheckResult(
        passed=rejected == 0,
        check_name=ROWS_VALID,
        asset_key="validated_contacts",
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{rejected:,} rejected, {warnings:,} warnings",
        metadata={"rejected_rows": rejected, "warnings": warnings, "broken_rules": faults_table(faults)},
    )


def one_outcome_each(counts: Counts, rows_in_file: int) -> dg.AssetCheckResult:
    """Report whether the outcomes add up to the rows of the file."""
    return dg.AssetCheckResult(
        passed=counts.add_up and counts.total == rows_in_file,
        check_name=ONE_OUTCOME,
        asset_key="contact_changes",
        metadata={"rows_in_file": rows_in_file, **counts.as_dict()},
    )


def failed(check: dg.AssetCheckSpec, error: ContactPipelinesError) -> dg.AssetCheckResult:
    """Report a failed check. The step must then fail too, so that nothing downstream runs."""
    return dg.AssetCheckResult(
        passed=False,
        check_name=check.name,
        asset_key=check.asset_key,
        description=str(error),
        metadata={"code": error.code},
    )
