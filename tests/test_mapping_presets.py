"""What a file's name says of everybody in it."""

from __future__ import annotations

import pytest

from contact_pipelines.imports.columns.file_name_presets import preset_of
from contact_pipelines.models import Preset


@pytest.mark.parametrize(
    "name",
    [
        "unsubscribed_members_export_5d2fy3c1e0a.csv", "unsubscribed_segment_export_9a.csv", "unsubscribes.csv",
        "Unsubscribed Contacts 2024-01-05.xlsx", "UnsubscribedContacts.csv", "mailchimp-opt-outs 2024.csv",
        "optout list.csv", "Abmeldungen.xlsx", "désabonnés.csv", "bajas_2024.csv", "blocklist.txt",
        "Suppression List.csv", "do-not-email.csv", "folder/resubscribed/unsubscribes.csv.gz", "отписки.csv",
        "退订.csv", "bounces_and_unsubscribes.csv", r"C:\exports\unsubscribes.csv",
    ],
)  # fmt: skip
def test_files_of_people_who_left(name):
    assert preset_of(name) is Preset.UNSUBSCRIBED


@pytest.mark.parametrize(
    "name",
    ["cleaned.csv", "cleaned_members_export_a1y.csv", "cleaned_segment_export_ab12.csv", "cleaned 2024.csv",
     "bounces.csv", "hard_bounced.csv", "Hard bounces 2023-10.csv"],
)  # fmt: skip
def test_files_of_addresses_that_take_no_mail(name):
    assert preset_of(name) is Preset.CLEANED


@pytest.mark.parametrize("name", ["complaints.csv", "spam reports.csv", "spam-complaints_2024.csv"])
def test_files_of_people_who_complained(name):
    assert preset_of(name) is Preset.COMPLAINED


@pytest.mark.parametrize(
    "name",
    [
        "contacts.csv", "", ".csv", "contacts_cleaned.csv", "cleaned_contacts.csv", "cleaned_list_v2.csv",
        "not unsubscribed.csv", "not_unsubscribed.csv", "non-unsubscribed.csv", "minus_unsubscribed.csv",
        "members_without_unsubscribes.csv", "resubscribed.csv", "unsubscribe_survey.csv", "unsubscribe_reasons.csv",
        "subscribed_members_export_5d2f.csv", "subscribed_and_unsubscribed.csv", "all_contacts_with_opt_outs.csv",
        "members_and_unsubscribed.csv", "soft_bounces.csv", "customer_complaints.csv", "sms_opt_outs.csv",
        "do_not_call.csv", "do_not_email_survey.csv", "blocklist_removed.csv", "unsubscribes.d/contacts.csv",
        "baja_california_leads.csv", "x" * 5000, "\x00",
    ],
)  # fmt: skip
def test_files_of_anybody(name):
    assert preset_of(name) is Preset.NONE
