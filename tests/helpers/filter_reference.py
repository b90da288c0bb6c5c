"""What a filter means, said a second time, in plain Python over dictionaries: rows to filter, and the answer for each.

A tree is `("and", parts)`, `("or", parts)`, `("not", part)` or `("is", field, operator, values)`; the answer is True,
False or None, as in SQL. Nothing of the package is used.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

PROPERTIES = {
    "plan": "select",
    "points": "number",
    "born": "date",
    "vip": "boolean",
    "langs": "multi_select",
    "note": "text",
    "2nd_in": "text",  # begins with a digit, ends as a word of the grammar
    "contains": "number",
}
KINDS = {
    **dict.fromkeys(["external_id", "first_name", "last_name", "company"], "text"),
    "email": "email",
    "phone": "phone",
    "status": "status",
    **dict.fromkeys(["lead_score", "version"], "number"),
    **dict.fromkeys(["created_at", "updated_at"], "moment"),
    "tags": "set",
    **dict.fromkeys(["list", "segment", "topic"], "group"),
    "search": "search",
    **{
        f"properties.{key}": {"select": "text", "multi_select": "set"}.get(type_, type_)
        for key, type_ in PROPERTIES.items()
    },
}
WORDS = [
    "Ann",
    "ann",
    "ANN",
    "Ánn",
    "ánn",
    "O'Neil",
    "50%",
    "a_b",
    "ab",
    "\\",
    "x\ny",
    "10",
    "9",
    "pro",
    "team",
    "--",
    "",
]
TAGS = ["a", "b", "enterprise", "O'Neil", "A", '"q"', "{x}", "null"]
STATUSES = ["subscribed", "unsubscribed", "bounced", "complained"]
EMAILS = ["ann@example.com", "bob@example.com", "o'neil@example.com", "a_b@example.com"]
PHONES = ["+15550100", "+4930123456"]
NUMBERS = ["-1", "0", "1", "2.5", "50", "50.0", "1e2", "12345678901234567890.5"]
DATES = ["1999-12-31", "2000-01-01", "2025-10-01", "2025-10-02"]
MOMENTS = [*DATES, "2025-10-01T00:00:00Z", "2025-10-01 12:30", "2025-10-01T02:00:00.5+02:00", "2025-09-30T22:00-02"]
GROUPS = ["VIP", "O'Neil", "b", "gone"]
STRAYS = ["Ann", "50", "true", "2025-10-01", 1, 50.5, True, None, [], ["a"], ["a", "b"], {"a": 1}, "1999-12-31T00:00"]


def rows(count: int) -> list[dict[str, Any]]:
    """Return contacts that differ in everything, the same at every call; properties hold anything that JSON can."""
    chance = random.Random(20261120)

    def some(values: Any, blank: Any = 0.25) -> Any:
        return None if chance.random() < blank else chance.choice(values)

    proper = {
        "select": lambda: chance.choice(WORDS),
        "text": lambda: chance.choice(WORDS),
        "number": lambda: chance.choice([-1, 0, 1, 2.5, 50, 100]),
        "date": lambda: chance.choice(DATES),
        "boolean": lambda: chance.choice([True, False]),
        "multi_select": lambda: chance.sample(TAGS, chance.randint(0, 3)),
    }
    made = []
    for number in range(count):
        properties = {}
        for key, type_ in PROPERTIES.items():
            draw = chance.random()
            if draw < 0.65:
                properties[key] = proper[type_]()
            elif draw < 0.8:
                properties[key] = chance.choice(STRAYS)
        made.append(
            {
                "email": f"{number}{chance.choice(EMAILS)}" if chance.random() < 0.8 else None,
                "phone": some(PHONES),
                "external_id": some(WORDS),
                "first_name": some(WORDS),
                "last_name": some(WORDS),
                "company": some(WORDS),
                "status": chance.choice(STATUSES),
                "lead_score": some([-1, 0, 1, 50, 51, 100]),
                "version": chance.randint(1, 3),
                "tags": chance.sample(TAGS, chance.randint(0, 3)),
                "properties": properties,
                "created_at": moment(chance.choice(MOMENTS)) + timedelta(microseconds=chance.randint(0, 1)),
                "updated_at": moment(chance.choice(MOMENTS)),
                "list": chance.sample(GROUPS[:3], chance.randint(0, 2)),
                "segment": chance.sample(GROUPS[:3], chance.randint(0, 2)),
                "topic": chance.sample(GROUPS[:3], chance.randint(0, 2)),
            }
        )
    return made


def answer(tree: Any, row: dict[str, Any]) -> bool | None:
    """Return whether the tree means the contact; None is SQL's NULL."""
    match tree:
        case ("and", parts):
            found = [answer(part, row) for part in parts]
            return False if False in found else None if None in found else True
        case ("or", parts):
            found = [answer(part, row) for part in parts]
            return True if True in found else None if None in found else False
        case ("not", part):
            found = answer(part, row)
            return None if found is None else not found
        case ("is", field, operator, values):
            return _is(field, operator, values, row)
    raise AssertionError(tree)


def _is(  # noqa: C901, PLR0911, PLR0912 - one plain line for each operator
    field: str, operator: str, values: list[str], row: dict[str, Any]
) -> bool | None:
    kind = KINDS[field]
    if kind == "search":
        name = " ".join(part for part in (row["first_name"], row["last_name"]) if part is not None)
        fields = [name, *(row[key] or "" for key in ("email", "phone", "external_id", "company"))]
        return any(values[0].strip().lower() in text.lower() for text in fields)
    if kind == "group":
        return any(value in row[field] for value in values) is (operator != "<>")
    mine = _value(field, row)
    if kind == "set":
        has = [value in mine for value in values]
        return {
            "IS NULL": not mine,
            "CONTAINS": all(has),
            "CONTAINS ANY": any(has),
            "CONTAINS ALL": all(has),
        }[operator]
    if operator == "IS NULL":
        return mine is None
    if mine is None:
        return None
    given = [_typed(kind, operator, value) for value in values]
    match operator:
        case "=":
            return mine == given[0]
        case "<>" | "!=":
            return mine != given[0]
        case "<":
            return mine < given[0]
        case "<=":
            return mine <= given[0]
        case ">":
            return mine > given[0]
        case ">=":
            return mine >= given[0]
        case "IN":
            return mine in given
        case "BETWEEN":
            return given[0] <= mine <= given[1]
        case "LIKE":
            return _like(mine, given[0])
        case "ILIKE":
            return _like(mine.lower(), given[0].lower())
    raise AssertionError(operator)


def _value(field: str, row: dict[str, Any]) -> Any:
    if not field.startswith("properties."):
        return row[field]
    key = field.removeprefix("properties.")
    value = row["properties"].get(key)
    match PROPERTIES[key]:
        case "number":
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return Decimal(str(value)) if is_number else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            is_date = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
            return date.fromisoformat(value) if is_date else None
        case "multi_select":
            return value if isinstance(value, list) else []
    return value if value is None or isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    """Return what PostgreSQL prints for the strays above."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(f'"{each}"' for each in value) + "]"
    return '{"a": 1}' if isinstance(value, dict) else str(value)


def _typed(kind: str, operator: str, value: str) -> Any:  # noqa: PLR0911 - as many as there are kinds
    match kind:
        case "number":
            return Decimal(value)
        case "date":
            return date.fromisoformat(value)
        case "moment":
            return moment(value)
        case "boolean":
            return value.lower() == "true"
        case "email":
            return value.lower() if operator in ("LIKE", "ILIKE") else value.strip().lower()
        case "phone" if operator not in ("LIKE", "ILIKE"):
            return re.sub(r"[ ()-]", "", value)
    return value


def moment(text: str) -> datetime:
    """Return a date's first moment or a time; without a zone it is UTC."""
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _like(text: str, pattern: str) -> bool:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    spelled = {"%": ".*", "_": "."}
    return bool(re.fullmatch("".join(spelled.get(it) or re.escape(it[-1]) for it in parts), text, re.DOTALL))
