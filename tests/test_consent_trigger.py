"""Consent as the database keeps it: against hand-written SQL, of the tables' owner and of an application's user."""

from __future__ import annotations

import os
import threading

import psycopg
import pytest
from sqlalchemy import make_url, text

from contact_pipelines.contacts import consent_grants, suppressions
from contact_pipelines.errors import AddressNotNormal, AddressSuppressed, ConsentProtected, InvalidOption
from contact_pipelines.settings import Settings
from contact_pipelines.store.engine import open_store
from tests.helpers.databases import new_database
from tests.helpers.importing import Importer, uses_of_grants

PEOPLE = {
    "left@example.com": "unsubscribed",
    "bounced@example.com": "bounced",
    "angry@example.com": "complained",
    "stays@example.com": "subscribed",
}
INSERT = "INSERT INTO contacts (tenant_id, id, email, status) VALUES ('acme', gen_random_uuid(), %s, %s)"
SUBSCRIBE = "UPDATE contacts SET status = 'subscribed' WHERE email = 'left@example.com'"
COME_BACK = "INSERT INTO contacts (tenant_id, id, email) VALUES ('acme', gen_random_uuid(), 'left@example.com')"
DUPLICATE = COME_BACK.replace("email)", "email, is_duplicate)").replace(
    "'left@example.com'", "'left@example.com', true"
)
GRANT = "SELECT contact_pipelines_grant_consent('asked by phone')"


class Database:
    """Runs SQL as one user, each call in a transaction of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def run(self, *statements: str) -> list[tuple]:
        """Run statements in one transaction; return the rows of the last."""
        with psycopg.connect(self.url) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def refused(self, *statements: str) -> str:
        """Run statements; return the SQLSTATE that the last of them is refused with."""
        with pytest.raises(psycopg.Error) as caught:
            self.run(*statements)
        told = " ".join(str(part) for part in (caught.value, *caught.value.diag.__reduce__()[1]))
        assert "example.com" not in told.lower()
        return caught.value.diag.sqlstate


@pytest.fixture(scope="module")
def shared_url(embedded_server, template):
    """A database for all tests of this file: it is emptied in a tenth of the time that a new one takes."""
    with new_database(embedded_server, template) as url:
        yield url


@pytest.fixture(scope="module")
def application_url(shared_url):
    """The same, as a user that may read and write contacts, and nothing else."""
    role, everything = f"application_{os.getpid()}", Database(shared_url)
    everything.run(f"CREATE ROLE {role} LOGIN", f"GRANT SELECT, INSERT, UPDATE, DELETE ON contacts TO {role}")
    yield make_url(shared_url).set(username=role).render_as_string(hide_password=False)
    everything.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@pytest.fixture
def owner(shared_url) -> Database:
    """The owner of the tables, with a contact of each status."""
    with psycopg.connect(shared_url) as connection:
        connection.execute("SET session_replication_role = replica")  # no triggers: a superuser's last resort
        connection.execute("TRUNCATE contacts, suppressions, consent_grants, tenants CASCADE")
        connection.execute("SET session_replication_role = origin")
        connection.execute("INSERT INTO tenants (id) VALUES ('acme')")
        connection.cursor().executemany(INSERT, list(PEOPLE.items()))
    return Database(shared_url)


@pytest.fixture
def application(owner, application_url) -> Database:
    """A user that may read and write contacts, and nothing else."""
    return Database(application_url)


@pytest.fixture
def store(owner, tmp_path):
    """The store as the code opens it, for the tests of this file."""
    opened = open_store(Settings(home=tmp_path, database_url=owner.url, artifacts=str(tmp_path)))
    yield opened
    opened.close()


@pytest.fixture(params=["owner", "application"])
def database(request) -> Database:
    return request.getfixturevalue(request.param)


def _people(owner: Database) -> dict[str, str]:
    return dict(owner.run("SELECT email, status FROM contacts WHERE tenant_id = 'acme' AND NOT is_duplicate"))


def _grants(owner: Database) -> list[tuple]:
    return owner.run("SELECT old_status, new_status, reason, database_user FROM consent_grants ORDER BY id")


# -- what is refused


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained"])
def test_no_update_subscribes_who_opted_out(database, owner, status):
    assert database.refused(f"UPDATE contacts SET status = 'subscribed' WHERE status = '{status}'") == "CP001"
    assert database.refused("UPDATE contacts SET status = 'subscribed'") == "CP001"
    assert _people(owner) == PEOPLE


UPSERT = (
    "INSERT INTO contacts (tenant_id, id, email) VALUES ('acme', gen_random_uuid(), 'left@example.com')"
    " ON CONFLICT (tenant_id, email) WHERE NOT is_duplicate DO UPDATE SET status = excluded.status"
)
MERGE = (
    "MERGE INTO contacts c USING (VALUES ('left@example.com')) v (email) ON c.email = v.email"
    " WHEN MATCHED THEN UPDATE SET status = 'subscribed'"
)


@pytest.mark.parametrize("statement", [UPSERT, MERGE], ids=["upsert", "merge"])
def test_no_upsert_does(database, owner, statement):
    assert database.refused(statement) == "CP001"
    assert _people(owner) == PEOPLE


LEAVING = {
    "deleted": "DELETE FROM contacts WHERE email = 'left@example.com'",
    "renamed": "UPDATE contacts SET email = 'other@example.com' WHERE email = 'left@example.com'",
    "respelled": "UPDATE contacts SET email = 'left@example.com.' WHERE email = 'left@example.com'",
    "emptied": "UPDATE contacts SET email = NULL WHERE email = 'left@example.com'",
    "moved": "UPDATE contacts SET tenant_id = 'globex' WHERE email = 'left@example.com'",
    "marked": "UPDATE contacts SET is_duplicate = true WHERE email = 'left@example.com'",
}


@pytest.mark.parametrize("leaving", LEAVING.values(), ids=LEAVING)
def test_an_address_that_leaves_cannot_come_back_subscribed(database, owner, leaving):
    assert database.refused(leaving, COME_BACK) == "CP002"  # in one transaction
    database.run(leaving)
    assert database.refused(COME_BACK) == "CP002"
    takes_over = "UPDATE contacts SET email = 'left@example.com' WHERE email = 'stays@example.com'"
    assert database.refused(takes_over) == "CP002"
    assert owner.run("SELECT tenant_id, reason FROM suppressions") == [("acme", "unsubscribed")]
    assert _people(owner)["stays@example.com"] == "subscribed"


ONE_STATEMENT = {
    "delete, insert": f"WITH gone AS ({LEAVING['deleted']} RETURNING tenant_id, email)"
    " INSERT INTO contacts (tenant_id, id, email) SELECT tenant_id, gen_random_uuid(), email FROM gone",
    "insert, delete": f"WITH back AS ({DUPLICATE} RETURNING email)"
    " DELETE FROM contacts c USING back WHERE c.email = back.email AND NOT c.is_duplicate",
    "unreferenced": f"WITH back AS ({DUPLICATE}) {LEAVING['deleted']}",
}


@pytest.mark.parametrize("statement", ONE_STATEMENT.values(), ids=ONE_STATEMENT)
def test_not_even_in_one_statement(database, owner, statement):
    assert database.refused(statement) in ("CP001", "CP002")
    assert _people(owner) == PEOPLE


def test_no_duplicate_is_subscribed_beside_who_opted_out(database, owner):
    assert database.refused(DUPLICATE) == "CP001"
    as_duplicate = (
        "UPDATE contacts SET email = 'left@example.com', is_duplicate = true WHERE email = 'stays@example.com'"
    )
    assert database.refused(as_duplicate) == "CP001"
    database.run(DUPLICATE.replace("'left@", "'stays@"))
    assert _people(owner) == PEOPLE


@pytest.mark.parametrize("email", ["Left@Example.com", " left@example.com", "left@example.com "])
def test_no_other_spelling_gets_beside_who_opted_out(database, owner, email):
    assert database.refused(COME_BACK.replace("left@example.com", email)) == "CP003"
    respelled = f"UPDATE contacts SET email = '{email}' WHERE email = 'stays@example.com'"
    assert database.refused(respelled) == "CP003"
    assert _people(owner) == PEOPLE


def test_one_suppressed_address_refuses_a_whole_copy(application, owner):
    application.run(LEAVING["deleted"])
    with psycopg.connect(application.url) as connection, connection.cursor() as cursor:
        with (
            pytest.raises(psycopg.Error) as caught,
            cursor.copy("COPY contacts (tenant_id, id, email) FROM STDIN") as copy,
        ):
            copy.write(
                "".join(
                    f"acme\t00000000-0000-7000-8000-{number:012d}\t{name}@example.com\n"
                    for number, name in enumerate([*(f"new{n}" for n in range(500)), "left"])
                ).encode()
            )
        assert caught.value.diag.sqlstate == "CP002"
        assert "@" not in str(caught.value)
    assert len(_people(owner)) == len(PEOPLE) - 1


def test_truncate_is_refused_while_somebody_has_opted_out(owner):
    assert owner.refused("TRUNCATE contacts") == "CP001"
    assert _people(owner) == PEOPLE
    owner.run(GRANT, "TRUNCATE contacts")
    assert _people(owner) == {}
    assert sorted(row[:3] for row in _grants(owner)) == [
        (status, None, "asked by phone") for status in ("bounced", "complained", "unsubscribed")
    ]
    owner.run(INSERT % ("'stays@example.com'", "'subscribed'"), "TRUNCATE contacts")
    assert _people(owner) == {}


def test_two_at_once(database, owner):
    """Whoever inserts while another deletes waits for them, and then sees the tombstone."""
    outcome = []
    with psycopg.connect(owner.url) as deleting:
        deleting.execute(LEAVING["deleted"])
        inserting = threading.Thread(target=lambda: outcome.append(database.refused(COME_BACK)))
        inserting.start()
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO con%'"
        )
        with psycopg.connect(owner.url, autocommit=True) as looking:
            while looking.execute(waiting).fetchone() == (0,):
                assert not outcome
    inserting.join(30)
    assert outcome == ["CP002"]


# -- what is allowed


def test_consent_can_always_be_tightened(database, owner):
    database.run("UPDATE contacts SET status = 'bounced' WHERE email = 'stays@example.com'")
    database.run("UPDATE contacts SET status = 'complained' WHERE email = 'left@example.com'")
    database.run(LEAVING["deleted"])
    database.run(INSERT % ("'left@example.com'", "'unsubscribed'"))
    database.run("UPDATE contacts SET first_name = 'Ann'")
    assert _people(owner) == PEOPLE | {"stays@example.com": "bounced", "left@example.com": "unsubscribed"}


def test_who_stays_subscribed_can_change_and_go_and_come_back(database, owner):
    database.run("UPDATE contacts SET email = 'new@example.com' WHERE email = 'stays@example.com'")
    database.run("DELETE FROM contacts WHERE email = 'new@example.com'")
    database.run(INSERT % ("'stays@example.com'", "'subscribed'"), INSERT % ("'new@example.com'", "'subscribed'"))
    assert _people(owner) == PEOPLE | {"new@example.com": "subscribed"}
    assert owner.run("SELECT * FROM suppressions") == []


@pytest.mark.parametrize(
    "grant", [GRANT, "SELECT set_config('contact_pipelines.consent_grant', 'asked by phone', true)"]
)
def test_a_grant_lasts_for_one_transaction_and_is_recorded(database, owner, grant):
    user = make_url(database.url).username
    database.run(grant, SUBSCRIBE)
    assert _people(owner) == PEOPLE | {"left@example.com": "subscribed"}
    assert _grants(owner) == [("unsubscribed", "subscribed", "asked by phone", user)]
    contact = owner.run("SELECT tenant_id, id FROM contacts WHERE email = 'left@example.com'")
    assert owner.run("SELECT tenant_id, contact_id FROM consent_grants") == contact
    assert database.refused(SUBSCRIBE.replace("left", "angry")) == "CP001"


def test_a_grant_ends_with_its_transaction_on_the_same_connection(application, owner):
    with psycopg.connect(application.url) as connection:
        connection.execute(GRANT)
        connection.execute(SUBSCRIBE)
        connection.commit()
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(SUBSCRIBE.replace("left", "angry"))
        assert caught.value.diag.sqlstate == "CP001"


@pytest.mark.parametrize("reason", ["''", "' '", "NULL"])
def test_a_blank_reason_is_no_grant(database, owner, reason):
    assert database.refused(f"SELECT contact_pipelines_grant_consent({reason})") == "22023"
    assert (
        database.refused(f"SELECT set_config('contact_pipelines.consent_grant', {reason}, true)", SUBSCRIBE) == "CP001"
    )
    assert _people(owner) == PEOPLE


@pytest.mark.parametrize("leaving", ["deleted", "renamed"])
def test_with_a_grant_there_is_no_tombstone(database, owner, leaving):
    database.run(GRANT, LEAVING[leaving])
    assert owner.run("SELECT * FROM suppressions") == []
    new_status = None if leaving == "deleted" else "unsubscribed"
    assert [row[:3] for row in _grants(owner)] == [("unsubscribed", new_status, "asked by phone")]
    database.run(COME_BACK)
    assert _people(owner)["left@example.com"] == "subscribed"


def test_a_granted_change_of_status_and_address_is_recorded_once(database, owner):
    database.run(
        GRANT, "UPDATE contacts SET email = 'other@example.com', status = 'subscribed' WHERE status = 'bounced'"
    )
    assert [row[:2] for row in _grants(owner)] == [("bounced", "subscribed")]


def test_a_granted_duplicate_is_recorded(database, owner):
    database.run(GRANT, DUPLICATE)
    assert [row[:2] for row in _grants(owner)] == [("unsubscribed", "subscribed")]


# -- suppressions


def test_no_grant_subscribes_a_suppressed_address(database, owner):
    database.run(LEAVING["deleted"], INSERT % ("'left@example.com'", "'unsubscribed'"))
    assert database.refused(GRANT, SUBSCRIBE) == "CP002"
    database.run("DELETE FROM contacts WHERE email = 'left@example.com'")
    assert database.refused(GRANT, COME_BACK) == "CP002"
    assert _grants(owner) == []


def test_another_tenant_is_not_concerned(database, owner):
    database.run(LEAVING["deleted"])
    database.run(COME_BACK.replace("'acme'", "'globex'"))
    assert owner.run("SELECT email, status FROM contacts WHERE tenant_id = 'globex'") == [
        ("left@example.com", "subscribed")
    ]


def test_a_tombstone_is_left_for_a_tenant_that_nobody_registered(database, owner):
    database.run(INSERT.replace("'acme'", "'nobody'") % ("'left@example.com'", "'bounced'"))
    database.run("DELETE FROM contacts WHERE tenant_id = 'nobody'")
    assert database.refused(COME_BACK.replace("'acme'", "'nobody'")) == "CP002"


LIFTING = {
    "delete": "DELETE FROM suppressions",
    "update": "UPDATE suppressions SET address_hash = 'x'",
    "key": "UPDATE tenants SET suppression_key = 'x' WHERE id = 'acme'",
}


@pytest.mark.parametrize("statement", LIFTING.values(), ids=LIFTING)
def test_suppressions_are_lifted_with_a_grant_only(owner, statement):
    owner.run(LEAVING["deleted"])
    assert owner.refused(statement) == "CP001"
    assert owner.refused(COME_BACK) == "CP002"
    owner.run(GRANT, statement)
    assert len(_grants(owner)) == 1
    owner.run(COME_BACK)


def test_suppressions_cannot_be_truncated(owner):
    owner.run(LEAVING["deleted"])
    assert owner.refused("TRUNCATE suppressions") == "CP001"
    assert owner.refused("TRUNCATE tenants CASCADE") == "CP001"
    assert owner.refused(COME_BACK) == "CP002"


def test_an_application_reads_none_of_it_and_cannot_put_tables_of_its_own_in_front(application, owner):
    application.run(LEAVING["deleted"])
    for table in ("suppressions", "consent_grants", "tenants"):
        assert application.refused(f"SELECT * FROM {table}") == "42501"
    assert application.refused("SELECT contact_pipelines_address_hash('acme', 'a@b.c')") == "42501"
    in_front = "CREATE TEMPORARY TABLE suppressions (tenant_id text, address_hash text)"
    assert application.refused(in_front, "SET search_path = pg_temp, public", COME_BACK) == "CP002"


# -- as the code sees it


@pytest.mark.parametrize(
    ("statements", "error"),
    [
        ([SUBSCRIBE], ConsentProtected),
        ([LEAVING["deleted"], COME_BACK], AddressSuppressed),
        ([COME_BACK.replace("left", "Left")], AddressNotNormal),
    ],
)
def test_refusals_have_a_name_and_a_sentence_without_data(store, owner, statements, error):
    with pytest.raises(error, match=r"Nothing was written") as caught, store.begin() as connection:
        _execute(lambda statement: connection.execute(text(statement)), statements)
    assert "@" not in str(caught.value)
    assert not caught.value.retryable
    with pytest.raises(error), store.raw() as raw:
        _execute(raw.execute, statements)
    assert _people(owner) == PEOPLE


def _execute(execute, statements):
    for statement in statements:
        execute(statement)


def test_a_grant_of_the_code_ends_with_its_block(store, owner):
    with store.begin() as connection:
        with consent_grants.granted(connection, " asked by letter "):
            connection.execute(text(SUBSCRIBE))
        with pytest.raises(ConsentProtected), store.translated():
            connection.execute(text(SUBSCRIBE.replace("left", "angry")))
        connection.rollback()
    assert _people(owner) == PEOPLE
    with store.begin() as connection, consent_grants.granted(connection, " asked by letter "):
        connection.execute(text(SUBSCRIBE))
    with store.connect() as connection:
        (use,) = uses_of_grants(connection, "acme")
        assert (use.old_status, use.new_status, use.reason) == ("unsubscribed", "subscribed", "asked by letter")
        assert uses_of_grants(connection, "globex") == []


def test_a_grant_of_the_code_needs_a_reason(store, owner):
    with (
        store.begin() as connection,
        pytest.raises(InvalidOption, match="needs a reason"),
        consent_grants.granted(connection, " "),
    ):
        pass


def test_imports_and_rollbacks_keep_who_opted_out(store, tmp_path):
    importer = Importer(store, Settings(home=tmp_path, artifacts=str(tmp_path / "artifacts")), tmp_path)
    importer.run("email,status\nleft@example.com,unsubscribed\n")
    record = importer.run("email,status\nleft@example.com,subscribed\nhome@example.com,bounced\n")
    assert _statuses(importer) == {"left@example.com": "unsubscribed", "home@example.com": "bounced"}
    importer.roll_back(record)  # who opted out stays, or a later import would subscribe them
    assert _statuses(importer) == {"left@example.com": "unsubscribed", "home@example.com": "bounced"}
    importer.sql("DELETE FROM contacts WHERE email = 'home@example.com'")
    with store.connect() as connection:
        assert suppressions.is_suppressed(connection, "default", "home@example.com")
    again = importer.run("email,status\nhome@example.com,subscribed\nnew@example.com,subscribed\n")
    assert (again.counts.created, again.counts.skipped) == (1, 1)
    assert _statuses(importer) == {"left@example.com": "unsubscribed", "new@example.com": "subscribed"}


def _statuses(importer: Importer) -> dict[str, str]:
    return {email: contact["status"] for email, contact in importer.contacts().items()}
