"""Match keys: which contact a row is about, what fails, and what becomes of emails."""

from __future__ import annotations

import pytest

from contact_pipelines.contacts import suppressions
from contact_pipelines.errors import FileNotImportable, InvalidOption
from contact_pipelines.models import Counts, ImportOptions
from contact_pipelines.settings.policy import FieldRules, Policy

HEADER = ["external_id", "email", "phone", "first_name"]
ALL_KEYS = ["external_id", "email", "phone"]
ANN = ["1", "ann@example.com", "+14155552671", "Ann"]
BOB = ["2", "bob@example.com", "+14155552672", "Bob"]


@pytest.fixture
def people(importer):
    """Two contacts with every key."""
    importer.run([HEADER, ANN, BOB])
    return importer


def lines(importer, record):
    """Return status and reason of each row."""
    return [tuple(row[-2:]) for row in importer.results(record)[1:]]


def names(importer):
    """Return the first names of external id 1 and 2."""
    rows = importer.sql("SELECT external_id, first_name FROM contacts ORDER BY external_id")
    return {row["external_id"]: row["first_name"] for row in rows}


@pytest.mark.thorough(keep=3)
@pytest.mark.parametrize(
    ("match_on", "row"),
    [
        (["external_id"], ["1", "", "", "New"]),
        (["email"], ["", "ANN@example.com ", "", "New"]),
        (["phone"], ["", "", "(415) 555-2671", "New"]),
        (["phone", "external_id"], ["1", "", "", "New"]),
        (["external_id", "email"], ["unknown to the store", "ann@example.com", "", "New"]),
        (ALL_KEYS, [*ANN[:3], "New"]),
    ],
)
def test_each_key_finds_its_contact(people, match_on, row):
    record = people.run([HEADER, row], match_on=match_on, country="US")
    assert lines(people, record) == [("Updated", "")]
    assert [c["first_name"] for c in people.contacts().values()].count("New") == 1
    assert people.contacts()["ann@example.com"]["first_name"] == "New"


def test_the_id_of_a_contact_finds_it_and_is_never_written(people):
    (ann,) = people.sql("SELECT id::text AS id FROM contacts WHERE external_id = '1'")
    unknown = "01890a5d-ac96-774b-bcce-b302099a8057"
    rows = [[ann["id"].upper(), "New"], [unknown, "Nobody"], ["1", "Bad"], ["", "Empty"]]
    record = people.run([["ID", "first_name"], *rows], match_on="id", columns={"ID": "id"})
    assert lines(people, record) == [
        ("Updated", ""),
        ("Error", "no contact has this id, and a new one would get another id"),
        ("Error", "ID is not the id of a contact, a UUID"),
        ("Error", "ID is empty"),
    ]
    assert names(people) == {"1": "New", "2": "Bob"}
    update = people.run([["ID", "first_name"], rows[1]], match_on="id", columns={"ID": "id"}, mode="update_only")
    assert lines(people, update) == [("Skipped", "no contact has this id")]


def test_an_unknown_id_beside_another_key_creates_a_contact_that_the_other_finds_again(people):
    rows = [["ID", "email"], ["01890a5d-ac96-774b-bcce-b302099a8057", "new@example.com"]]
    options = {"match_on": ["id", "email"], "columns": {"ID": "id"}}
    assert people.run(rows, **options).counts == Counts(1, created=1)
    assert people.run(rows, **options).counts == Counts(1, unchanged=1)


@pytest.mark.parametrize("match_on", [ALL_KEYS, ALL_KEYS[::-1]])
def test_contradicting_and_missing_keys_fail_in_any_order_of_the_keys(people, match_on):
    before = people.everything()
    rows = [["1", "bob@example.com", "", "X"], ["2", "", ANN[2], "X"], ["", "", "", "X"], ["", "", "12", "X"]]
    record = people.run([HEADER, *rows], match_on=match_on)
    first, second = "external_id and email", "external_id and phone"
    if match_on[0] == "phone":
        first, second = ("email and external_id", "phone and external_id")
    columns = ", ".join(match_on)
    assert lines(people, record) == [
        ("Error", f"{first} find different contacts"),
        ("Error", f"{second} find different contacts"),
        ("Error", f"{columns} are all empty, and contacts are recognised by them"),
        ("Error", people.results(record)[4][-1]),
    ]
    assert "is not a valid phone number" in people.results(record)[4][-1]
    assert people.everything() == before


def test_an_unreadable_phone_is_a_warning_only_where_it_is_no_key(people):
    record = people.run([HEADER, ["1", "", "12", "New"]], match_on=["external_id"])
    assert record.counts == Counts(1, updated=1)
    assert people.contacts()["ann@example.com"]["phone"] == ANN[2]


def test_a_key_that_several_contacts_have_is_ambiguous(people):
    people.sql("UPDATE contacts SET phone = '+14155552679'")
    rows = [["", "", "+14155552679", "X"], ["1", "", "+14155552679", "Y"]]
    record = people.run([HEADER, *rows], match_on=["external_id", "phone"])
    assert lines(people, record) == [("Error", "several contacts have this phone")] * 2
    people.run([HEADER[:2], ["9", "ann@example.com"]], mode="create_all")
    again = people.run([HEADER[:2], ["1", "ann@example.com"], ["2", "bob@example.com"]])
    assert lines(people, again) == [("Error", "several contacts have this email"), ("Unchanged", "")]


def test_contacts_without_an_email_are_created_found_again_and_undone(importer):
    rows = [["external_id", "first_name"], ["b", "Bea"], ["a", "Ann"]]
    empty = importer.everything()
    record = importer.run(rows, match_on=["external_id"])
    assert record.counts == Counts(2, created=2)
    assert names(importer) == {"a": "Ann", "b": "Bea"}
    assert importer.run(rows, match_on=["external_id"]).counts == Counts(2, unchanged=2)
    importer.roll_back(record)
    assert importer.everything() == empty


@pytest.mark.parametrize(
    ("duplicates", "outcomes", "name"),
    [
        ("first", ["Created", "Skipped", "Skipped", "Created", "Skipped"], "A"),
        ("last", ["Skipped", "Skipped", "Skipped", "Created", "Created"], "E"),
        ("error", ["Error", "Error", "Error", "Created", "Error"], None),
    ],
)
def test_rows_connected_by_any_key_are_one_contact(importer, duplicates, outcomes, name):
    phone, other = "+14155552671", "+14155552672"
    rows = [
        ["1", "", "", "A"],
        ["", "a@example.com", phone, "B"],
        ["1", "b@example.com", "", "C"],
        ["9", "other@example.com", other, "D"],
        ["", "b@example.com", phone, "E"],
    ]
    record = importer.run([HEADER, *rows], match_on=ALL_KEYS, duplicates=duplicates)
    assert [status for status, _ in lines(importer, record)] == outcomes
    kept = {row["first_name"] for row in importer.sql("SELECT first_name FROM contacts")}
    assert kept == {"D", name} - {None}


def test_a_long_chain_of_shared_keys_is_one_contact_whatever_its_order(importer):
    count = 400
    chain = [[str(place // 2), f"u{(place + 1) // 2}@example.com"] for place in range(count)]
    mixed = [chain[place * 7 % count] for place in range(count)]
    assert sorted(mixed) == sorted(chain)
    columns = {name: name for name in HEADER[:2]}
    for rows in (chain, chain[::-1], mixed):
        importer.sql("DELETE FROM contacts")
        record = importer.run([HEADER[:2], *rows], match_on=ALL_KEYS[:2], columns=columns)
        assert record.counts == Counts(count, created=1, skipped=count - 1)
        assert set(lines(importer, record)[1:]) == {("Skipped", "duplicate of row 2")}


def test_rows_that_find_the_same_contact_by_different_keys_are_duplicates(people):
    rows = [["1", "", "", "X"], ["", "ann@example.com", "", "Y"], ["", "", BOB[2], "Z"]]
    record = people.run([HEADER, *rows], match_on=ALL_KEYS)
    assert lines(people, record) == [("Updated", ""), ("Skipped", "duplicate of row 2"), ("Updated", "")]
    assert names(people) == {"1": "X", "2": "Z"}


def test_a_new_email_is_an_update_and_is_undone(people):
    before = people.everything()
    record = people.run([HEADER, ["1", "new@example.com", "", ""]], match_on=["external_id"])
    assert record.counts == Counts(1, updated=1)
    assert set(people.contacts()) == {"new@example.com", "bob@example.com"}
    people.roll_back(record)
    assert people.everything() == before


def test_a_rollback_leaves_an_address_that_was_taken_since(people):
    record = people.run([HEADER, ["1", "new@example.com", "", "New"]], match_on=["external_id"])
    people.run("email\nann@example.com\n")
    people.roll_back(record)
    assert {c["external_id"]: (c["email"], c["first_name"]) for c in people.contacts().values()} == {
        "1": ("new@example.com", "Ann"),
        "2": ("bob@example.com", "Bob"),
        None: ("ann@example.com", None),
    }


def test_emails_of_others_fail_the_row_and_a_swap_fails_both(people):
    rows = [
        ["1", "bob@example.com", "", "X"],
        ["2", "ann@example.com", "", "X"],
        ["3", "ann@example.com", "", "X"],
        ["4", "new@example.com", "", "Four"],
        ["5", "NEW@example.com", "", "X"],
    ]
    record = people.run([HEADER, *rows], match_on=["external_id"])
    taken = ("Error", "another contact has this email")
    assert lines(people, record) == [taken] * 3 + [("Created", ""), ("Error", "row 5 has this email too")]
    assert names(people) == {"1": "Ann", "2": "Bob", "4": "Four"}


def test_rules_and_modes_decide_whether_an_email_is_claimed(people):
    rows = [HEADER, ["1", "bob@example.com", "", "New"], ["3", "", "", "Three"]]
    kept = people.run(rows, match_on=["external_id"], rules={"email": "keep"}, mode="update_only")
    assert lines(people, kept) == [("Updated", ""), ("Skipped", "no contact has this external_id")]
    known = people.run(rows, match_on=["external_id"], mode="create_only")
    assert lines(people, known) == [("Skipped", "a contact with this external_id exists already"), ("Created", "")]


def test_an_opt_out_keeps_its_status_under_a_new_address(people):
    people.run("email,status\nann@example.com,complained\n")
    header = ["external_id", "email", "status"]
    record = people.run([header, ["1", "new@example.com", "subscribed"]], match_on=["external_id"])
    assert lines(people, record) == [("Updated", "status was kept: the contact has opted out")]
    assert people.contacts()["new@example.com"]["status"] == "complained"


def test_an_empty_key_is_not_known_rather_than_erased(people):
    record = people.run([HEADER, ["1", "", "", ""]], match_on=["external_id", "email"], blank="erase")
    assert record.counts == Counts(1, updated=1)
    ann = people.contacts()["ann@example.com"]
    assert (ann["phone"], ann["first_name"]) == (None, None)


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"match_on": ["phone"]}, FileNotImportable, "No column is mapped to phone"),
        ({"match_on": ["id", "phone"]}, FileNotImportable, "No column is mapped to id or phone"),
        ({"columns": {"email": "email", "nr": "id"}}, InvalidOption, "add id to --match-on"),
        ({"rules": {"email": "keep"}}, InvalidOption, "no rule for email"),
        ({"rules": {"id": "keep"}, "match_on": ["id"]}, InvalidOption, "no rule for id"),
    ],
)
def test_keys_and_columns_that_do_not_fit(importer, options, error, told):
    with pytest.raises(error, match=told):
        importer.run("email,nr\na@example.com,1\n", **options)


def test_a_key_that_the_file_lacks_is_told(people):
    record = people.run([["email"], ["ann@example.com"]], match_on=["external_id", "email"])
    assert record.counts == Counts(1, unchanged=1)
    assert record.warnings == 1


def test_match_keys_are_words_each_once():
    assert ImportOptions(match_on="external_id, email").match_on == ("external_id", "email")
    for wrong in ("", "email,email", "name", []):
        with pytest.raises(ValueError, match="match_on"):
            ImportOptions(match_on=wrong)


# -- create_all


def test_create_all_creates_every_valid_row_and_marks_taken_addresses(importer):
    importer.run("email,first_name\nann@example.com,Ann\n")
    before = importer.everything()
    rows = [["email", "first_name"], ["ann@example.com", "A"], ["new@example.com", "B"], ["new@example.com", "C"]]
    record = importer.run([*rows, ["bad", "D"], ["", "E"]], mode="create_all")
    assert record.counts == Counts(5, created=3, failed=2)
    found = importer.sql("SELECT email, first_name, is_duplicate FROM contacts ORDER BY first_name, email")
    assert [tuple(row.values()) for row in found] == [
        ("ann@example.com", "A", True),
        ("ann@example.com", "Ann", False),
        ("new@example.com", "B", False),
        ("new@example.com", "C", True),
    ]
    importer.roll_back(record)
    assert importer.everything() == before


def test_create_all_keeps_the_consent_of_an_address(importer):
    importer.run("email,status\ngone@example.com,bounced\n")
    rows = [["gone@example.com", "subscribed"], ["two@example.com", "subscribed"], ["two@example.com", "unsubscribed"]]
    record = importer.run([["email", "status"], *rows, ["gone@example.com", "complained"]], mode="create_all")
    assert lines(importer, record) == [
        ("Created", "status was kept: the address has opted out"),
        ("Created", "status is as in a stricter row with this email"),
        ("Created", ""),
        ("Created", ""),
    ]
    found = importer.sql("SELECT email, status FROM contacts ORDER BY email, id")
    assert [tuple(row.values()) for row in found] == [
        ("gone@example.com", "bounced"),
        ("gone@example.com", "complained"),
        ("gone@example.com", "complained"),
        ("two@example.com", "unsubscribed"),
        ("two@example.com", "unsubscribed"),
    ]


def test_create_all_by_another_key_needs_no_email(importer):
    rows = [["external_id", "first_name"], ["1", "A"], ["1", "B"]]
    record = importer.run(rows, mode="create_all", match_on=["external_id"])
    assert record.counts == Counts(2, created=2)
    assert [row["is_duplicate"] for row in importer.sql("SELECT is_duplicate FROM contacts")] == [False, False]


def test_create_all_takes_rows_without_an_email_where_addresses_are_suppressed(importer):
    with importer.store.begin() as connection:
        suppressions.suppress(connection, "default", ["gone@example.com"])
    rows = [["external_id", "email"], ["1", ""], ["2", "gone@example.com"], ["3", "new@example.com"]]
    record = importer.run(rows, mode="create_all", match_on=["external_id"])
    assert [status for status, _ in lines(importer, record)] == ["Created", "Skipped", "Created"]


def test_create_all_marks_no_duplicate_of_a_row_that_is_not_created(importer):
    importer.settings = importer.settings.model_copy(
        update={"policy": Policy(fields={"first_name": FieldRules(required=True)})}
    )
    rows = [["email", "first_name"], ["a@example.com", ""], ["a@example.com", "Ann"], ["a@example.com", "Abe"]]
    record = importer.run(rows, mode="create_all")
    assert [status for status, _ in lines(importer, record)] == ["Error", "Created", "Created"]
    found = importer.sql("SELECT first_name, is_duplicate FROM contacts ORDER BY first_name")
    assert [tuple(row.values()) for row in found] == [("Abe", True), ("Ann", False)]
