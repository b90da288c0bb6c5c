"""Erasing a person: nothing that names them stays, and nothing else goes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
from sqlalchemy import inspect
from typer.testing import CliRunner

from contact_pipelines import contacts, imports
from contact_pipelines.cli.contact_commands import app
from contact_pipelines.contacts import erase, person_search, suppressions
from contact_pipelines.contacts.erase import Erasure
from contact_pipelines.contacts.person_search import Person
from contact_pipelines.errors import AddressSuppressed, InvalidOption, NotFound, WrongState
from contact_pipelines.files.artifacts import ArtifactFolder
from contact_pipelines.models import ImportStatus, RollbackCounts

ZELDA = "zelda@example.com"
TRACES = ("zelda", "quux", "4155552671", "555-2671", "z-17")
FIRST = (
    "email,external_id,first_name,last_name,phone,company,status\n"
    "zelda@example.com,Z-17,Zelda,Quux,+14155552671,Acme,subscribed\n"
    "bob@example.com,B-1,Bob,Roe,+14155552672,Acme,subscribed\n"
)
SECOND = "email,company\nzelda@example.com,Globex\nbob@example.com,Globex\nnew@example.com,Globex\n"
UNCHANGED = "email,first_name\nzelda@example.com,Zelda\n"
REJECTED = "email,first_name\nZelda@Example.com,Zelda\nzelda@example.com,Other\n"  # the second is a duplicate
REFERRED = "email,custom_note\nbob@example.com,came with ZELDA@example.com\n"
BY_PHONE = "email,phone\nother@example.com,(415) 555-2671\n"
APART = "email,first_name\nann@example.com,Ann\n"


def _erase(importer, key=ZELDA, **options) -> Erasure:
    return contacts.erase_contact(importer.store, importer.settings, key, **options)


def _files(importer) -> dict[str, str]:
    """Return all that the artifact folder holds, as text: Parquet with its values decompressed."""
    files = [path for path in Path(importer.settings.artifacts).rglob("*") if path.is_file()]
    return {str(path): _text(path) for path in files}


def _text(path: Path) -> str:
    return str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_bytes().decode("latin-1")


def _traces(importer) -> list[str]:
    """Return every place in the store and the files where something of the person is found."""
    with importer.store.connect() as connection:
        tables = inspect(connection).get_table_names()
    rows = {
        f"{table} {row['written']}": row["written"]
        for table in tables
        for row in importer.sql(f'SELECT CAST(t AS text) AS written FROM "{table}" t')
    }
    return [place for place, held in (rows | _files(importer)).items() if any(it in held.lower() for it in TRACES)]


def _group(importer, email=ZELDA):
    importer.sql(
        "INSERT INTO groups (tenant_id, id, kind, name) VALUES ('default', gen_random_uuid(), 'list', 'News');"
        "INSERT INTO group_members (tenant_id, group_id, contact_id)"
        " SELECT c.tenant_id, g.id, c.id FROM contacts c, groups g"
    )
    assert email in importer.contacts()


def test_nothing_of_the_person_is_left_anywhere(importer):
    records = [importer.run(content) for content in (FIRST, SECOND, UNCHANGED, REJECTED, REFERRED, BY_PHONE, APART)]
    # What other contacts say of the person is theirs, and not looked for in the store; in files it goes.
    importer.sql("UPDATE contacts SET properties = '{}' WHERE email = 'bob@example.com'")
    importer.sql("UPDATE import_changes SET after = NULL WHERE after ? 'properties.note'")
    importer.sql("DELETE FROM contacts WHERE email = 'other@example.com'")
    _group(importer)
    before = importer.contacts()
    apart = {name: held for name, held in _files(importer).items() if records[-1].id in name}
    assert len(_traces(importer)) > 20

    done = _erase(importer, reason="asked by letter")

    assert (done.contacts, done.memberships, done.changes) == (1, 1, 2)
    assert done.imports == tuple(record.name for record in records[:-1])
    assert done.not_searched == ()
    assert _traces(importer) == []
    assert importer.contacts() == {email: contact for email, contact in before.items() if email != ZELDA}
    files = _files(importer)
    assert {name: held for name, held in files.items() if records[-1].id in name} == apart
    assert {Path(name).name for name in files if records[0].id in name} == {"report.json"}
    assert importer.sql("SELECT reason FROM suppressions") == [{"reason": "erased: asked by letter"}]


def test_the_person_cannot_be_imported_again(importer):
    importer.run(FIRST)
    _erase(importer)
    with pytest.raises(AddressSuppressed), importer.store.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO contacts (tenant_id, id, email) VALUES ('default', gen_random_uuid(), 'zelda@example.com')"
        )
    with importer.store.connect() as connection:
        assert suppressions.is_suppressed(connection, "default", " Zelda@example.com")


def test_the_imports_can_still_be_rolled_back(importer):
    first, second = importer.run(FIRST), importer.run(SECOND)
    _erase(importer)
    assert importer.roll_back(second) == RollbackCounts(restored=1, deleted=1, kept=0)
    assert {email: contact["company"] for email, contact in importer.contacts().items()} == {"bob@example.com": "Acme"}
    assert importer.roll_back(first) == RollbackCounts(restored=0, deleted=1, kept=0)
    assert importer.contacts() == {}
    with pytest.raises(NotFound, match="has no results file"):
        imports.copy_results(importer.settings, first, importer.folder / "out.csv")


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize("key", ["Z-17", "+1 415 555 2671", " Zelda@Example.com", "id"])
def test_every_key_finds_the_person(importer, key):
    importer.run(FIRST)
    if key == "id":
        key = contacts.get_contact(importer.store, ZELDA)["id"]
    assert _erase(importer, key).contacts == 1
    assert _traces(importer) == []
    assert set(importer.contacts()) == {"bob@example.com"}


def test_marked_duplicates_and_former_addresses_are_the_same_person(importer):
    importer.run(FIRST)
    importer.sql(
        "INSERT INTO contacts (tenant_id, id, email, is_duplicate) VALUES ('default', gen_random_uuid(), :email, true)",
        email=ZELDA,
    )
    importer.sql(
        "UPDATE import_changes SET action = 'updated', before = '{\"email\": \"old.zelda@example.com\"}'"
        " FROM contacts c WHERE c.id = contact_id AND c.email = :email",
        email=ZELDA,
    )
    assert _erase(importer).contacts == 2
    with importer.store.connect() as connection:
        assert suppressions.count(connection, "default") == 2
        assert suppressions.is_suppressed(connection, "default", "old.zelda@example.com")
    assert _traces(importer) == []


def test_a_contact_without_an_address_takes_no_other_with_it(importer):
    importer.run(FIRST)
    importer.sql("UPDATE contacts SET email = NULL")
    assert _erase(importer, "Z-17").contacts == 1
    assert importer.sql("SELECT external_id FROM contacts") == [{"external_id": "B-1"}]


def test_another_tenant_keeps_theirs(importer):
    importer.run(FIRST, tenant="globex")
    importer.run(FIRST)
    before, files = importer.contacts("globex"), {k: v for k, v in _files(importer).items() if "globex" in k}
    _erase(importer)
    assert importer.contacts("globex") == before
    assert {k: v for k, v in _files(importer).items() if "globex" in k} == files


# -- imports that recognise them by something else than the address


def _by(importer, content, **options):
    return importer.run(content, columns={"Key": options["match_on"]}, **options)


def _named(importer, *needles: str) -> set[str]:
    """Return the names of all files that hold one of these texts."""
    return {Path(name).name for name, held in _files(importer).items() if any(it in held for it in needles)}


@pytest.mark.thorough(keep=2)
@pytest.mark.parametrize(
    ("key", "value", "state"),
    [
        ("phone", "(415) 555-2671", "applied"),
        ("phone", "(415) 555-2671", "awaiting"),
        ("external_id", "Z-17", "unchanged"),
        ("external_id", "Z-17", "undone"),
        ("external_id", "formerly", "applied"),
        ("external_id", "formerly", "unchanged"),
        ("id", None, "awaiting"),
        ("id", None, "undone"),
    ],
)
def test_every_key_that_an_import_recognised_them_by(importer, key, value, state):
    importer.run(FIRST)
    contact_id = contacts.get_contact(importer.store, ZELDA)["id"]
    if value == "formerly":
        importer.sql("UPDATE contacts SET external_id = 'formerly' WHERE email = :email", email=ZELDA)
    first_name = "Zelda" if state == "unchanged" else "Quuxina"
    record = _by(
        importer,
        f"Key,first_name\n{value or contact_id},{first_name}\n",
        match_on=key,
        country="US",
        review=state == "awaiting",
    )
    if state == "awaiting":
        assert {"review.json", "contact_changes.parquet"} <= {Path(name).name for name in _files(importer)}
        imports.cancel_import(importer.store, record.id)
    if state == "undone":
        importer.roll_back(record)
        assert "rollback.csv" in _named(importer, contact_id)
    if value == "formerly":  # by a key that nobody knows to be theirs any more
        importer.sql("UPDATE contacts SET external_id = 'Z-17' WHERE email = :email", email=ZELDA)
    done = _erase(importer)
    found_by_key = (value, state) != ("formerly", "unchanged")  # a key that was changed by hand, and nothing else
    assert (record.name in done.imports) is found_by_key
    assert _named(importer, contact_id, "555-2671", "Quuxina") == set()


def test_somebody_who_shares_a_phone_keeps_their_journal(importer):
    importer.run(FIRST)
    importer.run("email,phone\nson@example.com,+14155552671\n")
    importer.sql("DELETE FROM contacts WHERE email = 'son@example.com'")
    assert _erase(importer).changes == 1
    assert importer.sql("SELECT count(*) AS n FROM import_changes") == [{"n": 2}]


def test_a_row_with_their_external_id_and_somebody_elses_address_is_not_theirs(importer):
    importer.run(FIRST)
    importer.run("email,external_id\nson@example.com,Z-17\n")
    importer.sql("DELETE FROM contacts WHERE email = 'son@example.com'")
    assert _erase(importer).changes == 1


def test_long_files_are_searched_across_their_blocks(importer, monkeypatch):
    monkeypatch.setattr(person_search, "_BLOCK", 10)
    record = importer.run(FIRST)
    folder = Path(importer.settings.artifacts) / "default" / record.id
    artifacts = ArtifactFolder(importer.settings.artifacts, "default", record.id)
    (folder / "note.txt").write_text("x" * 7 + ZELDA.upper() + "y" * 5)
    for address, found in ((ZELDA, True), ("zelda@example.org", False)):
        assert person_search.holds(None, artifacts, ["note.txt"], Person(addresses=(address,))) is found


# -- what is left of somebody who is no contact any more


def test_who_was_deleted_before_is_found_by_the_address(importer):
    importer.run(FIRST)
    importer.run(SECOND)
    importer.sql("DELETE FROM contacts WHERE email = 'zelda@example.com'")
    done = _erase(importer)
    assert (done.contacts, done.changes, len(done.imports)) == (0, 2, 2)
    assert _traces(importer) == []
    assert importer.sql("SELECT count(*) AS n FROM import_changes") == [{"n": 3}]


def test_erasing_again_finds_nothing_and_says_so(importer):
    importer.run(FIRST)
    _erase(importer)
    assert _erase(importer) == Erasure(0, 0, 0, 0, (), ())


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize(
    "key", ["nobody@example.com", "Z-18", "+14155550000", "01890000-0000-7000-8000-000000000000", ""]
)
def test_who_was_never_there_is_not_found(importer, key):
    importer.run(FIRST)
    before = importer.everything("contacts", "import_changes", "suppressions"), _files(importer)
    with pytest.raises(NotFound, match="no contact with this id, email, external id or phone") as caught:
        _erase(importer, key)
    assert not key or key not in str(caught.value)
    assert (importer.everything("contacts", "import_changes", "suppressions"), _files(importer)) == before


# -- crashes, other imports


class _Crash(BaseException):
    pass


@pytest.mark.thorough(keep=1)
@pytest.mark.parametrize("removed", [0, 5, 18])
def test_what_was_cut_short_is_finished_by_doing_it_again(importer, monkeypatch, removed):
    """After none, some, or all of the files were removed, and before the database's part is committed."""
    importer.run(FIRST)
    importer.run(SECOND)
    discard, remove = ArtifactFolder.discard, erase._remove_files
    gone = []

    def discard_some(artifacts, name):
        if len(gone) == removed:
            raise _Crash
        discard(artifacts, name)
        gone.append(name)

    def remove_and_crash(*arguments, **options):
        remove(*arguments, **options)
        if len(gone) == removed:
            raise _Crash

    with monkeypatch.context() as patch:
        patch.setattr(ArtifactFolder, "discard", discard_some)
        patch.setattr(erase, "_remove_files", remove_and_crash)
        with pytest.raises(_Crash):
            _erase(importer, "Z-17")
    assert len(gone) == removed
    assert ZELDA in importer.contacts()
    assert _erase(importer, "Z-17").contacts == 1
    assert _traces(importer) == []


def test_an_import_that_awaits_review_is_decided_first(importer):
    importer.run(FIRST)
    record = importer.run(UNCHANGED)
    importer.sql(f"UPDATE imports SET status = '{ImportStatus.AWAITING_REVIEW}' WHERE id = '{record.id}'")
    before = importer.everything("contacts", "import_changes", "suppressions"), _files(importer)
    with pytest.raises(WrongState, match=rf"{record.name} awaits review and holds this person.*Nothing was erased"):
        _erase(importer)
    assert (importer.everything("contacts", "import_changes", "suppressions"), _files(importer)) == before


def test_an_import_that_was_never_read_is_told(importer):
    importer.run(FIRST)
    path = importer.file(b"\x00\x01\x02 zelda@example.com", "broken.csv")
    record = imports.register_import(importer.store, str(path))
    with pytest.raises(Exception, match=r"broken\.csv"):
        imports.run_import(importer.store, importer.settings, record)
    assert _erase(importer).not_searched == (record.name,)


def test_leftovers_of_a_killed_process_go_too(importer):
    record = importer.run(FIRST)
    folder = Path(importer.settings.artifacts) / "default" / record.id
    died = folder.parent / ".scratch" / "abc"
    died.mkdir()
    (died / ".in_use").touch()
    (died / "spilled.tmp").write_text(ZELDA)
    (folder / "results.csv.0f.part").write_text(ZELDA)
    _erase(importer)
    assert _traces(importer) == []


def test_artifacts_elsewhere_are_removed_as_well(importer, tmp_path):
    """Through fsspec: a file system that is not the local one, as s3:// would be."""
    importer.settings = importer.settings.model_copy(update={"artifacts": f"memory://erasing-{tmp_path.name}"})
    record = importer.run(FIRST)
    artifacts = ArtifactFolder(importer.settings.artifacts, "default", record.id)
    assert artifacts.exists("source")
    done = _erase(importer)
    assert (done.contacts, done.imports) == (1, (record.name,))
    assert artifacts.names() == ["report.json"]


# -- the command line


@pytest.fixture
def run(importer, database_url, monkeypatch, tmp_path):
    """Run a command of the group `contacts` on the importer's store and artifacts."""
    settings = tmp_path / "contact_pipelines.yaml"
    settings.write_text(f"artifacts: {importer.settings.artifacts}\n", encoding="utf-8")
    monkeypatch.setenv("CONTACT_PIPELINES_DATABASE_URL", database_url)
    monkeypatch.setenv("CONTACT_PIPELINES_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, typed: str = "") -> SimpleNamespace:
        result = CliRunner().invoke(app, list(arguments), input=typed)
        return SimpleNamespace(code=result.exit_code, out=result.stdout, err=result.stderr, error=result.exception)

    return run


def test_the_command_asks_first(importer, run):
    record = importer.run(FIRST)
    refused = run("erase", ZELDA, typed="n\n")
    assert refused.code == 1
    assert "Erase this person of tenant default for good?" in refused.err
    assert "Nothing was erased." in refused.err
    assert ZELDA in importer.contacts()
    done = run("erase", ZELDA, typed="y\n")
    assert done.code == 0
    assert [line.split() for line in done.out.splitlines()[-6:]] == [
        ["contacts", "1"],
        ["memberships", "0"],
        ["journal", "rows", "1"],
        ["files", str(len(_expected_files()))],
        ["of", "imports", record.name],
        ["exports", "0"],
    ]
    assert _traces(importer) == []


def _expected_files() -> list[str]:
    return [
        *("source", "staged_rows.parquet", "mapped_contacts.parquet", "validated_contacts.parquet"),
        *("row_errors.parquet", "contact_changes.parquet", "compared.txt", "results.csv", "errors.csv"),
        "contact_events.parquet",
    ]


def test_the_command_for_programs(importer, run):
    record = importer.run(FIRST)
    assert isinstance(run("erase", ZELDA, "--json").error, InvalidOption)
    assert ZELDA in importer.contacts()
    done = run("erase", ZELDA, "--yes", "--json", "--reason", "asked")
    assert json.loads(done.out) == {
        "contacts": 1,
        "memberships": 0,
        "changes": 1,
        "files": len(_expected_files()),
        "imports": [record.name],
        "not_searched": [],
        "exports": 0,
    }
    assert isinstance(run("erase", "nobody", "--yes").error, NotFound)


def test_the_counts_of_the_database_are_those_of_its_tables(importer):
    importer.run(FIRST)
    importer.run(SECOND)
    with importer.store.begin() as connection:
        person = person_search.find_person(connection, "default", ZELDA)
        assert (person.addresses, person.phones, person.external_ids) == ((ZELDA,), ("+14155552671",), ("Z-17",))
        assert len(person_search.imports_that_changed(connection, "default", person)) == 2
        done = erase.erase_rows(connection, "default", person, reason="erased")
    assert done == erase.ErasedRows(contacts=1, memberships=0, changes=2)
