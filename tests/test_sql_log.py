"""CONTACT_PIPELINES_DEBUG=sql: every statement, with its step and its time, and no contact's data."""

from __future__ import annotations

import json
import re

import pytest

from contact_pipelines.files import sql_log

LINE = re.compile(r"\[sql\] \d+\.\d{4} s  (postgresql|duckdb)  (\w+) \([\w/]+(?:\.py:\d+)?\)  \S.*")
PEOPLE = """\
email,first_name,phone,city,tags
zenobia@person.example,Zenobia,+49 30 9018200,Quedlinburg,wanderfalke
o'brien@person.example,O'Brien,+49 30 9018201,Wernigerode,kohlmeise|zaunkönig
"""
DATA = r"(?i)zenobia|person\.example|brien|9018200|9018201|quedlinburg|wernigerode|wanderfalke|kohlmeise|zaunk"


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT  'ann@x.example',\n  1 -- it's\nFROM t", "SELECT '…', 1 FROM t"),
        ("SELECT 'it''s', E'it\\'s', $$it's$$, $a$it's$a$ /* 'x' */, 2", "SELECT '…', '…', '…', '…' , 2"),
        ("FROM read_parquet('/home/rows.parquet') WHERE \"it's\" = 'x'",
         "FROM read_parquet('/home/rows.parquet') WHERE \"it's\" = '…'"),
        ("SELECT %(email)s, $1", "SELECT %(email)s, $1"),
    ],
)  # fmt: skip
def test_values_are_left_out(statement, shown):
    assert sql_log.without_values(statement) == shown


def test_a_long_statement_is_cut():
    assert sql_log.without_values("SELECT " + "x" * 20_000).endswith("xxx… (20,007 characters)")


def test_an_import_with_the_log(run, tmp_path, monkeypatch):
    (tmp_path / "people.csv").write_text(PEOPLE)
    quiet = run("import", "people.csv", "--json")
    assert "[sql]" not in quiet.err
    monkeypatch.setenv("CONTACT_PIPELINES_DEBUG", "sql")
    (tmp_path / "people.csv").write_text(PEOPLE.replace("Zenobia", "Zenobia B"))
    loud = run("import", "people.csv", "--json", "--tag", "zenobia's", "--list", "Zenobia's", "--fuzzy", "phone")
    exported = run("export", "--out", "people.xlsx", "--filter", "first_name = 'Zenobia B'", "--list", "Zenobia's")
    parquet = run("export", "--out", "people.parquet", "--search", "zenobia")
    erased = run("contacts", "erase", "o'brien@person.example", "--yes", "--json")
    assert [done.code for done in (quiet, loud, exported, parquet, erased)] == [0] * 5
    counts = json.loads(loud.out)["counts"]
    assert (counts["total"], counts["updated"]) == (2, 2)
    assert json.loads(erased.out)["contacts"] == 1

    lines = [line for line in loud.err.splitlines() if line.startswith("[sql]")]
    found = {match.groups() for line in lines if (match := LINE.fullmatch(line))}
    assert all(LINE.fullmatch(line) for line in lines)
    steps = ("stage", "columns", "validate", "compare", "apply", "report")
    assert {("duckdb", step) for step in steps} <= found
    assert {("postgresql", step) for step in ("land", *steps)} <= found
    assert any("COPY import_changes" in line for line in lines)
    assert any(line.endswith("COMMIT") for line in lines)
    assert any("read_parquet('/" in line for line in lines)
    for done in (loud, exported, parquet, erased):
        assert "[sql]" in done.err
        assert not re.search(DATA, "".join(line for line in done.err.splitlines(True) if line.startswith("[sql]")))


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("sql", False), ("", False)])
def test_tracebacks_are_for_1(run, monkeypatch, value, shown):
    monkeypatch.setenv("CONTACT_PIPELINES_DEBUG", value)
    monkeypatch.setattr("contact_pipelines.imports.list_imports", lambda *_, **__: 1 / 0, raising=False)
    assert ("ZeroDivisionError: division" in run("history").err) is shown
