"""What an import's artifacts are called."""

STAGED, MAPPED, VALID, ERRORS, CHANGES = (
    "staged_rows",
    "mapped_contacts",
    "validated_contacts",
    "row_errors",
    "contact_changes",
)
"""Names of the artifacts between the steps (`<name>.parquet`) and of the Dagster assets that make them."""

EVENTS = "contact_events"
"""Which contacts an import changed, for automation downstream; also a Dagster asset. Absent if the import says so."""

REPORT = "report.json"

COMPARED = "compared.txt"
"""Beside the plan: which state of the tenant's imports it was made for (see `imports.applied_mark`)."""
