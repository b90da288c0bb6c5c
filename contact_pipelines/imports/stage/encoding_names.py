"""Names of encodings, as persons write them and as Python's codecs are called."""

from __future__ import annotations

import codecs

from contact_pipelines.errors import InvalidOption

_SPOKEN = {
    "ansi": "cp1252",
    "western": "cp1252",
    "mac": "mac-roman",
    "unicode": "utf-16",
    "utf-8-sig": "utf-8",
    "shift-jis-2004": "shift_jis_2004",
    "x-mac-cyrillic": "mac-cyrillic",
}
_NOT_OF_FILES = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
_SUPERSETS = {
    "ascii": "utf-8",
    "utf-8-sig": "utf-8",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "big5": "cp950",
    "tis-620": "cp874",
}
"""What programs write under a name is nearly always its superset, which decodes the rest alike (WHATWG, Encoding)."""


def codec_name(given: str) -> str:
    """Return the lower-case name of Python's codec for a name that a person wrote.

    Raises InvalidOption if there is no such encoding of text.
    """
    spoken = given.strip().lower().replace("_", "-").replace(" ", "-")
    name = _python_name(_SPOKEN.get(spoken, spoken))
    if name is None:
        raise InvalidOption(
            f"There is no encoding of the name {given!r}. Examples are utf-8, utf-16, cp1252, mac-roman and shift_jis."
        )
    return _SUPERSETS.get(name, name)


def _python_name(spoken: str) -> str | None:
    """Return what Python calls an encoding of text; None if it has none of that name."""
    try:
        name = codecs.lookup(spoken).name
        b"a".decode(name)
    except UnicodeError:  # one letter is half a character in UTF-16
        pass
    except (LookupError, ValueError):  # none at all, or none of text, as base64
        return None
    return None if name in _NOT_OF_FILES else name
