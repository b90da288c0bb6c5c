"""Stores, files and options that Hypothesis draws, for the laws of imports.

A store consists of small worlds, whose people and rows have keys of their own; the rows of all worlds stand mixed in
one file. So one import tries many small cases, and its rows must not mind those of other worlds between them.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.helpers.reference_import import BAD, FIELDS, KEYS

EXAMPLES = int(os.environ.get("CONTACT_PIPELINES_LAW_EXAMPLES", "0"))
"""Examples of each law, drawn at random; 0: few, and always the same ones."""

WORLDS = 12

CHANGED = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
TIMES = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
IMPORT_TAG = "imported_2026_01_02_00aa11"
PERSON_KEYS = ("external_id", "email", "phone")
_RULES = ["overwrite", "fill_blank", "keep", "newer", "keep_higher", "keep_lower"]


def laws(examples: int) -> settings:
    """Return the settings of a law: this many examples, always the same, unless the environment asks for more."""
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        phases=[Phase.generate],  # an example takes a second: too long to shrink
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


# -- strategies


def _maybe(*values: object, blank: int = 1) -> st.SearchStrategy:
    return st.sampled_from([*[None] * blank, *values])


_values = {
    "first_name": _maybe("Ann", "Bob"),
    "company": _maybe("Acme", "Initech", blank=2),
    "tags": _maybe(["x"], ["y", "x"], ["x", "y"], [IMPORT_TAG], ["y", IMPORT_TAG], ["wave"]),
    "status": _maybe("subscribed", "unsubscribed", "bounced", "complained", blank=2),
    "lead_score": _maybe(5, 10, 50),
    "properties.note": _maybe("n1", "n2"),
    "properties.points": _maybe("5", "10", "-2.5"),
    "properties.colours": _maybe(["red"], ["blue", "red"], ["red", "blue"], ["green"]),
}
_key = _maybe(0, 1, 2)
_groups = st.sampled_from(["list l", "segment s", "topic t", "topic all"])

person = st.fixed_dictionaries(
    {
        "external_id": _key,
        "email": st.sampled_from([None, 0, 1, 2, 3]),
        "phone": _key,
        **_values,
        "changed": st.sampled_from(CHANGED),
        "groups": st.dictionaries(_groups, st.sampled_from(["opt_in", "opt_out"]), max_size=2),
    }
)
# A row `like` a person of its world says the same, but for the fields in which it `differs`.
row = st.fixed_dictionaries(
    {
        "external_id": _key,
        "email": st.sampled_from([None, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, BAD]),
        "phone": st.sampled_from([None, 0, 1, 2, None, 0, 1, 2, BAD]),
        "id": st.sampled_from([None, None, 0, 1, "unknown"]),
        **_values,
        "lead_score": st.sampled_from([None, 5, 10, 50, None, 5, 10, 50, BAD]),
        "updated_at": _maybe(*TIMES),
        "properties.extra": _maybe("e1", "e2", blank=6),
        "like": _maybe(0, 1, 2, 3),
        "differs": st.lists(st.sampled_from(FIELDS), max_size=3),
    }
)
world = st.fixed_dictionaries(
    {
        "people": st.lists(person, min_size=1, max_size=4),
        "rows": st.lists(row, min_size=1, max_size=5),
        "suppressed": st.lists(st.integers(0, 4), max_size=1),
    }
)
worlds = st.lists(world, min_size=WORLDS, max_size=WORLDS)


edit = st.one_of(
    *(st.tuples(st.just(name), st.integers(0, 99), values) for name, values in _values.items() if name != "tags"),
    st.tuples(
        st.just("tags"), st.integers(0, 99), st.sampled_from([["x"], ["mine", "x"], ["y", "mine"], [], ["given"]])
    ),
    st.tuples(st.sampled_from(["external_id", "phone"]), st.integers(0, 99), st.sampled_from([None, "+14155559999"])),
    st.tuples(st.just("email"), st.integers(0, 99), st.none() | st.just("fresh") | st.integers(0, 99)),
    st.tuples(st.just("delete"), st.integers(0, 99), st.none()),
    st.tuples(st.just("create"), st.integers(0, 99), st.sampled_from(["subscribed", "bounced"])),
    st.tuples(st.just("suppress"), st.integers(0, 99), st.none()),
    st.tuples(
        _groups | st.sampled_from(["list new", "topic new"]), st.integers(0, 99), st.sampled_from(["opt_in", "opt_out"])
    ),
)
"""What a person does to one of the contacts: a field and its value, or something else that was done, or a group."""
edits = st.lists(edit, max_size=24)


def _subset(*values: str, most: int = 2) -> st.SearchStrategy:
    return st.just([]) | st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    """Draw how a file is imported, as `reference_import` reads it."""
    rule = st.sampled_from(_RULES)
    of_list = st.sampled_from([*_RULES, "append", "remove"])
    match_on = draw(st.just(["email"]) | st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))
    ruled = dict.fromkeys(("*", "first_name", "lead_score", "properties.note", "properties.points"), rule)
    ruled |= {"tags": of_list, "properties.colours": of_list}
    ruled |= {"status": st.sampled_from(["overwrite", "keep", "fill_blank"])}
    ruled |= dict.fromkeys([key for key in PERSON_KEYS if [key] != match_on], rule)
    unmapped = draw(_subset("status", "tags", "phone", "email", "external_id", "lead_score"))
    fields = [name for name in FIELDS if name not in unmapped]
    if not set(match_on) & {*fields, "id"}:
        fields = list(FIELDS)
    return {
        "mode": draw(st.sampled_from(["upsert", "upsert", "upsert", "create_only", "update_only", "create_all"])),
        "match_on": match_on,
        "duplicates": draw(st.sampled_from(["first", "last", "error"])),
        "blank": draw(st.sampled_from(["ignore", "erase"])),
        "rules": draw(st.fixed_dictionaries({}, optional=ruled)),
        "tags": draw(_subset("x", "given")),
        "lists": draw(_subset("l", "new")),
        "segments": draw(_subset("s", "new")),
        "topics": draw(_subset("t", "all", "new")),
        "status": draw(st.sampled_from(["subscribed", "subscribed", "unsubscribed", "bounced"])),
        "import_tag": draw(st.sampled_from(["none", "wave"])),
        "fields": fields,
        "required": draw(_subset("first_name", "email", "phone", "tags", "properties.note", "properties.colours")),
    }
