from __future__ import annotations

import os
import socket
import traceback

import psycopg
import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError, OperationalError

from contact_pipelines.errors import InvalidOption, SchemaMismatch, StoreUnavailable
from contact_pipelines.settings import Settings
from contact_pipelines.store import engine
from contact_pipelines.store.engine import open_store, translated

SECRET = "s3cr3t-p4ss"


def _settings(url, tmp_path):
    return Settings(home=tmp_path, database_url=url, artifacts=str(tmp_path))


def _assert_no_secret(error):
    assert SECRET not in "".join(traceback.format_exception(error))


@pytest.fixture
def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        yield listening.getsockname()[1]  # bound, but nobody listens


def test_a_server_that_is_down(tmp_path, free_port):
    url = f"postgresql://me:{SECRET}@127.0.0.1:{free_port}/crm"
    with pytest.raises(StoreUnavailable) as caught:
        open_store(_settings(url, tmp_path))
    _assert_no_secret(caught.value)
    assert str(caught.value) == (
        f"The contact store at 127.0.0.1:{free_port}/crm cannot be reached (connection refused);"
        " nothing was half-applied, try again."
    )
    assert caught.value.retryable


def test_an_unknown_host(tmp_path):
    with pytest.raises(StoreUnavailable, match=r"at nowhere\.invalid:5432/crm cannot be reached") as caught:
        open_store(_settings(f"postgres://me:{SECRET}@nowhere.invalid/crm", tmp_path))
    _assert_no_secret(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://me:{SECRET}@localhost/crm",
        f"postgresql+asyncpg://me:{SECRET}@localhost/crm",
        f"postgresql://me:{SECRET}@localhost:port/crm",
        f"me:{SECRET}@localhost",
        f"postgresql://me:{SECRET}@localhost/crm?no_such_option={SECRET}",
        " ",
    ],
)
def test_a_bad_url(url, tmp_path):
    with pytest.raises(InvalidOption, match="CONTACT_PIPELINES_DATABASE_URL") as caught:
        open_store(_settings(url, tmp_path))
    _assert_no_secret(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_way_to_write_the_url(scheme, database_url, tmp_path):
    store = open_store(_settings(database_url.replace("postgresql:", f"{scheme}:"), tmp_path))
    assert not store.embedded
    assert psycopg.connect(store.url).info.dbname == make_url(database_url).database
    store.close()


def test_a_database_and_a_user_that_do_not_exist(database_url, tmp_path):
    missing = make_url(database_url).set(database="nothing_here").render_as_string(hide_password=False)
    with pytest.raises(StoreUnavailable, match="nothing_here does not exist"):
        open_store(_settings(missing, tmp_path))
    nobody = make_url(database_url).set(username="nobody_here", password=SECRET)
    with pytest.raises(StoreUnavailable, match="does not accept this user and password") as caught:
        open_store(_settings(nobody.render_as_string(hide_password=False), tmp_path))
    _assert_no_secret(caught.value)


def test_a_wrong_password():
    with pytest.raises(StoreUnavailable, match=r"^The contact store does not accept this user"), translated():
        raise psycopg.OperationalError('connection failed: FATAL:  password authentication failed for user "a"')


def test_an_old_server(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "_OLDEST_SERVER", 990000)
    with pytest.raises(SchemaMismatch, match="PostgreSQL 18; Contact Pipelines needs 14 or newer"):
        open_store(_settings(database_url, tmp_path))


def test_how_connections_are_set_up(store):
    query = "SELECT current_setting('TimeZone'), current_setting('application_name')"
    with store.connect() as connection:
        assert tuple(connection.execute(text(query)).one()) == ("UTC", "contact-pipelines")
    with store.raw() as raw:
        assert raw.execute(query).fetchone() == ("UTC", "contact-pipelines")
        assert not raw.autocommit


def _fail_after(execute, statement):
    execute(statement)
    raise ZeroDivisionError


def test_begin_and_raw_commit_at_the_end_and_roll_back_on_errors(store):
    with store.begin() as connection:
        connection.execute(text("CREATE TABLE t (n int)"))
    with store.raw() as raw, raw.cursor() as cursor, cursor.copy("COPY t FROM STDIN") as copy:
        copy.write(b"1\n2\n")
    with pytest.raises(ZeroDivisionError), store.raw() as raw:
        _fail_after(raw.execute, "DELETE FROM t")
    with pytest.raises(ZeroDivisionError), store.begin() as connection:
        _fail_after(connection.execute, text("DELETE FROM t"))
    with store.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 2


def _end_backend(store, pid):
    with store.raw() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def _copy_while_cut(store, raw):
    raw.execute("CREATE TEMP TABLE t (a text)")
    with raw.cursor() as cursor, cursor.copy("COPY t FROM STDIN") as copy:
        _end_backend(store, raw.info.backend_pid)
        for _ in range(200):
            copy.write(f"{SECRET}\n" * 10_000)


@pytest.mark.parametrize("lending", ["connect", "begin"])
def test_a_connection_that_is_cut_in_the_middle(store, lending):
    statement = text("SELECT pg_terminate_backend(pg_backend_pid()), :secret")
    with pytest.raises(StoreUnavailable, match=r"cannot be reached.*nothing was half-applied") as caught:  # noqa: SIM117
        with getattr(store, lending)() as connection:
            connection.execute(statement, {"secret": SECRET})
    _assert_no_secret(caught.value)
    with store.connect() as connection:  # the next one is a new connection
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_a_connection_that_is_cut_between_statements_and_at_commit(store):
    with pytest.raises(StoreUnavailable), store.begin() as connection:
        _end_backend(store, connection.execute(text("SELECT pg_backend_pid()")).scalar())
    with pytest.raises(StoreUnavailable), store.raw() as raw:
        _copy_while_cut(store, raw)


def test_pooled_connections_that_died_are_replaced(store):
    with store.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    _end_backend(store, pid)
    with store.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar() != pid


def test_what_is_the_statements_fault_stays_as_it_is(store):
    with pytest.raises(IntegrityError) as caught, store.begin() as connection:
        connection.execute(text("INSERT INTO tenants (id, name) VALUES ('a', :name)"), {"name": None})
    assert "name" in str(caught.value)
    with store.begin() as holding:
        holding.execute(text("LOCK TABLE tenants"))
        with pytest.raises(OperationalError) as refused, store.begin() as connection:
            connection.execute(text("LOCK TABLE tenants NOWAIT"))
    assert isinstance(refused.value.orig, LockNotAvailable)


def _sleep_too_long(connection):
    connection.execute(text("SET LOCAL statement_timeout = 50"))
    connection.execute(text("SELECT pg_sleep(10)"))


def test_a_cancelled_statement_is_named(store):
    with pytest.raises(StoreUnavailable, match="gave up a statement"), store.begin() as connection:
        _sleep_too_long(connection)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_has_connections_of_its_own(store):
    query = text("SELECT pg_backend_pid()")
    with store.connect() as connection:
        mine = connection.execute(query).scalar()
    child = os.fork()
    if child == 0:
        with store.connect() as connection:
            os._exit(int(connection.execute(query).scalar() == mine))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with store.connect() as connection:
        assert connection.execute(query).scalar() == mine
