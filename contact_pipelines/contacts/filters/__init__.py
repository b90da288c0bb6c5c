"""Filter expressions over contacts: `status = 'subscribed' AND lead_score > 50`.

`filter_grammar` parses the text, `filter_reader` makes a `filter_tree` of what has a meaning, `filter_conditions`
makes SQLAlchemy of that.
"""

from contact_pipelines.contacts.filters.contact_filter import ContactFilter, known_groups, load_filter, parse_filter
from contact_pipelines.contacts.filters.filter_fields import KnownGroups

__all__ = ["ContactFilter", "KnownGroups", "known_groups", "load_filter", "parse_filter"]
