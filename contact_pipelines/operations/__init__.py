"""The use cases. Every door (Dagster, command line, HTTP) translates its arguments, calls one of these, reports.

An import is the steps `land`, `stage`, `map_columns`, `validate`, `compare`, `apply`, `report` (and, beside it,
`publish_events`), in this order. Each reads what the earlier ones left among the import's artifacts and leaves its own
result there, so any of them can be repeated, in this process or another. `run_import` does them all. One that is to be
reviewed, or that its feed's circuit breaker holds, ends after `compare` (see `review_if_needed`); `confirm` takes the
place of `apply` then, and `confirm_import` does the rest.

Feeds are imports that run by themselves: `look_at_feed` registers what is new at a source, `tend_feeds` does the rest.
"""

from contact_pipelines.operations.checking import Tried, check_rules, check_settings
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
from contact_pipelines.operations.export_feeds import run_export_feed
from contact_pipelines.operations.exporting import (
    clean_up_exports,
    end_dead_exports,
    expire_exports,
    export_contacts,
    get_export,
    list_exports,
    open_export_link,
    sign_export_link,
)
from contact_pipelines.operations.feeds import FeedState, list_feed_files, list_feeds, retry_watched
from contact_pipelines.operations.files import FileAsRead, Preview, describe_file, preview_file, stage_files
from contact_pipelines.operations.groups import create_group, list_groups
from contact_pipelines.operations.history import HistoryEvent, get_contact_history
from contact_pipelines.operations.holding import review_if_needed
from contact_pipelines.operations.housekeeping import CleanUp, clean_up, names_of_old_imports
from contact_pipelines.operations.lookups import (
    copy_results,
    duplicates_file,
    get_import,
    import_faults,
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
from contact_pipelines.operations.running import complete_report, open_import, register_import, run_import
from contact_pipelines.operations.sources import local_copy
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
from contact_pipelines.operations.tending import Tending, settle_files, tend_feeds
from contact_pipelines.operations.watching import Look, look_at_feed

__all__ = [
    "CleanUp",
    "Erasure",
    "FeedState",
    "FileAsRead",
    "HistoryEvent",
    "Look",
    "Preview",
    "Report",
    "Review",
    "Rollback",
    "Sending",
    "Tending",
    "Tested",
    "Tried",
    "apply",
    "await_review",
    "cancel_import",
    "check_rules",
    "check_settings",
    "clean_up",
    "clean_up_exports",
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
    "end_dead_exports",
    "erase_contact",
    "expire_exports",
    "expire_reviews",
    "export_contacts",
    "get_contact",
    "get_contact_history",
    "get_export",
    "get_import",
    "get_review",
    "import_faults",
    "import_warnings",
    "is_address_suppressed",
    "land",
    "list_exports",
    "list_feed_files",
    "list_feeds",
    "list_groups",
    "list_imports",
    "list_notifications",
    "list_property_definitions",
    "list_saved_mappings",
    "local_copy",
    "look_at_feed",
    "map_columns",
    "names_of_old_imports",
    "open_export_link",
    "open_import",
    "preview_file",
    "publish_events",
    "register_import",
    "release_address",
    "report",
    "require_confirmable",
    "result_files",
    "retry_given_up",
    "retry_watched",
    "review_if_needed",
    "roll_back_import",
    "run_export_feed",
    "run_import",
    "send_notifications",
    "send_test_messages",
    "settle_files",
    "sign_export_link",
    "stage",
    "stage_files",
    "suppress_address",
    "tend_feeds",
    "validate",
]
