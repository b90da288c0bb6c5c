"""The domain's types. No behaviour beyond checking and counting.

A *contact field* is a column of the store's `contacts` table that a file's column can be mapped to. A
*property* is a tenant's custom field, written `properties.<key>` wherever a field is named.
"""

from typing import TYPE_CHECKING, Any

from contact_pipelines.models.export_records import SCHEDULED_BY, ExportRecord, ExportStatus
from contact_pipelines.models.notification_records import Channel, Event, EventKind, Notification, NotificationStatus
from contact_pipelines.models.records import (
    ColumnMapping,
    Counts,
    FileReading,
    Import,
    ImportProgress,
    LandedFile,
    RollbackCounts,
)
from contact_pipelines.models.tenant_definitions import GroupDefinition, PropertyDefinition
from contact_pipelines.models.words import (
    CONTACT_FIELDS,
    CONTACT_ID,
    DEFAULT_TENANT,
    FULL_NAME,
    IGNORE,
    PROPERTY_KEY,
    PROPERTY_PREFIX,
    WELL_KNOWN_PROPERTIES,
    Blank,
    Case,
    Consent,
    ContactStatus,
    CreateProperties,
    Duplicates,
    ExportFormat,
    FieldRule,
    GroupKind,
    ImportStatus,
    MatchKey,
    Mode,
    Preset,
    Resolve,
    Severity,
    Subscription,
    Suppress,
)
from contact_pipelines.property_types import PropertyType

if TYPE_CHECKING:
    from contact_pipelines.options import (
        LAST,
        MAX_REVIEW_SECONDS,
        ExportRequest,
        FuzzyOptions,
        ImportOptions,
        ReadingOptions,
        Transformation,
    )

__all__ = [
    "CONTACT_FIELDS",
    "CONTACT_ID",
    "DEFAULT_TENANT",
    "FULL_NAME",
    "IGNORE",
    "LAST",
    "MAX_REVIEW_SECONDS",
    "PROPERTY_KEY",
    "PROPERTY_PREFIX",
    "SCHEDULED_BY",
    "WELL_KNOWN_PROPERTIES",
    "Blank",
    "Case",
    "Channel",
    "ColumnMapping",
    "Consent",
    "ContactStatus",
    "Counts",
    "CreateProperties",
    "Duplicates",
    "Event",
    "EventKind",
    "ExportFormat",
    "ExportRecord",
    "ExportRequest",
    "ExportStatus",
    "FieldRule",
    "FileReading",
    "FuzzyOptions",
    "GroupDefinition",
    "GroupKind",
    "Import",
    "ImportOptions",
    "ImportProgress",
    "ImportStatus",
    "LandedFile",
    "MatchKey",
    "Mode",
    "Notification",
    "NotificationStatus",
    "Preset",
    "PropertyDefinition",
    "PropertyType",
    "ReadingOptions",
    "Resolve",
    "RollbackCounts",
    "Severity",
    "Subscription",
    "Suppress",
    "Transformation",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the options need the types above
    if name in __all__:
        from contact_pipelines import options

        return getattr(options, name)
    raise AttributeError(name)
