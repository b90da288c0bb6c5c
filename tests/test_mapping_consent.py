"""Columns of consent: which they are, and whether yes means "left" or "wants mail". Never the opposite."""

from __future__ import annotations

import pytest

from contact_pipelines.imports.columns.mapping import resolve
from contact_pipelines.imports.columns.suggesting import suggest
from contact_pipelines.models import Consent, ImportOptions

OPT_OUT = """Unsubscribed; opt_out; optout; Email Opt Out; has_opted_out_of_email; HasOptedOutOfEmail; email_disabled;
do not email; unsubscribed_at; UNSUB_TIME; opt-out date; blocklisted; Blacklisted; EMAIL_BLACKLIST; Abgemeldet;
Abmeldedatum; Von allen E-Mails abgemeldet; désabonné; Désinscrit de tous les e-mails; Dado de baja; disiscritto;
Descadastrado; uitgeschreven; Wypisany; Odhlášen; Leiratkozott; Dezabonat; Avmeldt; Отписан; Дата отписки; 退订;
配信停止日; 수신거부; Not subscribed; No newsletter; Keine Werbung"""
OPT_IN = """accepts_marketing; Accepts Marketing; Accepts Email Marketing; email_opt_in; Opt In; marketing consent;
Email Marketing Consent; is_subscribed; subscribed_to_emails; Akzeptiert E-Mail-Marketing; Werbeeinwilligung;
Consentement newsletter; Aceita receber e-mails; Zgoda marketingowa; Согласие на рассылку; メール配信許可;
이메일 수신동의"""
IF_VALUES = """Newsletter; subscribed; Abonniert; Inscrito; Boletín; Nieuwsbrief; Рассылка; メルマガ; 订阅;
join_mailing_list"""
NEITHER = """SMS opt-out; sms_blacklist; Accepts SMS Marketing; WhatsApp Opt-in; phone_opt_out; Post consent;
Push opt in;
Not unsubscribed; non-unsubscribed; Never opted out; Opt-in/Opt-out; opt_in_or_opt_out; unsub_reason; UNSUB_CAMPAIGN_ID;
Opt-in source; Opt-out IP; optin_time; Consent timestamp; double_opt-in; GDPR consent; Terms accepted; Do not call;
Active; Subscription; Blocked; Newsletter premium; Third party marketing consent; Suppression reason;
Unsubscribe count"""


def listed(text):
    return [" ".join(part.split()) for part in text.split(";")]


def only(header, values=None):
    (mapping,) = suggest([header], {header: values} if values else None)
    return mapping.field, mapping.consent


@pytest.mark.parametrize("header", listed(OPT_OUT))
@pytest.mark.parametrize("values", [None, ["yes", "no", "no"], ["1", "0"], ["TRUE", "FALSE"], ["2024-01-05 10:00:00"]])
def test_yes_means_that_the_person_left(header, values):
    assert only(header, values) == ("status", Consent.OPT_OUT)


@pytest.mark.parametrize("header", listed(OPT_IN))
@pytest.mark.parametrize("values", [None, ["yes", "no"], ["SUBSCRIBED", "NEVER_SUBSCRIBED"], ["ja", "nein"]])
def test_yes_means_that_the_person_wants_mail(header, values):
    assert only(header, values) == ("status", Consent.OPT_IN)


@pytest.mark.parametrize("header", listed(IF_VALUES))
def test_some_headers_are_consent_only_if_the_values_are_yes_and_no(header):
    assert only(header, ["yes", "no", "yes"]) == ("status", Consent.OPT_IN)
    assert only(header)[0] != "status"
    assert only(header, ["weekly", "monthly"])[0] != "status"
    assert only(header, ["2024-01-05", "2024-02-05"])[0] != "status"


@pytest.mark.parametrize("header", ["Bounced", "Has hard bounced", "Marked email as spam", "Email invalid"])
def test_who_cannot_be_mailed_has_left_if_the_values_say_so(header):
    assert only(header, ["yes", "no"]) == ("status", Consent.OPT_OUT)
    assert only(header)[0] != "status"
    assert only(header, ["3", "12"])[0] != "status"


@pytest.mark.parametrize("header", listed(NEITHER))
@pytest.mark.parametrize("values", [None, ["yes", "no"]])
def test_what_is_doubtful_or_about_another_channel_is_no_consent(header, values):
    assert only(header, values)[0] != "status"


@pytest.mark.parametrize(
    ("header", "values"),
    [("Unsubscribed", ["weekly", "daily"]), ("opt_out", ["12", "40"]), ("Email opt in", ["2024-01-05", "2024-02-05"])],
)
def test_values_that_contradict_refuse_the_header(header, values):
    (mapping,) = suggest([header], {header: values})
    assert mapping.field.startswith("properties.")
    assert "but its values are neither yes nor no" in mapping.reason


def test_several_columns_may_tell_consent_and_one_of_them_in_words():
    header = ["Email", "Status", "Unsubscribed", "accepts_marketing", "Email status"]
    found = [(m.field, m.consent) for m in suggest(header)]
    assert found[0] == ("email", None)
    assert found[2:4] == [("status", Consent.OPT_OUT), ("status", Consent.OPT_IN)]
    assert [consent for _, consent in found].count(Consent.WORD) == 1


def test_words_are_words():
    assert only("Subscription status") == ("status", Consent.WORD)
    assert only("Statut", ["abonné", "désabonné"]) == ("status", Consent.WORD)


@pytest.mark.parametrize(
    ("header", "values", "consent"),
    [
        ("Unsubscribed", None, Consent.OPT_OUT),
        ("Newsletter", None, Consent.OPT_IN),
        ("GDPR consent", ["yes", "no"], Consent.OPT_IN),
        ("SMS opt-out", None, Consent.OPT_OUT),
        ("Active", ["yes", "no"], Consent.OPT_IN),
        ("Blocked", ["yes", "no"], Consent.OPT_OUT),
        ("Not unsubscribed", None, Consent.WORD),
        ("Group", ["active", "unsubscribed"], Consent.WORD),
    ],
)
def test_a_column_that_a_person_maps_to_status_keeps_its_sense(header, values, consent):
    labels = ["Email", header]
    suggested = suggest(labels, {header: values} if values else None)
    resolved = resolve(labels, suggested, ImportOptions(columns={header: "status"}))
    assert (resolved[1].field, resolved[1].consent) == ("status", consent)
    assert resolve(labels, [], ImportOptions(columns={"Email": "email", header: "status"}))[1].consent is consent


def test_only_columns_of_status_carry_a_sense():
    labels = ["Email", "Newsletter", "SMS opt-out", "custom_opt_in"]
    resolved = resolve(labels, suggest(labels), ImportOptions(create_properties="yes"))
    assert [m.consent for m in resolved if m.field != "status"] == [None] * 4
