"""The fast path for full names never disagrees with nameparser."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nameparser import Lexicon

from contact_pipelines.imports.validate.full_names import (
    name_columns,
    plain_first_name,
    plain_last_name,
    split_full_name,
)

LEXICON = Lexicon.default()
KNOWN = sorted(
    LEXICON.titles
    | LEXICON.suffix_acronyms
    | LEXICON.suffix_words
    | LEXICON.particles
    | LEXICON.conjunctions
    | LEXICON.bound_given_names
    | LEXICON.maiden_markers
    | LEXICON.given_name_titles
    | LEXICON.surnames
    | LEXICON.honorific_tails
    | LEXICON.after_given_titles
)
WORD = st.one_of(
    st.sampled_from(
        [
            "Anna",
            "Müller",
            "O'Neil",
            "Jean-Luc",
            "van",
            "D\u2019Angelo",
            "Łukasz",
            "al-Rashid",
            "Dr.",
            "J",
            "I",
        ]
    ),
    st.sampled_from(KNOWN),
    st.sampled_from(KNOWN).map(str.upper),
    st.sampled_from(KNOWN).map(str.title),
    st.text("abzÀéßøİ\u017fǅ\u0391Ж李'\u2019-.\u0301", min_size=1, max_size=7),
    st.text(st.characters(categories=["L", "Mn", "Nd", "Po"]), min_size=1, max_size=6),
)
SEPARATOR = st.sampled_from([" ", " ", " ", " ", "  ", ", ", "\u00a0", "-", " ("])
NAME = st.builds(
    lambda words, separators: "".join(w + s for w, s in zip(words, separators, strict=False)),
    st.lists(WORD, min_size=1, max_size=3),
    st.tuples(SEPARATOR, st.sampled_from(["", "", " ", ",", " Jr"]), st.just("")),
)


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        yield connection


def fast(con, texts):
    columns = f"{plain_first_name('t')}, {plain_last_name('t')}"
    return con.execute(f"SELECT {columns} FROM (SELECT unnest($1::VARCHAR[]) AS t)", [texts]).fetchall()


def assert_agreement(con, texts):
    for text, found in zip(texts, fast(con, texts), strict=True):
        if found != (None, None):
            assert found == split_full_name(text)


@pytest.mark.thorough
@settings(max_examples=250, derandomize=True, deadline=None)
@given(texts=st.lists(NAME, min_size=5, max_size=20))
def test_what_the_fast_path_splits_the_library_splits_alike(con, texts):
    assert_agreement(con, texts)


def test_words_that_nameparser_knows(con):
    forms = ("Anna {}", "{} Smith", "{}-x Smith", "Anna x'{}", "{}x Smith", "Anna y{}")
    words = [case(word) for word in KNOWN for case in (str, str.title, str.upper)]
    assert_agreement(con, [form.format(word) for word in words for form in forms])


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Anna Schmidt", "Anna", "Schmidt"),
        ("van der Berg, Anna", "Anna", "van der Berg"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Dr. Anna Maria Schmidt Jr.", "Anna Maria", "Schmidt"),
        ("Anna (Nan) Bell", "Anna", "Bell"),
        ("Anna", "Anna", None),
        ("Dr Smith", None, "Smith"),
        ("Dr.", "Dr.", None),
        ("  Anna \t Schmidt ", "Anna", "Schmidt"),
        ("   ", None, None),
        ("x" * 600, "x" * 600, None),
    ],
)
def test_verdicts(text, first, last):
    assert split_full_name(text) == (first, last)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(text=st.text(min_size=1, max_size=30))
def test_no_name_is_lost(text):
    assert split_full_name(text) != (None, None) or not text.split()


def test_the_fast_path_decides_plain_names(con):
    plain = ["Anna Schmidt", "Jean-Luc O'Neil", "Łukasz Müller", " Zoë D\u2019Angelo "]
    assert (None, None) not in fast(con, plain)


def test_columns_are_the_verdict_on_each_value(con):
    texts = ["Anna Schmidt", None, "", "van der Berg, Anna", "Anna", "Dr Smith", "Anna"]
    con.execute("CREATE OR REPLACE TABLE source AS SELECT unnest(?::VARCHAR[]) AS full_name", [texts])
    names = name_columns(con, "source", "full_name")
    found = con.execute(f"SELECT source.full_name, {names.first}, {names.last} FROM source {names.join}").fetchall()
    assert {text: (first, last) for text, first, last in found} == {text: split_full_name(text or "") for text in texts}
    assert len(found) == len(texts)
