"""The suggester against header sets of many products and languages, without a look at any value.

`mapping_sets.tsv` has a header set a line: its name, its language, and `Header = field` for each column, with other
fields that a careful person might accept after a slash. `property` stands for a property of its own or for ignored.
The sets were written from what exports of these products look like before the suggester saw them. Where it showed
that a set's author had chosen one of two equally good columns, the other was allowed as well.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from contact_pipelines.imports.columns.suggesting import suggest
from contact_pipelines.models import WELL_KNOWN_PROPERTIES

SETS = Path(__file__).with_name("mapping_sets.tsv").read_text(encoding="utf-8").splitlines()[1:]
DANGEROUS = {"email", "phone", "external_id", "first_name", "last_name", "full_name", "status"}


def parsed(line):
    name, language, columns = line.split("\t")
    pairs = [column.rpartition(" = ")[::2] for column in columns.split(" | ")]
    return name, language, [(header, fields.split("/")) for header, fields in pairs]


def kind(field):
    key = field.removeprefix("properties.")
    return "property" if field == "ignore" or (key != field and key not in WELL_KNOWN_PROPERTIES) else key


def judged(line):
    """Return (set, header, suggested, expected) for all columns of a set."""
    name, _, columns = parsed(line)
    suggested = suggest([header for header, _ in columns])
    return [(name, h, kind(m.field), want) for (h, want), m in zip(columns, suggested, strict=True)]


def test_nearly_all_columns_are_right_and_no_wrong_one_is_dangerous():
    results = [result for line in SETS for result in judged(line)]
    wrong = [result for result in results if result[2] not in result[3]]
    assert [result for result in wrong if result[2] in DANGEROUS] == []
    assert 1 - len(wrong) / len(results) >= 0.97, wrong


def test_every_address_column_is_found():
    missed = [
        (name, header)
        for line in SETS
        for name, header, field, want in judged(line)
        if want == ["email"] and field != "email"
    ]
    assert missed == []


CAMEL_CASE = re.compile("[a-z][A-Z]")


@pytest.mark.parametrize("spelling", [str.upper, str.lower, "{}*".format, " {} (required)".format])
def test_spelling_changes_nothing(spelling):
    """Upper and lower case and the marks of a required field are not read, but for camelCase."""
    compared = 0
    for line in SETS[::3]:
        header = [header for header, _ in parsed(line)[2]]
        if any(map(CAMEL_CASE.search, header)):
            continue
        there = [kind(m.field) for m in suggest(header)]
        assert [kind(m.field) for m in suggest(list(map(spelling, header)))] == there, line
        compared += 1
    assert compared > 50


def test_the_order_of_columns_hardly_matters():
    """Turned round, a file's columns are the same but where two are equally good, or stand side by side."""
    changed = Counter()
    for name, _, columns in map(parsed, SETS):
        header = [header for header, _ in columns]
        there = {m.column: kind(m.field) for m in suggest(header)}
        back = {m.column: kind(m.field) for m in suggest(header[::-1])}
        changed[name] = sum(there[label] != back[label] for label in header)
    assert changed.total() < 0.02 * sum(len(parsed(line)[2]) for line in SETS)
