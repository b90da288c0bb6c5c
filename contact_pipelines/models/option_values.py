"""Checks of option values such as time zones, encodings and countries; they raise ValueError."""

from __future__ import annotations

import codecs


def known_zone(value: str | None) -> str | None:
    """Check the name of a time zone."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return value and str(ZoneInfo(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone such as Europe/Berlin or UTC") from None


def known_encoding(value: str | None) -> str | None:
    """Return Python's name of an encoding."""
    try:
        return value and codecs.lookup(value).name
    except LookupError:
        raise ValueError("is not an encoding such as utf-8, cp1252 or shift_jis") from None


def known_country(value: str | None) -> str | None:
    """Return a phone region in capitals."""
    if value is None:
        return None
    import phonenumbers

    if value.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("is not a two-letter country code that phone numbers know, such as US or DE")
    return value.upper()


def one_character(value: str | None) -> str | None:
    """Check a delimiter: one character, or the word tab."""
    named = {"tab": "\t", "\\t": "\t"}.get(value or "", value)
    if named is not None and (len(named) != 1 or named in '"\r\n\0'):
        raise ValueError("is not one character (or the word tab) that can separate cells")
    return named


def row_number(value: int | str | None) -> int | str | None:
    """Check the row number of a header."""
    if isinstance(value, int) and value < 1:
        raise ValueError("is a row number from 1, or none")
    return value


def some_text(value: str | None) -> str | None:
    """Return a text stripped of surrounding whitespace; it must not be empty."""
    if value is not None and (not value.strip() or "\x00" in value):
        raise ValueError("is empty, or holds a character that cannot be")
    return value and value.strip()
