from .use_cases import clean_up_exports as clean_up_exports
from .use_cases import end_dead_exports as end_dead_exports
from .use_cases import expire_exports as expire_exports
from .use_cases import export_contacts as export_contacts
from .use_cases import get_export as get_export
from .use_cases import list_exports as list_exports
from .use_cases import open_export_link as open_export_link
from .use_cases import sign_export_link as sign_export_link

__all__ = [
    "clean_up_exports",
    "end_dead_exports",
    "expire_exports",
    "export_contacts",
    "get_export",
    "list_exports",
    "open_export_link",
    "sign_export_link",
]
