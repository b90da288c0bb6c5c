"""Restores an import's contacts from its journal, set-based, in the caller's transaction.

A contact that the import created is deleted, unless somebody changed it since. A field that it updated is put back if
it still holds what the import wrote; tags and properties one by one. What stays:

- what anybody edited since, and what a later import changed. When that one is undone too, it restores what
  was there before both (`restore` in the journal), so the order in which they are undone does not matter;
- the opt-outs that the import brought, unless the caller gives a reason: undoing a file must not email people who
  left. Contacts that it created as opt-outs stay too, and so do the addresses that it put on the suppression list; a
  reason takes off those that nobody else has asked for.

The journal says what became of each contact (`undone`), except of the many that are simply deleted or restored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psycopg
import sqlalchemy as sa

from contact_pipelines.contacts import consent_grants
from contact_pipelines.errors import ContactsChanged, StoreError
from contact_pipelines.files.duck import literal, sql_blocks
from contact_pipelines.models import Import, ImportStatus, RollbackCounts
from contact_pipelines.store.copying import copy_out

CONTACT_COLUMNS = (
    "external_id",
    "email",
    "phone",
    "first_name",
    "last_name",
    "company",
    "status",
    "lead_score",
    "tags",
)
"""What an update can change; also the email, if another key recognised the contact."""


def undo(connection: sa.Connection, record: Import, restore_consent: str | None = None) -> RollbackCounts:
    """Undo the import in the transaction of `connection`; the caller commits, or rolls back for a dry run.

    `restore_consent`, the reason why, undoes the opt-outs that the import brought as well; the database records each.
    Of an import that is rolled back already only they are undone; the counts are those of both rollbacks.
    Raises ContactsChanged (try again) if somebody changed a contact at this very moment, InvalidOption if the reason
    is blank, StoreError if the store refuses a value.
    """
    again = record.status == ImportStatus.ROLLED_BACK
    changes = "kept_opt_outs" if again else "all_changes"
    undoing = _Undoing(connection, record, changes, with_consent=restore_consent is not None)
    with _without_data(), _granted(connection, restore_consent):
        lifted = 0 if restore_consent is None else undoing.run("lift_suppressions").rowcount
        undoing.delete_created()
        _restore(undoing)
        undoing.pass_on()
        undoing.run("create_verdicts")
        if again:
            undoing.run("forget_opt_outs")
        undoing.run("record_verdicts")
    before = record.rollback.properties_removed if record.rollback else 0
    return undoing.counts(properties_removed=before + undoing.delete_properties(), suppressions_removed=lifted)


def write_report(connection: psycopg.Connection[tuple[object, ...]], record: Import, target: Path) -> None:
    """Write what became of each contact as CSV: `Row, Contact, Rollback, Restored Fields, Kept`, by row of the file.

    `Rollback` is deleted, restored, partly restored, kept or gone (deleted before by somebody else); `Kept` names what
    was kept and why. No values. It is made from the journal alone, so it can be written at any time.
    """
    report = sql_blocks("rollback_verdicts")["report"].format(
        tenant=literal(record.tenant_id), import_id=literal(record.id)
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")  # or else sorting a large file spills
        copy_out(cursor, f"COPY ({report}) TO STDOUT (FORMAT csv, HEADER)", target)


class _Undoing:
    """The rows of the journal that are undone (`changes`, a block of SQL), and the statements over them."""

    def __init__(self, connection: sa.Connection, record: Import, changes: str, *, with_consent: bool) -> None:
        self._connection = connection
        self._changes = sql_blocks("restore")[changes]
        self._names = {"tenant": record.tenant_id, "import": record.id, "with_consent": with_consent}
        connection.execute(sa.text("SET LOCAL work_mem = '256MB'"))

    def run(self, block: str, **parts: str) -> sa.CursorResult[tuple[object, ...]]:
        """Execute a block of restore.sql or rollback_verdicts.sql."""
        blocks = sql_blocks("restore") | sql_blocks("rollback_verdicts")
        statement = sa.text(blocks[block].format(changes=self._changes, **parts))
        return self._connection.execute(statement, self._names)

    def count(self, block: str) -> int:
        """Execute a block that gives one number."""
        return int(str(self.run(block).scalar_one()))

    def delete_created(self) -> None:
        """Delete the contacts that the import created, with their memberships."""
        self.run("create_kept_created")
        expected = self.count("count_to_delete")
        _require(expected == (self.run("delete_created").rowcount if expected else 0))
        self.run("delete_memberships")

    def pass_on(self) -> None:
        """Give later imports what they are to put back from now on."""
        for block in ("pass_fields_on", "pass_tags_on", "pass_creation_on"):
            self.run(block)

    def delete_properties(self) -> int:
        """Delete the properties that the import created and that nobody uses; return how many."""
        return self.run("delete_properties").rowcount if self.count("count_created_properties") else 0

    def counts(self, *, properties_removed: int, suppressions_removed: int) -> RollbackCounts:
        """Count what became of the contacts, by the journal, and the import's addresses that stay on the list."""
        return RollbackCounts(
            **self.run("count_undone").mappings().one(),
            properties_removed=properties_removed,
            suppressions_kept=self.count("count_suppressions"),
            suppressions_removed=suppressions_removed,
        )


def _restore(undoing: _Undoing) -> None:
    """Put the fields of updated contacts back."""
    undoing.run("create_later_changes")
    undoing.run("index_later_changes")
    undoing.run("create_barred_fields")
    undoing.run("create_undoing_fields")
    undoing.run("create_restorable")
    expected = undoing.count("count_to_restore")
    if expected:
        assignments = ",\n    ".join(_assignment(column) for column in CONTACT_COLUMNS)
        _require(expected == undoing.run("restore_updated", assignments=assignments).rowcount)


def _assignment(column: str) -> str:
    value = {
        "lead_score": "(r.back ->> 'lead_score')::integer",
        "tags": "ARRAY(SELECT jsonb_array_elements_text(r.back -> 'tags'))",
    }.get(column, f"r.back ->> '{column}'")
    return f"{column} = CASE WHEN jsonb_exists(r.back, '{column}') THEN {value} ELSE c.{column} END"


def _require(unchanged: bool) -> None:  # noqa: FBT001 - a condition
    if not unchanged:
        raise ContactsChanged(
            "Contacts were changed by somebody else while the import was undone; nothing was written."
        )


@contextmanager
def _granted(connection: sa.Connection, reason: str | None) -> Iterator[None]:
    with nullcontext() if reason is None else consent_grants.granted(connection, reason):
        yield


@contextmanager
def _without_data() -> Iterator[None]:
    """Keep contacts' data, which the driver quotes, out of errors. Our own refusals pass unchanged."""
    try:
        yield
    except (sa.exc.DataError, sa.exc.IntegrityError) as error:
        state = getattr(error.orig, "sqlstate", None)
        raise StoreError(
            f"The store refused to take this rollback (SQLSTATE {state}); nothing was written. This is a fault of"
            " Contact Pipelines or of a rule that was added to its tables."
        ) from None
