from .contact_history import HistoryEvent as HistoryEvent
from .contact_history import get_contact_history as get_contact_history
from .contact_lookup import count_contacts as count_contacts
from .contact_lookup import get_contact as get_contact
from .erase import Erasure as Erasure
from .erase import erase_contact as erase_contact
from .groups import create_group as create_group
from .groups import list_groups as list_groups
from .properties import create_property as create_property
from .properties import list_property_definitions as list_property_definitions
from .suppressions import count_suppressed as count_suppressed
from .suppressions import is_address_suppressed as is_address_suppressed
from .suppressions import release_address as release_address
from .suppressions import suppress_address as suppress_address

__all__ = [
    "Erasure",
    "HistoryEvent",
    "count_contacts",
    "count_suppressed",
    "create_group",
    "create_property",
    "erase_contact",
    "get_contact",
    "get_contact_history",
    "is_address_suppressed",
    "list_groups",
    "list_property_definitions",
    "release_address",
    "suppress_address",
]
