"""Merging: each rule by itself, and consent. All of them together are tried by the laws of imports."""

from __future__ import annotations

import itertools

import pytest

from contact_pipelines import contacts
from contact_pipelines.errors import InvalidOption
from contact_pipelines.models import Counts, PropertyDefinition

STATUSES = [None, "subscribed", "unsubscribed", "bounced", "complained"]


# -- consent


@pytest.mark.thorough(keep=2)
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


@pytest.mark.thorough(keep=2)
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
    importer.run([["email", "first_name"], *([f"{name}@example.com", "Old"] for name in "abcd")])
    changed = "2026-02-01T00:00:00Z"
    importer.sql("UPDATE contacts SET updated_at = :changed, version = version + 1", changed=changed)
    times = ["2026-01-31T23:59:59Z", changed, "2026-02-01T01:00:01+01:00", ""]
    rows = [[f"{name}@example.com", "New", time] for name, time in zip("abcd", times, strict=True)]
    record = importer.run(
        [["email", "first_name", "updated_at"], *rows], rules=rules, columns={"updated_at": "updated_at"}
    )
    found = {email: contact["first_name"] for email, contact in importer.contacts().items()}
    assert found == {"a@example.com": "Old", "b@example.com": "Old", "c@example.com": "New", "d@example.com": "Old"}
    assert record.counts == Counts(4, updated=1, unchanged=3)


def test_items_are_taken_away_from_tags_and_multi_selects(importer):
    colours = PropertyDefinition(key="colours", type="multi_select", options=("red", "blue"))
    contacts.create_property(importer.store, colours)
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
