"""Merging: rules, consent, duplicates and keys together, against a slow reference; and each rule by itself."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipelines import operations
from contact_pipelines.errors import InvalidOption
from contact_pipelines.models import Counts, PropertyDefinition
from tests.merging_reference import FIELDS, bring_in

HEADER = [*FIELDS, "updated_at"]
COLUMNS = {name: name for name in HEADER}
EMAILS = [None, "a@example.com", "b@example.com", "c@example.com"]
PHONES = [None, "+14155552671", "+14155552672"]
STATUSES = [None, "subscribed", "unsubscribed", "bounced", "complained"]
TAGS = [None, ["x"], ["y"], ["x", "y"]]
DATES = [None, "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"]
CHANGED = "2026-02-01T00:00:00Z"

_fields = {
    "external_id": st.sampled_from([None, "1", "2", "3"]),
    "email": st.sampled_from(EMAILS),
    "phone": st.sampled_from(PHONES),
    "first_name": st.sampled_from([None, "Ann", "Bob"]),
    "tags": st.sampled_from(TAGS),
    "status": st.sampled_from(STATUSES),
}
people = st.lists(st.fixed_dictionaries(_fields), max_size=4)
files = st.lists(st.fixed_dictionaries({**_fields, "updated_at": st.sampled_from(DATES)}), min_size=1, max_size=6)
_rule = st.sampled_from(["overwrite", "fill_blank", "keep", "newer"])
options = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["upsert", "upsert", "create_only", "update_only", "create_all"]),
        "match_on": st.lists(st.sampled_from(["external_id", "email", "phone"]), min_size=1, max_size=3, unique=True),
        "duplicates": st.sampled_from(["first", "last", "error"]),
        "blank": st.sampled_from(["ignore", "erase"]),
        "rules": st.fixed_dictionaries(
            {},
            optional={
                "*": _rule,
                "first_name": _rule,
                "tags": _rule | st.sampled_from(["append", "remove"]),
                "status": st.just("keep"),
            },
        ),
    }
)
_tenants = itertools.count()


def fill(importer, tenant: str, drawn: list[dict]) -> list[dict]:
    """Put contacts into the store as they could have come there; return them with their ids."""
    store: list[dict] = []
    for person in drawn:
        first = next((it for it in store if person["email"] and it["email"] == person["email"]), None)
        contact = {**person, "tags": person["tags"] or [], "is_duplicate": first is not None, "updated_at": CHANGED}
        contact["status"] = first["status"] if first else person["status"] or "subscribed"
        importer.sql("INSERT INTO tenants (id) VALUES (:tenant) ON CONFLICT DO NOTHING", tenant=tenant)
        (made,) = importer.sql(
            "INSERT INTO contacts (tenant_id, id, external_id, email, phone, first_name, tags, status, is_duplicate,"
            " updated_at) VALUES (:tenant, gen_random_uuid(), :external_id, :email, :phone, :first_name, :tags,"
            " :status, :is_duplicate, :updated_at) RETURNING id",
            tenant=tenant,
            **contact,
        )
        store.append({**contact, "id": str(made["id"])})
    return store


def known(contacts: list[dict]) -> list[str]:
    """Return contacts without ids, so that two stores can be compared."""
    return sorted(str([contact[field] for field in (*FIELDS, "is_duplicate")]) for contact in contacts)


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=people, file=files, how=options)
def test_an_import_does_what_the_reference_does(importer, drawn, file, how):
    tenant = f"t{next(_tenants)}"
    store = fill(importer, tenant, drawn)
    rows = [{**row, "place": place} for place, row in enumerate(file)]
    outcomes, after = bring_in(store, rows, how)
    cells = [
        ["|".join(row[name]) if name == "tags" and row[name] else row[name] or "" for name in HEADER] for row in rows
    ]
    # Blank lines are no rows; a property that is always there keeps them from being blank.
    table = [[*HEADER, "properties.n"], *([*line, "1"] for line in cells)]
    record = importer.run(table, tenant=tenant, columns={**COLUMNS, "properties.n": "ignore"}, **how)
    statuses = {"Error": "failed"}
    assert [statuses.get(line[-2], line[-2].lower()) for line in importer.results(record)[1:]] == outcomes
    found = importer.sql("SELECT * FROM contacts WHERE tenant_id = :tenant", tenant=tenant)
    assert known(found) == known(after)


# -- consent


@pytest.mark.parametrize(
    ("rule", "mode", "match_on"),
    [
        ("overwrite", "upsert", "email"),
        ("overwrite", "update_only", "phone"),
        ("fill_blank", "upsert", "external_id"),
        ("keep", "upsert", "phone"),
        ("keep", "update_only", "email"),
        ("newer", "upsert", "external_id,email"),
    ],
)
def test_the_stricter_status_holds_under_every_rule_of_all_fields(importer, match_on, rule, mode):
    pairs = list(itertools.product(STATUSES[1:], STATUSES))
    header = ["external_id", "email", "phone", "status", "updated_at"]
    table = [[str(n), f"u{n}@example.com", f"+141555526{n:02}"] for n in range(len(pairs))]
    importer.run([header[:4], *([*keys, old] for keys, (old, _) in zip(table, pairs, strict=True))])
    columns = {name: name for name in header}
    changes = [[*keys, new or "", "2020-01-01"] for keys, (_, new) in zip(table, pairs, strict=True)]
    importer.run([header, *changes], match_on=match_on, rules={"*": rule}, mode=mode, columns=columns)
    found = importer.sql("SELECT status FROM contacts ORDER BY external_id::integer")
    ranks = STATUSES[1:].index
    assert [row["status"] for row in found] == [max(old, new or old, key=ranks) for old, new in pairs]


def test_only_a_rule_of_its_own_keeps_a_status(importer):
    importer.run("email\na@example.com\n")
    importer.run("email,status\na@example.com,unsubscribed\n", rules={"status": "keep"})
    assert importer.contacts()["a@example.com"]["status"] == "subscribed"


@pytest.mark.parametrize("duplicates", ["first", "last"])
@pytest.mark.parametrize("existing", [True, False])
def test_an_opt_out_of_a_duplicate_row_is_not_lost(importer, duplicates, existing):
    if existing:
        importer.run("email,status\na@example.com,subscribed\n")
    rows = [["a@example.com", "subscribed"], ["A@example.com", "unsubscribed"], ["a@example.com", ""]]
    record = importer.run([["email", "status"], *rows, ["b@example.com", "subscribed"]], duplicates=duplicates)
    told = "status is unsubscribed, as row 3 says"
    lines = [row[-2:] for row in importer.results(record)[1:]]
    assert lines[0 if duplicates == "first" else 2] == ["Updated" if existing else "Created", told]
    assert lines[3] == ["Created", ""]
    assert record.warnings == 1
    assert {email: contact["status"] for email, contact in importer.contacts().items()} == {
        "a@example.com": "unsubscribed",
        "b@example.com": "subscribed",
    }


# -- rules


@pytest.mark.parametrize("rules", [{"first_name": "newer"}, {"*": "newer"}])
def test_newer_takes_the_values_of_rows_that_were_changed_later(importer, rules):
    blank = dict.fromkeys(_fields)
    fill(importer, "default", [{**blank, "email": f"{name}@example.com", "first_name": "Old"} for name in "abcd"])
    times = ["2026-01-31T23:59:59Z", CHANGED, "2026-02-01T01:00:01+01:00", ""]
    rows = [[f"{name}@example.com", "New", time] for name, time in zip("abcd", times, strict=True)]
    record = importer.run(
        [["email", "first_name", "updated_at"], *rows], rules=rules, columns={"updated_at": "updated_at"}
    )
    found = {email: contact["first_name"] for email, contact in importer.contacts().items()}
    assert found == {"a@example.com": "Old", "b@example.com": "Old", "c@example.com": "New", "d@example.com": "Old"}
    assert record.counts == Counts(4, updated=1, unchanged=3)


def test_items_are_taken_away_from_tags_and_multi_selects(importer):
    colours = PropertyDefinition(key="colours", type="multi_select", options=("red", "blue"))
    operations.create_property(importer.store, colours)
    header = ["email", "tags", "custom_colours"]
    old = [["a@example.com", "x|y", "red|blue"], ["b@example.com", "x", "red"], ["c@example.com", "", ""]]
    importer.run([header, *old, ["d@example.com", "y", "blue"]])
    rules = {"tags": "remove", "properties.colours": "remove"}
    new = [["a@example.com", "x|z", "red"], ["b@example.com", "x", "red"], ["c@example.com", "x", "red"]]
    file = [header, *new, ["d@example.com", "", ""], ["e@example.com", "x", "red"]]
    record = importer.run(file, rules=rules)
    assert record.counts == Counts(5, created=1, updated=2, unchanged=2)
    found = {email: (it["tags"], it["properties"]) for email, it in importer.contacts().items()}
    assert found == {
        "a@example.com": (["y"], {"colours": ["blue"]}),
        "b@example.com": ([], {}),
        "c@example.com": ([], {}),
        "d@example.com": (["y"], {"colours": ["blue"]}),
        "e@example.com": ([], {}),
    }
    assert importer.run(file, rules=rules).counts == Counts(5, unchanged=5)


def test_replace_is_another_word_for_overwrite(importer):
    importer.run("email,tags\na@example.com,x\n")
    importer.run("email,tags\na@example.com,y\n", rules={"*": "keep", "tags": "replace"})
    assert importer.contacts()["a@example.com"]["tags"] == ["y"]


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"first_name": "newer"}, "needs a column with the time"),
        ({"*": "newer"}, "needs a column with the time"),
        ({"*": "remove"}, "is for tags"),
        ({"company": "remove"}, "is for tags"),
        ({"status": "newer"}, "the stricter one holds"),
        ({"status": "keep_lower"}, "the stricter one holds"),
    ],
)
def test_rules_that_cannot_be_kept(importer, rules, told):
    with pytest.raises(InvalidOption, match=told):
        importer.run("email,first_name,company\na@example.com,Ann,Acme\n", rules=rules)
