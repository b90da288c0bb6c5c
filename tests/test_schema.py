from __future__ import annotations

import multiprocessing
import os

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.pool import NullPool

from contact_pipelines.contacts.properties import add_property, list_properties
from contact_pipelines.errors import InvalidOption, NotFound, SchemaMismatch
from contact_pipelines.models import WELL_KNOWN_PROPERTIES, PropertyDefinition, PropertyType
from contact_pipelines.settings import Settings
from contact_pipelines.store import schema
from contact_pipelines.store.engine import open_store
from contact_pipelines.store.tables import metadata
from contact_pipelines.store.tenants import ensure_tenant


def _engine(url):
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)


def _set_revision(url, revision):
    with psycopg.connect(url) as connection:
        connection.execute(f"UPDATE {schema.VERSION_TABLE} SET version_num = %s", [revision])


def test_the_migrations_make_exactly_the_tables_of_the_code(store):
    with store.connect() as connection:
        options = {"version_table": schema.VERSION_TABLE, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_checks_collations_and_partial_indexes_are_the_same_too(store, empty_database_url):
    """Alembic does not compare these, so compare with what the metadata itself would make."""
    reference = _engine(empty_database_url)
    metadata.create_all(reference)
    query = text(
        "SELECT 'check', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> :version"
        " UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes"
        " WHERE schemaname = 'public' AND tablename <> :version"
        " UNION ALL SELECT 'column', table_name, column_name, concat_ws(' ', data_type, collation_name,"
        " column_default, is_nullable, ordinal_position) FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name <> :version ORDER BY 1, 2, 3"
    )
    with store.connect() as migrated, reference.connect() as made:
        found = migrated.execute(query, {"version": schema.VERSION_TABLE}).all()
        assert found == made.execute(query, {"version": schema.VERSION_TABLE}).all()
        assert len(found) > 100


def test_the_known_revisions_are_those_of_the_scripts(store):
    with store.connect() as connection:
        scripts = ScriptDirectory.from_config(schema.alembic_config(connection))
    assert scripts.get_heads() == [schema.HEAD_REVISION]
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == schema.REVISIONS


def test_downgrade_removes_our_tables_and_no_others(store):
    with store.begin() as connection:
        connection.execute(text("CREATE TABLE somebody_elses (id int)"))
        command.downgrade(schema.alembic_config(connection), "base")
    with store.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {schema.VERSION_TABLE, "somebody_elses"}
        with pytest.raises(SchemaMismatch, match="no tables yet"):
            schema.check(connection)
    schema.upgrade(store.engine)
    with store.connect() as connection:
        schema.check(connection)


def test_what_was_required_as_a_rule_is_required_as_a_column(store):
    rules = text("SELECT rules, count(*) FROM properties WHERE tenant_id = 'acme' AND key = 'plan' GROUP BY rules")
    plan = PropertyDefinition(key="plan", pattern="a+", required=True)
    with store.begin() as connection:
        ensure_tenant(connection, "acme")
        add_property(connection, "acme", plan)
        command.downgrade(schema.alembic_config(connection), "0001")
        assert connection.execute(rules).all() == [({"pattern": "a+", "required": True}, 1)]
        command.upgrade(schema.alembic_config(connection), "head")
        assert connection.execute(rules).all() == [({"pattern": "a+"}, 1)]
        found = {definition.key: definition for definition in list_properties(connection, "acme")}
    assert found["plan"] == plan
    assert not found["city"].required


def _settings(url, tmp_path):
    return Settings(home=tmp_path, database_url=url, artifacts=str(tmp_path))


def test_an_empty_database_of_the_user_is_left_alone(empty_database_url, tmp_path):
    with pytest.raises(SchemaMismatch, match=r"no tables yet.*contact-pipelines db upgrade"):
        open_store(_settings(empty_database_url, tmp_path))
    store = open_store(_settings(empty_database_url, tmp_path), check_schema=False)
    with store.connect() as connection:
        assert inspect(connection).get_table_names() == []
    schema.upgrade(store.engine)
    store.close()
    open_store(_settings(empty_database_url, tmp_path)).close()


def test_an_older_schema_says_how_to_upgrade(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "REVISIONS", ("0000", *schema.REVISIONS))
    _set_revision(database_url, "0000")
    with pytest.raises(SchemaMismatch, match=r"older.*contact-pipelines db upgrade"):
        open_store(_settings(database_url, tmp_path))


def test_a_newer_schema_says_to_upgrade_the_code(database_url, tmp_path):
    _set_revision(database_url, "9999")
    with pytest.raises(SchemaMismatch, match=r"newer.*upgrade contact-pipelines"):
        open_store(_settings(database_url, tmp_path))
    with pytest.raises(SchemaMismatch, match="newer"):
        schema.upgrade(_engine(database_url))


def _upgrade(url):
    schema.upgrade(_engine(url))
    os._exit(0)


def test_processes_that_upgrade_at_once_wait_for_each_other(empty_database_url):
    starting = multiprocessing.get_context("spawn")
    processes = [starting.Process(target=_upgrade, args=(empty_database_url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with _engine(empty_database_url).connect() as connection:
        schema.check(connection)


def test_a_tenant_comes_with_its_well_known_properties(store):
    with store.begin() as connection:
        ensure_tenant(connection, "acme")
        ensure_tenant(connection, "acme")
        found = {definition.key: definition for definition in list_properties(connection, "acme")}
    assert found.keys() == WELL_KNOWN_PROPERTIES.keys()
    assert found["birthday"].type is PropertyType.DATE
    assert found["city"] == PropertyDefinition(key="city", label="City")


@pytest.mark.parametrize("tenant", ["", "a b", "a/b", "ä", "x" * 64, "a\n"])
def test_a_bad_tenant_id_is_refused(store, tenant):
    with store.begin() as connection, pytest.raises(InvalidOption, match="1 to 63"):
        ensure_tenant(connection, tenant)


def test_adding_a_property_again_is_fine_but_not_as_another_type(store):
    score = PropertyDefinition(key="score", type=PropertyType.NUMBER, min=0, max=10.5)
    plan = PropertyDefinition(key="plan", type=PropertyType.SELECT, label="Plan", options=("free", "paid"))
    with store.begin() as connection:
        ensure_tenant(connection, "acme")
        for definition in (score, plan, score):
            assert add_property(connection, "acme", definition) == definition
        assert [d for d in list_properties(connection, "acme") if d.key in ("score", "plan")] == [plan, score]
        with pytest.raises(InvalidOption, match=r"score already exists with type number, not text"):
            add_property(connection, "acme", PropertyDefinition(key="score"))


def test_a_property_of_an_unknown_tenant_is_not_found(store):
    with pytest.raises(NotFound, match="no tenant nobody"), store.begin() as connection:
        add_property(connection, "nobody", PropertyDefinition(key="score"))
