from .contact_history import HistoryEvent as HistoryEvent
from .contact_history import get_contact_history as get_contact_history
from .erasing import Erasure as Erasure
from .erasing import erase_contact as erase_contact
from .group_use_cases import create_group as create_group
from .group_use_cases import list_groups as list_groups
from .suppressions import count_suppressed as count_suppressed
from .suppressions import is_address_suppressed as is_address_suppressed
from .suppressions import release_address as release_address
from .suppressions import suppress_address as suppress_address
from .use_cases_contacts import count_contacts as count_contacts
from .use_cases_contacts import create_property as create_property
from .use_cases_contacts import delete_saved_mapping as delete_saved_mapping
from .use_cases_contacts import get_contact as get_contact
from .use_cases_contacts import list_property_definitions as list_property_definitions
from .use_cases_contacts import list_saved_mappings as list_saved_mappings

__all__ = [
    "Erasure",
    "HistoryEvent",
    "count_contacts",
    "count_suppressed",
    "create_group",
    "create_property",
    "delete_saved_mapping",
    "erase_contact",
    "get_contact",
    "get_contact_history",
    "is_address_suppressed",
    "list_groups",
    "list_property_definitions",
    "list_saved_mappings",
    "release_address",
    "suppress_address",
]
