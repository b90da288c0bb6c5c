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
from contact_pipelines.operations.erasing import Erasure, erase_contact
from contact_pipelines.operations.files import FileAsRead, Preview, describe_file, preview_file, stage_files
from contact_pipelines.operations.groups import create_group, list_groups
from contact_pipelines.operations.history import HistoryEvent, get_contact_history
from contact_pipelines.operations.housekeeping import CleanUp, clean_up, names_of_old_imports
from contact_pipelines.operations.lookups import (
    copy_results,
    get_import,
    import_warnings,
    list_imports,
    result_files,
)
from contact_pipelines.operations.notifying import (
    Sending,
    Tested,
    list_notifications,
    retry_given_up,
    send_notifications,
    send_test_messages,
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
from contact_pipelines.operations.running import open_import, register_import, run_import
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

__all__ = [
    "CleanUp",
    "Erasure",
    "FileAsRead",
    "HistoryEvent",
    "Preview",
    "Report",
    "Review",
    "Rollback",
    "Sending",
    "Tested",
    "apply",
    "await_review",
    "cancel_import",
    "clean_up",
    "column_plan",
    "compare",
    "confirm",
    "confirm_import",
    "copy_results",
    "count_contacts",
    "create_group",
    "create_property",
    "delete_saved_mapping",
    "describe_file",
    "erase_contact",
    "expire_reviews",
    "get_contact",
    "get_contact_history",
    "get_import",
    "get_review",
    "import_warnings",
    "land",
    "list_groups",
    "list_imports",
    "list_notifications",
    "list_property_definitions",
    "list_saved_mappings",
    "map_columns",
    "names_of_old_imports",
    "open_import",
    "preview_file",
    "publish_events",
    "register_import",
    "report",
    "require_confirmable",
    "result_files",
    "retry_given_up",
    "roll_back_import",
    "run_import",
    "send_notifications",
    "send_test_messages",
    "stage",
    "stage_files",
    "validate",
]
