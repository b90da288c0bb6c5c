"""Fuzzy duplicates: who is found, with which score and reason, and what the search never does."""

from __future__ import annotations

import random
import uuid

import psycopg
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler, Levenshtein

from contact_pipelines.errors import InvalidOption
from contact_pipelines.files import duck
from contact_pipelines.imports.compare.fuzzy import blocking, finding, normal_forms, scoring
from contact_pipelines.imports.compare.fuzzy.comparing import (
    DEFAULT_CAPS,
    ENOUGH,
    SHARED_AT_MOST,
    SWAP_COST,
    Caps,
    Search,
    comparisons,
    evidence_of,
)
from contact_pipelines.imports.compare.fuzzy.finding import find_duplicate_contacts, find_duplicate_rows
from contact_pipelines.imports.compare.probable_duplicates import fetch_contacts
from contact_pipelines.models.fuzzy_fields import DEFAULT_ON, units_of
from contact_pipelines.models.words import Resolve
from contact_pipelines.options import FuzzyOptions
from contact_pipelines.store.tenants import ensure_tenant

NAMES = ["first_name", "last_name"]
FIELDS = [*NAMES, "company", "phone", "properties.birthday", "properties.address", "properties.city"]
ALL = "name+company+phone+birthday+address+city"


@pytest.fixture
def con(tmp_path):
    with duck.connect(tmp_path) as connection:
        yield connection


def table(con, name: str, people: list[dict], *, key: str = "_row", fields: list[str] = FIELDS, start: int = 2) -> None:
    """Make a table of texts; keys count from `start`, unless the people bring them."""
    columns = {key: pa.array([person.get(key, start + n) for n, person in enumerate(people)], pa.int32())}
    columns |= {field: pa.array([person.get(field) for person in people], pa.string()) for field in fields}
    con.register("arriving", pa.table(columns))
    con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arriving")
    con.unregister("arriving")


def person(*values: str | None, **more: object) -> dict:
    """Return a person: values in the order of FIELDS, or by their names without `properties.`"""
    named = {field.removeprefix("properties."): field for field in FIELDS}
    given = dict(zip(FIELDS, values, strict=False)) | {named.get(name, name): value for name, value in more.items()}
    return dict.fromkeys(FIELDS) | given


def linked(con, rows: list[dict], contacts: list[dict], on=(ALL,), fields=FIELDS, **options) -> list[tuple]:
    """Return (row, contact, score, reason) of the file's rows (from 2) and the store's contacts (from 101)."""
    table(con, "rows", rows, fields=fields)
    table(con, "contacts", contacts, key="id", fields=fields, start=101)
    find_duplicate_contacts(con, "rows", "contacts", fields, FuzzyOptions(on=on, **options))
    return con.sql("FROM fuzzy_pairs").fetchall()


def repeated(con, rows: list[dict], on=(ALL,), fields=FIELDS, caps=DEFAULT_CAPS, **options) -> list[tuple]:
    """Return (row, earlier row, score, reason)."""
    table(con, "rows", rows, fields=fields)
    find_duplicate_rows(con, "rows", fields, FuzzyOptions(on=on, **options), caps=caps)
    return con.sql("FROM fuzzy_row_pairs").fetchall()


def score(con, a: dict, b: dict, on=(ALL,)) -> int:
    """Return the score of one pair, 0 below the lowest threshold."""
    found = linked(con, [a], [b], on, threshold=50)
    return found[0][2] if found else 0


JOHN = person("John", "Smith", "Acme Inc.", "+14155550101", "1975-03-09", "12 Main Street", "Springfield")


def test_the_options_are_read_as_written_and_default_to_review():
    options = FuzzyOptions.model_validate({"on": ["name + company", "phone", "birthday+properties.shoe_size"]})
    assert options.on == ("name+company", "phone", "properties.birthday+properties.shoe_size")
    assert (options.threshold, options.resolve) == (85, Resolve.REVIEW)
    assert options.fields == [*NAMES, "company", "phone", "properties.birthday", "properties.shoe_size"]
    assert FuzzyOptions().on == DEFAULT_ON


@pytest.mark.parametrize(
    ("comparison", "sentence"),
    [
        ("nmae", "cannot compare 'nmae'"),
        ("", "cannot compare 'nothing'"),
        ("name+", "cannot compare 'nothing'"),
        ("status", "cannot compare 'status'"),
        ("properties.Shoe Size", "cannot compare"),
        ("name+last_name", "compares a field twice"),
        ("phone+phone", "compares a field twice"),
        ("birthday+properties.birthday", "compares a field twice"),
        ("+".join(f"properties.p{n}" for n in range(21)), "at most 20"),
    ],
)
def test_a_comparison_that_cannot_be_right_is_refused_with_a_sentence(comparison, sentence):
    with pytest.raises(ValueError, match=sentence):
        units_of(comparison)
    with pytest.raises(ValidationError, match=sentence):
        FuzzyOptions(on=(comparison,))


@pytest.mark.parametrize(
    "options",
    [{"on": []}, {"on": ["phone", " phone"]}, {"threshold": 49}, {"threshold": 101}, {"resolve": "delete"}, {"of": 1}],
)
def test_other_options_that_cannot_be_right_are_refused(options):
    with pytest.raises(ValidationError):
        FuzzyOptions.model_validate(options)


def test_a_file_without_the_columns_to_find_anybody_by_is_refused(con):
    table(con, "rows", [JOHN], fields=NAMES)
    with pytest.raises(InvalidOption, match=r"by name\+company: the file has no column for company, .* reaches 85"):
        find_duplicate_rows(con, "rows", NAMES, FuzzyOptions(on=("name+company",)))
    # One comparison that can is enough, and columns that are left over do not matter.
    found = find_duplicate_rows(con, "rows", NAMES, FuzzyOptions(on=("name+company", "name")))
    assert (found.candidates, found.pairs) == (0, 0)


def test_typing_errors_swapped_names_and_missing_fields_are_one_person(con):
    others = [
        person("Jon", "Smith", "ACME", "+14155550101", "1975-03-09", "12 Main Street", "Springfield"),
        person("John", "Smtih", "Acme", None, "1975-03-09", "12 Main St.", "Springfeild"),
        person("Smith", "John", "Acme Inc", None, "1975-03-09", None, None),
        person(None, "Smith", None, "+14155550101", "1975-03-90", "Main Street 12", "Springfield"),
        person("Jane", "Doe", "Acme Inc.", "+14155550101", "1980-11-30", "12 Main Street", "Springfield"),
        person("John", "Smith", None, None, None, None, None),
        person("John", "Smith", "Globex", "+442071234567", "1931-12-24", "1 High Road", "London"),
    ]
    found = linked(con, [JOHN], others)
    assert [row[:3] for row in found] == [(2, 101, 100), (2, 102, 100), (2, 103, 100), (2, 104, 100)]
    assert [row[3].replace("properties.", "") for row in found] == [
        "similar name, same company, same phone, same birthday, same address, same city",
        "similar name, same company, same birthday, similar address, similar city",
        "similar name, same company, same birthday",
        "similar name, same phone, similar birthday, same address, same city",
    ]


def test_people_who_share_a_home_or_an_office_are_not_one_person(con):
    home = {"phone": "+14155550101", "address": "12 Main Street", "city": "Springfield"}
    wife = person("Mary", "Smith", **home)
    husband = person("Robert", "Smith", **home)
    assert score(con, wife, husband) < 85
    office = home | {"company": "Acme"}
    assert score(con, person("Mary", "Miller", **office), person("Robert", "Smith", **office)) < 50
    assert score(con, person("Mary", "Miller", **office), person("Mary", "Miller", **office)) == 100


def test_a_score_says_how_much_of_what_was_asked_agrees(con):
    name = person("Maria", "Gonzalez")
    assert score(con, name, name, ["name"]) == 100
    assert score(con, name, person("Maria", "Gonzales"), ["name"]) >= 85
    assert score(con, name, person("Gonzalez", "Maria"), ["name"]) >= 85
    assert score(con, name, person(None, "Maria Gonzalez"), ["name"]) == 100
    assert score(con, name, person("M.", "Gonzalez"), ["name"]) in range(60, 85)
    assert score(con, name, person("Peter", "Gonzalez"), ["name"]) < 50
    assert score(con, name, name, ["name+company"]) < 85
    phone = person(phone="+14155550101")
    assert score(con, phone, phone, ["phone"]) == 100
    assert score(con, phone, person(phone="+14155550102"), ["phone"]) < 85
    # Any comparison is enough, and the best one gives the score and the reason.
    both = linked(con, [name | phone], [person("Peter", "Ng", phone="+14155550101")], ["name", "phone"])
    assert both == [(2, 101, 100, "same phone")]


def test_spelling_that_means_nothing_is_overlooked(con):
    pairs = [
        (person("José", "Müller-Lüdenscheidt"), person("JOSE", "Muller Ludenscheidt")),
        (person("Zoe\u0301", "O\u2019Brien"), person("ZOÉ", "OBrien")),
        (person("Łukasz", "Đặng"), person("Lukasz", "Dang")),
        (person("Søren", "Strauß"), person("soren", "STRAUSS")),
        (person("Ann Marie", "van der Berg"), person("AnnMarie", "Vanderberg")),
    ]
    for a, b in pairs:
        assert score(con, a, b, ["name"]) == 100
    companies = [("Acme, Inc.", "ACME"), ("Bank of America Corp", "America, Bank of"), ("Co", "co"), ("A.B.C.", "abc")]
    for a, b in companies:
        assert score(con, person(company=a), person(company=b), ["company"]) == 100
    assert score(con, person(company="Acme Inc"), person(company="Globex Inc"), ["company"]) == 0


def test_other_scripts_are_compared_by_letter(con):
    assert score(con, person("Иван", "Петров"), person("ИВАН", "Петрав"), ["name"]) >= 85
    assert score(con, person("Иван", "Петров"), person("Олег", "Сидоров"), ["name"]) < 50
    assert score(con, person("हिन्दी", "शर्मा"), person("हिन्दी", "शर्मा"), ["name"]) == 100
    assert score(con, person("小明", "王"), person("小明", "王"), ["name"]) == 100
    assert score(con, person("小明", "王"), person("大伟", "李"), ["name"]) < 50
    # 58 apart, two letters fold into one byte: alike, never the same.
    one, other = chr(0x4E00), chr(0x4E00 + 58)
    found = linked(con, [person(one * 3, "abc")], [person(other * 3, "abc")], ["name"], threshold=50)
    assert [(row[2] < 100, row[3]) for row in found] == [(True, "similar name")]


def test_values_that_are_no_words_are_no_values(con):
    nothing = [person("-", "..."), person("", "?"), person("   ", "!!"), person(None, None)]
    assert repeated(con, nothing, ["name"], fields=NAMES, threshold=50) == []


def test_quotes_in_names_of_properties_and_values_are_data(con):
    fields = ["properties.o", "phone"]
    rows = [{"properties.o": "';DROP TABLE x;--", "phone": "{0}"}] * 2
    assert repeated(con, rows, ["properties.o+phone"], fields) == [(3, 2, 100, "same properties.o, same phone")]


def test_of_very_long_values_the_beginning_is_compared(con):
    # Whole, each pair would take as long as a million short ones.
    rows = [person("Ada", "Byron", address="a" * 200 + str(number) * 1_000_000) for number in range(10)]
    found = repeated(con, rows, ["name+address"])
    assert len(found) == 45
    assert {row[2:] for row in found} == {(100, "same name, same properties.address")}


def test_empty_sides_find_nobody(con):
    assert linked(con, [], [JOHN]) == []
    assert linked(con, [JOHN], []) == []
    assert linked(con, [], []) == []
    assert repeated(con, []) == []
    assert con.sql("FROM fuzzy_best_rows").fetchall() == []


def test_within_a_file_each_pair_is_named_once_the_later_row_first(con):
    jon = JOHN | {"first_name": "Jon"}
    found = repeated(con, [JOHN | {"_row": 9}, person("Ada", "Byron", _row=4), jon | {"_row": 5}, JOHN | {"_row": 12}])
    assert [row[:3] for row in found] == [(9, 5, 100), (12, 5, 100), (12, 9, 100)]
    assert con.sql("FROM fuzzy_best_rows").fetchall() == [
        (9, 5, 100, found[0][3], 0),
        (12, 5, 100, found[1][3], 1),
    ]


def test_the_best_contact_of_a_row_is_the_likeliest_and_doubt_is_told(con):
    contacts = [person("Maria", "Gonzales"), person("Maria", "Gonzalez"), person("Ana", "Ruiz"), person("Ana", "Ruiz")]
    linked(con, [person("Maria", "Gonzalez"), person("Ana", "Ruiz"), person("Li", "Na")], contacts, ["name"])
    assert con.sql("FROM fuzzy_best").fetchall() == [(2, 102, 100, "same name", 0), (3, 103, 100, "same name", 1)]


def test_one_huge_block_stays_small_and_is_counted(con):
    generator = random.Random(5)
    letters = "abcdefghijklmnopqrstuvwxyz"
    first = lambda: "j" + "".join(generator.choice(letters) for _ in range(7))  # noqa: E731
    rows = [person(first(), "Smith") for _ in range(3000)] + [person("John", "Smith") for _ in range(1000)]
    table(con, "rows", rows, fields=NAMES)
    caps = Caps(alone=5, at_most=20, combined=6)
    found = find_duplicate_rows(con, "rows", NAMES, FuzzyOptions(on=("name",)), caps=caps)
    assert found.left_out.blocks > 0
    assert found.left_out.pairs >= 1000 * 999 // 2  # John Smith, by sound of both
    # Eight tokens and fifteen combined a record, 20 others in each at most, and the twin.
    assert found.candidates <= 4000 * (8 * 5 + 15 * 20 + 1)
    assert found.candidates < 4000 * 3999 // 2 / 50
    # The thousand that are equal are found all the same, each with the first.
    equal = con.sql("SELECT _row, other_row FROM fuzzy_row_pairs WHERE _row > 3002 AND other_row >= 3002").fetchall()
    assert equal == [(row, 3002) for row in range(3003, 4002)]


def test_a_lone_field_that_too_many_share_finds_the_first_of_them(con):
    rows = [person(phone="+14155550101") for _ in range(500)]
    found = repeated(con, rows, ["phone"], caps=Caps(at_most=100))
    assert found == [(row, 2, 100, "same phone") for row in range(3, 502)]
    table(con, "contacts", rows, key="id", start=101)
    search = find_duplicate_contacts(
        con, "rows", "contacts", FIELDS, FuzzyOptions(on=("phone",)), caps=Caps(at_most=100)
    )
    # The number without its last two digits, its last six, and all of it.
    assert (search.left_out.blocks, search.left_out.pairs) == (3, 3 * 500 * 500)
    assert con.sql("SELECT _row, contact_id FROM fuzzy_pairs").fetchall() == [(row, 101) for row in range(2, 502)]


def generated(seed: int, people: int) -> list[dict]:
    """Return people, of whom a third are there twice, the second time with a slip or two."""
    generator = random.Random(seed)
    firsts = ["Anna", "Björn", "Carlos", "Dmitri", "Иван", "Ольга", "Mary Ann", "Jo", "Li", "Fatima", "X"]
    lasts = ["Smith", "Müller", "García", "Петров", "O'Neil", "van Dijk", "Nguyen", "Kowalski", "Lee"]
    companies = ["Acme Inc", "Globex", "Bank of America", "Müller GmbH", None]
    streets = ["Main Street", "High Road", "Rue de la Paix", "Gran Vía", "Ленина"]

    def one() -> dict:
        born = f"19{generator.randrange(40, 99)}-0{generator.randrange(1, 9)}-1{generator.randrange(9)}"
        return person(
            generator.choice([*firsts, None]),
            generator.choice([*lasts, None]),
            generator.choice(companies),
            generator.choice([None, f"+1415555{generator.randrange(10000):04}"]),
            generator.choice([None, born]),
            f"{generator.randrange(1, 200)} {generator.choice(streets)}",
            generator.choice(["Paris", "Köln", "Lyon", None]),
        )

    def spoilt(given: dict) -> dict:
        other = dict(given)
        for field in generator.sample(FIELDS, 2):
            text = other[field] or ""
            if len(text) > 2:
                at = generator.randrange(len(text) - 1)
                other[field] = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if generator.random() < 0.2:
            other["first_name"], other["last_name"] = other["last_name"], other["first_name"]
        return other

    whole = [one() for _ in range(people * 3 // 4)]
    return whole + [spoilt(generator.choice(whole)) for _ in range(people - len(whole))]


def plain_score(con, a: dict, b: dict) -> int:
    """Return the score by the definition, in Python, one pair at a time. Texts are normalised by the code's SQL."""
    total, shared = 0.0, 0.0
    for field in FIELDS:
        evidence = evidence_of(field)
        bits = (
            0.0 if field in NAMES else plain_bits(plain_alike(field, a, b), evidence.agreement, evidence.disagreement)
        )
        if evidence.shared:
            shared += bits
        else:
            total += bits
    return max(0, min(100, int(100 * (total + plain_name(a, b) + min(shared, SHARED_AT_MOST)) / ENOUGH + 1e-6)))


def plain_name(a: dict, b: dict) -> float:
    (first, last), (af, al), (bf, bl) = (
        map(evidence_of, NAMES), *([side[f"value.{field}"] for field in NAMES] for side in (a, b))
    )  # fmt: skip
    agreement, disagreement = first.agreement + last.agreement, first.disagreement + last.disagreement
    if not (af or al) or not (bf or bl):
        return 0.0
    direct = plain_bits(plain_names(af, bf), first.agreement, first.disagreement)
    direct += plain_bits(plain_names(al, bl), last.agreement, last.disagreement)
    crossed = [plain_bits(plain_names(*pair), agreement / 2, disagreement / 2) for pair in ((af, bl), (al, bf))]
    ways = [direct, sum(crossed) - SWAP_COST]
    if None in (af, al, bf, bl):
        words = [
            "".join(sorted(" ".join(filter(None, (side["words.first_name"], side["words.last_name"]))).split()))
            for side in (a, b)
        ]
        if (alike := plain_texts(*words)) >= 0.92:
            ways.append(plain_bits(alike, agreement, disagreement))
    return max(ways)


def plain_bits(alike: float | None, agreement: float, disagreement: float) -> float:
    return 0.0 if alike is None else disagreement + (agreement - disagreement) * max(0.0, (alike - 0.65) / 0.35)


def plain_alike(field: str, a: dict, b: dict) -> float | None:
    x, y = a[f"value.{field}"], b[f"value.{field}"]
    if x is None or y is None:
        return None
    if f"sorted.{field}" in a:
        return max(plain_texts(x, y), plain_texts(a[f"sorted.{field}"], b[f"sorted.{field}"]))
    if x == y:
        return 1.0
    shorter = min(len(x), len(y))
    if shorter < 4 or Levenshtein.distance(x, y) > 2:
        return 0.0
    return 0.85 if DamerauLevenshtein.distance(x, y) == 1 else 0.7 if shorter >= 8 else 0.0


def plain_names(x: str | None, y: str | None) -> float | None:
    if x is None or y is None:
        return None
    if 1 in (len(x), len(y)) and x != y and x[0] == y[0]:
        return 0.88
    return plain_texts(x, y)


def plain_texts(x: str, y: str) -> float:
    alike = JaroWinkler.similarity(x, y)
    return alike if x == y or (x.isascii() and y.isascii()) else min(0.95, alike)


def all_pairs(con, rows: list[dict], threshold: int) -> tuple[dict, dict]:
    """Return the scores of all pairs of rows, blocking left out: by the code, and by the definition."""
    table(con, "rows", rows)
    search = Search(comparisons(FuzzyOptions(on=(ALL,)), FIELDS), threshold, inside=True)
    normal_forms.make_records(con, "rows", search.left, search.fields, key="_row", ordered=True)
    con.execute(
        "CREATE OR REPLACE TABLE fuzzy_candidates AS SELECT l.rowid AS left_record, r.rowid AS right_record "
        "FROM fuzzy_left l JOIN fuzzy_left r ON l.id > r.id"
    )
    scoring.make_scores(con, search)
    scoring.add_scores(con, search)
    found = {row[:2]: row[2] for row in con.sql("SELECT * FROM fuzzy_scores").fetchall()}
    relation = con.sql("FROM fuzzy_left ORDER BY id")
    normal = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    plain = {(a["id"], b["id"]): plain_score(con, a, b) for n, a in enumerate(normal) for b in normal[:n]}
    return found, {pair: points for pair, points in plain.items() if points >= threshold}


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_those_of_the_definition(con, seed):
    by_code, by_definition = all_pairs(con, generated(seed, 90), 1)
    assert by_code == by_definition
    assert len(by_code) > 200


@pytest.mark.parametrize("seed", range(4))
def test_blocking_loses_hardly_any_of_what_scoring_would_find(con, seed):
    rows = generated(seed, 200)
    everything, _ = all_pairs(con, rows, 85)
    found = {row[:2]: row[2] for row in repeated(con, rows)}
    assert found.items() <= everything.items()
    assert len(found) >= 0.98 * len(everything) > 30


def test_a_pair_has_one_score_whichever_side_and_whatever_else_is_there(con):
    rows, contacts = generated(11, 120)[:60], generated(11, 120)[60:]
    forth = {(row, contact): points for row, contact, points, _ in linked(con, rows, contacts, threshold=50)}
    turned = {(c - 99, r + 99): points for r, c, points, _ in linked(con, contacts, rows, threshold=50)}
    assert forth == turned
    assert len(forth) > 10
    for (row, contact), points in list(forth.items())[:5]:
        assert score(con, rows[row - 2], contacts[contact - 101]) == points


@pytest.mark.thorough
@settings(max_examples=4, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 1000))
def test_the_order_of_rows_changes_nothing(shuffler, seed):
    rows = [row | {"_row": number} for number, row in enumerate(generated(seed, 60), 2)]
    contacts = [row | {"id": number} for number, row in enumerate(generated(seed + 1, 60) + rows[:20], 2)]
    with duck.connect() as con:
        before = linked(con, rows, contacts, threshold=60), repeated(con, rows, threshold=60)
        shuffler.shuffle(rows)
        shuffler.shuffle(contacts)
        assert (linked(con, rows, contacts, threshold=60), repeated(con, rows, threshold=60)) == before


WORDS = st.text("abйü '-.王1", max_size=6)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=12),
    st.builds(Caps, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
)
def test_blocking_never_loses_an_exact_duplicate(people, caps):
    rows = [person(first or None, last or None, company or None) for first, last, company in people]
    with duck.connect() as con:
        table(con, "rows", rows + rows)
        on = comparisons(FuzzyOptions(on=("name+company", "name")), FIELDS)
        search = Search(on, 85, inside=True, caps=caps)
        normal_forms.make_records(con, "rows", search.left, search.fields, key="_row", ordered=True)
        count = con.sql("SELECT count(*) FROM fuzzy_left").fetchall()[0][0]
        blocking.make_blocks(con, search)
        blocking.make_candidates(con, search, 0, count)
        met = {row[0] for row in con.sql("SELECT left_record FROM fuzzy_candidates").fetchall()}
        assert met >= set(range(count // 2, count))


def test_slices_find_what_one_search_finds(con, monkeypatch):
    rows = generated(3, 150)
    whole = repeated(con, rows)
    monkeypatch.setattr(finding, "SLICE", 7)
    assert repeated(con, rows) == whole
    assert len(whole) > 20


def test_a_search_leaves_only_its_answers_behind(con):
    linked(con, generated(1, 40), generated(2, 40))
    repeated(con, generated(1, 40))
    names = [row[0] for row in con.sql("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
    assert names == ["contacts", "fuzzy_best", "fuzzy_best_rows", "fuzzy_pairs", "fuzzy_row_pairs", "rows"]


def test_the_contacts_of_the_tenant_are_compared_and_no_other(con, store, database_url, tmp_path):
    ids = [uuid.UUID(int=number) for number in range(1, 5)]
    with store.begin() as connection:
        ensure_tenant(connection, "default")
        ensure_tenant(connection, "other")
    with psycopg.connect(database_url) as connection:
        connection.cursor().executemany(
            "INSERT INTO contacts (tenant_id, id, email, first_name, last_name, properties) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [
                ("default", ids[0], "a@x.co", 'Jo"hn', "Smith,\nJr", '{"birthday": "1975-03-09", "it\'s": "no"}'),
                ("default", ids[1], "b@x.co", None, None, '{"birthday": null}'),
                ("default", ids[2], "c@x.co", "", "Byron", "{}"),
                ("other", ids[3], "a@x.co", "John", "Smith", '{"birthday": "1975-03-09"}'),
            ],
        )
        fields = [*NAMES, "properties.birthday"]
        fetch_contacts(con, connection, "default", fields, tmp_path)
    assert con.sql("FROM fuzzy_contacts ORDER BY id").fetchall() == [
        (ids[0], 'Jo"hn', "Smith,\nJr", "1975-03-09", "subscribed"),
        (ids[2], "", "Byron", None, "subscribed"),
    ]
    table(con, "rows", [person("John", "Smith jr", birthday="19750309")], fields=fields)
    found = find_duplicate_contacts(con, "rows", "fuzzy_contacts", fields, FuzzyOptions())
    assert (found.candidates, found.pairs) == (1, 1)
    assert con.sql("FROM fuzzy_best").fetchall() == [(2, ids[0], 100, "same name, same properties.birthday", 0)]
