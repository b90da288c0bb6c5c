"""The words of the domain as types. No behaviour beyond checking and counting.

A *contact field* is a column of the store's `contacts` table that a file's column can be mapped to. A
*property* is a tenant's custom field, written `properties.<key>` wherever a field is named.
"""

from contact_pipelines.models.options import (
    ImportOptions,
    PropertyDefinition,
    ReadingOptions,
    Transformation,
)
from contact_pipelines.models.records import (
    ColumnMapping,
    Counts,
    FileReading,
    Import,
    ImportProgress,
    LandedFile,
    RollbackCounts,
)
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
    FieldRule,
    ImportStatus,
    MatchKey,
    Mode,
    Preset,
    PropertyType,
    Severity,
)

__all__ = [
    "CONTACT_FIELDS",
    "CONTACT_ID",
    "DEFAULT_TENANT",
    "FULL_NAME",
    "IGNORE",
    "PROPERTY_KEY",
    "PROPERTY_PREFIX",
    "WELL_KNOWN_PROPERTIES",
    "Blank",
    "Case",
    "ColumnMapping",
    "Consent",
    "ContactStatus",
    "Counts",
    "CreateProperties",
    "Duplicates",
    "FieldRule",
    "FileReading",
    "Import",
    "ImportOptions",
    "ImportProgress",
    "ImportStatus",
    "LandedFile",
    "MatchKey",
    "Mode",
    "Preset",
    "PropertyDefinition",
    "PropertyType",
    "ReadingOptions",
    "RollbackCounts",
    "Severity",
    "Transformation",
]
