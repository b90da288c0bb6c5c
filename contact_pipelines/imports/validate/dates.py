"""Dates and times as SQL: unambiguous ones, by `date_format`, or in the order the column proves.

A slashed date such as 11/12/2026 could be either way round. One value alone is never guessed; but a column in which
every value is a date with the day first, and some could not be with the month first, has said how it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from contact_pipelines.files.duck import identifier, literal, sql_blocks
from contact_pipelines.imports.validate.texts import trimmed
from contact_pipelines.models import Transformation

FIRST_LOOK = 1000
"""Rows that are looked at before a whole column is scanned."""

_SURE_DATES = ("%d.%m.%Y", "%Y/%m/%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y")
_SURE_MOMENTS = (*_SURE_DATES, "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %H:%M:%S")
_SEPARATORS = ("/", "-", ".")


@dataclass(frozen=True)
class DateStyle:
    """How a column's dates are written: strptime formats (none: only what is sure), and the zone of its times."""

    formats: tuple[str, ...] = ()
    zone: str | None = None

    @property
    def takes_sure_dates(self) -> bool:
        """Whether unambiguous dates count too; not if the format begins with the year, as ISO dates do."""
        return not any(written.upper().startswith("%Y") for written in self.formats)


def style_of(how: Transformation, proven: Sequence[str] = ()) -> DateStyle:
    """Return the style that the column's transformation gives; without a format, the `proven` one."""
    return DateStyle((how.date_format,) if how.date_format else tuple(proven), how.time_zone)


def date(text: str, style: DateStyle) -> str:
    """Return SQL (VARCHAR) of an ISO date: the day as it is written, whatever the zone; NULL if it cannot be read."""
    value = trimmed(text)
    sure = sql_blocks("normalising")["date"].format(text=value, parsed=_parsed(value, _SURE_DATES))
    if not style.formats:
        return sure
    given = f"CAST(CAST({_parsed(value, style.formats)} AS DATE) AS VARCHAR)"
    return f"coalesce({given}, {sure})" if style.takes_sure_dates else given


def moment(text: str, style: DateStyle) -> str:
    """Return SQL (TIMESTAMPTZ) of a date or time stamp. One without a zone is in the style's zone, or else in UTC."""
    blocks = sql_blocks("normalising")
    value, zone = trimmed(text), style.zone and literal(style.zone)
    iso = blocks["iso_in_zone" if zone else "iso_in_utc"].format(text=value, zone=zone)
    sure = blocks["moment"].format(text=value, iso=iso, parsed=_in_zone(_parsed(value, _SURE_MOMENTS), zone))
    if not style.formats:
        return sure
    carries_zone = any("%z" in written.lower() for written in style.formats)
    given = _in_zone(_parsed(value, style.formats), None if carries_zone else zone)
    return f"coalesce({given}, {sure})" if style.takes_sure_dates else given


def proven_formats(con: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return column -> the strptime formats that its own values prove: all fit them, and not all the other way round.

    `columns` are text columns of the table or view `source`. A column of other values costs a look at its first
    rows; one of slashed dates is scanned twice.
    """
    likely = _numeric_dates(con, f"(FROM {identifier(source)} LIMIT {FIRST_LOOK})", columns, if_blank=True)
    certain = _numeric_dates(con, identifier(source), likely, if_blank=False)
    proven = {}
    for column in certain:
        formats = _proven(con, source, column)
        if formats:
            proven[column] = formats
    return proven


def _numeric_dates(con: duckdb.DuckDBPyConnection, rows: str, columns: Sequence[str], *, if_blank: bool) -> list[str]:
    """Return the columns whose values all look like 11/12/2026; those without values as `if_blank` says."""
    if not columns:
        return []
    block = sql_blocks("normalising")["looks_numeric_date"]
    tests = ", ".join(block.format(text=trimmed(identifier(column))) for column in columns)
    found = con.sql(f"SELECT {tests} FROM {rows}").fetchall()[0]
    return [column for column, looks in zip(columns, found, strict=True) if (if_blank if looks is None else looks)]


def _proven(con: duckdb.DuckDBPyConnection, source: str, column: str) -> tuple[str, ...]:
    """Return the formats of the one order that fits all values; none if both orders fit, or neither."""
    text = trimmed(identifier(column))
    orders = [_ordered(order, mark) for mark in _SEPARATORS for order in (("%d", "%m"), ("%m", "%d"))]
    block = sql_blocks("normalising")["all_parse"]
    tests = ", ".join(block.format(text=text, parsed=_parsed(text, formats)) for formats in orders)
    fits = con.sql(f"SELECT {tests} FROM {identifier(source)}").fetchall()[0]
    fitting = [formats for formats, fit in zip(orders, fits, strict=True) if fit]
    return fitting[0] if len(fitting) == 1 else ()


def _ordered(order: tuple[str, str], mark: str) -> tuple[str, ...]:
    return tuple(mark.join((*order, "%Y")) + time for time in _TIMES)


def _parsed(value: str, formats: Sequence[str]) -> str:
    listed = ", ".join(literal(written) for written in formats)
    return sql_blocks("normalising")["parsed"].format(text=value, formats=listed)


def _in_zone(parsed: str, zone: str | None) -> str:
    return f"timezone({zone}, {parsed})" if zone else f"CAST({parsed} AS TIMESTAMPTZ)"
