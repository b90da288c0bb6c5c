"""Apply: write the plan to the contact store, in one transaction, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from contact_pipelines.models import Counts, ImportStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from contact_pipelines.imports.session import ImportSession
    from contact_pipelines.store.import_life import Heartbeat

    Prepare = Callable[[ImportSession, Connection], bool]
    """Checks, under the tenant's lock, that the plan may be applied; returns whether it has changed."""


def run(session: ImportSession, heartbeat: Heartbeat, prepare: Prepare, *, was: ImportStatus) -> Counts:
    """Apply the plan of an import that `was` running or awaiting review, within the step that `way` has begun.

    Raises ContactsChanged, AddressSuppressed or ConsentProtected if contacts changed since they were compared,
    WrongState if the import was ended or applied meanwhile, ConservationError, and StoreError.
    """
    from contact_pipelines.contacts.properties import add_property
    from contact_pipelines.files.artifact_names import CHANGES
    from contact_pipelines.imports import report, results
    from contact_pipelines.imports.apply import join_groups, write_contacts
    from contact_pipelines.imports.columns import recorded_mapping
    from contact_pipelines.imports.compare import change_plan, opt_out_imports
    from contact_pipelines.store import imports_table

    mapping, record = recorded_mapping(session), session.record
    # Before the lock, for which others wait; of a plan that was reviewed they were counted then.
    reviewed = was == ImportStatus.AWAITING_REVIEW
    warnings = record.warnings if reviewed else len(report.row_warnings(session))
    with session.store.begin() as connection:
        imports_table.lock_tenant(connection, record.tenant_id)
        imports_table.require_status(connection, record, was)
        if prepare(session, connection):
            warnings = len(report.row_warnings(session))
        session.view(CHANGES)
        counts = write_contacts.check_conservation(session.con, session.record.rows)
        for definition in mapping.new_properties:
            add_property(connection, record.tenant_id, definition, import_id=record.id)
        groups = join_groups.prepare_groups(connection, record)
        plan = session.artifacts.reading(f"{CHANGES}.parquet")
        fields: Sequence[str]
        if record.options.suppress:
            to_write = opt_out_imports.plan_contacts(session.con, plan, counts)
            fields = opt_out_imports.UPDATED_FIELDS
        else:
            write_contacts.number_contacts(session.con, record, plan)
            to_write, fields = counts, change_plan.difference(session, mapping).updated_columns
        with results.drafting(session):
            write_contacts.apply_changes(
                connection,
                session.con,
                record,
                counts=to_write,
                updated_fields=fields,
                groups=groups,
                progress=lambda done: heartbeat.advance(done, counts.created + counts.updated),
            )
            if record.options.suppress:
                opt_out_imports.add_addresses(connection, session.con, record, plan)
        imports_table.complete(connection, record, counts, warnings, was=was)
    return counts
