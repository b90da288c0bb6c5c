"""The names of an import's artifacts."""

SOURCE = "source"
"""The file as it came. Its own name stays in the import's record."""

STAGED, MAPPED, VALID, ERRORS, CHANGES = (
    "staged_rows",
    "mapped_contacts",
    "validated_contacts",
    "row_errors",
    "contact_changes",
)
"""What the steps leave for the next ones (`<name>.parquet`), and the Dagster assets of it. The last is the plan."""

EVENTS = "contact_events"
"""Which contacts an import changed, for automation downstream (`.parquet`); also a Dagster asset. May be turned off."""

RESULTS_FILE, ERRORS_FILE, RESULTS_PREVIEW = "results.csv", "errors.csv", "results_preview.csv"
"""For people: every row with what became of it, the failed rows only, and the first as it would be after a review."""

ROLLBACK_FILE = "rollback.csv"
"""What became of each contact when the import was undone."""

REPORT = "report.json"
"""The warnings, and the errors by column and code."""

REVIEW = "review.json"
"""A sample of the changes of a plan that awaits review."""

REVIEWED, ANEW = "reviewed_changes", "changes_at_confirmation"
"""The plan as it was reviewed, kept where `contact_changes` has to differ from it; the one made to confirm it."""

COMPARED = "compared.txt"
"""Beside the plan: which state of the tenant's imports it was made for (see `imports_table.applied_mark`)."""

FUZZY = "probable_duplicates"
"""Rows that are probably a contact or another row (`.parquet`), and the warnings of the search (`.json`)."""

DUPLICATES_FILE = "duplicates.csv"
"""The same for people, with what became of each row."""
