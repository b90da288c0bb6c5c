"""Export, then import: nothing is created, nothing updated, whatever the contacts hold.

But for U+FFFE and U+FFFF, which no workbook can hold.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipelines.contacts.properties import add_property
from contact_pipelines.models import ExportFormat, PropertyDefinition
from contact_pipelines.store.tenants import ensure_tenant
from tests.helpers.drawn_imports import laws
from tests.helpers.exporting import Exporter

NAUGHTY = [
    "=1+1", "+1", "-1", "@x", "'", "''", "'=1", "''=1", "'-5", "-5", "-5-3", "+4930123456", "+49 30 1", "=", "'a",
    '"', '""', 'a"b', "a,b", "a;b", "a|b", "x\ny", "x\r\ny", "x\ry", "x\ty", "\\", "\\N", "\\.", "NULL", "null", "None",
    "{}", "[]", '["a"]', "[1]", "{a,b}", "<r>x</r>", "<r><t>x</t></r>", "<b>&amp;</b>", "_x0041_", "&lt;", "#N/A",
    "TRUE", "1e3", "007", "1.50", "123456789012345678", "2026-11-20", "11/12/2026", "http://example.com",
    "=HYPERLINK(1)", "Ünïcödé",
    "😀👩👩👧", "שלום", "مرحبا", "a\u202eb", "日本語", "\u200d x", "\x07bell", "x\x1fy", "x\x1dy",
    "x\x02\x01y", "x" * 9_000, "%s %(x)s", ":name", "$1", "' OR 1=1 --", "x\u2028y", "x\x0by",
]  # fmt: skip
PROPERTIES = [
    {"key": "note"},
    {"key": "line2"},
    {"key": "1st"},
    {"key": "order"},
    {"key": "a__b"},
    {"key": "lists"},
    {"key": "id"},
    {"key": "points", "type": "number"},
    {"key": "joined", "type": "date"},
    {"key": "ok", "type": "boolean"},
    {"key": "likes", "type": "multi_select"},
    {"key": "plan", "type": "select", "options": ("Free plan", "=pro")},
]
HEADER = [
    "external_id", "email", "phone", "first_name", "last_name", "company", "status", "lead_score", "tags",
    *(f"properties.{definition['key']}" for definition in PROPERTIES),
]  # fmt: skip


@pytest.fixture
def filled(importer):
    """An importer whose tenants have the properties: `default`, and a new one each time that `new_tenant` is called."""
    numbers = itertools.count()

    def new_tenant() -> str:
        return _with_properties(importer, f"tenant_{next(numbers)}")

    importer.new_tenant = new_tenant
    _with_properties(importer, "default")
    return importer


def _with_properties(importer, tenant):
    with importer.store.begin() as connection:
        ensure_tenant(connection, tenant)
        for definition in PROPERTIES:
            add_property(connection, tenant, PropertyDefinition(**definition))
    return tenant


def assert_nothing_changes(importer, file_format, tenant="default"):
    before = importer.everything()
    record = Exporter(importer).run(format=file_format, by=tenant, tenant=tenant)
    assert record.rows == len(importer.contacts(tenant))
    done = importer.run(Path(record.location).read_bytes(), name=f"contacts.{file_format}", tenant=tenant)
    counts = done.counts
    if counts.updated:  # which fields, and what became of them
        raise AssertionError(importer.sql("SELECT before, after FROM import_changes WHERE import_id = :id", id=done.id))
    assert (counts.created, counts.failed, counts.unchanged) == (0, 0, record.rows)
    assert importer.everything() == before


def items(text):
    """Leave out what no item can be: quotes around nothing.

    And control characters: DuckDB's JSON spells them in another way than PostgreSQL's.
    """
    return "".join(sign for sign in text if sign >= " " and sign != "\x7f").replace('""', '"')


def rows_of(texts):
    for n, text in enumerate(texts):
        number = str([0, -5, 1.5, 1e-7, 123456789012345678, 100.25, -0.5][n % 7])
        day = ["2026-11-20", "1850-01-02", "1900-02-28", "9999-12-31", ""][n % 5]
        yield [
            f"{n}{text}"[:200], f"c{n}@example.com", "+14155552671" if n % 2 else "",
            text[:200], text[::-1][:200], text,
            ["subscribed", "unsubscribed", "bounced", ""][n % 4], str(n % 9), items(text),
            text, text, text, text, text, text, text, number, day, ["yes", "no", ""][n % 3],
            "a|" + items(text),
            ["free plan", "=pro", ""][n % 3],
        ]  # fmt: skip


@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_naughty_texts_come_back_as_they_were(filled, file_format):
    record = filled.run([HEADER, *rows_of(NAUGHTY)], lists=("L",), segments=("=S",), topics=("T",))
    assert record.counts.created == len(NAUGHTY), [row[-1] for row in filled.errors(record)]
    assert_nothing_changes(filled, file_format)


words = st.sampled_from(NAUGHTY) | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=15
)
likely = st.sampled_from(list("=+-@'\"|,;[]{}<>&\\\t\r\n 15ae.😀"))
texts = words | st.text(likely, max_size=8)


@pytest.mark.thorough
@laws(8)
@given(cells=st.lists(texts, min_size=1, max_size=12), file_format=st.sampled_from(list(ExportFormat)))
def test_whatever_was_imported_is_unchanged_by_its_export(filled, cells, file_format):
    tenant = filled.new_tenant()
    filled.run([HEADER, *rows_of(cells)], tenant=tenant)
    assert_nothing_changes(filled, file_format, tenant)


def test_ids_are_never_taken_for_external_ids(filled):
    filled.run("email,external_id\na@example.com,x@example.com\nb@example.com,y@example.com\n")
    assert_nothing_changes(filled, "csv")


def test_properties_that_are_unknown_elsewhere_are_made_there(filled):
    filled.run([HEADER, *rows_of(["a", "b"])])
    record = Exporter(filled).run()
    content = Path(record.location).read_bytes()
    filled.run(content, tenant="other")
    assert {email: contact["properties"]["1st"] for email, contact in filled.contacts("other").items()} == {
        "c0@example.com": "a",
        "c1@example.com": "b",
    }
