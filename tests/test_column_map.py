"""Column maps as JSON, in both of their forms."""

from __future__ import annotations

import json

import pytest

from contact_pipelines.errors import InvalidOption
from contact_pipelines.imports.columns.given_columns import parse_column_map


def test_a_column_map_by_header():
    text = json.dumps({"Mail": "email", " town ": "city"})
    assert parse_column_map(text, ["Mail", "Town", "Rest"]) == {"Mail": "email", " town ": "city"}


def test_a_column_map_by_field():
    text = json.dumps({
        "email": "E-mail", "city": "Town", "properties": {"size": {"column": "T-shirt",
        "type": "string"}, "age": "Age"},
    })  # fmt: skip
    assert parse_column_map(text, ["E-mail", "Town", "T-shirt", "Age"]) == {
        "E-mail": "email", "Town": "city", "T-shirt": "properties.size", "Age": "properties.age",
    }  # fmt: skip


def test_keys_that_are_all_headers_are_headers_even_if_they_are_fields_too():
    assert parse_column_map('{"phone": "email"}', ["phone", "email"]) == {"phone": "email"}
    assert parse_column_map('{"phone": "email"}', ["Tel", "email"]) == {"email": "phone"}
    assert parse_column_map('{"email": "Mail", "properties": {"a": "A"}}', ["email", "properties"]) == {
        "Mail": "email", "A": "properties.a",
    }  # fmt: skip
    assert parse_column_map("{}", ["a"]) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('["email"]', "not a JSON object"),
        ('{"Zork": "email"}', "'Zork' is neither a column of the file nor a contact field.*'Mail'"),
        ('{"Mail": "email", "phone": "Tel"}', "every other key is a column too"),
        ('{"Mail": 1}', "takes the name of one field"),
        ('{"email": 1}', "no column for 'email'"),
        ('{"properties": []}', "not an object"),
        ('{"properties": {"a": {"type": "string"}}}', "no column for 'properties.a'"),
        ('{"email": "Mail", "phone": "Mail"}', "a column is one field"),
        ('{"Mail": "email", "Mail": "phone"}', "twice"),
    ],
)
def test_what_is_no_column_map(text, says):
    with pytest.raises(InvalidOption, match=says):
        parse_column_map(text, ["Mail", "Tel"])
