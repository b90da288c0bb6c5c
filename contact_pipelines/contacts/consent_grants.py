"""Grants of consent: the only way to undo an opt-out or remove a suppression.

The database refuses both (migration 0003) unless the transaction has a grant with a reason. Each use of a grant is
recorded in `consent_grants` by contact id, so a reason should not name an address.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from contact_pipelines.errors import InvalidOption

_SETTING = "contact_pipelines.consent_grant"


@contextmanager
def granted(connection: sa.Connection, reason: str) -> Iterator[None]:
    """Grant consent to what the block does on this connection, then restore the previous grant.

    Raises InvalidOption for a blank reason. If the block raises, roll its transaction back: that ends the grant.
    """
    if not reason.strip():
        raise InvalidOption("Undoing an opt-out or a suppression needs a reason: who asked for it, and how.")
    before = connection.scalar(sa.select(sa.func.current_setting(_SETTING, True)))  # noqa: FBT003 - PostgreSQL's
    connection.execute(sa.select(sa.func.contact_pipelines_grant_consent(reason.strip())))
    yield
    connection.execute(sa.select(sa.func.set_config(_SETTING, before or "", True)))  # noqa: FBT003
