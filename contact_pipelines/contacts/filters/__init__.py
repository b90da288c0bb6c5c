"""Filter expressions over contacts: `status = 'subscribed' AND lead_score > 50 AND tags CONTAINS 'enterprise'`.

`syntax` parses the text with sqlglot, `reading` turns what is allowed of it into a `tree`, `conditions` makes
SQLAlchemy of that and `spelling` one canonical text.
"""

from contact_pipelines.contacts.filters.fields import KnownGroups
from contact_pipelines.contacts.filters.loading import known_groups, load_filter
from contact_pipelines.contacts.filters.parsing import ContactFilter, parse_filter

__all__ = ["ContactFilter", "KnownGroups", "known_groups", "load_filter", "parse_filter"]
