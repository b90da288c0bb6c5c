"""Saved mappings: kept in versions, chosen by name or by the file's headers."""

from __future__ import annotations

import pytest

from contact_pipelines import imports
from contact_pipelines.errors import FileNotImportable, NotFound
from contact_pipelines.imports.columns import saved_mappings
from contact_pipelines.models import DEFAULT_TENANT
from contact_pipelines.store.tenants import ensure_tenant

HEADER = ["Mail privat", "Mail Firma", "Kunde"]
ROWS = "Mail privat,Mail Firma,Kunde\nann@home.example,ann@work.example,Ann\n"


@pytest.fixture
def connection(store):
    with store.begin() as connection:
        ensure_tenant(connection, DEFAULT_TENANT)
        yield connection


def save(connection, name="a", header=HEADER, **columns):
    return saved_mappings.save(connection, DEFAULT_TENANT, name, header, columns or {"Kunde": "full_name"})


def test_a_change_is_a_new_version_and_the_same_is_not(connection):
    assert save(connection).version == 1
    assert save(connection).version == 1
    assert save(connection, Kunde="company").version == 2
    assert saved_mappings.get(connection, DEFAULT_TENANT, "a").columns == {"Kunde": "company"}


def test_the_header_set_counts_not_its_order_or_case(connection):
    save(connection)
    found = saved_mappings.find_for_header(connection, DEFAULT_TENANT, ["kunde", "MAIL FIRMA ", "Mail privat"])
    assert found is not None
    assert found.name == "a"
    assert saved_mappings.find_for_header(connection, DEFAULT_TENANT, HEADER[:2]) is None


def test_a_mapping_that_has_moved_to_other_headers_is_not_chosen(connection):
    save(connection)
    save(connection, header=["Other"], Other="email")
    assert saved_mappings.find_for_header(connection, DEFAULT_TENANT, HEADER) is None


def test_an_unknown_name_lists_those_that_are_there(connection):
    save(connection, "salesforce")
    with pytest.raises(NotFound, match="'sales'; the saved mappings are: salesforce"):
        saved_mappings.get(connection, DEFAULT_TENANT, "sales")


def test_tenants_do_not_see_each_others(connection):
    ensure_tenant(connection, "other")
    save(connection)
    assert saved_mappings.list_latest(connection, "other") == []
    assert saved_mappings.find_for_header(connection, "other", HEADER) is None


def test_an_import_saves_its_mapping_and_the_next_file_with_these_headers_takes_it(importer):
    first = importer.run(ROWS, columns={"Mail Firma": "email"}, save_mapping="partner")
    assert {c.column: c.field for c in first.mapping}["Mail Firma"] == "email"
    second = importer.run("Kunde,Mail Firma,Mail privat\nBob,bob@work.example,bob@home.example\n")
    assert {c.column: (c.field, c.reason) for c in second.mapping}["Mail Firma"] == (
        "email",
        "saved mapping 'partner', version 1",
    )
    assert set(importer.contacts()) == {"ann@work.example", "bob@work.example"}


def test_what_is_given_goes_before_what_was_saved(importer):
    importer.run(ROWS, columns={"Mail Firma": "email"}, save_mapping="partner")
    importer.run(ROWS, columns={"Mail privat": "email", "Mail Firma": "ignore"})
    assert set(importer.contacts()) == {"ann@work.example", "ann@home.example"}


def test_none_takes_no_saved_mapping(importer):
    importer.run(ROWS, columns={"Mail Firma": "email"}, save_mapping="partner")
    record = importer.run("Mail privat,Mail Firma,Kunde\ncy@home.example,,Cy\n", saved_mapping="none", columns={
        "Mail privat": "email"})  # fmt: skip
    assert all("saved mapping" not in column.reason for column in record.mapping)


def test_a_named_mapping_must_fit_the_file(importer):
    importer.run(ROWS, columns={"Mail Firma": "email"}, save_mapping="partner")
    with pytest.raises(FileNotImportable, match="which the file lacks"):
        importer.run("email\ndi@work.example\n", saved_mapping="partner")


def test_a_deleted_mapping_is_gone(importer):
    importer.run(ROWS, columns={"Mail Firma": "email"}, save_mapping="partner")
    imports.delete_saved_mapping(importer.store, "partner")
    assert imports.list_saved_mappings(importer.store) == []
    with pytest.raises(NotFound):
        imports.delete_saved_mapping(importer.store, "partner")
