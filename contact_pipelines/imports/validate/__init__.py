"""Validate: type and check the mapped rows; leaves `validated_contacts` and `row_errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from contact_pipelines.imports.columns.file_mapping import FileMapping
    from contact_pipelines.imports.session import ImportSession
    from contact_pipelines.models import ImportOptions
    from contact_pipelines.settings.policy import Policy

TYPED, FOUND_ERRORS = "typed_contacts", "found_errors"
"""The tables of `check_rows`: the typed rows, and what is wrong with which."""


def run(session: ImportSession) -> tuple[duckdb.DuckDBPyRelation, duckdb.DuckDBPyRelation]:
    """Type and check the mapped rows: `validated_contacts`, and `row_errors` for the others."""
    from contact_pipelines.files.artifact_names import ERRORS, MAPPED, STAGED, VALID
    from contact_pipelines.files.duck import identifier, sql_blocks
    from contact_pipelines.imports.columns import recorded_mapping

    with session.step("validate"):
        con, mapping = session.con, recorded_mapping(session)
        session.view(MAPPED, STAGED)
        check_rows(con, mapping, session.record.options, session.policy)
        values = ", ".join(identifier(field) for field in mapping.fields)
        session.save(VALID, con.sql(sql_blocks("validating")["valid_rows"].format(values=values)))
        session.save(ERRORS, con.sql(f"FROM {FOUND_ERRORS} ORDER BY ALL"))
        con.execute(f"DROP TABLE {TYPED}; DROP TABLE {FOUND_ERRORS}")
        return session.load(VALID), session.load(ERRORS)


def check_rows(con: duckdb.DuckDBPyConnection, mapping: FileMapping, options: ImportOptions, policy: Policy) -> None:
    """Make the tables `typed_contacts` and `found_errors` from the views `mapped_contacts` and `staged_rows`."""
    from contact_pipelines.files.artifact_names import MAPPED
    from contact_pipelines.files.duck import sql_blocks
    from contact_pipelines.imports.validate import normalising, validating
    from contact_pipelines.imports.validate.email_checks import check_emails

    typed = normalising.normalise(con, MAPPED, mapping, options, policy)
    con.execute(f"DROP TABLE IF EXISTS {TYPED}")
    typed.create(TYPED)
    validating.create_errors_table(con, FOUND_ERRORS)
    con.execute(sql_blocks("validating")["broken_rows"])
    rules = {} if options.suppress else policy.fields  # they are for contacts, not for those who are opted out
    validating.validate(con, TYPED, FOUND_ERRORS, mapping, rules, match_on=options.match_on)
    if "email" in mapping.fields and not options.suppress:
        check_emails(con, TYPED, FOUND_ERRORS, header=mapping.headers["email"], checks=policy.email_checks)
