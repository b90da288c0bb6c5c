"""Imports that only opt people out: `--suppress`."""

from __future__ import annotations

import pytest

from contact_pipelines import contacts, imports
from contact_pipelines.contacts import suppressions
from contact_pipelines.errors import InvalidOption, WrongState
from contact_pipelines.imports import columns, compare, land, report, stage, validate, way
from contact_pipelines.models import Counts, ImportOptions, ImportStatus, RollbackCounts
from contact_pipelines.settings import load_settings
from contact_pipelines.settings.policy import Policy

KNOWN = (
    "email,external_id,phone,first_name,status\n"
    "ann@example.com,A1,+14155552671,Ann,subscribed\n"
    "bob@example.com,B1,+14155552672,Bob,subscribed\n"
    "cat@example.com,C1,+14155552673,Cat,unsubscribed\n"
    "dan@example.com,D1,+14155552674,Dan,complained\n"
    "eve@example.com,E1,+14155552674,Eve,subscribed\n"
)
FILE = (
    "email,first_name,tags\n"
    "ANN@example.com,Changed,vip\n"
    "cat@example.com,Changed,vip\n"
    "new@example.com,Newcomer,vip\n"
    "old@example.com,Listed,vip\n"
    "ann@example.com,Again,vip\n"
    "new@example.com,Again,vip\n"
    "not an address,,\n"
)


@pytest.fixture
def known(importer):
    importer.run(KNOWN)
    with importer.store.begin() as connection:
        suppressions.suppress(connection, "default", ["old@example.com"], reason="by hand")
    return importer


def statuses(importer) -> dict[str, str]:
    return {email.partition("@")[0]: contact["status"] for email, contact in importer.contacts().items()}


def listed(importer) -> set[str]:
    """Return whose address is on the list, of all that these tests know."""
    names = ("ann", "bob", "cat", "dan", "eve", "new", "old", "former")
    with importer.store.connect() as connection:
        return {name for name in names if suppressions.is_suppressed(connection, "default", f"{name}@example.com")}


def told(importer, record) -> list[tuple[str, str]]:
    return [(row[-2], row[-1]) for row in importer.results(record)[1:]]


BEFORE = {"ann": "subscribed", "bob": "subscribed", "cat": "unsubscribed", "dan": "complained", "eve": "subscribed"}


def test_opt_out(known):
    before = known.contacts()
    record = known.run(FILE, suppress="opt_out")
    assert told(known, record) == [
        ("Updated", ""),
        ("Unchanged", "opted out before"),
        ("Skipped", "no contact has this email; the address goes on the suppression list"),
        ("Unchanged", "on the suppression list before"),
        ("Skipped", "duplicate of row 2"),
        ("Skipped", "duplicate of row 4"),
        ("Error", "email is not a valid email address"),
    ]
    assert record.counts == Counts(7, updated=1, unchanged=2, skipped=3, failed=1)
    assert listed(known) == {"old", "new"}
    after = known.contacts()
    assert after == before | {"ann@example.com": before["ann@example.com"] | {"status": "unsubscribed"}}
    with known.store.connect() as connection:
        reasons = [it.reason for it in suppressions.list_suppressions(connection, "default")]
    assert reasons == [f"import {record.name}", "by hand"]


def test_block(known):
    record = known.run(FILE, suppress="block", suppress_reason="do not mail 2026")
    assert told(known, record) == [
        ("Updated", "the address goes on the suppression list"),
        ("Skipped", "opted out before; the address goes on the suppression list"),
        ("Skipped", "no contact has this email; the address goes on the suppression list"),
        ("Unchanged", "on the suppression list before"),
        ("Skipped", "duplicate of row 2"),
        ("Skipped", "duplicate of row 4"),
        ("Error", "email is not a valid email address"),
    ]
    assert listed(known) == {"old", "new", "ann", "cat"}
    assert statuses(known) == BEFORE | {"ann": "unsubscribed"}
    with known.store.connect() as connection:
        reasons = [it.reason for it in suppressions.list_suppressions(connection, "default")]
    assert reasons == ["do not mail 2026"] * 3 + ["by hand"]


def test_what_is_told_of_it(known):
    record = known.run(FILE, suppress="opt_out")
    warnings = imports.import_warnings(known.settings, record)
    why = "an import that suppresses reads only match keys and consent"
    assert warnings == [
        "contacts are only opted out, none created (--suppress)",
        "the address of row 4 goes on the suppression list",
        f"the column 'first_name' was ignored: {why}",
        f"the column 'tags' was ignored: {why}",
    ]
    (changed,) = contacts.get_contact_history(known.store, "ann@example.com")[1][:1]
    assert (changed.event, changed.row) == ("updated", 2)
    assert [(it.field, it.before, it.after) for it in changed.fields] == [("status", "subscribed", "unsubscribed")]


def test_the_same_file_again_changes_nothing(known):
    known.run(FILE, suppress="block")
    before = known.everything("contacts", "suppressions")
    record = known.run(FILE, suppress="block")
    assert record.counts == Counts(7, unchanged=6, failed=1)
    after = known.everything("contacts", "suppressions")
    assert after["contacts"] == before["contacts"]
    hashes = [{row["address_hash"] for row in its["suppressions"]} for its in (before, after)]
    assert hashes[0] == hashes[1]


def test_the_strictest_status_of_the_file_and_the_contact_holds(known):
    record = known.run(
        "email,status\n"
        "ann@example.com,subscribed\n"
        "ann@example.com,bounced\n"
        "dan@example.com,unsubscribed\n"
        "bob@example.com,complained\n",
        suppress="opt_out",
    )
    assert statuses(known) == BEFORE | {"ann": "bounced", "bob": "complained"}
    assert record.counts == Counts(4, updated=2, unchanged=1, skipped=1)


def test_a_file_of_bounces_by_its_name(known):
    known.run("email\nann@example.com\n", name="hard_bounces.csv", suppress="opt_out")
    assert statuses(known) == BEFORE | {"ann": "bounced"}


def test_other_keys_opt_out_everybody_whom_they_find(known):
    """A phone that two contacts have, an email of another contact than the id: all of them opt out."""
    record = known.run(
        "Id,Phone,Email\n,+14155552674,\nA1,,bob@example.com\nC1,,former@example.com\nZ9,,\n,,\n",
        columns={"Id": "external_id"},
        match_on="external_id,phone",
        suppress="opt_out",
    )
    assert told(known, record) == [
        ("Updated", ""),
        ("Updated", ""),
        ("Skipped", "opted out before; the address goes on the suppression list"),
        (
            "Skipped",
            "no contact has this external_id or phone or email, and the row has no email for the suppression list",
        ),
        ("Error", "Id, Phone, Email are all empty, and contacts are recognised by them"),
    ]
    left = dict.fromkeys(("ann", "bob", "eve"), "unsubscribed")
    assert statuses(known) == BEFORE | left
    assert known.contacts()["cat@example.com"]["email"] == "cat@example.com"
    assert listed(known) == {"old", "former"}
    assert known.sql(
        "SELECT row_number, count(*) AS contacts FROM import_changes WHERE import_id = CAST(:id AS uuid)"
        " GROUP BY 1 ORDER BY 1",
        id=record.id,
    ) == [{"row_number": 2, "contacts": 1}, {"row_number": 3, "contacts": 2}]
    assert known.roll_back(record, restore_consent="wrong file").restored == 3
    assert statuses(known) == BEFORE


def test_block_by_another_key_blocks_the_contacts_own_address(known):
    known.run("external_id\nA1\nC1\n", match_on="external_id", suppress="block")
    assert listed(known) == {"old", "ann", "cat"}
    assert statuses(known) == BEFORE | {"ann": "unsubscribed"}


def test_marked_duplicates_opt_out_too(known):
    known.run("email\nann@example.com\n", mode="create_all")
    assert known.run("email\nann@example.com\n", suppress="opt_out").counts == Counts(1, updated=1)
    found = known.sql("SELECT status, count(*) AS n FROM contacts WHERE email = 'ann@example.com' GROUP BY 1")
    assert found == [{"status": "unsubscribed", "n": 2}]


def test_nobody_comes_back(known):
    known.run(FILE, suppress="block")
    record = known.run("email,status\nann@example.com,subscribed\nnew@example.com,subscribed\n")
    assert record.counts == Counts(2, unchanged=1, skipped=1)
    assert statuses(known) == BEFORE | {"ann": "unsubscribed"}


def test_a_house_that_is_strict_takes_opt_outs_all_the_same(known):
    policy = Policy.model_validate(
        {"email_checks": {"disposable": "reject"}, "fields": {"email": {"pattern": ".*@acme.com"}}}
    )
    known.settings = known.settings.model_copy(update={"policy": policy})
    assert known.run("email\nx@mailinator.com\nann@example.com\n", suppress="opt_out").counts == Counts(
        2, updated=1, skipped=1
    )


def test_another_tenant_is_not_concerned(known):
    known.run(KNOWN, tenant="globex")
    known.run(FILE, suppress="block", tenant="globex")
    assert (statuses(known), listed(known)) == (BEFORE, {"old"})


# -- review, undo


def test_review_and_confirm(known):
    record = known.run(FILE, suppress="opt_out", review=True)
    assert (record.status, statuses(known), listed(known)) == (ImportStatus.AWAITING_REVIEW, BEFORE, {"old"})
    review = imports.get_review(known.settings, record)
    assert [(it.row, it.field, it.before, it.after) for it in review.changes] == [
        (2, "status", "subscribed", "unsubscribed")
    ]
    known.sql("UPDATE contacts SET first_name = 'Anna' WHERE email = 'ann@example.com'")
    confirmed = imports.confirm_import(known.store, known.settings, record.id)
    assert confirmed.counts == Counts(7, updated=1, unchanged=2, skipped=3, failed=1)
    assert (statuses(known), listed(known)) == (BEFORE | {"ann": "unsubscribed"}, {"old", "new"})


@pytest.mark.parametrize("mode", ["opt_out", "block"])
def test_a_rollback_keeps_everybody_out_unless_there_is_a_reason(known, mode):
    before = known.contacts()
    record = known.run(FILE, suppress=mode)
    added = {"opt_out": {"new"}, "block": {"new", "ann", "cat"}}[mode]
    kept = known.roll_back(record)
    assert kept == RollbackCounts(kept=1, opt_outs_kept=1, suppressions_kept=len(added))
    assert (statuses(known), listed(known)) == (BEFORE | {"ann": "unsubscribed"}, {"old"} | added)
    undone = known.roll_back(record, restore_consent="wrong file")
    assert undone == RollbackCounts(restored=1, suppressions_removed=len(added))
    assert (known.contacts(), listed(known)) == (before, {"old"})
    reasons = known.sql("SELECT old_status, reason FROM consent_grants ORDER BY id")
    assert [row["old_status"] for row in reasons] == ["suppressed"] * len(added) + ["unsubscribed"]
    assert {row["reason"] for row in reasons} == {"wrong file"}
    with pytest.raises(WrongState, match="none of its opt-outs is left"):
        known.roll_back(record, restore_consent="again")


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("asked", ["by hand", "by an import", "by a tombstone", "by an erasure"])
def test_what_others_have_asked_for_since_stays_on_the_list(known, asked):
    record = known.run(FILE, suppress="block")
    if asked == "by hand":
        with known.store.begin() as connection:
            suppressions.suppress(connection, "default", ["ann@example.com"])
    elif asked == "by an import":
        assert known.run("email\nann@example.com\n", suppress="block").counts == Counts(1, unchanged=1)
    elif asked == "by a tombstone":
        known.sql("DELETE FROM contacts WHERE email = 'ann@example.com'")
    else:
        contacts.erase_contact(known.store, known.settings, "ann@example.com")
    undone = known.roll_back(record, restore_consent="wrong file")
    assert (undone.suppressions_removed, undone.suppressions_kept) == (2, 0)
    assert listed(known) == {"old", "ann"}
    assert statuses(known).get("ann") in (None, "unsubscribed")


# -- somebody in between


def between(importer, statement, **options):
    """Run an import of FILE; another program does something between comparing and applying."""
    record = imports.register_import(importer.store, str(importer.file(FILE)), ImportOptions.model_validate(options))
    with imports.open_import(importer.store, importer.settings, record) as session:
        for step in (land, stage, columns, validate, compare):
            step.run(session)
        importer.sql(statement)
        way.apply_import(session)
        report.run(session)
    return imports.get_import(importer.store, record.id)


NEW = "INSERT INTO contacts (tenant_id, id, email) VALUES ('default', gen_random_uuid(), 'new@example.com')"


def test_who_is_created_meanwhile_opts_out(known):
    record = between(known, NEW, suppress="opt_out")
    assert record.counts == Counts(7, updated=2, unchanged=2, skipped=2, failed=1)
    assert statuses(known) == BEFORE | {"ann": "unsubscribed", "new": "unsubscribed"}
    assert listed(known) == {"old"}


def test_who_is_edited_meanwhile_opts_out(known):
    record = between(known, "UPDATE contacts SET lead_score = 3", suppress="opt_out")
    assert record.counts.updated == 1
    assert known.contacts()["ann@example.com"]["lead_score"] == 3
    assert statuses(known) == BEFORE | {"ann": "unsubscribed"}


# -- options


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"suppress": "opt_out", "tags": ["vip"]}, "tags"),
        ({"suppress": "block", "mode": "create_only"}, "mode"),
        ({"suppress": "block", "force_status": "asked"}, "force_status"),
        ({"suppress_reason": "asked"}, "does not suppress anybody"),
    ],
)
def test_options_that_contradict_it(importer, options, named):
    with pytest.raises(InvalidOption, match=named):
        importer.run("email\na@example.com\n", **options)


def test_defaults_of_the_settings_file_have_no_effect(known):
    defaults = ImportOptions(tags=("vip",), lists=("Fair",), mode="create_all", rules={"status": "keep"})
    path = known.file("email\nann@example.com\nnew@example.com\n")
    record = imports.register_import(known.store, str(path), ImportOptions(suppress="opt_out"), defaults=defaults)
    record = imports.run_import(known.store, known.settings, record)
    assert record.counts == Counts(2, updated=1, skipped=1)
    assert known.contacts()["ann@example.com"]["tags"] == []
    assert known.sql("SELECT name FROM groups") == []


def test_a_mapping_is_saved_whole(known):
    known.run(FILE, suppress="opt_out", save_mapping="people")
    (saved,) = imports.list_saved_mappings(known.store)
    assert saved.columns == {"email": "email", "first_name": "first_name", "tags": "tags"}


@pytest.mark.parametrize("name", ["force_status", "suppress"])
def test_neither_can_be_a_default_of_all_imports(tmp_path, name):
    path = tmp_path / "settings.yaml"
    path.write_text(f"options: {{{name}: block}}\n", encoding="utf-8")
    with pytest.raises(InvalidOption, match=f"{name} cannot be a default"):
        load_settings({"CONTACT_PIPELINES_CONFIG": str(path)})
