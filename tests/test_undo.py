"""Undoing imports in any order, with opt-outs, groups, properties and the report."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipelines import imports
from contact_pipelines.errors import ContactPipelinesError, InvalidOption, WrongState
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.models import RollbackCounts
from tests.helpers.drawn_imports import laws

OLD = "email,first_name,company,tags,status\na@example.com,Ann,Acme,x|y,subscribed\nb@example.com,Bob,,,subscribed\n"
LEFT = "email,first_name,status\na@example.com,Anna,unsubscribed\nn@example.com,New,bounced\n"


def undo(importer, record, **options):
    return imports.roll_back_import(importer.store, importer.settings, record.id, **options)


def report(done) -> list[list[str]]:
    """Return the report's lines without the contacts' ids."""
    with Path(done.report_file).open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[0] == ["Row", "Contact", "Rollback", "Restored Fields", "Kept"]
    return [[line[0], *line[2:]] for line in lines[1:]]


def values(importer, email: str = "a@example.com", *fields: str) -> tuple:
    contact = importer.contacts()[email]
    return tuple(contact[field] for field in fields)


def grants(importer) -> list[tuple]:
    rows = importer.sql("SELECT old_status, new_status, reason FROM consent_grants ORDER BY id")
    return [tuple(row.values()) for row in rows]


# -- tags


def test_tags_are_undone_one_by_one(importer):
    importer.run(OLD)
    record = importer.run("email,tags\na@example.com,y|z\n", rules={"tags": "overwrite"})
    assert values(importer, "a@example.com", "tags") == (["y", "z"],)
    importer.sql("UPDATE contacts SET tags = tags || '{mine}' WHERE email = 'a@example.com'")
    done = undo(importer, record)
    assert values(importer, "a@example.com", "tags") == (["y", "mine", "x"],)
    assert report(done) == [["2", "restored", "", ""]]


@pytest.mark.thorough
def test_tags_of_two_imports_in_the_wrong_order(importer):
    importer.run(OLD)
    first = importer.run("email,tags\na@example.com,z\n", rules={"tags": "overwrite"})
    second = importer.run("email,tags\na@example.com,q\n", rules={"tags": "overwrite"})
    done = undo(importer, first)
    assert values(importer, "a@example.com", "tags") == (["q", "x", "y"],)
    assert report(done) == [["2", "partly restored", "", f"tags: changed by import {second.name}"]]
    undo(importer, second)
    assert values(importer, "a@example.com", "tags") == (["x", "y"],)


# -- later imports


def test_a_later_import_keeps_its_fields_and_restores_what_was_before_both(importer):
    importer.run(OLD)
    first = importer.run("email,first_name,company\na@example.com,Anna,Globex\n")
    second = importer.run("email,company\na@example.com,Initech\n")
    done = undo(importer, first)
    assert values(importer, "a@example.com", "first_name", "company") == ("Ann", "Initech")
    assert report(done) == [["2", "partly restored", "first_name", f"company: changed by import {second.name}"]]
    assert undo(importer, second).counts == RollbackCounts(restored=1)
    assert values(importer, "a@example.com", "first_name", "company") == ("Ann", "Acme")


def test_a_created_contact_goes_with_the_last_import_that_made_something_of_it(importer):
    first = importer.run("email,first_name\na@example.com,Ann\n")
    second = importer.run("email,first_name\na@example.com,Anna\n")
    done = undo(importer, first)
    assert (done.counts, report(done)) == (
        RollbackCounts(kept=1),
        [["2", "kept", "", f"changed by import {second.name}"]],
    )
    done = undo(importer, second)
    assert (done.counts, report(done)) == (RollbackCounts(deleted=1), [["2", "deleted", "", ""]])
    assert importer.contacts() == {}


def test_an_edit_keeps_a_created_contact_for_good(importer):
    first = importer.run("email,first_name\na@example.com,Ann\n")
    importer.sql("UPDATE contacts SET company = 'Mine'")
    second = importer.run("email,first_name\na@example.com,Anna\n")
    undo(importer, first)
    assert undo(importer, second).counts == RollbackCounts(restored=1)
    assert values(importer, "a@example.com", "first_name", "company") == ("Ann", "Mine")


# -- the report


def test_the_report_tells_of_every_row(importer):
    importer.run(OLD + "d@example.com,Dee,,,subscribed\n")
    record = importer.run(
        "email,first_name,company,status\na@example.com,Anna,Globex,unsubscribed\nb@example.com,Rob,Corp,\n"
        "c@example.com,Cyd,,\nd@example.com,Dia,,\ne@example.com,Eve,,\nf@example.com,Fay,,\ng@example.com,Gus,,bounced\n"
    )
    importer.sql("UPDATE contacts SET first_name = 'Bobby' WHERE email = 'b@example.com'")
    importer.sql("UPDATE contacts SET company = 'Mine' WHERE email = 'e@example.com'")
    importer.sql("DELETE FROM contacts WHERE email IN ('d@example.com', 'f@example.com')")
    done = undo(importer, record)
    assert report(done) == [
        ["2", "partly restored", "company, first_name", "status: opt-outs are kept"],
        ["3", "partly restored", "company", "first_name: edited since"],
        ["4", "deleted", "", ""],
        ["5", "gone", "", ""],
        ["6", "kept", "", "edited since"],
        ["7", "gone", "", ""],
        ["8", "kept", "", "opt-outs are kept"],
    ]
    assert done.counts == RollbackCounts(deleted=1, kept=4, gone=2, opt_outs_kept=2)
    assert done.record.rollback == done.counts
    assert Path(done.report_file).read_text(encoding="utf-8").count("@") == 0


def test_a_dry_run_writes_no_report(importer):
    record = importer.run(OLD)
    assert undo(importer, record, dry_run=True).report_file is None
    assert not ArtifactFolder(importer.settings.artifacts, "default", record.id).exists("rollback.csv")


def test_a_report_that_could_not_be_written_comes_with_the_next_call(importer, monkeypatch):
    record = importer.run(OLD)
    with monkeypatch.context() as patched:

        def full(*_):
            raise OSError(28, "No space left on device")

        patched.setattr("contact_pipelines.imports.undo.restore.write_report", full)
        with pytest.raises(ContactPipelinesError, match="rolled back, but the report could not be written"):
            undo(importer, record)
    assert importer.contacts() == {}
    before = importer.everything("contacts", "import_changes", "imports")
    done = undo(importer, record)
    assert (done.counts, report(done)) == (
        RollbackCounts(deleted=2),
        [["2", "deleted", "", ""], ["3", "deleted", "", ""]],
    )
    assert importer.everything("contacts", "import_changes", "imports") == before
    with pytest.raises(WrongState, match="nothing left to undo"):
        undo(importer, record)


# -- opt-outs


def test_opt_outs_are_undone_with_a_reason(importer):
    importer.run(OLD)
    before = importer.everything()
    record = importer.run(LEFT)
    with pytest.raises(InvalidOption, match="needs a reason"):
        undo(importer, record, restore_consent=" ")
    assert undo(importer, record, restore_consent="wrong list").counts == RollbackCounts(restored=1, deleted=1)
    assert importer.everything() == before
    assert sorted(grants(importer), key=str) == [
        ("bounced", None, "wrong list"),
        ("unsubscribed", "subscribed", "wrong list"),
    ]
    assert importer.everything("suppressions") == {"suppressions": []}


def test_opt_outs_that_a_rollback_kept_are_undone_afterwards(importer):
    importer.run(OLD)
    record = importer.run(LEFT)
    assert undo(importer, record).counts == RollbackCounts(kept=2, opt_outs_kept=2)
    assert {email: it["status"] for email, it in importer.contacts().items()} == {
        "a@example.com": "unsubscribed",
        "b@example.com": "subscribed",
        "n@example.com": "bounced",
    }
    assert values(importer, "a@example.com", "first_name") == ("Ann",)
    assert importer.everything("suppressions", "consent_grants") == {"suppressions": [], "consent_grants": []}
    again = undo(importer, record, restore_consent="wrong list")
    assert (again.counts, report(again)) == (
        RollbackCounts(restored=1, deleted=1),
        [["2", "restored", "", ""], ["3", "deleted", "", ""]],
    )
    assert {email: it["status"] for email, it in importer.contacts().items()} == {
        "a@example.com": "subscribed",
        "b@example.com": "subscribed",
    }
    with pytest.raises(WrongState, match="none of its opt-outs is left"):
        undo(importer, record, restore_consent="wrong list")


def test_who_opted_out_otherwise_since_stays_opted_out(importer):
    importer.run(OLD)
    record = importer.run(LEFT)
    undo(importer, record)
    importer.sql("UPDATE contacts SET status = 'complained'")
    done = undo(importer, record, restore_consent="wrong list")
    assert {it["status"] for it in importer.contacts().values()} == {"complained"}
    assert report(done) == [
        ["2", "partly restored", "first_name", "status: opted out since"],
        ["3", "kept", "", "edited since"],
    ]
    assert (done.counts.opt_outs_kept, grants(importer)) == (0, [])


def test_a_suppressed_address_stays_opted_out(importer):
    importer.run(OLD)
    record = importer.run(LEFT)
    importer.sql(
        "INSERT INTO suppressions (tenant_id, address_hash)"
        " SELECT 'default', contact_pipelines_address_hash('default', 'a@example.com')"
    )
    done = undo(importer, record, restore_consent="wrong list")
    assert (done.counts, report(done)[0]) == (
        RollbackCounts(deleted=1, kept=1, opt_outs_kept=1),
        ["2", "partly restored", "first_name", "status: the address is suppressed"],
    )
    assert values(importer, "a@example.com", "status", "first_name") == ("unsubscribed", "Ann")


@pytest.mark.thorough
def test_a_later_rollback_does_not_bring_back_consent_that_an_earlier_one_kept_away(importer):
    importer.run(OLD)
    first = importer.run("email,status\na@example.com,unsubscribed\n")
    second = importer.run("email,status\na@example.com,bounced\n")
    undo(importer, first)
    undo(importer, second)
    assert values(importer, "a@example.com", "status") == ("unsubscribed",)


# -- marked duplicates


@pytest.fixture
def twins(importer):
    """Two contacts of one address, of which the second is a marked duplicate."""
    importer.run("external_id,email\n1,a@example.com\n2,a@example.com\n", mode="create_all")
    return importer


def twin(importer) -> tuple:
    return tuple(importer.sql("SELECT email, status FROM contacts WHERE external_id = '2'")[0].values())


def test_a_marked_duplicate_gets_the_address_back_that_it_shares(twins):
    before = twins.everything()
    record = twins.run("external_id,email\n2,new@example.com\n", match_on="external_id")
    assert undo(twins, record).counts == RollbackCounts(restored=1)
    assert twins.everything() == before


def test_a_marked_duplicate_does_not_go_back_to_an_address_that_opted_out(twins):
    record = twins.run("external_id,email,first_name\n2,new@example.com,Ann\n", match_on="external_id")
    twins.sql("UPDATE contacts SET status = 'unsubscribed' WHERE external_id = '1'")
    done = undo(twins, record)
    assert report(done) == [["2", "partly restored", "first_name", "email: the address has opted out"]]
    assert twin(twins) == ("new@example.com", "subscribed")


def test_a_marked_duplicate_stays_opted_out_where_its_address_left_otherwise(twins):
    record = twins.run("external_id,status\n2,unsubscribed\n", match_on="external_id")
    twins.sql("UPDATE contacts SET status = 'complained' WHERE external_id = '1'")
    done = undo(twins, record, restore_consent="wrong list")
    assert report(done) == [["2", "kept", "", "status: the address has opted out"]]
    assert twin(twins) == ("a@example.com", "unsubscribed")


def test_an_address_that_an_import_opted_out_comes_back_as_a_whole(twins):
    before = twins.everything()
    record = twins.run("external_id,status\n1,bounced\n2,unsubscribed\n", match_on="external_id")
    assert undo(twins, record, restore_consent="wrong list").counts == RollbackCounts(restored=2)
    assert twins.everything() == before


# -- groups and properties


def test_who_joined_a_group_or_left_a_topic_since_is_kept(importer):
    record = importer.run("email\na@example.com\nb@example.com\nc@example.com\n")
    importer.sql(
        "INSERT INTO groups (tenant_id, id, kind, name) VALUES ('default', gen_random_uuid(), 'list', 'l'),"
        " ('default', gen_random_uuid(), 'topic', 't')"
    )
    member = (
        "INSERT INTO group_members (tenant_id, group_id, contact_id, subscription, import_id)"
        " SELECT 'default', g.id, c.id, CAST(:how AS text), CAST(:import AS uuid)"
        " FROM contacts c, groups g WHERE c.email = :email AND g.name = :name"
    )
    importer.sql(member, email="a@example.com", name="l", how=None, **{"import": None})
    importer.sql(member, email="b@example.com", name="t", how="opt_out", **{"import": record.id})
    importer.sql(member, email="c@example.com", name="l", how=None, **{"import": record.id})
    done = undo(importer, record)
    assert report(done) == [
        ["2", "kept", "", "joined a group or left a topic since"],
        ["3", "kept", "", "joined a group or left a topic since"],
        ["4", "deleted", "", ""],
    ]
    assert len(importer.everything()["group_members"]) == 2


def test_properties_that_the_import_created_go_with_it_unless_they_are_used(importer):
    importer.run(OLD)
    before = importer.everything("properties")
    first = importer.run("email,custom_one,custom_two,custom_three\na@example.com,1,2,\nb@example.com,1,2,3\n")
    second = importer.run("email,custom_three\nz@example.com,\n")
    importer.sql("""UPDATE contacts SET properties = properties || '{"two": "mine"}' WHERE email = 'a@example.com'""")
    keys = {row["key"] for row in importer.everything("properties")["properties"]}
    assert undo(importer, first).counts.properties_removed == 1
    assert {row["key"] for row in importer.everything("properties")["properties"]} == keys - {"one"}
    undo(importer, second)
    third = importer.run("email,custom_one\na@example.com,1\n")
    assert undo(importer, third).counts.properties_removed == 1
    assert {row["key"] for row in before["properties"]} == keys - {"one", "two", "three"}


def test_an_address_that_somebody_else_has_now_is_not_put_back(importer):
    """No import changes addresses yet, but a journal may say so: the rollback must not fail."""
    importer.run(OLD)
    record = importer.run("email,first_name\na@example.com,Anna\n")
    importer.sql("UPDATE contacts SET email = 'new@example.com', version = version WHERE email = 'a@example.com'")
    importer.sql(
        'UPDATE import_changes SET before = before || \'{"email": "a@example.com"}\','
        " after = after || '{\"email\": \"new@example.com\"}', version = version + 1 WHERE action = 'updated'"
    )
    importer.run("email\na@example.com\n")
    done = undo(importer, record)
    assert report(done) == [["2", "partly restored", "first_name", "email: another contact has the address"]]
    assert values(importer, "new@example.com", "first_name") == ("Ann",)


# -- whatever happens in whatever order

EMAILS = ("a@example.com", "b@example.com", "c@example.com")
FIELDS = ("first_name", "company", "properties.note")
cell = st.sampled_from(["", "Ada", "Bee", "Cem"])
rows = st.dictionaries(st.sampled_from(EMAILS), st.tuples(cell, cell, cell), min_size=1)
edits = st.lists(st.tuples(st.sampled_from(EMAILS), st.sampled_from(FIELDS)), max_size=2)
_tenants = itertools.count()
_marks = itertools.count()


class Model:
    """The obvious account: per contact and field who wrote which value; undoing an import strikes its writes out.

    A created contact goes with its import, unless an edit or a later import made something of it; if only the next
    import did, it goes with that one.
    """

    def __init__(self) -> None:
        self.writes: dict[str, dict[str, list[tuple[object, str]]]] = {}
        self.creator: dict[str, object] = {}

    def run(self, who, content):
        for email, cells in content.items():
            new = email not in self.writes
            fields = self.writes.setdefault(email, {field: [] for field in FIELDS})
            if new:
                self.creator[email] = who
            for field, value in zip(FIELDS, cells, strict=True):
                if value and (new or self.value(email, field) != value):
                    fields[field].append((None if new else who, value))

    def edit(self, email, field, value):
        if email in self.writes:
            self.writes[email][field].append(("edit", value))

    def value(self, email, field):
        written = self.writes[email][field]
        return written[-1][1] if written else None

    def roll_back(self, who):
        for email in list(self.writes):
            others = {by for written in self.writes[email].values() for by, _ in written} - {None}
            if self.creator.get(email) == who and not others - {who}:
                del self.writes[email], self.creator[email]
                continue
            if self.creator.get(email) == who:
                del self.creator[email]
                if "edit" not in others and len(others - {who}) == 1:
                    self.creator[email] = (others - {who}).pop()
            for field, written in self.writes[email].items():
                self.writes[email][field] = [(by, value) for by, value in written if by != who]

    def state(self):
        return {
            email: {field: self.value(email, field) for field in FIELDS if self.value(email, field)}
            for email in self.writes
        }


def state_of(importer, tenant):
    rows = importer.sql(
        "SELECT email, first_name, company, properties ->> 'note' AS \"properties.note\" FROM contacts"
        " WHERE tenant_id = :tenant",
        tenant=tenant,
    )
    return {row.pop("email"): {field: value for field, value in row.items() if value} for row in rows}


def edit_by_hand(importer, tenant, email, field, value):
    change = f"{field} = :value"
    if field.startswith("properties."):
        change = "properties = properties || jsonb_build_object('note', CAST(:value AS text))"
    importer.sql(
        f"UPDATE contacts SET {change} WHERE tenant_id = :tenant AND email = :email",
        tenant=tenant, email=email, value=value,
    )  # fmt: skip


@pytest.mark.thorough
@laws(8)
@given(files=st.tuples(rows, rows, rows), between=edits, after=edits, in_order=st.booleans())
def test_undoing_two_imports_in_either_order_never_changes_an_edit(importer, files, between, after, in_order):
    tenant, model = f"t{next(_tenants)}", Model()
    old, first, second = files

    def run(who, content):
        table = [
            ["email", "first_name", "company", "custom_note"],
            *([email, *cells] for email, cells in content.items()),
        ]
        model.run(who, content)
        columns = {name: name for name in ("email", "first_name", "company")} | {"custom_note": "properties.note"}
        return importer.run(table, tenant=tenant, columns=columns)

    def edit(changes):
        for email, field in changes:
            value = f"edit {next(_marks)}"
            model.edit(email, field, value)
            edit_by_hand(importer, tenant, email, field, value)

    run(None, old)
    model.creator.clear()
    before = importer.everything()
    records = {"first": run("first", first)}
    edit(between)
    records["second"] = run("second", second)
    edit(after)
    assert state_of(importer, tenant) == model.state()
    for who in ("first", "second") if in_order else ("second", "first"):
        importer.roll_back(records[who])
        model.roll_back(who)
        assert state_of(importer, tenant) == model.state()
    if not in_order and not between and not after:
        assert importer.everything() == before
