"""The rules that values keep: those of the house on contact fields, and those of properties."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from contact_pipelines.contacts.properties import add_property, ensure_properties, list_properties, merged_properties
from contact_pipelines.errors import InvalidOption, NotFound
from contact_pipelines.imports.validate.field_rules import check_field_rules
from contact_pipelines.imports.validate.phones import normalise_phone
from contact_pipelines.models import WELL_KNOWN_PROPERTIES, Counts, PropertyDefinition
from contact_pipelines.settings.policy import FieldRules, Policy
from contact_pipelines.store.tenants import ensure_tenant
from tests.helpers.typed_rows import Typed, typed

ERROR, WARNING = "error", "warning"


def policy(**fields: dict) -> Policy:
    return Policy(fields={name: FieldRules(**rules) for name, rules in fields.items()})


def one(field: str, texts: list[str | None], **given) -> Typed:
    """Type one column beside the addresses."""
    rows = [[f"p{number}@example.com", value] for number, value in enumerate(texts)]
    return typed({"Email": "email", "Column": field}, rows, **given)


def test_a_company_that_is_too_short_or_too_long_is_left_out():
    found = one("company", ["A", "3M", "x" * 200, "x" * 201, None, " B "])
    assert found.values("company") == [None, "3M", "x" * 200, None, None, None]
    assert found.faults() == [(row, "Column", "invalid_company", WARNING) for row in (2, 5, 7)]
    assert set(found.messages()) == {"Column has fewer than 2 or more than 200 characters and was left out"}
    assert found.valid() == [2, 3, 4, 5, 6, 7]


def test_the_lengths_of_the_house_reject_the_row():
    texts = ["A", "Acme", "Acme Corporation"]
    found = one("company", texts, policy=policy(company={"min_length": 2, "max_length": 10}))
    assert found.faults() == [(2, "Column", "too_short", ERROR), (4, "Column", "too_long", ERROR)]
    assert found.messages() == ["Column has fewer than 2 characters", "Column has more than 10 characters"]
    found = one("company", ["A", "Acme Corporation"], policy=policy(company={"max_length": 10}))
    assert found.faults() == [(2, "Column", "invalid_company", WARNING), (3, "Column", "too_long", ERROR)]
    assert one("company", ["A", "x" * 300], policy=policy(company={"min_length": 0, "max_length": 300})).faults() == []
    assert one("first_name", ["x" * 201, "x" * 200]).faults() == [(2, "Column", "too_long", ERROR)]
    assert one("first_name", ["x" * 201], policy=policy(first_name={"max_length": 300})).faults() == []


def test_the_lengths_of_keys_can_only_be_lowered():
    local = "x" * 60 + "@example.com"
    found = typed({"Email": "email"}, [[local]], policy=policy(email={"max_length": 1000}))
    assert found.faults() == []
    found = typed({"Email": "email"}, [[local], ["a@b.co"]], policy=policy(email={"max_length": 20}))
    assert found.faults() == [(2, "Email", "too_long", ERROR)]


def test_a_pattern_matches_the_whole_value_as_re2_does():
    rules = policy(external_id={"pattern": r"[A-Z]{2}\d{3}"})
    found = one("external_id", ["AB123", "AB1234", "xAB123", "AB\u0661\u0662\u0663", "ab123", None], policy=rules)
    assert found.faults() == [(row, "Column", "pattern", ERROR) for row in (3, 4, 5, 6)]
    assert found.messages()[0] == "Column does not have the required form"


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"first_name": {"pattern": "("}}, "pattern of first_name is not a valid RE2 regular expression"),
        ({"first_name": {"pattern": r"(?=a)"}}, "pattern of first_name is not a valid RE2 regular expression"),
        ({"lead_score": {"min_length": 1}}, "rules of lead_score do not apply: lengths and patterns"),
        ({"tags": {"pattern": "a"}}, "rules of tags do not apply"),
        (
            {"company": {"min_length": 5, "max_length": 2}},
            "rules of company contradict each other: min_length is above",
        ),
        ({"email": {"country_code_required": True}}, "rules of email do not apply: country_code_required"),
    ],
)
def test_rules_that_cannot_be_kept_are_refused(rules, sentence):
    with pytest.raises(InvalidOption, match=sentence):
        check_field_rules(policy(**rules).fields)
    with pytest.raises(InvalidOption, match=sentence):
        typed({"Email": "email"}, [], policy=policy(**rules))


def test_a_phone_may_need_its_country_code():
    texts = ["+49 30 123456", "0049 30 123456", " 00 49 30 123456 ", "030 123456", "49 30 123456", "00", None, "x"]
    rules = policy(phone={"country_code_required": True})
    found = one("phone", texts, policy=rules, country="DE")
    assert found.values("phone") == ["+4930123456"] * 3 + [None] * 5
    assert found.faults() == [(row, "Column", "invalid_phone", WARNING) for row in (5, 6, 7, 9)]
    assert "country code, which is required" in found.messages()[0]
    assert one("phone", texts, country="DE").values("phone")[:5] == ["+4930123456"] * 5
    expected = [value and normalise_phone(value, "DE", abroad_only=True) for value in texts]
    assert found.values("phone") == expected


def test_lead_scores():
    found = one("lead_score", ["0", "100", "101", "-1", "1.5", "7.0", "x", None])
    assert found.faults() == [
        (4, "Column", "out_of_range", ERROR),
        (5, "Column", "out_of_range", ERROR),
        (6, "Column", "invalid_lead_score", ERROR),
        (8, "Column", "invalid_lead_score", ERROR),
    ]


# Properties


def prop(texts: list[str | None], **definition) -> Typed:
    return one("properties.p", texts, properties=(PropertyDefinition(key="p", **definition),))


def test_numbers_between_min_and_max():
    found = prop(["9.99", "10", "20.5", "20.51", "x", None], type="number", min=10, max=20.5)
    assert [fault[2] for fault in found.faults()] == ["too_low", "too_high", "invalid_number"]
    assert found.valid() == [3, 4, 7]


def test_the_pattern_of_a_text():
    found = prop(["12345", "1234", "123456", "x12345", "\u0661\u0662\u0663\u0664\u0665", None], pattern=r"\d{5}")
    assert found.valid() == [2, 7]
    assert {fault[2] for fault in found.faults()} == {"pattern"}


def test_the_options_of_a_select_come_out_in_their_own_spelling():
    found = prop(["free", "PRO ", "Team-Plan", "other", None], type="select", options=("Free", "pro", "team-plan"))
    assert found.values("properties.p") == ["Free", "pro", "team-plan", "other", None]
    assert found.faults() == [(5, "Column", "not_an_option", ERROR)]
    both = prop(["a", "A"], type="select", options=("A", "a"))
    assert both.values("properties.p") == ["a", "A"]
    assert prop([" Anything "], type="select").values("properties.p") == ["Anything"]


def test_the_options_of_a_multi_select_come_out_in_their_own_spelling():
    found = prop(["RED;blue", "red|Red", 'Q"X', "red;pink", None], type="multi_select", options=("Red", "Blue", 'q"x'))
    assert found.values("properties.p") == ['["Red", "Blue"]', '["Red"]', '["q\\"x"]', '["Red", "pink"]', None]
    assert found.faults() == [(5, "Column", "not_an_option", ERROR)]


# Required


def test_a_new_contact_needs_its_required_fields():
    mapping = {"Email": "email", "First": "first_name", "Plan": "properties.plan"}
    rows = [["a@b.co", "Ann", "pro"], ["b@b.co", None, "pro"], ["c@b.co", "Cy", None], ["d@b.co", None, None]]
    rows += [["e@b.co", None, None], ["bad", None, None]]
    plan = PropertyDefinition(key="plan", required=True)
    found = typed(mapping, rows, properties=(plan,), policy=policy(first_name={"required": True}))
    changes = found.changes({6: {"first_name": "Eve", "properties.plan": "free"}})
    assert [(change["_row"], change["outcome"], change["code"], change["message"]) for change in changes] == [
        (2, "created", None, None),
        (3, "failed", "required", "first_name is required for new contacts"),
        (4, "failed", "required", "properties.plan is required for new contacts"),
        (
            5,
            "failed",
            "required",
            "first_name is required for new contacts; properties.plan is required for new contacts",
        ),
        (6, "unchanged", None, None),
        (7, "failed", None, None),
    ]
    assert [change["first_name"] for change in changes] == ["Ann", None, None, None, None, None]


def test_a_required_field_that_the_file_does_not_have_fails_every_new_contact():
    found = typed({"Email": "email"}, [["a@b.co"], ["b@b.co"]], policy=policy(company={"required": True}))
    told = [(change["outcome"], change["message"]) for change in found.changes({3: {}})]
    assert told == [("failed", "company is required for new contacts"), ("unchanged", None)]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("upsert", ["failed", "updated"]),
        ("create_only", ["failed", "skipped"]),
        ("update_only", ["skipped", "updated"]),
    ],
)
def test_required_fields_in_every_mode(mode, expected):
    rows = [["a@b.co", None, "Lee"], ["b@b.co", None, "Roe"]]
    mapping = {"Email": "email", "First": "first_name", "Last": "last_name"}
    found = typed(mapping, rows, policy=policy(first_name={"required": True}), mode=mode)
    changes = found.changes({3: {"first_name": "Bob", "last_name": "Old"}})
    assert [change["outcome"] for change in changes] == expected


def test_a_blank_cell_does_not_erase_what_is_required():
    mapping = {"Email": "email", "First": "first_name", "Last": "last_name", "Tags": "tags", "P": "properties.p",
               "Q": "properties.q"}  # fmt: skip
    properties = (PropertyDefinition(key="p", required=True), PropertyDefinition(key="q"))
    rules = policy(first_name={"required": True}, tags={"required": True})
    found = typed(mapping, [["a@b.co", *[None] * 5]], properties=properties, policy=rules, blank="erase")
    old = {"first_name": "Ann", "last_name": "Lee", "tags": ["x"], "properties.p": "1", "properties.q": "2"}
    (change,) = found.changes({2: old})
    assert (change["outcome"], change["first_name"], change["last_name"]) == ("updated", "Ann", None)
    assert (change["tags"], change["erased"]) == (["x"], ["q"])


def outcomes(mapping: dict[str, object], rows: list[list[str | None]], **given) -> list[str]:
    return [change["outcome"] for change in typed(mapping, rows, **given).changes()]


def test_tags_that_the_import_gives_are_tags():
    rules = policy(tags={"required": True})
    mapping = {"Email": "email", "Tags": "tags"}
    rows = [["a@b.co", "x"], ["b@b.co", None]]
    assert outcomes(mapping, rows, policy=rules) == ["created", "failed"]
    assert outcomes(mapping, rows, policy=rules, tags=["t"]) == ["created", "created"]
    assert outcomes({"Email": "email"}, [["a@b.co"]], policy=rules) == ["failed"]


def test_every_contact_has_a_status_and_times():
    rules = policy(status={"required": True}, created_at={"required": True}, email={"required": True})
    assert outcomes({"Email": "email"}, [["a@b.co"]], policy=rules) == ["created"]


def test_an_import_into_a_stricter_house(importer):
    strict = policy(first_name={"required": True}, company={"max_length": 5}, phone={"country_code_required": True})
    importer.run("email,first_name\nold@example.com,Old\n")
    importer.settings = importer.settings.model_copy(update={"policy": strict})
    record = importer.run(
        "email,first_name,company,phone\n"
        "a@example.com,Ann,Acme,+49 30 123456\n"
        "b@example.com,,Acme,\n"
        "c@example.com,Cy,Globex,\n"
        "d@example.com,Di,X,030 123456\n"
        "old@example.com,,Acme,\n",
        country="DE",
        blank="erase",
    )
    assert record.counts == Counts(5, created=2, updated=1, failed=2)
    no_code = "phone is not a valid phone number with its country code, which is required here (+1 415 555 2671)"
    assert [line[-2:] for line in importer.results(record)[1:]] == [
        ["Created", ""],
        ["Error", "first_name is required for new contacts"],
        ["Error", "company has more than 5 characters"],
        ["Created", f"company has fewer than 2 characters and was left out; {no_code}"],
        ["Updated", ""],
    ]
    assert [line[0] for line in importer.errors(record)[1:]] == ["b@example.com", "c@example.com"]
    assert {c["email"]: (c["first_name"], c["company"], c["phone"]) for c in importer.contacts().values()} == {
        "a@example.com": ("Ann", "Acme", "+4930123456"),
        "d@example.com": ("Di", None, None),
        "old@example.com": ("Old", "Acme", None),
    }


# Definitions in the store


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        ({"pattern": "("}, "property p has a pattern that is not a valid RE2 regular expression"),
        ({"pattern": r"(a)\1"}, "property p has a pattern that is not a valid RE2 regular expression"),
        ({"min": 1}, "property p is of type text; min and max are for numbers"),
        ({"type": "date", "max": 1}, "property p is of type date; min and max"),
        ({"type": "number", "min": 2, "max": 1}, "property p has a min of 2, above its max of 1"),
        ({"options": ("a",)}, "property p is of type text; options are for select"),
    ],
)
def test_definitions_whose_rules_cannot_be_kept_are_refused(store, definition, sentence):
    wrong = PropertyDefinition(key="p", **definition)
    with store.begin() as connection:
        ensure_tenant(connection, "acme")
        for add in (
            lambda: add_property(connection, "acme", wrong),
            lambda: ensure_properties(connection, "acme", [wrong]),
        ):
            with pytest.raises(InvalidOption, match=sentence):
                add()
        assert {found.key for found in list_properties(connection, "acme")} == WELL_KNOWN_PROPERTIES.keys()


SETTINGS = (
    PropertyDefinition(key="score", type="number", label="Score", min=0, max=10.5, required=True),
    PropertyDefinition(key="plan", type="select", options=("Free", "Pro")),
    PropertyDefinition(key="city", pattern=r"\pL.*", required=True),
)


def test_the_settings_file_defines_properties(store):
    with store.begin() as connection:
        ensure_tenant(connection, "acme")
        add_property(connection, "acme", PropertyDefinition(key="score", type="number", label="Old", max=5))
        add_property(connection, "acme", PropertyDefinition(key="own"))
        stored = list_properties(connection, "acme")
        ensure_properties(connection, "acme", SETTINGS)
        found = {definition.key: definition for definition in list_properties(connection, "acme")}
        assert found.keys() == WELL_KNOWN_PROPERTIES.keys() | {"score", "plan", "own"}
        assert [found["score"], found["plan"]] == list(SETTINGS[:2])
        assert found["city"] == SETTINGS[2].model_copy(update={"label": "City"})
        assert merged_properties(stored, SETTINGS) == [*_in_order(stored, found), found["plan"]]


def _in_order(stored, found):
    return [found[definition.key] for definition in stored]


def test_what_is_as_defined_is_not_written_again(store):
    versions = text("SELECT key, xmin::text FROM properties WHERE tenant_id = 'acme' ORDER BY key")
    with store.begin() as connection:
        ensure_tenant(connection, "acme")
        ensure_properties(connection, "acme", SETTINGS)
    with store.begin() as connection:
        before = connection.execute(versions).all()
        ensure_properties(connection, "acme", SETTINGS)
        assert connection.execute(versions).all() == before
        ensure_properties(connection, "acme", [SETTINGS[1].model_copy(update={"options": ("Free",)})])
        changed = set(connection.execute(versions).all()) - set(before)
        assert {key for key, _ in changed} == {"plan"}


def test_a_stored_type_is_not_changed(store):
    definitions = [PropertyDefinition(key="new"), PropertyDefinition(key="city", type="number")]
    with store.begin() as connection:
        ensure_tenant(connection, "acme")
        before = list_properties(connection, "acme")
        with pytest.raises(InvalidOption, match="property city already exists with type text, not number"):
            ensure_properties(connection, "acme", definitions)
        assert list_properties(connection, "acme") == before
    with pytest.raises(NotFound, match="no tenant nobody"), store.begin() as connection:
        ensure_properties(connection, "nobody", [PropertyDefinition(key="new")])
