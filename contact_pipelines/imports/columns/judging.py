"""What the steps map and validate do within one DuckDB, shared by imports and by previews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb
from sqlalchemy import Connection

from contact_pipelines.contacts.properties import check_rules
from contact_pipelines.files.artifact_names import MAPPED, STAGED
from contact_pipelines.files.duck import sql_blocks
from contact_pipelines.imports.columns import planning
from contact_pipelines.imports.columns.planning import ColumnPlan
from contact_pipelines.imports.columns.presets import preset_of
from contact_pipelines.imports.compare import opt_out_imports
from contact_pipelines.imports.validate import normalising, validating
from contact_pipelines.imports.validate.email_checks import check_emails
from contact_pipelines.imports.validate.field_rules import check_field_rules
from contact_pipelines.models import ColumnMapping, ImportOptions, PropertyDefinition
from contact_pipelines.settings.policy import House
from contact_pipelines.store import saved_mappings
from contact_pipelines.store.saved_mappings import SavedMapping

TYPED, FOUND_ERRORS = "typed_contacts", "found_errors"
"""Tables that `judge` leaves: the typed rows, and what is wrong with which."""

NO_SAVED_MAPPING = "none"


def check_house(house: House) -> None:
    """Raise InvalidOption if a rule of the settings file cannot be kept, before any file is looked at."""
    check_field_rules(house.fields)
    for definition in house.properties:
        check_rules(definition)


def with_preset(options: ImportOptions, file_name: str) -> ImportOptions:
    """Return the options with what the file's name says of its people, unless they say it themselves.

    The people of a file that suppresses have left at least.
    """
    if options.preset is None:
        options = options.model_copy(update={"preset": preset_of(file_name)})
    return opt_out_imports.at_least_unsubscribed(options)


def find_saved_mapping(
    connection: Connection, tenant_id: str, header: Sequence[str], options: ImportOptions
) -> SavedMapping | None:
    """Return the saved mapping that the options name, or else the one whose headers are the file's.

    A whole mapping that was given (`only_given_columns`) needs none. Raises NotFound.
    """
    if options.saved_mapping == NO_SAVED_MAPPING:
        return None
    if options.saved_mapping is not None:
        return saved_mappings.get(connection, tenant_id, options.saved_mapping)
    return None if options.only_given_columns else saved_mappings.find_for_header(connection, tenant_id, header)


def plan_columns(
    con: duckdb.DuckDBPyConnection,
    known: Sequence[PropertyDefinition],
    options: ImportOptions,
    house: House,
    saved: SavedMapping | None,
    *,
    file_name: str,
) -> ColumnPlan:
    """Plan the columns of the view `staged_rows`; what was given goes before what was saved. Raises as `resolve`."""
    chosen = options
    if saved is not None:
        chosen = options.model_copy(update={"columns": {**saved.columns, **options.columns}})
    plan = planning.plan_columns(con, con.view(STAGED), known, chosen, house, file_name=file_name)
    if saved is None:
        return plan
    return replace(plan, columns=tuple(_told_as_saved(column, saved, options) for column in plan.columns))


def _told_as_saved(column: ColumnMapping, saved: SavedMapping, options: ImportOptions) -> ColumnMapping:
    if column.column not in saved.columns or column.column in options.columns:
        return column
    return replace(column, reason=f"saved mapping {saved.name!r}, version {saved.version}")


def judge(con: duckdb.DuckDBPyConnection, plan: ColumnPlan, options: ImportOptions, house: House) -> None:
    """Type and check the rows: the tables `typed_contacts` and `found_errors` from `mapped_contacts`, `staged_rows`."""
    typed = normalising.normalise(con, MAPPED, plan, options, house)
    con.execute(f"DROP TABLE IF EXISTS {TYPED}")
    typed.create(TYPED)
    validating.create_errors_table(con, FOUND_ERRORS)
    con.execute(sql_blocks("validating")["broken_rows"])
    rules = {} if options.suppress else house.fields  # whom we must not contact, we need not like either
    validating.validate(con, TYPED, FOUND_ERRORS, plan, rules, match_on=options.match_on)
    if "email" in plan.fields and not options.suppress:
        check_emails(con, TYPED, FOUND_ERRORS, header=plan.headers["email"], checks=house.email_checks)
