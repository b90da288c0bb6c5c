"""Number formats that change what a number says: leading zeros, the signs of a phone number, per cent.

Rules as in ECMA-376 part 1, 18.8.31 (numFmts). Everything else a format does (thousands, currency, a fixed number of
decimals, an exponent) makes a number harder to read for whoever imports it, and is left out on purpose.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from contact_pipelines.imports.stage.sheets.cell_text import LARGEST, number_text

Form = Callable[[float], str | None]
"""Makes the text that a person sees of a number; None where the number as such will do."""

BUILT_IN = {9: "0%", 10: "0.00%"}
"""Codes of the formats that files name by number only (ECMA-376 part 1, 18.8.30), as far as they matter here."""

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
    """Return what a format code does to a number, None if that is nothing that matters."""
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
    """Return which section shows the value; negative numbers are no codes or phones and keep their sign."""
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
    """Whether nothing but a phone number is written so. Spaces alone may be part thousands, as in French."""
    text = "".join(shown for _, shown in section.parts)
    between = "".join(shown for _, shown in section.parts[places[0] : places[-1]])
    return set(text) <= _PHONE_SIGNS and bool(set(between) & set("-()/") or text.lstrip(" (").startswith("+"))


def _filled(section: _Section, digits: str) -> str | None:
    """Put digits into their places from the right; those that are too many stand at the first place."""
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
