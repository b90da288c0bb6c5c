"""Plan the columns: which field each is (suggested, then as given), and which properties must be created."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from contact_pipelines.importing import mapping, normalising, rules
from contact_pipelines.importing.duck import ROW, identifier
from contact_pipelines.importing.reading.dialect import RESERVED
from contact_pipelines.models import (
    IGNORE,
    PROPERTY_PREFIX,
    ColumnMapping,
    ImportOptions,
    PropertyDefinition,
    PropertyType,
)

SAMPLE_ROWS = 1000
SAMPLE_VALUES = 30


@dataclass(frozen=True)
class ColumnPlan:
    """What the columns of one file are, and the properties (old and new, by key) that they fill."""

    columns: tuple[ColumnMapping, ...]
    properties: Mapping[str, PropertyDefinition]

    @property
    def mapped(self) -> list[ColumnMapping]:
        """The columns that are not ignored."""
        return [column for column in self.columns if column.field != IGNORE]

    @property
    def fields(self) -> list[str]:
        """Contact fields and properties that the file fills, a full name as its two parts."""
        return normalising.output_fields([column.field for column in self.mapped])

    @property
    def headers(self) -> dict[str, str]:
        """Field -> the column it comes from."""
        return {field: column.column for column in self.mapped for field in normalising.output_fields([column.field])}

    @property
    def new_properties(self) -> list[PropertyDefinition]:
        """The properties that the import has to create."""
        keys = [column.field.removeprefix(PROPERTY_PREFIX) for column in self.mapped if column.creates]
        return [self.properties[key] for key in keys]


def header_of(staged: duckdb.DuckDBPyRelation) -> list[str]:
    """Return the labels of the file's columns."""
    return [name for name in staged.columns if name not in RESERVED]


def samples_of(staged: duckdb.DuckDBPyRelation, header: Sequence[str]) -> dict[str, list[str]]:
    """Return a few values of each column, from the first rows."""
    frame = staged.select(*[duckdb.ColumnExpression(name) for name in header]).limit(SAMPLE_ROWS).pl()
    return {name: frame[name].drop_nulls().head(SAMPLE_VALUES).to_list() for name in header}


def plan_columns(
    con: duckdb.DuckDBPyConnection,
    staged: duckdb.DuckDBPyRelation,
    known: Sequence[PropertyDefinition],
    options: ImportOptions,
) -> ColumnPlan:
    """Suggest a field for each column, apply what was given, and infer the types of new properties."""
    header = header_of(staged)
    suggested = mapping.suggest(header, samples_of(staged, header))
    columns = mapping.resolve(header, suggested, options)
    properties = {definition.key: definition for definition in known}
    new = {
        column.column: column.field.removeprefix(PROPERTY_PREFIX)
        for column in columns
        if column.field.startswith(PROPERTY_PREFIX) and column.field.removeprefix(PROPERTY_PREFIX) not in properties
    }
    staged.create_view("rows_to_infer_from", replace=True)
    types = normalising.infer_types(con, "rows_to_infer_from", list(new))
    plan = with_new_properties([replace(column, creates=types.get(column.column)) for column in columns], properties)
    rules.require_lists_to_append_to(options, plan.properties)
    return plan


def with_new_properties(columns: Sequence[ColumnMapping], known: Mapping[str, PropertyDefinition]) -> ColumnPlan:
    """Return the plan of columns whose new properties carry their type already."""
    created = {
        key: _new_property(key, column.creates)
        for column in columns
        if column.creates and (key := column.field.removeprefix(PROPERTY_PREFIX)) not in known
    }
    return ColumnPlan(tuple(columns), {**known, **created})


def map_rows(staged: duckdb.DuckDBPyRelation, plan: ColumnPlan) -> duckdb.DuckDBPyRelation:
    """Return the readable rows with their mapped columns only, named by field; still text."""
    columns = [f"{identifier(column.column)} AS {identifier(column.field)}" for column in plan.mapped]
    return staged.filter("_error_code IS NULL").project(", ".join([ROW, *columns]))


def _new_property(key: str, kind: PropertyType) -> PropertyDefinition:
    return PropertyDefinition(key=key, type=kind, label=key.replace("_", " ").strip().capitalize())
