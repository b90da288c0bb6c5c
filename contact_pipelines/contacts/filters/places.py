"""Errors about a filter's text, which point at their place in it."""

from __future__ import annotations

from contact_pipelines.errors import InvalidFilter

LONGEST_FILTER = 10_000
_LONGEST_WORD = 40


def check_length(text: str) -> None:
    """Raise InvalidFilter if the text is longer than a filter may be."""
    if len(text) > LONGEST_FILTER:
        raise InvalidFilter(
            f"The filter, written out, has {len(text):,} characters; {LONGEST_FILTER:,} are allowed.",
            LONGEST_FILTER + 1,
        )


def wrong_at(text: str, start: int, end: int, why: str) -> InvalidFilter:
    """Return the error about `text[start:end]` (from 0); `why` says what is wrong and what is allowed."""
    word = text[start:end]
    if len(word) > _LONGEST_WORD:
        word = word[: _LONGEST_WORD - 1] + "…"
    told = f", at {word}" if word.strip() else ", at its end" if start >= len(text) else ""
    return InvalidFilter(f"The filter is wrong at character {start + 1}{told}: {why}", start + 1)
