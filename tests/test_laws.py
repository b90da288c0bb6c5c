"""Laws that hold for every file, store and option: Hypothesis looks for one that breaks them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.drawn_imports import laws
from tests.helpers.importing import Importer

HEADER = ["email", "first_name", "company", "tags", "lead_score", "custom_note", "custom_points"]
COLUMNS = {name: name for name in HEADER[:5]} | {
    "custom_note": "properties.note",
    "custom_points": "properties.points",
}

# Few addresses, so that files overlap; cells that trip spreadsheets, CSV, SQL and JSON.
emails = st.sampled_from(
    [
        "a@example.com",
        "B@example.com",
        " b@example.com",
        "c@example.com",
        "d@example.com",
        "ü@example.com",
        "bad",
        "",
    ]
)
words = st.sampled_from(
    [
        "",
        " ",
        "Ann",
        "=1+1",
        "'=x",
        "-5",
        "+4930123456",
        '"',
        "a,b",
        "x\ny",
        "\\N",
        "NULL",
        "ß",
        "null",
        "'",
        "{}",
        "@x",
    ]
)
texts = words | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
tags = st.sampled_from(["", "a", "a|b", "b;a", 'q"x', "a,,a", "\\"])
scores = st.sampled_from(["", "0", "5", "50", "101", "x", "7.0"])
numbers = st.sampled_from(["", "1", "-2.50", "1e3", "x", "007"])
rows = st.lists(st.tuples(emails, texts, texts, tags, scores, texts, numbers).map(list), min_size=1, max_size=8)
rule = st.sampled_from(["overwrite", "fill_blank", "keep", "keep_higher", "keep_lower"])
rules = st.fixed_dictionaries(
    {}, optional={"*": rule, "first_name": rule, "lead_score": rule, "tags": rule | st.just("append")}
)
options = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["upsert", "create_only", "update_only"]),
        "duplicates": st.sampled_from(["first", "last", "error"]),
        "blank": st.sampled_from(["ignore", "erase"]),
        "rules": rules,
        "tags": st.sampled_from([(), ("t",), ("a", "t")]),
    }
)

LAWFUL = laws(6)


@pytest.fixture
def fresh(store, settings):
    """Make a tenant-less importer in a folder of its own: each example starts from an empty store."""

    def make() -> Importer:
        importer = Importer(store, settings, Path(tempfile.mkdtemp(prefix="laws-")))
        importer.sql("TRUNCATE contacts, import_changes")
        importer.sql("DELETE FROM properties WHERE key IN ('note', 'points')")
        importer.run([HEADER, ["seed@example.org", "", "", "", "", "x", "1"]], columns=COLUMNS)
        importer.sql("DELETE FROM contacts")
        return importer

    return make


@pytest.mark.thorough
@LAWFUL
@given(before=rows, file=rows, how=options)
def test_every_row_has_one_outcome_and_a_rollback_restores_the_store(fresh, before, file, how):
    importer = fresh()
    importer.run([HEADER, *before], columns=COLUMNS)
    old = importer.everything()
    record = importer.run([HEADER, *file], columns=COLUMNS, **how)
    counts = record.counts
    assert counts.add_up
    lines = importer.results(record)
    readable = [row for row in file if any(cell for cell in row)]
    assert counts.total == len(readable) == len(lines) - 1
    told = [line[-2] for line in lines[1:]]
    assert [told.count(name) for name in ("Created", "Updated", "Unchanged", "Skipped", "Error")] == [
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.skipped,
        counts.failed,
    ]
    importer.roll_back(record)
    assert importer.everything() == old


@pytest.mark.thorough
@LAWFUL
@given(file=rows, how=options)
def test_importing_a_file_again_changes_nothing(fresh, file, how):
    importer = fresh()
    how = {**how, "mode": "upsert"}
    importer.run([HEADER, *file], columns=COLUMNS, **how)
    old = importer.everything()
    again = importer.run([HEADER, *file], columns=COLUMNS, **how)
    assert (again.counts.created, again.counts.updated) == (0, 0)
    assert importer.everything() == old
