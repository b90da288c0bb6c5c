"""Printing results: JSON for programs, aligned plain text for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import typer
from rich.cells import cell_len, set_cell_size

WIDEST_CELL = 44
_DELIMITERS = {"\t": "tab", " ": "space", ",": "comma", ";": "semicolon"}


def print_json(value: object) -> None:
    """Print a value as JSON on standard output, and nothing else."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_jsonable))


def print_result(sentence: object, shape: object, *, as_json: bool) -> None:
    """Print a sentence for a person, or its JSON for a program."""
    if as_json:
        print_json(shape)
    else:
        typer.echo(sentence)


def safe(text: object) -> str:
    """Return text with control characters made visible: in the terminal they could do harm."""
    written = str(text)
    if written.isprintable():
        return written
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in written)


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Print rows below a header, in columns as wide as needed; those in `right` are right-aligned."""
    cells = [[_cell(value) for value in row] for row in [header, *rows]]
    widths = [max(cell_len(row[at]) for row in cells) for at in range(len(header))]
    for number, row in enumerate(cells):
        line = "  ".join(_aligned(cell, widths[at], right=at in right) for at, cell in enumerate(row)).rstrip()
        typer.echo("  " + (typer.style(line, bold=True) if number == 0 else line))


def print_facts(facts: Sequence[tuple[str, object]]) -> None:
    """Print names and values, one pair per line."""
    width = max((len(name) for name, _ in facts), default=0)
    for name, value in facts:
        typer.echo(f"  {name:<{width}}  {safe(value)}".rstrip())


def isoformat(value: datetime | None) -> str | None:
    """Return a time as ISO 8601."""
    return None if value is None else value.isoformat()


def moment(value: datetime | None) -> str:
    """Return a time for people, to the second."""
    return "" if value is None else f"{value:%Y-%m-%d %H:%M:%S}"


def duration(seconds: float | None) -> str:
    """Format seconds for people: `1.9 s`, `3 min 20 s`."""
    if seconds is None:
        return ""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def size(number: int) -> str:
    """Format bytes for people: `573 KiB`."""
    amount, unit = float(number), "bytes"
    for bigger in ("KiB", "MiB", "GiB"):
        if amount < 1024:  # noqa: PLR2004 - the next unit
            break
        amount, unit = amount / 1024, bigger
    return f"{amount:,.0f} {unit}"


def how_read(reading: Mapping[str, Any]) -> str:
    """Describe how a file was read, from its JSON shape: `xlsx, sheet People, header in row 3`."""
    parts = [str(reading["format"]) + (f" in {reading['container']}" if reading["container"] else "")]
    if reading["sheet"]:
        parts.append(f"sheet {safe(reading['sheet'])}")
    if reading["encoding"]:
        sure = f" ({reading['encoding_confidence']:.0%} sure)" if reading["encoding_confidence"] < 1 else ""
        parts.append(reading["encoding"] + sure)
    if reading["format"] == "csv" and reading["delimiter"]:
        named = _DELIMITERS.get(reading["delimiter"], safe(reading["delimiter"]))
        parts.append(f"separated by {named}")
    if reading["format"] not in ("json", "jsonl", "parquet"):
        row = reading["header_row"]
        parts.append("no header" if row is None else f"header in row {row}")
    return ", ".join(parts)


def rows(number: int) -> str:
    """Return `1 row`, `5,000 rows`."""
    return f"{number:,} row" + ("" if number == 1 else "s")


def counted(number: int, one: str, several: str = "") -> str:
    """Return `1 contact`, `5,000 contacts`; `several` is an irregular plural."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def list_change(before: object, after: object) -> tuple[str, str]:
    """Return what was removed from a list, and what was added to it."""
    old, new = (list(value) if isinstance(value, list) else [] for value in (before, after))
    taken = ", ".join(f"-{item}" for item in old if item not in new)
    added = ", ".join(f"+{item}" for item in new if item not in old)
    return taken, added


def _cell(value: object) -> str:
    text = "" if value is None else safe(value)
    return text if cell_len(text) <= WIDEST_CELL else set_cell_size(text, WIDEST_CELL - 1).rstrip() + "…"


def _aligned(text: str, width: int, *, right: bool) -> str:
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


def _jsonable(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
