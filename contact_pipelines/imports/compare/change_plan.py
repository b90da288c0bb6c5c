"""Makes the plan of an import, `contact_changes`, and makes it again once it is stale."""

from __future__ import annotations

import duckdb
from sqlalchemy import Connection

from contact_pipelines.files.artifact_names import CHANGES, COMPARED, ERRORS, VALID
from contact_pipelines.imports.apply import join_groups
from contact_pipelines.imports.apply.import_tag import import_tag
from contact_pipelines.imports.columns import recorded_mapping
from contact_pipelines.imports.columns.file_mapping import FileMapping
from contact_pipelines.imports.compare import diffing, matching, opt_out_imports, probable_duplicates
from contact_pipelines.imports.compare.merging import Difference
from contact_pipelines.imports.session import ImportSession
from contact_pipelines.store import imports_table


def make(session: ImportSession, name: str = CHANGES) -> duckdb.DuckDBPyRelation:
    """Compare the valid rows with the store as it is now; keep the plan as the artifact `name`."""
    mapping, record = recorded_mapping(session), session.record
    session.view(VALID, ERRORS)
    with session.store.begin() as connection:
        mark = imports_table.applied_mark(connection, record.tenant_id)
    if session.record.options.suppress:
        _plan_opt_outs(session, mapping, name)
    else:
        _plan_changes(session, mapping, name)
    with session.artifacts.writing(COMPARED) as path:  # after the plan: a mark that is too old only costs time
        path.write_text(mark, encoding="utf-8")
    return session.load(name)


def renew_if_stale(session: ImportSession, connection: Connection) -> bool:
    """Make the plan again if an import of the tenant was applied or undone since; return whether it was.

    The versions of the contacts that an import writes are checked one by one. This covers those that it has read but
    does not write: without it, two imports could miss each other's changes. Needs the tenant's lock.
    """
    if session.artifacts.exists(COMPARED):
        mark = session.artifacts.reading(COMPARED).read_text(encoding="utf-8")
        if mark == imports_table.applied_mark(connection, session.record.tenant_id):
            return False
    make(session)
    return True


def call_stale(session: ImportSession) -> None:
    """Request a new plan before applying: somebody else has changed its contacts."""
    session.artifacts.discard(COMPARED)


def difference(session: ImportSession, mapping: FileMapping) -> Difference:
    """Return what of the contacts is compared, and which columns of them an update sets."""
    return Difference(
        mapping.fields,
        mapping.properties,
        session.record.options,
        session.policy.fields,
        has_opt_in=mapping.has_opt_in,
        import_tag=import_tag(session.record),
    )


def _plan_changes(session: ImportSession, mapping: FileMapping, name: str) -> None:
    con, record = session.con, session.record
    compared = difference(session, mapping)
    with session.store.begin() as connection:
        groups = join_groups.wanted_groups(connection, record)
    its = matching.Matching(VALID, record.tenant_id, compared, groups, session.artifacts.scratch())
    with session.store.raw() as connection:
        source = matching.match(con, connection, its)
        if record.options.fuzzy:
            source = probable_duplicates.resolve(session, connection, its, source)
    session.save(name, diffing.diff(con, source, ERRORS, compared))
    for table in (*diffing.TABLES, *matching.TABLES, *probable_duplicates.TABLES):
        con.execute(f"DROP TABLE IF EXISTS {table}")


def _plan_opt_outs(session: ImportSession, mapping: FileMapping, name: str) -> None:
    record = session.record
    its = opt_out_imports.Suppressing(
        VALID, ERRORS, record.tenant_id, mapping.fields, record.options, session.artifacts.scratch()
    )
    with session.store.raw() as connection:
        session.save(name, opt_out_imports.plan(session.con, connection, its))
    opt_out_imports.forget(session.con)
