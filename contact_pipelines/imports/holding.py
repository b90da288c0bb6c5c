"""Whether an import waits for a person: because it says so, or because its feed's circuit breaker does."""

from __future__ import annotations

from dataclasses import asdict

from contact_pipelines.files.artifact_names import CHANGES, VALID
from contact_pipelines.imports import breaker, steps
from contact_pipelines.imports.breaker import Statistics
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.settings.feed_settings import BreakerLimits
from contact_pipelines.store import feed_checks


def review_if_needed(session: ImportSession) -> bool:
    """Leave the plan to a person if its options, its feed's limits or its feed's columns say so; say whether."""
    held = _reasons(session) if session.record.feed is not None else []
    if not held and not session.record.options.review:
        return False
    expires = _limits(session).review_expires if held else None
    steps.await_review(session, held=held, expires_after=expires)
    return True


def _reasons(session: ImportSession) -> list[str]:
    """Measure the plan, keep what was measured, and compare it with the feed's imports before."""
    record, limits = session.record, _limits(session)
    assert record.feed is not None  # noqa: S101 - the caller looked
    for name in (CHANGES, VALID):
        session.load(name).create_view(name, replace=True)
    now = breaker.measure(session.con, CHANGES, VALID, [column.column for column in record.mapping])
    with session.store.begin() as connection:
        feed_checks.record_statistics(connection, record, asdict(now))
        kept = feed_checks.last_completed(connection, record.tenant_id, record.feed, limits.compare_with)
    before = [Statistics(**(one | {"columns": tuple(one["columns"])})) for one in kept]
    return breaker.reasons(now, before, limits, freeze=session.feed is not None and session.feed.columns == "freeze")


def _limits(session: ImportSession) -> BreakerLimits:
    """Return the feed's limits; of one that is no longer in the settings, the defaults."""
    return session.feed.breaker if session.feed is not None else BreakerLimits()
