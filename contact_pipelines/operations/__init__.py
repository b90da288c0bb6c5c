"""The use cases. Every door (Dagster, command line, HTTP) translates its arguments, calls one of these, reports.

An import is the steps `land`, `stage`, `map_columns`, `validate`, `compare`, `apply`, `report` (and, beside it,
`publish_events`), in this order. Each reads what the earlier ones left among the import's artifacts and leaves its own
result there, so any of them can be repeated, in this process or another. `run_import` does them all. One that is to be
reviewed ends, after `compare`, with `await_review`; `confirm` takes the place of `apply` then, and `confirm_import`
does the rest.
"""

from contact_pipelines.operations.contacts import (
    count_contacts,
    create_property,
    delete_saved_mapping,
    get_contact,
    list_property_definitions,
    list_saved_mappings,
)
from contact_pipelines.operations.duplicates import count as count_duplicates
from contact_pipelines.operations.erasing import Erasure, erase_contact
from contact_pipelines.operations.files import FileAsRead, Preview, describe_file, preview_file, stage_files
from contact_pipelines.operations.groups import create_group, list_groups
from contact_pipelines.operations.history import HistoryEvent, get_contact_history
from contact_pipelines.operations.lookups import (
    copy_results,
    duplicates_file,
    get_import,
    import_warnings,
    list_imports,
    result_files,
)
from contact_pipelines.operations.review import (
    Review,
    cancel_import,
    confirm,
    confirm_import,
    expire_reviews,
    get_review,
    require_confirmable,
)
from contact_pipelines.operations.rollback import Rollback, roll_back_import
from contact_pipelines.operations.running import complete_report, open_import, register_import, run_import
from contact_pipelines.operations.steps import (
    Report,
    apply,
    await_review,
    column_plan,
    compare,
    land,
    map_columns,
    publish_events,
    report,
    stage,
    validate,
)
from contact_pipelines.operations.suppressing import (
    count_suppressed,
    is_address_suppressed,
    release_address,
    suppress_address,
)

__all__ = [
    "Erasure",
    "FileAsRead",
    "HistoryEvent",
    "Preview",
    "Report",
    "Review",
    "Rollback",
    "apply",
    "await_review",
    "cancel_import",
    "column_plan",
    "compare",
    "complete_report",
    "confirm",
    "confirm_import",
    "copy_results",
    "count_contacts",
    "count_duplicates",
    "count_suppressed",
    "create_group",
    "create_property",
    "delete_saved_mapping",
    "describe_file",
    "duplicates_file",
    "erase_contact",
    "expire_reviews",
    "get_contact",
    "get_contact_history",
    "get_import",
    "get_review",
    "import_warnings",
    "is_address_suppressed",
    "land",
    "list_groups",
    "list_imports",
    "list_property_definitions",
    "list_saved_mappings",
    "map_columns",
    "open_import",
    "preview_file",
    "publish_events",
    "register_import",
    "release_address",
    "report",
    "require_confirmable",
    "result_files",
    "roll_back_import",
    "run_import",
    "stage",
    "stage_files",
    "suppress_address",
    "validate",
]
