"""Review: hold the plan for a person, if the options or the feed's circuit breaker ask for it.

The import is then `awaiting_review`, with a preview of its results, a sample of its changes, and the plan's SHA-256 in
the store. Confirming applies exactly that plan. With the tenant's lock held, a second plan is made and compared with it
row by row; rows that would be treated differently, because a contact was edited, deleted or created in the meantime,
fail as `changed_since_review`. All others are applied.

Until that transaction commits, the import awaits review, so an interrupted confirmation leaves it unchanged.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection

from contact_pipelines.errors import PlanChanged, WrongState
from contact_pipelines.files.artifact_names import ANEW, CHANGES, RESULTS_PREVIEW, REVIEW, REVIEWED, VALID
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.files.duck import file_literal, identifier, literal, sql_blocks
from contact_pipelines.imports import breaker, report, results
from contact_pipelines.imports.apply.write_contacts import count_outcomes
from contact_pipelines.imports.breaker import Statistics
from contact_pipelines.imports.compare import change_plan, probable_duplicates
from contact_pipelines.imports.lookups import get_import
from contact_pipelines.imports.plan import contact_columns, typed
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.models import DEFAULT_TENANT, PROPERTY_PREFIX, Import, ImportStatus
from contact_pipelines.settings import Settings
from contact_pipelines.settings.feed_settings import BreakerLimits
from contact_pipelines.store import feed_checks, reviews
from contact_pipelines.store.engine import Store

MOST_CHANGES = 20
"""Field-level changes in the sample."""


@dataclass(frozen=True)
class FieldChange:
    """What the plan does to one field of one row's contact; `action` is created or updated, `before` JSON or None."""

    row: int
    action: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Review:
    """A review: a sample of field-level changes, and a preview of the results.

    `changes` contain contact data: show them to the user, never log them.
    """

    changes: tuple[FieldChange, ...]
    results_preview: str


def run(session: ImportSession) -> bool:
    """Hold the plan if the options, the feed's limits or the feed's columns ask for it; return whether it is held."""
    limits = session.feed.breaker if session.feed else BreakerLimits()
    held = _reasons_to_hold(session, limits)
    if not held and not session.record.options.review:
        return False
    expires_after = (limits.review_expires if held else None) or session.record.options.review_expires
    with session.step("review"):
        results.preview(session)
        probable_duplicates.publish(session)
        report.write_report(session)
        with session.artifacts.writing(REVIEW) as path:
            sample = [asdict(change) for change in _sample_changes(session.con)]
            path.write_text(json.dumps({"changes": sample}, ensure_ascii=False), encoding="utf-8")
        with session.store.begin() as connection:
            reviews.await_review(
                connection,
                session.record,
                count_outcomes(session.con, CHANGES),
                warnings=len(report.row_warnings(session)),
                plan_sha256=_sha256_of(session.artifacts.reading(f"{CHANGES}.parquet")),
                expires_after=expires_after or session.policy.review_expires,
                held=held,
            )
    return True


def get_review(settings: Settings, record: Import) -> Review | None:
    """Return the review; None unless the import awaits one."""
    if record.status != ImportStatus.AWAITING_REVIEW:
        return None
    with closing(ArtifactFolder(settings.artifacts, record.tenant_id, record.id)) as artifacts:
        try:
            kept = json.loads(artifacts.reading(REVIEW).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Review(tuple(FieldChange(**change) for change in kept["changes"]), artifacts.url(RESULTS_PREVIEW))


def cancel_import(store: Store, key: str, *, tenant_id: str = DEFAULT_TENANT) -> Import:
    """Cancel an import that is queued, running or awaiting review; nothing is written to the store.

    A running one stops at its next step, or while applying; its process raises ImportCancelled. Raises NotFound, and
    WrongState if the import has already ended.
    """
    record = get_import(store, key, tenant_id=tenant_id)
    with store.begin() as connection:
        cancelled = reviews.cancel(connection, record)
    after = get_import(store, record.id, tenant_id=tenant_id)
    if not cancelled:
        undo = "; contact-pipelines rollback undoes it" if after.status == ImportStatus.COMPLETED else ""
        raise WrongState(f"The import {record.name} is {after.status} and can no longer be cancelled{undo}.")
    return after


def expire_reviews(store: Store) -> list[Import]:
    """Expire overdue reviews of all tenants; return the imports."""
    with store.begin() as connection:
        return reviews.expire_overdue(connection)


def require_waiting(record: Import) -> None:
    """Raise WrongState unless the import awaits review."""
    if record.status == ImportStatus.AWAITING_REVIEW:
        return
    why = {
        ImportStatus.PENDING: "has not begun; it can be confirmed when it awaits review",
        ImportStatus.RUNNING: "is running; it can be confirmed when it awaits review",
        ImportStatus.COMPLETED: "was already applied; there is nothing to confirm",
        ImportStatus.EXPIRED: "was not confirmed in time and has expired; import the file again",
        ImportStatus.CANCELLED: "was cancelled; import the file again",
        ImportStatus.FAILED: "has failed; import the file again",
        ImportStatus.ROLLED_BACK: "was applied and rolled back; import the file again",
    }[record.status]
    raise WrongState(f"The import {record.name} {why}.")


def settle_plan(session: ImportSession, connection: Connection) -> bool:  # noqa: ARG001 - an `apply.Prepare`
    """Set `contact_changes` to the reviewed plan, as far as it still applies; return whether the plan changed.

    Raises PlanChanged if the plan is not the one that was reviewed.
    """
    artifacts = session.artifacts
    reviewed = _reviewed_plan(session)
    change_plan.make(session, ANEW)
    anew = artifacts.reading(f"{ANEW}.parquet")
    moved, conflicts = _compare_plans(session.con, reviewed, anew)
    kept_aside = artifacts.exists(f"{REVIEWED}.parquet")  # by an earlier attempt, or a process that died
    if moved and not kept_aside:
        with artifacts.writing(f"{REVIEWED}.parquet") as copy:
            shutil.copyfile(reviewed, copy)
    if conflicts:
        confirmed = sql_blocks("review")["confirmed_changes"].format(anew=file_literal(anew))
        session.save(CHANGES, typed(session.con.sql(confirmed)))
    elif moved or kept_aside:  # it does the same, to newer versions of the contacts
        artifacts.rename(f"{ANEW}.parquet", f"{CHANGES}.parquet")
    artifacts.discard(f"{ANEW}.parquet")
    return bool(moved or kept_aside)


def _reasons_to_hold(session: ImportSession, limits: BreakerLimits) -> list[str]:
    """Measure a feed's plan, store the measurements, and compare them with the feed's earlier imports."""
    record = session.record
    if record.feed is None:
        return []
    session.view(CHANGES, VALID)
    now = breaker.measure(session.con, CHANGES, VALID, [column.column for column in record.mapping])
    with session.store.begin() as connection:
        feed_checks.record_statistics(connection, record, asdict(now))
        kept = feed_checks.last_completed(connection, record.tenant_id, record.feed, limits.compare_with)
    before = [Statistics(**(one | {"columns": tuple(one["columns"])})) for one in kept]
    return breaker.reasons(now, before, limits, freeze=session.feed is not None and session.feed.columns == "freeze")


def _sample_changes(con: duckdb.DuckDBPyConnection) -> list[FieldChange]:
    """Return the plan's first field-level changes, up to MOST_CHANGES; existing contacts come first."""
    fields = contact_columns(con.view(CHANGES).columns)
    query = sql_blocks("review")["first_changes"].format(
        contact=", ".join(f"{literal(name)}: {identifier(name)}" for name in fields),
        most=MOST_CHANGES,  # every row has one at least
    )
    return list(islice(_field_changes(con.sql(query).fetchall()), MOST_CHANGES))


def _field_changes(rows: list[tuple[Any, ...]]) -> Iterator[FieldChange]:
    for row, action, before, after, properties in rows:
        old, new = json.loads(before or "{}"), json.loads(after)
        new |= {PROPERTY_PREFIX + key: value for key, value in json.loads(properties or "{}").items()}
        for field, value in new.items():
            if value != old.get(field):  # of a new contact, what it has
                yield FieldChange(row, action, field, old.get(field), value)


def _reviewed_plan(session: ImportSession) -> Path:
    """Return the file of the reviewed plan. Raises PlanChanged if it is missing or different."""
    record = session.current()
    name = REVIEWED if session.artifacts.exists(f"{REVIEWED}.parquet") else CHANGES
    try:
        path = session.artifacts.reading(f"{name}.parquet")
    except FileNotFoundError:
        path = None
    if path is None or _sha256_of(path) != record.plan_sha256:
        raise PlanChanged(
            f"The plan of the import {record.name} ({name}.parquet) is gone or not the one that was reviewed; nothing"
            " was written. Cancel the import and import the file again."
        )
    return path


def _compare_plans(con: duckdb.DuckDBPyConnection, reviewed: Path, anew: Path) -> tuple[int, int]:
    """Make the table `moved_rows`: rows whose plan has changed since, if only in contact versions."""
    columns = [name for name in con.sql(f"FROM read_parquet({file_literal(anew)})").columns if name != "_row"]
    fields = [*contact_columns(columns), "properties"]
    blocks = sql_blocks("review")
    con.execute(
        blocks["moved_rows"].format(
            anew=file_literal(anew),
            reviewed=file_literal(reviewed),
            created_otherwise=_differ(fields),
            reads_otherwise=_differ(columns),
        )
    ).fetchall()
    moved, conflicts = con.sql(blocks["count_moved"]).fetchall()[0]
    return moved, conflicts


def _differ(columns: list[str]) -> str:
    return " OR ".join(f"n.{identifier(name)} IS DISTINCT FROM r.{identifier(name)}" for name in columns)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
