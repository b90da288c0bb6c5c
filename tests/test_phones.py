"""The fast path for phones never disagrees with libphonenumber, and decides nearly all valid numbers."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import cache

import duckdb
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat as Format

from contact_pipelines.imports.validate import phone_plan, phones
from contact_pipelines.imports.validate.phones import normalise_phone, phone_column, phone_fast_path

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
COMMON = ("US", "DE", "GB", "FR", "IN")
TYPES = range(11)


@cache
def examples() -> list[tuple[str, phonenumbers.PhoneNumber]]:
    """Return the library's own numbers: of every region and type, one that is invalid, of no country."""
    found = [(region, phonenumbers.example_number_for_type(region, kind)) for region in REGIONS for kind in TYPES]
    found += [(region, phonenumbers.invalid_example_number(region)) for region in REGIONS]
    codes = sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)
    found += [("US", phonenumbers.example_number_for_non_geo_entity(code)) for code in codes]
    return [(region, number) for region, number in found if number]


def spellings(number: phonenumbers.PhoneNumber) -> list[str]:
    """Return the ways in which people write a number."""
    e164 = phonenumbers.format_number(number, Format.E164)
    national = e164[1 + len(str(number.country_code)) :]
    international = phonenumbers.format_number(number, Format.INTERNATIONAL)
    return [
        *(e164, international, phonenumbers.format_number(number, Format.NATIONAL)),
        *(
            "00" + international[1:],
            "011 " + international[1:],
            e164[1:],
            national,
            national[1:],
            "1" + national,
        ),
        *(f"+{number.country_code} (0) {national}", f"+{number.country_code}-{national}", f"0{national}"),
    ]


def fast(con: duckdb.DuckDBPyConnection, texts: list[str], country: str | None) -> list[str | None]:
    query = phone_fast_path("SELECT unnest($1::VARCHAR[]) AS raw", country)
    kept = dict(con.execute(query, [texts]).fetchall())  # by text: the query keeps no order
    return [kept[text] for text in texts]


def assert_agreement(con: duckdb.DuckDBPyConnection, texts: list[str], country: str | None) -> None:
    for text, value in zip(texts, fast(con, texts, country), strict=True):
        if value is not None:
            assert value == normalise_phone(text, country), (text, country)


@pytest.fixture(scope="module")
def con():
    with duckdb.connect(config={"threads": 1}) as connection:  # hundreds of queries of few rows each
        yield connection


@pytest.mark.thorough
def test_the_librarys_own_numbers_at_home_abroad_and_without_country(con):
    chosen = random.Random(1)
    texts: dict[str | None, list[str]] = defaultdict(list)
    for region, number in examples():
        for text in spellings(number):
            for country in (region, None, chosen.choice(REGIONS)):
                if country == region or chosen.random() < 0.15:
                    texts[country].append(text)
    for country, some in texts.items():
        assert_agreement(con, some, country)


def test_numbers_that_need_their_country_code(con):
    chosen = random.Random(2)
    texts = sorted({text for _, number in examples() for text in spellings(number) if chosen.random() < 0.5})
    query = phone_fast_path("SELECT unnest($1::VARCHAR[]) AS raw", "DE", abroad_only=True)
    decided = {text: kept for text, kept in con.execute(query, [texts]).fetchall() if kept is not None}
    assert decided == {text: normalise_phone(text, "US", abroad_only=True) for text in decided}
    assert len(decided) > 1000
    assert any(text.startswith("00") for text in decided)
    assert all(text.startswith(("+", "00")) for text in decided)


@pytest.mark.parametrize("country", [*COMMON, "IT", "AR", "MX", "BR", "CA", "BS", "RU", "KZ", "GG", "AU", "FI", None])
def test_mutated_numbers(con, country):
    chosen = random.Random(str(country))
    texts = []
    for region, number in examples():
        if country is None or region == country or chosen.random() < 0.06:
            for text in spellings(number):
                texts += [_mutated(text, chosen) for _ in range(12 if region == country else 1)]
    assert_agreement(con, texts, country)


def _mutated(text: str, chosen: random.Random) -> str:
    characters = list(text)
    for _ in range(chosen.choice([1, 1, 2, 3])):
        place = chosen.randrange(len(characters) + 1)
        change = chosen.randrange(4)
        if change == 0:
            characters[place : place + 1] = chosen.choice("0123456789")
        elif change == 1:
            characters.insert(place, chosen.choice("0123456789 -./()+\u00a0\u2013x#,;~*٣\t"))
        elif change == 2:
            del characters[place : place + 1]
        else:
            characters.insert(0, chosen.choice(["0", "00", "+", "1", "(0)", "011", "8", "+1", "+44 (0)", "7", "'"]))
    return "".join(characters)


@pytest.mark.thorough
@settings(max_examples=50, derandomize=True, deadline=None)
@given(data=st.data(), country=st.sampled_from([None, "US", "DE"]))
def test_numbers_made_from_the_plans_themselves(con, data, country):
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    code = data.draw(st.one_of(st.sampled_from(sorted(codes)), st.sampled_from([1, 7, 39, 44, 47, 61, 212, 358])))
    plan = phone_plan.plan(code, data.draw(st.sampled_from(codes[code])))
    descs = [plan.general_desc, plan.fixed_line, plan.mobile, plan.toll_free, plan.uan, plan.shared_cost]
    patterns = [desc.national_number_pattern for desc in descs if desc and desc.national_number_pattern]
    number = st.from_regex(data.draw(st.sampled_from(patterns)), fullmatch=True, alphabet="0123456789")
    numbers = data.draw(st.lists(number, min_size=10, max_size=20))
    texts = [text for n in numbers for text in (f"+{code}{n}", f"+{code} (0){n}", f"00{code} {n}", n, f"0{n}")]
    assert_agreement(con, texts, country)


@pytest.mark.parametrize("country", COMMON)
def test_the_fast_path_decides_common_numbers(con, country):
    texts = [text for region, number in examples() if region == country for text in spellings(number)[:3]]
    valid = [text for text in texts if normalise_phone(text, country)]
    decided = [value for value in fast(con, valid, country) if value]
    assert len(decided) >= 0.9 * len(valid)


def test_the_fast_path_decides_nine_of_ten_numbers_of_the_world(con):
    texts = [phonenumbers.format_number(number, Format.INTERNATIONAL) for _, number in examples()]
    valid = [text for text in texts if normalise_phone(text, None)]
    assert sum(value is not None for value in fast(con, valid, None)) >= 0.9 * len(valid)


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [
        ("+1 (650) 253-0000", None, "+16502530000"),
        ("650-253-0000", "US", "+16502530000"),
        ("1-650-253-0000", "US", "+16502530000"),
        ("650 253 0000", None, None),
        ("+49 (0)30/123456", "US", "+4930123456"),
        ("030 123456", "DE", "+4930123456"),
        ("0044 20 7031 3000", "DE", "+442070313000"),
        ("+39 06 698 12345", None, "+390669812345"),
        ("919876543210", "IN", "+919876543210"),
        ("+1 650 253 0000 ext. 5", None, "+16502530000"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("+1 555", "US", None),
        ("n/a", "US", None),
        ("", "US", None),
        ("+" * 300, "US", None),
    ],
)
def test_verdicts(con, text, country, kept):
    assert normalise_phone(text, country) == kept
    assert fast(con, [text], country)[0] in {None, kept}


@pytest.mark.parametrize("few", [0, 3, phones.FEW_TEXTS])
def test_a_column_is_the_verdict_on_each_value(con, monkeypatch, few):
    monkeypatch.setattr(phones, "FEW_TEXTS", few)
    texts = ["030 123456", None, " ", "+1 650 253 0000 ext. 5", "n/a", "+4930123456", "n/a", "0" * 300]
    found = column_of(con, texts, "DE")
    assert dict(found) == {text: text and normalise_phone(text, "DE") for text in texts}
    assert len(found) == len(texts)


def column_of(con, texts, country, *, abroad_only=False):
    con.execute("CREATE OR REPLACE TABLE source AS SELECT unnest(?::VARCHAR[]) AS phone", [texts])
    column = phone_column(con, "source", "phone", country, abroad_only=abroad_only)
    return con.execute(f"SELECT source.phone, {column.expression} FROM source {column.join}").fetchall()


def test_few_numbers_are_read_without_the_patterns_of_all_countries(con, monkeypatch):
    monkeypatch.setattr(phones, "phone_fast_path", None)
    assert column_of(con, ["030 123456"] * 10_000, "DE")[:1] == [("030 123456", "+4930123456")]


@settings(max_examples=15, derandomize=True, deadline=None)
@given(data=st.data(), country=st.sampled_from([None, "US", "DE", "BR"]), abroad_only=st.booleans())
def test_few_and_many_numbers_are_read_alike(con, data, country, abroad_only):
    chosen = random.Random(data.draw(st.integers()))
    numbers = data.draw(st.lists(st.sampled_from(examples()), min_size=5, max_size=30))
    texts = [_mutated(text, chosen) for _, number in numbers for text in spellings(number)]
    with pytest.MonkeyPatch.context() as patch:
        few = column_of(con, texts, country, abroad_only=abroad_only)
        patch.setattr(phones, "FEW_TEXTS", 0)
        assert dict(column_of(con, texts, country, abroad_only=abroad_only)) == dict(few)
