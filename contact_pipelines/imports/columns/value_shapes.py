"""The shape of a value: what kind of thing it is, without what it says. `Ana.5@x.io` is `Aaa.9@a.aa`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

MOST_SHAPES = 5
LONGEST_SHAPE = 40
"""Characters. What a longer value is shows in its first ones."""

_MOST_LOOKED_AT = 200


def shapes(values: Iterable[str]) -> list[str]:
    """Return the first few distinct shapes of some values, in their order."""
    found: dict[str, None] = {}
    for _, value in zip(range(_MOST_LOOKED_AT), values, strict=False):
        found.setdefault(shape(value))
        if len(found) == MOST_SHAPES:
            break
    return list(found)


def shape(value: str) -> str:
    """Return `value` with 9 for each digit, A for each capital, a for every other letter of whatever script.

    ASCII punctuation stays, white space becomes a space, everything else (symbols, emoji, control characters) a
    question mark.
    """
    return "".join(map(_class_of, value[:LONGEST_SHAPE]))


def _class_of(char: str) -> str:
    kind = unicodedata.category(char)
    if kind[0] in "LM":
        return "A" if kind == "Lu" else "a"
    if kind[0] == "N":
        return "9"
    if char.isspace():
        return " "
    return char if char.isascii() and char.isprintable() else "?"
