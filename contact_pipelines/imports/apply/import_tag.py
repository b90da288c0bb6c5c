"""The automatic import tag, which marks the contacts that an import created or updated.

Files cannot know these tags, so a file's tags replace all of a contact's tags except these. Otherwise each import of a
file with tags would remove the tag of the last one, and change every contact.
"""

from __future__ import annotations

from datetime import UTC

from contact_pipelines.models import Import

NO_TAG = "none"

LIKE = "'imported\\_2___\\___\\___\\_______' ESCAPE '\\'"
"""What automatic tags look like, in SQL of DuckDB and PostgreSQL. A regular expression could ask for digits, but takes
PostgreSQL three times as long, and a nightly sync looks at the tags of every contact."""


def import_tag(record: Import) -> str | None:
    """Return the tag of an import, such as `imported_2026_11_20_3f2a91`; None if its options turn it off.

    It has the date of registration (UTC) and the last six digits of the import's id.
    """
    named = record.options.import_tag
    if named is not None:
        return None if named == NO_TAG else named
    registered = record.times["created_at"].astimezone(UTC)
    return f"imported_{registered:%Y_%m_%d}_{record.id.replace('-', '')[-6:]}"
