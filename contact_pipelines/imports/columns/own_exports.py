"""The columns of our own exports that say nothing to an import: the contact's id in the store, and its groups.

They are told by all of them standing together, so that no other file is taken for one. Without this, `id` would be an
external id, or a property that happens to be called so.
"""

from __future__ import annotations

from collections.abc import Collection

REASON = "a column of our own exports, which an import cannot change"

_TOGETHER = {"id", "segments", "lists", "topics"}
_EXTERNAL_ID, _DELETED_AT = {"external_id", "externalId"}, {"deleted_at", "deletedAt"}


def without_meaning(header: Collection[str]) -> frozenset[str]:
    """Return the labels that are to be ignored; none if the file is not one of ours with these columns."""
    labels = {*header}
    if not (labels >= _TOGETHER and labels & _EXTERNAL_ID):
        return frozenset()
    return frozenset(_TOGETHER | (labels & _DELETED_AT))
