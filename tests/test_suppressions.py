"""The suppression list: what its hashes are, and what can be done with it."""

from __future__ import annotations

import hashlib
import hmac
import json
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from contact_pipelines.cli.suppression_commands import app
from contact_pipelines.contacts import suppressions
from contact_pipelines.contacts.suppressions import SUPPRESSED_ROWS, Suppressed
from contact_pipelines.errors import InvalidOption, NotFound
from contact_pipelines.files.duck import identifier, literal
from contact_pipelines.models import Counts
from contact_pipelines.store.tenants import ensure_tenant
from tests.helpers.importing import uses_of_grants

PEOPLE = "email,status\na@example.com,subscribed\nb@example.com,subscribed\nc@example.com,bounced\n"


def _statuses(importer, tenant="default"):
    return {email: contact["status"] for email, contact in importer.contacts(tenant).items()}


# -- hashes


@pytest.mark.parametrize(
    "address",
    [
        "jane@example.com",
        " Jane.Doe@EXAMPLE.com ",
        "\tjane@example.com\r\n",
        "ÜBER@bücher.example",
        "x" * 300 + "@a.b",
        "",
    ],
)
def test_the_hash_is_hmac_sha_256_of_the_trimmed_lower_case_address(store, address):
    query = text("SELECT suppression_key, contact_pipelines_address_hash(id, :address) FROM tenants WHERE id = 'acme'")
    with store.begin() as connection:
        ensure_tenant(connection, "acme")
        key, found = connection.execute(query, {"address": address}).one()
    assert found == hmac.new(bytes(key), address.strip().lower().encode(), hashlib.sha256).hexdigest()


def test_each_tenant_has_a_key_of_its_own(store):
    hashes = text(
        "SELECT octet_length(suppression_key), contact_pipelines_address_hash(id, 'a@b.example') FROM tenants"
    )
    with store.begin() as connection:
        for tenant in ("acme", "globex", "initech"):
            ensure_tenant(connection, tenant)
        found = connection.execute(hashes).all()
        nobody = connection.scalar(text("SELECT contact_pipelines_address_hash('nobody', 'a@b.example')"))
    assert [length for length, _ in found] == [32, 32, 32]
    assert len({hashed for _, hashed in found}) == 3
    assert nobody is None


def test_the_list_holds_no_address(importer):
    importer.run(PEOPLE)
    with importer.store.begin() as connection:
        suppressions.suppress(connection, "default", ["a@example.com"], reason="asked by letter")
    (row,) = importer.sql("SELECT CAST(s AS text) AS written FROM suppressions s")
    assert "example" not in row["written"]
    assert "asked by letter" in row["written"]


# -- suppressing


def test_suppressing_blocks_addresses_and_opts_out_their_contacts(importer):
    importer.run(PEOPLE)
    with importer.store.begin() as connection:
        given = (f"{name}@Example.com " for name in ("a", "c", "new", "A", "new"))
        assert suppressions.suppress(connection, "default", given, reason="list of 2026") == Suppressed(3, 1)
        assert suppressions.count(connection, "default") == 3
        assert suppressions.count(connection, "globex") == 0
        assert suppressions.suppress(connection, "default", ["a@example.com", " ", ""]) == Suppressed(0, 0)
        assert {it.reason for it in suppressions.list_suppressions(connection, "default")} == {"list of 2026"}
    assert _statuses(importer) == {
        "a@example.com": "unsubscribed",
        "b@example.com": "subscribed",
        "c@example.com": "bounced",
    }
    assert importer.sql("SELECT version FROM contacts WHERE email = 'a@example.com'") == [{"version": 2}]


def test_many_addresses_go_in_batches(store, monkeypatch):
    monkeypatch.setattr(suppressions, "BATCH", 7)
    with store.begin() as connection:
        addresses = [f"user{number}@example.com" for number in range(50)]
        assert suppressions.suppress(connection, "acme", addresses) == Suppressed(50, 0)
        assert all(suppressions.is_suppressed(connection, "acme", address) for address in addresses)
        assert not suppressions.is_suppressed(connection, "acme", "user50@example.com")
        assert not suppressions.is_suppressed(connection, "globex", "user1@example.com")


def test_entries_are_listed_newest_first_without_their_whole_hash(store):
    for address in ("a@example.com", "b@example.com"):
        with store.begin() as connection:
            suppressions.suppress(connection, "acme", [address], reason=f"list {address[0]}")
    with store.connect() as connection:
        found = suppressions.list_suppressions(connection, "acme")
        assert [it.reason for it in found] == ["list b", "list a"]
        assert [len(it.hash_prefix) for it in found] == [suppressions.HASH_PREFIX] * 2
        assert suppressions.list_suppressions(connection, "acme", limit=1) == found[:1]


def test_the_rows_of_a_table_that_are_suppressed(store):
    query = SUPPRESSED_ROWS.format(table="keys", row="n", address=identifier("match_key"), tenant=literal("acme"))
    with store.begin() as connection:
        connection.execute(
            text(
                "CREATE TEMPORARY TABLE keys ON COMMIT DROP AS SELECT n, ('user' || n || '@example.com') COLLATE \"C\""
                " AS match_key FROM generate_series(1, 5000) AS n"
            )
        )
        assert connection.scalars(text(query)).all() == []
        suppressions.suppress(connection, "acme", ["user17@example.com", "USER4999@example.com", "x@example.com"])
        assert sorted(connection.scalars(text(query))) == [17, 4999]


def test_a_long_list_does_not_slow_down_an_insert_of_one_contact(store):
    """Each lookup is one of the index, also while the list has no statistics: 2,000 of them would take minutes."""
    with store.begin() as connection:
        suppressions.suppress(connection, "acme", (f"user{number}@example.com" for number in range(20_000)))
        connection.execute(text("SET LOCAL statement_timeout = '10s'"))
        inserted = connection.execute(
            text(
                "INSERT INTO contacts (tenant_id, id, email)"
                " SELECT 'acme', gen_random_uuid(), 'other' || n || '@example.com' FROM generate_series(1, 2000) AS n"
            )
        )
        assert inserted.rowcount == 2000
        renamed = text("UPDATE contacts SET email = 'renamed.' || email WHERE tenant_id = 'acme'")
        assert connection.execute(renamed).rowcount == 2000


# -- lifting


def test_lifting_needs_a_reason_and_is_recorded(importer):
    importer.run(PEOPLE)
    with importer.store.begin() as connection:
        suppressions.suppress(connection, "default", ["a@example.com"])
    with importer.store.begin() as connection, pytest.raises(InvalidOption, match="needs a reason"):
        suppressions.release(connection, "default", "a@example.com", reason=" ")
    with importer.store.begin() as connection:
        suppressions.release(connection, "default", " A@example.com", reason="signed up on paper")
    with importer.store.connect() as connection:
        assert suppressions.count(connection, "default") == 0
        (use,) = uses_of_grants(connection, "default")
    assert (use.contact_id, use.old_status, use.new_status, use.reason) == (
        None,
        "suppressed",
        None,
        "signed up on paper",
    )
    assert _statuses(importer)["a@example.com"] == "unsubscribed"


def test_an_address_that_is_not_on_the_list_cannot_be_lifted(store):
    with store.begin() as connection, pytest.raises(NotFound, match="not on the suppression list of tenant acme"):
        suppressions.release(connection, "acme", "a@example.com", reason="asked")


@pytest.mark.parametrize("address", ["", "jane", "@example.com", "jane@", "ja\x00ne@example.com"])
def test_what_is_no_address_is_refused_without_repeating_it(address):
    with pytest.raises(InvalidOption, match="not an email address") as caught:
        suppressions.require_address(address)
    assert "jane" not in str(caught.value)


# -- the command line


@pytest.fixture
def run(importer, database_url, monkeypatch, tmp_path):
    """Run a command of the group `suppressions`; its errors are for `cli.main` to tell."""
    monkeypatch.setenv("CONTACT_PIPELINES_DATABASE_URL", database_url)
    monkeypatch.setenv("CONTACT_PIPELINES_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> SimpleNamespace:
        result = CliRunner().invoke(app, list(arguments))
        return SimpleNamespace(code=result.exit_code, out=result.stdout.strip(), error=result.exception)

    return run


def test_the_commands_for_people(importer, run):
    importer.run(PEOPLE)
    assert run("add", "a@example.com", "--reason", "complained").out == (
        "The address is now on the suppression list; contacts unsubscribed: 1."
    )
    assert run("add", "A@example.com", "--reason", "again").out == (
        "The address was already on the suppression list; contacts unsubscribed: 0."
    )
    assert run("check", "a@example.com").out == "The address is on the suppression list."
    assert run("count").out == "1"
    assert (
        run("remove", "a@example.com", "--reason", "signed up").out
        == "The address is no longer on the suppression list."
    )
    assert run("check", "a@example.com").out == "The address is not on the list."


def test_the_commands_for_programs(run):
    assert json.loads(run("add", "a@example.com", "--reason", "x", "--json", "--tenant", "acme").out) == {
        "added": 1,
        "opted_out": 0,
    }
    assert json.loads(run("check", "a@example.com", "--json", "--tenant", "acme").out) == {"suppressed": True}
    assert json.loads(run("check", "a@example.com", "--json").out) == {"suppressed": False}
    assert json.loads(run("count", "--json", "--tenant", "acme").out) == {"count": 1}
    removed = run("remove", "a@example.com", "--reason", "x", "--json", "--tenant", "acme")
    assert json.loads(removed.out) == {"removed": True}
    assert isinstance(run("remove", "a@example.com", "--reason", "x").error, NotFound)
    assert isinstance(run("add", "nobody", "--reason", "x").error, InvalidOption)
    assert run("add", "a@example.com").code == 2


def test_an_import_skips_the_rows_of_suppressed_addresses_and_applies_the_others(importer):
    file = "email,first_name\nann@example.com,Ann\nBOB@example.com ,Bob\ncy@example.com,Cy\n"
    with importer.store.begin() as connection:
        ensure_tenant(connection, "default")
        suppressions.suppress(connection, "default", ["bob@example.com"], reason="complained")
    record = importer.run(file)
    assert record.counts == Counts(3, created=2, skipped=1)
    assert set(importer.contacts()) == {"ann@example.com", "cy@example.com"}
    assert importer.results(record)[2][-2:] == ["Skipped", "the address is on the suppression list"]
    assert importer.run(file).counts == Counts(3, unchanged=2, skipped=1)
    assert importer.run(file, mode="update_only").counts == Counts(3, unchanged=2, skipped=1)


def test_a_contact_whose_address_is_suppressed_is_updated_but_stays_opted_out(importer):
    importer.run("email,first_name\nann@example.com,Ann\n")
    with importer.store.begin() as connection:
        suppressions.suppress(connection, "default", ["ann@example.com"], reason="complained")
    record = importer.run("email,first_name,status\nann@example.com,Anna,subscribed\n")
    assert record.counts == Counts(1, updated=1)
    contact = importer.contacts()["ann@example.com"]
    assert (contact["first_name"], contact["status"]) == ("Anna", "unsubscribed")
