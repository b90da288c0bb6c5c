"""The text of a cell's value: no exponents, dates as ISO 8601, and as many digits as a spreadsheet keeps."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

LARGEST = 1e15
"""From here on a spreadsheet keeps 15 significant digits (of IEEE 754 doubles), the others are zeros."""

_TO_BE_QUOTED = re.compile('[",\r\n]')
_HALF_SECOND = dt.timedelta(microseconds=500_000)
_LAST_SECOND = dt.datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - cells have no time zone


def number_text(value: float) -> str:
    """Write a number with its up to 15 significant digits and without exponent: 491701234567, 0.3, 12.5."""
    if value.is_integer() and abs(value) < LARGEST:
        return str(int(value))
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _datetime_text(value: dt.datetime) -> str:
    """Write a date, and the time behind it if there is one, to the nearest second."""
    if value < _LAST_SECOND:
        value += _HALF_SECOND
    value = value.replace(microsecond=0)
    return value.isoformat(sep=" ") if value.time() != dt.time() else value.date().isoformat()


def _time_text(value: dt.time) -> str:
    since_midnight = dt.timedelta(
        hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
    )
    return duration_text(since_midnight)


def duration_text(value: dt.timedelta) -> str:
    """Write a duration as hours:minutes:seconds, to the nearest second; there may be more than 24 hours."""
    sign = "-" if value < dt.timedelta() else ""
    seconds = (abs(value) + _HALF_SECOND) // dt.timedelta(seconds=1)
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def csv_text(text: str) -> str:
    """Quote a text as a cell of a CSV file, if it has to be (RFC 4180)."""
    return '"' + text.replace('"', '""') + '"' if _TO_BE_QUOTED.search(text) else text


class CellTexts:
    """Turns cells into CSV. `long_numbers`: how many numbers had lost digits in the spreadsheet already."""

    def __init__(self) -> None:
        self.long_numbers = 0
        self._writers: dict[type, Callable[[Any], str]] = {
            str: csv_text,
            float: self._number,
            int: self._number,
            bool: lambda value: "TRUE" if value else "FALSE",
            dt.date: dt.date.isoformat,
            dt.datetime: _datetime_text,
            dt.time: _time_text,
            dt.timedelta: duration_text,
        }

    def lines(self, rows: Iterable[list[Any]], indent: int) -> Iterator[str]:
        """Yield a CSV line for each row, `indent` empty cells first; an empty row is an empty line."""
        writers, before = self._writers, "," * indent
        for row in rows:
            cells = [writers[type(value)](value) for value in row]
            yield f"{before}{','.join(cells)}\n" if any(cells) else "\n"

    def _number(self, value: float) -> str:
        if abs(value) >= LARGEST:
            self.long_numbers += 1
        return number_text(float(value))
