"""What a column's values say: they refuse what a header claims, and name the columns of files without header."""

from __future__ import annotations

import pytest

from contact_pipelines.imports.columns.suggesting import UNSURE, suggest
from contact_pipelines.models import Consent


def fields(samples):
    """Suggest for columns and their values: column -> field, `-` for columns that are no contact field."""
    return {m.column: "-" if m.confidence <= UNSURE else m.field for m in suggest(list(samples), samples)}


def headerless(*columns):
    """Suggest for the columns of a file without header: their fields in order."""
    return list(fields({f"column_{at}": values for at, values in enumerate(columns, start=1)}).values())


@pytest.mark.parametrize(
    ("header", "values", "field"),
    [
        ("Email", ["yes", "no"], "-"),
        ("Email", ["a@example.com", "n/a"], "email"),
        ("Phone", ["on request", "ask"], "-"),
        ("Phone", ["+1 555 0100"], "phone"),
        ("Phone", ["ann@example.com", "bob@example.com"], "email"),
        ("Name", ["#1001", "#1002", "#1003"], "-"),
        ("Name", ["ORD-17 Ann", "ORD-18 Bob", "Zoe"], "-"),
        ("Name", ["Ann Ames", "Bob 2 Best", "Zoe"], "full_name"),
        ("Company", ["yes", "no", "no"], "-"),
        ("First name", ["x"], "first_name"),
        ("Company", ["Yes Ltd", "No Inc"], "company"),
        ("Customer ID", ["7"] * 4 + ["8"] * 4, "-"),
        ("Customer ID", ["1", "2", "3", "4", "5"], "external_id"),
        ("Status", ["subscribed", "Unsubscribed", "cleaned"], "status"),
        ("Status", ["open", "won", "lost"], "-"),
        ("Status", ["pending", "confirmed", "cancelled"], "-"),
        ("Status", ["yes", "no"], "-"),
        ("Estado", ["activo", "baja"], "status"),
        ("State", ["active", "unsubscribed"], "status"),
        ("State", ["NY", "CA", "TX"], "state"),
        ("Title", ["Mr", "Mrs.", "Dr."], "-"),
        ("Rating", ["hot", "cold"], "-"),
        ("Created", ["Ann", "Bob"], "-"),
        ("User ID", ["a@example.com"] * 10, "email"),
        ("Who?", ["a@example.com"] * 8 + ["-", "-"], "-"),
        ("Manager", ["a@example.com"] * 9, "-"),
        ("Account owner", ["a@example.com"] * 9, "-"),
    ],
)
def test_values_refuse_a_header_or_show_addresses(header, values, field):
    assert fields({header: values})[header] == field


def test_a_refusal_says_why():
    (mapping,) = suggest(["Name"], {"Name": ["#1001", "#1002"]})
    assert mapping.reason == (
        "header reads as full_name, but its values hold no letters; kept as property name if properties may be created"
    )


def test_addresses_without_header_count_only_in_a_single_column_and_beside_no_email():
    addresses = ["a@example.com", "b@example.com"]
    assert fields({"one": addresses, "two": addresses}) == {"one": "-", "two": "-"}
    assert fields({"one": addresses, "Email": addresses}) == {"one": "-", "Email": "email"}
    assert fields({"one": addresses, "Email": ["yes", "no"]}) == {"one": "email", "Email": "-"}


def test_a_bare_status_beside_orders_is_theirs_unless_its_values_are_consent():
    header = ["Email", "Order number", "Status"]
    assert [m.field for m in suggest(header)] == ["email", "properties.order_number", "properties.status"]
    assert suggest(header, {"Status": ["subscribed"]})[2].field == "status"
    assert suggest(["Email", "Status"], file_name="bestellungen_2024.csv")[1].field == "properties.status"
    assert suggest(["Email", "Status"], file_name="newsletter.csv")[1].field == "status"


def test_a_manager_s_address_is_not_the_contact_s():
    header = {"Reporting Manager Email": ["m@example.com"] * 3, "Work Email": ["a@e.com", "b@e.com", "c@e.com"]}
    assert fields(header) == {"Reporting Manager Email": "-", "Work Email": "email"}


def test_a_file_without_header_is_mapped_by_its_values():
    assert headerless(
        ["Ann", "Bob", "Zoe", "Maria"],
        ["Smith", "O'Neil", "Müller", "van Dyke"],
        ["a@example.com", "b@example.org", "c@example.de", "d@example.fr"],
        ["+1 555 123 4567", "(555) 123-4567", "555-222-3333", "+49 30 1234567"],
        ["Acme Inc", "Foo GmbH", "Bar", "Baz & Co."],
        ["Berlin", "Paris", "Nowhere", "Elsewhere"],
        ["US", "DE", "FR", "US"],
        ["1985-02-03", "1999-01-01", "1970-05-05", "1966-01-01"],
        ["subscribed", "unsubscribed", "subscribed", "cleaned"],
        ["https://a.example/b", "www.x.example", "http://q.example", "https://a.example/c"],
    ) == [
        "first_name", "last_name", "email", "phone", "company", "city", "country", "birthday", "status", "website",
    ]  # fmt: skip


def test_names_without_header():
    families = ["Smith", "O'Neil", "Müller", "Dyke"]
    assert headerless(["Ann", "Bob", "Zoe", "Maria"], families) == ["first_name", "last_name"]
    assert headerless(families, ["Ann", "Bob", "Zoe", "Maria"]) == ["last_name", "first_name"]
    assert headerless(["Jane Doe", "John Smith", "Zork Bork", "Doe, Anna"]) == ["full_name"]
    assert headerless(["佐藤", "鈴木", "高橋"], ["太郎", "花子", "翔太"]) == ["last_name", "first_name"]
    assert headerless(["Blue Shirt", "Red Mug", "Green Cap"]) == ["-"]
    assert headerless(families) == ["-"]


@pytest.mark.parametrize(
    "values",
    [
        ["1001", "1002", "1003"], ["12.50", "3.99"], ["2020-01-05", "2021-03-05"], ["yes", "no"], ["5551234567"],
        ["S", "M", "L"], ["some longer text, with commas", "more of it"], ["{}", "[]"], ["12345678", "87654321"],
        ["us"], ["USA-1", "USA-2"], [], ["pending", "confirmed"],
    ],
)  # fmt: skip
def test_what_values_do_not_tell_is_not_guessed(values):
    assert headerless(values) == ["-"] if values else True
    assert suggest(["column_1"], {"column_1": values})[0].field in {"properties.column_1", "ignore"}


def test_a_blank_header_with_values_is_kept_and_one_without_is_ignored():
    header = ["Email", "column_2", "column_3"]
    mappings = suggest(header, {"Email": ["a@example.com"], "column_2": ["x"]})
    assert [(m.field, m.reason) for m in mappings[1:]] == [
        ("properties.column_2", "no contact field; kept as property column_2 if properties may be created"),
        ("ignore", "has neither a header nor values"),
    ]


def test_a_status_by_its_values_is_read_as_words():
    assert suggest(["column_1"], {"column_1": ["active", "unsubscribed"]})[0].consent is Consent.WORD
