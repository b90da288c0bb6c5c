"""Probable duplicates in imports: what becomes of them, against the real store."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from contact_pipelines import imports
from contact_pipelines.cli.option_parameters import import_options
from contact_pipelines.contacts import suppressions
from contact_pipelines.defs.new_import import NewImport
from contact_pipelines.defs.option_forms import form_options
from contact_pipelines.errors import InvalidOption
from contact_pipelines.files.artifact_names import FUZZY
from contact_pipelines.imports import columns, compare, land, report, stage, validate, way
from contact_pipelines.imports.compare import probable_duplicates
from contact_pipelines.imports.compare.fuzzy import finding
from contact_pipelines.models import Counts, FuzzyOptions, ImportOptions, ImportStatus, Resolve
from contact_pipelines.settings import load_settings
from contact_pipelines.settings.policy import Policy
from contact_pipelines.store import import_life
from tests.helpers.dagster_runs import everything_said, metadata_of, register, run_job, use_environment

ON = "name+company+phone+birthday"
HEADER = "email,first_name,last_name,company,phone,city,birthday,status,tags"
KNOWN = f"""{HEADER}
john@old.example,John,Smith,Acme Inc.,+14155550101,,1975-03-09,subscribed,vip
mary@old.example,Mary,Jones,Initech,+14155550102,Boston,1980-01-02,unsubscribed,
"""
JON = "j.smith@new.example,Jon,Smith,ACME,+14155550101,Springfield,1975-03-09,,fair"
ADA = "ada@new.example,Ada,Byron,Analytical,+14155550109,London,1990-12-10,,"
FILE = f"{HEADER}\n{JON}\n{ADA}\n"
WHY = "same company, same phone, same properties.birthday"
"""What speaks for Jon Smith being John, besides the name."""
FOUND = "1 row is probably a contact that exists or an earlier row"
RESOLVES = ("review", "skip_new", "update_existing", "merge_fields", "create_new")


def fuzzy(resolve="review", **more):
    return {"fuzzy": {"on": ON, "resolve": resolve, **more}}


@pytest.fixture
def known(importer):
    importer.run(KNOWN)
    return importer


def id_of(importer, email):
    return str(importer.sql("SELECT id FROM contacts WHERE email = :email", email=email)[0]["id"])


def artifact(importer, record, name):
    return Path(importer.settings.artifacts) / record.tenant_id / record.id / name


def duplicates(importer, record):
    """Return the lines of duplicates.csv: row, status, contact, other row, score, reason, treated, because."""
    path = imports.duplicates_file(importer.settings, record)
    return [tuple(line) for line in csv.reader(io.StringIO(Path(path).read_text(encoding="utf-8")))][1:]


def told(importer, record):
    """Return what is told of the search."""
    return [line for line in imports.import_warnings(importer.settings, record) if "probabl" in line]


def plan(importer, record):
    """Return (outcome, code, message) of each row of the plan; contacts' ids are named X."""
    path = artifact(importer, record, "contact_changes.parquet")
    rows = duckdb.sql(f"SELECT _row, outcome, code, message FROM '{path}' ORDER BY _row").fetchall()
    return {
        row: (outcome, code, message and re.sub(r"[0-9a-f-]{36}", "X", message)) for row, outcome, code, message in rows
    }


def state(importer):
    """Return all of the store that an import may change."""
    return importer.everything("contacts", "import_changes", "properties", "group_members")


def people(importer):
    """Return the contacts' data, without what tells one store from another."""
    return {email: {**contact, "tags": sorted(contact["tags"])} for email, contact in importer.contacts().items()}


JOHN = {
    "external_id": None,
    "email": "john@old.example",
    "phone": "+14155550101",
    "first_name": "John",
    "last_name": "Smith",
    "company": "Acme Inc.",
    "status": "subscribed",
    "lead_score": None,
    "tags": ["vip"],
    "properties": {"birthday": "1975-03-09"},
    "is_duplicate": False,
}
AS_NEW = JOHN | {
    "email": "j.smith@new.example",
    "first_name": "Jon",
    "company": "ACME",
    "tags": ["fair"],
    "properties": {"birthday": "1975-03-09", "city": "Springfield"},
}
SAME = f"probably the same as contact X (score 100: similar name, {WHY})"


# -- each way of dealing with them


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize(
    ("resolve", "counts", "outcome", "treated", "john", "new", "warning"),
    [
        ("review", Counts(2, created=2), "Created", "treated as new", {}, True, "1 treated as new"),
        ("skip_new", Counts(2, created=1, skipped=1), "Skipped", "skipped", {}, False, "1 skipped"),
        (
            *("update_existing", Counts(2, created=1, updated=1), "Updated", "taken for the contact"),
            {"first_name": "Jon", "company": "ACME", "tags": ["fair"], "properties": AS_NEW["properties"]},
            *(False, "1 taken for the contact"),
        ),
        (
            *("merge_fields", Counts(2, created=1, updated=1), "Updated", "taken for the contact"),
            {"tags": ["fair", "vip"], "properties": AS_NEW["properties"]},
            *(False, "1 taken for the contact"),
        ),
        ("create_new", Counts(2, created=2), "Created", "treated as new", {}, True, None),
    ],
)
def test_what_becomes_of_a_row_that_is_probably_a_contact(known, resolve, counts, outcome, treated, john, new, warning):  # noqa: PLR0917
    contact, before = id_of(known, "john@old.example"), people(known)
    record = known.run(FILE, **fuzzy(resolve))
    assert record.counts == counts
    assert plan(known, record) == {2: (outcome.lower(), "probable_duplicate", SAME), 3: ("created", None, None)}
    after = people(known)
    expected = before | {"john@old.example": JOHN | john, "ada@new.example": after["ada@new.example"]}
    assert after == (expected | {"j.smith@new.example": AS_NEW} if new else expected)
    assert duplicates(known, record) == [("2", outcome, contact, "", "100", f"similar name, {WHY}", treated, "")]
    assert [line[-2:] for line in known.results(record)[1:]] == [
        [outcome, SAME.replace("X", contact)],
        ["Created", ""],
    ]
    assert told(known, record) == ([f"{FOUND}: {warning} (first in row 2; see duplicates.csv)"] if warning else [])


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("resolve", RESOLVES)
def test_the_same_file_again_changes_nothing_and_a_rollback_restores_what_was_there(known, resolve):
    before = known.everything("contacts", "properties", "group_members")
    record = known.run(FILE, **fuzzy(resolve))
    imported = known.everything()
    again = known.run(FILE, **fuzzy(resolve))
    skipped = int(resolve == "skip_new")
    assert again.counts == Counts(2, unchanged=2 - skipped, skipped=skipped)
    assert known.everything() == imported
    known.roll_back(record)
    after = known.everything("contacts", "properties", "group_members")
    for contact in (*before["contacts"], *after["contacts"]):
        contact.pop("version")
    assert after == before


def test_nothing_is_looked_for_unless_it_is_asked_for(known):
    record = known.run(FILE)
    assert record.counts == Counts(2, created=2)
    assert imports.duplicates_file(known.settings, record) is None
    assert not artifact(known, record, f"{FUZZY}.parquet").exists()


# -- what is doubtful


@pytest.mark.thorough
def test_of_two_rows_for_one_contact_the_likelier_is_taken(known):
    worse = "jon@new.example,Jon,Smith,,+14155550177,,1975-03-09,,"
    record = known.run(f"{HEADER}\n{worse}\n{JON}\n", **fuzzy("update_existing"))
    outcomes = plan(known, record)
    assert (outcomes[2][0], outcomes[3][0]) == ("created", "updated")
    assert outcomes[2][2].endswith("; not merged: row 3 is likelier")
    lines = duplicates(known, record)
    assert [(line[0], line[6], line[7]) for line in lines] == [
        ("2", "treated as new", "not merged: row 3 is likelier"),
        ("3", "taken for the contact", ""),
        ("3", "treated as new", "not merged: rows are not merged with one another"),
    ]


@pytest.mark.thorough
def test_of_two_rows_as_likely_the_first_is_taken(known):
    record = known.run(f"{HEADER}\n{JON}\n{JON.replace('j.smith@', 'jon@')}\n", **fuzzy("merge_fields"))
    assert {row: outcome for row, (outcome, *_) in plan(known, record).items()} == {2: "updated", 3: "created"}


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("same", [True, False])
def test_a_contact_whose_key_a_row_has_is_spoken_for(known, same):
    own = KNOWN.splitlines()[1] if same else KNOWN.splitlines()[1].replace("Acme Inc.", "Acme Corp")
    record = known.run(f"{HEADER}\n{JON}\n{own}\n", **fuzzy("update_existing"))
    assert record.counts == Counts(2, created=1, unchanged=int(same), updated=int(not same))
    assert plan(known, record)[2][2].endswith("; not merged: row 3 has the key of this contact")


@pytest.mark.thorough
def test_contacts_that_are_as_likely_are_never_merged_with(known):
    known.run(KNOWN.replace("john@old", "twin@old"))
    record = known.run(FILE, **fuzzy("update_existing"))
    assert plan(known, record)[2] == (
        "created",
        "probable_duplicate",
        f"{SAME}; not merged: 2 contacts are as likely",
    )


@pytest.mark.thorough
def test_rows_that_are_probably_one_person(importer):
    other = JON.replace("j.smith@", "jon@").replace("Jon,", "John,")
    content = f"{HEADER}\n{ADA}\n{JON}\n{other}\n"
    message = f"probably the same as row 3 (score 100: similar name, {WHY})"
    record = importer.run(content, **fuzzy("skip_new"))
    assert plan(importer, record) == {
        2: ("created", None, None),
        3: ("created", None, None),
        4: ("skipped", "probable_duplicate", message),
    }
    importer.roll_back(record)
    record = importer.run(content, **fuzzy("update_existing"))
    assert record.counts == Counts(3, created=3)
    assert duplicates(importer, record) == [
        (
            *("4", "Created", "", "3", "100", f"similar name, {WHY}", "treated as new"),
            "not merged: rows are not merged with one another",
        )
    ]


# -- identity and rules


def test_identity_is_filled_where_it_is_blank_and_never_replaced(importer):
    head = "external_id,email,phone,first_name,last_name,company,birthday,custom_plan\n"
    importer.run(
        head
        + "1,john@old.example,,John,Smith,Acme,1975-03-09,free\n2,,+14155550102,Mary,Jones,Initech,1980-01-02,free\n",
        match_on="external_id",
    )
    rows = (
        "8,j@new.example,+14155550108,John,Smith,Acme Inc,1975-03-09,pro\n"
        "9,m@new.example,+14155550109,Mary,Jones,Initech,1980-01-02,\n"
    )
    record = importer.run(
        head + rows, match_on="external_id", fuzzy={"on": "name+company+birthday", "resolve": "update_existing"}
    )
    assert record.counts == Counts(2, updated=2)
    facts = importer.sql(
        "SELECT external_id, email, phone, company, properties->>'plan' AS plan FROM contacts ORDER BY 1"
    )
    assert [tuple(fact.values()) for fact in facts] == [
        ("1", "john@old.example", "+14155550108", "Acme Inc", "pro"),
        ("2", "m@new.example", "+14155550102", "Initech", "free"),
    ]
    importer.roll_back(record)
    facts = importer.sql("SELECT external_id, email, phone FROM contacts ORDER BY 1")
    assert [tuple(fact.values()) for fact in facts] == [("1", "john@old.example", None), ("2", None, "+14155550102")]


@pytest.mark.thorough
def test_a_blank_email_is_filled_though_it_is_the_only_key(importer):
    importer.run(
        "external_id,first_name,last_name,birthday,phone\n1,John,Smith,1975-03-09,+14155550101\n",
        match_on="external_id",
    )
    record = importer.run(
        "email,first_name,last_name,birthday,phone\nj@new.example,John,Smith,1975-03-09,+14155550101\n",
        fuzzy={"on": "name+birthday+phone", "resolve": "merge_fields"},
    )
    assert record.counts == Counts(1, updated=1)
    assert [contact["external_id"] for contact in importer.contacts().values()] == ["1"]
    assert list(importer.contacts()) == ["j@new.example"]
    again = importer.run("email,first_name\nj@new.example,John\n")
    assert again.counts == Counts(1, unchanged=1)


def test_the_rules_of_the_import_hold(known):
    record = known.run(
        FILE, **fuzzy("update_existing"), rules={"first_name": "keep", "company": "fill_blank", "tags": "append"}
    )
    assert record.counts == Counts(2, created=1, updated=1)
    assert people(known)["john@old.example"] == JOHN | {"tags": ["fair", "vip"], "properties": AS_NEW["properties"]}


def test_what_is_kept_is_kept_by_a_merge_too(known):
    record = known.run(FILE, **fuzzy("merge_fields"), rules={"city": "keep", "tags": "keep"})
    assert record.counts == Counts(2, created=1, unchanged=1)
    assert people(known)["john@old.example"] == JOHN


def test_tags_lists_and_the_import_tag_go_on_the_contact(known):
    record = known.run(FILE, **fuzzy("merge_fields") | {"import_tag": "from_fair"}, tags=["expo"], lists=["Fair"])
    assert record.counts == Counts(2, created=1, updated=1)
    assert people(known)["john@old.example"]["tags"] == ["expo", "fair", "from_fair", "vip"]
    assert known.sql("SELECT count(*) AS n FROM group_members")[0]["n"] == 2


@pytest.mark.thorough
def test_an_email_that_is_no_key_and_taken_does_not_fail_a_row_that_is_a_contact(importer):
    head = "external_id,email,first_name,last_name,company,birthday\n"
    importer.run(
        head + "1,john@a.example,John,Smith,Acme,1975-03-09\n2,x@a.example,Ann,Lee,Hooli,1960-05-05\n",
        match_on="external_id",
    )
    again = head + "7,x@a.example,John,Smith,Acme,1975-03-09\n"
    on = {"on": "name+company+birthday"}
    assert importer.run(again, match_on="external_id", fuzzy=on).counts == Counts(1, failed=1)
    assert importer.run(again, match_on="external_id", fuzzy=on | {"resolve": "merge_fields"}).counts == Counts(
        1, unchanged=1
    )


# -- consent

MARY = "m.jones@new.example,Mary,Jones,Initech,+14155550102,Boston,1980-01-02,{},"
DIFFERS = (
    "1 row is probably one person with a contact or row of whom one has opted out and the other is subscribed,"
    " and treated as new (first in row 2)"
)


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("resolve", ["review", "create_new"])
def test_who_probably_opted_out_is_told_of(known, resolve):
    record = known.run(f"{HEADER}\n{MARY.format('subscribed')}\n", **fuzzy(resolve))
    outcome, code, message = plan(known, record)[2]
    assert (outcome, code) == ("created", "opted_out_duplicate")
    assert message.endswith("; one of them has opted out")
    assert told(known, record)[-1] == DIFFERS


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("resolve", ["skip_new", "update_existing", "merge_fields"])
def test_an_opt_out_is_never_loosened(known, resolve):
    record = known.run(f"{HEADER}\n{MARY.format('subscribed')}\n", **fuzzy(resolve))
    assert people(known)["mary@old.example"]["status"] == "unsubscribed"
    assert "m.jones@new.example" not in people(known)
    assert record.counts.created == 0


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("resolve", ["review", "merge_fields"])
def test_an_address_that_opts_out_is_remembered(known, resolve):
    left = JON.replace("1975-03-09,,", "1975-03-09,unsubscribed,")
    record = known.run(f"{HEADER}\n{left}\n", **fuzzy(resolve))
    assert record.counts == Counts(1, created=1)
    assert {it: known.contacts()[it]["status"] for it in ("john@old.example", "j.smith@new.example")} == {
        "john@old.example": "subscribed",
        "j.smith@new.example": "unsubscribed",
    }
    assert plan(known, record)[2][1] == "opted_out_duplicate"
    assert DIFFERS in told(known, record)


def test_a_status_for_new_contacts_is_no_opt_out_of_theirs(known):
    record = known.run(FILE, **fuzzy("merge_fields"), status="unsubscribed")
    assert record.counts == Counts(2, created=1, updated=1)
    assert known.contacts()["john@old.example"]["status"] == "subscribed"


def test_an_opt_out_without_an_address_is_the_contacts(importer):
    head = "external_id,first_name,last_name,birthday,phone,status\n"
    importer.run(head + "1,John,Smith,1975-03-09,+14155550101,subscribed\n", match_on="external_id")
    on = {"on": "name+birthday+phone"}
    left = head + "7,John,Smith,1975-03-09,+14155550101,unsubscribed\n"
    skipped = importer.run(left, match_on="external_id", fuzzy=on | {"resolve": "skip_new"})
    assert skipped.counts == Counts(1, created=1)
    importer.roll_back(skipped)
    importer.sql("DELETE FROM contacts WHERE external_id = '7'")
    assert importer.run(left, match_on="external_id", fuzzy=on | {"resolve": "merge_fields"}).counts == Counts(
        1, updated=1
    )
    assert importer.sql("SELECT external_id, status FROM contacts") == [{"external_id": "1", "status": "unsubscribed"}]


def test_of_two_rows_the_one_that_opts_out_is_not_skipped(importer):
    left = JON.replace("j.smith@", "jon@").replace("1975-03-09,,", "1975-03-09,unsubscribed,")
    record = importer.run(f"{HEADER}\n{JON}\n{left}\n", **fuzzy("skip_new"))
    assert record.counts == Counts(2, created=2)
    assert plan(importer, record)[3][1] == "opted_out_duplicate"


def test_a_suppressed_address_stays_skipped(known):
    with known.store.begin() as connection:
        suppressions.suppress(connection, "default", ["j.smith@new.example"], reason="complained")
    record = known.run(FILE, **fuzzy("update_existing"))
    assert plan(known, record)[2][:2] == ("skipped", "suppressed")
    assert people(known)["john@old.example"] == JOHN


# -- modes


def test_update_only_updates_who_is_probably_a_contact(known):
    left = JON.replace("1975-03-09,,", "1975-03-09,unsubscribed,")
    content = f"{HEADER}\n{left}\n{ADA}\n"
    record = known.run(content, mode="update_only", **fuzzy())
    assert plan(known, record)[2][:2] == ("skipped", "not_in_store")
    assert plan(known, record)[2][2].startswith("no contact has this email; probably the same as contact X")
    record = known.run(content, mode="update_only", **fuzzy("merge_fields"))
    assert record.counts == Counts(2, updated=1, skipped=1)
    assert people(known)["john@old.example"]["status"] == "unsubscribed"  # nobody is created who could hold it


@pytest.mark.thorough
def test_create_only_can_skip_and_create_all_can_tell(known):
    record = known.run(FILE, mode="create_only", **fuzzy("skip_new"))
    assert record.counts == Counts(2, created=1, skipped=1)
    known.roll_back(record)
    record = known.run(FILE, mode="create_all", **fuzzy())
    assert record.counts == Counts(2, created=2)
    assert plan(known, record)[2] == ("created", "probable_duplicate", SAME)


@pytest.mark.parametrize(
    ("mode", "resolve"),
    [
        ("create_only", "update_existing"),
        ("create_only", "merge_fields"),
        ("create_all", "skip_new"),
        ("create_all", "merge_fields"),
    ],
)
def test_a_mode_that_contradicts_it_is_refused(known, mode, resolve):
    with pytest.raises(InvalidOption, match=f"fuzzy.resolve {resolve} does not go with mode {mode}"):
        known.run(FILE, mode=mode, **fuzzy(resolve))


@pytest.mark.thorough
def test_a_row_that_lacks_what_new_contacts_need_can_still_update(known):
    policy = Policy.model_validate({"fields": {"external_id": {"required": True}}})
    known.settings = known.settings.model_copy(update={"policy": policy})
    assert known.run(FILE, **fuzzy()).counts == Counts(2, failed=2)
    assert known.run(FILE, **fuzzy("merge_fields")).counts == Counts(2, updated=1, failed=1)


# -- review, and stores that move


def test_a_review_shows_what_is_confirmed(known):
    before = state(known)
    record = known.run(FILE, review=True, **fuzzy("merge_fields"))
    assert (record.status, record.counts) == (ImportStatus.AWAITING_REVIEW, Counts(2, created=1, updated=1))
    assert state(known) == before
    shown = duplicates(known, record)
    assert shown[0][:2] == ("2", "Updated")
    done = imports.confirm_import(known.store, known.settings, record.id)
    assert done.counts == record.counts
    assert duplicates(known, done) == shown
    assert people(known)["john@old.example"]["tags"] == ["fair", "vip"]


@pytest.mark.thorough
def test_a_row_that_became_somebody_elses_after_the_review_is_left_out(known):
    record = known.run(FILE, review=True, **fuzzy("merge_fields"))
    known.run(KNOWN.replace("john@old", "twin@old"))
    done = imports.confirm_import(known.store, known.settings, record.id)
    assert done.counts == Counts(2, created=1, failed=1)
    assert plan(known, done)[2][:2] == ("failed", "changed_since_review")
    assert duplicates(known, done)[0][1] == "Failed"
    assert people(known)["john@old.example"] == JOHN


@pytest.mark.thorough
def test_what_moves_between_comparing_and_applying_is_looked_for_again(importer, monkeypatch):
    monkeypatch.setattr(
        import_life, "ABANDONED_AFTER_SECONDS", 1
    )  # the younger import waits until the older seems dead
    path = importer.file(FILE)
    options = ImportOptions.model_validate({"import_tag": "none", **fuzzy("skip_new")})
    record = imports.register_import(importer.store, str(path), options)
    with imports.open_import(importer.store, importer.settings, record) as session:
        for step in (land, stage, columns, validate, compare):
            step.run(session)
        importer.run(KNOWN)
        assert way.apply_import(session) == Counts(2, created=1, skipped=1)
        report.run(session)
    assert duplicates(importer, record)[0][1] == "Skipped"


@pytest.mark.thorough
def test_order_and_chunks_change_nothing(known, monkeypatch):
    chance = random.Random(7)
    names = ["John Smith", "Jon Smith", "Mary Jones", "Marie Jones", "Ada Byron", "Ada Bryon", "Eve Stone", "Eva Stone"]
    lines = [
        f"p{number}@new.example,{name.replace(' ', ',')},{company},+1415555010{number % 4},,197{number % 3}-03-09,,"
        for number, (name, company) in enumerate((name, company) for name in names for company in ("Acme", "Initech"))
    ]
    seen = []
    for size in (finding.SLICE, 3, 1):
        monkeypatch.setattr(finding, "SLICE", size)
        record = known.run("\n".join([HEADER, *lines]) + "\n", **fuzzy("merge_fields", threshold=70))
        seen.append((record.counts, plan(known, record), duplicates(known, record)))
        known.roll_back(record)
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0][2]) > 5
    chance.shuffle(lines)  # row numbers differ then, and decide between rows; who is found does not
    record = known.run("\n".join([HEADER, *lines]) + "\n", **fuzzy("review", threshold=70))
    emails = {row: line.split(",")[0] for row, line in enumerate(lines, 2)}
    shuffled = {emails[int(line[0])] for line in duplicates(known, record) if line[2]}
    assert shuffled == {f"p{int(line[0]) - 2}@new.example" for line in seen[0][2] if line[2]}


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize(
    ("resolve", "mode"), [*((resolve, "upsert") for resolve in RESOLVES), ("merge_fields", "update_only")]
)
def test_every_row_has_one_outcome_and_a_rollback_takes_it_back(known, resolve, mode):
    chance = random.Random(f"{resolve} {mode}")
    first, last, status = (
        ("John", "Jon", "Mary", "Ada"),
        ("Smith", "Smyth", "Jones"),
        ("", "subscribed", "unsubscribed"),
    )
    lines = [
        f"{chance.choice(('john@old', f'p{number}@new', f'q{number % 7}@new'))}.example,{chance.choice(first)},"
        f"{chance.choice(last)},Acme,+1415555010{chance.randrange(3)},,1975-03-09,{chance.choice(status)},"
        for number in range(40)
    ]
    before = known.contacts()
    record = known.run("\n".join([HEADER, *lines]) + "\n", mode=mode, **fuzzy(resolve))
    assert record.counts.add_up
    assert record.counts.total == 40
    assert len(duplicates(known, record)) > 5
    assert all(known.contacts()[email]["status"] == "unsubscribed" for email in ("mary@old.example",))
    known.roll_back(record, restore_consent="test")
    assert known.contacts() == before


# -- what is asked for


def test_fields_that_the_file_lacks_are_told(known):
    record = known.run(FILE, fuzzy={"on": "name+company+phone+birthday+address"})
    assert "probable duplicates were looked for without properties.address: no column is mapped to it" in told(
        known, record
    )
    with pytest.raises(InvalidOption, match=r"cannot be found by name\+company: the file has no column for company"):
        known.run("email,first_name,last_name\na@b.example,Ann,Lee\n", fuzzy={"on": "name+company"})


def test_a_store_that_is_too_large_is_refused(known, monkeypatch):
    monkeypatch.setattr(probable_duplicates, "MOST_CONTACTS", 1)
    before = state(known)
    with pytest.raises(InvalidOption, match="more than 1 contacts, too many to look for probable duplicates"):
        known.run(FILE, **fuzzy())
    assert state(known) == before
    # Nobody is looked for where every row has a key that is known.
    assert known.run(KNOWN, **fuzzy()).counts == Counts(2, unchanged=2)


@pytest.mark.thorough
def test_groups_that_were_too_large_are_told(importer):
    lines = [f"p{n}@new.example,Jon{chr(97 + n % 26)}{chr(97 + n // 26)},Smith,Acme,,,," for n in range(200)]
    record = importer.run(
        "\n".join(["email,first_name,last_name,company", *[",".join(line.split(",")[:4]) for line in lines]]),
        fuzzy={"on": "last_name+company", "threshold": 50},
    )
    assert any("too large to compare each with each" in line for line in told(importer, record))


def test_what_is_told_names_nobody(known):
    record = known.run(FILE, **fuzzy())
    said = " ".join(imports.import_warnings(known.settings, record))
    assert not re.search(r"Jon|Smith|ACME|555|example|[0-9a-f]{8}-", said)


# -- the doors


def test_from_the_command_line_and_files(tmp_path):
    path = tmp_path / "options.yaml"
    path.write_text("fuzzy: {on: [name+company, phone], threshold: 90}\n")
    options = import_options({"fuzzy": {"resolve": "skip_new"}}, path)
    assert options.fuzzy == FuzzyOptions(on=("name+company", "phone"), threshold=90, resolve=Resolve.SKIP_NEW)
    assert ImportOptions.model_validate(options.model_dump(mode="json")) == options
    assert import_options({"fuzzy": {"on": "all"}}, path).fuzzy == FuzzyOptions(threshold=90)
    assert import_options({"fuzzy": {"on": "all"}}).fuzzy == FuzzyOptions()
    assert import_options({"fuzzy": {"on": "none"}}, path).fuzzy is None
    assert import_options({}).fuzzy is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"on": "name+status"}, "The value of --fuzzy is wrong: cannot compare 'status'"),
        ({"threshold": "3"}, "The value of --fuzzy-threshold is wrong: Input should be greater than or equal to 50"),
        ({"resolve": "delete"}, "The value of --fuzzy-resolve is wrong: Input should be 'review', 'skip_new'"),
    ],
)
def test_what_is_wrong_is_named(given, sentence):
    with pytest.raises(InvalidOption, match=re.escape(sentence)):
        import_options({"fuzzy": given})


def test_a_wrong_key_of_an_options_file_is_named(tmp_path):
    path = tmp_path / "options.yaml"
    path.write_text("fuzzy: {treshold: 90}\n")
    with pytest.raises(InvalidOption, match=r"has an unknown key fuzzy\.treshold\.$"):
        import_options({}, path)


def test_the_settings_file_spells_it_as_documented(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("options:\n  fuzzy: {on: [name+company, phone], resolve: skip_new}\n")
    read = load_settings({"CONTACT_PIPELINES_CONFIG": str(path), "CONTACT_PIPELINES_HOME": str(tmp_path)})
    assert read.options.fuzzy == FuzzyOptions(on=("name+company", "phone"), resolve=Resolve.SKIP_NEW)


def test_the_settings_file_asks_for_it_and_an_import_changes_its_mind():
    policy = ImportOptions(fuzzy={"on": "name+company", "resolve": "skip_new"})
    assert ImportOptions().over(policy).fuzzy == policy.fuzzy
    assert ImportOptions(fuzzy={"threshold": 90}).over(policy).fuzzy == FuzzyOptions(
        on=("name+company",), threshold=90, resolve=Resolve.SKIP_NEW
    )
    assert ImportOptions(fuzzy="none").over(policy).fuzzy is None
    assert ImportOptions(fuzzy={"threshold": 90}).over(ImportOptions()).fuzzy == FuzzyOptions(threshold=90)


def test_from_the_form():
    given = {"on": ["name+company"], "resolve": "merge_fields"}
    assert of_form(given).fuzzy == FuzzyOptions.model_validate(given)
    assert "fuzzy" not in of_form(None).model_fields_set
    with pytest.raises(InvalidOption, match=r"The option fuzzy\.threshold cannot be used"):
        of_form({"threshold": 3})


def of_form(fuzzy):
    return form_options(NewImport(similar={"fuzzy": fuzzy}), ImportOptions)


def test_the_command_says_where_they_are(run, tmp_path):
    (tmp_path / "known.csv").write_text(KNOWN)
    (tmp_path / "file.csv").write_text(FILE)
    assert run("import", "known.csv", "--json").code == 0
    done = run("import", "file.csv", "--fuzzy", ON, "--fuzzy-resolve", "skip_new", "--json")
    assert done.code == 0, done.err
    shape = json.loads(done.out)
    assert shape["counts"]["skipped"] == 1
    assert Path(shape["duplicates_file"]).read_text().startswith("Row,Import Status,Contact,Other Row,Score,Reason")
    shown = run("show", shape["id"])
    assert re.search(r"^  Duplicates .*duplicates\.csv$", shown.out, re.M)


def test_dagster_tells_how_many_and_names_nobody(known, tmp_path, monkeypatch):
    use_environment(monkeypatch, known.settings.home, known.settings.database_url)
    with dg.DagsterInstance.ephemeral() as instance:
        options = ImportOptions.model_validate(fuzzy())
        record = register(known.store, tmp_path, FILE, options=options)
        result = run_job(instance, record)
        assert result.success
        assert metadata_of(result, "contact_changes")["probable_duplicates"] == 1
        said = everything_said(instance, result.run_id)
    assert not re.search(r"Springfield|Jon,|j\.smith@|\+1415", said)
