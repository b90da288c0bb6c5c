"""Plan the columns: which field each is (suggested, then as given), and how its text is read.

Also which properties must be created for them, and of which type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import duckdb

from contact_pipelines.contacts.properties import merged_properties
from contact_pipelines.files.duck import ROW, identifier
from contact_pipelines.imports import update_rules
from contact_pipelines.imports.columns import mapping
from contact_pipelines.imports.columns.column_plan import ColumnPlan
from contact_pipelines.imports.columns.header_lists import column_named
from contact_pipelines.imports.columns.inferring import infer_types
from contact_pipelines.imports.columns.transforming import check_transformations, column_transformations
from contact_pipelines.imports.compare.fuzzy.comparing import comparisons
from contact_pipelines.imports.stage.dialect import RESERVED
from contact_pipelines.models import PROPERTY_PREFIX, ColumnMapping, ImportOptions, PropertyDefinition, PropertyType
from contact_pipelines.settings.policy import House

__all__ = [
    "ColumnPlan",
    "header_of",
    "map_rows",
    "merged_properties",
    "plan_columns",
    "samples_of",
    "with_new_properties",
]

SAMPLE_ROWS = 1000
SAMPLE_VALUES = 30


def header_of(staged: duckdb.DuckDBPyRelation) -> list[str]:
    """Return the labels of the file's columns."""
    return [name for name in staged.columns if name not in RESERVED]


def samples_of(staged: duckdb.DuckDBPyRelation, header: Sequence[str]) -> dict[str, list[str]]:
    """Return a few values of each column, from the first rows."""
    frame = staged.limit(SAMPLE_ROWS).pl()  # all of it: to select takes DuckDB long with thousands of names
    return {name: frame[name].drop_nulls().head(SAMPLE_VALUES).to_list() for name in header}


def plan_columns(
    con: duckdb.DuckDBPyConnection,
    staged: duckdb.DuckDBPyRelation,
    known: Sequence[PropertyDefinition],
    options: ImportOptions,
    house: House | None = None,
    *,
    file_name: str = "",
) -> ColumnPlan:
    """Suggest a field for each column, apply what was given, and infer the types of new properties.

    `known` are the tenant's properties, those of the house among them; `house` names the language model to ask, if
    any; `file_name` helps to tell who the file lists. Raises InvalidOption and FileNotImportable if the mapping, the
    rules or the transformations do not fit the file.
    """
    header = header_of(staged)
    samples = samples_of(staged, header)
    built_in = mapping.suggest(header, samples, file_name=file_name)
    suggested = _with_language_model(built_in, samples, options, house or House())
    keys = [definition.key for definition in known]
    columns = mapping.resolve(header, suggested, options, known_properties=keys)
    properties = {definition.key: definition for definition in known}
    new = [
        column.column
        for column in columns
        if column.field.startswith(PROPERTY_PREFIX) and column.field.removeprefix(PROPERTY_PREFIX) not in properties
    ]
    check_transformations(con, options.transform)
    staged.create_view("rows_to_infer_from", replace=True)
    types = infer_types(con, "rows_to_infer_from", new, column_transformations(header, options.transform))
    typed = [replace(column, creates=types.get(column.column)) for column in columns]
    plan = with_new_properties(typed, properties, options)
    update_rules.require_fitting_columns(options, plan.fields, plan.properties)
    if options.fuzzy is not None:
        comparisons(options.fuzzy, plan.fields)
    return plan


def _with_language_model(
    built_in: list[ColumnMapping], samples: Mapping[str, Sequence[str]], options: ImportOptions, house: House
) -> list[ColumnMapping]:
    """Return the suggestions with those of the house's language model, asked only of columns that nobody has given."""
    if house.language_model is None or options.only_given_columns:
        return built_in
    from contact_pipelines.imports.columns import language_model

    header = [suggestion.column for suggestion in built_in]
    given = {label for name in options.columns if (label := column_named(header, name)) is not None}
    asked = language_model.ask(house.language_model, header, samples, protected=given)
    return language_model.combine(built_in, asked, samples)


def with_new_properties(
    columns: Sequence[ColumnMapping],
    known: Mapping[str, PropertyDefinition],
    options: ImportOptions | None = None,
) -> ColumnPlan:
    """Return the plan of columns whose new properties carry their type already.

    `columns` are all columns of the file. Raises FileNotImportable if the options transform a column that it lacks,
    InvalidOption if two columns are both mapped to the words of consent.
    """
    created = {
        key: _new_property(key, column.creates)
        for column in columns
        if column.creates and (key := column.field.removeprefix(PROPERTY_PREFIX)) not in known
    }
    options = options or ImportOptions()
    plan = ColumnPlan(tuple(columns), {**known, **created}, preset=options.preset)
    by_label = column_transformations([column.column for column in columns], options.transform)
    transform = {name: by_label[label] for name, label in plan.text_columns.items() if label in by_label}
    return replace(plan, transform=transform)


def map_rows(staged: duckdb.DuckDBPyRelation, plan: ColumnPlan) -> duckdb.DuckDBPyRelation:
    """Return the readable rows with their mapped columns only, under their names of the plan; still text."""
    columns = [f"{identifier(label)} AS {identifier(name)}" for name, label in plan.text_columns.items()]
    return staged.filter("_error_code IS NULL").project(", ".join([ROW, *columns]))


def _new_property(key: str, kind: PropertyType) -> PropertyDefinition:
    return PropertyDefinition(key=key, type=kind, label=key.replace("_", " ").strip().capitalize())
