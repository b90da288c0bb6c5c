"""Which contact field each column of a file is: what is suggested, and what the import's options say instead.

The suggestion itself is in `suggesting.py`, its words in `synonyms.py` and `header_words.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from contact_pipelines.errors import FileNotImportable, InvalidOption
from contact_pipelines.importing.columns.column_map import parse_column_map
from contact_pipelines.importing.columns.header_lists import column_named, listed, shortened
from contact_pipelines.importing.columns.suggesting import suggest
from contact_pipelines.models import (
    CONTACT_FIELDS,
    FULL_NAME,
    IGNORE,
    PROPERTY_KEY,
    PROPERTY_PREFIX,
    WELL_KNOWN_PROPERTIES,
    ColumnMapping,
    ImportOptions,
)

__all__ = ["field_named", "parse_column_map", "resolve", "suggest"]

MATCH_KEY = "email"
"""The field that recognises a contact; a file without it cannot be imported."""

_NEAR = 70


def resolve(header: Sequence[str], suggested: Sequence[ColumnMapping], options: ImportOptions) -> list[ColumnMapping]:
    """Return the mapping of all columns in order: what `options.columns` says, and else what was suggested.

    A well-known property comes out as `properties.city`. With `options.only_given_columns` the suggestion
    counts for nothing. A given field displaces the column that was suggested for it, which is then ignored.

    Raises `InvalidOption` for an unknown field, a wrong property key, or a field given to two columns;
    `FileNotImportable` for a column that the file lacks, and if no column is the match key.
    """
    given = _given(header, options.columns)
    column_of = {field: label for label, field in given.items() if field != IGNORE}
    suggestions = {mapping.column: mapping for mapping in suggested}
    result: list[ColumnMapping] = []
    for label in header:
        if label in given:
            result.append(ColumnMapping(label, given[label], 1.0, "given"))
        elif options.only_given_columns:
            result.append(ColumnMapping(label, IGNORE, 1.0, "only the given columns are imported"))
        else:
            result.append(_as_suggested(label, suggestions.get(label), column_of))
    _require_match_key(header, result)
    return result


def field_named(text: str) -> str:
    """Return the field that a person's `text` names, well-known properties with their prefix.

    Raises `InvalidOption` if there is no such field, naming the nearest and all that are allowed.
    """
    name = text.strip()
    if name in CONTACT_FIELDS or name in {FULL_NAME, IGNORE}:
        return name
    if name in WELL_KNOWN_PROPERTIES:
        return PROPERTY_PREFIX + name
    if name.startswith(PROPERTY_PREFIX):
        if PROPERTY_KEY.fullmatch(name.removeprefix(PROPERTY_PREFIX)):
            return name
        raise InvalidOption(
            f"The property key in {shortened(name)} cannot be used: a key is 1 to 50 of a-z, 0-9 and _, "
            "for example properties.favourite_colour."
        )
    raise InvalidOption(_unknown_field(name))


def _unknown_field(name: str) -> str:
    allowed = (*CONTACT_FIELDS, FULL_NAME, *WELL_KNOWN_PROPERTIES, IGNORE)
    near = process.extractOne(name.casefold()[:100], allowed, scorer=fuzz.ratio, score_cutoff=_NEAR)
    meant = f" Did you mean {near[0]}?" if near else ""
    return (
        f"There is no field {shortened(name)}.{meant} A column can be {', '.join(allowed)} "
        "or properties.<key> for a property of your own."
    )


def _given(header: Sequence[str], columns: dict[str, str]) -> dict[str, str]:
    """Check the given mapping against the file and itself: label -> field."""
    given: dict[str, str] = {}
    for name, wanted in columns.items():
        label = column_named(header, name)
        field = field_named(wanted)
        if label is None:
            raise FileNotImportable(
                f"The mapping names the column {shortened(name)}, which the file lacks; "
                f"its columns are {listed(header)}."
            )
        if given.get(label, field) != field:
            raise InvalidOption(
                f"The column {shortened(label)} is mapped to both {given[label]} and {field}; give it one field."
            )
        twice = next((other for other, its in given.items() if its == field and other != label), None)
        if twice is not None and field != IGNORE:
            raise InvalidOption(
                f"The columns {shortened(twice)} and {shortened(label)} are both mapped to {field}; "
                "one field takes one column."
            )
        given[label] = field
    return given


def _as_suggested(label: str, mapping: ColumnMapping | None, column_of: dict[str, str]) -> ColumnMapping:
    if mapping is None:
        return ColumnMapping(label, IGNORE, 0.0, "no match")
    field = PROPERTY_PREFIX + mapping.field if mapping.field in WELL_KNOWN_PROPERTIES else mapping.field
    if field in column_of:
        reason = f"the column {shortened(column_of[field])} was given as {field}"
        return ColumnMapping(label, IGNORE, 1.0, reason)
    return ColumnMapping(label, field, mapping.confidence, mapping.reason)


def _require_match_key(header: Sequence[str], mappings: list[ColumnMapping]) -> None:
    if any(mapping.field == MATCH_KEY for mapping in mappings):
        return
    raise FileNotImportable(
        f"No column is mapped to {MATCH_KEY}, by which contacts are recognised; the file's columns are "
        f'{listed(header)}. Say which it is, for example --map "Header={MATCH_KEY}".'
    )
