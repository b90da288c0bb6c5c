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

REVIEW = "review.json"
"""What a person is shown of a plan that awaits review: a sample of its changes."""

REVIEWED, ANEW = "reviewed_changes", "changes_at_confirmation"
"""The plan as it was reviewed, kept when `contact_changes` has to differ from it; one made when it is confirmed."""

COMPARED = "compared.txt"
"""Beside the plan: which state of the tenant's imports it was made for (see `imports.applied_mark`)."""

FUZZY = "probable_duplicates"
"""Rows that are probably a contact or another row (`.parquet`), and what is told of the search (`.json`)."""

DUPLICATES_FILE = "duplicates.csv"
"""The same for people, with what became of each row."""
