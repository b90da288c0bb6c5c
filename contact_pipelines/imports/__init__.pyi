from .columns.saved_mappings import delete_saved_mapping as delete_saved_mapping
from .columns.saved_mappings import list_saved_mappings as list_saved_mappings
from .compare.probable_duplicates import count_duplicates as count_duplicates
from .land import local_copy as local_copy
from .lookups import copy_results as copy_results
from .lookups import duplicates_file as duplicates_file
from .lookups import follow_import as follow_import
from .lookups import get_import as get_import
from .lookups import import_faults as import_faults
from .lookups import import_warnings as import_warnings
from .lookups import list_imports as list_imports
from .lookups import result_files as result_files
from .preview import FileAsRead as FileAsRead
from .preview import Preview as Preview
from .preview import describe_file as describe_file
from .preview import preview_file as preview_file
from .preview import stage_files as stage_files
from .register import prepared_options as prepared_options
from .register import register_import as register_import
from .review import Review as Review
from .review import cancel_import as cancel_import
from .review import expire_reviews as expire_reviews
from .review import get_review as get_review
from .undo.rollback import Rollback as Rollback
from .undo.rollback import roll_back_import as roll_back_import
from .way import apply_import as apply_import
from .way import complete_report as complete_report
from .way import confirm as confirm
from .way import confirm_import as confirm_import
from .way import open_import as open_import
from .way import require_confirmable as require_confirmable
from .way import review_if_needed as review_if_needed
from .way import run_import as run_import

__all__ = [
    "FileAsRead",
    "Preview",
    "Review",
    "Rollback",
    "apply_import",
    "cancel_import",
    "complete_report",
    "confirm",
    "confirm_import",
    "copy_results",
    "count_duplicates",
    "delete_saved_mapping",
    "describe_file",
    "duplicates_file",
    "expire_reviews",
    "follow_import",
    "get_import",
    "get_review",
    "import_faults",
    "import_warnings",
    "list_imports",
    "list_saved_mappings",
    "local_copy",
    "open_import",
    "prepared_options",
    "preview_file",
    "register_import",
    "require_confirmable",
    "result_files",
    "review_if_needed",
    "roll_back_import",
    "run_import",
    "stage_files",
]
