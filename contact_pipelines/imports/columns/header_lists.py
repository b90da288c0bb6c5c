"""Find a column by the name a person gave it, and show a file's columns in an error message."""

from __future__ import annotations

from collections.abc import Sequence

_SHOWN = 20
_LONGEST = 60


def column_named(header: Sequence[str], name: str) -> str | None:
    """Return the label of `header` that `name` means, or None if the file has no such column.

    Compared trimmed and exactly; failing that without regard to case, if only one column fits.
    """
    wanted = name.strip()
    exact = [label for label in header if label.strip() == wanted]
    if exact:
        return exact[0]
    folded = [label for label in header if label.strip().casefold() == wanted.casefold()]
    return folded[0] if len(folded) == 1 else None


def shortened(text: str) -> str:
    """Quote a name for a message: on one line, and no longer than it takes to recognise it."""
    plain = "".join(char if char.isprintable() else " " for char in text[: _LONGEST + 1])
    return f"'{plain[:_LONGEST]}…'" if len(text) > _LONGEST else f"'{plain}'"


def listed(header: Sequence[str]) -> str:
    """List the columns of a file for a message, the first twenty of them."""
    shown = ", ".join(shortened(label) for label in header[:_SHOWN])
    rest = len(header) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown or "none"
