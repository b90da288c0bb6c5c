from .export_runs import clean_up_exports as clean_up_exports
from .export_runs import end_dead_exports as end_dead_exports
from .export_runs import export_contacts as export_contacts
from .export_runs import get_export as get_export
from .export_runs import list_exports as list_exports
from .export_runs import open_export_link as open_export_link
from .export_runs import sign_export_link as sign_export_link

__all__ = [
    "clean_up_exports",
    "end_dead_exports",
    "export_contacts",
    "get_export",
    "list_exports",
    "open_export_link",
    "sign_export_link",
]
