"""What the tests of imports share: write a file, import it, look at the whole store."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from contact_pipelines import imports
from contact_pipelines.models import Import, ImportOptions, RollbackCounts
from contact_pipelines.settings import Settings
from contact_pipelines.store.engine import Store

CONTACT_COLUMNS = (
    "external_id, email, phone, first_name, last_name, company, status, lead_score, tags, properties, is_duplicate"
)

Content = str | bytes | list[list[str]]
"""Of a file: its text, its bytes, or a table for csv to spell."""


class Importer:
    """A store and the folder that its files are written to."""

    def __init__(self, store: Store, settings: Settings, folder: Path) -> None:
        self.store, self.settings, self.folder = store, settings, folder
        self._files = 0

    def file(self, content: Content, name: str | None = None) -> Path:
        """Write a file."""
        self._files += 1
        path = self.folder / (name or f"file_{self._files}.csv")
        if isinstance(content, list):
            with path.open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows(content)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, content: Content, *, name: str | None = None, tenant: str = "default", **options: Any) -> Import:
        """Write a file and import it, without the automatic tag, which no two imports have alike, unless asked for."""
        path = self.file(content, name)
        record = imports.register_import(
            self.store, str(path), ImportOptions.model_validate({"import_tag": "none", **options}), tenant_id=tenant
        )
        return imports.run_import(self.store, self.settings, record)

    def roll_back(self, record: Import, **options: Any) -> RollbackCounts:
        """Undo an import; return what it did."""
        return imports.roll_back_import(
            self.store, self.settings, record.id, tenant_id=record.tenant_id, **options
        ).counts

    def contacts(self, tenant: str = "default") -> dict[str, dict[str, Any]]:
        """Return every contact by its email, without ids and times."""
        rows = self.sql(f"SELECT {CONTACT_COLUMNS} FROM contacts WHERE tenant_id = :tenant", tenant=tenant)
        return {row["email"]: row for row in rows}

    def everything(self, *tables: str) -> dict[str, list[dict[str, Any]]]:
        """Return whole tables, every column of them, in a settled order."""
        return {
            table: sorted(self.sql(f"SELECT * FROM {table}"), key=str)
            for table in tables or ("contacts", "group_members")
        }

    def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Run a statement, commit it, and return its rows."""
        with self.store.begin() as connection:
            result = connection.execute(sa.text(statement), values)
            return [dict(row) for row in result.mappings()] if result.returns_rows else []

    def results(self, record: Import) -> list[list[str]]:
        """Return the results file as a spreadsheet would read it."""
        return self._read(imports.result_files(self.settings, record)[0])

    def errors(self, record: Import) -> list[list[str]]:
        """Return the error file as a spreadsheet would read it."""
        return self._read(imports.result_files(self.settings, record)[1])

    @staticmethod
    def _read(path: str | None) -> list[list[str]]:
        assert path is not None
        with Path(path).open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))


@dataclass(frozen=True)
class GrantUse:
    """One opt-out that was undone, or one suppression that was lifted.

    `contact_id` is None and `old_status` is `suppressed` for a suppression; `new_status` is None where the contact
    was deleted, too, without leaving a tombstone.
    """

    contact_id: str | None
    old_status: str
    new_status: str | None
    reason: str
    granted_at: datetime
    database_user: str


def uses_of_grants(connection: sa.Connection, tenant_id: str) -> list[GrantUse]:
    """Return the tenant's uses of grants, newest first."""
    rows = connection.execute(
        sa.text(
            "SELECT contact_id::text, old_status, new_status, reason, granted_at, database_user FROM consent_grants"
            " WHERE tenant_id = :tenant ORDER BY id DESC"
        ),
        {"tenant": tenant_id},
    )
    return [GrantUse(*row) for row in rows]
