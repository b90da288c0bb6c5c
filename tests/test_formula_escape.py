"""The formula escape and its undoing."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_pipelines.files.formula_escape import escape_expression, postgres_escape_expression, unescape_expression


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        yield connection


def values(con, expression, texts):
    table = con.execute(f"SELECT {expression('x')} FROM (SELECT unnest(?::VARCHAR[]) AS x)", [texts])
    return [row[0] for row in table.fetchall()]


ESCAPED = {
    "=1+1": "'=1+1",
    "+cmd": "'+cmd",
    "-cmd|x": "'-cmd|x",
    "@SUM(A1)": "'@SUM(A1)",
    "\tx": "'\tx",
    "\rx": "'\rx",
    "'=1": "''=1",
    "''=1": "'''=1",
    "'-5": "''-5",
    "-": "'-",
    "+": "'+",
    "-5-3": "'-5-3",
    "-5\n": "'-5\n",
    "+49 30 123": "'+49 30 123",
}
UNTOUCHED = [
    "",
    "a",
    "'",
    "'tis",
    "O'Neil",
    "''",
    "-5",
    "+4930123456",
    "-1.5",
    "-1.5e3",
    "1=2",
    " =1",
    "ä",
    "\n=1",
    "<x",
    "#",
]


def test_what_is_escaped(con):
    assert values(con, escape_expression, list(ESCAPED)) == list(ESCAPED.values())
    assert values(con, unescape_expression, list(ESCAPED.values())) == list(ESCAPED)
    unguarded = values(con, lambda sql: unescape_expression(sql, guard=False), [*ESCAPED.values(), *UNTOUCHED])
    assert unguarded == [*ESCAPED, *UNTOUCHED]


def test_what_is_left_alone(con):
    assert values(con, escape_expression, UNTOUCHED) == UNTOUCHED
    assert values(con, unescape_expression, UNTOUCHED) == UNTOUCHED
    assert values(con, escape_expression, [None]) == [None]
    assert values(con, unescape_expression, [None]) == [None]


texts = st.one_of(
    st.text(alphabet="'=+-@\t\r\n0159.,eE a\x00ä", max_size=8),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, min_size=1, max_size=40))
def test_unescaping_undoes_escaping(con, cells):
    twice = "SELECT {} FROM (SELECT {} AS y FROM (SELECT unnest(?::VARCHAR[]) AS x))"
    sql = twice.format(unescape_expression("y"), escape_expression("x"))
    assert [row[0] for row in con.execute(sql, [cells]).fetchall()] == cells


@settings(max_examples=100, deadline=None)
@given(st.lists(texts, min_size=1, max_size=40))
def test_no_formula_is_left(con, cells):
    for cell in values(con, escape_expression, cells):
        if cell.startswith(("=", "@", "\t", "\r")):
            raise AssertionError(cell)
        if cell.startswith(("+", "-")):
            float(cell.replace(",", "."))


def in_postgres(store, texts):
    sql = f"SELECT {postgres_escape_expression('x')} FROM unnest(%s::text[]) WITH ORDINALITY t (x, n) ORDER BY n"
    with store.raw() as connection:
        return [row[0] for row in connection.execute(sql, [texts]).fetchall()]


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(texts.map(lambda text: text.replace("\x00", "")), min_size=1, max_size=40))
def test_postgres_escapes_as_duckdb_does(con, store, cells):
    cells = [*cells, None, *ESCAPED, *UNTOUCHED]
    assert in_postgres(store, cells) == values(con, escape_expression, cells)
