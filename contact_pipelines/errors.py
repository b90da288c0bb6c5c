"""Every exception that Contact Pipelines raises on purpose.

    ContactPipelinesError
    ├── UsageError                 the request is not possible in this form (exit code 2)
    │   ├── NotFound               an import, a contact or a property that does not exist
    │   ├── InvalidOption          an invalid option, mapping or setting
    │   │   └── InvalidFilter      an invalid filter expression; has the position
    │   ├── InvalidLink            a link to an export's file that has expired, or was not signed here
    │   ├── TooManyExports         the user's limit per hour is reached
    │   └── WrongState             the import's status does not allow this (a second rollback, ...)
    │       ├── ImportCancelled    somebody cancelled it; nothing was written
    │       │   └── AlreadyImported    a feed's file has the same bytes as one it imported before
    │       └── PlanChanged        its plan is not the one that was reviewed; nothing was written
    ├── LocationError              a location is refused or misconfigured, or its folder is missing
    │   ├── LocationUnreachable    it cannot be reached; try again
    │   └── SourceMissing          a scheduled feed's file is missing
    ├── FileError                  the file as a whole cannot be imported; nothing was written
    │   ├── FileUnreadable         missing, empty, binary, not text in a known encoding
    │   │   └── FileChanged        it changed while it was read, or since a feed chose it
    │   └── FileNotImportable      no match key, a mapping that does not fit, too large in some direction
    │       └── NoDataRows         a header and nothing below it
    ├── ExportNotPossible          the data does not fit the requested format
    ├── StoreError                 the contact store
    │   ├── StoreUnavailable       it cannot be reached; try again
    │   ├── SchemaMismatch         its schema is older or newer than this version of the code
    │   ├── ContactsChanged        contacts moved between comparing and applying; compare again
    │   └── ConsentError           a violation of the consent rules that the database enforces; nothing was written
    │       ├── ConsentProtected   an opt-out or a suppression would be undone without a grant
    │       ├── AddressSuppressed  a suppressed address would be subscribed
    │       └── AddressNotNormal   an address that is not trimmed and lower-case
    ├── DiskFull                   no space for artifacts or spilled data; free some and try again
    ├── NotificationError          a notification could not be delivered; it is retried, unless `permanent`
    └── ConservationError          rows in and rows out do not add up: a bug, nothing was written

Each message is one plain sentence (or two) that names the row, column, key or file at fault and what to do. Messages
never contain contact data or secrets: rows are identified by number, columns by header. `retryable`: the same call can
succeed later without any change.
"""

from __future__ import annotations

from collections.abc import Sequence


class ContactPipelinesError(Exception):
    """Base of all errors raised on purpose. `code` is stable and machine-readable."""

    code = "error"
    exit_code = 1
    retryable = False


class UsageError(ContactPipelinesError):
    """The request is not possible in this form."""

    code = "wrong_usage"
    exit_code = 2


class NotFound(UsageError):
    """An import, a contact or a property that does not exist."""

    code = "not_found"
    exit_code = 1


class InvalidOption(UsageError):
    """An invalid option, mapping or setting."""

    code = "invalid_option"


class InvalidFilter(InvalidOption):
    """An invalid filter expression. `position`: of the character at fault, from 1."""

    code = "invalid_filter"

    def __init__(self, message: str, position: int = 1) -> None:
        """Store the position."""
        super().__init__(message)
        self.position = position


class InvalidLink(UsageError):
    """A link to an export's file that has expired, or was not signed here."""

    code = "invalid_link"
    exit_code = 1


class TooManyExports(UsageError):
    """The user's limit of exports per hour is reached. The same call can succeed later."""

    code = "too_many_exports"
    exit_code = 1
    retryable = True


class WrongState(UsageError):
    """The import's status does not allow this."""

    code = "wrong_state"
    exit_code = 1


class ImportCancelled(WrongState):
    """Somebody cancelled the import, before it ran or while it did; nothing was written."""

    code = "cancelled"


class AlreadyImported(ImportCancelled):
    """The feed has imported a file with the same bytes before; nothing was written."""

    code = "already_imported"


class PlanChanged(WrongState):
    """The plan's file is not the reviewed one, or is missing; nothing was written."""

    code = "plan_changed"


class LocationError(ContactPipelinesError):
    """A location cannot be used: it is refused or misconfigured, or its folder is missing."""

    code = "location_error"


class LocationUnreachable(LocationError):
    """A location cannot be reached; nothing was half-done, try again."""

    code = "location_unreachable"
    retryable = True


class SourceMissing(LocationError):
    """A scheduled feed found no file, or no new one."""

    code = "source_missing"


class FileError(ContactPipelinesError):
    """The file as a whole cannot be imported; nothing was written."""

    code = "file_error"


class FileUnreadable(FileError):
    """The file is missing, empty, binary, or not text in a known encoding."""

    code = "file_unreadable"


class FileChanged(FileUnreadable):
    """The file changed while it was read, or since a feed chose this version of it."""

    code = "file_changed"


class FileNotImportable(FileError):
    """The file can be read, but not imported with these options."""

    code = "file_not_importable"


class NoDataRows(FileNotImportable):
    """The file has a header but no data rows."""

    code = "no_data_rows"

    def __init__(self, message: str, header: Sequence[str] = ()) -> None:
        """Store the column labels."""
        super().__init__(message)
        self.header = list(header)


class ExportNotPossible(ContactPipelinesError):
    """The data does not fit the requested format; there is no file."""

    code = "export_not_possible"


class StoreError(ContactPipelinesError):
    """The contact store."""

    code = "store_error"


class StoreUnavailable(StoreError):
    """The store cannot be reached; nothing was half-applied, try again."""

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
    """A violation of the consent rules that the database enforces (migration 0003); nothing was written."""

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
    """There is no space for artifacts or spilled data; nothing was half-applied."""

    code = "disk_full"


class NotificationError(ContactPipelinesError):
    """A notification could not be delivered. `permanent`: do not retry; `unreachable`: nothing answered."""

    code = "notification_failed"
    retryable = True

    def __init__(self, message: str, *, permanent: bool = False, unreachable: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.unreachable = unreachable


class ConservationError(ContactPipelinesError):
    """Rows in and rows out do not add up. This is a bug; nothing was written."""

    code = "rows_do_not_add_up"
