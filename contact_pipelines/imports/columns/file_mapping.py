"""A file's mapping: the field of each column, the name its text is stored under, how it is read.

`map_columns` suggests a field for each column, applies the given mapping, and determines which properties the import
has to create, with their types.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from contact_pipelines.errors import InvalidOption
from contact_pipelines.files.duck import ROW, identifier, sql_blocks
from contact_pipelines.imports import update_rules
from contact_pipelines.imports.columns.given_columns import (
    check_transformations,
    column_named,
    column_transformations,
    shortened,
)
from contact_pipelines.imports.columns.mapping import resolve
from contact_pipelines.imports.columns.saved_mappings import SavedMapping
from contact_pipelines.imports.columns.suggesting import suggest
from contact_pipelines.imports.compare.fuzzy.comparing import comparisons
from contact_pipelines.imports.stage.staged_file import RESERVED
from contact_pipelines.imports.validate import consent, dates, numbers
from contact_pipelines.imports.validate.texts import trimmed
from contact_pipelines.models import (
    FULL_NAME,
    IGNORE,
    PROPERTY_PREFIX,
    ColumnMapping,
    Consent,
    ImportOptions,
    Preset,
    PropertyDefinition,
    PropertyType,
    Transformation,
)
from contact_pipelines.settings.policy import Policy

SAMPLE_ROWS = 1000
SAMPLE_VALUES = 30
_FIRST_ROWS = "first_rows"


@dataclass(frozen=True)
class FileMapping:
    """The field of each column, and the tenant's properties by key, including those that the import creates.

    A column's text is stored under the name of its field, except for consent columns, of which there can be several:
    they have their own names (`text_columns`). `transform` is keyed by these names.
    """

    columns: tuple[ColumnMapping, ...]
    properties: Mapping[str, PropertyDefinition]
    transform: Mapping[str, Transformation] = dataclasses.field(default_factory=dict)
    preset: Preset | None = None

    @classmethod
    def of(
        cls,
        columns: Sequence[ColumnMapping],
        known: Mapping[str, PropertyDefinition],
        options: ImportOptions | None = None,
    ) -> FileMapping:
        """Return the mapping of all columns of a file; those of new properties say their type (`creates`).

        Raises FileNotImportable if the options transform a column that the file lacks, InvalidOption if two columns
        are both mapped to the words of consent.
        """
        created = {
            key: _new_property(key, column.creates)
            for column in columns
            if column.creates and (key := column.field.removeprefix(PROPERTY_PREFIX)) not in known
        }
        options = options or ImportOptions()
        mapping = cls(tuple(columns), {**known, **created}, preset=options.preset)
        by_label = column_transformations([column.column for column in columns], options.transform)
        transform = {name: by_label[label] for name, label in mapping.text_columns.items() if label in by_label}
        return replace(mapping, transform=transform)

    @property
    def mapped(self) -> list[ColumnMapping]:
        """The columns that are not ignored."""
        return [column for column in self.columns if column.field != IGNORE]

    @property
    def text_columns(self) -> dict[str, str]:
        """Name of the text column -> the column of the file, in the order of the file."""
        return {name: column.column for name, column in zip(_text_names(self.mapped), self.mapped, strict=True)}

    @property
    def fields(self) -> list[str]:
        """Contact fields and properties that the file fills, a full name as its two parts."""
        return output_fields(list(self.text_columns), self.preset)

    @property
    def headers(self) -> dict[str, str]:
        """Field -> the column that it comes from; for consent, text column -> column."""
        return {
            made: label
            for name, label in self.text_columns.items()
            for made in ([name] if consent.kind_of(name) else output_fields([name]))
        }

    @property
    def has_opt_in(self) -> bool:
        """Whether the file has an opt-in column: without a yes in it, a contact is not subscribed."""
        return any(consent.kind_of(name) is Consent.OPT_IN for name in self.text_columns)

    @property
    def new_properties(self) -> list[PropertyDefinition]:
        """The properties that the import has to create."""
        keys = [column.field.removeprefix(PROPERTY_PREFIX) for column in self.mapped if column.creates]
        return [self.properties[key] for key in keys]


def output_fields(columns: Sequence[str], preset: Preset | None = None) -> list[str]:
    """Return the contact fields and properties that are made of these text columns.

    A full name becomes two fields, all consent columns one, and a file of opt-outs always has a status.
    """
    fields = [made for column in columns for made in _outputs(column)]
    return list(dict.fromkeys([*fields, *([consent.STATUS] if consent.floor(preset) else [])]))


def _outputs(column: str) -> list[str]:
    if column == FULL_NAME:
        return ["first_name", "last_name"]
    return [consent.STATUS] if consent.kind_of(column) else [column]


def _text_names(mapped: Sequence[ColumnMapping]) -> list[str]:
    """Return the names of the text columns: their fields, those of consent told apart by their kind and number."""
    numbers: Counter[Consent] = Counter()
    names = []
    for column in mapped:
        if column.field != consent.STATUS:
            names.append(column.field)
            continue
        kind = column.consent or Consent.WORD
        numbers[kind] += 1
        if kind is Consent.WORD and numbers[kind] > 1:
            raise InvalidOption(
                f"The column {shortened(column.column)} and another one are both mapped to the words of status;"
                " only one can be."
            )
        names.append(consent.column_name(kind, numbers[kind]))
    return names


def header_of(staged: duckdb.DuckDBPyRelation) -> list[str]:
    """Return the labels of the file's columns."""
    return [name for name in staged.columns if name not in RESERVED]


def samples_of(staged: duckdb.DuckDBPyRelation, header: Sequence[str]) -> dict[str, list[str]]:
    """Return a few values of each column, from the first rows."""
    frame = staged.limit(SAMPLE_ROWS).pl()  # all columns: DuckDB is slow to select thousands of them by name
    return {name: frame[name].drop_nulls().head(SAMPLE_VALUES).to_list() for name in header}


def map_columns(
    con: duckdb.DuckDBPyConnection,
    staged: duckdb.DuckDBPyRelation,
    known: Sequence[PropertyDefinition],
    options: ImportOptions,
    policy: Policy | None = None,
    *,
    file_name: str = "",
    saved: SavedMapping | None = None,
) -> FileMapping:
    """Suggest a field for each column, apply saved and given mappings, infer the types of new properties.

    `known`: the properties of tenant and settings; `policy`: the settings' rules, with the language model to ask, if
    any; `file_name`: a hint at who the file lists. Given columns override `saved` ones. Raises InvalidOption and
    FileNotImportable if the mapping, the rules or the transformations do not fit the file.
    """
    given = options.columns
    if saved is not None:
        options = options.model_copy(update={"columns": {**saved.columns, **given}})
    header = header_of(staged)
    samples = samples_of(staged, header)
    built_in = suggest(header, samples, file_name=file_name)
    suggested = _with_language_model(built_in, samples, options, policy or Policy())
    keys = [definition.key for definition in known]
    columns = resolve(header, suggested, options, known_properties=keys)
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
    mapping = FileMapping.of(typed, properties, options)
    update_rules.require_fitting_columns(options, mapping.fields, mapping.properties)
    if options.fuzzy is not None:
        comparisons(options.fuzzy, mapping.fields)
    if saved is None:
        return mapping
    why = f"saved mapping {saved.name!r}, version {saved.version}"
    from_saved = saved.columns.keys() - given.keys()
    told = tuple(replace(it, reason=why) if it.column in from_saved else it for it in mapping.columns)
    return replace(mapping, columns=told)


def _with_language_model(
    built_in: list[ColumnMapping], samples: Mapping[str, Sequence[str]], options: ImportOptions, policy: Policy
) -> list[ColumnMapping]:
    """Add the suggestions of the configured language model, which does not see given columns."""
    if policy.language_model is None or options.only_given_columns:
        return built_in
    from contact_pipelines.imports.columns import language_model

    header = [suggestion.column for suggestion in built_in]
    given = {label for name in options.columns if (label := column_named(header, name)) is not None}
    asked = language_model.ask(policy.language_model, header, samples, protected=given)
    return language_model.combine(built_in, asked, samples)


def map_rows(staged: duckdb.DuckDBPyRelation, mapping: FileMapping) -> duckdb.DuckDBPyRelation:
    """Return the readable rows with their mapped columns only, still text, as `FileMapping.text_columns` names them."""
    columns = [f"{identifier(label)} AS {identifier(name)}" for name, label in mapping.text_columns.items()]
    return staged.filter("_error_code IS NULL").project(", ".join([ROW, *columns]))


def _new_property(key: str, kind: PropertyType) -> PropertyDefinition:
    return PropertyDefinition(key=key, type=kind, label=key.replace("_", " ").strip().capitalize())


def infer_types(
    con: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[str],
    transform: Mapping[str, Transformation] | None = None,
) -> dict[str, PropertyType]:
    """Return the narrowest type that every value of each column has; a column without values is text.

    `source` is a table or view, `transform` says by column how its text is read (decimal comma, date format).
    Digits with a leading zero (0130) and numbers of more than 15 digits are codes, not numbers. Slashed dates are
    dates if the column proves their order (see `validate/dates.py`).
    """
    how = {column: (transform or {}).get(column, Transformation()) for column in columns}
    con.execute(f"CREATE OR REPLACE VIEW {_FIRST_ROWS} AS FROM {identifier(source)} LIMIT {dates.FIRST_LOOK}")
    # Most columns turn out to be text within the first rows, which saves reading the others.
    first = _narrowest(con, _FIRST_ROWS, how)
    unsure = [name for name in columns if first[name] is not PropertyType.TEXT or not _any(con, _FIRST_ROWS, name)]
    types = first | _narrowest(con, source, {name: how[name] for name in unsure})
    undated = [name for name in columns if types[name] is PropertyType.TEXT and not how[name].date_format]
    return types | dict.fromkeys(dates.proven_formats(con, source, undated), PropertyType.DATE)


def _narrowest(
    con: duckdb.DuckDBPyConnection, source: str, columns: Mapping[str, Transformation]
) -> dict[str, PropertyType]:
    if not columns:
        return {}
    block = sql_blocks("normalising")["infer_type"]
    parts = []
    for column, how in columns.items():
        text = identifier(column)
        date = dates.date(text, dates.style_of(how))
        parts.append(block.format(text=trimmed(text), number=numbers.number(text, how), date=date))
    row = con.sql(f"SELECT {', '.join(parts)} FROM {identifier(source)}").fetchall()[0]
    return {column: PropertyType(kind) for column, kind in zip(columns, row, strict=True)}


def _any(con: duckdb.DuckDBPyConnection, source: str, column: str) -> bool:
    """Whether there is any value in this column."""
    count = con.sql(f"SELECT count({trimmed(identifier(column))}) FROM {identifier(source)}").fetchall()[0][0]
    return bool(count)
