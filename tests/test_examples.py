"""The example file is what its documentation says, counted here without the package."""

from __future__ import annotations

import csv
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email

EXAMPLES = Path(__file__).parent.parent / "examples"
FILE = EXAMPLES / "contacts_nov.csv"
HEADER = "email,first_name,last_name,company,phone,tags,custom_field_industry,annual_revenue,signup_date"
RESERVED = ("example.com", "example.org", "example.net")


@cache
def _rows() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _is_valid(email: str) -> bool:
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _emails() -> Iterator[str]:
    return (row["email"].strip().lower() for row in _rows())


def test_file_is_plain_utf8_with_exactly_this_header() -> None:
    content = FILE.read_bytes()
    assert content.decode("utf-8").split("\n", 1)[0] == HEADER
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\n")


def test_counts_are_those_of_the_documentation() -> None:
    seen: set[str] = set()
    invalid = duplicates = 0
    for email in _emails():
        if not _is_valid(email):
            assert email not in seen
            invalid += 1
        elif email in seen:
            duplicates += 1
        seen.add(email)
    assert (len(_rows()), invalid, duplicates) == (5000, 13, 82)
    assert len(_rows()) - invalid - duplicates == 4905


def test_rows_have_nine_cells() -> None:
    assert all(None not in row and None not in row.values() for row in _rows())


def test_john_is_there_once() -> None:
    (john,) = (row for row in _rows() if row["email"] == "john@example.com")
    assert (john["first_name"], john["last_name"], john["company"]) == ("John", "Smith", "Acme")
    number = phonenumbers.parse(john["phone"])
    assert phonenumbers.region_code_for_number(number) == "US"
    assert phonenumbers.is_valid_number(number)


def test_every_phone_is_valid_without_a_default_country() -> None:
    phones = [row["phone"] for row in _rows() if row["phone"]]
    assert 0 < len(phones) < 5000
    assert [phone for phone in phones if not phonenumbers.is_valid_number(phonenumbers.parse(phone))] == []


def test_nobody_is_real() -> None:
    domains = {email.partition("@")[2] for email in _emails() if _is_valid(email)}
    assert [domain for domain in domains if not f".{domain}".endswith(tuple(f".{name}" for name in RESERVED))] == []


def test_cells_are_as_varied_as_a_real_export() -> None:
    text = FILE.read_text(encoding="utf-8")
    for part in (
        '"Smith, Jones & Co"',
        '"The ""Big Sky"" Outfitters"',
        "Müller & Söhne GmbH",
        "O'Connor",
        "José",
    ):
        assert part in text
    for column in ("first_name", "last_name", "company", "tags", "custom_field_industry", "annual_revenue"):
        assert any(not row[column] for row in _rows())
    assert any("|" in row["tags"] for row in _rows())


@pytest.mark.parametrize("run", [1, 2])
def test_script_makes_the_committed_file_byte_for_byte(tmp_path: Path, run: int) -> None:
    made = tmp_path / f"contacts_{run}.csv"
    runpy.run_path(str(EXAMPLES / "make_contacts_nov.py"))["write"](made)
    assert made.read_bytes() == FILE.read_bytes()
