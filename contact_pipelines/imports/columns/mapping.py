"""A file's mapping: what the import's options say, completed by `suggesting.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from rapidfuzz import fuzz, process

from contact_pipelines.errors import FileNotImportable, InvalidOption
from contact_pipelines.imports.columns.consent_columns import sense_if_given
from contact_pipelines.imports.columns.custom_columns import is_custom
from contact_pipelines.imports.columns.given_columns import listed, require_column, shortened
from contact_pipelines.imports.columns.header_meaning import read
from contact_pipelines.imports.columns.suggesting import KEPT_AS
from contact_pipelines.models import (
    CONTACT_FIELDS,
    CONTACT_ID,
    FULL_NAME,
    IGNORE,
    PROPERTY_KEY,
    PROPERTY_PREFIX,
    WELL_KNOWN_PROPERTIES,
    ColumnMapping,
    Consent,
    CreateProperties,
    ImportOptions,
)

STATUS = "status"

_NEAR = 70


def resolve(
    header: Sequence[str],
    suggested: Sequence[ColumnMapping],
    options: ImportOptions,
    *,
    known_properties: Collection[str] = (),
) -> list[ColumnMapping]:
    """Return the mapping of all columns in order: what `options.columns` says, otherwise what was suggested.

    A well-known property becomes `properties.city`. With `options.only_given_columns` suggestions are not used. A
    given field displaces the column that it was suggested for, which is then ignored. Several columns may be
    `status`, one of them in words. A suggested property needs to exist (`known_properties`: keys), or
    `options.create_properties` must allow it.

    Raises `InvalidOption` for an unknown field, a wrong property key, a field given to two columns, a secret, a new
    property where none may be created, or a column of ids that are not a match key; `FileNotImportable` for a column
    that the file lacks, and if no column is a match key.
    """
    known = {*known_properties, *WELL_KNOWN_PROPERTIES}
    suggestions = {mapping.column: mapping for mapping in suggested}
    given = _given(header, options.columns, suggestions)
    _refuse_new_properties(given, known, options)
    result: list[ColumnMapping] = []
    for label in header:
        if label in given:
            result.append(given[label])
        elif options.only_given_columns:
            result.append(ColumnMapping(label, IGNORE, 1.0, "only the given columns are imported"))
        else:
            result.append(_as_suggested(label, suggestions.get(label), given, known, options.create_properties))
    _require_match_key(header, result, options)
    return result


def field_named(text: str) -> str:
    """Return the field that `text` names, well-known properties with their prefix.

    Raises `InvalidOption` if there is no such field; it suggests the nearest and lists all of them.
    """
    name = text.strip()
    if name in CONTACT_FIELDS or name in {CONTACT_ID, FULL_NAME, IGNORE}:
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
    allowed = (*CONTACT_FIELDS, CONTACT_ID, FULL_NAME, *WELL_KNOWN_PROPERTIES, IGNORE)
    near = process.extractOne(name.casefold()[:100], allowed, scorer=fuzz.ratio, score_cutoff=_NEAR)
    meant = f" Did you mean {near[0]}?" if near else ""
    return (
        f"There is no field {shortened(name)}.{meant} A column can be {', '.join(allowed)} "
        "or properties.<key> for a property of your own."
    )


def _given(
    header: Sequence[str], columns: Mapping[str, str], suggestions: Mapping[str, ColumnMapping]
) -> dict[str, ColumnMapping]:
    """Check the given mapping against the file and against itself: label -> mapping."""
    given: dict[str, ColumnMapping] = {}
    for name, wanted in columns.items():
        label = require_column(header, name, "The mapping")
        mapping = _as_given(label, field_named(wanted), suggestions.get(label))
        if label in given and given[label].field != mapping.field:
            raise InvalidOption(
                f"The column {shortened(label)} is mapped to both {given[label].field} and {mapping.field}; "
                "give it one field."
            )
        _refuse_twice(mapping, given.values())
        given[label] = mapping
    return given


def _as_given(label: str, field: str, suggestion: ColumnMapping | None) -> ColumnMapping:
    """Return a column as mapped by a person. The sense of consent comes from the values, else from the header."""
    if field != IGNORE and read(label).secret:
        raise InvalidOption(
            f"The column {shortened(label)} cannot be mapped to {field}: by its header it holds a password or another "
            "secret, which is never imported. Take it out of the mapping, or rename the column if it holds none."
        )
    consent = None
    if field == STATUS:
        consent = suggestion.consent if suggestion and suggestion.consent else sense_if_given(read(label).consent)
    return ColumnMapping(label, field, 1.0, "given", consent=consent)


def _refuse_twice(mapping: ColumnMapping, others: Collection[ColumnMapping]) -> None:
    twice = next((other.column for other in others if _exclude_each_other(other, mapping)), None)
    if twice is None:
        return
    words = ", in words that name a status" if mapping.field == STATUS else ""
    raise InvalidOption(
        f"The columns {shortened(twice)} and {shortened(mapping.column)} are both mapped to {mapping.field}{words}; "
        "one field takes one column."
    )


def _exclude_each_other(one: ColumnMapping, other: ColumnMapping) -> bool:
    """Whether two columns cannot share their field. Several can hold consent, but only one of them in words."""
    if one.field != other.field or one.field == IGNORE or one.column == other.column:
        return False
    return one.field != STATUS or one.consent == other.consent == Consent.WORD


def _refuse_new_properties(given: Mapping[str, ColumnMapping], known: Collection[str], options: ImportOptions) -> None:
    if options.create_properties is not CreateProperties.NO:
        return
    for label, mapping in given.items():
        key = mapping.field.removeprefix(PROPERTY_PREFIX)
        if mapping.field.startswith(PROPERTY_PREFIX) and key not in known:
            raise InvalidOption(
                f"The column {shortened(label)} is mapped to the property {key}, which does not exist, and properties "
                "may not be created. Add the property first, or allow it with --create-properties matching."
            )


def _as_suggested(
    label: str,
    mapping: ColumnMapping | None,
    given: Mapping[str, ColumnMapping],
    known: Collection[str],
    create: CreateProperties,
) -> ColumnMapping:
    if mapping is None:
        return ColumnMapping(label, IGNORE, 0.0, "no match")
    field = PROPERTY_PREFIX + mapping.field if mapping.field in WELL_KNOWN_PROPERTIES else mapping.field
    named = replace(mapping, field=field, consent=mapping.consent if field == STATUS else None)
    first = next((other.column for other in given.values() if _exclude_each_other(other, named)), None)
    if first is not None:
        return ColumnMapping(label, IGNORE, 1.0, f"the column {shortened(first)} was given as {field}")
    return _allowed_property(named, known, create) if field.startswith(PROPERTY_PREFIX) else named


def _allowed_property(mapping: ColumnMapping, known: Collection[str], create: CreateProperties) -> ColumnMapping:
    """Return a suggested property if it may be created, or the column ignored, with how to import it after all."""
    key = mapping.field.removeprefix(PROPERTY_PREFIX)
    why, sure = mapping.reason, KEPT_AS not in mapping.reason
    if not sure:
        why = why.partition(KEPT_AS)[0].rstrip("; ")
    if key in known:
        return mapping if sure else replace(mapping, reason=f"{why}; {KEPT_AS} {key}, which exists")
    if create is CreateProperties.YES or (create is CreateProperties.MATCHING and is_custom(mapping.column)):
        return mapping if sure else replace(mapping, reason=f"{why}; {KEPT_AS} {key}")
    if create is CreateProperties.NO:
        return ColumnMapping(mapping.column, IGNORE, 0.0, f"{why}; properties may not be created")
    return ColumnMapping(
        mapping.column,
        IGNORE,
        0.0,
        f"{why}; keep it with --create-properties yes or --map {shortened(f'{mapping.column}={mapping.field}')}",
    )


def _require_match_key(header: Sequence[str], mappings: list[ColumnMapping], options: ImportOptions) -> None:
    keys = options.match_on
    ids = next((mapping.column for mapping in mappings if mapping.field == CONTACT_ID), None)
    if ids is not None and CONTACT_ID not in keys:
        raise InvalidOption(
            f"The column {shortened(ids)} is mapped to id, which only recognises contacts and is never written; "
            "add id to --match-on, or map the column to something else."
        )
    if any(mapping.field in keys for mapping in mappings):
        return
    raise FileNotImportable(
        f"No column is mapped to {' or '.join(keys)}, by which contacts are recognised; the file's columns are "
        f'{listed(header)}. Say which it is, for example --map "Header={keys[0]}".'
    )
