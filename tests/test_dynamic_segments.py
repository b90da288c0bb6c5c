"""Dynamic segments: their filter says who is in them, wherever somebody looks, and nothing else does."""

from __future__ import annotations

import json
import threading

import pytest

from contact_pipelines import contacts, imports
from contact_pipelines.contacts.groups import ensure_groups
from contact_pipelines.errors import InvalidFilter, InvalidOption
from contact_pipelines.models import GroupDefinition, GroupKind, ImportOptions

PEOPLE = (
    "email,company,lead_score,tags\n"
    "ann@example.com,Acme,90,enterprise\n"
    "bob@example.com,Acme,60,\n"
    "cyd@example.com,,10,enterprise\n"
)


def add(importer, name: str, filter_: str | None = None, tenant: str = "default") -> None:
    contacts.create_group(importer.store, GroupDefinition(kind="segment", name=name, filter=filter_), tenant_id=tenant)


def listed(importer, tenant: str = "default") -> dict[str, tuple[str | None, int | None]]:
    """Return the segments: name -> filter and members."""
    found = contacts.list_groups(importer.store, GroupKind.SEGMENT, tenant_id=tenant)
    return {group.definition.name: (group.definition.filter, group.members) for group in found}


def segments_of(importer, email: str) -> list[str]:
    return contacts.get_contact(importer.store, email)["segments"]


def count(importer, filter_: str) -> int:
    return contacts.count_contacts(importer.store, filter_text=filter_)


def test_members_are_those_whom_the_filter_finds_now(importer):
    importer.run(PEOPLE)
    add(importer, "hot", "LEAD_SCORE>50")
    add(importer, "acme", "company = 'Acme'")
    add(importer, "none", "lead_score > 1000")
    importer.run("email\ncyd@example.com\n", segments=["fair"])
    assert listed(importer) == {
        "acme": ("company = 'Acme'", 2),
        "fair": (None, 1),
        "hot": ("lead_score > 50", 2),
        "none": ("lead_score > 1000", 0),
    }
    assert segments_of(importer, "ann@example.com") == ["acme", "hot"]
    assert segments_of(importer, "cyd@example.com") == ["fair"]

    importer.run("email,lead_score\nbob@example.com,5\ncyd@example.com,70\ndee@example.com,80\n")
    assert listed(importer)["hot"] == ("lead_score > 50", 3)
    assert segments_of(importer, "cyd@example.com") == ["fair", "hot"]
    assert segments_of(importer, "bob@example.com") == ["acme"]
    assert importer.sql("SELECT count(*) FROM group_members") == [{"count": 1}]


def test_many_segments_are_counted_and_told(importer):
    importer.run(PEOPLE)
    for least in range(0, 100, 10):
        add(importer, f"from {least:02}", f"lead_score >= {least}")
    expected = [3, 3, 2, 2, 2, 2, 2, 1, 1, 1]
    assert [members for _, members in listed(importer).values()] == expected
    assert segments_of(importer, "bob@example.com") == [f"from {least:02}" for least in range(0, 70, 10)]


def test_adding_again_replaces_the_filter_and_only_that(importer):
    importer.run(PEOPLE)
    add(importer, "hot", "lead_score > 50")
    [before] = importer.sql("SELECT id, created_at FROM groups")
    add(importer, "hot", "lead_score > 80")
    assert listed(importer) == {"hot": ("lead_score > 80", 1)}
    add(importer, "hot")
    assert listed(importer) == {"hot": ("lead_score > 80", 1)}
    with pytest.raises(InvalidFilter):
        add(importer, "hot", "lead_score >")
    assert listed(importer) == {"hot": ("lead_score > 80", 1)}
    assert importer.sql("SELECT id, created_at FROM groups") == [before]


def test_a_bad_filter_adds_nothing(importer):
    with pytest.raises(InvalidFilter, match=r"at character 1, at points: "):
        add(importer, "hot", "points > 5")
    assert listed(importer) == {}
    with pytest.raises(ValueError, match="only a segment can have a filter"):
        GroupDefinition(kind="list", name="hot", filter="lead_score > 5")


def test_a_static_segment_becomes_dynamic_only_without_members(importer):
    importer.run(PEOPLE, segments=["fair"])
    with pytest.raises(InvalidOption, match=r"The segment fair has 3 members that imports put there, so it cannot"):
        add(importer, "fair", "lead_score > 50")
    assert listed(importer) == {"fair": (None, 3)}
    add(importer, "empty")
    add(importer, "empty", "lead_score > 50")
    assert listed(importer)["empty"] == ("lead_score > 50", 2)


def test_an_import_that_puts_members_in_it_goes_first(importer):
    """The import has found the segment static, and has not put anybody in it yet."""
    importer.run(PEOPLE, segments=["other"])
    add(importer, "fair")
    record = imports.register_import(importer.store, str(importer.file(PEOPLE)), ImportOptions(import_tag="none"))
    outcome: list[BaseException | None] = []

    def make_dynamic() -> None:
        try:
            add(importer, "fair", "lead_score > 50")
            outcome.append(None)
        except InvalidOption as error:
            outcome.append(error)

    with importer.store.begin() as connection:
        made = ensure_groups(connection, "default", {GroupKind.SEGMENT: ["fair"]}, record.id)
        other = threading.Thread(target=make_dynamic)
        other.start()
        other.join(0.5)
        assert other.is_alive()
        connection.exec_driver_sql(
            "INSERT INTO group_members (tenant_id, group_id, contact_id) SELECT tenant_id, %s, id FROM contacts",
            (made[GroupKind.SEGMENT, "fair"],),
        )
    other.join(20)
    assert [type(error) for error in outcome] == [InvalidOption]
    assert listed(importer)["fair"] == (None, 3)


# -- segments in filters


def test_a_segment_in_a_filter_stands_for_its_filter(importer):
    importer.run(PEOPLE)
    importer.run("email\ncyd@example.com\n", segments=["fair"])
    add(importer, "hot", "lead_score > 50")
    add(importer, "hot or fair", "segment IN ('hot', 'fair')")
    add(importer, "big", "segment = 'hot' AND tags CONTAINS 'enterprise'")
    assert count(importer, "segment = 'hot'") == 2
    assert count(importer, "NOT segment = 'hot'") == count(importer, "segment <> 'hot'") == 1
    assert count(importer, "segment IN ('hot', 'fair')") == 3
    assert count(importer, "segment NOT IN ('hot', 'fair')") == 0
    assert count(importer, "segment = 'hot or fair' AND NOT segment = 'big'") == 2
    assert listed(importer)["big"] == ("segment = 'hot' AND tags CONTAINS 'enterprise'", 1)
    assert segments_of(importer, "ann@example.com") == ["big", "hot", "hot or fair"]


def test_who_is_not_in_a_segment_is_known_even_if_the_filter_is_null(importer):
    importer.run("email,lead_score\nann@example.com,90\nbob@example.com,\n")
    add(importer, "hot", "lead_score > 50")
    assert count(importer, "NOT lead_score > 50") == 0
    assert count(importer, "NOT segment = 'hot'") == 1
    assert segments_of(importer, "bob@example.com") == []


def test_segments_do_not_lead_back_to_themselves(importer):
    add(importer, "a")
    with pytest.raises(InvalidFilter, match="The filter of the segment a leads back to itself"):
        add(importer, "a", "segment = 'a'")
    add(importer, "b", "segment = 'a'")
    add(importer, "c", "segment = 'b' AND lead_score > 1")
    with pytest.raises(InvalidFilter, match="leads back to itself"):
        add(importer, "a", "lead_score > 5 OR segment = 'c'")
    assert listed(importer)["a"] == (None, 0)


def test_segments_are_nested_only_so_deep(importer):
    add(importer, "s0", "lead_score > 0")
    for depth in range(1, 6):
        add(importer, f"s{depth}", f"segment = 's{depth - 1}'")
    assert count(importer, "segment = 's4'") == 0
    with pytest.raises(InvalidFilter, match=r"at character 11, at 's5': the segment s5 cannot be used\. .* 5 times"):
        count(importer, "segment = 's5'")
    add(importer, "t1", "lead_score > 1")
    add(importer, "t2", "segment = 't1'")
    with pytest.raises(InvalidFilter, match="This filter would make the segment t2 unusable"):
        add(importer, "t1", "segment = 's4'")
    assert listed(importer)["t1"] == ("lead_score > 1", 0)


def test_segments_do_not_multiply_without_end(importer):
    terms = " OR ".join(f"lead_score = {number}" for number in range(150))
    add(importer, "many", terms)
    add(importer, "more", " OR ".join(["segment = 'many'"] * 6))
    with pytest.raises(InvalidFilter, match=r"1,814 comparisons with those of the segments that it names; 1,000 are"):
        add(importer, "most", "segment = 'more' OR segment = 'more'")


def test_names_that_do_not_exist_are_refused(importer):
    for kind in ("list", "segment", "topic"):
        with pytest.raises(InvalidFilter, match=f"there is no such {kind}; there are: none"):
            count(importer, f"{kind} = 'VIP'")
    importer.run(PEOPLE, lists=["VIP"])
    assert count(importer, "list = 'VIP'") == 3


# -- what a filter names stays


def test_an_undone_import_leaves_what_a_segment_names(importer):
    properties = {"columns": {"email": "email", "points": "properties.points"}, "create_properties": "yes"}
    record = importer.run("email,points\nann@example.com,5\n", lists=["O'Neil", "gone"], **properties)
    add(importer, "pointed", "properties.points > 1 AND list = 'O''Neil'")
    assert listed(importer)["pointed"][1] == 1
    importer.roll_back(record)
    assert listed(importer) == {"pointed": ("properties.points > 1 AND list = 'O''Neil'", 0)}
    assert importer.sql("SELECT name FROM groups WHERE kind = 'list'") == [{"name": "O'Neil"}]


def test_a_filter_that_cannot_be_read_any_more_does_not_stop_the_others(importer):
    importer.run(PEOPLE)
    add(importer, "hot", "lead_score > 50")
    add(importer, "odd", "lead_score > 50")
    importer.sql("UPDATE groups SET filter = 'gone > 1' WHERE name = 'odd'")
    [hot, odd] = contacts.list_groups(importer.store, GroupKind.SEGMENT)
    assert (hot.members, hot.problem) == (2, None)
    assert (odd.members, odd.problem.startswith("The filter is wrong at character 1, at gone: ")) == (None, True)
    assert segments_of(importer, "ann@example.com") == ["hot"]
    add(importer, "odd", "lead_score > 80")
    assert listed(importer)["odd"] == ("lead_score > 80", 1)


def test_tenants_are_apart(importer):
    importer.run(PEOPLE)
    importer.run(PEOPLE + "dee@example.com,,99,\n", tenant="acme")
    add(importer, "hot", "lead_score > 50")
    add(importer, "hot", "lead_score > 80", tenant="acme")
    assert listed(importer) == {"hot": ("lead_score > 50", 2)}
    assert listed(importer, "acme") == {"hot": ("lead_score > 80", 2)}
    with pytest.raises(InvalidFilter, match=r"a property is written properties\.city|no such"):
        contacts.count_contacts(importer.store, filter_text="properties.points > 1", tenant_id="acme")


def test_no_import_can_name_a_dynamic_segment(importer):
    add(importer, "hot", "lead_score > 50")
    with pytest.raises(InvalidOption, match="The segment hot is dynamic"):
        importer.run(PEOPLE, segments=["hot"])
    assert importer.contacts() == {}


# -- the command line


def test_segments_on_the_command_line(run, tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert run("import", "people.csv", "--import-tag", "none").code == 0
    added = run("segment", "add", "hot", "--filter", "lead_score>50", "--json")
    assert json.loads(added.out) | {"created_at": ""} == {
        "name": "hot",
        "description": "",
        "filter": "lead_score > 50",
        "members": 2,
        "created_at": "",
    }
    assert run("segment", "add", "fair").out == "The segment 'fair' exists, with 0 members.\n"
    assert run("segment", "list").out == (
        "  Name  Members  Filter           Description\n  fair        0\n  hot         2  lead_score > 50\n"
    )
    assert json.loads(run("contacts", "get", "ann@example.com", "--json").out)["segments"] == ["hot"]
    assert run("segment", "add", "fair", "--filter", "segment = 'hot'").out.endswith("with 2 members.\n")
    wrong = run("segment", "add", "cold", "--filter", "lead_score < ten", "--json")
    assert (wrong.code, json.loads(wrong.out)["error"]["code"]) == (2, "invalid_filter")
    assert "at character 14, at ten: a value is expected" in wrong.err


def test_counting_on_the_command_line(run, tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert run("contacts", "count", "--filter", "properties.city IS NULL").out == "0\n"
    assert run("import", "people.csv").code == 0
    assert run("contacts", "count").out == "3\n"
    wanted = "status = 'subscribed' AND tags CONTAINS 'enterprise'"
    assert run("contacts", "count", "--filter", wanted).out == "2\n"
    assert json.loads(run("contacts", "count", "--filter", wanted, "--json").out) == {"count": 2}
    wrong = run("contacts", "count", "--filter", "scores > 5")
    assert (wrong.code, wrong.out) == (2, "")
    assert (
        wrong.err
        == "Error: The filter is wrong at character 1, at scores: there is no such field; is lead_score meant?\n"
    )


def test_a_filter_that_cannot_be_read_is_told_on_the_command_line(run, store):
    assert run("segment", "add", "odd", "--filter", "lead_score > 50").code == 0
    with store.begin() as connection:
        connection.exec_driver_sql("UPDATE groups SET filter = 'gone > 1'")
    told = "The segment odd cannot be used. The filter is wrong at character 1, at gone: there is no such field;"
    for arguments in (["list"], ["add", "odd"]):
        done = run("segment", *arguments)
        assert (done.code, done.err.startswith(told)) == (0, True)
    [shape] = json.loads(run("segment", "list", "--json").out)
    assert (shape["members"], shape["filter"], shape["problem"] in done.err) == (None, "gone > 1", True)
