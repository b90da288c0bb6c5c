"""The fast path for addresses never disagrees with email-validator, and decides nearly all plain ones."""

from __future__ import annotations

import string

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipelines.imports.validate import distinct_texts
from contact_pipelines.imports.validate.email_addresses import email_column, email_fast_path, normalise_email

PIECES = [
    *(
        "a",
        "b",
        "Z",
        "0",
        "9",
        ".",
        "..",
        "-",
        "--",
        "@",
        "_",
        "+",
        "'",
        '"',
        " ",
        "\u00a0",
        "\t",
        "\n",
        "\x00",
    ),
    *(
        "xn--",
        "mnchen-3ya",
        "ab--c",
        "ü",
        "İ",
        "\u212a",
        "\u017f",
        "。",
        "\uff20",
        "é",
        "\u200b",
        "<",
        ">",
        "[",
        "]",
        "1.2",
    ),
    *("example", "com", "de", "test", "local", "onion", "arpa", "invalid", "localhost", "mailto:", "aa" * 30),
]
LOCAL = st.text(string.ascii_letters + string.digits + "._+-'", min_size=1, max_size=12)
LABEL = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=8)
LIKELY = st.builds(
    lambda local, labels, end: f"{local}@{'.'.join([*labels, end])}",
    LOCAL,
    st.lists(LABEL, min_size=1, max_size=3),
    st.sampled_from(
        ["com", "de", "COM", "test", "Local", "x", "c0m", "museum", "example", "localhost.", "example.com"]
    ),
)
ANYTHING = st.one_of(
    LIKELY,
    st.lists(st.sampled_from(PIECES), max_size=10).map("".join),
    st.text(max_size=20),
    st.builds(lambda a, b, c: a + b + c, st.text(max_size=2), LIKELY, st.text(max_size=2)),
)


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        yield connection


def fast(con, texts):
    query = f"SELECT {email_fast_path('t')} FROM (SELECT unnest($1::VARCHAR[]) AS t)"
    return [value for (value,) in con.execute(query, [texts]).fetchall()]


@pytest.mark.thorough
@settings(max_examples=600, derandomize=True, deadline=None)
@given(texts=st.lists(ANYTHING, min_size=5, max_size=20))
def test_what_the_fast_path_accepts_the_library_accepts_alike(con, texts):
    for text, value in zip(texts, fast(con, texts), strict=True):
        if value is not None:
            assert value == normalise_email(text)


@settings(max_examples=600, derandomize=True, deadline=None)
@given(text=ANYTHING)
def test_normalising_twice_changes_nothing(text):
    once = normalise_email(text)
    assert once is None or normalise_email(once) == once


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("john@example.com", "john@example.com"),
        (" John.Doe+tag@Example.ORG\u00a0", "john.doe+tag@example.org"),
        ("\ufeff o'neil@a-b.co.uk ", "o'neil@a-b.co.uk"),
        ("<a@b.com>", "a@b.com"),
        ("mailto:A@b.com", "a@b.com"),
        ("Jörg@Müller.de", "jörg@müller.de"),
        ("a@xn--mller-kva.de", "a@müller.de"),
        ("Name <a@b.com>", None),
        ("a@b.test", None),
        ("a@localhost", None),
        ("a@b", None),
        ("a@@b.com", None),
        ("a b@c.com", None),
        ("a@b..com", None),
        ("a@ab--c.com", None),
        ('"a b"@c.com', None),
        ("a@[127.0.0.1]", None),
        ("a@b.com, c@d.com", None),
        ("x" * 1001, None),
        ("", None),
    ],
)
def test_verdicts(text, kept):
    assert normalise_email(text) == kept


@pytest.mark.parametrize("length", [62, 63, 64, 65, 253, 254, 255, 300])
def test_limits_of_length(con, length):
    for text in (f"{'a' * length}@b.com", f"a@{'b' * length}.com", f"a@{'b.' * (length // 2)}com"):
        (value,) = fast(con, [text])
        assert value in {None, normalise_email(text)}


def test_the_fast_path_decides_plain_addresses(con):
    plain = [
        *("john@example.com", "a.b-c_d+e@mail.example.co.uk", "X@Y.IO", " 1@2.de ", "o'neil@x-y.museum"),
        *("first.last1234567890@subdomain.some-company.com", "\u00a0a@b.com"),
    ]
    assert None not in fast(con, plain)


def test_a_column_is_the_verdict_on_each_value(monkeypatch):
    monkeypatch.setattr(distinct_texts, "BATCH", 2)
    texts = ["A@b.com", None, "", " \t", "Jörg@x.de", "a@@b", "a@xn--mller-kva.de", "<a@b.com>", "Jörg@x.de"]
    with duckdb.connect() as con:
        con.execute('CREATE TABLE "the ""source" AS SELECT unnest(?::VARCHAR[]) AS "E ""mail"', [texts])
        column = email_column(con, 'the "source', 'E "mail')
        found = con.execute(f'SELECT "E ""mail", {column.expression} FROM "the ""source" {column.join}').fetchall()
        assert dict(found) == {text: text and normalise_email(text) for text in texts} | {"": None}
        assert len(found) == len(texts)


def test_nothing_is_joined_where_nothing_is_left(con):
    con.execute("CREATE OR REPLACE TABLE plain AS SELECT 'a' || range || '@b.com' AS email FROM range(10)")
    assert email_column(con, "plain", "email").join == ""
