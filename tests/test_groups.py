"""Lists, segments, topics and the automatic import tag: who joins what, what is written for it, and undoing it."""

from __future__ import annotations

import json
import re

import pytest

from contact_pipelines import contacts, imports
from contact_pipelines.errors import InvalidOption
from contact_pipelines.imports import columns, compare, land, report, stage, validate, way
from contact_pipelines.imports.apply.import_tag import import_tag
from contact_pipelines.imports.compare.matching import _store_text
from contact_pipelines.models import Counts, GroupDefinition, ImportOptions, ImportStatus, RollbackCounts

OLD = "email,first_name\na@example.com,Ann\nb@example.com,Bob\n"
NEW = "email,first_name\na@example.com,Ann\nb@example.com,Rob\nc@example.com,Cyd\nbad,Dee\n"
EVERYTHING = ("contacts", "group_members", "groups")


def members(importer, tenant: str = "default") -> dict[str, dict[str, str | None]]:
    """Return who is in which group: `list customers` -> email -> subscription."""
    rows = importer.sql(
        "SELECT g.kind || ' ' || g.name AS name, c.email, m.subscription FROM groups g"
        " LEFT JOIN group_members m ON m.tenant_id = g.tenant_id AND m.group_id = g.id"
        " LEFT JOIN contacts c ON c.tenant_id = m.tenant_id AND c.id = m.contact_id"
        " WHERE g.tenant_id = :tenant ORDER BY c.email",
        tenant=tenant,
    )
    found: dict[str, dict[str, str | None]] = {row["name"]: {} for row in rows}
    for row in rows:
        if row["email"]:
            found[row["name"]][row["email"]] = row["subscription"]
    return found


def add_topic(importer, name: str, default: str, tenant: str = "default") -> None:
    definition = GroupDefinition(kind="topic", name=name, default_subscription=default)
    contacts.create_group(importer.store, definition, tenant_id=tenant)


def opt_out(importer, email: str, topic: str) -> None:
    """As a person does who leaves a topic."""
    importer.sql(
        "INSERT INTO group_members (tenant_id, group_id, contact_id, subscription)"
        " SELECT c.tenant_id, g.id, c.id, 'opt_out' FROM contacts c JOIN groups g ON g.tenant_id = c.tenant_id"
        " WHERE c.email = :email AND g.kind = 'topic' AND g.name = :topic"
        " ON CONFLICT (tenant_id, group_id, contact_id) DO UPDATE SET subscription = 'opt_out'",
        email=email,
        topic=topic,
    )


# -- joining


def test_created_and_matched_contacts_join_what_the_import_names(importer):
    importer.run(OLD)
    record = importer.run(NEW, lists=["customers"], segments=["fair"], topics=["news"])
    assert record.counts == Counts(4, created=1, updated=2, failed=1)
    three = dict.fromkeys(["a@example.com", "b@example.com", "c@example.com"])
    assert members(importer) == {
        "list customers": three,
        "segment fair": three,
        "topic news": dict.fromkeys(three, "opt_in"),
    }
    kinds = importer.sql("SELECT kind, default_subscription, import_id::text FROM groups ORDER BY kind")
    assert [tuple(row.values()) for row in kinds] == [
        ("list", None, record.id),
        ("segment", None, record.id),
        ("topic", "opt_out", record.id),
    ]


def test_who_only_joins_is_updated_but_not_written(importer):
    importer.run(OLD)
    before = importer.everything("contacts")
    record = importer.run(OLD, lists=["customers"])
    assert record.counts == Counts(2, updated=2)
    assert importer.everything("contacts") == before
    assert [line[-2] for line in importer.results(record)[1:]] == ["Updated", "Updated"]
    journal = importer.sql("SELECT action, version, after FROM import_changes WHERE import_id = :id", id=record.id)
    assert journal == [{"action": "updated", "version": 1, "after": {}}] * 2


def test_who_is_in_them_all_is_unchanged_and_unwritten(importer):
    importer.run(OLD, lists=["customers", "vip"], topics=["news"])
    before = importer.everything(*EVERYTHING)
    record = importer.run(OLD, lists=["vip", "customers"], topics=["news"], import_tag=None)
    assert record.counts == Counts(2, unchanged=2)
    assert importer.everything(*EVERYTHING) == before


def test_only_who_lacks_a_group_joins_it(importer):
    importer.run("email\na@example.com\n", lists=["customers"])
    importer.run("email\nb@example.com\n", lists=["vip"])
    record = importer.run(OLD.replace("first_name", "Ignored"), lists=["customers"])
    assert record.counts == Counts(2, updated=1, unchanged=1)
    both = dict.fromkeys(["a@example.com", "b@example.com"])
    assert members(importer) == {"list customers": both, "list vip": {"b@example.com": None}}


@pytest.mark.parametrize(
    ("mode", "counts", "joined"),
    [
        ("create_only", Counts(4, created=1, skipped=2, failed=1), ["c@example.com"]),
        ("update_only", Counts(4, updated=2, skipped=1, failed=1), ["a@example.com", "b@example.com"]),
    ],
)
def test_skipped_and_failed_rows_get_nothing(importer, mode, counts, joined):
    importer.run(OLD)
    before = importer.everything("contacts")["contacts"]
    record = importer.run(NEW, mode=mode, lists=["customers"], import_tag="tagged")
    assert record.counts == counts
    assert members(importer) == {"list customers": dict.fromkeys(joined)}
    tagged = [email for email, contact in sorted(importer.contacts().items()) if contact["tags"] == ["tagged"]]
    assert tagged == joined
    if mode == "create_only":
        assert [row for row in importer.everything("contacts")["contacts"] if row["email"] != "c@example.com"] == before


def test_the_second_of_two_rows_joins_once(importer):
    record = importer.run("email\na@example.com\nA@example.com\n", lists=["customers"])
    assert record.counts == Counts(2, created=1, skipped=1)
    assert members(importer) == {"list customers": {"a@example.com": None}}


# -- topics


def test_opt_in_topics_are_attached_to_new_contacts_only(importer):
    importer.run(OLD)
    add_topic(importer, "news", "opt_in")
    add_topic(importer, "offers", "opt_out")
    importer.run(NEW)
    assert members(importer) == {"topic news": {"c@example.com": "opt_in"}, "topic offers": {}}


def test_an_opt_in_topic_that_the_import_names_is_joined_once(importer):
    add_topic(importer, "news", "opt_in")
    importer.run(OLD, topics=["news"])
    assert members(importer) == {"topic news": {"a@example.com": "opt_in", "b@example.com": "opt_in"}}


def test_nobody_who_opted_out_of_a_topic_is_opted_in(importer):
    importer.run(OLD, topics=["news"])
    opt_out(importer, "a@example.com", "news")
    before = importer.everything(*EVERYTHING)
    assert importer.run(OLD, topics=["news"]).counts == Counts(2, unchanged=2)
    assert importer.everything(*EVERYTHING) == before
    importer.run(OLD.replace("Ann", "Anna"), topics=["news", "offers"])
    assert members(importer) == {
        "topic news": {"a@example.com": "opt_out", "b@example.com": "opt_in"},
        "topic offers": {"a@example.com": "opt_in", "b@example.com": "opt_in"},
    }


# -- refusing


@pytest.mark.parametrize("names", [[" "], ["x" * 101], ["a\0b"], [f"list {n}" for n in range(21)]])
def test_bad_names_are_refused(importer, names):
    with pytest.raises(ValueError, match=r"1 to 100 characters|at most 20 items"):
        importer.run(OLD, lists=names)


def test_nobody_is_put_in_a_dynamic_segment(importer):
    contacts.create_group(importer.store, GroupDefinition(kind="segment", name="hot"))
    importer.sql("UPDATE groups SET filter = 'lead_score > 50'")
    with pytest.raises(InvalidOption, match=r"segment hot is dynamic.*Name a static segment"):
        importer.run(OLD, segments=["hot"])
    assert (importer.contacts(), members(importer)) == ({}, {"segment hot": {}})
    assert importer.sql("SELECT status FROM imports") == [{"status": ImportStatus.FAILED}]


# -- the automatic import tag


def test_the_tag_tells_the_day_and_the_import(importer):
    record = importer.run(OLD, import_tag=None)
    created = record.times["created_at"]
    assert import_tag(record) == f"imported_{created:%Y_%m_%d}_{record.name[-6:]}"
    assert re.fullmatch(r"imported_\d{4}_\d\d_\d\d_[0-9a-f]{6}", import_tag(record))
    assert [contact["tags"] for contact in importer.contacts().values()] == [[import_tag(record)]] * 2


def test_the_tag_is_put_on_created_and_updated_contacts_only(importer):
    first = importer.run("email,first_name,tags\na@example.com,Ann,x\nb@example.com,Bob,\n", import_tag=None)
    before = importer.everything("contacts")["contacts"]
    second = importer.run(NEW, import_tag=None)
    assert second.counts == Counts(4, created=1, updated=1, unchanged=1, failed=1)
    assert {email: contact["tags"] for email, contact in importer.contacts().items()} == {
        "a@example.com": ["x", import_tag(first)],
        "b@example.com": [import_tag(first), import_tag(second)],
        "c@example.com": [import_tag(second)],
    }
    assert before[0] in importer.everything("contacts")["contacts"]
    changes = importer.sql("SELECT before - 'updated_at' AS before, after FROM import_changes WHERE before IS NOT NULL")
    assert changes == [
        {
            "before": {"first_name": "Bob", "tags": [import_tag(first)]},
            "after": {"first_name": "Rob", "tags": [import_tag(first), import_tag(second)]},
        }
    ]


def test_the_same_file_again_changes_nothing(importer):
    importer.run(NEW, import_tag=None)
    before = importer.everything("contacts", "import_changes")
    assert importer.run(NEW, import_tag=None).counts == Counts(4, unchanged=3, failed=1)
    assert importer.everything("contacts", "import_changes") == before


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize(
    ("given", "rule", "blank"),
    [
        (None, "overwrite", "ignore"),
        (None, "append", "erase"),
        (None, "fill_blank", "ignore"),
        ("november", "overwrite", "erase"),
        ("november", "append", "ignore"),
        ("november", "keep", "erase"),
    ],
)
def test_a_file_with_tags_changes_nothing_again(importer, given, rule, blank):
    content = "email,tags\na@example.com,x|y\nb@example.com,\n"
    options = {"import_tag": given, "rules": {"tags": rule}, "blank": blank}
    importer.run("email\na@example.com\nb@example.com\n", import_tag=None)
    importer.run(content, **options)
    before = importer.everything("contacts", "import_changes")
    again = importer.run(content, **options)
    assert again.counts == Counts(2, unchanged=2)
    assert importer.everything("contacts", "import_changes") == before


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ("{a,b}", "a\x1db"),
        ("{}", None),
        ("{x,imported_2026_11_20_3f2a91,y}", "x\x1dy"),
        ("{imported_2026_11_20_3f2a91,imported_2026_11_21_3f2a91}", None),
        ("{imported_2026_11_20_3f2a91x}", "imported_2026_11_20_3f2a91x"),
    ],
)
def test_automatic_tags_are_not_hashed_so_that_a_sync_sends_no_contact_back(store, tags, text):
    with store.raw() as connection:
        query = f"SELECT {_store_text('tags')} FROM (SELECT CAST('{tags}' AS text[]) AS tags) c"
        assert connection.execute(query).fetchall() == [(text,)]


def test_the_tags_of_a_file_replace_others_and_leave_those_of_imports(importer):
    first = import_tag(importer.run("email,tags\na@example.com,x\nb@example.com,x\n", import_tag=None))
    importer.sql("UPDATE contacts SET tags = tags || '{later,imported_1,not_imported_2026_11_20_3f2a91}'")
    importer.run("email,tags\na@example.com,y\nb@example.com,\n", blank="erase")
    assert {email: contact["tags"] for email, contact in importer.contacts().items()} == {
        "a@example.com": ["y", first],
        "b@example.com": [first],
    }


def test_an_import_tag_in_the_middle_or_in_the_file_changes_nothing(importer):
    first = import_tag(importer.run("email,tags\na@example.com,x\n", import_tag=None))
    importer.sql("UPDATE contacts SET tags = tags || '{y}'")
    for cell in ("x|y", f"x|{first}|y", f"{first}|x|y"):
        assert importer.run(f"email,tags\na@example.com,{cell}\n", import_tag=None).counts == Counts(1, unchanged=1)
    assert importer.contacts()["a@example.com"]["tags"] == ["x", first, "y"]


def test_who_joins_a_list_is_updated_and_gets_the_tag(importer):
    importer.run(OLD)
    importer.run(OLD, lists=["customers"], import_tag="november")
    assert [contact["tags"] for contact in importer.contacts().values()] == [["november"]] * 2
    assert [row["version"] for row in importer.sql("SELECT version FROM contacts")] == [2, 2]


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("rule", ["overwrite", "fill_blank", "append", "newer"])
def test_a_file_with_tags_and_tags_of_the_import_change_nothing_again(importer, rule):
    how = {"tags": ["given"], "rules": {"tags": rule}, "columns": {"updated_at": "updated_at"}, "import_tag": None}
    file = "email,tags,updated_at\na@example.com,x,2100-01-01\nb@example.com,,2100-01-01\n"
    first = import_tag(importer.run(file, **how))
    before = importer.everything("contacts")
    assert importer.run(file, **how).counts == Counts(2, unchanged=2)
    assert importer.run(file, **how, blank="erase").counts == Counts(2, unchanged=2)
    assert importer.everything("contacts") == before
    assert {email: contact["tags"] for email, contact in importer.contacts().items()} == {
        "a@example.com": ["x", "given", first],
        "b@example.com": ["given", first],
    }


def test_what_the_import_gives_is_not_taken_away(importer):
    how = {"tags": ["given"], "rules": {"tags": "remove"}, "import_tag": "wave"}
    importer.run("email,tags\na@example.com,x|given|wave\n")
    file = "email,tags\na@example.com,x|given|wave\n"
    assert importer.run(file, **how).counts == Counts(1, updated=1)
    assert importer.contacts()["a@example.com"]["tags"] == ["given", "wave"]
    assert importer.run(file, **how).counts == Counts(1, unchanged=1)


@pytest.mark.parametrize(
    ("options", "tags"),
    [
        ({"import_tag": "none"}, [["x"], []]),
        ({"import_tag": "november"}, [["x", "november"], ["november"]]),
        ({"import_tag": "x"}, [["x"], ["x"]]),
        ({"import_tag": "x", "tags": ["t"]}, [["x", "t"], ["t", "x"]]),
        ({"import_tag": "t", "tags": ["t"]}, [["x", "t"], ["t"]]),
    ],
)
def test_the_tag_can_be_renamed_and_turned_off(importer, options, tags):
    importer.run("email,tags\na@example.com,x\nb@example.com,\n", **options)
    assert [importer.contacts()[email]["tags"] for email in ("a@example.com", "b@example.com")] == tags


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize(("rule", "tags"), [("overwrite", ["y"]), ("append", ["x", "y"]), ("keep", ["x"])])
def test_the_tag_comes_on_top_of_the_rule_of_tags(importer, rule, tags):
    importer.run("email,first_name,tags\na@example.com,Ann,x\n")
    importer.run("email,first_name,tags\na@example.com,Anna,y\n", rules={"tags": rule}, import_tag="november")
    assert importer.contacts()["a@example.com"]["tags"] == [*tags, "november"]


# -- undoing


def test_a_rollback_restores_memberships_and_groups_byte_for_byte(importer):
    add_topic(importer, "news", "opt_in")
    importer.run(OLD, lists=["customers"])
    importer.run("email\nb@example.com\n", segments=["fair"])
    opt_out(importer, "b@example.com", "news")
    before = importer.everything(*EVERYTHING)
    record = importer.run(
        NEW, lists=["customers", "november"], segments=["fair"], topics=["news", "offers"], import_tag=None
    )
    assert record.counts == Counts(4, created=1, updated=2, failed=1)
    assert importer.roll_back(record, dry_run=True) == RollbackCounts(restored=2, deleted=1)
    assert importer.everything(*EVERYTHING) != before
    assert importer.roll_back(record) == RollbackCounts(restored=2, deleted=1)
    assert importer.everything(*EVERYTHING) == before


def test_an_import_that_only_adds_memberships_is_undone(importer):
    importer.run(OLD)
    before = importer.everything(*EVERYTHING)
    record = importer.run(OLD, lists=["customers"])
    assert importer.roll_back(record) == RollbackCounts(restored=2)
    assert importer.everything(*EVERYTHING) == before


def test_groups_that_others_use_stay(importer):
    first = importer.run(OLD, lists=["customers", "vip", "adopted"])
    importer.run("email\nc@example.com\n", lists=["customers"])
    contacts.create_group(importer.store, GroupDefinition(kind="list", name="adopted"))
    importer.roll_back(first)
    assert members(importer) == {"list customers": {"c@example.com": None}, "list adopted": {}}


def test_who_opted_out_since_stays_opted_out(importer):
    importer.run(OLD)
    record = importer.run(OLD, topics=["news"])
    opt_out(importer, "a@example.com", "news")
    importer.roll_back(record)
    assert members(importer) == {"topic news": {"a@example.com": "opt_out"}}


# -- tenants


def test_tenants_are_apart(importer):
    importer.run(OLD, tenant="acme", lists=["customers"])
    add_topic(importer, "news", "opt_in", tenant="acme")
    before = members(importer, "acme")
    record = importer.run(NEW, lists=["customers"])
    assert members(importer, "acme") == before == {
        "list customers": {"a@example.com": None, "b@example.com": None},
        "topic news": {},
    }  # fmt: skip
    assert list(members(importer)) == ["list customers"]
    importer.roll_back(record)
    assert (members(importer), members(importer, "acme")) == ({}, before)


# -- contacts changed while the import was prepared


@pytest.mark.parametrize(
    ("meanwhile", "counts"),
    [
        ("DELETE FROM contacts WHERE email = 'a@example.com'", Counts(2, created=1, updated=1)),
        ("DELETE FROM groups", Counts(2, updated=2)),
    ],
)
def test_what_changed_after_comparing_is_compared_anew(importer, meanwhile, counts):
    importer.run(OLD)
    contacts.create_group(importer.store, GroupDefinition(kind="list", name="customers"))
    path = importer.file(OLD)
    options = ImportOptions(lists=("customers",), import_tag="none")
    record = imports.register_import(importer.store, str(path), options)
    with imports.open_import(importer.store, importer.settings, record) as session:
        for step in (land, stage, columns, validate, compare):
            step.run(session)
        importer.sql(meanwhile)
        assert way.apply_import(session) == counts
    assert members(importer) == {"list customers": {"a@example.com": None, "b@example.com": None}}
    assert importer.sql("SELECT count(*) FROM group_members") == [{"count": 2}]


# -- events


def events(importer, record) -> list[tuple]:
    with imports.open_import(importer.store, importer.settings, record) as session:
        found = report.publish_events(session)
        return [] if found is None else found.fetchall()


def test_events_name_contacts_and_fields(importer):
    importer.run(OLD)
    importer.run("email,company\nd@example.com,Acme\n")
    record = importer.run(
        "email,first_name,custom_plan\nc@example.com,Cyd,pro\nb@example.com,Rob,pro\na@example.com,Ann,\nbad,,\n"
        "d@example.com,,\n",
        lists=["customers"],
    )
    ids = {row["email"]: row["id"] for row in importer.sql("SELECT email, id FROM contacts")}
    expected = [
        (ids["c@example.com"], "contact.created", 2, []),
        (ids["b@example.com"], "contact.updated", 3, ["first_name", "properties.plan"]),
        (ids["a@example.com"], "contact.updated", 4, []),
        (ids["d@example.com"], "contact.updated", 6, []),
    ]
    assert events(importer, record) == expected


def test_events_can_be_had_from_the_journal_too(importer):
    importer.run(OLD)
    record = importer.run(NEW, tags=["x"])
    planned = events(importer, record)
    assert [event[1:] for event in planned] == [
        ("contact.updated", 2, ["tags"]),
        ("contact.updated", 3, ["first_name", "tags"]),
        ("contact.created", 4, []),
    ]
    with imports.open_import(importer.store, importer.settings, record) as session:
        session.artifacts.discard("contact_events.parquet")
    assert events(importer, record) == planned


def test_events_can_be_turned_off(importer):
    record = importer.run(OLD, events=False)
    assert events(importer, record) == []
    with imports.open_import(importer.store, importer.settings, record) as session:
        assert not session.artifacts.exists("contact_events.parquet")
        assert not session.artifacts.exists("draft_contact_events.parquet")


# -- the command line


def test_groups_on_the_command_line(run, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(OLD)
    added = run("topic", "add", "news", "--default", "opt_in", "--description", "Monthly", "--json")
    assert json.loads(added.out) | {"created_at": ""} == {
        "name": "news",
        "description": "Monthly",
        "default_subscription": "opt_in",
        "opted_out": 0,
        "members": 0,
        "created_at": "",
    }
    assert run("list", "add", " customers ").out == "The list 'customers' exists, with 0 members.\n"
    assert run("segment", "add", "fair").code == 0
    options = ["--list", "customers", "--segment", "fair", "--topic", "offers", "--import-tag", "nov", "--no-events"]
    done = run("import", path, *options, "--json")
    assert done.code == 0, done.err
    assert not list(tmp_path.rglob("contact_events.parquet"))

    contact = json.loads(run("contacts", "get", "a@example.com", "--json").out)
    told = {name: contact[name] for name in ("tags", "lists", "segments", "topics")}
    assert told == {
        "tags": ["nov"],
        "lists": ["customers"],
        "segments": ["fair"],
        "topics": {"news": "opt_in", "offers": "opt_in"},
    }
    assert run("list", "list").out == "  Name       Members  Description\n  customers        2\n"
    assert run("topic", "list").out == (
        "  Name    Default  Members  Opted out  Description\n"
        "  news    opt_in         2          0  Monthly\n"
        "  offers  opt_out        2          0\n"
    )
    [segment] = json.loads(run("segment", "list", "--json").out)
    assert segment.pop("created_at")
    assert segment == {"name": "fair", "description": "", "members": 2}
    assert json.loads(run("list", "list", "--tenant", "acme", "--json").out) == []


def test_wrong_groups_on_the_command_line(run):
    run("topic", "add", "news")
    again = run("topic", "add", "news", "--default", "opt_in")
    assert (again.code, "The topic news has the default opt_out" in again.err) == (2, True)
    wrong = run("topic", "add", "other", "--default", "maybe")
    assert (wrong.code, "The value of --default is wrong" in wrong.err) == (2, True)
    empty = run("list", "add", " ")
    assert (empty.code, "The value of NAME is wrong: a name has 1 to 100 characters" in empty.err) == (2, True)
