"""Every error that Contact Pipelines raises on purpose.

    ContactPipelinesError
    ├── UsageError                 what was asked for is not possible as asked (exit code 2)
    │   ├── NotFound               an import, a contact or a property that does not exist
    │   ├── InvalidOption          an option, a mapping or a setting that cannot be right
    │   │   └── InvalidFilter      a filter expression that cannot be read; it names the place
    │   └── WrongState             the import is not in a state that allows this (a second rollback, ...)
    │       ├── ImportCancelled    somebody cancelled it; nothing was written
    │       └── PlanChanged        its plan is not the one that was reviewed; nothing was written
    ├── FileError                  the file as a whole cannot be imported; nothing was written
    │   ├── FileUnreadable         missing, empty, binary, not text in a known encoding
    │   └── FileNotImportable      no match key, a mapping that does not fit, too large in some direction
    │       └── NoDataRows         a header and nothing below it
    ├── StoreError                 the contact store
    │   ├── StoreUnavailable       it cannot be reached, or went away; try again
    │   ├── SchemaMismatch         its schema is older or newer than this version of the code
    │   ├── ContactsChanged        contacts moved between comparing and applying; compare again
    │   └── ConsentError           what the database keeps for people who left; nothing was written
    │       ├── ConsentProtected   an opt-out or a suppression would be undone without a grant
    │       ├── AddressSuppressed  a suppressed address would be subscribed
    │       └── AddressNotNormal   an address that is not trimmed and lower-case
    ├── DiskFull                   no room for artifacts or for what is spilled; make room and try again
    └── ConservationError          rows in and rows out do not add up: a bug, nothing was written

Each message is one plain sentence (or two) that says which row, column, key or file is at fault and what to
do. A message never holds a contact's data or a secret: rows are named by number, columns by header.
`retryable` says whether the same call can succeed later without anybody changing anything.
"""

from __future__ import annotations

from collections.abc import Sequence


class ContactPipelinesError(Exception):
    """Base of all errors raised on purpose. `code` is stable and machine-readable."""

    code = "error"
    exit_code = 1
    retryable = False


class UsageError(ContactPipelinesError):
    """What was asked for is not possible as asked."""

    code = "wrong_usage"
    exit_code = 2


class NotFound(UsageError):
    """An import, a contact or a property that does not exist."""

    code = "not_found"
    exit_code = 1


class InvalidOption(UsageError):
    """An option, a mapping or a setting that cannot be right."""

    code = "invalid_option"


class InvalidFilter(InvalidOption):
    """A filter expression that cannot be read. `position`: of the character at fault in the filter, from 1."""

    code = "invalid_filter"

    def __init__(self, message: str, position: int = 1) -> None:
        """Keep the place."""
        super().__init__(message)
        self.position = position


class WrongState(UsageError):
    """The import is not in a state that allows this."""

    code = "wrong_state"
    exit_code = 1


class ImportCancelled(WrongState):
    """Somebody cancelled the import, before it ran or while it did; nothing was written."""

    code = "cancelled"


class PlanChanged(WrongState):
    """The file of the plan is not the one that a person reviewed, or is gone; nothing was written."""

    code = "plan_changed"


class FileError(ContactPipelinesError):
    """The file as a whole cannot be imported; nothing was written."""

    code = "file_error"


class FileUnreadable(FileError):
    """The file is missing, empty, binary, or not text in a known encoding."""

    code = "file_unreadable"


class FileNotImportable(FileError):
    """The file can be read, but holds nothing that can be imported as asked."""

    code = "file_not_importable"


class NoDataRows(FileNotImportable):
    """The file has a header and no data rows below it."""

    code = "no_data_rows"

    def __init__(self, message: str, header: Sequence[str] = ()) -> None:
        """Keep the labels of the columns that there are."""
        super().__init__(message)
        self.header = list(header)


class StoreError(ContactPipelinesError):
    """The contact store."""

    code = "store_error"


class StoreUnavailable(StoreError):
    """The store cannot be reached or went away; nothing was half-applied, try again."""

    code = "store_unavailable"
    retryable = True


class SchemaMismatch(StoreError):
    """The store's schema is older or newer than this version of the code."""

    code = "schema_mismatch"


class ContactsChanged(StoreError):
    """Contacts of the plan were changed by somebody else since they were compared; nothing was written."""

    code = "contacts_changed"
    retryable = True


class ConsentError(StoreError):
    """What the database keeps for people who left (migration 0003); nothing was written."""

    code = "consent_error"


class ConsentProtected(ConsentError):
    """An opt-out or a suppression would be undone, and the transaction carries no grant (SQLSTATE CP001)."""

    code = "consent_protected"


class AddressSuppressed(ConsentError):
    """A suppressed address would be subscribed (SQLSTATE CP002). No grant helps; lift the suppression first."""

    code = "address_suppressed"


class AddressNotNormal(ConsentError):
    """An address that is not trimmed and lower-case would be stored (SQLSTATE CP003)."""

    code = "address_not_normal"


class DiskFull(ContactPipelinesError):
    """There is no room for the artifacts, or for what an import spills; nothing was half-applied."""

    code = "disk_full"


class ConservationError(ContactPipelinesError):
    """Rows in and rows out do not add up. This is a bug; nothing was written."""

    code = "rows_do_not_add_up"
