"""Every exception that Contact Pipelines raises on purpose.

    ContactPipelinesError
    ├── UsageError                 what was asked for is not possible as asked (exit code 2)
    │   ├── NotFound               an import, a contact or a property that does not exist
    │   ├── InvalidOption          an option, a mapping or a setting that cannot be right
    │   │   └── InvalidFilter      a filter expression that cannot be read; it names the place
    │   ├── InvalidLink            a link to an export's file that is over, or was not signed here
    │   ├── TooManyExports         the user has made as many in the last hour as are allowed
    │   └── WrongState             the import is not in a state that allows this (a second rollback, ...)
    │       ├── ImportCancelled    somebody cancelled it; nothing was written
    │       │   └── AlreadyImported    a feed's file has the bytes of one that it brought before
    │       └── PlanChanged        its plan is not the one that was reviewed; nothing was written
    ├── LocationError              a location of the settings: refused, misconfigured, a folder that is not there
    │   ├── LocationUnreachable    it cannot be reached, or went away; try again
    │   └── SourceMissing          a feed's file is not there at its time
    ├── FileError                  the file as a whole cannot be imported; nothing was written
    │   ├── FileUnreadable         missing, empty, binary, not text in a known encoding
    │   │   └── FileChanged        it changed while it was read, or since a feed chose it
    │   └── FileNotImportable      no match key, a mapping that does not fit, too large in some direction
    │       └── NoDataRows         a header and nothing below it
    ├── ExportNotPossible          what the store holds does not fit into the format that was asked for
    ├── StoreError                 the contact store
    │   ├── StoreUnavailable       it cannot be reached, or went away; try again
    │   ├── SchemaMismatch         its schema is older or newer than this version of the code
    │   ├── ContactsChanged        contacts moved between comparing and applying; compare again
    │   └── ConsentError           a violation of the consent rules that the database enforces; nothing was written
    │       ├── ConsentProtected   an opt-out or a suppression would be undone without a grant
    │       ├── AddressSuppressed  a suppressed address would be subscribed
    │       └── AddressNotNormal   an address that is not trimmed and lower-case
    ├── DiskFull                   no room for artifacts or for what is spilled; make room and try again
    ├── NotificationError          a message could not be handed over; it is tried again, unless it is `permanent`
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


class InvalidLink(UsageError):
    """A link to an export's file that is over, or was not signed here."""

    code = "invalid_link"
    exit_code = 1


class TooManyExports(UsageError):
    """The user has made as many exports in the last hour as are allowed. The same call can succeed later."""

    code = "too_many_exports"
    exit_code = 1
    retryable = True


class WrongState(UsageError):
    """The import is not in a state that allows this."""

    code = "wrong_state"
    exit_code = 1


class ImportCancelled(WrongState):
    """Somebody cancelled the import, before it ran or while it did; nothing was written."""

    code = "cancelled"


class AlreadyImported(ImportCancelled):
    """The file that a feed took has the same bytes as the one that it imported before; nothing was written."""

    code = "already_imported"


class PlanChanged(WrongState):
    """The file of the plan is not the one that a person reviewed, or is gone; nothing was written."""

    code = "plan_changed"


class LocationError(ContactPipelinesError):
    """A location of the settings file cannot be used as it is: refused, misconfigured, or without the folder."""

    code = "location_error"


class LocationUnreachable(LocationError):
    """A location cannot be reached, or went away; nothing was half-done, try again."""

    code = "location_unreachable"
    retryable = True


class SourceMissing(LocationError):
    """At the time of its schedule a feed has no file to take, or none that is new."""

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
    """The file can be read, but holds nothing that can be imported as asked."""

    code = "file_not_importable"


class NoDataRows(FileNotImportable):
    """The file has a header and no data rows below it."""

    code = "no_data_rows"

    def __init__(self, message: str, header: Sequence[str] = ()) -> None:
        """Keep the labels of the columns that there are."""
        super().__init__(message)
        self.header = list(header)


class ExportNotPossible(ContactPipelinesError):
    """What the store holds does not fit into the format that was asked for; there is no file."""

    code = "export_not_possible"


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
    """There is no room for the artifacts, or for what an import spills; nothing was half-applied."""

    code = "disk_full"


class NotificationError(ContactPipelinesError):
    """A message could not be handed over. `permanent`: trying again is no use; `unreachable`: nothing answered."""

    code = "notification_failed"
    retryable = True

    def __init__(self, message: str, *, permanent: bool = False, unreachable: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.unreachable = unreachable


class ConservationError(ContactPipelinesError):
    """Rows in and rows out do not add up. This is a bug; nothing was written."""

    code = "rows_do_not_add_up"
