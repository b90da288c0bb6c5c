"""Transform: which settings of `options.transform` each column of a file has, checked before a row is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import phonenumbers

from contact_pipelines.errors import FileNotImportable, InvalidOption
from contact_pipelines.files.duck import literal
from contact_pipelines.imports.columns.header_lists import column_named, listed, shortened
from contact_pipelines.models import Transformation

EVERY_COLUMN = "*"


def column_transformations(header: Sequence[str], given: Mapping[str, Transformation]) -> dict[str, Transformation]:
    """Return column -> how its text is read, for the columns of `header` that `given` says something of.

    `given` is keyed as people write columns (case does not count); `*` is the default of all columns, and a
    column's own settings go before it one by one. Raises FileNotImportable for a column that the file lacks.
    """
    default = given.get(EVERY_COLUMN)
    found = {} if default is None else dict.fromkeys(header, default)
    for name, own in given.items():
        if name == EVERY_COLUMN:
            continue
        label = column_named(header, name)
        if label is None:
            raise FileNotImportable(
                f"A transformation names the column {shortened(name)}, which the file lacks; "
                f"its columns are {listed(header)}."
            )
        found[label] = _over(default, own)
    return found


def check_transformations(con: duckdb.DuckDBPyConnection, given: Mapping[str, Transformation]) -> None:
    """Try what only DuckDB and phonenumbers can tell to be right.

    Raises InvalidOption for a date format, a time zone or a country that cannot be used.
    """
    for name, how in given.items():
        if how.country is not None and how.country.upper() not in phonenumbers.SUPPORTED_REGIONS:
            raise InvalidOption(
                f"The country of the transformation of {shortened(name)} is not a two-letter code that phone numbers"
                " know, such as US or DE."
            )
        if how.date_format is not None and not _is_date_format(con, how.date_format):
            raise InvalidOption(
                f"The date_format of the transformation of {shortened(name)} cannot be used; write it as strptime has"
                " it, for example %d/%m/%Y or %m/%d/%Y %H:%M."
            )
        if how.time_zone is not None and not _is_time_zone(con, how.time_zone):
            raise InvalidOption(
                f"The time_zone of the transformation of {shortened(name)} is not known; write it as Europe/Berlin."
            )


def _over(default: Transformation | None, own: Transformation) -> Transformation:
    if default is None:
        return own
    return default.model_copy(update={key: value for key, value in _settings(own).items() if value is not None})


def _settings(how: Transformation) -> dict[str, object]:
    return {key: getattr(how, key) for key in how.model_fields_set}


def _is_date_format(con: duckdb.DuckDBPyConnection, text: str) -> bool:
    return "%" in text and _runs(con, f"SELECT try_strptime('2026', {literal(text)})")


def _is_time_zone(con: duckdb.DuckDBPyConnection, text: str) -> bool:
    return _runs(con, f"SELECT timezone({literal(text)}, TIMESTAMP '2026-01-01')")


def _runs(con: duckdb.DuckDBPyConnection, query: str) -> bool:
    try:
        con.execute(query).fetchall()
    except duckdb.Error:
        return False
    return True
