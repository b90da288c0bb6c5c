"""The text of an email: a digest of an event's payload, as plain text and HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from contact_pipelines.models import DEFAULT_TENANT, EventKind
from contact_pipelines.notify.payloads import Payload

MOST_LINES = 10
LONGEST_NAME = 80

_WHAT = {
    EventKind.IMPORT_COMPLETED: "Import completed",
    EventKind.IMPORT_FAILED: "Import failed",
    EventKind.IMPORT_AWAITING_REVIEW: "Import awaits review",
    EventKind.IMPORT_HELD: "Import held for review",
    EventKind.IMPORT_CANCELLED: "Import cancelled",
    EventKind.IMPORT_EXPIRED: "Import not confirmed in time",
    EventKind.IMPORT_ROLLED_BACK: "Import rolled back",
    EventKind.EXPORT_COMPLETED: "Export completed",
    EventKind.EXPORT_FAILED: "Export failed",
    EventKind.FEED_FAILED: "Feed failed",
    EventKind.TEST: "Test message",
}
_DOORS = {
    "cli": "the command line",
    "dagster": "Dagster",
    "python": "a Python program",
    "api": "the HTTP API",
    "feed": "the settings file",
}
_WRITTEN = (EventKind.IMPORT_COMPLETED,)
_PLANNED = (EventKind.IMPORT_AWAITING_REVIEW, EventKind.IMPORT_HELD)


@dataclass(frozen=True)
class Digest:
    """The parts of a message, from top to bottom. Each is one line of plain text."""

    subject: str
    headline: str
    sentences: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()


def digest(payload: Payload) -> Digest:
    """Put a payload into words."""
    kind, data = EventKind(payload["type"]), payload["data"]
    if kind.value.startswith("import."):
        return _of_import(kind, data, payload["timestamp"])
    name = one_line(data.get("name") or data.get("feed") or "")
    what = _WHAT[kind] + (f": {name}" if name else "")
    told = [str(data["message"])] if data.get("message") else []
    others = [(key, value) for key, value in data.items() if key not in ("message", "name") and value is not None]
    return Digest(
        subject=what,
        headline=what,
        sentences=tuple(map(one_line, told)),
        facts=(
            *((key.replace("_", " ").capitalize(), one_line(value)) for key, value in others),
            ("When", _moment(payload["timestamp"])),
        ),
    )


def one_line(value: object, longest: int = 500) -> str:
    """Return text on one line, with control characters made visible: it may come from a file."""
    written = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in str(value))
    return written if len(written) <= longest else written[: longest - 1] + "…"


def _of_import(kind: EventKind, data: dict[str, Any], happened: str) -> Digest:
    file = one_line(data["file"]["name"], LONGEST_NAME)
    counts = data["counts"] if kind in (*_WRITTEN, *_PLANNED) else {}
    undone = data["rollback"] if kind == EventKind.IMPORT_ROLLED_BACK and data["rollback"] else {}
    numbers = {name: n for name, n in (counts or undone).items() if name != "total" and n}
    figures = ", ".join(f"{n:,} {name}" for name, n in numbers.items())
    shown = [_fault(fault) for fault in data["errors"]]
    return Digest(
        subject=f"{_WHAT[kind]}: {file}" + (f" ({figures})" if figures else ""),
        headline=f"{_WHAT[kind]}: {file}",
        sentences=tuple(_sentences(kind, data)),
        counts=tuple((counts or undone).items()),
        facts=tuple(_facts(data, happened)),
        faults=tuple(_shortened(shown)) if counts else (),
        warnings=tuple(_shortened([one_line(warning) for warning in data["warnings"]])) if counts else (),
        commands=tuple(_commands(kind, data)),
    )


def _sentences(kind: EventKind, data: dict[str, Any]) -> Iterator[str]:
    yield from (one_line(reason) for reason in data["held"])
    if kind in _PLANNED:
        yield "Nothing has been written yet. This is what confirming it would do."
        if data["review_expires_at"]:
            yield f"It can be confirmed until {_moment(data['review_expires_at'])}."
    if data["error"]:
        yield one_line(data["error"]["message"])
    elif kind in (EventKind.IMPORT_CANCELLED, EventKind.IMPORT_EXPIRED):
        yield "Nothing was written."


def _facts(data: dict[str, Any], happened: str) -> Iterator[tuple[str, str]]:
    file = data["file"]
    size = [] if file["size"] is None else [f"{file['size']:,} bytes"]
    rows = [] if file["rows"] is None else [f"{file['rows']:,} rows"]
    yield "File", ", ".join([one_line(file["name"]), *rows, *size])
    yield "Import", f"{one_line(data['name'])} ({data['id']})"
    yield "Tenant", data["tenant"]
    if data["feed"]:
        yield "Feed", one_line(data["feed"])
    elif data["door"]:
        yield "Started by", _DOORS.get(data["door"], one_line(data["door"]))
    yield "When", _moment(happened)
    if data["duration_seconds"] is not None:
        yield "Took", f"{data['duration_seconds']:,.1f} seconds"
    if data["results_file"]:
        yield "Results", data["results_file"]
    if data["errors_file"] and data["counts"]["failed"]:
        yield "Error file", data["errors_file"]


def _commands(kind: EventKind, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    tenant = "" if data["tenant"] == DEFAULT_TENANT else f" --tenant {data['tenant']}"
    key = f"{data['id']}{tenant}"
    yield "Show it", f"contact-pipelines show {key}"
    if kind in _PLANNED:
        yield "Confirm it", f"contact-pipelines confirm {key}"
        yield "Cancel it", f"contact-pipelines cancel {key}"
    if kind in _WRITTEN:
        if data["counts"]["failed"]:
            yield "Get the failed rows", f"contact-pipelines results {key} --errors --out failed.csv"
        yield "Undo it", f"contact-pipelines rollback {key}"


def _fault(fault: dict[str, Any]) -> str:
    where = one_line(fault["column"]) if fault["column"] else "whole row"
    rows = f"{fault['rows']:,} row" + ("" if fault["rows"] == 1 else "s")
    mild = " (warning)" if fault["severity"] == "warning" else ""
    return f"{where}: {fault['code']}{mild}, {rows}, first in row {fault['first_row']}"


def _shortened(lines: list[str]) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more"]


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


_CELL = "padding:2px 12px 2px 0;text-align:left;vertical-align:top"
_NUMBER = "padding:2px 0;text-align:right"


def plain_text(told: Digest) -> str:
    """Lay a digest out as plain text."""
    return "\n".join(_lines(told)).rstrip() + "\n"


def html(told: Digest) -> str:
    """Lay a digest out as an HTML page."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>'
        f"{escape(told.headline)}</title></head>\n"
        '<body style="font-family:sans-serif;font-size:14px;color:#222">\n' + "\n".join(_blocks(told)) + "\n"
        "</body></html>\n"
    )


def _lines(told: Digest) -> Iterator[str]:
    yield told.headline
    yield ""
    if told.sentences:
        yield from (*told.sentences, "")
    if told.counts:
        yield from (f"  {name:<10}{number:>13,}" for name, number in told.counts)
        yield ""
    yield from _pairs(told.facts)
    yield ""
    for title, lines in (("Broken rules", told.faults), ("Warnings", told.warnings)):
        if lines:
            yield from (title, *(f"  - {line}" for line in lines), "")
    if told.commands:
        yield from ("What you can do", *(f"  {line}" for line in _pairs(told.commands)), "")


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in pairs), default=0)
    return [f"{name:<{width}}  {value}" for name, value in pairs]


def _blocks(told: Digest) -> Iterator[str]:
    yield f'<h1 style="font-size:18px">{escape(told.headline)}</h1>'
    yield from (f"<p>{escape(sentence)}</p>" for sentence in told.sentences)
    if told.counts:
        yield _table([(name, f"{number:,}") for name, number in told.counts], _NUMBER)
    yield _table(told.facts, _CELL)
    for title, lines in (("Broken rules", told.faults), ("Warnings", told.warnings)):
        if lines:
            items = "".join(f"<li>{escape(line)}</li>" for line in lines)
            yield f'<h2 style="font-size:15px">{title}</h2><ul>{items}</ul>'
    if told.commands:
        yield '<h2 style="font-size:15px">What you can do</h2>'
        yield _table(told.commands, _CELL, code=True)


def _table(pairs: Sequence[tuple[str, str]], style: str, *, code: bool = False) -> str:
    begin, end = ("<code>", "</code>") if code else ("", "")
    rows = "".join(
        f'<tr><th style="{_CELL}" scope="row">{escape(name)}</th>'
        f'<td style="{style}">{begin}{escape(value)}{end}</td></tr>'
        for name, value in pairs
    )
    return f'<table style="border-collapse:collapse;margin:0 0 16px">{rows}</table>'
