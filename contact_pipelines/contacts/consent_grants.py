"""Grants of consent: the only way to undo an opt-out or to lift a suppression.

The database refuses both (migration 0003) unless the transaction carries a grant, a sentence that says why. Each use
of a grant is recorded in `consent_grants`, by contact id; a reason should name no address either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from contact_pipelines.errors import InvalidOption

_SETTING = "contact_pipelines.consent_grant"


@contextmanager
def granted(connection: sa.Connection, reason: str) -> Iterator[None]:
    """Grant consent to what the block does on this connection; the grant that was there before is put back.

    Raises InvalidOption if the reason is blank. If the block raises, its transaction has to be rolled back, and the
    grant ends with it.
    """
    if not reason.strip():
        raise InvalidOption("Undoing an opt-out or a suppression needs a reason; say who asked for it, and how.")
    before = connection.scalar(sa.select(sa.func.current_setting(_SETTING, True)))  # noqa: FBT003 - PostgreSQL's
    connection.execute(sa.select(sa.func.contact_pipelines_grant_consent(reason.strip())))
    yield
    connection.execute(sa.select(sa.func.set_config(_SETTING, before or "", True)))  # noqa: FBT003
