"""The automatic import tag: by it one finds the contacts that an import created or updated.

A file does not know of these tags: its tags replace a contact's others and leave them where they are. Or else each
import of a file with tags would take the tag of the last one away, and so change every contact.
"""

from __future__ import annotations

from datetime import UTC

from contact_pipelines.models import Import

NO_TAG = "none"

PATTERN = "imported_[0-9]{4}_[0-9]{2}_[0-9]{2}_[0-9a-f]{6}"
"""What automatic tags look like: a regular expression for the whole tag, alike in RE2 and PostgreSQL."""


def import_tag(record: Import) -> str | None:
    """Return the tag of an import, such as `imported_2026_11_20_3f2a91`; None if its options turn it off.

    The date is that of its registration (UTC), the end the last six digits of its id.
    """
    named = record.options.import_tag
    if named is not None:
        return None if named == NO_TAG else named
    registered = record.times["created_at"].astimezone(UTC)
    return f"imported_{registered:%Y_%m_%d}_{record.id.replace('-', '')[-6:]}"
