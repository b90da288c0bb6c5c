"""How a column's text is read: trimming, letters, dates, zones, decimal commas, lists, countries."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from contact_pipelines.errors import FileNotImportable, InvalidOption
from contact_pipelines.imports.columns.file_mapping import infer_types
from contact_pipelines.imports.columns.given_columns import check_transformations, column_transformations
from contact_pipelines.models import Counts, PropertyDefinition, Transformation
from tests.helpers.typed_rows import stage, typed


def read(texts: list[str | None], field: str = "first_name", *, kind: str = "text", options=(), **how) -> list:
    """Return what a column of `field` makes of texts under one transformation; None where the row is refused."""
    properties = (PropertyDefinition(key="p", type=kind, options=options),)
    rows = [[f"a{number}@example.com", text] for number, text in enumerate(texts)]
    given = {"Email": "email", "Column": field} if field != "email" else {"Other": "first_name", "Column": field}
    found = typed(given, rows, properties=properties, transform={"column": how} if how else {})
    return found.values(field)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, ["Ann", "Ann  Lee", None, None, None]),
        ({"trim": True}, ["Ann", "Ann  Lee", None, None, None]),
        ({"trim": False}, ["  Ann ", "Ann  Lee\u00a0", None, None, None]),
    ],
)
def test_trimming(how, expected):
    assert read(["  Ann ", "Ann  Lee\u00a0", "  ", "", None], **how) == expected
    assert read(["  Ann ", "Ann  Lee\u00a0", "  ", "", None], "properties.p", **how) == expected


def test_keys_numbers_and_dates_are_trimmed_whatever_is_asked():
    assert read([" A@example.com "], "email", trim=False) == ["a@example.com"]
    assert read([" +49 30 123456 "], "phone", trim=False) == ["+4930123456"]
    assert read([" 7 "], "lead_score", trim=False) == [7]
    assert read([" 7.50 "], "properties.p", kind="number", trim=False) == ["7.5"]
    assert read([" 2026-01-31 "], "properties.p", kind="date", trim=False) == ["2026-01-31"]


TITLES = {
    "ANN LEE": "Ann Lee",
    "o'neil": "O'Neil",
    "O\u2019NEIL": "O\u2019Neil",
    "jean-luc  picard": "Jean-Luc  Picard",
    "ann's bakery": "Ann's Bakery",
    "mcdonald": "Mcdonald",
    "élodie ÅNGSTRÖM": "Élodie Ångström",
    "иван ПЕТРОВ": "Иван Петров",
    "'t hooft": "'t Hooft",
    "3rd street": "3rd Street",
    "smith (jr.)": "Smith (Jr.)",
    "山田": "山田",
    "x": "X",
    None: None,
}


def test_letters():
    assert read(list(TITLES), case="title") == list(TITLES.values())
    assert read(["O'Neil", "Élodie", None], case="upper") == ["O'NEIL", "ÉLODIE", None]
    assert read(["O'Neil", "ÉLODIE", None], "properties.p", case="lower") == ["o'neil", "élodie", None]
    assert read(["ACME GMBH"], "company", case="title") == ["Acme Gmbh"]


def test_letters_of_a_full_name():
    found = typed({"Email": "email", "Name": "full_name"}, [["a@b.co", "ANN LEE"]], transform={"*": {"case": "title"}})
    assert (found.values("first_name"), found.values("last_name")) == (["Ann"], ["Lee"])
    assert found.values("email") == ["a@b.co"]


def test_a_date_format():
    texts = ["31/12/2026", "1/2/2026", "2026-03-04", "13/13/2026", "31/12/26", "x", None]
    expected = ["2026-12-31", "2026-02-01", "2026-03-04", None, None, None, None]
    assert read(texts, "properties.p", kind="date", date_format="%d/%m/%Y") == expected
    assert read(["11/12/26"], "properties.p", kind="date", date_format="%m/%d/%y") == ["2026-11-12"]
    # A format that begins with the year says itself what such a text is.
    swapped = read(["2026-31-12", "2026-12-31"], "properties.p", kind="date", date_format="%Y-%d-%m")
    assert swapped == ["2026-12-31", None]


def moments(texts: list[str], **how) -> list[str | None]:
    return [value and value.astimezone(UTC).isoformat() for value in read(texts, "created_at", **how)]


def test_moments_are_in_utc_and_those_without_a_zone_in_the_one_given():
    texts = [
        "2026-07-01 12:00",
        "2026-01-01 12:00:30.5",
        "2026-07-01T12:00:00Z",
        "2026-07-01 12:00:00+05:30",
        "2026-07-01",
        "01.07.2026 12:00",
    ]
    assert moments(texts, time_zone="Europe/Berlin") == [
        "2026-07-01T10:00:00+00:00",
        "2026-01-01T11:00:30.500000+00:00",
        "2026-07-01T12:00:00+00:00",
        "2026-07-01T06:30:00+00:00",
        "2026-06-30T22:00:00+00:00",
        "2026-07-01T10:00:00+00:00",
    ]
    assert moments(["2026-07-01 12:00", "01.07.2026 12:00"]) == ["2026-07-01T12:00:00+00:00"] * 2
    given = {"date_format": "%m/%d/%Y %I:%M %p", "time_zone": "America/New_York"}
    assert moments(["7/1/2026 4:05 PM"], **given) == ["2026-07-01T20:05:00+00:00"]
    with_zone = {"date_format": "%d/%m/%Y %H:%M %z", "time_zone": "America/New_York"}
    assert moments(["01/07/2026 12:00 +02:00"], **with_zone) == ["2026-07-01T10:00:00+00:00"]


def test_a_date_stays_the_day_that_is_written():
    texts = ["2026-07-01T01:00:00+02:00", "2026-07-01 23:30:00-08:00", "2026-07-01 23:30"]
    assert read(texts, "properties.p", kind="date") == ["2026-07-01"] * 3
    assert read(texts, "properties.p", kind="date", time_zone="Asia/Tokyo") == ["2026-07-01"] * 3


def test_a_year_of_two_digits_is_not_the_year_26():
    assert read(["31.12.26", "31.12.2026"], "properties.p", kind="date") == [None, "2026-12-31"]
    assert moments(["31.12.26"]) == [None]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["31/12/2026", "1/2/2026"], ["2026-12-31", "2026-02-01"]),
        (["12/31/2026", "1/2/2026"], ["2026-12-31", "2026-01-02"]),
        (["31-12-2026", "01-02-2026 10:00"], ["2026-12-31", "2026-02-01"]),
        (["12.31.2026", "1.2.2026"], ["2026-12-31", "2026-01-02"]),
        (["12/31/2026 4:05 PM", None, "1/2/2026 4:05 AM"], ["2026-12-31", None, "2026-01-02"]),
        (["1/2/2026", "3/4/2026"], [None, None]),  # either way round
        (["31/12/2026", "12/31/2026"], [None, None]),  # both ways
        (["31/12/2026", "1-2-2026"], [None, None]),  # two spellings prove nothing
        (["31/12/2026", "x"], [None, None]),
        (["1.2.2026", "31.12.2026"], ["2026-02-01", "2026-12-31"]),
    ],
)
def test_a_column_that_proves_the_order_of_its_dates(texts, expected):
    assert read(texts, "properties.p", kind="date") == expected
    assert [value and value[:10] for value in moments(texts)] == expected


def test_an_unproven_date_says_what_to_do():
    found = typed({"Email": "email", "Joined": "created_at"}, [["a@b.co", "1/2/2026"]])
    assert found.faults() == [(2, "Joined", "invalid_created_at", "warning")]
    assert "date_format" in found.messages()[0]


def infer(columns: dict[str, list], **transform: dict) -> dict[str, str]:
    con = duckdb.connect()
    length = max(map(len, columns.values()))
    rows = [
        [*row] for row in zip(*(values + [None] * (length - len(values)) for values in columns.values()), strict=True)
    ]
    stage(con, list(columns), rows)
    how = column_transformations(list(columns), {key: Transformation(**value) for key, value in transform.items()})
    return {name: str(kind) for name, kind in infer_types(con, "staged_rows", list(columns), how).items()}


def test_inferred_types_follow_the_transformations():
    columns = {
        "comma": ["1,5", "1.234,56", "-3"],
        "point": ["1.5", "1,234.56"],
        "proven": ["1/2/2026", "31/12/2026"],
        "unproven": ["1/2/2026", "3/4/2026"],
        "compact": ["20261231", "20260101"],
        "late": [None] * 1500 + ["1/2/2026", "31/12/2026"],
    }
    assert infer(columns) == {
        "comma": "text",
        "point": "number",
        "proven": "date",
        "unproven": "text",
        "compact": "number",
        "late": "date",
    }
    given = {"unproven": {"date_format": "%m/%d/%Y"}, "compact": {"date_format": "%Y%m%d"}}
    assert infer(columns, comma={"decimal_comma": True}, point={"decimal_comma": True}, **given) == {
        "comma": "number",
        "point": "text",
        "proven": "date",
        "unproven": "date",
        "compact": "date",
        "late": "date",
    }


def test_decimal_commas():
    texts = ["1.234,56", "1234,5", "1.234", "0,50", "-7", "1 234 567,8", "1\u202f234,5", "1'234,5", "1.5", "1,2,3", "x"]
    expected = ["1234.56", "1234.5", "1234", "0.5", "-7", "1234567.8", "1234.5", "1234.5", None, None, None]
    assert read(texts, "properties.p", kind="number", decimal_comma=True) == expected
    assert read(["7,0", "7"], "lead_score", decimal_comma=True) == [7, 7]
    assert read(["1,234.5"], "properties.p", kind="number") == ["1234.5"]


TAGS = {
    "a": ["a"],
    "a|b; c,a": ["a", "b", "c"],
    '["a", "b, c"]': ["a", "b, c"],
    '["a"]': ["a"],
    "[]": None,
    '["a", null, 7, " "]': ["a", "7"],
    '"Evento Roma","Volontari"': ["Evento Roma", "Volontari"],
    '"Rossi, Bianchi" ; "x""y"': ["Rossi, Bianchi", 'x"y'],
    '"one"': ["one"],
    '"half, open': ['"half', "open"],
    '"a" b, c': ['"a" b', "c"],
    "[a, b]": ["[a", "b]"],
    '{"a": 1}': ['{"a": 1}'],
    " , ;": None,
    "  ": None,
    None: None,
}


def test_lists():
    assert read(list(TAGS), "tags") == list(TAGS.values())
    assert read(["a, b/c / d", "a//b", None], "tags", list_delimiter="/") == [["a, b", "c", "d"], ["a", "b"], None]
    options = {"kind": "multi_select", "list_delimiter": "::"}
    assert read(["red::Dark, blue"], "properties.p", **options) == ['["red", "Dark, blue"]']


def test_the_country_of_a_phone_column():
    rows = [["a@b.co", "(415) 555-2671"]]

    def phone(**options) -> list:
        return typed({"Email": "email", "Phone": "phone"}, rows, **options).values("phone")

    assert phone() == [None]
    assert phone(transform={"*": {"country": "US"}}) == ["+14155552671"]
    assert phone(country="DE") == ["+494155552671"]
    assert phone(country="DE", transform={"phone": {"country": "us"}}) == ["+14155552671"]


def test_a_column_goes_before_the_default_setting_by_setting():
    given = {"*": Transformation(trim=False, case="lower"), "NAME": Transformation(case="title", decimal_comma=True)}
    found = column_transformations(["Name", "City"], given)
    assert found == {
        "Name": Transformation(trim=False, case="title", decimal_comma=True),
        "City": Transformation(trim=False, case="lower"),
    }
    assert column_transformations(["Name"], {"name": Transformation(case="upper")}) == {
        "Name": Transformation(case="upper")
    }
    assert column_transformations(["Name"], {}) == {}


def test_a_transformation_of_a_column_that_the_file_lacks():
    with pytest.raises(FileNotImportable, match="column 'Nmae', which the file lacks; its columns are 'Name'"):
        column_transformations(["Name"], {"Nmae": Transformation(case="upper")})


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"date_format": "%Q/%d"}, "date_format of the transformation of 'When' cannot be used"),
        ({"date_format": "dd/mm/yyyy"}, "date_format of the transformation of 'When' cannot be used"),
        ({"country": "XX"}, "country of the transformation of 'When'"),
    ],
)
def test_transformations_that_cannot_be_done(how, sentence):
    with pytest.raises(InvalidOption, match=sentence):
        check_transformations(duckdb.connect(), {"When": Transformation(**how)})


def test_transformations_that_can_be_done():
    how = Transformation(date_format="%d.%m.%Y %H:%M", time_zone="Europe/Berlin", country="de")
    check_transformations(duckdb.connect(), {"*": how})
    with pytest.raises(InvalidOption):  # the same check does refuse what differs in one key only
        check_transformations(duckdb.connect(), {"*": how.model_copy(update={"country": "XX"})})


def test_an_import_with_transformations_of_its_columns(importer):
    record = importer.run(
        [
            ["Email", "First Name", "Phone", "Tags", "custom_joined", "custom_price", "Created At"],
            ["a@example.com", "ANN", "030 123456", "x, y/z", "1/2/2026", "1.234,50", "1/2/2026 01:30"],
            ["b@example.com", "o'neil", "+1 415 555 2671", "", "3/4/2026", "7", ""],
        ],
        transform={
            "*": {"date_format": "%d/%m/%Y"},
            "first name": {"case": "title"},
            "phone": {"country": "DE"},
            "Tags": {"list_delimiter": "/"},
            "custom_price": {"decimal_comma": True},
            "created at": {"date_format": "%d/%m/%Y %H:%M", "time_zone": "Europe/Berlin"},
        },
    )
    assert record.counts == Counts(2, created=2)
    found = importer.contacts()
    assert [(c["first_name"], c["phone"], c["tags"], c["properties"]) for c in found.values()] == [
        ("Ann", "+4930123456", ["x, y", "z"], {"joined": "2026-02-01", "price": 1234.5}),
        ("O'Neil", "+14155552671", [], {"joined": "2026-04-03", "price": 7}),
    ]
    (row,) = importer.sql("SELECT created_at FROM contacts WHERE email = 'a@example.com'")
    assert row["created_at"] == datetime(2026, 2, 1, 0, 30, tzinfo=UTC)


def test_an_import_that_transforms_a_column_it_lacks_writes_nothing(importer):
    with pytest.raises(FileNotImportable, match="'Nmae'"):
        importer.run("email,name\na@example.com,Ann\n", transform={"Nmae": {"case": "title"}})
    assert importer.contacts() == {}
