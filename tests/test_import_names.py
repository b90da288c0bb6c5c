"""Names of imports: one import in the whole store has one, for it is the key of a Dagster partition."""

from __future__ import annotations

import itertools
import re

import pytest
from alembic import command
from sqlalchemy import text

from contact_pipelines import imports
from contact_pipelines.store import imports_table, schema


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "contacts nov.csv"
    path.write_text("email\nada@example.com\n")
    return str(path)


def names(store):
    with store.connect() as connection:
        return connection.execute(text("SELECT tenant_id, name FROM imports ORDER BY created_at")).all()


def test_a_name_tells_the_day_and_the_file_and_ends_in_48_random_bits(store, path):
    name = imports.register_import(store, path).name
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-contacts_nov-[0-9a-f]{12}", name)
    with store.connect() as connection:
        assert imports_table.find_by_name(connection, name).name == name


@pytest.mark.parametrize("tenants", [("acme", "acme"), ("acme", "globex")])
def test_a_name_that_is_taken_is_not_given_again(store, path, monkeypatch, tenants):
    bits = itertools.chain([1, 1, 1], itertools.count(2))
    monkeypatch.setattr(imports_table.secrets, "randbits", lambda _: next(bits))
    first, second = (imports.register_import(store, path, tenant_id=tenant) for tenant in tenants)
    assert first.name != second.name
    assert names(store) == [(tenants[0], first.name), (tenants[1], second.name)]
    with store.connect() as connection:
        for record in (first, second):
            assert imports_table.find_by_name(connection, record.name) == record


def test_a_key_that_was_used_before_is_no_clash(store, path, monkeypatch):
    monkeypatch.setattr(imports_table.secrets, "randbits", lambda _: 1)
    first = imports.register_import(store, path, idempotency_key="k")
    assert imports.register_import(store, path, idempotency_key="k") == first


def test_names_that_two_tenants_have_are_told_apart_by_the_migration(store, path):
    for tenant in ("acme", "acme", "globex", "initech"):
        imports.register_import(store, path, tenant_id=tenant)
    with store.begin() as connection:
        command.downgrade(schema.alembic_config(connection), "0011")
        same, own = "2026-11-20-nov-3f2a91", "'2026-11-20-nov-' || right(id::text, 6)"
        connection.execute(text(f"UPDATE imports SET name = CASE tenant_id WHEN 'acme' THEN {own} ELSE '{same}' END"))
        before = dict(connection.execute(text("SELECT id, name FROM imports")).all())
        command.upgrade(schema.alembic_config(connection), "head")
        after = dict(connection.execute(text("SELECT id, name FROM imports")).all())
    *kept, renamed = sorted(after)
    assert [after[import_id] for import_id in kept] == [before[import_id] for import_id in kept]
    assert after[renamed] == f"2026-11-20-nov-{renamed.hex[-12:]}"
