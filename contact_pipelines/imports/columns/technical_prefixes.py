"""Prefixes that programmers put before all columns: `strFirstName`, `attributes.email`. Read without them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from contact_pipelines.imports.columns.column_reading import read

_TYPED = re.compile(r"(?:str|txt|int|lng|dbl|dtm|dte|dt|bit|bln|bool|chr|vch|num|fld|col)(?=[A-Z][a-z])")
"""Hungarian notation: the type of a column's values leads its name."""
_CONTAINED = re.compile(
    r"\s*(?P<container>attributes|properties|fields|traits|data|payload|person|contact|profile)\.(?=\S)", re.IGNORECASE
)
"""The object that holds a record's fields where JSON was flattened (JSON:API, HubSpot, Klaviyo, Segment)."""

_LEAST_TYPED = 3


def without_technical_prefixes(header: Sequence[str]) -> list[str]:
    """Return the labels as they are to be read, in order.

    A container is left out only if it holds an address or name and no column outside it is one: else
    `properties.email` is a property of an event, beside the contact's own.
    """
    typed = sum(1 for label in header if _TYPED.match(label))
    if typed >= _LEAST_TYPED:
        return [_TYPED.sub("", label, count=1) for label in header]
    found = [_CONTAINED.match(label) for label in header]
    containers = {match["container"].casefold() for match in found if match}
    if len(containers) != 1 or _name_somebody([label for label, match in zip(header, found, strict=True) if not match]):
        return list(header)
    plain = [label[match.end() :] if match else label for label, match in zip(header, found, strict=True)]
    inside = [short for short, match in zip(plain, found, strict=True) if match]
    return plain if _name_somebody(inside) else list(header)


def _name_somebody(labels: Sequence[str]) -> bool:
    return any(entry.field == "email" for label in labels for entry in read(label).entries)
