"""Feeds of a store: files that a location of some kind brings, and exports that go to one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contact_pipelines import exports, feeds, imports
from contact_pipelines.errors import ContactPipelinesError
from contact_pipelines.models import ExportRecord, Import, ImportStatus
from contact_pipelines.settings.feed_settings import ImportFeed
from tests.helpers.importing import Importer
from tests.helpers.settings_file import with_entries

ANN = "email,first_name\nann@example.com,Ann\n"
BOB = "email,first_name\nbob@example.com,Bob\n"
WATCHED: dict[str, Any] = {"watch": {"every": 1, "quiet": 0}}


class Feeding:
    """A feed named `drop`, at the location `inbox`: a folder of this machine unless another is given."""

    def __init__(self, importer: Importer, location: dict[str, Any] | None = None, **feed: Any) -> None:
        self.importer, self.store = importer, importer.store
        self.folder = importer.folder / "inbox"
        self.folder.mkdir(exist_ok=True)
        location = location or {"type": "local", "path": str(self.folder)}
        entry = {"name": "drop", "source": {"location": "inbox", "path": "*.csv"}, **({} if feed else WATCHED), **feed}
        if "watch" not in entry and "schedule" not in entry:
            entry |= WATCHED
        self.settings = with_entries(
            importer.settings, importer.folder, locations={"inbox": location}, imports=[entry],
            options={"import_tag": "none"},
        )  # fmt: skip
        importer.settings = self.settings

    @property
    def feed(self) -> ImportFeed:
        return self.settings.import_feed("drop")

    def write(self, name: str, content: str = ANN) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def look(self, due_at: datetime | None = None) -> feeds.Look:
        return feeds.look_at_feed(self.store, self.settings, self.feed, due_at=due_at)

    def tend(self) -> feeds.Tending:
        return feeds.tend_feeds(self.store, self.settings)

    def run(self, records: tuple[Import, ...]) -> list[Import]:
        """Run imports one after the other; return them as they are afterwards, failed ones too."""
        found = []
        for record in records:
            try:
                found.append(imports.run_import(self.store, self.settings, record))
            except ContactPipelinesError:
                found.append(imports.get_import(self.store, record.id, tenant_id=record.tenant_id))
                assert found[-1].status == ImportStatus.FAILED
        return found

    def look_and_run(self) -> list[Import]:
        return self.run(self.look().taken)

    def imports(self) -> list[Import]:
        """Return all imports, oldest first."""
        return imports.list_imports(self.store)[::-1]

    def files(self) -> dict[str, list[Any]]:
        """Return what is known of each path: the status of its versions' imports, oldest first; None: it waits."""
        known: dict[str, list[Any]] = {}
        for file in feeds.list_feed_files(self.store, self.feed)[::-1]:
            known.setdefault(file.path, []).append(file.status and file.status.value)
        return known

    def sql(self, statement: str) -> list[dict[str, Any]]:
        return self.importer.sql(statement)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CONTACTS = "email,first_name,lead_score\nann@example.com,Ann,10\nbob@example.com,Bob,60\ncid@example.com,Cid,70\n"
DUE = moment("2026-11-23T05:00:00")


class ScheduledExports:
    """An export named `leads`, to the location `out`: a folder of this machine unless another is given."""

    def __init__(self, importer: Importer, location: dict[str, Any] | None = None, **feed: Any) -> None:
        self.importer, self.store = importer, importer.store
        importer.run(CONTACTS)
        self.folder = importer.folder / "out"
        self.folder.mkdir(exist_ok=True)
        entry = {"name": "leads", "schedule": {"cron": "0 6 * * 1", "timezone": "Europe/Berlin"}, **feed}
        entry.setdefault("to", {"location": "out", "path": "crm/leads_{date}.csv"})
        self.settings = importer.settings = with_entries(
            importer.settings, importer.folder, exports=[{key: value for key, value in entry.items() if value}],
            locations={"out": location or {"type": "local", "path": str(self.folder)}},
        )  # fmt: skip

    def run(self, due_at: datetime = DUE) -> ExportRecord:
        feed = self.settings.export_feed("leads")
        return feeds.run_export_feed(self.store, self.settings, feed, due_at=due_at)

    def listed(self) -> list[ExportRecord]:
        return exports.list_exports(self.store, self.settings)

    def files(self) -> list[str]:
        """Return all files at the place, hidden ones too."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())
