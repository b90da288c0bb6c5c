"""A digest as plain text and as HTML. The HTML loads nothing and escapes everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from contact_pipelines.notify.digests import Digest

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
