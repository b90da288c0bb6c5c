"""The plan of a file's columns: what each one is, under which name its text is kept, and how that is read."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contact_pipelines.errors import InvalidOption
from contact_pipelines.imports.columns.header_lists import shortened
from contact_pipelines.imports.validate import consent
from contact_pipelines.models import (
    FULL_NAME,
    IGNORE,
    PROPERTY_PREFIX,
    ColumnMapping,
    Consent,
    Preset,
    PropertyDefinition,
    Transformation,
)


@dataclass(frozen=True)
class ColumnPlan:
    """What the columns of one file are, and the properties (old and new, by key) that they fill.

    A mapped column's text is kept under the name of its field; only columns of consent, of which there may be several,
    have names of their own (`text_columns`). `transform` is keyed by these names.
    """

    columns: tuple[ColumnMapping, ...]
    properties: Mapping[str, PropertyDefinition]
    transform: Mapping[str, Transformation] = dataclasses.field(default_factory=dict)
    preset: Preset | None = None

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
        """Field -> the column that it comes from; of consent, text column -> column."""
        return {
            made: label
            for name, label in self.text_columns.items()
            for made in ([name] if consent.kind_of(name) else output_fields([name]))
        }

    @property
    def has_opt_in(self) -> bool:
        """Whether a column says who wants to hear from us: then nobody else does."""
        return any(consent.kind_of(name) is Consent.OPT_IN for name in self.text_columns)

    @property
    def new_properties(self) -> list[PropertyDefinition]:
        """The properties that the import has to create."""
        keys = [column.field.removeprefix(PROPERTY_PREFIX) for column in self.mapped if column.creates]
        return [self.properties[key] for key in keys]


def output_fields(columns: Sequence[str], preset: Preset | None = None) -> list[str]:
    """Return the contact fields and properties that are made of these text columns.

    A full name is two fields, all columns of consent are one, and a file of people who left always has a status.
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
