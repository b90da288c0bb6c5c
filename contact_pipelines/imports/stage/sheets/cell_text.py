"""The text of a workbook cell as a person sees it.

Values have no exponents, dates are ISO 8601, numbers have as many digits as a spreadsheet keeps. `form` applies number
formats that change what a number means: leading zeros, the signs of a phone number, per cent (ECMA-376 part 1, 18.8.31,
numFmts). Other formats (thousands, currency, a fixed number of decimals, an exponent) only make a number harder to read
and are left out on purpose.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

LARGEST = 1e15
"""From here on a spreadsheet keeps 15 significant digits (of IEEE 754 doubles), the others are zeros."""

_TO_BE_QUOTED = re.compile('[",\r\n]')
_HALF_SECOND = dt.timedelta(microseconds=500_000)
_LAST_SECOND = dt.datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - cells have no time zone

Form = Callable[[float], str | None]
"""Returns the text that a person sees of a number; None if the plain number will do."""

BUILT_IN = {9: "0%", 10: "0.00%"}
"""The formats known by number only that matter here (ECMA-376 part 1, 18.8.30)."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]?|(?P<next>;)|(?P<place>[0#?])|(?P<sign>.)',
    re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
_COMPARE = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
_PLAIN_SIGNS = frozenset(" +-()$")  # shown as they are without quotes
_PHONE_SIGNS = frozenset(" +-()/.")
_SHORTEST_PHONE, _LONGEST_PHONE = 7, 15  # digits; ITU-T E.164 allows 15
_PADDED = 2


def number_text(value: float) -> str:
    """Write a number with up to 15 significant digits and without exponent: 491701234567, 0.3, 12.5."""
    if value.is_integer() and abs(value) < LARGEST:
        return str(int(value))
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _datetime_text(value: dt.datetime) -> str:
    """Write a date, and its time if there is one, to the nearest second."""
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
    """Turns cells into CSV. `long_numbers`: how many numbers had already lost digits in the spreadsheet."""

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


@dataclass
class _Section:
    """One of the up to four parts of a code. `parts`: places for digits ("0", "#", "?") and ("text", shown text)."""

    parts: list[tuple[str, str]] = field(default_factory=list)
    signs: set[str] = field(default_factory=set)
    condition: tuple[str, float] | None = None

    def add_text(self, text: str) -> None:
        self.parts.append(("text", text))

    @property
    def places(self) -> list[int]:
        return [at for at, (kind, _) in enumerate(self.parts) if kind != "text"]


@lru_cache(maxsize=1024)
def form(code: str) -> Form | None:
    """Return what a format code does to a number; None if it does nothing that matters."""
    sections = _sections(code)
    first = sections[0]
    if "%" in first.signs and first.places and first.signs <= {"%", ".", ",", "-", "+", " "}:
        return _percent
    masks = [_is_mask(section) for section in sections]
    if not any(masks):
        return None

    def shown(value: float) -> str | None:
        at = _section_for(value, sections)
        if at is None or not masks[at] or not value.is_integer() or abs(value) >= LARGEST:
            return None
        return _filled(sections[at], str(int(value)))

    return shown


def _percent(value: float) -> str:
    """Show a share with all the digits it has: 0.1234 is 12.34%, however few of them the format shows."""
    return f"{number_text(value * 100)}%"


def _sections(code: str) -> list[_Section]:
    sections = [_Section()]
    for token in _TOKEN.finditer(code):
        section = sections[-1]
        if token["next"]:
            sections.append(_Section())
        elif token["place"]:
            section.parts.append((token["place"], ""))
        elif token["quoted"] or token["escaped"]:
            section.add_text(token["quoted"] or token["escaped"])
        elif token["bracket"]:
            _read_bracket(section, token["bracket"])
        elif token["sign"]:
            section.add_text(token["sign"])
            section.signs.add(token["sign"])
    return sections


def _read_bracket(section: _Section, text: str) -> None:
    """Read a condition ([<=9999999]) or a currency ([$€-407]); colours and locales show nothing."""
    if condition := _CONDITION.fullmatch(text):
        section.condition = (condition[1], float(condition[2]))
    elif text.startswith("$"):
        section.add_text(text[1:].partition("-")[0])


def _section_for(value: float, sections: list[_Section]) -> int | None:
    """Return the section that shows the value; negative numbers are neither codes nor phones and keep their sign."""
    if value < 0:
        return None
    for at, section in enumerate(sections[:2]):
        if section.condition is not None:
            compare, bound = section.condition
            if _COMPARE[compare](value, bound):
                return at
        elif at == 0 or sections[0].condition is not None:
            return at
    return 2 if len(sections) > 2 else None  # noqa: PLR2004 - the third section is what the others leave


def _is_mask(section: _Section) -> bool:
    """Whether a section pads a number with zeros, or writes it as a phone number."""
    places = section.places
    if not places or not section.signs <= _PLAIN_SIGNS:
        return False
    return _padding(section) >= _PADDED or _is_phone(section, places)


def _padding(section: _Section) -> int:
    return sum(kind == "0" for kind, _ in section.parts)


def _is_phone(section: _Section, places: list[int]) -> bool:
    """Whether only phone numbers are written like this. Spaces alone may separate thousands, as in French."""
    text = "".join(shown for _, shown in section.parts)
    between = "".join(shown for _, shown in section.parts[places[0] : places[-1]])
    return set(text) <= _PHONE_SIGNS and bool(set(between) & set("-()/") or text.lstrip(" (").startswith("+"))


def _filled(section: _Section, digits: str) -> str | None:
    """Put digits into their places from the right; surplus ones go to the first place."""
    if _padding(section) < _PADDED and not _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE:
        return None
    places = section.places
    surplus = max(0, len(digits) - len(places))
    filled = digits[surplus:].rjust(len(places))
    shown = []
    taken = iter(filled)
    for at, (kind, text) in enumerate(section.parts):
        if kind == "text":
            shown.append(text)
            continue
        digit = next(taken)
        shown.append(digits[:surplus] if at == places[0] else "")
        shown.append(digit if digit != " " else "0" if kind == "0" else "")
    return "".join(shown).strip()
