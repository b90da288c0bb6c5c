"""The history of a contact: imports with file, row and fields, rollbacks, grants of consent; newest first."""

from __future__ import annotations

import json
import re

import pytest

from contact_pipelines import contacts
from contact_pipelines.contacts.contact_history import FieldChange
from contact_pipelines.errors import NotFound

OLD = "email,first_name,tags,custom_plan\nb@example.com,Bob,,\na@example.com,Ann,x|y,pro\n"
NEW = "email,first_name,custom_plan,status\na@example.com,Anna,free,unsubscribed\n"


def history(importer, key="a@example.com"):
    return contacts.get_contact_history(importer.store, key)


def told(events):
    return [(event.event, event.import_name, event.file, event.row, event.fields, event.note) for event in events]


def test_imports_rollbacks_and_grants_newest_first(importer):
    first = importer.run(OLD, name="old.csv")
    created = (
        FieldChange("email", None, "a@example.com"),
        FieldChange("first_name", None, "Ann"),
        FieldChange("status", None, "subscribed"),
        FieldChange("tags", None, ["x", "y"]),
        FieldChange("properties.plan", None, "pro"),
    )
    assert told(history(importer)[1]) == [("created", first.name, "old.csv", 3, created, "")]
    second = importer.run(NEW, name="new.csv")
    importer.roll_back(second, restore_consent="wrong list")
    contact_id, events = history(importer)
    assert contact_id == importer.sql("SELECT id::text AS id FROM contacts WHERE email = 'a@example.com'")[0]["id"]
    grant, user = events[1], importer.sql("SELECT session_user AS name")[0]["name"]
    assert (grant.event, grant.note) == ("consent granted", f"unsubscribed -> subscribed, by {user}: wrong list")
    undone, _, updated, creation = told(events)
    assert undone == ("rolled back", second.name, "new.csv", 2, (), "restored")
    assert updated[:4] == ("updated", second.name, "new.csv", 2)
    assert sorted(updated[4], key=lambda change: change.field) == [
        FieldChange("first_name", "Ann", "Anna"),
        FieldChange("properties.plan", "pro", "free"),
        FieldChange("status", "subscribed", "unsubscribed"),
    ]
    assert creation == ("created", first.name, "old.csv", 3, created, "")  # it is again as it was created


def test_values_as_created_are_told_as_long_as_they_are_there(importer):
    first = importer.run(OLD)
    second = importer.run(NEW)
    importer.sql("UPDATE contacts SET first_name = 'Annabel' WHERE email = 'a@example.com'")
    importer.roll_back(second)
    events = told(history(importer)[1])
    assert events[0][5] == "partly restored (first_name: edited since; status: opt-outs are kept)"
    assert events[-1][:2] == ("created", first.name)
    assert events[-1][4:] == ((), "values as created are not kept")


def test_by_any_key_and_by_the_id_of_a_deleted_contact(importer):
    record = importer.run("email,external_id\na@example.com,X-1\n")
    contact_id, events = history(importer)
    for key in (contact_id, "X-1", " A@Example.com"):
        assert history(importer, key) == (contact_id, events)
    importer.roll_back(record)
    assert [event.event for event in history(importer, contact_id)[1]] == ["rolled back", "created"]
    for key in ("a@example.com", "X-1", "", "01a1fa41-90b5-76d3-b596-0e96b60f4fe2"):
        with pytest.raises(NotFound, match="no contact"):
            history(importer, key)


def test_tenants_do_not_see_each_other(importer):
    importer.run(OLD)
    importer.run(OLD, tenant="acme")
    contact_id, events = history(importer)
    assert len(events) == 1
    with pytest.raises(NotFound):
        contacts.get_contact_history(importer.store, contact_id, tenant_id="acme")


def test_on_the_command_line(importer, run):
    first = importer.run(OLD, name="old.csv")
    second = importer.run(NEW, name="new.csv")
    shown = run("contacts", "history", "a@example.com")
    assert shown.code == 0
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.search(rf"^{time}  updated +new\.csv row 2, import {second.name}$", shown.out, re.M)
    assert re.search(r"^  first_name +Ann -> Anna$", shown.out, re.M)
    created = rf"^{time}  created +old\.csv row 3, import {first.name}; values as created are not kept$"
    assert re.search(created, shown.out, re.M)
    whole = json.loads(run("contacts", "history", "a@example.com", "--json").out)
    assert [(it["event"], it["import"]["id"], it["row"]) for it in whole["events"]] == [
        ("updated", second.id, 2),
        ("created", first.id, 3),
    ]
    assert {"field": "first_name", "before": "Ann", "after": "Anna"} in whole["events"][0]["fields"]
    importer.sql("INSERT INTO contacts (tenant_id, id, email) VALUES ('default', gen_random_uuid(), 'x@example.com')")
    assert run("contacts", "history", "x@example.com").out == "No import has changed this contact.\n"


def test_rollback_on_the_command_line(importer, run):
    importer.run(OLD)
    record = importer.run(NEW)
    dry = json.loads(run("rollback", record.id, "--dry-run", "--json").out)
    expected = {"counts": {"restored": 0, "deleted": 0, "kept": 1}, "gone": 0, "opt_outs_kept": 1}
    expected |= {"id": record.id, "properties_removed": 0, "suppressions_kept": 0, "suppressions_removed": 0}
    assert dry == expected | {"status": "completed", "report_file": None}
    shown = run("rollback", record.id).out
    assert shown.startswith(f"Rolled back {record.name}: 0 contacts deleted, 0 restored, 1 kept in full or in part.\n")
    assert f'contact-pipelines rollback {record.id} --restore-consent "why"\n' in shown
    again = json.loads(run("rollback", record.id, "--restore-consent", "wrong list", "--json").out)
    assert again.pop("report_file").endswith("rollback.csv")
    assert again == expected | {
        "counts": {"restored": 1, "deleted": 0, "kept": 0},
        "opt_outs_kept": 0,
        "status": "rolled_back",
    }
