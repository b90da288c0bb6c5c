"""What an import's options make of a suggestion: given fields, properties, what is refused."""

from __future__ import annotations

import pytest

from contact_pipelines.errors import FileNotImportable, InvalidOption
from contact_pipelines.imports.columns.mapping import resolve
from contact_pipelines.imports.columns.suggesting import suggest
from contact_pipelines.models import ColumnMapping, Consent, CreateProperties, ImportOptions


def resolved(header, *, only=False, **columns):
    options = ImportOptions(columns={k.replace("_", " "): v for k, v in columns.items()}, only_given_columns=only)
    return {m.column: m.field for m in resolve(header, suggest(header), options)}


def test_resolve_keeps_the_suggestion_and_spells_out_properties():
    assert resolved(["Email", "Town", "Zork"]) == {
        "Email": "email",
        "Town": "properties.city",
        "Zork": "ignore",
    }


def test_a_given_column_displaces_the_suggested_one():
    header = ["Email", "Other"]
    result = resolve(header, suggest(header), ImportOptions(columns={"Other": "email"}))
    assert [m.field for m in result] == ["ignore", "email"]
    assert result[0].reason == "the column 'Other' was given as email"
    assert result[1] == ColumnMapping("Other", "email", 1.0, "given")


def test_a_bare_well_known_property_displaces_the_suggested_column_too():
    assert resolved(["Email", "City", "Where"], Where="city") == {
        "Email": "email", "City": "ignore", "Where": "properties.city",
    }  # fmt: skip


def test_only_given_columns_ignores_the_rest():
    assert resolved(["Email", "Phone"], only=True, Email="email") == {"Email": "email", "Phone": "ignore"}


def test_headers_are_compared_trimmed_and_then_without_case_if_that_is_clear():
    assert resolve(["Email", "EMAIL"], [], ImportOptions(columns={" EMAIL ": "email"}))[1].field == "email"
    assert resolved(["E-Mail", "Note"], note="properties.remark")["Note"] == "properties.remark"
    with pytest.raises(FileNotImportable, match="'email'"):
        resolve(["Email", "EMAIL"], [], ImportOptions(columns={"email": "email"}))


@pytest.mark.parametrize(
    ("columns", "error", "says"),
    [
        (
            {"Mial": "email"},
            FileNotImportable,
            r"names the column 'Mial', which the file lacks.*'Email', 'Name'",
        ),
        ({"Email": "email", "Name": "email"}, InvalidOption, "'Email' and 'Name' are both mapped to email"),
        ({"Name": "city", "Note": "properties.city"}, InvalidOption, "both mapped to properties.city"),
        (
            {"Name": "frist_name"},
            InvalidOption,
            r"no field 'frist_name'\. Did you mean first_name\?.*lead_score",
        ),
        ({"Name": "custom"}, InvalidOption, "no field 'custom'"),
        ({"Name": ""}, InvalidOption, "no field ''"),
        ({"Name": "properties.Big Key"}, InvalidOption, "1 to 50 of a-z, 0-9 and _"),
        ({"Name": "properties."}, InvalidOption, "1 to 50"),
        ({"Name": "properties." + "k" * 51}, InvalidOption, "1 to 50"),
        (
            {"Name": "first_name", " name": "last_name"},
            InvalidOption,
            "mapped to both first_name and last_name",
        ),
        ({"Email": "ignore"}, FileNotImportable, r'No column is mapped to email.*--map "Header=email"'),
    ],
)
def test_what_resolve_refuses(columns, error, says):
    header = ["Email", "Name", "Note"]
    with pytest.raises(error, match=says):
        resolve(header, suggest(header), ImportOptions(columns=columns))


def test_several_columns_may_be_given_as_ignored():
    assert resolved(["Email", "Name", "City"], Name="ignore", City="ignore")["City"] == "ignore"


def test_messages_show_twenty_headers_shortened_and_on_one_line():
    header = ["x" * 300, "two\nlines", *(f"h{n}" for n in range(50))]
    with pytest.raises(FileNotImportable) as caught:
        resolve(header, [], ImportOptions())
    text = str(caught.value)
    assert "and 32 more" in text
    assert "h17" in text
    assert "h18" not in text
    assert "\n" not in text
    assert len(text) < 700


# properties

COLUMNS = ["Email", "Industry", "custom_size", "customFields.plan", "City"]


def kept(create, *known, **columns):
    options = ImportOptions(create_properties=create, columns=columns)
    result = resolve(COLUMNS, suggest(COLUMNS), options, known_properties=known)
    return [m.field.removeprefix("properties.") for m in result[1:]]


def test_matching_keeps_custom_columns_known_properties_and_given_ones():
    assert kept("matching") == ["ignore", "size", "plan", "city"]
    assert kept("matching", "industry") == ["industry", "size", "plan", "city"]
    assert kept("matching", Industry="properties.branch") == ["branch", "size", "plan", "city"]


def test_yes_keeps_every_column_and_no_only_what_exists():
    assert kept("yes") == ["industry", "size", "plan", "city"]
    assert kept("no") == ["ignore", "ignore", "ignore", "city"]
    assert kept("no", "plan", "industry") == ["industry", "ignore", "plan", "city"]
    assert kept("no", "branch", Industry="properties.branch") == ["branch", "ignore", "ignore", "city"]


def test_a_given_new_property_is_refused_where_none_may_be_created():
    with pytest.raises(InvalidOption, match="'Industry' is mapped to the property branch, which does not exist"):
        kept("no", Industry="properties.branch")


def test_the_reason_says_what_became_of_a_column_and_how_to_keep_it():
    def reason(create, *known):
        options = ImportOptions(create_properties=create)
        return resolve(COLUMNS, suggest(COLUMNS), options, known_properties=known)[1].reason

    assert reason("matching") == (
        "no contact field; keep it with --create-properties yes or --map 'Industry=properties.industry'"
    )
    assert reason("matching", "industry") == "no contact field; kept as property industry, which exists"
    assert reason("yes") == "no contact field; kept as property industry"
    assert reason("no") == "no contact field; properties may not be created"


def test_keys_of_properties_differ_from_each_other_and_from_fields():
    header = [
        "Email",
        "E-mail",
        "Plan",
        "plan!",
        "Città",
        "City",
        "address (old)",
        "状态1",
        "Größe",
        "x" * 80,
        "y" * 49,
    ]
    resolved = resolve(header, suggest(header), ImportOptions(create_properties=CreateProperties.YES))
    keys = [m.field.removeprefix("properties.") for m in resolved]
    assert len(set(keys)) == len(header)
    assert keys[2:4] == ["plan", "plan_2"]
    assert keys[7:9] == ["column_8", "grosse"]
    assert max(map(len, keys)) == 50


def test_a_secret_cannot_be_mapped_to_anything():
    header = ["Email", "Password", "API key"]
    for name, field in [("Password", "properties.pw"), ("API key", "external_id")]:
        with pytest.raises(InvalidOption, match=f"'{name}' cannot be mapped to {field}.*never imported"):
            resolve(header, suggest(header), ImportOptions(columns={name: field}))
    resolved = resolve(header, suggest(header), ImportOptions(create_properties="yes", columns={"Password": "ignore"}))
    assert [m.field for m in resolved] == ["email", "ignore", "ignore"]


def test_several_columns_may_be_given_as_status_but_one_in_words():
    header = ["Email", "Status", "Unsubscribed", "Opt in", "State of mail"]
    given = {"Status": "status", "Unsubscribed": "status", "Opt in": "status"}
    resolved = resolve(header, suggest(header), ImportOptions(columns=given))
    assert [m.consent for m in resolved[1:4]] == [Consent.WORD, Consent.OPT_OUT, Consent.OPT_IN]
    with pytest.raises(InvalidOption, match="both mapped to status, in words"):
        resolve(header, suggest(header), ImportOptions(columns={**given, "State of mail": "status"}))


def test_given_words_displace_suggested_words_and_leave_the_other_consent_columns():
    header = ["Email", "Status", "Unsubscribed", "Kind"]
    resolved = resolve(header, suggest(header), ImportOptions(columns={"Kind": "status"}))
    assert [m.field for m in resolved] == ["email", "ignore", "status", "status"]
