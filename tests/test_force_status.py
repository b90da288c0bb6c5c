"""`--force-status`: an import that says why may subscribe who had opted out; nobody whose address is suppressed."""

from __future__ import annotations

import pytest

from contact_pipelines import contacts, imports
from contact_pipelines.contacts import suppressions
from contact_pipelines.errors import InvalidOption
from contact_pipelines.imports import columns, compare, land, report, stage, validate, way
from contact_pipelines.imports.apply import write_contacts
from contact_pipelines.imports.undo import restore
from contact_pipelines.models import Counts, ImportOptions, ImportStatus

KNOWN = (
    "email,external_id,first_name,status\n"
    "ann@example.com,A,Ann,subscribed\n"
    "bob@example.com,B,Bob,unsubscribed\n"
    "cat@example.com,C,Cat,complained\n"
    "dan@example.com,D,Dan,unsubscribed\n"
    "eve@example.com,E,Eve,bounced\n"
)
BEFORE = {"ann": "subscribed", "bob": "unsubscribed", "cat": "complained", "dan": "unsubscribed", "eve": "bounced"}
FILE = (
    "email,first_name,status\n"
    "ann@example.com,Ann,unsubscribed\n"
    "bob@example.com,Rob,subscribed\n"
    "cat@example.com,Cat,unsubscribed\n"
    "dan@example.com,Dan,subscribed\n"
    "eve@example.com,Eva,\n"
)
REASON = "signed up again on paper"


@pytest.fixture
def known(importer):
    importer.run(KNOWN)
    with importer.store.begin() as connection:
        suppressions.suppress(connection, "default", ["dan@example.com"])
    return importer


def statuses(importer) -> dict[str, str]:
    return {email.partition("@")[0]: contact["status"] for email, contact in importer.contacts().items()}


def grants(importer) -> list[tuple[str, str, str, str]]:
    rows = importer.sql(
        "SELECT email, old_status, new_status, reason FROM consent_grants g JOIN contacts c ON c.id = g.contact_id"
        " ORDER BY g.id"
    )
    return [tuple(row.values()) for row in rows]


def test_it_subscribes_whom_the_file_says_and_nobody_else(known):
    record = known.run(FILE, force_status=REASON)
    assert record.counts == Counts(5, updated=3, unchanged=2)
    assert statuses(known) == BEFORE | {"ann": "unsubscribed", "bob": "subscribed"}
    assert grants(known) == [("bob@example.com", "unsubscribed", "subscribed", REASON)]
    assert [row[-2:] for row in known.results(record)[1:]] == [
        ["Updated", ""],
        ["Updated", "subscribed again (--force-status)"],
        ["Unchanged", ""],
        ["Unchanged", "status was kept: the contact has opted out"],
        ["Updated", ""],
    ]
    assert imports.import_warnings(known.settings, record) == [
        "contacts that had opted out were subscribed again, as --force-status says (1 row, first in row 3)",
        "status was kept for contacts that have opted out (1 row, first in row 5)",
    ]
    assert record.options.force_status == REASON
    note = contacts.get_contact_history(known.store, "bob@example.com")[1]
    assert any(REASON in event.note for event in note)


def test_without_it_nobody_is(known):
    known.run(FILE)
    assert statuses(known) == BEFORE | {"ann": "unsubscribed"}
    assert grants(known) == []


def test_its_rollback_lets_them_be_opted_out_again(known):
    before = known.contacts()
    record = known.run(FILE, force_status=REASON)
    known.roll_back(record, restore_consent="wrong file")
    assert known.contacts() == before


def test_a_suppressed_contact_that_another_key_finds_stays_out(known):
    record = known.run("external_id,status\nB,subscribed\nD,subscribed\n", match_on="external_id", force_status=REASON)
    assert (record.counts, statuses(known)) == (Counts(2, updated=1, unchanged=1), BEFORE | {"bob": "subscribed"})


def test_who_moves_from_an_address_leaves_it_suppressed_unless_the_file_subscribes_them(known):
    """The grant goes to nobody but those whom the file subscribes."""
    known.run(
        "external_id,email,status\nB,bob@new.example,subscribed\nC,cat@new.example,\n",
        match_on="external_id",
        force_status=REASON,
    )
    assert statuses(known)["bob"] == "subscribed"
    with known.store.connect() as connection:
        assert suppressions.is_suppressed(connection, "default", "cat@example.com")
        assert not suppressions.is_suppressed(connection, "default", "bob@example.com")
    assert [row[0] for row in grants(known)] == ["bob@new.example"]


def test_a_rule_of_the_status_goes_before_it(known):
    known.run(FILE, force_status=REASON, rules={"status": "keep"})
    assert (statuses(known), grants(known)) == (BEFORE, [])


def test_an_opt_out_in_a_duplicate_row_counts_all_the_same(known):
    known.run("email,status\nbob@example.com,subscribed\nbob@example.com,unsubscribed\n", force_status=REASON)
    assert statuses(known) == BEFORE


def test_it_is_reviewed_like_anything_else(known):
    record = known.run(FILE, force_status=REASON, review=True)
    assert (record.status, statuses(known)) == (ImportStatus.AWAITING_REVIEW, BEFORE)
    imports.confirm_import(known.store, known.settings, record.id)
    assert statuses(known)["bob"] == "subscribed"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"force_status": " "}, "needs a reason"),
        ({"force_status": "x", "mode": "create_all"}, "create_all, which updates"),
    ],
)
def test_what_makes_no_sense(importer, options, said):
    with pytest.raises((InvalidOption, ValueError), match=said):
        importer.run("email\na@example.com\n", **options)


# -- consent that changes between comparing and applying


def between(importer, content, statement, **options):
    """Import a file; another program does something between comparing and applying."""
    record = imports.register_import(
        importer.store,
        str(importer.file(content)),
        ImportOptions.model_validate({"import_tag": "none", **options}),
    )
    with imports.open_import(importer.store, importer.settings, record) as session:
        for step in (land, stage, columns, validate, compare):
            step.run(session)
        importer.sql(statement)
        way.apply_import(session)
        report.run(session)
    return imports.get_import(importer.store, record.id)


def suppress(address: str) -> str:
    return (
        "INSERT INTO suppressions (tenant_id, address_hash)"
        f" SELECT 'default', contact_pipelines_address_hash('default', '{address}')"
    )


def told(importer, record) -> list[list[str]]:
    return [row[-2:] for row in importer.results(record)[1:]]


NEWCOMERS = "email\nfay@example.com\ngus@example.com\n"


def test_an_address_that_is_suppressed_meanwhile_is_skipped(known):
    record = between(known, NEWCOMERS, suppress("fay@example.com"))
    assert (record.status, record.counts) == (ImportStatus.COMPLETED, Counts(2, created=1, skipped=1))
    assert told(known, record) == [["Skipped", "the address is on the suppression list"], ["Created", ""]]
    assert statuses(known) == BEFORE | {"gus": "subscribed"}


def test_a_new_address_of_a_contact_that_is_suppressed_meanwhile_is_skipped(known):
    content = "external_id,email\nA,ann@new.example\nB,bob@new.example\n"
    record = between(known, content, suppress("ann@new.example"), match_on="external_id")
    assert record.counts == Counts(2, updated=1, skipped=1)
    assert {"ann@example.com", "bob@new.example"} < set(known.contacts())


def test_a_marked_duplicate_of_somebody_who_opts_out_meanwhile_opts_out_too(known):
    statement = "UPDATE contacts SET status = 'unsubscribed' WHERE email = 'ann@example.com'"
    record = between(known, "email\nann@example.com\n", statement, mode="create_all")
    assert (record.status, record.counts) == (ImportStatus.COMPLETED, Counts(1, created=1))
    assert known.sql("SELECT DISTINCT status FROM contacts WHERE email = 'ann@example.com'") == [
        {"status": "unsubscribed"}
    ]


def test_forcing_somebody_who_is_suppressed_meanwhile_keeps_their_status(known):
    record = between(known, FILE, suppress("bob@example.com"), force_status=REASON)
    assert record.counts == Counts(5, updated=3, unchanged=2)
    assert told(known, record)[1] == ["Updated", "status was kept: the contact has opted out"]
    assert (statuses(known)["bob"], known.contacts()["bob@example.com"]["first_name"]) == ("unsubscribed", "Rob")


def test_who_is_suppressed_after_the_review_is_left_out(known):
    record = known.run(NEWCOMERS, review=True)
    known.sql(suppress("fay@example.com"))
    confirmed = imports.confirm_import(known.store, known.settings, record.id)
    assert confirmed.counts == Counts(2, created=1, failed=1)
    assert told(known, record)[0] == [
        "Error", "the contact store has changed since the review; the row was left out"
    ]  # fmt: skip


def test_a_suppression_while_the_plan_is_written(known, monkeypatch):
    """After the contacts were compared under the lock: the last moment there is."""
    numbered = write_contacts.number_contacts
    said = []

    def number_contacts(con, record, plan):
        if not said:
            said.append(known.sql(suppress("fay@example.com")))
        numbered(con, record, plan)

    monkeypatch.setattr(write_contacts, "number_contacts", number_contacts)
    assert known.run(NEWCOMERS).counts == Counts(2, created=1, skipped=1)


def test_a_rollback_during_which_an_address_is_suppressed(known, monkeypatch):
    record = known.run("external_id,email\nA,ann@new.example\n", match_on="external_id")
    run, said = restore._Undoing.run, []

    def suppress_and_run(undoing, block, **parts):
        if block == "restore_updated" and not said:
            said.append(known.sql(suppress("ann@example.com")))
        return run(undoing, block, **parts)

    monkeypatch.setattr(restore._Undoing, "run", suppress_and_run)
    assert known.roll_back(record).kept == 1
    assert "ann@new.example" in known.contacts()
