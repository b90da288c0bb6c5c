"""An import from file to store: what becomes of every row, under each option."""

from __future__ import annotations

import pytest

from contact_pipelines import contacts, imports
from contact_pipelines.errors import ContactPipelinesError, FileNotImportable, InvalidOption
from contact_pipelines.models import Counts, ImportStatus, PropertyDefinition

BASE = [
    ["email", "first_name", "last_name", "company", "phone", "tags", "lead_score", "custom_plan"],
    ["Ann@Example.com ", " Ann ", "Lee", "Acme", "+1 415-555-2671", "a|b", "10", "pro"],
    ["bob@example.com", "Bob", "", "", "", "", "", ""],
]
ANN = {
    "external_id": None,
    "email": "ann@example.com",
    "phone": "+14155552671",
    "first_name": "Ann",
    "last_name": "Lee",
    "company": "Acme",
    "status": "subscribed",
    "lead_score": 10,
    "tags": ["a", "b"],
    "properties": {"plan": "pro"},
    "is_duplicate": False,
}
BOB = {
    **dict.fromkeys(ANN),
    "email": "bob@example.com",
    "first_name": "Bob",
    "status": "subscribed",
    "tags": [],
    "properties": {},
    "is_duplicate": False,
}


def test_new_contacts_are_created_with_every_field(importer):
    record = importer.run(BASE)
    assert record.status == ImportStatus.COMPLETED
    assert record.counts == Counts(total=2, created=2)
    assert importer.contacts() == {"ann@example.com": ANN, "bob@example.com": BOB}


def test_the_same_file_again_changes_nothing(importer):
    importer.run(BASE)
    before = importer.everything("contacts", "import_changes")
    record = importer.run(BASE)
    assert record.counts == Counts(total=2, unchanged=2)
    assert importer.everything("contacts", "import_changes") == before


def test_an_update_writes_what_changed_and_journals_it(importer):
    importer.run(BASE)
    changed = [BASE[0], ["ann@example.com", "Ann", "Lee", "Globex", "", "a|b", "10", "free"], BASE[2]]
    record = importer.run(changed)
    assert record.counts == Counts(total=2, updated=1, unchanged=1)
    assert importer.contacts()["ann@example.com"] == {
        **ANN,
        "company": "Globex",
        "properties": {"plan": "free"},
    }
    (change,) = importer.sql(
        "SELECT row_number, action, version, before - 'updated_at' AS before, after FROM import_changes"
        " WHERE import_id = :id", id=record.id)  # fmt: skip
    assert change == {
        "row_number": 2,
        "action": "updated",
        "version": 2,
        "before": {"company": "Acme", "properties.plan": "pro"},
        "after": {"company": "Globex", "properties.plan": "free"},
    }


def test_every_kind_of_row_has_one_outcome_and_a_line_in_the_results(importer):
    importer.run("email,first_name\nold@example.com,Old\nsame@example.com,Same\n")
    record = importer.run(
        "email,first_name\n"
        "new@example.com,New\n"
        "old@example.com,Renamed\n"
        "same@example.com,Same\n"
        "NEW@example.com,Again\n"
        "nonsense,Bad\n"
        "too,many,cells\n"
        "\n"
        ",Nobody\n"
    )
    assert record.counts == Counts(total=7, created=1, updated=1, unchanged=1, skipped=1, failed=3)
    assert importer.results(record) == [
        ["email", "first_name", "Import Status", "Errors"],
        ["new@example.com", "New", "Created", ""],
        ["old@example.com", "Renamed", "Updated", ""],
        ["same@example.com", "Same", "Unchanged", ""],
        ["NEW@example.com", "Again", "Skipped", "duplicate of row 2"],
        ["nonsense", "Bad", "Error", "email is not a valid email address"],
        ["too,many,cells", "", "Error", importer.errors(record)[2][2]],
        ["", "Nobody", "Error", "email is empty"],
    ]
    assert importer.errors(record) == [
        ["email", "first_name", "Errors"],
        ["nonsense", "Bad", "email is not a valid email address"],
        ["too,many,cells", "", importer.errors(record)[2][2]],
        ["", "Nobody", "email is empty"],
    ]
    assert "2" in importer.errors(record)[2][2]  # cells expected
    assert "3" in importer.errors(record)[2][2]  # cells found


def test_the_mended_error_file_can_be_imported_as_it_is(importer):
    record = importer.run("email,first_name\nnonsense,Ann\nbob@example.com,Bob\n")
    mended = [row if row[0] != "nonsense" else ["ann@example.com", *row[1:]] for row in importer.errors(record)]
    assert importer.run(mended).counts == Counts(total=1, created=1)


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize(
    ("mode", "counts", "names"),
    [
        ("upsert", Counts(2, created=1, updated=1), {"a@example.com": "New", "b@example.com": "B"}),
        ("create_only", Counts(2, created=1, skipped=1), {"a@example.com": "Old", "b@example.com": "B"}),
        ("update_only", Counts(2, updated=1, skipped=1), {"a@example.com": "New"}),
    ],
)
def test_modes(importer, mode, counts, names):
    importer.run("email,first_name\na@example.com,Old\n")
    record = importer.run("email,first_name\na@example.com,New\nb@example.com,B\n", mode=mode, tags=["t"])
    assert record.counts == counts
    assert {email: c["first_name"] for email, c in importer.contacts().items()} == names
    tagged = {email for email, contact in importer.contacts().items() if contact["tags"] == ["t"]}
    assert tagged == {email for email in names if not (mode == "create_only" and email == "a@example.com")}


@pytest.mark.parametrize(
    ("duplicates", "counts", "name"),
    [
        ("first", Counts(3, created=1, skipped=2), "One"),
        ("last", Counts(3, created=1, skipped=2), "Three"),
        ("error", Counts(3, failed=3), None),
    ],
)
def test_duplicates_in_the_file(importer, duplicates, counts, name):
    record = importer.run(
        "email,first_name\na@example.com,One\nA@example.com,Two\na@EXAMPLE.com,Three\n", duplicates=duplicates
    )
    assert record.counts == counts
    assert [contact["first_name"] for contact in importer.contacts().values()] == ([name] if name else [])


@pytest.mark.thorough(keep=4)
@pytest.mark.parametrize(
    ("rule", "old", "new", "final"),
    [
        ("overwrite", "5", "3", 3),
        ("overwrite", "5", "", 5),
        ("fill_blank", "5", "3", 5),
        ("fill_blank", "", "3", 3),
        ("keep", "5", "3", 5),
        ("keep", "", "3", None),
        ("keep_higher", "5", "3", 5),
        ("keep_higher", "5", "30", 30),
        ("keep_higher", "", "3", 3),
        ("keep_lower", "5", "3", 3),
        ("keep_lower", "5", "", 5),
    ],
)
def test_rules_of_a_field(importer, rule, old, new, final):
    importer.run(f"email,lead_score\na@example.com,{old}\n")
    importer.run(f"email,lead_score\na@example.com,{new}\n", rules={"lead_score": rule})
    assert importer.contacts()["a@example.com"]["lead_score"] == final


def test_the_default_rule_and_a_rule_of_a_property(importer):
    importer.run("email,first_name,custom_points\na@example.com,Ann,9\n")
    importer.run(
        "email,first_name,custom_points\na@example.com,Bea,10\n",
        rules={"*": "keep", "properties.points": "keep_higher"},
    )
    contact = importer.contacts()["a@example.com"]
    assert (contact["first_name"], contact["properties"]) == ("Ann", {"points": 10})


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize(
    ("rule", "final"), [("overwrite", ["b", "c"]), ("append", ["a", "b", "c"]), ("fill_blank", ["a", "b"])]
)
def test_rules_of_tags(importer, rule, final):
    importer.run("email,tags\na@example.com,a;b\n")
    importer.run("email,tags\na@example.com,b|c\n", rules={"tags": rule})
    assert importer.contacts()["a@example.com"]["tags"] == final


def test_given_tags_are_put_on_unchanged_contacts_too(importer):
    importer.run("email,tags\na@example.com,a\nb@example.com,vip\n")
    record = importer.run("email,tags\na@example.com,a\nb@example.com,vip\n", tags=["vip", "nov"])
    assert record.counts == Counts(2, updated=2)
    assert {c["email"]: c["tags"] for c in importer.contacts().values()} == {
        "a@example.com": ["a", "vip", "nov"],
        "b@example.com": ["vip", "nov"],
    }


def test_blank_cells_are_ignored_or_erase(importer):
    importer.run("email,first_name,tags,custom_plan\na@example.com,Ann,x,pro\n")
    assert importer.run("email,first_name,tags,custom_plan\na@example.com,,,\n").counts == Counts(1, unchanged=1)
    record = importer.run("email,first_name,tags,custom_plan\na@example.com,,,\n", blank="erase")
    assert record.counts == Counts(1, updated=1)
    contact = importer.contacts()["a@example.com"]
    assert (contact["first_name"], contact["tags"], contact["properties"]) == (None, [], {})


def test_consent_is_tightened_and_never_loosened(importer):
    importer.run("email,status\na@example.com,subscribed\nb@example.com,unsubscribed\nc@example.com,bounced\n")
    record = importer.run(
        "email,status,first_name\na@example.com,unsubscribed,A\nb@example.com,subscribed,B\nc@example.com,active,C\n"
    )
    assert record.counts == Counts(3, updated=3)
    assert {c["email"]: (c["status"], c["first_name"]) for c in importer.contacts().values()} == {
        "a@example.com": ("unsubscribed", "A"),
        "b@example.com": ("unsubscribed", "B"),
        "c@example.com": ("bounced", "C"),
    }
    assert importer.results(record)[2][-2:] == ["Updated", "status was kept: the contact has opted out"]
    assert any("opted out" in line for line in imports.import_warnings(importer.settings, record))


def test_an_unknown_status_rejects_the_row(importer):
    record = importer.run("email,status\na@example.com,maybe\nb@example.com,subscribed\n", columns={"status": "status"})
    assert record.counts == Counts(2, created=1, failed=1)


def test_a_phone_that_cannot_be_read_is_a_warning(importer):
    record = importer.run("email,phone\na@example.com,12\nb@example.com,+49 30 123456\n")
    assert record.counts == Counts(2, created=2)
    assert {c["phone"] for c in importer.contacts().values()} == {None, "+4930123456"}
    assert record.warnings == 1
    assert importer.results(record)[1][:3] == ["a@example.com", "12", "Created"]
    assert "phone number" in importer.results(record)[1][3]


def test_a_default_country_reads_national_phones(importer):
    importer.run("email,phone\na@example.com,(415) 555-2671\n", country="us")
    assert importer.contacts()["a@example.com"]["phone"] == "+14155552671"


def test_new_properties_get_the_narrowest_type(importer):
    importer.run(
        "email,custom_text,custom_number,custom_date,cf_flag,custom_code\n"
        "a@example.com,x,1.50,2026-01-31,yes,0130\nb@example.com,,-2,,no,0131\n"
    )
    types = {d["key"]: d["type"] for d in importer.sql("SELECT key, type FROM properties WHERE import_id IS NOT NULL")}
    assert types == {"text": "text", "number": "number", "date": "date", "flag": "boolean", "code": "text"}
    assert importer.contacts()["a@example.com"]["properties"] == {
        "text": "x", "number": 1.5, "date": "2026-01-31", "flag": True, "code": "0130"
    }  # fmt: skip


def test_values_of_a_known_property_are_checked(importer):
    importer.run("email,custom_points\na@example.com,5\n")
    record = importer.run("email,custom_points\nb@example.com,many\nc@example.com,7\n")
    assert record.counts == Counts(2, created=1, failed=1)
    assert importer.errors(record)[1][-1] == "custom_points is not a number"


def test_created_at_describes_new_contacts_only(importer):
    importer.run("email,created_at\na@example.com,2020-01-02\nb@example.com,\n")
    importer.run("email,created_at\na@example.com,2024-01-02\n")
    rows = importer.sql(
        "SELECT email, created_at::date::text AS day, now() - created_at < '1 hour' AS fresh FROM contacts"
    )
    assert {row["email"]: (row["day"] == "2020-01-02", row["fresh"]) for row in rows} == {
        "a@example.com": (True, False),
        "b@example.com": (False, True),
    }


def test_a_full_name_is_split(importer):
    importer.run("email,full name\na@example.com,Ann Lee\n")
    contact = importer.contacts()["a@example.com"]
    assert (contact["first_name"], contact["last_name"]) == ("Ann", "Lee")


def test_a_full_name_fills_what_the_other_name_columns_leave_blank(importer):
    importer.run(
        "name,first_name,last_name,email\n"
        "Ann Lee,Anna,,a@example.com\nBob Roe,,,b@example.com\n,Cyd,Dow,c@example.com\n"
    )
    assert {c["email"]: (c["first_name"], c["last_name"]) for c in importer.contacts().values()} == {
        "a@example.com": ("Anna", "Lee"),
        "b@example.com": ("Bob", "Roe"),
        "c@example.com": ("Cyd", "Dow"),
    }


HOSTILE = [
    "'); DROP TABLE contacts;--",
    '"quoted" \\ back\\slash \\N {curly,"x"} NULL',
    "=HYPERLINK(\"http://example.com\")",
    "{{ template }} ${x} %s %(name)s",
    "line one\nline two\r\nline three",
    "tab\tand \u2028 and emoji \U0001f600 and \u202e",
    "NULL",
    "\\.",
]  # fmt: skip


def test_hostile_values_arrive_as_they_are(importer):
    emails = {f"p{number}@example.com": value for number, value in enumerate(HOSTILE)}
    file = [
        ["email", "first_name", "company", "tags", "custom_note"],
        *([email, value, value, value, value] for email, value in emails.items()),
    ]
    given = {"columns": {"first_name": "first_name"}}  # not guessed from such values
    everybody = len(HOSTILE)
    assert importer.run(file, **given).counts == Counts(everybody, created=everybody)
    before = importer.contacts()
    found = {
        email: (contact["first_name"], contact["company"], contact["properties"]) for email, contact in before.items()
    }
    assert found == {email: (value, value, {"note": value}) for email, value in emails.items()}
    assert importer.run(file, **given).counts == Counts(everybody, unchanged=everybody)
    importer.run([["email", "first_name"], *([email, "x"] for email in emails)], **given)
    assert importer.run(file, **given).counts == Counts(everybody, updated=everybody)
    assert importer.contacts() == before


def test_hostile_headers(importer):
    header = ["email", 'a"b', "x.y", "'); DROP TABLE contacts;--", "{{ t }}", "_row", "EMAIL", "", "select"]
    record = importer.run([header, ["a@example.com", *"12345678"]])
    assert record.counts == Counts(1, created=1)
    assert importer.results(record)[1] == ["a@example.com", *"12345678", "Created", ""]


@pytest.mark.thorough
def test_five_thousand_columns(importer):
    header = ["email", *(f"column {n}" for n in range(4999))]
    assert importer.run([header, ["a@example.com", *(["x"] * 4999)]]).counts == Counts(1, created=1)


def test_tenants_do_not_see_each_other(importer):
    importer.run(BASE, tenant="one")
    record = importer.run(BASE, tenant="two")
    assert record.counts == Counts(2, created=2)
    importer.roll_back(record)
    assert set(importer.contacts("one")) == {"ann@example.com", "bob@example.com"}
    assert importer.contacts("two") == {}


def test_an_idempotency_key_names_one_import(importer):
    path = str(importer.file(BASE))
    first = imports.register_import(importer.store, path, idempotency_key="k1")
    assert imports.register_import(importer.store, path, idempotency_key="k1").id == first.id
    assert imports.register_import(importer.store, path, idempotency_key="k2").id != first.id


FILE_ERRORS = {
    "empty": ("", {}),
    "header only": ("email,first_name\n", {}),
    "no email column": ("name,town\nAnn,Rome\n", {}),
    "mapping names a missing column": ("email\na@example.com\n", {"columns": {"Mail": "email"}}),
    "a field mapped twice": ("email,mail\na@b.co,c@d.co\n", {"columns": {"email": "email", "mail": "email"}}),
    "an unknown field": ("email,x\na@example.com,1\n", {"columns": {"x": "favourite"}}),
    "binary": (b"PK\x03\x04" + bytes(range(256)) * 20, {}),
}


@pytest.mark.parametrize("case", FILE_ERRORS)
def test_a_file_that_cannot_be_imported_fails_before_anything_is_written(importer, case):
    content, options = FILE_ERRORS[case]
    with pytest.raises(ContactPipelinesError) as raised:
        importer.run(content, **options)
    (record,) = imports.list_imports(importer.store)
    assert (record.status, record.error) == (ImportStatus.FAILED, str(raised.value))
    assert importer.contacts() == {}
    assert importer.sql("SELECT key FROM properties WHERE import_id IS NOT NULL") == []


def test_the_sentence_for_a_missing_email_column_names_what_was_seen(importer):
    with pytest.raises(FileNotImportable, match=r"town.*--map|town"):
        importer.run("name,town\nAnn,Rome\n")


def test_options_of_a_multi_select_are_appended_or_replaced(importer):
    contacts.create_property(
        importer.store, PropertyDefinition(key="colours", type="multi_select", options=("red", "blue", 'q"x'))
    )
    importer.run('email,custom_colours\na@example.com,red\nb@example.com,"blue;q""x"\n')
    record = importer.run(
        "email,custom_colours\na@example.com,blue|red\nb@example.com,\n", rules={"properties.colours": "append"}
    )
    assert record.counts == Counts(2, updated=1, unchanged=1)
    assert {c["email"]: c["properties"]["colours"] for c in importer.contacts().values()} == {
        "a@example.com": ["red", "blue"],
        "b@example.com": ["blue", 'q"x'],
    }
    assert importer.run("email,custom_colours\na@example.com,blue\nc@example.com,red;pink\n").counts.failed == 1
    assert importer.contacts()["a@example.com"]["properties"] == {"colours": ["blue"]}


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"frist_name": "keep"}, "Did you mean first_name"),
        ({"email": "keep"}, "no rule for email"),
        ({"first_name": "append"}, "append is for tags"),
        ({"properties.plan": "append"}, "properties.plan is a text"),
    ],
)
def test_rules_that_cannot_be_right_are_refused(importer, rules, sentence):
    with pytest.raises(InvalidOption, match=sentence):
        importer.run(BASE, rules=rules)
    assert importer.contacts() == {}


def test_values_that_hold_the_separators_of_the_hash_are_still_told_apart(importer):
    others = "".join(f"person{n}@example.com,First,Last\n" for n in range(50))  # or else it looks like a binary file
    importer.run(f"email,first_name,last_name\na@example.com,x\x1ey,z\n{others}")
    record = importer.run(f"email,first_name,last_name\na@example.com,x,y\x1ez\n{others}")
    assert record.counts == Counts(51, updated=1, unchanged=50)
    assert importer.contacts()["a@example.com"]["last_name"] == "y\x1ez"


def test_ids_are_uuid7_and_ascend_with_the_email(importer):
    importer.run("email\n" + "".join(f"{hash(n) * 7919 % 100_003}@example.com\n" for n in range(40_000)))
    (facts,) = importer.sql(
        """
        SELECT count(*) AS contacts, count(DISTINCT id) AS ids, bool_and(substr(id::text, 15, 1) = '7') AS version_7,
            bool_and(substr(id::text, 20, 1) IN ('8', '9', 'a', 'b')) AS rfc_variant,
            bool_and(id > before) AS ascending
        FROM (SELECT id, lag(id) OVER (ORDER BY email) AS before FROM contacts) x
        """
    )
    assert facts == {"contacts": 40_000, "ids": 40_000, "version_7": True, "rfc_variant": True, "ascending": True}
    journal = importer.sql("SELECT count(*) AS n FROM import_changes j JOIN contacts c ON c.id = j.contact_id")
    assert journal == [{"n": 40_000}]
