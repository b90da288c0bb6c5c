"""What the tests of scheduled exports share: a store with contacts, a place, and an export that goes there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contact_pipelines import exports, feeds
from contact_pipelines.models import ExportRecord
from tests.feed_helpers import moment
from tests.importing_helpers import Importer
from tests.location_settings import with_entries

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
