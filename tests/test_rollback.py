"""Undoing an import: everything back, and nothing that anybody changed since."""

from __future__ import annotations

import pytest

from contact_pipelines import imports
from contact_pipelines.errors import NotFound, WrongState
from contact_pipelines.models import ImportStatus, RollbackCounts

OLD = (
    "email,first_name,last_name,company,tags,lead_score,custom_plan,status\n"
    "a@example.com,Ann,Lee,Acme,x|y,5,pro,subscribed\n"
    "b@example.com,Bob,,,,,,subscribed\n"
)
NEW = (
    "email,first_name,last_name,company,tags,lead_score,custom_plan,status\n"
    "a@example.com,Anna,Li,Globex,z,50,free,subscribed\n"
    "b@example.com,Rob,Roe,,q,7,basic,subscribed\n"
    "c@example.com,Cyd,,,,,,subscribed\n"
)


def test_the_store_is_what_it_was_byte_for_byte(importer):
    importer.run(OLD)
    before = importer.everything()
    record = importer.run(NEW)
    assert importer.roll_back(record) == RollbackCounts(restored=2, deleted=1, kept=0)
    assert importer.everything() == before
    after = imports.get_import(importer.store, record.id)
    assert (after.status, after.rollback) == (ImportStatus.ROLLED_BACK, RollbackCounts(2, 1, 0))


def test_a_dry_run_counts_and_changes_nothing(importer):
    importer.run(OLD)
    record = importer.run(NEW)
    before = importer.everything("contacts", "imports")
    assert importer.roll_back(record, dry_run=True) == RollbackCounts(restored=2, deleted=1, kept=0)
    assert importer.everything("contacts", "imports") == before
    assert importer.roll_back(record) == RollbackCounts(restored=2, deleted=1, kept=0)


def test_a_second_rollback_is_refused_plainly(importer):
    record = importer.run(OLD)
    importer.roll_back(record)
    with pytest.raises(WrongState, match="was already rolled back"):
        importer.roll_back(record)


def test_only_a_completed_import_can_be_rolled_back(importer):
    path = str(importer.file(OLD))
    record = imports.register_import(importer.store, path)
    with pytest.raises(WrongState, match="pending"):
        importer.roll_back(record)
    with pytest.raises(NotFound, match="no import"):
        imports.roll_back_import(importer.store, importer.settings, "2026-01-01-none-000000000000")


def test_what_was_edited_since_is_kept(importer):
    importer.run(OLD)
    record = importer.run(NEW)
    # By hand, past every door: a field of an updated contact, a property, a tag, and a created contact.
    importer.sql("UPDATE contacts SET first_name = 'Annabel' WHERE email = 'a@example.com'")
    importer.sql("""UPDATE contacts SET properties = properties || '{"plan": "gold"}' WHERE email = 'b@example.com'""")
    importer.sql("UPDATE contacts SET company = 'Mine' WHERE email = 'c@example.com'")
    assert importer.roll_back(record) == RollbackCounts(restored=0, deleted=0, kept=3)
    contacts = importer.contacts()
    assert {k: contacts["a@example.com"][k] for k in ("first_name", "last_name", "company", "tags", "properties")} == {
        "first_name": "Annabel",
        "last_name": "Lee",
        "company": "Acme",
        "tags": ["x", "y"],
        "properties": {"plan": "pro"},
    }
    assert contacts["b@example.com"]["first_name"] == "Bob"
    assert contacts["b@example.com"]["properties"] == {"plan": "gold"}
    assert contacts["c@example.com"]["company"] == "Mine"


def test_what_a_later_import_changed_is_kept(importer):
    importer.run(OLD)
    first = importer.run(NEW)
    importer.run("email,company\na@example.com,Initech\nc@example.com,Initech\n")
    # a and c keep what the later import gave them; the rest of a, and b, go back.
    assert importer.roll_back(first) == RollbackCounts(restored=1, deleted=0, kept=2)
    contacts = importer.contacts()
    assert (contacts["a@example.com"]["company"], contacts["a@example.com"]["first_name"]) == (
        "Initech",
        "Ann",
    )
    assert contacts["c@example.com"]["company"] == "Initech"


def test_imports_are_undone_in_turn(importer):
    states = [importer.everything()]
    records = []
    for content in (OLD, NEW, "email,company\na@example.com,Initech\nd@example.com,Dee\n"):
        records.append(importer.run(content))
        states.append(importer.everything())
    for record in reversed(records):
        states.pop()
        importer.roll_back(record)
        assert importer.everything() == states[-1]


def test_opt_outs_stay(importer):
    importer.run(OLD)
    record = importer.run("email,status,first_name\na@example.com,unsubscribed,Anna\n")
    assert importer.roll_back(record) == RollbackCounts(restored=0, deleted=0, kept=1, opt_outs_kept=1)
    contact = importer.contacts()["a@example.com"]
    assert (contact["status"], contact["first_name"]) == ("unsubscribed", "Ann")


def test_a_contact_deleted_since_is_no_trouble(importer):
    importer.run(OLD)
    record = importer.run(NEW)
    importer.sql("DELETE FROM contacts WHERE email IN ('a@example.com', 'c@example.com')")
    assert importer.roll_back(record) == RollbackCounts(restored=1, deleted=0, kept=0, gone=2)


def test_an_import_can_be_done_again_after_its_rollback(importer):
    record = importer.run(OLD)
    before = importer.contacts()
    importer.roll_back(record)
    assert importer.contacts() == {}
    importer.run(OLD)
    assert importer.contacts() == before
