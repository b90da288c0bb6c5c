"""A type of property is told from the others in one place, and all that handle properties take every type."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import contact_pipelines
from contact_pipelines.contacts.filters.filter_fields import Vocabulary
from contact_pipelines.contacts.properties import check_rules
from contact_pipelines.errors import InvalidOption
from contact_pipelines.exports.export_columns import chosen_columns
from contact_pipelines.models import PropertyDefinition
from contact_pipelines.outcomes import OUTCOMES
from contact_pipelines.property_types import PROPERTY_TYPES, PropertyType
from tests.helpers.typed_rows import typed

PACKAGE = Path(contact_pipelines.__file__).parent


def test_types_are_told_apart_in_one_place():
    # The others are what is inferred, and what well-known properties are.
    told = r"PropertyType\.(?:BOOLEAN|SELECT|MULTI_SELECT)|['\"]multi_select['\"]"
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "migrations" not in path.parts and re.search(told, path.read_text(encoding="utf-8"))
    }
    assert found == {"property_types.py"}


@pytest.mark.parametrize("type_", PropertyType)
def test_each_type_is_read_checked_filtered_and_exported(type_):
    definition, its = PropertyDefinition(key="p", type=type_), PROPERTY_TYPES[type_]
    found = typed({"Email": "email", "P": "properties.p"}, [["a@x.io", None]], properties=(definition,))
    assert (found.values("properties.p"), found.faults()) == ([None], [])
    field = Vocabulary([definition]).field("properties.p")
    assert field is not None
    assert field.kind.name.lower() == its.filtered_as
    (column,) = chosen_columns(["p"], [definition], incremental=False)
    assert column.kind == its.exported_as
    assert (f"invalid_{type_}" in OUTCOMES) is its.can_be_unreadable


@pytest.mark.parametrize("type_", PropertyType)
@pytest.mark.parametrize(
    "rules", [{"min": 1}, {"max": 9}, {"options": ("a", "b")}], ids=lambda rules: next(iter(rules))
)
def test_a_type_takes_the_rules_that_it_says(type_, rules):
    definition = PropertyDefinition(key="p", type=type_, **rules)
    if next(iter(rules)) in PROPERTY_TYPES[type_].takes:
        check_rules(definition)
    else:
        with pytest.raises(InvalidOption):
            check_rules(definition)
