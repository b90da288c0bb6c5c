# ruff: noqa: RUF001 - words of many scripts
"""Columns of consent: what they say in each sense, in many languages, and how several of them are merged."""

from __future__ import annotations

import duckdb
import pytest

from contact_pipelines.errors import InvalidOption
from contact_pipelines.imports.validate import consent
from contact_pipelines.imports.validate.consent_value_words import (
    NO_WORDS,
    NOTHING_WORDS,
    STATUS_WORDS,
    SWITCH_WORDS,
    YES_WORDS,
)
from contact_pipelines.models import Consent
from tests.helpers.typed_rows import typed

WORD, OPT_OUT, OPT_IN = Consent.WORD, Consent.OPT_OUT, Consent.OPT_IN
REFUSED = "refused"


def says(kind: Consent, texts: list[str | None], **options) -> list[str | None]:
    """Return what one column of consent says, `REFUSED` where it rejects the row."""
    rows = [[f"p{number}@example.com", text] for number, text in enumerate(texts)]
    found = typed({"Email": "email", "Consent": kind}, rows, **options)
    refused = {row for row, *fault in found.faults() if fault == ["Consent", "invalid_status", "error"]}
    assert refused == set(range(2, len(rows) + 2)) - set(found.valid())
    values = found.values("status")
    assert all(values[row - 2] is None for row in refused)
    return [REFUSED if row in refused else value for row, value in enumerate(values, start=2)]


WORDS = {
    "subscribed": ["subscribed", "Subscribed", " SUBSCRIBED ", "opted-in", "Opted in", "OPTED_IN", "active",
                   "confirmed", "abonniert", "Abonné", "suscrito", "iscritto", "подписан", "已订阅", "購読中",
                   "구독", "مشترك"],
    "unsubscribed": ["unsubscribed", "Opted Out", "opt_out", "pending", "Unconfirmed", "NEVER_SUBSCRIBED",
                     "Non-Subscribed", "nonsubscribed", "transactional", "archived", "blocked", "suppressed",
                     "blocklisted", "inactive", "abgemeldet", "désabonné", "desabonne", "baja", "disiscritto",
                     "отписан", "已退订", "配信停止", "구독취소", "غير مشترك"],
    "bounced": ["bounced", "Hard Bounced", "hard_bounce", "soft-bounced", "cleaned", "invalid", "rebotado"],
    "complained": ["complained", "Spam Complaint", "reported_spam", "abuse", "junk", "жалоба"],
    None: [None, "", "  ", "\u00a0"],
    REFUSED: ["maybe", "yes", "no", "1", "0", "2026-01-01", "unsubscribe me", "not active"],
}  # fmt: skip


@pytest.mark.parametrize("meaning", WORDS, ids=str)
def test_a_column_of_words(meaning):
    texts = WORDS[meaning]
    assert says(WORD, texts) == [meaning] * len(texts)


ANSWERS = {
    "yes": ["yes", "Yes", "Y", "TRUE", "true", "1", "1.0", "x", "X", "on", "✓", "✔️", "ja", "Oui", "sí", "Sì", "si",
            "sim", "да", "はい", "是", "예", "نعم", "हाँ", "evet", "tak", "ano"],
    "no": ["no", "No", "N", "false", "FALSE", "0", "0.0", "off", "✗", "nein", "Non", "não", "нет", "いいえ", "否",
           "아니요", "لا", "नहीं", "hayır", "nie", "nej"],
    "nothing": [None, "", " ", "NULL", "n/a", "none", "-"],
}  # fmt: skip
DATES = [
    "2026-01-31", "2026-01-31 10:00:00", "2026-01-31T10:00:00.000Z", "31/01/2026", "1/31/2026 4:05 PM", "31.1.2026",
    "Jan 31, 2026", "31 January 2026", "Tue, 3 Jan 2026 10:00:00 +0000", "2026年1月31日", "1767225600", "1767225600000",
]  # fmt: skip
OWN_SENSE = {
    "subscribed": ["SUBSCRIBED", "opted in", "opt-in"],
    "unsubscribed": ["NEVER_SUBSCRIBED", "unsubscribed", "Opted-Out"],
    "bounced": ["bounced", "cleaned"],
    "complained": ["spam complaint"],
}


def test_an_opt_out_column():
    assert says(OPT_OUT, ANSWERS["yes"]) == ["unsubscribed"] * len(ANSWERS["yes"])
    assert says(OPT_OUT, DATES) == ["unsubscribed"] * len(DATES)
    # Who has not opted out has not opted in either.
    silent = [*ANSWERS["no"], *ANSWERS["nothing"], "0000-00-00", "0000-00-00 00:00:00"]
    assert says(OPT_OUT, silent) == [None] * len(silent)


def test_an_opt_in_column():
    assert says(OPT_IN, ANSWERS["yes"]) == ["subscribed"] * len(ANSWERS["yes"])
    assert says(OPT_IN, ANSWERS["no"]) == ["unsubscribed"] * len(ANSWERS["no"])
    assert says(OPT_IN, ANSWERS["nothing"]) == [None] * len(ANSWERS["nothing"])
    assert says(OPT_IN, ["active", "inactive", "pending"]) == ["subscribed", "unsubscribed", "unsubscribed"]


@pytest.mark.parametrize("kind", [OPT_OUT, OPT_IN])
@pytest.mark.parametrize("meaning", OWN_SENSE)
def test_words_of_consent_keep_their_own_sense_in_columns_that_ask(kind, meaning):
    assert says(kind, OWN_SENSE[meaning]) == [meaning] * len(OWN_SENSE[meaning])


def test_what_is_not_understood_rejects_the_row():
    # "active" in an opt-out column may be said of the contact or of the opt-out.
    unclear = ["maybe", "active", "enabled", "confirmed", "disabled", "unknown", "2", "some list", "12:30"]
    assert says(OPT_OUT, unclear) == [REFUSED] * len(unclear)
    unclear = ["maybe", "2", "2026-01-31", "some list"]
    assert says(OPT_IN, unclear) == [REFUSED] * len(unclear)


def test_the_sentence_names_the_column_and_not_the_value():
    found = typed({"Email": "email", "Status": WORD, "Left": OPT_OUT, "Wants": OPT_IN}, [["a@b.co", "q", "q", "q"]])
    assert found.faults() == [(2, name, "invalid_status", "error") for name in ("Left", "Status", "Wants")]
    assert sorted(found.messages()) == [
        "Left is neither yes nor no, nor a date, nor a known word of consent",
        "Status is not a known status; use subscribed, unsubscribed, bounced or complained",
        "Wants is neither yes nor no, nor a known word of consent",
    ]


def test_the_strictest_of_several_columns_wins():
    mapping = {"Email": "email", "Opt out": OPT_OUT, "Status": WORD, "Email opt-out": OPT_OUT, "Accepts": OPT_IN}
    rows = [
        ["a@b.co", "no", "subscribed", None, "yes"],
        ["b@b.co", None, "subscribed", "2026-01-01", "yes"],
        ["c@b.co", "yes", "bounced", "no", "yes"],
        ["d@b.co", "yes", "complained", "yes", "no"],
        ["e@b.co", None, "subscribed", None, "no"],
        ["f@b.co", None, None, None, None],
        ["g@b.co", None, None, None, "yes"],
    ]
    found = typed(mapping, rows)
    assert found.mapping.fields == ["email", "status"]
    assert found.mapping.headers == {
        "email": "Email",
        "status.opt_out.1": "Opt out",
        "status": "Status",
        "status.opt_out.2": "Email opt-out",
        "status.opt_in.1": "Accepts",
    }
    expected = ["subscribed", "unsubscribed", "bounced", "complained", "unsubscribed", None, "subscribed"]
    assert (found.values("status"), found.faults()) == (expected, [])


@pytest.mark.parametrize(
    ("preset", "alone", "beside"),
    [
        ("unsubscribed", "unsubscribed", ["unsubscribed", "bounced", "unsubscribed"]),
        ("cleaned", "bounced", ["bounced", "bounced", "bounced"]),
        ("complained", "complained", ["complained", "complained", "complained"]),
    ],
)
def test_a_preset_is_the_least_that_every_row_says(preset, alone, beside):
    found = typed({"Email": "email"}, [["a@b.co"], ["b@b.co"]], preset=preset)
    assert (found.mapping.fields, found.values("status")) == (["email", "status"], [alone] * 2)
    assert [change["status"] for change in found.changes()] == [alone] * 2
    rows = [["a@b.co", "subscribed"], ["b@b.co", "bounced"], ["c@b.co", None]]
    assert typed({"Email": "email", "S": WORD}, rows, preset=preset).values("status") == beside


@pytest.mark.parametrize("preset", [None, "none"])
def test_without_a_preset_a_file_without_consent_says_nothing(preset):
    found = typed({"Email": "email"}, [["a@b.co"]], preset=preset)
    assert found.mapping.fields == ["email"]
    assert [change["status"] for change in found.changes()] == ["subscribed"]


def test_only_one_column_can_hold_the_words():
    with pytest.raises(InvalidOption, match="'Mail status' and another one are both mapped"):
        typed({"Status": WORD, "Mail status": WORD}, [])


def test_a_new_contact_that_did_not_say_yes_is_created_unsubscribed():
    rows = [["a@b.co", "yes"], ["b@b.co", "no"], ["c@b.co", None]]
    assert [change["status"] for change in typed({"Email": "email", "In": OPT_IN}, rows).changes()] == [
        "subscribed",
        "unsubscribed",
        "unsubscribed",
    ]
    stricter = typed({"Email": "email", "In": OPT_IN}, rows, status="bounced")
    assert [change["status"] for change in stricter.changes()] == ["subscribed", "unsubscribed", "bounced"]
    # An opt-out column alone leaves those who did not opt out to the default.
    assert [change["status"] for change in typed({"Email": "email", "Out": OPT_OUT}, rows).changes()] == [
        "unsubscribed",
        "subscribed",
        "subscribed",
    ]


def test_who_exists_keeps_the_status_that_a_blank_or_a_no_does_not_speak_of():
    rows = [["a@b.co", None], ["b@b.co", "no"], ["c@b.co", "yes"], ["d@b.co", "yes"]]
    old = {2: {"status": "subscribed"}, 3: {"status": "subscribed"}, 4: {"status": "subscribed"}}
    old[5] = {"status": "unsubscribed"}
    found = typed({"Email": "email", "Out": OPT_OUT}, rows).changes(old)
    assert [(change["outcome"], change["status"]) for change in found] == [
        ("unchanged", None),
        ("unchanged", None),
        ("updated", "unsubscribed"),
        ("unchanged", None),
    ]
    found = typed({"Email": "email", "In": OPT_IN}, rows).changes(old)
    assert [(change["outcome"], change["status"], change["code"]) for change in found] == [
        ("unchanged", None, None),
        ("updated", "unsubscribed", None),
        ("unchanged", None, None),
        ("unchanged", None, "consent_kept"),
    ]


def test_no_word_means_two_things():
    con = duckdb.connect()
    consent.create_words(con)
    doubled = con.sql("SELECT kind, word FROM consent_words GROUP BY ALL HAVING count(*) > 1").fetchall()
    assert doubled == []
    lists = [*STATUS_WORDS.values(), *SWITCH_WORDS.values(), YES_WORDS, NO_WORDS, NOTHING_WORDS]
    assert all(word and word == word.strip() for words in lists for word in words)
    folded = con.sql("SELECT count(*) FROM consent_words WHERE kind = 'word'").fetchall()[0][0]
    assert folded > 200
